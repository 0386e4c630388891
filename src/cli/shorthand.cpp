#include "cli/shorthand.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <cstdint>
#include <utility>

#include "cli/failure.hpp"
#include "cli/parameter_file.hpp"
#include "cli/whole_number.hpp"
#include "strings/ascii_case.hpp"
#include "strings/utf8.hpp"

namespace mwaa_serverless::cli {

namespace {

namespace json = boost::json;
using form = protocol::value_type::form;

// In characters, as messages count them.
std::u32string decoded(std::string_view text) {
  std::u32string out;
  while (!text.empty()) {
    const strings::utf8_character next = strings::first_character(text);
    out += static_cast<char32_t>(next.value);
    text.remove_prefix(next.size == 0 ? 1 : next.size);
  }
  return out;
}

void append(std::string& out, char32_t c) {
  const auto tail = [&](int shift) { out += static_cast<char>(0x80 | ((c >> shift) & 0x3f)); };
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xc0 | (c >> 6));
    tail(0);
  } else if (c < 0x10000) {
    out += static_cast<char>(0xe0 | (c >> 12));
    tail(6);
    tail(0);
  } else {
    out += static_cast<char>(0xf0 | (c >> 18));
    tail(12);
    tail(6);
    tail(0);
  }
}

std::string encoded(std::u32string_view text) {
  std::string out;
  for (const char32_t c : text) append(out, c);
  return out;
}

constexpr bool between(char32_t c, char32_t first, char32_t last) {
  return first <= c && c <= last;
}
constexpr bool is_one_of(char32_t c, std::u32string_view set) {
  return set.find(c) != std::u32string_view::npos;
}

constexpr std::u32string_view ascii_blanks = U" \t\n\r\v\f";

// Python's \s and str.isspace().
constexpr bool is_blank(char32_t c) {
  return is_one_of(c, ascii_blanks) || between(c, 0x1c, 0x1f) || c == 0x85 || c == 0xa0 || c == 0x1680 ||
         between(c, 0x2000, 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f || c == 0x3000;
}

// The classes of awscli/shorthand.py. They end at U+FFFF.
constexpr bool begins_word(char32_t c) {
  return between(c, 0x21, 0xffff) && !is_one_of(c, U"\"',=[{");
}
constexpr bool follows_in_first(char32_t c) {
  return is_blank(c) || (between(c, 0x21, 0xffff) && !is_one_of(c, U"\"',]}"));
}
constexpr bool follows_in_second(char32_t c) {
  return is_blank(c) || (between(c, 0x21, 0xffff) && !is_one_of(c, U"\"',="));
}
constexpr bool is_key(char32_t c) {
  return between(c, 'a', 'z') || between(c, 'A', 'Z') || between(c, '0', '9') || is_one_of(c, U"-_.#/:");
}

std::u32string replaced(std::u32string_view text, std::u32string_view what, std::u32string_view by) {
  std::u32string out;
  for (;;) {
    const std::size_t found = text.find(what);
    out += text.substr(0, found);
    if (found == std::u32string_view::npos) return out;
    out += by;
    text.remove_prefix(found + what.size());
  }
}

/// Goes through the text as the AWS CLI does, its ways out included.
class shorthand_parser {
 public:
  explicit shorthand_parser(std::string_view text) : text_(decoded(text)) {}

  json::object parse() {
    json::object out;
    std::string key;
    json::value value = key_value(key);
    out.insert_or_assign(key, std::move(value));
    std::size_t last = at_;
    while (!ended()) {
      expect(',', true);
      value = key_value(key);
      if (out.contains(key)) {
        throw shorthand_error("Second instance of key \"" + key + "\" encountered for input:\n" + location(last + 1) +
                              "\nThis is often because there is a preceding \",\" instead of a space.");
      }
      out.insert_or_assign(key, std::move(value));
      last = at_;
    }
    return out;
  }

 private:
  static constexpr char32_t end = 0xffffffff;

  [[nodiscard]] bool ended() const { return at_ >= text_.size(); }
  [[nodiscard]] char32_t current() const { return ended() ? end : text_[at_]; }

  void skip_blanks() {
    while (!ended() && is_one_of(text_[at_], ascii_blanks)) ++at_;
  }

  bool take(char32_t c) {
    skip_blanks();
    if (current() != c) return false;
    ++at_;
    skip_blanks();
    return true;
  }

  void expect(char c, bool among_blanks = false) {
    if (among_blanks) skip_blanks();
    if (current() != static_cast<char32_t>(c))
      throw unexpected(std::string{c}, ended() ? "EOF" : encoded(text_.substr(at_, 1)));
    ++at_;
    if (among_blanks) skip_blanks();
  }

  [[nodiscard]] shorthand_error unexpected(const std::string& wanted, const std::string& got) const {
    return shorthand_error("Expected: '" + wanted + "', received: '" + got + "' for input:\n" + location(at_));
  }

  // The text with a mark below `index`.
  [[nodiscard]] std::string location(std::size_t index) const {
    const std::u32string_view all = text_;
    const std::size_t line = all.substr(0, index).rfind('\n');
    const std::size_t spaces = line == std::u32string_view::npos ? index : index - line - 1;
    const std::size_t next = all.size() <= index ? std::u32string_view::npos : all.find('\n', index);
    return encoded(all.substr(0, next)) + '\n' + std::string(spaces, ' ') + '^' +
           (next == std::u32string_view::npos ? std::string{} : encoded(all.substr(next)));
  }

  std::string key() {
    const std::size_t start = at_;
    while (!ended() && is_key(text_[at_])) ++at_;
    return encoded(std::u32string_view{text_}.substr(start, at_ - start));
  }

  // Up to the value.
  std::string key_and_sign() {
    std::string out = key();
    reads_files_ = take('@');
    expect('=', true);
    return out;
  }

  json::value key_value(std::string& name) {
    name = key_and_sign();
    if (ended()) return json::value("");
    if (current() == '[') return explicit_list();
    if (current() == '{') return hash_literal();
    return separated_values();
  }

  // `b`, or `b,c` as a list. What follows a comma may turn out to be the next key.
  json::value separated_values() {
    std::string first = first_value();
    skip_blanks();
    if (current() != ',') return json::value(std::move(first));
    expect(',', true);
    json::array list{json::value(first)};
    for (;;) {
      try {
        std::string next = second_value();
        skip_blanks();
        if (ended()) {
          list.emplace_back(std::move(next));
          break;
        }
        expect(',', true);
        list.emplace_back(std::move(next));
      } catch (const shorthand_error&) {
        if (ended()) throw;
        while (text_[at_] != ',') --at_;
        break;
      }
    }
    if (list.size() == 1) return json::value(std::move(first));
    return list;
  }

  json::value explicit_value() {
    const nesting deeper{*this};
    if (current() == '[') return explicit_list();
    if (current() == '{') return hash_literal();
    return json::value(first_value());
  }

  json::value explicit_list() {
    expect('[', true);
    json::array list;
    while (current() != ']') {
      list.push_back(explicit_value());
      skip_blanks();
      if (current() == ']') break;
      expect(',');
      skip_blanks();
    }
    expect(']');
    return list;
  }

  json::value hash_literal() {
    expect('{', true);
    json::object out;
    while (current() != '}') {
      const std::string name = key_and_sign();
      json::value value = explicit_value();
      skip_blanks();
      if (current() != '}') {
        expect(',');
        skip_blanks();
      }
      out.insert_or_assign(name, std::move(value));
    }
    expect('}');
    return out;
  }

  std::string first_value() {
    if (current() == '\'' || current() == '"') return quoted_value();
    const std::size_t size = word(&follows_in_first);
    return size == 0 ? std::string{} : unquoted(size);
  }

  std::string second_value() {
    if (current() == '\'' || current() == '"') return quoted_value();
    const std::size_t size = word(&follows_in_second);
    if (size == 0) throw unexpected("<second>", "<none>");
    return unquoted(size);
  }

  // Characters of the word that begins here, escaped commas included.
  [[nodiscard]] std::size_t word(bool (*follows)(char32_t)) const {
    std::size_t i = at_;
    while (i < text_.size()) {
      if (text_[i] == '\\' && i + 1 < text_.size() && text_[i + 1] == ',')
        i += 2;
      else if (i == at_ ? begins_word(text_[i]) : follows(text_[i]))
        ++i;
      else
        break;
    }
    return i - at_;
  }

  std::string unquoted(std::size_t size) {
    std::u32string value = replaced(std::u32string_view{text_}.substr(at_, size), U"\\,", U",");
    at_ += size;
    while (!value.empty() && is_blank(value.back())) value.pop_back();
    return resolved(encoded(value));
  }

  std::string quoted_value() {
    const char32_t mark = current();
    std::size_t i = at_ + 1;
    std::size_t escaped = 0;  // the last escaped mark: the closing one when no other comes
    while (i < text_.size() && text_[i] != mark) {
      if (text_[i] == '\\' && i + 1 < text_.size() && text_[i + 1] == mark) escaped = ++i;
      ++i;
    }
    if (i >= text_.size()) {
      if (escaped == 0) throw unexpected(mark == '"' ? "<double quoted>" : "<singled quoted>", "<none>");
      i = escaped;
    }
    const std::u32string inner = text_.substr(at_ + 1, i - at_ - 1);
    at_ = i + 1;
    return resolved(
        encoded(replaced(replaced(inner, std::u32string{'\\', mark}, std::u32string{mark}), U"\\\\", U"\\")));
  }

  [[nodiscard]] std::string resolved(std::string value) const {
    return reads_files_ ? value_or_file(std::move(value), false) : value;
  }

  class nesting {
   public:
    explicit nesting(shorthand_parser& of) : of_(of) {
      constexpr int deepest = 32;
      if (++of_.depth_ > deepest) throw shorthand_error("nested more than 32 levels deep");
    }
    nesting(const nesting&) = delete;
    nesting& operator=(const nesting&) = delete;
    ~nesting() { --of_.depth_; }

   private:
    shorthand_parser& of_;
  };

  std::u32string text_;
  std::size_t at_ = 0;
  int depth_ = 0;
  bool reads_files_ = false;
};

void fit_text(json::value& value, const protocol::value_type& type) {
  const std::string text{value.get_string()};
  if (type.is == form::integer) {
    try {
      value = parse_whole_number<std::int64_t>({}, text);
    } catch (const failure&) {
      throw shorthand_error("invalid literal for int() with base 10: '" + text + "'");
    }
  } else if (type.is == form::boolean) {
    const std::string lower = strings::lower_case(text);
    if (lower == "true" || lower == "false") value = lower == "true";
  }
}

}  // namespace

json::object parse_shorthand(std::string_view text) {
  return shorthand_parser{text}.parse();
}

std::string_view stripped(std::string_view text) noexcept {
  std::size_t begin = text.size();
  std::size_t end = text.size();
  for (std::size_t i = 0; i < text.size();) {
    const strings::utf8_character c = strings::first_character(text.substr(i));
    const std::size_t next = i + (c.size == 0 ? 1 : c.size);
    if (c.size == 0 || !is_blank(static_cast<char32_t>(c.value))) {
      begin = std::min(begin, i);
      end = next;
    }
    i = next;
  }
  return begin == text.size() ? std::string_view{} : text.substr(begin, end - begin);
}

void fit_shorthand(json::value& value, const protocol::value_type& type) {
  if (type.is == form::list && !value.is_array()) value = json::array{std::move(value)};
  if (json::array* const list = value.if_array(); list != nullptr && type.is == form::list) {
    for (json::value& each : *list) fit_shorthand(each, *type.element);
  } else if (json::object* const object = value.if_object(); object != nullptr && type.is == form::map) {
    for (auto& entry : *object) fit_shorthand(entry.value(), *type.element);
  } else if (object != nullptr && type.is == form::structure) {
    for (const protocol::member_row& each : type.members->members) {
      json::value* const found = object->if_contains(each.name);
      if (found == nullptr) continue;
      if (each.type->is == form::document)
        throw shorthand_error(
            "Shorthand syntax does not support document types. Use JSON input for top-level argument to specify nested "
            "parameter: " +
            std::string{each.name});
      fit_shorthand(*found, *each.type);
    }
  } else if (value.is_string()) {
    fit_text(value, type);
  }
}

}  // namespace mwaa_serverless::cli
