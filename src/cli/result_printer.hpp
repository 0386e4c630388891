// Prints what a command returns, in the chosen format.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <functional>
#include <string>
#include <string_view>

#include "cli/format.hpp"
#include "cli/output_format.hpp"

namespace mwaa_serverless::cli {

/// Text goes out page by page, as the AWS CLI prints it; JSON and tables need all pages first.
class result_printer {
 public:
  /// `operation`: title of tables. `write` takes what goes to standard output and throws when that fails.
  result_printer(output_format format, const table_style& style, std::string_view operation,
                 std::function<void(std::string_view)> write);

  /// A whole response.
  void document(boost::json::object response);
  /// One page of a listing whose items are in the member `name`.
  void page(std::string_view name, boost::json::array items);
  /// After the last page. `resume_token`: where the listing was cut, empty when it is complete.
  void end_of_pages(const std::string& resume_token);

 private:
  output_format format_;
  table_style style_;
  std::string operation_;
  std::function<void(std::string_view)> write_;
  boost::json::object merged_;
};

}  // namespace mwaa_serverless::cli
