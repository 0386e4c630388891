#include "config/profile_file.hpp"

#include <algorithm>
#include <deque>
#include <optional>
#include <unordered_map>
#include <utility>

#include "config/command_words.hpp"
#include "strings/ascii_case.hpp"
#include "strings/utf8.hpp"

namespace mwaa_serverless::config {

namespace {

/// The length of the white space that `text` begins with, of Unicode as Python has it: 0 when it is none.
std::size_t white_space_at(std::string_view text) noexcept {
  const auto at = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  if ((at(0) >= 0x09 && at(0) <= 0x0D) || (at(0) >= 0x1C && at(0) <= 0x20)) return 1;
  if (at(0) == 0xC2 && (at(1) == 0x85 || at(1) == 0xA0)) return 2;
  if (at(0) == 0xE1 && at(1) == 0x9A && at(2) == 0x80) return 3;
  if (at(0) == 0xE2 && at(1) == 0x80)
    return (at(2) >= 0x80 && at(2) <= 0x8A) || at(2) == 0xA8 || at(2) == 0xA9 || at(2) == 0xAF ? 3 : 0;
  if (at(0) == 0xE2 && at(1) == 0x81 && at(2) == 0x9F) return 3;
  return at(0) == 0xE3 && at(1) == 0x80 && at(2) == 0x80 ? 3 : 0;
}

/// The length of a line end within a value (Python's str.splitlines), 0 when there is none.
std::size_t line_end_at(std::string_view text) noexcept {
  const std::size_t length = white_space_at(text);
  const auto last = length == 0 ? 0U : static_cast<unsigned char>(text[length - 1]);
  if (length == 1) return (last >= 0x0A && last <= 0x0D) || (last >= 0x1C && last <= 0x1E) ? 1 : 0;
  if (length == 2) return last == 0x85 ? 2 : 0;
  return last == 0xA8 || last == 0xA9 ? length : 0;
}

/// What a line begins with: in bytes, and in characters.
struct indentation {
  explicit indentation(std::string_view line) noexcept {
    while (const std::size_t length = white_space_at(line.substr(bytes))) {
      bytes += length;
      ++characters;
    }
  }
  std::size_t bytes = 0;
  std::size_t characters = 0;
};

std::string_view trimmed(std::string_view text) noexcept {
  text.remove_prefix(indentation{text}.bytes);
  for (;;) {
    std::size_t length = std::min<std::size_t>(text.size(), 3);
    while (length > 0 && white_space_at(text.substr(text.size() - length)) != length) --length;
    if (length == 0) return text;
    text.remove_suffix(length);
  }
}

bool is_key(std::string_view setting) noexcept {
  return setting == "aws_access_key_id" || setting == "aws_secret_access_key" || setting == "aws_session_token" ||
         setting == "aws_security_token";
}

const section* find_in(const std::map<std::string, section, std::less<>>& sections, std::string_view name) noexcept {
  const auto found = sections.find(name);
  return found == sections.end() ? nullptr : &found->second;
}

}  // namespace

/// Reads one file, line by line.
class file_reader {
 public:
  file_reader(profile_set& into, file_kind kind, std::string_view name)
      : into_(into), kind_(kind), file_(std::make_shared<const std::string>(name)) {}

  std::optional<error> read(std::string_view text) {
    const std::size_t valid = strings::first_not_utf8(text);
    while (!text.empty()) {
      const auto end = std::min(text.find_first_of("\r\n"), text.size());
      const std::string_view line = text.substr(0, end);
      ++line_;
      read_ += end;
      if (valid < read_) return wrong(valid - (read_ - end) + 1, "the file is not UTF-8 text");
      const std::size_t gap = text.substr(end).starts_with("\r\n") ? 2 : end < text.size() ? 1 : 0;
      read_ += gap;
      text.remove_prefix(end + gap);
      if (auto refused = read_line(line)) return refused;
    }
    return finish();
  }

 private:
  struct titled {
    std::string header;
    std::size_t line;
    section settings;
  };

  std::optional<error> read_line(std::string_view line) {
    const std::string_view text = trimmed(line);
    if (text.empty()) ++blank_lines_;
    if (text.empty() || text.front() == '#' || text.front() == ';') return std::nullopt;
    const indentation indent{line};
    column_ = indent.bytes + 1;
    if (property_ != nullptr && indent.characters > indent_) return continue_property(text);
    indent_ = indent.characters;
    property_ = nullptr;
    const auto bracket = text.front() == '[' ? text.rfind(']') : 0;
    if (bracket != std::string_view::npos && bracket > 1) return begin_section(text.substr(1, bracket - 1));
    return begin_property(text);
  }

  std::optional<error> begin_section(std::string_view header) {
    in_defaults_ = header == "DEFAULT";
    current_ = &defaults_;
    if (in_defaults_) return std::nullopt;
    const auto [known, fresh] = known_.emplace(header, line_);
    if (!fresh)
      return wrong(column_, "the section is there twice, first in line " + std::to_string(known->second) +
                                ": put its settings together");
    sections_.push_back({std::string{header}, line_, {}});
    current_ = &sections_.back().settings;
    return std::nullopt;
  }

  std::optional<error> begin_property(std::string_view text) {
    if (current_ == nullptr) return wrong(column_, "a setting must be in a section such as [default]");
    const auto delimiter = text.find_first_of("=:");
    if (delimiter == std::string_view::npos)
      return wrong(column_ + text.size(), text.front() == '[' ? "a section must end in ']'" : "a setting needs an '='");
    const std::string name = strings::lower_case(trimmed(text.substr(0, delimiter)));
    if (name.empty()) return wrong(column_, "the setting has no name");
    const auto [place, fresh] = current_->try_emplace(name);
    if (!fresh)
      return wrong(column_, "the setting is in this section twice, first in line " +
                                std::to_string(place->second.line) + ": remove one");
    property_ = &place->second;
    property_->value = trimmed(text.substr(delimiter + 1));
    property_->kind = kind_;
    property_->file = file_;
    property_->line = line_;
    name_ = name;
    nested_ = property_->value.empty();
    blank_lines_ = 0;
    return std::nullopt;
  }

  std::optional<error> continue_property(std::string_view text) {
    for (std::size_t i = 0; i <= blank_lines_; ++i) property_->value += '\n';
    blank_lines_ = 0;
    property_->value += text;
    if (!nested_) return std::nullopt;
    auto refused = add_nested(text);
    if (!refused || !in_defaults_) return refused;
    wrong_defaults_.emplace(name_, *std::move(refused));  // an error for a section that inherits it
    return std::nullopt;
  }

  std::optional<error> add_nested(std::string_view text) {
    while (!text.empty()) {
      std::size_t end = 0;
      while (end < text.size() && line_end_at(text.substr(end)) == 0) ++end;
      const std::string_view line = trimmed(text.substr(0, end));
      text.remove_prefix(std::min(text.size(), end + std::max<std::size_t>(line_end_at(text.substr(end)), 1)));
      if (line.empty()) continue;
      const auto equals = line.find('=');
      if (equals == std::string_view::npos) return wrong(column_, "a setting below another needs an '='");
      property_->nested[std::string{trimmed(line.substr(0, equals))}] = trimmed(line.substr(equals + 1));
    }
    return std::nullopt;
  }

  std::optional<error> finish() {
    std::map<std::string, section, std::less<>> profiles;
    for (titled& each : sections_) {
      for (const auto& [name, setting] : defaults_) {
        if (!each.settings.try_emplace(name, setting).second) continue;
        if (const auto refused = wrong_defaults_.find(name); refused != wrong_defaults_.end()) return refused->second;
      }
      if (kind_ == file_kind::credentials || each.header == "default") {
        profiles[each.header] = std::move(each.settings);
        continue;
      }
      sections* const type = each.header.starts_with("profile")       ? &profiles
                             : each.header.starts_with("sso-session") ? &into_.sso_sessions_
                             : each.header.starts_with("services")    ? &into_.services_
                                                                      : nullptr;
      const auto words = split_command(each.header);
      if (type != nullptr && words && words->size() == 2) {
        (*type)[words->back()] = std::move(each.settings);
      } else {
        into_.left_out_.emplace_back(std::move(each.header), *file_ + ", line " + std::to_string(each.line));
      }
    }
    for (auto& [name, settings] : profiles) merge(name, std::move(settings));
    return std::nullopt;
  }

  void merge(const std::string& name, section&& settings) {
    section& known = into_.profiles_[name];
    for (auto& [key, value] : settings) {
      property& place = known[key];
      if (place.kind < kind_ && place.file && is_key(key)) into_.keys_in_config_[name][key] = std::move(place);
      place = std::move(value);
    }
  }

  [[nodiscard]] error wrong(std::size_t column, std::string_view rule) const {
    return {errc::invalid_configuration, *file_ + ", line " + std::to_string(line_) + ", column " +
                                             std::to_string(column) + ": " + std::string{rule}};
  }

  using sections = profile_set::sections;

  profile_set& into_;
  const file_kind kind_;
  const std::shared_ptr<const std::string> file_;
  std::size_t read_ = 0;  // bytes, up to the end of this line
  std::size_t line_ = 0;
  std::size_t column_ = 0;

  std::deque<titled> sections_;
  std::unordered_map<std::string, std::size_t> known_;  // headers, with their lines
  section defaults_;
  std::map<std::string, error, std::less<>> wrong_defaults_;
  bool in_defaults_ = false;

  section* current_ = nullptr;    // null until a section has begun
  property* property_ = nullptr;  // what an indented line continues
  std::string name_;              // its name
  std::size_t indent_ = 0;        // its indentation, or that of the section
  std::size_t blank_lines_ = 0;   // since its last line
  bool nested_ = false;
};

std::optional<error> profile_set::add(file_kind kind, std::string_view text, std::string_view name) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);  // a byte order mark
  return file_reader{*this, kind, name}.read(text);
}

const section* profile_set::profile(std::string_view name) const noexcept {
  return find_in(profiles_, name);
}
const section* profile_set::sso_session(std::string_view name) const noexcept {
  return find_in(sso_sessions_, name);
}
const section* profile_set::services(std::string_view name) const noexcept {
  return find_in(services_, name);
}

std::vector<std::string> profile_set::profile_names() const {
  std::vector<std::string> out;
  for (const auto& [name, settings] : profiles_) out.push_back(name);
  return out;
}

const property* profile_set::setting_in(file_kind kind, std::string_view profile_name,
                                        std::string_view name) const noexcept {
  for (const sections* each : {&profiles_, &keys_in_config_}) {
    const section* const from = find_in(*each, profile_name);
    if (from == nullptr) continue;
    const auto found = from->find(name);
    if (found != from->end() && found->second.kind == kind) return &found->second;
  }
  return nullptr;
}

const property* find(const section* from, std::string_view name) noexcept {
  if (from == nullptr) return nullptr;
  const auto found = from->find(name);
  return found == from->end() || found->second.value.empty() ? nullptr : &found->second;
}

}  // namespace mwaa_serverless::config
