// What the first call of a client costs, and one that needs a new connection.
#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json/object.hpp>
#include <chrono>
#include <cstdio>
#include <exception>
#include <iostream>
#include <memory>
#include <mwaa_serverless/client.hpp>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "benchmarks.hpp"
#include "canned_service.hpp"
#include "contest.hpp"
#include "http_head.hpp"
#include "poll_client.hpp"
#include "print_figures.hpp"
#include "raw_stream.hpp"
#include "task_page.hpp"

namespace bench {

namespace asio = boost::asio;
namespace mwaa = mwaa_serverless;
using steady = std::chrono::steady_clock;

namespace {

mwaa::client_config configured(const canned_service& service, const std::string& host) {
  mwaa::client_config out;
  out.region = "us-east-1";
  out.endpoint_url = service.endpoint_url(host);
  out.ca_bundle = service.ca_bundle();
  out.credentials = mwaa::make_static_credentials({"AKID", "secret"});
  return out;
}

/// A client and the loop that it is on.
class lone_client {
 public:
  explicit lone_client(const mwaa::client_config& config) : client_(io_.get_executor(), config) {}

  void call() {
    io_.restart();
    asio::co_spawn(io_, list(client_), [](std::exception_ptr failure) {
      if (failure) std::rethrow_exception(failure);
    });
    io_.run();
  }
  [[nodiscard]] mwaa::transport_metrics connections() const { return client_.metrics().transport; }

 private:
  static asio::awaitable<void> list(mwaa::client with) {
    const poll_options defaults;
    (void)co_await with.list_task_instances({defaults.workflow_arn, defaults.run_id});
  }

  asio::io_context io_{1};
  const mwaa::client client_;
};

/// The same bytes, sent and received by blocking on a descriptor.
class raw_caller {
 public:
  raw_caller(const canned_service& service, const std::string& host) {
    poll_options options;
    options.endpoint_url = service.endpoint_url(host);
    request_ = ready_request(options);
    peer_.where = request_.destination();
    peer_.ca_bundle = service.ca_bundle();
  }

  [[nodiscard]] std::unique_ptr<raw_dialer> make_dialer() const { return std::make_unique<raw_dialer>(peer_); }

  void exchange(raw_stream& over) {
    if (over.write(request_.bytes()) != static_cast<ssize_t>(request_.bytes().size()))
      throw std::runtime_error("cold: a request was not sent at once");
    std::size_t have = 0;
    for (;;) {
      over.await_readable();
      const ssize_t got = over.read(buffer_.data() + have, buffer_.size() - have);
      if (got == 0) throw std::runtime_error("cold: the connection ended");
      if (got < 0) continue;
      have += static_cast<std::size_t>(got);
      const auto head = read_http_head({buffer_.data(), have});
      if (head && have >= head->size + head->body) return;
    }
  }

 private:
  mwaa::http_request request_;
  raw_peer peer_;
  std::array<char, 4096> buffer_;
};

class session_pointer {
 public:
  session_pointer() = default;
  session_pointer(const session_pointer&) = delete;
  session_pointer& operator=(const session_pointer&) = delete;
  ~session_pointer() { SSL_SESSION_free(of_); }
  void take(SSL* from) {
    SSL_SESSION_free(of_);
    of_ = SSL_get1_session(from);
  }
  [[nodiscard]] SSL_SESSION* get() const noexcept { return of_; }

 private:
  SSL_SESSION* of_ = nullptr;
};

template <class Ours, class Rival>
void measure(const char* what, int calls, Ours ours, Rival rival, format output) {
  std::vector<double> took;
  std::vector<double> rival_took;
  const auto timed = [](auto& one, std::vector<double>& to) {
    const auto started = steady::now();
    one();
    to.push_back(std::chrono::duration<double, std::micro>(steady::now() - started).count());
  };
  const contest_figures of = contest(calls, 1, [&] { timed(ours, took); }, [&] { timed(rival, rival_took); });
  const boost::json::object figures{{"benchmark", "cold"},
                                    {"what", what},
                                    {"calls", calls},
                                    {"p50_us", median(took)},
                                    {"p50_us_raw", median(rival_took)},
                                    {"cpu_us", of.ns / 1e3},
                                    {"cpu_us_raw", of.rival_ns / 1e3},
                                    {"cpu_ratio", of.ratio}};
  if (output == format::json) {
    print(figures, output);
  } else {
    std::printf("%-34s p50 %6.0f us, CPU %5.0f us; raw: p50 %6.0f us, CPU %5.0f us\n", what, median(took), of.ns / 1e3,
                median(rival_took), of.rival_ns / 1e3);
  }
}

void check(bool as_named, const char* what) {
  if (!as_named) throw std::runtime_error(std::string{"cold: the connections were not as '"} + what + "' says");
}

void first_calls(const char* what, const canned_service& service, const std::string& host, int calls, format output) {
  const mwaa::client_config config = configured(service, host);
  raw_caller raw{service, host};
  const auto ours = [&] {
    lone_client client{config};
    client.call();
    check(client.connections().connections_opened == 1 && client.connections().tls_resumptions == 0, what);
  };
  const auto rival = [&] {
    const auto dialer = raw.make_dialer();
    raw_stream stream = dialer->dial();
    raw.exchange(stream);
  };
  measure(what, calls, ours, rival, output);
}

void kept_connection(const char* what, const canned_service& service, int calls, format output) {
  lone_client client{configured(service, "localhost")};
  raw_caller raw{service, "localhost"};
  const auto dialer = raw.make_dialer();
  raw_stream stream = dialer->dial();
  measure(what, calls, [&] { client.call(); }, [&] { raw.exchange(stream); }, output);
  check(client.connections().connections_opened == 1, what);
}

void resumed_handshakes(const char* what, const canned_service& closing, int calls, format output) {
  lone_client client{configured(closing, "localhost")};
  client.call();
  raw_caller raw{closing, "localhost"};
  const auto dialer = raw.make_dialer();
  session_pointer session;
  const auto exchange_anew = [&] {
    raw_stream stream = dialer->dial(session.get());
    raw.exchange(stream);
    const bool resumed = SSL_session_reused(stream.tls()) == 1;
    session.take(stream.tls());
    return resumed;
  };
  exchange_anew();
  measure(what, calls, [&] { client.call(); }, [&] { check(exchange_anew(), what); }, output);
  check(client.connections().connections_opened == client.connections().tls_resumptions + 1, what);
}

}  // namespace

int cold(int calls, format output) {
  canned_options options;
  options.body = task_page(1, 0);
  {
    const canned_service plain{options};
    kept_connection("kept connection", plain, calls, output);
    first_calls("first call, by address", plain, "127.0.0.1", calls, output);
    first_calls("first call, by name", plain, "localhost", calls, output);
  }
  options.tls = true;
  {
    const canned_service service{options};
    kept_connection("kept connection, TLS", service, calls, output);
    first_calls("first call, TLS", service, "localhost", calls, output);
  }
  options.manner = canned_manner::answers_and_closes;
  const canned_service closing{options};
  resumed_handshakes("new connection, TLS resumed", closing, calls, output);
  return 0;
}

}  // namespace bench
