#include "cli/checkpoint_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <system_error>

#include "cli/failure.hpp"

namespace mwaa_serverless::cli {

namespace {

failure cannot(const char* what, const std::string& path, int why) {
  return {exit_code::failure,
          std::string{"Could not "} + what + " the checkpoint " + path + ": " + std::generic_category().message(why)};
}

/// Closed at the end of its life.
class descriptor {
 public:
  explicit descriptor(int value) noexcept : value_(value) {}
  descriptor(const descriptor&) = delete;
  descriptor& operator=(const descriptor&) = delete;
  ~descriptor() {
    if (value_ >= 0) ::close(value_);
  }
  [[nodiscard]] int get() const noexcept { return value_; }

 private:
  int value_;
};

bool write_whole(int to, std::string_view bytes) noexcept {
  while (!bytes.empty()) {
    const ssize_t written = ::write(to, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return ::fsync(to) == 0;
}

}  // namespace

std::optional<std::string> read_checkpoint(const std::string& path) {
  const descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (file.get() < 0) {
    if (errno == ENOENT) return std::nullopt;
    throw cannot("read", path, errno);
  }
  std::string out;
  std::array<char, 65'536> part;  // NOLINT: read() fills it
  for (;;) {
    const ssize_t got = ::read(file.get(), part.data(), part.size());
    if (got == 0) return out;
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw cannot("read", path, errno);
    out.append(part.data(), static_cast<std::size_t>(got));
  }
}

void write_checkpoint(const std::string& path, std::string_view bytes) {
  std::string temporary = path + ".XXXXXX";
  const descriptor file{::mkostemp(temporary.data(), O_CLOEXEC)};
  if (file.get() < 0) throw cannot("write", path, errno);
  // As the file that it replaces; otherwise for its owner alone.
  if (struct stat before{}; ::stat(path.c_str(), &before) == 0) (void)!::fchmod(file.get(), before.st_mode & 0777U);
  if (write_whole(file.get(), bytes) && std::rename(temporary.c_str(), path.c_str()) == 0) return;
  const int why = errno;
  ::unlink(temporary.c_str());
  throw cannot("write", path, why);
}

}  // namespace mwaa_serverless::cli
