// JSON text into structures, by schema, in one pass.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "protocol/json_schema.hpp"

namespace mwaa_serverless::protocol {

enum class strictness : std::uint8_t {
  strict,   ///< A member of the wrong type is an error.
  lenient,  ///< A member of the wrong type is as if not there: for bodies of errors, which anybody may have written.
};

/// What is wrong with a JSON text, and where.
class json_error {
 public:
  json_error(std::string path_value, std::size_t offset_value, std::string problem_value);

  std::string path;        ///< Such as `TaskInstances[3].Status`; empty for the whole text.
  std::size_t offset = 0;  ///< Bytes before the place where it was noticed.
  std::string problem;

  /// All of it as one sentence.
  [[nodiscard]] std::string message() const;
};

/// Reads `json`, an object, into `object`, whose type `schema` describes. Members that the schema does not know are
/// skipped whatever they hold; null is as if not there, also as an element of a list; of a repeated member the last
/// that is not null counts; an empty text is an object without members. At most 32 levels deep. When an error comes
/// back, `object` is untouched. All text lies in one block, repeats once.
[[nodiscard]] std::optional<json_error> read_json(std::string_view json, const structure_schema& schema, void* object,
                                                  strictness how = strictness::strict);

}  // namespace mwaa_serverless::protocol
