#include "credentials/profile_file.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace mwaa_serverless::profiles {

namespace {

constexpr std::string_view white_space = " \t";

bool is_white(char c) noexcept {
  return white_space.find(c) != std::string_view::npos;
}

std::string_view trimmed(std::string_view text) noexcept {
  const auto first = text.find_first_not_of(white_space);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(white_space) - first + 1);
}

std::string lower(std::string_view text) {
  std::string out{text};
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

// A comment behind a value needs white space before it: a secret key may contain '#'.
std::string_view without_comment(std::string_view text, bool needs_white_space) noexcept {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if ((text[i] == '#' || text[i] == ';') && (!needs_white_space || (i > 0 && is_white(text[i - 1]))))
      return trimmed(text.substr(0, i));
  }
  return trimmed(text);
}

// What AWS's SDKs accept in the name of a section or a setting.
bool is_identifier(std::string_view name) noexcept {
  static constexpr std::string_view others = "_-/.%@:+";
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           others.find(c) != std::string_view::npos;
  });
}

const section* find_in(const std::map<std::string, section, std::less<>>& sections, std::string_view name) noexcept {
  const auto found = sections.find(name);
  return found == sections.end() ? nullptr : &found->second;
}

}  // namespace

/// Reads one file, line by line.
class file_reader {
 public:
  file_reader(profile_set& into, file_kind kind, std::string_view name) : into_(into), kind_(kind), file_(name) {}

  std::optional<error> read(std::string_view text) {
    while (!text.empty()) {
      const auto end = text.find('\n');
      std::string_view line = text.substr(0, end);
      text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
      if (line.ends_with('\r')) line.remove_suffix(1);
      ++line_;
      if (auto wrong = read_line(line)) return wrong;
    }
    finish();
    return std::nullopt;
  }

 private:
  std::optional<error> read_line(std::string_view line) {
    if (trimmed(line).empty() || line.front() == '#' || line.front() == ';') return std::nullopt;
    if (line.front() == '[') return begin_section(line);
    if (is_white(line.front())) return continue_property(line);
    return begin_property(line);
  }

  std::optional<error> begin_section(std::string_view line) {
    const std::string_view text = without_comment(line, false);
    if (!text.ends_with(']')) return wrong(text.size(), "a section must end in ']', and only a comment may follow it");
    std::string_view name = trimmed(text.substr(1, text.size() - 2));
    std::string_view type;
    if (const auto gap = name.find_first_of(white_space); gap != std::string_view::npos) {
      type = name.substr(0, gap);
      name = trimmed(name.substr(gap));
    }
    current_ = place_for(type, name);
    open_ = true;
    property_ = nullptr;
    return std::nullopt;
  }

  // Where the settings of a section go; null for one that AWS's tools leave out.
  section* place_for(std::string_view type, std::string_view name) {
    if (!is_identifier(name)) return nullptr;
    if (kind_ == file_kind::credentials) return type.empty() ? &profiles_[std::string{name}] : nullptr;
    if (type == "sso-session") return &into_.sso_sessions_[std::string{name}];
    if (type == "services") return &into_.services_[std::string{name}];
    if (name == "default" && (type.empty() || type == "profile")) {
      auto& place = type.empty() ? plain_default_ : prefixed_default_;
      return &(place ? *place : place.emplace());
    }
    return type == "profile" ? &profiles_[std::string{name}] : nullptr;
  }

  std::optional<error> begin_property(std::string_view line) {
    if (!open_) return wrong(1, "a setting must stand in a section such as [default]");
    const std::string_view text = without_comment(line, true);
    const auto equals = text.find('=');
    if (equals == std::string_view::npos) return wrong(text.size() + 1, "a setting needs an '='");
    const std::string name = lower(trimmed(text.substr(0, equals)));
    if (name.empty()) return wrong(1, "the setting has no name");
    continued_ = true;
    property_ = nullptr;
    if (current_ == nullptr || !is_identifier(name)) return std::nullopt;
    property_ = &(*current_)[name];
    *property_ = property{};
    property_->value = trimmed(text.substr(equals + 1));
    property_->kind = kind_;
    property_->file = file_;
    property_->line = line_;
    nested_ = property_->value.empty();
    return std::nullopt;
  }

  std::optional<error> continue_property(std::string_view line) {
    if (!open_) return wrong(1, "an indented line must continue a setting, and there is none yet");
    if (!continued_) return wrong(1, "an indented line must continue a setting, and this one follows a section");
    const std::string_view text = trimmed(line);  // a comment here belongs to the value
    if (property_ == nullptr) return std::nullopt;
    if (nested_) {
      const std::string_view setting = without_comment(line, true);
      const auto equals = setting.find('=');
      const auto column = line.find_first_not_of(white_space) + 1;
      if (equals == std::string_view::npos) return wrong(column, "a setting below another needs an '='");
      const std::string name = lower(trimmed(setting.substr(0, equals)));
      if (name.empty()) return wrong(column, "the setting has no name");
      property_->nested[name] = trimmed(setting.substr(equals + 1));
    }
    property_->value += '\n';
    property_->value += text;
    return std::nullopt;
  }

  void finish() {
    if (prefixed_default_)
      merge("default", std::move(*prefixed_default_));
    else if (plain_default_)
      merge("default", std::move(*plain_default_));
    for (auto& [name, settings] : profiles_) merge(name, std::move(settings));
  }
  void merge(const std::string& name, section&& settings) {
    section& known = into_.profiles_[name];
    for (auto& [key, value] : settings) known[key] = std::move(value);
  }

  [[nodiscard]] error wrong(std::size_t column, std::string_view rule) const {
    return {errc::invalid_configuration, file_ + ", line " + std::to_string(line_) + ", column " +
                                             std::to_string(std::max<std::size_t>(column, 1)) + ": " +
                                             std::string{rule}};
  }

  profile_set& into_;
  const file_kind kind_;
  const std::string file_;
  std::size_t line_ = 0;

  std::map<std::string, section, std::less<>> profiles_;
  std::optional<section> plain_default_;
  std::optional<section> prefixed_default_;

  section* current_ = nullptr;  // null in a section that is left out
  bool open_ = false;           // a section has begun
  bool continued_ = false;      // a setting has begun that an indented line may continue
  property* property_ = nullptr;
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

const property* find(const section* from, std::string_view name) noexcept {
  if (from == nullptr) return nullptr;
  const auto found = from->find(name);
  return found == from->end() || found->second.value.empty() ? nullptr : &found->second;
}

}  // namespace mwaa_serverless::profiles
