#include "cli/result_printer.hpp"

#include <iterator>
#include <utility>

#include "strings/printable.hpp"

namespace mwaa_serverless::cli {

namespace json = boost::json;

namespace {

void make_printable(json::value& value) {
  if (json::object* const object = value.if_object()) {
    json::object shown;  // the keys of a map are the service's text too
    for (auto& member : *object) {
      make_printable(member.value());
      std::string key = strings::printable(std::string{member.key()});
      while (shown.contains(key)) key += ' ';  // another is spelled as this one is shown
      shown.emplace(key, std::move(member.value()));
    }
    *object = std::move(shown);
  } else if (json::array* const array = value.if_array()) {
    for (json::value& element : *array) make_printable(element);
  } else if (json::string* const text = value.if_string()) {
    *text = strings::printable(std::string{*text});
  }
}

}  // namespace

result_printer::result_printer(output_format format, const table_style& style, std::string_view operation, bool escape,
                               std::function<void(std::string_view)> write)
    : format_(format), style_(style), operation_(operation), escape_(escape), write_(std::move(write)) {}

void result_printer::document(json::object response) {
  if (response.empty()) return;
  json::value whole = std::move(response);
  // In JSON these escapes mean the characters.
  if (format_ == output_format::json) {
    std::string text = format_json(whole) + '\n';
    return write_(escape_ ? strings::printable(std::move(text), "\n") : text);
  }
  if (escape_) make_printable(whole);
  switch (format_) {
    case output_format::json:
      break;
    case output_format::text:
      return write_(format_text(whole));
    case output_format::table:
      return write_(format_table(operation_, whole, style_));
    case output_format::yaml:
      return write_(format_yaml(whole));
  }
}

void result_printer::page(std::string_view name, std::optional<json::array> items) {
  if (format_ == output_format::text) {
    json::object part;
    part.emplace(name, items ? json::value(*std::move(items)) : json::value());  // `None`, as the AWS CLI prints it
    return document(std::move(part));
  }
  if (!items) return;
  json::value& all = merged_[name];
  if (!all.is_array()) {
    all = *std::move(items);
  } else {
    json::array& list = all.get_array();
    list.insert(list.end(), std::make_move_iterator(items->begin()), std::make_move_iterator(items->end()));
  }
}

void result_printer::end_of_pages(const std::string& resume_token) {
  if (format_ == output_format::text) {
    if (!resume_token.empty())
      write_("NEXTTOKEN\t" + (escape_ ? strings::printable(resume_token) : resume_token) + '\n');
    return;
  }
  if (!resume_token.empty()) merged_.emplace("NextToken", resume_token);
  document(std::move(merged_));
}

}  // namespace mwaa_serverless::cli
