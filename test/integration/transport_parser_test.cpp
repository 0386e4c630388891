// The parser alone: the same response must come out however the network cuts it into pieces.
#include <doctest/doctest.h>

#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "net/response_parser.hpp"

namespace {

using mwaa_serverless::errc;
using mwaa_serverless::net::response_parser;
using progress = response_parser::progress;

struct reading {
  progress state;
  int status;
  std::string fields;
  std::string body;
  bool keep_alive;
  bool failed_as(errc value) const { return state == progress::failed && failure == value; }
  errc failure;
  bool operator==(const reading&) const = default;
};

reading read(const std::vector<std::string_view>& pieces, bool then_closed = false) {
  response_parser parser{1000};
  for (const auto piece : pieces) parser.feed(piece);
  if (then_closed) parser.finish();
  const bool keep = parser.keep_alive();
  const auto got = parser.take();
  return {parser.state(), got.status, got.fields, got.body, keep, parser.failure()};
}

const std::string_view samples[] = {
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-One:  a b \r\nx-two:\r\n\r\nhello",
    "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    "HTTP/1.1 204 No Content\r\n\r\n",
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n00\r\n\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;a=b\r\nabc\r\n10\r\n0123456789abcdef\r\n0\r\nA: b\r\n\r\n",
    "HTTP/1.0 503 Slow Down\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\n!",
    "HTTP/1.1 400 \r\nConnection: close\r\nContent-Length: 3\r\n\r\nbad",
    "HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok",
    "HTTP/1.1 204\r\n\r\n",
    "HTTP/1.0 200\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\n!",
    "HTTP/1.1 100\r\n\r\nHTTP/1.1 103\r\nLink: x\r\n\r\nHTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok",
    "HTTP/1.1 200\r\nTransfer-Encoding: chunked\r\n\r\n2  \r\nok\r\n0\r\n\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3 \t \r\nabc\r\n000A\t\r\n0123456789\r\n0    \r\n\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3 ;a=b \r\nabc\r\n1\r\n \r\n00 \r\nA: b \r\nC:\r\n\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4  \r\n1 \r\n\r\n0 ;last\r\n\r\n",
};

}  // namespace

TEST_CASE("response parser: pieces make no difference") {
  std::mt19937 random{1};
  for (const auto sample : samples) {
    CAPTURE(sample);
    const auto whole = read({sample});
    REQUIRE(whole.state == progress::complete);
    for (std::size_t cut = 1; cut < sample.size(); ++cut)
      CHECK(read({sample.substr(0, cut), sample.substr(cut)}) == whole);
    for (int i = 0; i < 200; ++i) {
      std::vector<std::string_view> pieces;
      for (auto rest = sample; !rest.empty();) {
        const std::size_t size = std::min<std::size_t>(rest.size(), 1 + random() % 7);
        pieces.push_back(rest.substr(0, size));
        rest.remove_prefix(size);
      }
      CHECK(read(pieces) == whole);
    }
  }
}

TEST_CASE("response parser: every beginning of a response is incomplete, never wrong") {
  for (const auto sample : samples)
    for (std::size_t size = 0; size < sample.size(); ++size) {
      CAPTURE(sample.substr(0, size));
      CHECK(read({sample.substr(0, size)}).state == progress::need_more);
      CHECK(read({sample.substr(0, size)}, true).state == progress::need_more);
    }
}

TEST_CASE("response parser: what follows a response forbids to keep the connection, wherever it is cut") {
  for (const auto sample : samples) {
    const std::string more = std::string{sample} + "H";
    const std::string_view all{more};
    CAPTURE(sample);
    for (std::size_t cut = 1; cut < all.size(); ++cut) {
      const auto got = read({all.substr(0, cut), all.substr(cut)});
      CHECK(got.state == progress::complete);
      CHECK_FALSE(got.keep_alive);
    }
  }
}

TEST_CASE("response parser: values") {
  const auto got = read({samples[0]});
  CHECK(got.status == 200);
  CHECK(got.fields == "Content-Length: 5\r\nX-One: a b\r\nx-two: \r\n");
  CHECK(got.body == "hello");
  CHECK(got.keep_alive);
  CHECK(read({samples[6]}).body == "abc0123456789abcdef");
  CHECK(read({samples[6]}).fields == "Transfer-Encoding: chunked\r\n");
  CHECK(read({"HTTP/1.1 007 Odd\r\nContent-Length: 0\r\n\r\n"}).failed_as(errc::malformed_response));
  CHECK(read({samples[7]}).keep_alive);
  CHECK_FALSE(read({samples[8]}).keep_alive);
}

TEST_CASE("response parser: forms that others take are taken, and what is not HTTP is still refused at once") {
  struct row {
    std::string_view bytes;
    int status;
    std::string_view body;
  };
  const std::string_view chunks = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (const row& each : {row{"HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok", 200, "ok"},
                          row{"HTTP/1.1 503\r\nContent-Length: 2\r\n\r\nno", 503, "no"},
                          row{"HTTP/1.0 100\r\n\r\nHTTP/1.0 200\r\nContent-Length: 0\r\n\r\n", 200, ""}}) {
    CAPTURE(each.bytes);
    const auto got = read({each.bytes});
    CHECK(got.state == progress::complete);
    CHECK(got.status == each.status);
    CHECK(got.body == each.body);
  }
  struct chunk_row {
    std::string_view bytes;
    std::string_view body;  // "-": refused
  };
  for (const chunk_row& each :
       {chunk_row{"2  \r\nok\r\n0\r\n\r\n", "ok"}, chunk_row{"2\t\r\nok\r\n0\t \r\n\r\n", "ok"},
        chunk_row{"2 ;a=b  \r\nok\r\n0 \r\nX: y\r\n\r\n", "ok"}, chunk_row{"2;a=\"b c\" \r\nok\r\n0\r\n\r\n", "ok"},
        chunk_row{"2 \r\n  \r\n0 \r\n\r\n", "  "}, chunk_row{" 2\r\nok\r\n0\r\n\r\n", "-"},
        chunk_row{"2 x\r\nok\r\n0\r\n\r\n", "-"}, chunk_row{"2 2\r\nok\r\n0\r\n\r\n", "-"},
        chunk_row{"  \r\nok\r\n0\r\n\r\n", "-"}, chunk_row{"\r\n2\r\nok\r\n0\r\n\r\n", "-"},
        chunk_row{"2 \rxok\r\n0\r\n\r\n", "-"}, chunk_row{"2 \r\nokx\r\n0\r\n\r\n", "-"},
        chunk_row{"-2 \r\nok\r\n0\r\n\r\n", "-"}, chunk_row{"0   \r\n\r\n", ""},
        chunk_row{"2\r\nok\r\n00;a=b \r\n\r\n", "ok"}, chunk_row{"0;a=b \r\nX: y\r\n\r\n", ""},
        chunk_row{"0\xd5 \r\n\r\n\r\n\r\n", "-"}, chunk_row{"0x \r\n{}\r\nX: y\r\n\r\n", "-"}}) {
    CAPTURE(each.bytes);
    const std::string all = std::string{chunks} + std::string{each.bytes};
    const std::string_view whole{all};
    for (std::size_t cut = 1; cut < whole.size(); ++cut) {
      const auto got = read({whole.substr(0, cut), whole.substr(cut)});
      if (each.body == "-") {
        CHECK(got.failed_as(errc::malformed_response));
        continue;
      }
      CHECK(got.state == progress::complete);
      CHECK(got.body == each.body);
      CHECK(got.keep_alive);
    }
  }
  for (const char* wrong :
       {"SSH-2.0-x\r\n", "HTTX/1.1 200\r\n", "HTTP/1.1 200\rx\r\n\r\n", "HTTP/1.1 20\r\n\r\n\r\n",
        "HTTP/2.0 200\r\n\r\n", "HTTP/1.1 2000\r\n\r\n", "HTTP/1.1  200\r\n\r\n", "http/1.1 200\r\n\r\n"}) {
    CAPTURE(wrong);
    CHECK(read({wrong}).failed_as(errc::malformed_response));
  }
}

TEST_CASE("response parser: 200,000 chunks with blanks behind their sizes") {
  const std::string head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  std::string chunks;
  for (int i = 0; i < 200'000; ++i) chunks += "1 \r\nx\r\n";
  response_parser parser{1'000'000};
  parser.feed(head);
  for (std::size_t at = 0; at < chunks.size(); at += 65'536) parser.feed(std::string_view{chunks}.substr(at, 65'536));
  CHECK(parser.feed("0 \r\n\r\n") == progress::complete);
  CHECK(parser.take().body.size() == 200'000);
}

TEST_CASE("response parser: a body without length ends with the connection only") {
  CHECK(read({"HTTP/1.1 200 OK\r\n\r\nsome"}).state == progress::need_more);
  const auto got = read({"HTTP/1.1 200 OK\r\n\r\nsome"}, true);
  CHECK(got.state == progress::complete);
  CHECK(got.body == "some");
  CHECK_FALSE(got.keep_alive);
}

TEST_CASE("response parser: limits") {
  const std::string head = "HTTP/1.1 200 OK\r\n";
  const auto body_of = [](std::size_t size) {
    return "Content-Length: " + std::to_string(size) + "\r\n\r\n" + std::string(size, 'b');
  };
  CHECK(read({head + body_of(1000)}).state == progress::complete);
  CHECK(read({head + body_of(1001)}).failed_as(errc::response_too_large));
  const std::string line = "X: " + std::string(995, 'h') + "\r\n";
  std::vector<std::string_view> pieces{head};
  for (int i = 0; i < 65; ++i) pieces.push_back(line);
  CHECK(read(pieces).state == progress::need_more);
  pieces.push_back(line);
  CHECK(read(pieces).failed_as(errc::malformed_response));
  std::string many = head;
  for (int i = 0; i < 99; ++i) many += "X: y\r\n";
  CHECK(read({many + "Content-Length: 0\r\n\r\n"}).state == progress::complete);
  CHECK(read({many + "X: y\r\nContent-Length: 0\r\n\r\n"}).failed_as(errc::malformed_response));
  std::string half = head;
  for (int i = 0; i < 40; ++i) half += line;
  const std::string rest = half.substr(head.size()) + "\r\n";
  CHECK(read({half, "\r\n"}).state == progress::need_more);
  CHECK(read({half, rest}).failed_as(errc::malformed_response));
}

TEST_CASE("response parser: random bytes and random damage end in a state, not in a crash") {
  std::mt19937 random{7};
  for (int i = 0; i < 20'000; ++i) {
    std::string bytes{samples[random() % std::size(samples)]};
    for (unsigned n = random() % 4; n > 0; --n) bytes[random() % bytes.size()] = static_cast<char>(random());
    const std::size_t cut = random() % bytes.size();
    const auto got = read({std::string_view{bytes}.substr(0, cut), std::string_view{bytes}.substr(cut)}, true);
    CHECK(got.body.size() <= 1000);
  }
}
