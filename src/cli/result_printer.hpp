// Prints what a command returns, in the chosen format.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "cli/format.hpp"
#include "cli/output_format.hpp"

namespace mwaa_serverless::cli {

/// Text goes out page by page, as the AWS CLI prints it; the other formats need all pages first.
class result_printer {
 public:
  /// `operation`: title of tables. `escape`: for a terminal, which text of the service must not steer. `write` takes
  /// what goes to standard output and throws when that fails.
  result_printer(output_format format, const table_style& style, std::string_view operation, bool escape,
                 std::function<void(std::string_view)> write);

  /// A whole response.
  void document(boost::json::object response);
  /// One page of a listing whose items are in the member `name`; absent when the response had no such member.
  void page(std::string_view name, std::optional<boost::json::array> items);
  /// After the last page. `resume_token`: where the listing was cut, empty when it is complete.
  void end_of_pages(const std::string& resume_token);

 private:
  output_format format_;
  table_style style_;
  std::string operation_;
  bool escape_;
  std::function<void(std::string_view)> write_;
  boost::json::object merged_;
};

}  // namespace mwaa_serverless::cli
