// Cases of credentials, each a folder of credential_cases: env.json (environment, profile, time), home (the files of
// the home directory), traffic.json (what comes over the network, in order, and what is answered) and expected.json.
//
// The network is a stand-in on loopback: whatever the origin of a request, it goes there, and the stand-in checks
// method, target, Host, headers and body. A secret in a case has S3CRET in it, and no error may repeat one.
#include <doctest/doctest.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <mwaa_serverless/client_config.hpp>
#include <mwaa_serverless/credentials_provider.hpp>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "net/pooled_transport.hpp"
#include "strings/date_time.hpp"
#include "support/aws_environment.hpp"
#include "support/scripted_server.hpp"
#include "support/source_folder.hpp"

namespace asio = boost::asio;
namespace fs = std::filesystem;
namespace json = boost::json;
namespace mwaa = mwaa_serverless;

namespace {

const fs::path cases_folder = test::source_folder() / "test/integration/credential_cases";

std::string read_text(const fs::path& path) {
  std::ifstream in{path, std::ios::binary};
  REQUIRE_MESSAGE(in, path.string());
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

std::string replaced(std::string text, std::string_view what, std::string_view with) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size()))
    text.replace(at, what.size(), with);
  return text;
}

std::string text_at(const json::object& from, std::string_view name, std::string_view otherwise = {}) {
  const json::value* const found = from.if_contains(name);
  return std::string{found == nullptr || found->is_null() ? otherwise : std::string_view{found->as_string()}};
}

/// A `*` at the end of a pattern stands for anything.
bool fits(std::string_view pattern, std::string_view text) {
  if (pattern.ends_with('*')) return text.starts_with(pattern.substr(0, pattern.size() - 1));
  return pattern == text;
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

std::string decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      out += static_cast<char>(std::stoi(std::string{text.substr(i + 1, 2)}, nullptr, 16));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

/// A request as the stand-in got it.
class received {
 public:
  explicit received(const std::string& bytes) {
    const auto head_end = bytes.find("\r\n\r\n");
    std::istringstream head{bytes.substr(0, head_end)};
    body = head_end == std::string::npos ? "" : bytes.substr(head_end + 4);
    std::getline(head, line);
    line = line.substr(0, line.rfind(" HTTP/1.1"));
    for (std::string each; std::getline(head, each);) {
      if (each.ends_with('\r')) each.pop_back();
      const auto colon = each.find(": ");
      headers[lower(each.substr(0, colon))] = each.substr(colon + 2);
    }
  }

  std::string line;
  std::map<std::string, std::string> headers;
  std::string body;
};

/// Answers the requests of a case in order, and notes what is not as it should be.
class stand_in {
 public:
  explicit stand_in(json::array traffic) : traffic_(std::move(traffic)) {
    for (std::size_t i = 0; i <= traffic_.size(); ++i)
      server_.on_connection([this](test::peer& client) { converse(client); });
  }

  [[nodiscard]] std::shared_ptr<const mwaa::origin> where() const { return server_.at(); }
  [[nodiscard]] std::string complaints() {
    const std::lock_guard lock{mutex_};
    if (next_ < traffic_.size()) complaints_ += "only " + std::to_string(next_) + " requests came\n";
    return complaints_;
  }

 private:
  void converse(test::peer& client) {
    for (;;) {
      const std::string bytes = client.read_request();
      if (bytes.empty()) return;
      json::object response;
      {
        const std::lock_guard lock{mutex_};
        if (next_ == traffic_.size()) {
          complaints_ += "one request too many: " + bytes + '\n';
          return;
        }
        const json::object& step = traffic_[next_++].as_object();
        check(step.at("request").as_object(), received{bytes});
        response = step.at("response").as_object();
      }
      const std::string fault = text_at(response, "fault");
      if (fault == "close") return client.close();
      if (fault == "silence") return client.wait_for_close();
      client.send(rendered(response));
    }
  }

  static std::string rendered(const json::object& response) {
    const json::value* const document = response.if_contains("json");
    const std::string body = document != nullptr ? json::serialize(*document) : text_at(response, "body");
    return "HTTP/1.1 " + std::to_string(response.contains("status") ? response.at("status").as_int64() : 200) +
           " Said\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  }

  void check(const json::object& wanted, const received& got) {
    const std::string place = "request " + std::to_string(next_) + ": ";
    const auto compare = [&](const std::string& what, std::string_view pattern, std::string_view text) {
      if (!fits(pattern, text))
        complaints_.append(place)
            .append(what)
            .append(": '")
            .append(text)
            .append("', not '")
            .append(pattern)
            .append("'\n");
    };
    compare("line", text_at(wanted, "line"), got.line);
    const auto header = [&](const std::string& name) {
      const auto found = got.headers.find(lower(name));
      return found == got.headers.end() ? std::string{"(absent)"} : found->second;
    };
    compare("host", text_at(wanted, "host"), header("host"));
    if (const json::value* const headers = wanted.if_contains("headers"))
      for (const auto& [name, value] : headers->as_object())
        compare(std::string{name}, value.is_null() ? "(absent)" : std::string_view{value.as_string()},
                header(std::string{name}));
    if (const json::value* const form = wanted.if_contains("form")) {
      std::map<std::string, std::string> fields;
      std::istringstream in{got.body};
      for (std::string each; std::getline(in, each, '&');)
        fields[decoded(each.substr(0, each.find('=')))] = decoded(each.substr(each.find('=') + 1));
      for (const auto& [name, value] : form->as_object()) {
        compare("field " + std::string{name}, value.as_string(), fields[name]);
        fields.erase(name);
      }
      for (const auto& [name, value] : fields) complaints_ += place + "unexpected field " + name + '\n';
    }
    if (const json::value* const document = wanted.if_contains("json")) {
      boost::system::error_code none;
      const json::value body = json::parse(got.body, none);
      if (none || body != *document) complaints_ += place + "body: " + got.body + '\n';
    }
    if (got.line.starts_with("GET") && !got.body.empty()) complaints_ += place + "a body with GET\n";
  }

  json::array traffic_;
  std::mutex mutex_;
  std::size_t next_ = 0;
  std::string complaints_;
  test::scripted_server server_;  // last: its threads use the rest
};

/// Sends everything to the stand-in, and notes over which scheme it was to go.
class redirection final : public mwaa::transport {
 public:
  redirection(std::shared_ptr<mwaa::transport> network, std::shared_ptr<const mwaa::origin> to)
      : network_(std::move(network)), to_(std::move(to)) {}

  asio::awaitable<mwaa::result<mwaa::http_response>> send(const mwaa::http_request& request,
                                                          mwaa::clock::time_point deadline) override {
    schemes.insert(request.destination().tls ? "https" : "http");
    const mwaa::http_request sent{to_, std::string{request.bytes()}, request.head().size()};
    co_return co_await network_->send(sent, deadline);
  }
  asio::awaitable<void> close() override { return network_->close(); }
  mwaa::transport_metrics metrics() const override { return network_->metrics(); }

  std::set<std::string> schemes;

 private:
  std::shared_ptr<mwaa::transport> network_;
  std::shared_ptr<const mwaa::origin> to_;
};

/// The date of a case; waits are over at once.
class hurried_clock final : public mwaa::clock {
 public:
  explicit hurried_clock(wall_time_point wall) : wall_(wall) {}

  time_point now() const noexcept override { return std::chrono::steady_clock::now() + skipped_; }
  wall_time_point wall_now() const noexcept override { return wall_; }
  asio::awaitable<void> sleep_until(time_point when) override {
    const auto executor = co_await asio::this_coro::executor;
    asio::steady_timer timer{executor};
    // A limit waits for what it limits; a pause is over.
    const bool is_limit = when - now() > std::chrono::seconds{2};
    if (!is_limit) skipped_ += when - now();
    timer.expires_after(is_limit ? when - now() : std::chrono::steady_clock::duration{0});
    co_await timer.async_wait(asio::use_awaitable);
  }

 private:
  wall_time_point wall_;
  std::chrono::steady_clock::duration skipped_{0};
};

/// One folder, run.
class one_case {
 public:
  explicit one_case(const fs::path& folder) : folder_(folder) {
    home_ = fs::temp_directory_path() /
            ("mwaa_credentials." + std::to_string(::getpid()) + "." + folder.filename().string());
    fs::remove_all(home_);
    fs::create_directories(home_);
  }
  one_case(const one_case&) = delete;
  one_case& operator=(const one_case&) = delete;
  ~one_case() { fs::remove_all(home_); }

  void run() {
    for (const auto& each : fs::recursive_directory_iterator{folder_ / "home"}) copy(each);
    const json::object setting = document("env.json").as_object();
    const json::object expected = document("expected.json").as_object();
    stand_in service{fs::exists(folder_ / "traffic.json") ? document("traffic.json").as_array() : json::array{}};

    asio::io_context io;
    mwaa::provider_options options;
    const auto now = mwaa::strings::parse_timestamp(text_at(setting, "now", "2026-01-01T00:00:00Z"));
    REQUIRE(now);
    options.time = std::make_shared<hurried_clock>(*now);
    options.random = [] { return 0.0; };
    const auto network = std::make_shared<redirection>(
        mwaa::net::make_pooled_transport(io.get_executor(), mwaa::network_options{}), service.where());
    options.network = network;
    if (const std::string code = text_at(setting, "mfa_code"); !code.empty()) {
      options.mfa_code = [code](std::string) -> asio::awaitable<std::string> { co_return code; };
    }

    std::map<std::string, std::string> environment{{"HOME", home_.string()}, {"AWS_EC2_METADATA_DISABLED", ""}};
    if (const json::value* const given = setting.if_contains("environment"))
      for (const auto& [name, value] : given->as_object()) environment[name] = value.as_string();
    std::shared_ptr<mwaa::credentials_provider> provider;
    {
      const test::aws_environment set{environment};
      const std::string profile = text_at(setting, "profile");
      const std::string kind = text_at(setting, "provider", "default");
      if (kind == "default") provider = mwaa::make_default_credentials(profile, options);
      if (kind == "profile") provider = mwaa::make_profile_credentials(profile, options);
      if (kind == "environment") provider = mwaa::make_environment_credentials(options);
      if (kind == "container") provider = mwaa::make_container_credentials(options);
      if (kind == "instance") provider = mwaa::make_instance_credentials(options);
    }
    REQUIRE(provider);
    std::optional<mwaa::result<std::shared_ptr<const mwaa::credentials>>> got;
    asio::co_spawn(
        io, provider->get(mwaa::clock::time_point::max()),
        [&](const std::exception_ptr& failure, mwaa::result<std::shared_ptr<const mwaa::credentials>> value) {
          CHECK_FALSE(failure);
          got.emplace(std::move(value));
        });
    io.run();
    REQUIRE(got);
    judge(*got, expected);
    CHECK(service.complaints() == "");
    if (const std::string scheme = text_at(setting, "scheme"); !scheme.empty())
      CHECK(network->schemes == std::set<std::string>{scheme});
  }

 private:
  void copy(const fs::directory_entry& from) {
    const fs::path to = home_ / fs::relative(from.path(), folder_ / "home");
    if (from.is_directory()) {
      fs::create_directories(to);
      return;
    }
    fs::create_directories(to.parent_path());
    std::ofstream{to, std::ios::binary} << replaced(read_text(from.path()), "{home}", home_.string());
  }
  json::value document(const char* name) const {
    return json::parse(replaced(read_text(folder_ / name), "{home}", home_.string()));
  }

  void judge(const mwaa::result<std::shared_ptr<const mwaa::credentials>>& got, const json::object& expected) {
    if (const std::string code = text_at(expected, "error"); !code.empty()) {
      REQUIRE_MESSAGE(got.has_error(), "no error");
      const mwaa::error& why = got.error();
      INFO(why.message);
      const std::map<std::string, mwaa::errc> codes{{"no_credentials", mwaa::errc::no_credentials},
                                                    {"credentials_failed", mwaa::errc::credentials_failed},
                                                    {"invalid_configuration", mwaa::errc::invalid_configuration},
                                                    {"no_profile", mwaa::errc::no_profile}};
      CHECK(why.code == codes.at(code));
      for (const json::value& part : expected.at("contains").as_array())
        CHECK_MESSAGE(why.message.find(part.as_string()) != std::string::npos, part.as_string().c_str());
      CHECK(why.message.find("S3CRET") == std::string::npos);
      CHECK(why.message.find('\n') == std::string::npos);
      return;
    }
    REQUIRE_MESSAGE(got.has_value(), got.error().message);
    const mwaa::credentials& keys = **got;
    CHECK(keys.access_key_id() == text_at(expected, "access_key"));
    CHECK(keys.secret_access_key() == text_at(expected, "secret_key"));
    CHECK(keys.session_token() == text_at(expected, "token"));
    CHECK(keys.source() == text_at(expected, "source"));
    const std::string end = text_at(expected, "expiration");
    CHECK(keys.expiration() == (end.empty() ? std::nullopt : mwaa::strings::parse_timestamp(end)));
    if (const json::value* const files = expected.if_contains("files"))
      for (const auto& [name, parts] : files->as_object())
        for (const json::value& part : parts.as_array())
          CHECK_MESSAGE(read_text(home_ / std::string{name}).find(part.as_string()) != std::string::npos,
                        part.as_string().c_str());
  }

  fs::path folder_;
  fs::path home_;
};

}  // namespace

TEST_CASE("credential cases") {
  std::vector<fs::path> folders;
  for (const auto& each : fs::directory_iterator{cases_folder}) folders.push_back(each.path());
  std::sort(folders.begin(), folders.end());
  CHECK(folders.size() >= 60);
  for (const fs::path& folder : folders) {
    CAPTURE(folder.filename().string());
    one_case{folder}.run();
  }
}
