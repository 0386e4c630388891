// No copy of a secret key is left in this process's memory once its provider has gone: neither in what was freed, nor
// on the stack. Another process makes and serves the key; this one has it from the library alone, and looks for it by
// bytes that it computes one at a time.
//
// Not under sanitizers: they keep freed memory as it is, and map terabytes.
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
#include <cstring>
#include <exception>
#include <filesystem>
#include <fstream>
#include <memory>
#include <mwaa_serverless/client.hpp>
#include <mwaa_serverless/credentials_provider.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace asio = boost::asio;
namespace mwaa = mwaa_serverless;

namespace {

constexpr std::size_t secret_size = 40;

// One byte of the secret; it stands nowhere as a whole. The seed is of this run.
class secret {
 public:
  explicit secret(unsigned seed) noexcept : seed_(seed) {}
  [[nodiscard]] char at(std::size_t i) const noexcept {
    constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    return letters[(i * i * 31 + i * (7 + seed_ % 11) + seed_) % letters.size()];
  }

 private:
  unsigned seed_;
};

std::size_t count_in(const char* begin, const char* end, const secret& what) {
  std::size_t found = 0;
  const char first = what.at(0);
  while (static_cast<std::size_t>(end - begin) >= secret_size) {
    const auto length = static_cast<std::size_t>(end - begin) - secret_size + 1;
    const auto* const next = static_cast<const char*>(std::memchr(begin, first, length));
    if (next == nullptr) break;
    std::size_t same = 1;
    while (same < secret_size && next[same] == what.at(same)) ++same;
    if (same == secret_size) ++found;
    begin = next + 1;
  }
  return found;
}

/// How often the secret is in the writable memory of this process.
std::size_t copies(const secret& what) {
  std::vector<std::pair<std::uintptr_t, std::uintptr_t>> ranges;
  std::ifstream maps{"/proc/self/maps"};
  for (std::string line; std::getline(maps, line);) {
    unsigned long begin = 0;
    unsigned long end = 0;
    std::array<char, 5> access{};
    if (std::sscanf(line.c_str(), "%lx-%lx %4s", &begin, &end, access.data()) != 3) continue;
    if (std::string_view{access.data()}.starts_with("rw")) ranges.emplace_back(begin, end);
  }
  std::size_t found = 0;
  for (const auto& [begin, end] : ranges)
    found += count_in(reinterpret_cast<const char*>(begin), reinterpret_cast<const char*>(end), what);
  return found;
}

/// STS in another process: serves one connection after the other, in pieces that tell no buffer how large it has to be.
/// To who asks for task instances it is the service, and has none.
class keeper {
 public:
  keeper(const secret& key, const secret& token) {
    const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in where{};
    where.sin_family = AF_INET;
    where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof where;
    REQUIRE(::bind(listener, reinterpret_cast<sockaddr*>(&where), size) == 0);
    REQUIRE(::listen(listener, 16) == 0);
    REQUIRE(::getsockname(listener, reinterpret_cast<sockaddr*>(&where), &size) == 0);
    port_ = ntohs(where.sin_port);
    process_ = ::fork();
    REQUIRE(process_ >= 0);
    if (process_ == 0) {
      for (;;) serve(::accept(listener, nullptr, nullptr), key, token);
    }
    ::close(listener);
  }
  keeper(const keeper&) = delete;
  keeper& operator=(const keeper&) = delete;
  ~keeper() {
    ::kill(process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
  }
  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

 private:
  static std::string text_of(const secret& what) {
    std::string out;
    for (std::size_t i = 0; i < secret_size; ++i) out += what.at(i);
    return out;
  }

  static void serve(int connection, const secret& key, const secret& token) {
    if (connection < 0) ::_exit(1);
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
    const std::string action =
        request.find("WithWebIdentity") != std::string::npos ? "AssumeRoleWithWebIdentity" : "AssumeRole";
    std::string said = "<" + action + "Response><" + action +
                       "Result><Credentials><AccessKeyId>AKIDSERVED</AccessKeyId><SecretAccessKey>" + text_of(key) +
                       "</SecretAccessKey><SessionToken>" + text_of(token) +
                       "</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></" + action +
                       "Result></" + action + "Response>";
    if (request.find("ListTaskInstances") != std::string::npos)
      said = request.find(text_of(token)) != std::string::npos ? "{}" : "the token is missing";
    std::string out = "HTTP/1.1 200 OK\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n";
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

  std::uint16_t port_ = 0;
  pid_t process_ = 0;
};

class token_file {
 public:
  token_file() : path_(std::filesystem::temp_directory_path() / ("mwaa_secrets_left." + std::to_string(::getpid()))) {
    std::ofstream{path_} << "bearer";
  }
  token_file(const token_file&) = delete;
  token_file& operator=(const token_file&) = delete;
  ~token_file() { std::filesystem::remove(path_); }
  [[nodiscard]] std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

// A call with the provider's keys; its request holds the token.
void call_with(const std::shared_ptr<mwaa::credentials_provider>& provider, const std::string& url) {
  asio::io_context io;
  mwaa::client_config config;
  config.region = "eu-west-1";
  config.endpoint_url = url;
  config.credentials = provider;
  config.retry.max_attempts = 1;
  const mwaa::client api{io.get_executor(), std::move(config)};
  std::string failure = "did not end";
  asio::co_spawn(io, mwaa::as_result(api.list_task_instances({"arn", "run"})),
                 [&](const std::exception_ptr& thrown, const auto& got) {
                   failure = thrown ? "threw" : got.has_error() ? got.error().message : "";
                 });
  io.run();
  CHECK(failure == "");
}

// Fetches keys and uses them; they and their provider are gone when it returns.
void fetch(std::shared_ptr<mwaa::credentials_provider> provider, const secret& key, const secret& token,
           const std::string& url) {
  asio::io_context io;
  mwaa::result<std::shared_ptr<const mwaa::credentials>> got{mwaa::error{}};
  asio::co_spawn(io, provider->get(std::chrono::steady_clock::now() + std::chrono::minutes{1}),
                 [&](const std::exception_ptr& thrown, const auto& keys) {
                   CHECK_FALSE(thrown);
                   got = keys;
                 });
  io.run();
  REQUIRE_MESSAGE(got.has_value(), got.error().message);
  CHECK((*got)->access_key_id() == "AKIDSERVED");
  CHECK(copies(key) == 1);
  CHECK(copies(token) == 1);
  call_with(provider, url);
  CHECK(copies(key) == 1);
  CHECK(copies(token) == 1);
}

}  // namespace

TEST_CASE("secrets: one copy of a fetched key while it is in use, and none afterwards") {
  const secret key{static_cast<unsigned>(::getpid())};
  const secret token{static_cast<unsigned>(::getpid()) + 1};  // in the requests too
  const keeper sts{key, token};
  const token_file bearer;
  mwaa::assume_role_options role{"arn:aws:iam::1:role/r", "eu-west-1"};
  role.endpoint_url = sts.url();
  CHECK(copies(key) + copies(token) == 0);
  fetch(mwaa::make_web_identity_credentials(bearer.path(), role), key, token, sts.url());
  CHECK(copies(key) + copies(token) == 0);
  fetch(mwaa::make_assume_role_credentials(mwaa::make_static_credentials({"AKIDBASE", "base"}), role), key, token,
        sts.url());
  CHECK(copies(key) + copies(token) == 0);
}

TEST_CASE("secrets: what looks for them finds them") {
  const secret key{static_cast<unsigned>(::getpid()) + 2};
  std::vector<char> text(secret_size);
  for (std::size_t i = 0; i < secret_size; ++i) text[i] = key.at(i);
  CHECK(copies(key) == 1);
  ::explicit_bzero(text.data(), text.size());
  CHECK(copies(key) == 0);
}
