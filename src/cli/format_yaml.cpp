#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <set>
#include <utility>

#include "cli/format.hpp"
#include "strings/utf8.hpp"

namespace mwaa_serverless::cli {

namespace {

namespace json = boost::json;
using strings::utf8_character;

constexpr std::size_t best_width = 80;
constexpr std::size_t step = 2;

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::size_t digits_of(std::string_view text, std::string_view set) {
  return std::min(text.find_first_not_of(set), text.size());
}

constexpr std::string_view decimal = "0123456789_";

// `[eE][-+]?[0-9]+` and nothing more; with_sign: the sign must stand.
bool is_exponent(std::string_view text, bool with_sign) {
  if (text.empty() || (text[0] != 'e' && text[0] != 'E')) return false;
  text.remove_prefix(1);
  if (text.starts_with('-') || text.starts_with('+'))
    text.remove_prefix(1);
  else if (with_sign)
    return false;
  return !text.empty() && std::ranges::all_of(text, is_digit);
}

// A number to YAML 1.2, as ruamel.yaml reads it.
bool is_number(std::string_view text) {
  const bool nan = text == ".nan" || text == ".NaN" || text == ".NAN";
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  if (nan || text == ".inf" || text == ".Inf" || text == ".INF") return true;
  if (text.empty()) return false;
  const auto all_of = [](std::string_view rest, std::string_view set) {
    return !rest.empty() && rest.find_first_not_of(set) == std::string_view::npos;
  };
  if (all_of(text, decimal)) return true;
  if (text.starts_with("0b") && all_of(text.substr(2), "01_")) return true;
  if (text.starts_with("0o") && all_of(text.substr(2), "01234567_")) return true;
  if (text.starts_with("0x") && all_of(text.substr(2), "0123456789abcdefABCDEF_")) return true;
  if (text[0] == '.') {
    const std::string_view rest = text.substr(1);
    const std::size_t size = digits_of(rest, decimal);
    return size > 0 && (size == rest.size() || is_exponent(rest.substr(size), true));
  }
  if (!is_digit(text[0])) return false;
  std::string_view rest = text.substr(digits_of(text, decimal));
  if (!rest.starts_with('.')) return is_exponent(rest, false);
  rest.remove_prefix(1);
  rest.remove_prefix(digits_of(rest, decimal));
  return rest.empty() || is_exponent(rest, false);
}

// Takes `least` to `most` digits away.
bool take_digits(std::string_view& text, std::size_t least, std::size_t most) {
  const std::size_t size = std::min(digits_of(text, "0123456789"), most);
  text.remove_prefix(size);
  return size >= least;
}

bool take(std::string_view& text, char c) {
  if (!text.starts_with(c)) return false;
  text.remove_prefix(1);
  return true;
}

// `2025-11-17`, `2025-11-17T12:00:00.5+00:00` and their kin.
bool is_time(std::string_view text) {
  std::string_view date = text;
  if (take_digits(date, 4, 4) && take(date, '-') && take_digits(date, 2, 2) && take(date, '-') &&
      take_digits(date, 2, 2) && date.empty())
    return true;
  if (!take_digits(text, 4, 4) || !take(text, '-') || !take_digits(text, 1, 2) || !take(text, '-') ||
      !take_digits(text, 1, 2))
    return false;
  if (!take(text, 'T') && !take(text, 't')) {
    const std::size_t blanks = digits_of(text, " \t");
    if (blanks == 0) return false;
    text.remove_prefix(blanks);
  }
  if (!take_digits(text, 1, 2) || !take(text, ':') || !take_digits(text, 2, 2) || !take(text, ':') ||
      !take_digits(text, 2, 2))
    return false;
  if (take(text, '.')) text.remove_prefix(digits_of(text, "0123456789"));
  if (text.empty()) return true;
  text.remove_prefix(digits_of(text, " \t"));
  if (take(text, 'Z')) return text.empty();
  if (!take(text, '-') && !take(text, '+')) return false;
  if (!take_digits(text, 1, 2)) return false;
  return text.empty() || (take(text, ':') && take_digits(text, 2, 2) && text.empty());
}

// Without quotes it would mean something other than this text.
bool means_another(std::string_view text) {
  constexpr std::string_view words[] = {"",      "~",     "null",  "Null", "NULL", "true", "True", "TRUE",
                                        "false", "False", "FALSE", "<<",   "=",    "!",    "&",    "*"};
  return std::ranges::find(words, text) != std::end(words) || is_number(text) || is_time(text);
}

bool is_break(std::uint32_t c) {
  return c == '\n' || c == '\r' || c == 0x85 || c == 0x2028 || c == 0x2029;
}

// libyaml's notion: what is above U+FFFF is not.
bool is_printable(const utf8_character& c) {
  if (c.size == 0) return false;
  const std::uint32_t value = c.value;
  return value == '\n' || (value >= 0x20 && value <= 0x7e) || (value >= 0xa0 && value <= 0xd7ff) ||
         (value >= 0xe000 && value <= 0xfffd && value != 0xfeff);
}

bool has_break(std::string_view text) {
  while (!text.empty()) {
    const utf8_character c = strings::first_character(text);
    if (is_break(c.value)) return true;
    text.remove_prefix(std::max<std::size_t>(c.size, 1));
  }
  return false;
}

bool is_blank_or_end(std::uint32_t c) {
  return c == ' ' || c == '\t' || c == 0 || is_break(c);
}

utf8_character first(std::string_view text) {
  return text.empty() ? utf8_character{0, 0} : strings::first_character(text);
}

std::size_t size_of(const utf8_character& c) {
  return c.size == 0 ? 1 : c.size;
}

enum class quotes : std::uint8_t { none, single, twofold };

bool is_one_of(std::uint32_t c, std::string_view set) {
  return c < 0x80 && set.find(static_cast<char>(c)) != std::string_view::npos;
}

// As libyaml's emitter chooses.
quotes quotes_of(std::string_view text) {
  if (text.empty()) return quotes::single;
  bool indicators = text.starts_with("---") || text.starts_with("...");
  bool breaks = false, special = false, edge = false, break_then_space = false, space_then_break = false;
  bool after_blank = true, after_space = false, after_break = false;
  for (std::size_t i = 0; i < text.size();) {
    const utf8_character c = first(text.substr(i));
    const std::size_t next = i + size_of(c);
    const bool before_blank = next >= text.size() || is_blank_or_end(first(text.substr(next)).value);
    if (i == 0)
      indicators = indicators || is_one_of(c.value, "#,[]{}&*!|>'\"%@`") || (before_blank && is_one_of(c.value, "?:-"));
    else
      indicators = indicators || (c.value == ':' && before_blank) || (c.value == '#' && after_blank);
    special = special || !is_printable(c);
    const bool space = c.value == ' ';
    const bool line_break = is_break(c.value);
    breaks = breaks || line_break;
    edge = edge || ((space || line_break) && (i == 0 || next >= text.size()));
    break_then_space = break_then_space || (space && after_break);
    space_then_break = space_then_break || (line_break && after_space);
    after_space = space;
    after_break = line_break;
    after_blank = is_blank_or_end(c.value);
    i = next;
  }
  if (break_then_space || space_then_break || special) return quotes::twofold;
  return edge || breaks || indicators || means_another(text) ? quotes::single : quotes::none;
}

// Writes as libyaml's emitter does, by whose state the names are.
class emitter {
 public:
  void object_of(const json::object& object, std::size_t indent) {
    std::set<std::string_view> names;
    for (const auto& member : object) names.insert(member.key());
    for (const std::string_view name : names) {
      write_indent(indent);
      constexpr std::size_t longest_simple_key = 128;
      const bool simple = name.size() <= longest_simple_key && !has_break(name);
      if (simple) {
        scalar(json::value(name), indent, false);
        put(":");
      } else {
        indicator("?");
        indention_ = true;
        scalar(json::value(name), indent + step, true);
        write_indent(indent);
        indicator(":");
        indention_ = true;
      }
      value_of(object.at(name), indent, true);
    }
  }

  void value_of(const json::value& value, std::size_t indent, bool in_object) {
    if (const json::object* const object = value.if_object(); object != nullptr && !object->empty()) {
      object_of(*object, indent + step);
    } else if (const json::array* const array = value.if_array(); array != nullptr && !array->empty()) {
      const std::size_t inner = in_object && !indention_ ? indent : indent + step;
      for (const json::value& each : *array) element(each, inner);
    } else if (value.is_structured()) {
      indicator(value.is_object() ? "{}" : "[]");
    } else {
      scalar(value, indent + step, true);
    }
  }

  void element(const json::value& each, std::size_t indent) {
    write_indent(indent);
    put("-");
    whitespace_ = false;
    indention_ = true;
    value_of(each, indent, false);
  }

  void scalar(const json::value& value, std::size_t indent, bool may_break) {
    if (!value.is_string()) {
      const bool* const flag = value.if_bool();
      return plain(flag != nullptr   ? (*flag ? "true" : "false")
                   : value.is_null() ? "null"
                                     : scalar_text(value),
                   indent, may_break);
    }
    const std::string_view text = value.get_string();
    switch (quotes_of(text)) {
      case quotes::none:
        return plain(text, indent, may_break);
      case quotes::single:
        return single_quoted(text, indent, may_break);
      case quotes::twofold:
        return double_quoted(text, indent, may_break);
    }
  }

  std::string take() {
    if (column_ > 0) new_line();
    return std::move(out_);
  }

 private:
  void put(std::string_view text) {
    out_ += text;
    column_ += static_cast<std::size_t>(
        std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
  }
  void new_line() {
    out_ += '\n';
    column_ = 0;
  }
  void indicator(std::string_view text) {
    if (!whitespace_) put(" ");
    put(text);
    whitespace_ = false;
    indention_ = false;
  }
  void write_indent(std::size_t indent) {
    if (!indention_ || column_ > indent || (column_ == indent && !whitespace_)) new_line();
    while (column_ < indent) put(" ");
    whitespace_ = true;
    indention_ = true;
  }

  void plain(std::string_view text, std::size_t indent, bool may_break) {
    if (!whitespace_) put(" ");
    bool spaces = false;
    for (std::size_t i = 0; i < text.size();) {
      const std::size_t size = size_of(first(text.substr(i)));
      if (text[i] == ' ') {
        if (may_break && !spaces && column_ > best_width && !text.substr(i + 1).starts_with(' '))
          write_indent(indent);
        else
          put(" ");
        spaces = true;
      } else {
        put(text.substr(i, size));
        indention_ = false;
        spaces = false;
      }
      i += size;
    }
    whitespace_ = false;
    indention_ = false;
  }

  void single_quoted(std::string_view text, std::size_t indent, bool may_break) {
    indicator("'");
    bool spaces = false;
    bool breaks = false;
    for (std::size_t i = 0; i < text.size();) {
      const utf8_character c = first(text.substr(i));
      if (c.value == ' ') {
        if (may_break && !spaces && column_ > best_width && i > 0 && i + 1 < text.size() && text[i + 1] != ' ')
          write_indent(indent);
        else
          put(" ");
        spaces = true;
      } else if (is_break(c.value)) {
        if (!breaks && c.value == '\n') new_line();
        if (c.value == '\n') {
          new_line();
        } else {
          put(text.substr(i, size_of(c)));
          column_ = 0;
        }
        indention_ = true;
        breaks = true;
      } else {
        if (breaks) write_indent(indent);
        if (c.value == '\'') put("'");
        put(text.substr(i, size_of(c)));
        indention_ = false;
        spaces = false;
        breaks = false;
      }
      i += size_of(c);
    }
    if (breaks) write_indent(indent);
    put("'");
    whitespace_ = false;
    indention_ = false;
  }

  void double_quoted(std::string_view text, std::size_t indent, bool may_break) {
    indicator("\"");
    bool spaces = false;
    for (std::size_t i = 0; i < text.size();) {
      const utf8_character c = first(text.substr(i));
      if (!is_printable(c) || is_break(c.value) || c.value == '"' || c.value == '\\') {
        put_escaped(c.value);
        spaces = false;
      } else if (c.value == ' ') {
        if (may_break && !spaces && column_ > best_width && i > 0 && i + 1 < text.size()) {
          write_indent(indent);
          if (text[i + 1] == ' ') put("\\");
        } else {
          put(" ");
        }
        spaces = true;
      } else {
        put(text.substr(i, c.size));
        spaces = false;
      }
      i += size_of(c);
    }
    put("\"");
    whitespace_ = false;
    indention_ = false;
  }

  void put_escaped(std::uint32_t c) {
    constexpr std::array<std::pair<std::uint32_t, char>, 15> names{{{0, '0'},
                                                                    {7, 'a'},
                                                                    {8, 'b'},
                                                                    {9, 't'},
                                                                    {10, 'n'},
                                                                    {11, 'v'},
                                                                    {12, 'f'},
                                                                    {13, 'r'},
                                                                    {0x1b, 'e'},
                                                                    {'"', '"'},
                                                                    {'\\', '\\'},
                                                                    {0x85, 'N'},
                                                                    {0xa0, '_'},
                                                                    {0x2028, 'L'},
                                                                    {0x2029, 'P'}}};
    put("\\");
    const auto* const found = std::ranges::find(names, c, &std::pair<std::uint32_t, char>::first);
    if (found != names.end()) return put(std::string_view{&found->second, 1});
    const int digits = c <= 0xff ? 2 : c <= 0xffff ? 4 : 8;
    put(digits == 2 ? "x" : digits == 4 ? "u" : "U");
    for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4)
      put(std::string_view{"0123456789ABCDEF"}.substr((c >> shift) & 0xf, 1));
  }

  std::string out_;
  std::size_t column_ = 0;
  bool whitespace_ = true;
  bool indention_ = true;
};

}  // namespace

std::string format_yaml(const json::value& document) {
  emitter writing;
  if (const json::object* const object = document.if_object(); object != nullptr && !object->empty())
    writing.object_of(*object, 0);
  else if (const json::array* const array = document.if_array(); array != nullptr && !array->empty())
    for (const json::value& each : *array) writing.element(each, 0);
  else
    writing.value_of(document, 0, false);
  return writing.take();
}

}  // namespace mwaa_serverless::cli
