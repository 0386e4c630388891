// fork() beside kept connections: each process goes on with its own.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <exception>
#include <set>
#include <string>
#include <vector>

#include "async/process_mark.hpp"
#include "async/random_source.hpp"
#include "support/certificates.hpp"
#include "support/scripted_server.hpp"
#include "support/transport_fixture.hpp"

namespace {

using test::fixture;
using test::scripted_server;

class pipe_ends {
 public:
  pipe_ends() {
    int ends[2];
    REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
    read = ends[0];
    write = ends[1];
  }
  pipe_ends(const pipe_ends&) = delete;
  pipe_ends& operator=(const pipe_ends&) = delete;
  ~pipe_ends() {
    ::close(read);
    if (write >= 0) ::close(write);
  }
  int read;
  int write;
};

// Runs `work` in a child, whose exit says whether it returned true. Nothing of doctest's runs there.
template <class Work>
pid_t in_child(Work work) {
  std::fflush(nullptr);
  const pid_t child = ::fork();
  if (child != 0) return child;
  bool good = false;
  try {
    good = work();
  } catch (const std::exception& problem) {
    std::fprintf(stderr, "in the child: %s\n", problem.what());
  }
  ::_exit(good ? 0 : 1);
}

bool ended_well(pid_t child) {
  int status = 0;
  return ::waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

// Answers each request with its body, in a process without which this one has no threads. A body that begins with
// `hold` is answered after one that is `release`.
class echo_process {
 public:
  explicit echo_process(bool tls) : identity_({"127.0.0.1"}) {
    pipe_ends port;
    process_ = in_child([&] {
      ::close(std::exchange(stop_.write, -1));
      return serve(tls, port.write);
    });
    REQUIRE(process_ > 0);
    std::uint16_t number = 0;
    REQUIRE(::read(port.read, &number, sizeof number) == sizeof number);
    to = std::make_shared<const mwaa_serverless::origin>(tls, "127.0.0.1", number);
  }
  echo_process(const echo_process&) = delete;
  echo_process& operator=(const echo_process&) = delete;
  ~echo_process() {
    ::close(std::exchange(stop_.write, -1));
    CHECK(ended_well(process_));
  }

  [[nodiscard]] const std::string& certificate() const { return identity_.pem; }
  std::shared_ptr<const mwaa_serverless::origin> to;

 private:
  bool serve(bool tls, int port) {
    const auto server = tls ? std::make_unique<scripted_server>(identity_) : std::make_unique<scripted_server>();
    for (int i = 0; i < 32; ++i) {
      server->on_connection([&](test::peer& p) {
        for (std::string request = p.read_request(); !request.empty(); request = p.read_request()) {
          const std::string body = request.substr(request.find("\r\n\r\n") + 4);
          if (body == "release") server->open("released");
          if (body.starts_with("hold")) p.wait_for("released");
          p.send(test::ok(body));
        }
      });
    }
    const std::uint16_t number = server->port();
    char none = 0;
    return ::write(port, &number, sizeof number) == sizeof number && ::read(stop_.read, &none, 1) == 0;
  }

  const test::certificate identity_;
  pipe_ends stop_;
  pid_t process_ = -1;
};

mwaa_serverless::http_request request_with(const echo_process& server, const std::string& body) {
  std::string head = "POST / HTTP/1.1\r\nHost: " + server.to->authority() +
                     "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n";
  const std::size_t head_size = head.size();
  return {server.to, head + body, head_size};
}

// What went wrong with `count` calls in a row; empty: nothing.
std::string make_calls(fixture& client, const echo_process& server, const std::string& who, int count) {
  for (int i = 0; i < count; ++i) {
    const std::string body = who + " " + std::to_string(i);
    const auto got = client.send(request_with(server, body));
    if (!got) return body + ": " + got.error().message;
    if (got->body != body) return body + " was answered with " + got->body;
  }
  return {};
}

// Forks as Asio wants it.
template <class Work>
pid_t fork_beside(boost::asio::io_context& io, Work work) {
  io.notify_fork(boost::asio::io_context::fork_prepare);
  const pid_t child = in_child([&] {
    io.notify_fork(boost::asio::io_context::fork_child);
    return work();
  });
  io.notify_fork(boost::asio::io_context::fork_parent);
  return child;
}

mwaa_serverless::network_options trusting(const test::temporary_file& bundle) {
  mwaa_serverless::network_options options;
  options.ca_bundle = bundle.path();
  return options;
}

}  // namespace

TEST_CASE("fork: parent and child each get the answers to their own requests, beside a kept connection") {
  for (const bool tls : {false, true}) {
    CAPTURE(tls);
    const echo_process server{tls};
    const test::temporary_file bundle{server.certificate()};
    fixture client{trusting(bundle)};
    REQUIRE(make_calls(client, server, "before", 2).empty());

    const pid_t child = fork_beside(client.io, [&] {
      const std::string problem = make_calls(client, server, "child", 100);
      if (!problem.empty()) std::fprintf(stderr, "in the child: %s\n", problem.c_str());
      const auto now = client.net->metrics();
      // Its own, without the parent's session.
      return problem.empty() && now.connections_opened == 2 && now.tls_resumptions == 0 && now.in_use == 0;
    });
    CHECK(make_calls(client, server, "parent", 100) == "");
    CHECK(ended_well(child));
    CHECK(make_calls(client, server, "after", 2) == "");  // the child's end has not ended the connection
    CHECK(client.net->metrics().connections_opened == 1);
    CHECK(client.net->metrics().connections_replaced == 0);
  }
}

TEST_CASE("fork: a child that goes without a call leaves the parent's connection alone") {
  const echo_process server{true};
  const test::temporary_file bundle{server.certificate()};
  auto client = std::make_unique<fixture>(trusting(bundle));
  REQUIRE(make_calls(*client, server, "before", 1).empty());
  const pid_t child = fork_beside(client->io, [&] {
    client.reset();
    return true;
  });
  CHECK(ended_well(child));
  CHECK(make_calls(*client, server, "parent", 1) == "");
  CHECK(client->net->metrics().connections_opened == 1);
}

TEST_CASE("fork: a request under way is answered to the parent; the child's copy of it asks again") {
  for (const bool tls : {false, true}) {
    CAPTURE(tls);
    const echo_process server{tls};
    const test::temporary_file bundle{server.certificate()};
    fixture client{trusting(bundle)};
    REQUIRE(make_calls(client, server, "before", 1).empty());
    test::exchange held{client.io, client.net, request_with(server, "hold")};
    client.io.restart();
    client.io.poll();  // it is sent, and waits
    const auto finish = [&](const std::string& who) {
      const test::exchange release{client.io, client.net, request_with(server, "release")};
      client.run_until([&] { return held.ended() && release.ended(); });
      const auto got = held.get();
      if (!got) std::fprintf(stderr, "in the %s: %s\n", who.c_str(), got.error().message.c_str());
      return got && got->body == "hold" && release.get() && release.get()->body == "release";
    };
    const pid_t child = fork_beside(client.io, [&] { return finish("child"); });
    CHECK(ended_well(child));
    CHECK(finish("parent"));
    CHECK(client.net->metrics().in_use == 0);
  }
}

TEST_CASE("fork: random numbers and invocation ids are each process's own") {
  pipe_ends drawn;
  mwaa_serverless::async::random_source random{{}};
  const auto draw = [&] {
    const auto id = random.uuid();
    return std::string{id.data(), id.size()};
  };
  std::set<std::string> all{draw()};
  const mwaa_serverless::async::process_mark mark;
  CHECK_FALSE(mark.inherited());
  for (int i = 0; i < 3; ++i) {
    const pid_t child = in_child([&] {
      const std::string text = draw();
      return mark.inherited() && ::write(drawn.write, text.data(), text.size()) == ssize_t(text.size());
    });
    CHECK(ended_well(child));
    std::string text(36, '\0');
    REQUIRE(::read(drawn.read, text.data(), text.size()) == ssize_t(text.size()));
    CHECK(all.insert(text).second);
  }
  CHECK(all.insert(draw()).second);
  CHECK_FALSE(mark.inherited());
}
