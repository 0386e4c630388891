#include "sources/read_sources.hpp"

#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <optional>
#include <string>
#include <utility>

#include "sources/read_file.hpp"

namespace mwaa_serverless::sources {

namespace asio = boost::asio;

namespace {

/// One of the two files: which, where, and whether a variable names it.
class shared_file {
 public:
  shared_file(config::file_kind kind_value, const char* variable_value, std::string path_value)
      : kind(kind_value), name(variable_value), path(std::move(path_value)) {}

  config::file_kind kind;
  const char* name;
  std::string path;
};

// The home directory of a user, of this process's own without a name; empty when the user database has none.
std::string home_of(const char* user) {
  std::array<char, 16384> memory;
  passwd entry{};
  passwd* found = nullptr;
  const int failure = user == nullptr ? ::getpwuid_r(::getuid(), &entry, memory.data(), memory.size(), &found)
                                      : ::getpwnam_r(user, &entry, memory.data(), memory.size(), &found);
  return failure != 0 || found == nullptr || found->pw_dir == nullptr ? std::string{} : found->pw_dir;
}

std::string located(std::string path) {
  if (!path.starts_with('~')) return path;
  const auto end = std::min(path.find('/'), path.size());
  const std::string home = home_of(path.substr(1, end - 1).c_str());
  return home.empty() ? path : home + path.substr(end);
}

std::array<shared_file, 2> files_of(const config::variables& environment) {
  return {shared_file{config::file_kind::config, "AWS_CONFIG_FILE", located(config::config_path(environment))},
          shared_file{config::file_kind::credentials, "AWS_SHARED_CREDENTIALS_FILE",
                      located(config::credentials_path(environment))}};
}

std::optional<error> add(config::profile_set& into, const shared_file& which, const config::variables& environment,
                         const sources::file_text& got) {
  if (got.once) into.note_read_once();
  if (got.failure.empty()) return into.add(which.kind, got.text(), which.path);
  if (got.too_large) return error{errc::invalid_configuration, got.failure};
  const auto given = environment.find(which.name);
  const bool named = given != environment.end() && !given->second.empty();
  if (named || !got.missing) into.note_unread({named ? which.name : "", got.failure});
  return std::nullopt;
}

}  // namespace

config::variables read_environment() {
  config::variables out;
  const auto read = [&](const char* name) {
    if (const char* value = std::getenv(name)) out[name] = value;
  };
  for (const char* name : config::variable_names()) read(name);
  for (const char* path : {"AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"})
    if (const auto given = out.find(path); given != out.end())
      for (const std::string& name : config::variables_in(view(given->second))) read(name.c_str());
  if (config::home(out).empty())
    if (const std::string own = home_of(nullptr); !own.empty()) out["HOME"] = own;
  return out;
}

result<config::profile_set> read_files(const config::variables& environment) {
  config::profile_set out;
  for (const shared_file& each : files_of(environment)) {
    if (each.path.empty()) continue;
    const auto got = sources::read_file(each.path, longest_file, sources::file_time_limit);
    if (auto wrong = add(out, each, environment, got)) return *std::move(wrong);
  }
  return out;
}

asio::awaitable<result<config::profile_set>> async_read_files(config::variables environment, clock& time,
                                                              clock::time_point deadline) {
  config::profile_set out;
  const std::array<shared_file, 2> files = files_of(environment);
  for (const shared_file& each : files) {
    if (each.path.empty()) continue;
    const auto got = co_await sources::async_read_file(each.path, longest_file, time, deadline);
    if (auto wrong = add(out, each, environment, got)) co_return *std::move(wrong);
  }
  co_return std::move(out);
}

}  // namespace mwaa_serverless::sources
