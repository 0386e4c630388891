// What polls take that wait for their response.
#include <malloc.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json/object.hpp>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <functional>
#include <iostream>
#include <memory>
#include <mwaa_serverless/client.hpp>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include "benchmarks.hpp"
#include "canned_service.hpp"
#include "poll_client.hpp"
#include "print_figures.hpp"
#include "raw_stream.hpp"
#include "task_page.hpp"

namespace bench {

namespace asio = boost::asio;
namespace mwaa = mwaa_serverless;
using namespace std::chrono_literals;

namespace {

// Before the first measurement: what all polls share is there then.
constexpr std::size_t shared_by = 256;
// Together, as a program's polls do not all begin in one moment: handshakes need more than what is left of them.
constexpr std::size_t begun_at_once = 64;

// Of issue 15.
constexpr double plain_limit = 4 * 1024;
constexpr double tls_limit = 32 * 1024;
constexpr double beyond_openssl_limit = 6 * 1024;

class memory_use {
 public:
  memory_use() = default;
  /// Of this process, now.
  static memory_use now() {
    memory_use out;
    const struct mallinfo2 all = ::mallinfo2();
    out.heap = static_cast<double>(all.uordblks + all.hblkhd);
    std::size_t pages = 0;
    std::size_t resident = 0;
    std::ifstream{"/proc/self/statm"} >> pages >> resident;
    out.resident = static_cast<double>(resident) * static_cast<double>(::sysconf(_SC_PAGESIZE));
    return out;
  }
  /// For each of `count`, when this is what there was before them.
  [[nodiscard]] memory_use each_since(const memory_use& before, std::size_t count) const {
    memory_use out;
    out.heap = (heap - before.heap) / static_cast<double>(count);
    out.resident = (resident - before.resident) / static_cast<double>(count);
    return out;
  }

  double heap = 0;      // bytes in use, with what malloc itself adds
  double resident = 0;  // bytes
};
static_assert(std::is_trivially_copyable_v<memory_use>);

/// What `measure` returns in a process of its own, whose memory is as fresh as this one's.
memory_use measured_apart(const std::function<memory_use()>& measure) {
  std::array<int, 2> ends{};
  if (::pipe(ends.data()) != 0) throw std::system_error(errno, std::generic_category(), "pipe");
  const pid_t process = ::fork();
  if (process < 0) throw std::system_error(errno, std::generic_category(), "fork");
  if (process == 0) {
    try {
      const memory_use use = measure();
      ::_exit(::write(ends[1], &use, sizeof use) == sizeof use ? 0 : 1);
    } catch (const std::exception& e) {
      std::fprintf(stderr, "mwaa-serverless-bench: %s\n", e.what());
    }
    ::_exit(1);
  }
  ::close(ends[1]);
  memory_use out;
  const ssize_t got = ::read(ends[0], &out, sizeof out);
  ::close(ends[0]);
  ::waitpid(process, nullptr, 0);
  if (got != sizeof out) throw std::runtime_error("idle: a measurement failed");
  return out;
}

canned_options answering_once(bool tls, std::size_t polls) {
  canned_options out;
  out.tls = tls;
  out.manner = canned_manner::answers_once;
  out.body = task_page(1, 0);
  out.connections = polls + shared_by;
  return out;
}

/// Begins polls a few at a time, and waits for the service to have their second requests, which it does not answer: the
/// connections are as they are between the polls of a long day.
template <class Begin, class Wait>
void park(const canned_service& service, std::size_t until, Begin begin, Wait wait) {
  const auto patience = std::chrono::steady_clock::now() + 5min;
  for (std::size_t begun = service.requests() / 2; begun < until;) {
    for (std::size_t i = 0; i < begun_at_once && begun < until; ++i, ++begun) begin();
    while (service.requests() < 2 * begun) {
      wait();
      if (std::chrono::steady_clock::now() > patience) throw std::runtime_error("idle: the requests do not arrive");
    }
  }
}

memory_use library_polls(bool tls, std::size_t polls) {
  const canned_service service{answering_once(tls, polls)};
  mwaa::client_config config;
  config.region = "us-east-1";
  config.endpoint_url = service.endpoint_url();
  config.ca_bundle = service.ca_bundle();
  config.credentials = mwaa::make_static_credentials({"AKID", "secret"});
  config.max_connections = polls + shared_by;
  config.connect_timeout = 1min;
  config.attempt_timeout = 1h;
  asio::io_context io{1};
  const mwaa::client client{io.get_executor(), config};
  const std::string arn = poll_options{}.workflow_arn;
  const auto begin = [&] {
    asio::co_spawn(
        io,
        [](mwaa::client with, const std::string& workflow) -> asio::awaitable<void> {
          for (;;) (void)co_await with.list_task_instances({workflow, "run-finished"});
        }(client, arn),
        [](std::exception_ptr failure) {
          if (failure) std::rethrow_exception(failure);
        });
  };
  const auto wait = [&] { io.run_for(1ms); };
  park(service, shared_by, begin, wait);
  const memory_use before = memory_use::now();
  park(service, shared_by + polls, begin, wait);
  return memory_use::now().each_since(before, polls);
}

memory_use raw_connections(bool tls, std::size_t polls) {
  const canned_service service{answering_once(tls, polls)};
  poll_options options;
  options.endpoint_url = service.endpoint_url();
  const mwaa::http_request request = ready_request(options);
  raw_peer peer;
  peer.where = request.destination();
  peer.ca_bundle = service.ca_bundle();
  const raw_dialer dialer{peer};
  std::vector<raw_stream> all;
  all.reserve(polls + shared_by);
  const auto send = [&](raw_stream& to) {
    if (to.write(request.bytes()) != static_cast<ssize_t>(request.bytes().size()))
      throw std::runtime_error("idle: a request was not sent");
  };
  const auto begin = [&] {
    all.push_back(dialer.dial());
    // As the library has it: the buffers of a connection without bytes are given back.
    if (tls) SSL_set_mode(all.back().tls(), SSL_MODE_RELEASE_BUFFERS);
    send(all.back());
    std::array<char, 1024> response;
    ssize_t got = -1;
    while (got < 0) got = all.back().read(response.data(), response.size());
    send(all.back());
    if (all.back().read(response.data(), response.size()) != -1)
      throw std::runtime_error("idle: the second response came, or the connection ended");
  };
  const auto wait = [] { std::this_thread::sleep_for(100us); };
  park(service, shared_by, begin, wait);
  const memory_use before = memory_use::now();
  park(service, shared_by + polls, begin, wait);
  return memory_use::now().each_since(before, polls);
}

}  // namespace

int idle(std::size_t polls, bool limits, format output) {
  allow_descriptors(polls + shared_by);
  bool kept = true;
  const auto judge = [&](const char* what, double bytes, double limit) {
    if (!limits || bytes <= limit) return;
    kept = false;
    std::cerr << "idle: " << what << ": " << bytes << " bytes a poll, not at most " << limit << '\n';
  };
  for (const bool tls : {false, true}) {
    const memory_use ours = measured_apart([&] { return library_polls(tls, polls); });
    const memory_use raw = measured_apart([&] { return raw_connections(tls, polls); });
    print(boost::json::object{{"benchmark", "idle"},
                              {"tls", tls},
                              {"polls", polls},
                              {"heap_bytes_per_poll", ours.heap},
                              {"heap_bytes_per_raw_connection", raw.heap},
                              {"heap_bytes_beyond_raw", ours.heap - raw.heap},
                              {"resident_bytes_per_poll", ours.resident},
                              {"resident_bytes_per_raw_connection", raw.resident}},
          output);
    if (!tls) {
      judge("heap, plain", ours.heap, plain_limit);
    } else {
      judge("heap, TLS", ours.heap, tls_limit);
      judge("heap beyond OpenSSL's own", ours.heap - raw.heap, beyond_openssl_limit);
    }
  }
  return kept ? 0 : 1;
}

}  // namespace bench
