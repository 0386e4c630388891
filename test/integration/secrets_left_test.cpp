// No copy of a secret is left in this process's memory: neither in what was freed, nor on the stack. The secrets are
// made and served by another process, and looked for behind a mask: this one has them from the library alone.
#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <mwaa_serverless/client.hpp>
#include <mwaa_serverless/credentials_provider.hpp>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>

#include "support/aws_environment.hpp"

namespace asio = boost::asio;
namespace fs = std::filesystem;
namespace mwaa = mwaa_serverless;

namespace {

constexpr unsigned char mask = 0xA5;

/// A text that is nowhere else; `number` tells one from another.
class hidden {
 public:
  constexpr hidden(unsigned number, std::size_t size) : number_(number), size_(size) {}

  [[nodiscard]] constexpr std::size_t size() const noexcept { return size_; }
  [[nodiscard]] constexpr unsigned char masked(std::size_t i) const noexcept {
    constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    return static_cast<unsigned char>(letters[(i * i * 31 + i * 7 + number_ * 13) % letters.size()]) ^ mask;
  }
  /// In the other process only.
  [[nodiscard]] std::string shown() const {
    std::string out;
    for (std::size_t i = 0; i < size_; ++i) out += static_cast<char>(masked(i) ^ mask);
    return out;
  }

 private:
  unsigned number_;
  std::size_t size_;
};

constexpr hidden secret_key{1, 40};
constexpr hidden session_token{2, 300};
constexpr hidden bearer{3, 500};  // of a login, a pod, a container: what is shown to get keys

// Reads memory as it is, also what the sanitizer has marked as freed.
__attribute__((no_sanitize("address", "undefined"))) std::size_t count_in(std::uintptr_t begin, std::uintptr_t end,
                                                                          const hidden& what) {
  std::size_t found = 0;
  const unsigned char first = what.masked(0);
  const unsigned char second = what.masked(1);
  for (std::uintptr_t at = begin; at + what.size() <= end; ++at) {
    const auto* const bytes = reinterpret_cast<const volatile unsigned char*>(at);
    if ((bytes[0] ^ mask) != first || (bytes[1] ^ mask) != second) continue;
    std::size_t same = 2;
    while (same < what.size() && (bytes[same] ^ mask) == what.masked(same)) ++same;
    if (same == what.size()) ++found;
  }
  return found;
}

/// How often a text is in the memory of this process.
std::size_t copies(const hidden& what) {
  std::size_t found = 0;
  std::ifstream maps{"/proc/self/maps"};
  for (std::string line; std::getline(maps, line);) {
    unsigned long begin = 0;
    unsigned long end = 0;
    std::array<char, 5> access{};
    if (std::sscanf(line.c_str(), "%lx-%lx %4s", &begin, &end, access.data()) != 3) continue;
    constexpr unsigned long largest = 1UL << 32;  // not the sanitizer's shadow
    if (std::string_view{access.data()}.substr(0, 2) == "rw" && end - begin < largest)
      found += count_in(begin, end, what);
  }
  return found;
}

/// The other process: serves keys of all kinds, and the service.
class keeper {
 public:
  keeper() : folder_(fs::temp_directory_path() / ("mwaa_secrets." + std::to_string(::getpid()))) {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
    const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in where{};
    where.sin_family = AF_INET;
    where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof where;
    REQUIRE(::bind(listener, reinterpret_cast<sockaddr*>(&where), size) == 0);
    REQUIRE(::listen(listener, 16) == 0);
    REQUIRE(::getsockname(listener, reinterpret_cast<sockaddr*>(&where), &size) == 0);
    port_ = ntohs(where.sin_port);
    std::array<int, 2> ready{};
    REQUIRE(::pipe(ready.data()) == 0);
    pid_ = ::fork();
    if (pid_ == 0) {
      write_files();
      (void)!::write(ready[1], "x", 1);
      for (;;) serve(::accept(listener, nullptr, nullptr));
    }
    char byte = 0;
    REQUIRE(::read(ready[0], &byte, 1) == 1);
    for (const int each : {listener, ready[0], ready[1]}) ::close(each);
  }
  keeper(const keeper&) = delete;
  keeper& operator=(const keeper&) = delete;
  ~keeper() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    fs::remove_all(folder_);
  }

  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  [[nodiscard]] std::string path(const std::string& name) const { return folder_ / name; }

 private:
  void write_files() const {
    std::ofstream{folder_ / "bearer"} << bearer.shown();
    fs::create_directories(folder_ / ".aws/sso/cache");
    const std::string keys = "aws_access_key_id = AKIDFILE\naws_secret_access_key = " + secret_key.shown() +
                             "\naws_session_token = " + session_token.shown() + "\n";
    std::ofstream{folder_ / "keys"} << "[default]\n" << keys;
    std::ofstream{folder_ / "base"} << "[default]\nrole_arn = arn:aws:iam::1:role/r\nsource_profile = base\n"
                                    << "[base]\n"
                                    << keys;
    std::ofstream{folder_ / "process"} << "[default]\ncredential_process = cat " << (folder_ / "out").string() << "\n";
    std::ofstream{folder_ / "out"} << json("AccessKeyId", "SecretAccessKey", "SessionToken", R"("Version":1)");
    std::ofstream{folder_ / "sso"} << "[default]\nsso_account_id = 1\nsso_role_name = r\nsso_region = us-east-1\n"
                                   << "sso_start_url = https://s\n";
    std::ofstream{folder_ / ".aws/sso/cache/9ea3c043881f6bad486147713ae23b0b566d0360.json"}
        << R"({"accessToken":")" << bearer.shown() << R"(","expiresAt":"2099-01-01T00:00:00Z"})";
  }
  static std::string json(const std::string& id, const std::string& key, const std::string& token,
                          const std::string& more) {
    return "{\"" + id + "\":\"AKIDSERVED\",\"" + key + "\":\"" + secret_key.shown() + "\",\"" + token + "\":\"" +
           session_token.shown() + "\"," + more + "}";
  }
  static std::string answer(const std::string& request) {
    if (request.find("X-Amz-Target") != std::string::npos) return R"({"TaskInstances":[]})";
    if (request.starts_with("GET /federation"))
      return "{\"roleCredentials\":" +
             json("accessKeyId", "secretAccessKey", "sessionToken", R"("expiration":4070952000000)") + "}";
    if (request.starts_with("GET"))
      return json("AccessKeyId", "SecretAccessKey", "Token", R"("Expiration":"2099-01-01T00:00:00Z")");
    const std::string action =
        request.find("WithWebIdentity") != std::string::npos ? "AssumeRoleWithWebIdentity" : "AssumeRole";
    return "<" + action + "Response><" + action +
           "Result><Credentials><AccessKeyId>AKIDSERVED</AccessKeyId><SecretAccessKey>" + secret_key.shown() +
           "</SecretAccessKey><SessionToken>" + session_token.shown() +
           "</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></" + action + "Result></" +
           action + "Response>";
  }
  // In chunks where it can be: then no length tells how large a buffer has to be.
  static void serve(int connection) {
    std::string request;
    std::array<char, 4096> piece;
    for (;;) {
      const auto end = request.find("\r\n\r\n");
      const auto length = request.find("Content-Length: ");
      const std::size_t body = length < end ? std::stoul(request.substr(length + 16)) : 0;
      if (end != std::string::npos && request.size() >= end + 4 + body) break;
      const ssize_t got = ::read(connection, piece.data(), piece.size());
      if (got <= 0) break;
      request.append(piece.data(), static_cast<std::size_t>(got));
    }
    const std::string said = answer(request);
    std::string out =
        "HTTP/1.1 200 OK\r\nx-amzn-RequestId: r\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (std::size_t at = 0; at < said.size(); at += 97) {
      const std::string chunk = said.substr(at, 97);
      std::array<char, 16> size{};
      std::snprintf(size.data(), size.size(), "%zx\r\n", chunk.size());
      out += size.data() + chunk + "\r\n";
    }
    out += "0\r\n\r\n";
    (void)!::write(connection, out.data(), out.size());
    ::close(connection);
  }

  fs::path folder_;
  std::uint16_t port_ = 0;
  pid_t pid_ = 0;
};

}  // namespace

TEST_CASE("secrets: one copy of keys while they are in use, none of what was shown for them, and none afterwards") {
  const keeper other;
  struct row {
    const char* source;
    std::map<std::string, std::string> environment;
  };
  const std::string home = other.path("");
  const std::vector<row> rows{
      {"shared-credentials-file", {{"AWS_SHARED_CREDENTIALS_FILE", other.path("keys")}}},
      {"assume-role", {{"AWS_SHARED_CREDENTIALS_FILE", other.path("base")}, {"AWS_ENDPOINT_URL_STS", other.url()}}},
      {"assume-role-with-web-identity",
       {{"AWS_WEB_IDENTITY_TOKEN_FILE", other.path("bearer")},
        {"AWS_ROLE_ARN", "arn:aws:iam::1:role/r"},
        {"AWS_ENDPOINT_URL_STS", other.url()}}},
      {"sso", {{"AWS_CONFIG_FILE", other.path("sso")}, {"AWS_ENDPOINT_URL_SSO", other.url()}}},
      {"custom-process", {{"AWS_CONFIG_FILE", other.path("process")}}},
      {"container-role",
       {{"AWS_CONTAINER_CREDENTIALS_FULL_URI", other.url() + "/creds"},
        {"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", other.path("bearer")}}},
  };
  for (const row& each : rows) {
    CAPTURE(each.source);
    {
      auto environment = each.environment;
      environment.emplace("HOME", home);
      environment.emplace("AWS_REGION", "us-east-1");
      const test::aws_environment set{environment};
      asio::io_context io;
      mwaa::client_config config = mwaa::client_config::from_environment();
      config.endpoint_url = other.url();
      mwaa::client client{io.get_executor(), config};
      std::exception_ptr failed;
      asio::co_spawn(io, client.list_task_instances({"arn", "run"}),
                     [&](std::exception_ptr e, mwaa::list_task_instances_response) { failed = std::move(e); });
      io.run();
      CHECK_NOTHROW(failed ? std::rethrow_exception(failed) : void());
      CHECK(copies(secret_key) == 1);
      CHECK(copies(session_token) == 1);
      CHECK(copies(bearer) == 0);
    }
    CHECK(copies(secret_key) == 0);
    CHECK(copies(session_token) == 0);
    CHECK(copies(bearer) == 0);
  }
}

TEST_CASE("secrets: what looks for them finds them") {
  std::optional<std::string> text{secret_key.shown()};
  CHECK(copies(secret_key) == 1);
  volatile char* const bytes = text->data();
  for (std::size_t i = 0; i < secret_key.size(); ++i) bytes[i] = 0;
  CHECK(copies(secret_key) == 0);
}
