// JSON text into structures, by their descriptions, in one pass.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "protocol/describe.hpp"

namespace mwaa_serverless::protocol {

/// Elements of all lists and maps of one JSON text together: a page of the service has at most 100.
inline constexpr std::size_t max_json_elements = 10'000;

/// What reading a JSON text of `size` bytes may allocate, all in all: four times the text, or this when that is more.
inline constexpr std::size_t least_json_allowance = std::size_t{256} * 1024;

enum class strictness : std::uint8_t {
  strict,   ///< A member of the wrong type is an error.
  lenient,  ///< A member of the wrong type is ignored: for bodies of errors, which anybody may have written.
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

/// Reads `json`, an object, into `object`, which `members` describe. Members that they do not know are skipped whatever
/// they hold; null is ignored, also as an element of a list; of a repeated member the last that is not null is used; an
/// empty text is an object without members. A whole number may have a fraction of zeros or an exponent
/// (`12.0`, `1.2e1`), as other writers of JSON have it. An escape for half a surrogate pair (`\ud800`) is read as
/// U+FFFD, as Go and Rust do; botocore keeps it, and cannot print it. At most 32 levels deep and max_json_elements;
/// what is allocated, that for `object` included, is at most four times the text or least_json_allowance. When an error
/// comes back, `object` is untouched. All text lies in one block, repeats once.
[[nodiscard]] std::optional<json_error> read_json(std::string_view json, const structure& members, void* object,
                                                  strictness how = strictness::strict);

/// The same a slice at a time, so that a long text does not keep an event loop from its other work.
class json_reading {
 public:
  static constexpr std::size_t slice_bytes = std::size_t{64} * 1024;

  /// What the arguments refer to outlives the reading.
  json_reading(std::string_view json, const structure& members, void* object, strictness how = strictness::strict);
  json_reading(const json_reading&) = delete;
  json_reading& operator=(const json_reading&) = delete;
  ~json_reading();

  /// Reads the next slice. False when that was the last, or something is wrong.
  [[nodiscard]] bool step();
  /// After the last step.
  [[nodiscard]] const std::optional<json_error>& wrong() const noexcept;

 private:
  class parsing;
  friend std::optional<json_error> read_json(std::string_view, const structure&, void*, strictness);
  std::unique_ptr<parsing> parsing_;
};

}  // namespace mwaa_serverless::protocol
