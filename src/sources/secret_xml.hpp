// XML documents that hold secrets.
#pragma once

#include <string>
#include <string_view>

#include "strings/secret_memory.hpp"

namespace mwaa_serverless::sources {

/// The texts of a document, overwritten when it goes. As much of XML 1.0 as STS sends: elements, text with its
/// entities, CDATA, comments; attributes and prologues are skipped. No entity is defined by a document, and none nests.
class secret_xml {
 public:
  secret_xml() {}

  /// False for what is no XML, or is more than STS would send (400 tags, 32 deep).
  [[nodiscard]] bool parse(std::string_view text);
  /// The text of the first element at a path such as `ErrorResponse.Error.Code`, blanks around it left out; empty when
  /// there is none. A view into this object.
  [[nodiscard]] std::string_view at(std::string_view path) const;

 private:
  strings::secret_map<strings::secret_string> texts_;
};

}  // namespace mwaa_serverless::sources
