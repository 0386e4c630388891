// Proxies as settings name them, and who goes without.
#include <doctest/doctest.h>

#include <mwaa_serverless/error.hpp>
#include <mwaa_serverless/http.hpp>
#include <string>

#include "net/proxy.hpp"

using mwaa_serverless::http_request;
using mwaa_serverless::origin;
using namespace mwaa_serverless::net;

namespace {

std::string parsed(const std::string& text) {
  const auto got = proxy::parse("https_proxy", text);
  return got ? got->authority() : got.error().message;
}

std::string tunnel(const std::string& proxy_url, const origin& to) {
  return proxy::parse("https_proxy", proxy_url)->connect_request(to);
}

bool bypassed(const std::string& list, const std::string& host, std::uint16_t port = 443) {
  return no_proxy_list{list}.contains({true, host, port});
}

tunnel_answer::progress answer(const std::string& bytes, std::string* said = nullptr) {
  tunnel_answer reading;
  auto state = tunnel_answer::progress::need_more;
  for (const char& each : bytes) {  // byte by byte: no piece is too small
    state = reading.feed({&each, 1});
    if (state == tunnel_answer::progress::refused) break;
  }
  if (said != nullptr) *said = reading.said();
  return state;
}

}  // namespace

TEST_CASE("proxy: URLs") {
  CHECK(parsed("http://p.test:3128") == "p.test:3128");
  CHECK(parsed("p.test:3128") == "p.test:3128");
  CHECK(parsed("http://p.test/") == "p.test:80");
  CHECK(parsed("HTTP://[::1]:8080") == "[::1]:8080");
  CHECK(parsed("http://me:s3cret@p.test:3128") == "p.test:3128");
  for (const char* wrong : {"https://p.test", "socks5://p.test", "http://", "http://p.test:x", "http://p.test/path",
                            "http://me:s3cret@p.test:99999", "http://me:s3cret@p.test/?q", "ftp://me:s3cret@p"}) {
    CAPTURE(wrong);
    const auto got = proxy::parse("https_proxy", wrong);
    REQUIRE(got.has_error());
    CHECK(got.error().code == mwaa_serverless::errc::invalid_configuration);
    CHECK(got.error().message.starts_with("https_proxy '"));
    CHECK(got.error().message.find("s3cret") == std::string::npos);
  }
}

TEST_CASE("proxy: a tunnel is asked for by host and port, with name and password if there are any") {
  CHECK(tunnel("http://p", {true, "h.test", 443}) == "CONNECT h.test:443 HTTP/1.1\r\nHost: h.test:443\r\n\r\n");
  CHECK(tunnel("http://p", {true, "::1", 8443}) == "CONNECT [::1]:8443 HTTP/1.1\r\nHost: [::1]:8443\r\n\r\n");
  // RFC 7617, section 2: Aladdin and "open sesame".
  CHECK(tunnel("http://Aladdin:open%20sesame@p", {true, "h", 443}) ==
        "CONNECT h:443 HTTP/1.1\r\nHost: h:443\r\nProxy-Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n\r\n");
  CHECK(tunnel("http://me@p", {true, "h", 443}).find("Basic bWU6\r\n") != std::string::npos);  // me:
}

TEST_CASE("proxy: a plain request goes in absolute form, otherwise as it was signed") {
  const std::string head = "POST /path HTTP/1.1\r\nHost: h.test:8080\r\nAuthorization: x\r\n\r\n";
  const auto to = std::make_shared<const origin>(false, "h.test", std::uint16_t{8080});
  http_request request{to, head + "body", head.size()};
  const auto sent = [](const std::string& proxy_url, const http_request& what) {
    const http_request out = proxy::parse("http_proxy", proxy_url)->through(what);
    CHECK(out.body() == what.body());
    CHECK(out.header("Host") == what.header("Host"));
    CHECK(out.destination() == what.destination());
    CHECK(out.repeatable == what.repeatable);
    return std::string{out.bytes()};
  };
  CHECK(sent("p", request) ==
        "POST http://h.test:8080/path HTTP/1.1\r\nHost: h.test:8080\r\nAuthorization: x\r\n\r\nbody");
  const std::string odd = "POST //a/../b%2f;c/ HTTP/1.1\r\nHost: h\r\n\r\n";
  const http_request detour{std::make_shared<const origin>(false, "h", 80), odd, odd.size()};
  CHECK(sent("p", detour) == "POST http://h//a/../b%2f;c/ HTTP/1.1\r\nHost: h\r\n\r\n");
  request.repeatable = false;
  CHECK(sent("http://me:pw@p", request) ==
        "POST http://h.test:8080/path HTTP/1.1\r\nProxy-Authorization: Basic bWU6cHc=\r\nHost: h.test:8080\r\n"
        "Authorization: x\r\n\r\nbody");
}

TEST_CASE("proxy: who goes without") {
  CHECK_FALSE(bypassed("", "h.test"));
  CHECK(bypassed("*", "anything"));
  CHECK(bypassed("h.test", "h.test"));
  CHECK(bypassed("H.TEST", "h.Test."));
  CHECK(bypassed("h.test", "a.b.h.test"));
  CHECK(bypassed(".h.test", "a.h.test"));
  CHECK(bypassed("*.h.test", "a.h.test"));
  CHECK_FALSE(bypassed("h.test", "nh.test"));
  CHECK_FALSE(bypassed("h.test", "test"));
  CHECK(bypassed("a.test, b.test\tc.test", "b.test"));
  CHECK(bypassed("a.test, b.test\tc.test", "c.test"));
  CHECK(bypassed("h.test:443", "h.test", 443));
  CHECK_FALSE(bypassed("h.test:443", "h.test", 8443));
  CHECK(bypassed("127.0.0.1", "127.0.0.1"));
  CHECK(bypassed("127.0.0.1:80", "127.0.0.1", 80));
  CHECK_FALSE(bypassed("127.0.0.1:80", "127.0.0.1", 81));
  CHECK_FALSE(bypassed("0.0.1", "127.0.0.1"));  // an address has no names below it
  CHECK(bypassed("10.0.0.0/8", "10.255.0.1"));
  CHECK_FALSE(bypassed("10.0.0.0/8", "11.0.0.1"));
  CHECK(bypassed("10.1.2.128/25", "10.1.2.129"));
  CHECK_FALSE(bypassed("10.1.2.128/25", "10.1.2.127"));
  CHECK(bypassed("0.0.0.0/0", "8.8.8.8"));
  CHECK_FALSE(bypassed("10.0.0.0/8", "ten.test"));
  CHECK(bypassed("::1", "::1"));
  CHECK(bypassed("[::1]", "::1"));
  CHECK(bypassed("[::1]:443", "::1", 443));
  CHECK_FALSE(bypassed("[::1]:80", "::1", 443));
  CHECK(bypassed("fd00::/8", "fd12::1"));
  CHECK_FALSE(bypassed("fd00::/8", "fe00::1"));
  for (const char* nothing : {",", " ", ".", "10.0.0.0/33", "10.0.0.0/x", "x/8", ":443", "[", "]"}) {
    CAPTURE(nothing);
    CHECK_FALSE(bypassed(nothing, "10.0.0.1"));
    CHECK_FALSE(bypassed(nothing, "h.test"));
  }
}

TEST_CASE("proxy: no_proxy in all its forms") {
  struct row {
    const char* list;
    const char* host;
    std::uint16_t port;
    bool without;
  };
  for (const row& each : {
           // A finished name is the same name, on either side.
           row{"h.test.", "h.test", 443, true},
           row{"h.test.", "h.test.", 443, true},
           row{"h.test", "h.test.", 443, true},
           row{".h.test.", "a.h.test.", 443, true},
           row{"*.h.test.", "a.h.test", 443, true},
           row{"h.test.:443", "h.test", 443, true},
           row{"h.test.:443", "h.test", 80, false},
           row{"127.0.0.1.", "127.0.0.1", 443, true},
           row{"other.test.", "h.test", 443, false},
           // Dots before it.
           row{".h.test", "h.test", 443, true},
           row{"..h.test", "a.h.test", 443, true},
           row{".h.test:443", "a.h.test", 443, true},
           row{".h.test:80", "a.h.test", 443, false},
           row{".test", "a.h.test", 443, true},
           row{"...", "h.test", 443, false},
           // Case.
           row{"H.Test.", "h.tEST", 443, true},
           row{"*.H.TEST", "a.h.test", 443, true},
           row{"FD00::/8", "fd12::A", 443, true},
           row{"FD00::1", "fd00:0:0::1", 443, true},
           // Blocks, with ports and brackets.
           row{"10.0.0.0/8:443", "10.1.2.3", 443, true},
           row{"10.0.0.0/8:80", "10.1.2.3", 443, false},
           row{"10.1.2.3/32", "10.1.2.3", 443, true},
           row{"10.1.2.3/32", "10.1.2.4", 443, false},
           row{"[fd00::]/8", "fd12::1", 443, true},
           row{"[fd00::]/8:443", "fd12::1", 443, true},
           row{"[fd00::]/8:80", "fd12::1", 443, false},
           row{"::/0", "fd12::1", 443, true},
           row{"0.0.0.0/0", "fd12::1", 443, false},
           row{"::ffff:0:0/96", "10.1.2.3", 443, false},
           row{"10.0.0.0/", "10.0.0.1", 443, false},
           row{"10.0.0.0/-1", "10.0.0.1", 443, false},
           // Everything, alone and among others, but not as a part.
           row{"*", "10.0.0.1", 443, true},
           row{"a.test,*", "::1", 80, true},
           row{" * ", "h.test", 443, true},
           row{"*.", "h.test", 443, false},
           row{"h*", "h.test", 443, false},
           // What stands beside it.
           row{"a.test,,h.test", "h.test", 443, true},
           row{"a.test ,\th.test\t", "h.test", 443, true},
           row{"a.test", "a.test.evil.test", 443, false},
           row{"a.test", "aa.test", 443, false},
           row{"localhost", "127.0.0.1", 443, false},
           row{"127.0.0.1", "localhost", 443, false},
           row{"[::1]:443", "::1", 443, true},
           row{"[0:0::1]", "::1", 443, true},
       }) {
    CAPTURE(each.list);
    CAPTURE(each.host);
    CAPTURE(each.port);
    CHECK(bypassed(each.list, each.host, each.port) == each.without);
  }
}

TEST_CASE("proxy: only the one that is to be used is judged") {
  struct row {
    const char* https_proxy;
    const char* http_proxy;
    const char* no_proxy;
    const char* to;  // https or http
    const char* by;  // empty: none; or the setting that is refused
  };
  for (const row& each :
       {row{"", "socks5://p.test:1", "h.test", "http", ""}, row{"", "socks5://p.test:1", "H.TEST.", "http", ""},
        row{"", "socks5://p.test:1", "*", "http", ""}, row{"", "socks5://p.test:1", "", "https", ""},
        row{"https://p.test", "", "", "http", ""}, row{"http://p.test:99999", "", "h.test", "https", ""},
        row{"http://", "p.test:8080", "", "http", "p.test:8080"},
        row{"p.test:8080", "::::", "", "https", "p.test:8080"},
        row{"", "socks5://p.test:1", "other.test", "http", "http_proxy 'socks5://p.test:1'"},
        row{"https://p.test", "p.test", "", "https", "https_proxy 'https://p.test'"}}) {
    CAPTURE(each.https_proxy);
    CAPTURE(each.http_proxy);
    CAPTURE(each.no_proxy);
    const bool tls = std::string{each.to} == "https";
    mwaa_serverless::network_options options;
    options.https_proxy = each.https_proxy;
    options.http_proxy = each.http_proxy;
    options.no_proxy = each.no_proxy;
    const proxy_settings settings{options};
    const auto by = settings.proxy_for({tls, "h.test", std::uint16_t{443}});
    if (by.has_error()) {
      CHECK(by.error().code == mwaa_serverless::errc::invalid_configuration);
      CHECK(std::string{each.by}.size() > 12);
      CHECK(by.error().message.starts_with(each.by));
    } else {
      CHECK((*by == nullptr ? "" : (*by)->authority()) == each.by);
    }
  }
}

TEST_CASE("proxy: which refusals are for good") {
  struct row {
    const char* answer;
    int status;
    bool final;
  };
  for (const row& each : {
           row{"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", 407, true},
           row{"HTTP/1.1 407\r\n\r\n", 407, true},
           row{"HTTP/1.1 403 Forbidden\r\n\r\n", 403, true},
           row{"HTTP/1.0 401 x\r\n\r\n", 401, true},
           row{"HTTP/1.1 405 x\r\n\r\n", 405, true},
           row{"HTTP/1.1 302 Found\r\n\r\n", 302, true},
           row{"HTTP/1.1 408 x\r\n\r\n", 408, false},
           row{"HTTP/1.1 429 x\r\n\r\n", 429, false},
           row{"HTTP/1.1 500 x\r\n\r\n", 500, false},
           row{"HTTP/1.1 502 x\r\n\r\n", 502, false},
           row{"HTTP/1.1 503 x\r\n\r\n", 503, false},
           row{"HTTP/1.1 504 x\r\n\r\n", 504, false},
           row{"HTTP/1.1 4070 x\r\n\r\n", 0, false},
           row{"HTTP/1.1 4x7 x\r\n\r\n", 0, false},
           row{"HTTP/2 407 x\r\n\r\n", 0, false},
           row{"<html>407</html>\r\n\r\n", 0, false},
       }) {
    CAPTURE(each.answer);
    tunnel_answer reading;
    CHECK(reading.feed(each.answer) == tunnel_answer::progress::refused);
    CHECK(reading.status() == each.status);
    CHECK(reading.final() == each.final);
  }
}

TEST_CASE("proxy: the answer to a tunnel") {
  using progress = tunnel_answer::progress;
  CHECK(answer("HTTP/1.1 200 Connection established\r\n\r\n") == progress::open);
  CHECK(answer("HTTP/1.0 204 x\r\nVia: y\r\n\r\n") == progress::open);
  CHECK(answer("HTTP/1.1 200 x\r\n") == progress::need_more);
  CHECK(answer("HTTP/1.1 200\r\n\r\n") == progress::open);
  CHECK(answer("HTTP/1.1 2000 x\r\n\r\n") == progress::refused);
  std::string said;
  CHECK(answer("HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\n\r\n", &said) ==
        progress::refused);
  CHECK(said == "HTTP/1.1 407 Proxy Authentication Required");
  CHECK(answer("<html>\r\n\r\n", &said) == progress::refused);
  CHECK(said == "<html>");
  CHECK(answer(std::string(20'000, 'x'), &said) == progress::refused);
  CHECK(said.size() == 100);
  CHECK(tunnel_answer{}.feed("HTTP/1.1 200 x\r\n\r\nunasked") == progress::refused);
}
