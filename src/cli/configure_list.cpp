#include "cli/configure_list.hpp"

#include <cstdio>

namespace mwaa_serverless::cli {

namespace {

std::string line(std::string_view name, std::string_view value, std::string_view type, std::string_view location) {
  const auto right = [](std::string_view text, std::size_t width) {
    return std::string(width > text.size() ? width - text.size() : 0, ' ') + std::string{text};
  };
  return right(name, 10) + ' ' + right(value, 24) + ' ' + right(type, 16) + "    " + std::string{location} + '\n';
}

std::string unset(std::string_view name) {
  return line(name, "<not set>", "None", "None");
}

std::string masked(std::string_view value) {
  return "****************" + std::string{value.substr(value.size() - std::min<std::size_t>(value.size(), 4))};
}

std::string setting(std::string_view name, const config::found_value& found, std::string_view variables,
                    std::string_view flag, std::string_view config_file) {
  using config::origin_kind;
  switch (found.kind) {
    case origin_kind::code:
      return line(name, found.text(), "manual", flag);
    case origin_kind::environment:
      return line(name, found.text(), "env", variables);
    case origin_kind::config_file:
    case origin_kind::credentials_file:
      return line(name, found.text(), "config-file", config_file);
    case origin_kind::instance_metadata:
      return line(name, found.text(), "imds", {});
    case origin_kind::none:
      break;
  }
  return unset(name);
}

}  // namespace

std::string format_configuration(const config::settings& found, const credentials* keys, std::string_view config_file) {
  std::string out = line("Name", "Value", "Type", "Location") + line("----", "-----", "----", "--------");
  out += setting("profile", found.profile, "['AWS_PROFILE', 'AWS_DEFAULT_PROFILE']", "--profile", config_file);
  if (keys == nullptr) {
    out += unset("access_key") + unset("secret_key");
  } else {
    out += line("access_key", masked(keys->access_key_id()), keys->source(), {});
    out += line("secret_key", masked(keys->secret_access_key()), keys->source(), {});
  }
  out += setting("region", found.region, "['AWS_REGION', 'AWS_DEFAULT_REGION']", {}, config_file);
  return out;
}

}  // namespace mwaa_serverless::cli
