#include "cli/parameter_file.hpp"

#include <fcntl.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <system_error>
#include <utility>

#include "cli/failure.hpp"
#include "strings/printable.hpp"
#include "strings/utf8.hpp"

namespace mwaa_serverless::cli {

namespace {

constexpr std::size_t longest_file = std::size_t{16} * 1024 * 1024;

bool is_name_part(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

// Python's os.path.expanduser.
std::string with_home(std::string path) {
  if (!path.starts_with('~')) return path;
  const std::size_t end = std::min(path.find('/'), path.size());
  const std::string user = path.substr(1, end - 1);
  const char* const home = user.empty() ? std::getenv("HOME") : nullptr;
  std::string directory;
  if (home != nullptr) {
    directory = home;
  } else if (const passwd* const entry = user.empty() ? ::getpwuid(::getuid()) : ::getpwnam(user.c_str())) {
    directory = entry->pw_dir;
  } else {
    return path;
  }
  while (directory.ends_with('/')) directory.pop_back();
  path.replace(0, end, directory);
  return path.empty() ? "/" : path;
}

// Python's os.path.expandvars: `$NAME` and `${NAME}`; a variable that is not set stays as it is.
std::string with_variables(std::string_view path) {
  std::string out;
  for (std::size_t i = 0; i < path.size();) {
    std::size_t end = i + 1;
    std::string name;
    if (path[i] == '$' && end < path.size() && path[end] == '{') {
      const std::size_t brace = path.find('}', end);
      if (brace != std::string_view::npos) {
        name = path.substr(end + 1, brace - end - 1);
        end = brace + 1;
      }
    } else if (path[i] == '$') {
      while (end < path.size() && is_name_part(path[end])) ++end;
      name = path.substr(i + 1, end - i - 1);
    }
    const char* const value = name.empty() ? nullptr : std::getenv(name.c_str());
    out += value != nullptr ? std::string_view{value} : path.substr(i, end - i);
    i = end;
  }
  return out;
}

// As Python's repr shows it.
std::string quoted(const std::string& path) {
  const char mark = path.find('\'') != std::string::npos && path.find('"') == std::string::npos ? '"' : '\'';
  std::string out{mark};
  for (const char c : path) {
    if (c == '\\' || c == mark) out += '\\';
    out += c;
  }
  return out + mark;
}

class open_file {
 public:
  explicit open_file(const std::string& path) : descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {}
  open_file(const open_file&) = delete;
  open_file& operator=(const open_file&) = delete;
  ~open_file() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }

  // 0, or the error number.
  int read_all(std::string& into) const {
    if (descriptor_ < 0) return errno;
    std::array<char, 16384> part{};
    for (;;) {
      const ssize_t count = ::read(descriptor_, part.data(), part.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return errno;
      if (count == 0) return 0;
      into.append(part.data(), static_cast<std::size_t>(count));
      if (into.size() > longest_file) return EFBIG;
    }
  }

 private:
  int descriptor_;
};

std::string with_newlines(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\r') {
      out += text[i];
    } else {
      out += '\n';
      if (i + 1 < text.size() && text[i + 1] == '\n') ++i;
    }
  }
  return out;
}

}  // namespace

std::string value_or_file(std::string value, bool takes_bytes) {
  const bool binary = value.starts_with("fileb://");
  if (!binary && !value.starts_with("file://")) return value;
  const std::string path = with_variables(with_home(value.substr(binary ? 8 : 7)));
  std::string text;
  if (const int code = open_file{path}.read_all(text); code != 0) {
    throw parameter_file_error("Unable to load paramfile " + value + ": [Errno " + std::to_string(code) + "] " +
                               std::generic_category().message(code) + ": " + quoted(path));
  }
  if (!binary && !strings::is_utf8(text)) {
    throw parameter_file_error("Unable to load paramfile (" + path +
                               "), text contents could not be decoded.  If this is a binary file, please use the "
                               "fileb:// prefix instead of the file:// prefix.");
  }
  if (binary && !takes_bytes)
    throw parameter_file_error("Unable to load paramfile " + value +
                               ": fileb:// gives bytes, and the parameter is text: use file://");
  return binary ? text : with_newlines(text);
}

std::string value_or_file_of(std::string_view flag, std::string value, bool takes_bytes) {
  try {
    return value_or_file(std::move(value), takes_bytes);
  } catch (const parameter_file_error& problem) {
    throw failure::parameter("Error parsing parameter '" + std::string{flag} + "': " + problem.what());
  }
}

}  // namespace mwaa_serverless::cli
