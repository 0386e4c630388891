#include "cli/result_printer.hpp"

#include <iterator>
#include <utility>

namespace mwaa_serverless::cli {

namespace json = boost::json;

result_printer::result_printer(output_format format, const table_style& style, std::string_view operation,
                               std::function<void(std::string_view)> write)
    : format_(format), style_(style), operation_(operation), write_(std::move(write)) {}

void result_printer::document(json::object response) {
  if (response.empty()) return;
  const json::value whole = std::move(response);
  switch (format_) {
    case output_format::json:
      return write_(format_json(whole) + '\n');
    case output_format::text:
      return write_(format_text(whole));
    case output_format::table:
      return write_(format_table(operation_, whole, style_));
  }
}

void result_printer::page(std::string_view name, json::array items) {
  if (format_ == output_format::text) {
    json::object part;
    part.emplace(name, std::move(items));
    return document(std::move(part));
  }
  json::value& all = merged_[name];
  if (!all.is_array()) {
    all = std::move(items);
  } else {
    json::array& list = all.get_array();
    list.insert(list.end(), std::make_move_iterator(items.begin()), std::make_move_iterator(items.end()));
  }
}

void result_printer::end_of_pages(const std::string& resume_token) {
  if (format_ == output_format::text) {
    if (!resume_token.empty()) write_("NEXTTOKEN\t" + resume_token + '\n');
    return;
  }
  if (!resume_token.empty()) merged_.emplace("NextToken", resume_token);
  document(std::move(merged_));
}

}  // namespace mwaa_serverless::cli
