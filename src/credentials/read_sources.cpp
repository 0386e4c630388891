#include "credentials/read_sources.hpp"

#include <openssl/crypto.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

namespace mwaa_serverless::profiles {

namespace {

constexpr std::size_t longest_file = std::size_t{4} * 1024 * 1024;

struct close_file {
  void operator()(std::FILE* file) const noexcept { std::fclose(file); }
};

error unreadable(const std::string& path, int code) {
  return {errc::invalid_configuration, "cannot read " + path + ": " + std::generic_category().message(code)};
}

std::optional<error> add_file(profile_set& files, file_kind kind, const std::string& path) {
  if (path.empty()) return std::nullopt;
  const std::unique_ptr<std::FILE, close_file> file{std::fopen(path.c_str(), "re")};
  if (!file) {
    if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
    return unreadable(path, errno);
  }
  std::setvbuf(file.get(), nullptr, _IONBF, 0);  // no copy of the keys in a buffer of the C library
  std::string text(longest_file + 1, '\0');
  errno = 0;
  const std::size_t size = std::fread(text.data(), 1, text.size(), file.get());
  std::optional<error> wrong;
  if (std::ferror(file.get()) != 0) {
    wrong = unreadable(path, errno);
  } else if (size > longest_file) {
    wrong = error{errc::invalid_configuration, path + " is larger than 4 MiB: that is no configuration file"};
  } else {
    wrong = files.add(kind, std::string_view{text}.substr(0, size), path);
  }
  OPENSSL_cleanse(text.data(), size);
  return wrong;
}

}  // namespace

variables read_environment() {
  variables out;
  for (const char* name : variable_names())
    if (const char* value = std::getenv(name)) out[name] = value;
  return out;
}

result<profile_set> read_files(const variables& environment) {
  profile_set out;
  auto wrong = add_file(out, file_kind::config, config_path(environment));
  if (!wrong) wrong = add_file(out, file_kind::credentials, credentials_path(environment));
  if (wrong) return *std::move(wrong);
  return out;
}

}  // namespace mwaa_serverless::profiles
