// Who may include what: the decisions stay pure, and a layer does not know the layers to its right.
#include <doctest/doctest.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "support/source_folder.hpp"

namespace fs = std::filesystem;

namespace {

const fs::path& source = test::source_folder();

bool is_code(const fs::path& file) {
  return file.extension() == ".hpp" || file.extension() == ".cpp";
}

// Without comments, so that a comment may speak of what the code must not do.
std::vector<std::string> lines_of(const fs::path& path) {
  std::ifstream file{path};
  REQUIRE_MESSAGE(file, "cannot read ", path.string());
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line.substr(0, line.find("//")));
  return lines;
}

// What `#include` names, without its quotes or brackets; empty for any other line.
std::string_view included(std::string_view line) {
  if (!line.starts_with("#include")) return {};
  const auto begin = line.find_first_of("<\"");
  const auto end = line.find_first_of(">\"", begin + 1);
  if (begin == std::string_view::npos || end == std::string_view::npos) return {};
  return line.substr(begin + 1, end - begin - 1);
}

// What code without I/O may not touch, wherever it stands in a line.
constexpr std::array forbidden{"<boost/asio", "<boost/beast", "<random>",    "<ares",         "<sys/socket",
                               "<unistd",     "<thread>",     "_clock::now", "std::time(",    "random_device",
                               "mt19937",     "gettimeofday", "std::rand",   "clock_gettime", "co_await",
                               "RAND_bytes",  "getenv",       "sleep_for",   "sleep_until"};

std::string first_forbidden(std::string_view line) {
  for (const std::string_view word : forbidden)
    if (line.find(word) != std::string_view::npos) return std::string{word};
  return {};
}

std::vector<fs::path> pure_files() {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator{source / "src"}) {
    if (!entry.is_regular_file() || !is_code(entry.path())) continue;
    const std::string layer = fs::relative(entry.path(), source / "src").begin()->string();
    // The two states that hold coroutines and the clock together are drivers, in spite of their name.
    const std::string name = entry.path().stem().string();
    const bool driver = name == "client_state" || name == "emulator_state";
    const bool pure_of_credentials =
        layer == "credentials" && (name == "command_words" || name == "credentials" || name == "lookup" ||
                                   name == "plan" || name == "profile_file" || name == "settings");
    if (layer == "model" || layer == "protocol" || layer == "signing" || layer == "retry" || pure_of_credentials ||
        (name.ends_with("_state") && !driver))
      files.push_back(entry.path());
  }
  return files;
}

}  // namespace

TEST_CASE("includes: the rules notice what they forbid") {
  CHECK(first_forbidden("#include <boost/asio/awaitable.hpp>") == "<boost/asio");
  CHECK(first_forbidden("#include <boost/beast/http/parser.hpp>") == "<boost/beast");
  CHECK(first_forbidden("#include <random>") == "<random>");
  CHECK(first_forbidden("const auto now = std::chrono::steady_clock::now();") == "_clock::now");
  CHECK(first_forbidden("auto t = system_clock::now();") == "_clock::now");
  CHECK(first_forbidden("std::random_device seed;") == "random_device");
  CHECK(first_forbidden("#include <chrono>").empty());
  CHECK(included("#include \"retry/hints.hpp\"") == "retry/hints.hpp");
  CHECK(included("#include <mwaa_serverless/error.hpp>") == "mwaa_serverless/error.hpp");
  CHECK(included("int x;").empty());
}

TEST_CASE("includes: code without I/O has no Asio, no Beast, no clock and no random device") {
  const auto files = pure_files();
  std::set<std::string> layers;
  for (const fs::path& file : files) {
    layers.insert(fs::relative(file, source / "src").begin()->string());
    int number = 0;
    for (const std::string& line : lines_of(file)) {
      ++number;
      CHECK_MESSAGE(first_forbidden(line).empty(), fs::relative(file, source).string(), ":", number, ": ", line);
    }
  }
  // The search found the layers, and a state beyond them.
  for (const char* const layer : {"model", "protocol", "signing", "retry", "transport", "credentials"}) {
    CAPTURE(layer);
    CHECK(layers.contains(layer));
  }
}

TEST_CASE("includes: a layer includes from its left, never from its right") {
  // "retry/hints.hpp" belongs to the layer retry; public headers are for everybody.
  constexpr std::array layers{"model", "protocol", "signing", "retry", "transport", "credentials", "client", "watcher"};
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const fs::path folder = source / "src" / layers[i];
    if (!fs::exists(folder)) continue;
    for (const auto& entry : fs::recursive_directory_iterator{folder}) {
      if (!is_code(entry.path())) continue;
      for (const std::string& line : lines_of(entry.path())) {
        const std::string_view name = included(line);
        for (std::size_t right = i + 1; right < layers.size(); ++right) {
          CHECK_MESSAGE(!name.starts_with(std::string{layers[right]} + "/"),
                        fs::relative(entry.path(), source).string(), ": ", line);
        }
        // The library knows neither its test kit nor its programs.
        for (const char* const product : {"testing/", "mwaa_serverless/testing/", "cli/", "emulator/"})
          CHECK_MESSAGE(!name.starts_with(product), fs::relative(entry.path(), source).string(), ": ", line);
      }
    }
  }
}

TEST_CASE("includes: public headers hold no Beast, JSON or OpenSSL, and nothing internal") {
  int headers = 0;
  for (const auto& entry : fs::recursive_directory_iterator{source / "include"}) {
    if (!is_code(entry.path())) continue;
    ++headers;
    const auto lines = lines_of(entry.path());
    const std::string path = fs::relative(entry.path(), source).string();
    bool once = false;
    for (const std::string& line : lines) {
      once = once || line == "#pragma once";
      const std::string_view name = included(line);
      for (const char* const prefix :
           {"boost/beast", "boost/json", "boost/asio/ssl", "boost/asio.hpp", "openssl/", "ares"})
        CHECK_MESSAGE(!name.starts_with(prefix), path, ": ", line);
      // An internal header, or one of our own under a relative name.
      CHECK_MESSAGE(!line.starts_with("#include \""), path, ": ", line);
    }
    CHECK_MESSAGE(once, path, " lacks #pragma once");
  }
  CHECK(headers > 10);
}
