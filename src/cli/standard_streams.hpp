// The three descriptors that a program is given.
#pragma once

#include <string_view>

namespace mwaa_serverless::cli {

/// Opens /dev/null for each of the descriptors 0, 1 and 2 that is closed. Otherwise the first socket would get its
/// number, and what is printed would be sent to the service. Call it before anything else.
void open_missing_descriptors() noexcept;

/// Writes everything, waiting for a reader that is slow, also when the descriptor does not block. A SIGINT that comes
/// while it waits ends the program with 130, unless the signal is ignored. Throws std::system_error that begins with
/// `what`.
void write_all(int descriptor, std::string_view bytes, const char* what);

/// Whether whoever started this program wants it to ignore the signal.
[[nodiscard]] bool is_ignored(int signal) noexcept;

}  // namespace mwaa_serverless::cli
