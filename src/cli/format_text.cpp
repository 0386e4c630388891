#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <set>
#include <utility>
#include <vector>

#include "cli/format.hpp"

namespace mwaa_serverless::cli {

namespace {

namespace json = boost::json;

using names = std::set<std::string_view>;

std::string upper(std::string_view name) {
  std::string out{name};
  for (char& c : out)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return out;
}

void append_line(std::string& out, const std::vector<std::string>& cells) {
  for (bool first = true; const std::string& cell : cells) {
    if (!std::exchange(first, false)) out += '\t';
    out += cell;
  }
  out += '\n';
}

class text_writer {
 public:
  explicit text_writer(std::string& out) : out_(out) {}

  void write(const json::value& value, std::string_view name) {
    if (const json::object* object = value.if_object()) {
      write_object(*object, name, nullptr);
    } else if (const json::array* array = value.if_array()) {
      write_list(*array, name);
    } else {
      append_line(out_, {scalar_text(value)});
    }
  }

 private:
  // `columns`: the scalar members of all objects of a list, so that its lines have the same columns.
  void write_object(const json::object& object, std::string_view name, const names* columns) {
    std::vector<std::string> scalars;
    names lists;
    if (columns != nullptr) {
      for (const std::string_view column : *columns) {
        const json::value* value = object.if_contains(column);
        scalars.push_back(value == nullptr ? std::string{} : scalar_text(*value));
      }
      for (const auto& member : object)
        if (!columns->contains(member.key())) lists.insert(member.key());
    } else {
      names simple;
      for (const auto& member : object) (is_scalar(member.value()) ? simple : lists).insert(member.key());
      for (const std::string_view key : simple) scalars.push_back(scalar_text(object.at(key)));
    }
    if (!scalars.empty()) {
      if (!name.empty()) scalars.insert(scalars.begin(), upper(name));
      append_line(out_, scalars);
    }
    for (const std::string_view key : lists) write(object.at(key), key);
  }

  void write_list(const json::array& list, std::string_view name) {
    if (list.empty()) return;
    if (std::ranges::any_of(list, [](const json::value& element) { return element.is_object(); })) {
      names columns;
      for (const json::value& element : list) {
        if (!element.is_object()) continue;
        for (const auto& member : element.get_object())
          if (is_scalar(member.value())) columns.insert(member.key());
      }
      for (const json::value& element : list) {
        if (element.is_object()) {
          write_object(element.get_object(), name, &columns);
        } else {
          write(element, name);
        }
      }
      return;
    }
    std::vector<std::string> scalars;
    for (const json::value& element : list)
      if (is_scalar(element)) scalars.push_back(scalar_text(element));
    if (!name.empty()) {
      for (std::string& scalar : scalars) append_line(out_, {upper(name), std::move(scalar)});
    } else if (!scalars.empty()) {
      append_line(out_, scalars);
    }
    for (const json::value& element : list)
      if (!is_scalar(element)) write(element, name);
  }

  std::string& out_;
};

}  // namespace

std::string format_text(const json::value& document) {
  std::string out;
  text_writer{out}.write(document, {});
  return out;
}

}  // namespace mwaa_serverless::cli
