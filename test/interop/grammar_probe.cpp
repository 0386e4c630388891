// Prints what shared configuration files say to us, for settings_test.py. A line of standard input is a JSON array, and
// its answer one line: ["config" or "credentials", FILE]: sections and settings of a file; [CONFIG, CREDENTIALS,
// PROFILE]: region and keys of a profile.
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <string_view>
#include <variant>

#include "config/profile_file.hpp"
#include "config/settings.hpp"
#include "sources/plan.hpp"
#include "sources/read_sources.hpp"

namespace json = boost::json;
namespace mwaa = mwaa_serverless;
using namespace mwaa::config;

namespace {

json::string text_of(std::string_view text) {
  return json::string{text.data(), text.size()};
}

json::object settings_of(const section& from) {
  json::object out;
  for (const auto& [name, setting] : from) {
    if (!view(setting.value).starts_with('\n')) {
      out[name] = text_of(view(setting.value));
      continue;
    }
    json::object nested;
    for (const auto& [below, value] : setting.nested) nested[below] = text_of(view(value));
    out[name] = std::move(nested);
  }
  return out;
}

json::object grammar(file_kind kind, const std::string& path, const json::array& others) {
  std::ifstream file{path, std::ios::binary};
  const std::string text{std::istreambuf_iterator<char>{file}, {}};
  profile_set files;
  json::object out;
  if (const auto wrong = files.add(kind, text, path)) {
    out["error"] = wrong->message;
    return out;
  }
  json::object profiles;
  json::object sessions;
  json::object services;
  for (const std::string& name : files.profile_names()) profiles[name] = settings_of(*files.profile(name));
  for (const json::value& name : others) {
    const std::string_view key{name.get_string().data(), name.get_string().size()};
    if (const section* found = files.sso_session(key)) sessions[key] = settings_of(*found);
    if (const section* found = files.services(key)) services[key] = settings_of(*found);
  }
  out["profiles"] = std::move(profiles);
  out["sso_sessions"] = std::move(sessions);
  out["services"] = std::move(services);
  return out;
}

json::object identity(const std::string& config, const std::string& credentials, const std::string& profile) {
  const variables environment{{"AWS_CONFIG_FILE", config}, {"AWS_SHARED_CREDENTIALS_FILE", credentials}};
  json::object out;
  const auto refuse = [&](const mwaa::error& why) {
    out["error"] = why.message;
    out["missing"] = why.code == mwaa::errc::no_profile;
    return out;
  };
  const auto files = mwaa_serverless::sources::read_files(environment);
  if (!files) return refuse(files.error());
  const auto settings = resolve_settings(environment, *files, profile);
  if (!settings) return refuse(settings.error());
  const auto plan = mwaa::sources::plan_credentials(environment, *files, profile);
  if (!plan) return refuse(plan.error());
  out["region"] = settings->at("region").text();
  if (const auto* keys = std::get_if<mwaa::sources::static_keys>(&plan->source)) {
    out["source"] = plan->name;
    out["keys"] = json::array{keys->keys.access_key_id(), keys->keys.secret_access_key(), keys->keys.session_token()};
  }
  return out;
}

}  // namespace

int main() {
  for (std::string line; std::getline(std::cin, line);) {
    const json::array asked = json::parse(line).as_array();
    const auto at = [&](std::size_t i) { return std::string{asked[i].as_string()}; };
    json::object out;
    if (at(0) == "config")
      out = grammar(file_kind::config, at(1), asked[2].as_array());
    else if (at(0) == "credentials")
      out = grammar(file_kind::credentials, at(1), {});
    else
      out = identity(at(0), at(1), at(2));
    std::cout << json::serialize(out) << std::endl;
  }
}
