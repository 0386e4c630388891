#include "sources/secret_xml.hpp"

#include <array>
#include <charconv>
#include <utility>
#include <vector>

#include "strings/trim.hpp"

namespace mwaa_serverless::sources {

namespace {

constexpr std::string_view blanks = " \t\r\n";
constexpr std::size_t most_tags = 400;
constexpr std::size_t deepest = 32;

void append_utf8(strings::secret_string& out, unsigned long code) {
  const auto tail = [&](unsigned shift) { out += static_cast<char>(0x80 | ((code >> shift) & 0x3F)); };
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xC0 | (code >> 6));
    tail(0);
  } else if (code < 0x10000) {
    out += static_cast<char>(0xE0 | (code >> 12));
    tail(6);
    tail(0);
  } else {
    out += static_cast<char>(0xF0 | (code >> 18));
    tail(12);
    tail(6);
    tail(0);
  }
}

/// What stands between `&` and `;`. False when it is nothing known.
bool append_entity(strings::secret_string& out, std::string_view name) {
  static constexpr std::array<std::pair<std::string_view, char>, 5> named{
      {{"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'}, {"apos", '\''}}};
  for (const auto& [known, character] : named) {
    if (name != known) continue;
    out += character;
    return true;
  }
  if (!name.starts_with('#')) return false;
  const bool hexadecimal = name.starts_with("#x");
  name.remove_prefix(hexadecimal ? 2 : 1);
  unsigned long code = 0;
  const char* const end = name.data() + name.size();
  const auto [stop, wrong] = std::from_chars(name.data(), end, code, hexadecimal ? 16 : 10);
  if (wrong != std::errc{} || stop != end || code == 0 || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000))
    return false;
  append_utf8(out, code);
  return true;
}

bool append_text(strings::secret_string& out, std::string_view text) {
  while (!text.empty()) {
    const auto sign = text.find('&');
    out += text.substr(0, sign);
    if (sign == std::string_view::npos) return true;
    const auto end = text.find(';', sign);
    if (end == std::string_view::npos || !append_entity(out, text.substr(sign + 1, end - sign - 1))) return false;
    text.remove_prefix(end + 1);
  }
  return true;
}

/// Where a tag ends; quotes in it may hold a '>'.
std::size_t tag_end(std::string_view text) noexcept {
  char quote = '\0';
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (quote != '\0') {
      if (text[i] == quote) quote = '\0';
    } else if (text[i] == '"' || text[i] == '\'') {
      quote = text[i];
    } else if (text[i] == '>') {
      return i;
    }
  }
  return std::string_view::npos;
}

}  // namespace

bool secret_xml::parse(std::string_view text) {
  std::vector<std::string_view> open;
  std::string path;
  std::vector<strings::secret_string> content;
  bool rooted = false;
  std::size_t tags = 0;
  const auto skip_past = [&](std::string_view mark) {
    const auto found = text.find(mark);
    if (found == std::string_view::npos) return false;
    text.remove_prefix(found + mark.size());
    return true;
  };
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  while (!text.empty()) {
    const auto next = std::min(text.find('<'), text.size());
    const std::string_view between = text.substr(0, next);
    text.remove_prefix(next);
    if (open.empty() ? !strings::trimmed(between, blanks).empty() : !append_text(content.back(), between)) return false;
    if (text.empty()) break;
    if (text.starts_with("<!--")) {
      if (!skip_past("-->")) return false;
    } else if (text.starts_with("<![CDATA[")) {
      const auto end = text.find("]]>");
      if (open.empty() || end == std::string_view::npos) return false;
      content.back() += text.substr(9, end - 9);
      text.remove_prefix(end + 3);
    } else if (text.starts_with("<?")) {
      if (!skip_past("?>")) return false;
    } else if (text.starts_with("<!")) {
      return false;  // a document type, which could define entities
    } else {
      const auto end = tag_end(text);
      if (end == std::string_view::npos || ++tags > most_tags) return false;
      std::string_view tag = text.substr(1, end - 1);
      text.remove_prefix(end + 1);
      const bool closes = tag.starts_with('/');
      const bool empty = !closes && tag.ends_with('/');
      if (closes) tag.remove_prefix(1);
      if (empty) tag.remove_suffix(1);
      const std::string_view name = tag.substr(0, tag.find_first_of(blanks));
      if (name.empty()) return false;
      if (!closes) {
        if (open.size() == deepest || (open.empty() && std::exchange(rooted, true))) return false;
        path.append(open.empty() ? "" : ".").append(name);
        open.push_back(name);
        content.emplace_back();
      }
      if (closes || empty) {
        if (open.empty() || open.back() != name) return false;
        texts_.try_emplace(path, strings::secret_string{strings::trimmed(view(content.back()), blanks)});
        content.pop_back();
        open.pop_back();
        path.resize(path.size() - name.size() - (open.empty() ? 0 : 1));
      }
    }
  }
  return rooted && open.empty();
}

std::string_view secret_xml::at(std::string_view path) const {
  const auto found = texts_.find(path);
  return found == texts_.end() ? std::string_view{} : view(found->second);
}

}  // namespace mwaa_serverless::sources
