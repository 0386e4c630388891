#include <sys/epoll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <stdexcept>
#include <string_view>
#include <system_error>

#include "http_head.hpp"
#include "poll_client.hpp"

namespace bench {

using steady = std::chrono::steady_clock;

namespace {

class epoll_client final : public poll_client {
 public:
  epoll_client(const raw_peer& peer, std::string request, int connections)
      : dialer_(peer),
        request_(std::move(request)),
        connections_(static_cast<std::size_t>(connections)),
        epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
    if (epoll_ < 0) throw std::system_error(errno, std::generic_category(), "epoll_create1");
    for (connection& each : connections_) open(each);
  }
  ~epoll_client() override { ::close(epoll_); }

  void run(poll_tally& counts) override {
    busy_ = 0;
    for (connection& each : connections_)
      if (counts.left > 0) begin(each, counts);
    std::array<epoll_event, 256> events;
    while (busy_ > 0) {
      const int ready = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), -1);
      if (ready < 0 && errno != EINTR) throw std::system_error(errno, std::generic_category(), "epoll_wait");
      for (int i = 0; i < ready; ++i)
        read(*static_cast<connection*>(events[static_cast<std::size_t>(i)].data.ptr), counts);
    }
  }

 private:
  class connection {
   public:
    raw_stream stream;
    std::string head;           // what has come of it: rarely anything
    std::size_t body_left = 0;  // once the head is complete
    bool waiting = false;       // for a response
    bool success = false;
    int lost = 0;  // times in a row
    steady::time_point started;
  };

  void open(connection& of) {
    of.stream = dialer_.dial();
    of.head.clear();
    of.body_left = 0;
    epoll_event wanted{};
    wanted.events = EPOLLIN;
    wanted.data.ptr = &of;
    if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, of.stream.descriptor(), &wanted) != 0)
      throw std::system_error(errno, std::generic_category(), "epoll_ctl");
  }

  void begin(connection& on, poll_tally& counts) {
    --counts.left;
    ++busy_;
    on.started = steady::now();
    on.waiting = true;
    send(on, counts);
  }

  void send(connection& on, poll_tally& counts) {
    // A socket without unread bytes takes a request whole.
    const ssize_t sent = on.stream.write(request_);
    if (sent == 0) return again(on, counts);
    if (sent != static_cast<ssize_t>(request_.size())) throw std::runtime_error("a request was not sent at once");
  }

  // The server has closed a connection that it had kept.
  void again(connection& on, poll_tally& counts) {
    if (++on.lost > 3) throw std::runtime_error("the server closes connections without a response");
    ++counts.retries;
    open(on);
    if (on.waiting) send(on, counts);
  }

  void read(connection& from, poll_tally& counts) {
    // OpenSSL gives a record at a time, and may have the next in its buffer.
    do {
      const ssize_t got = from.stream.read(buffer_.data(), buffer_.size());
      if (got < 0) return;
      if (got == 0) return again(from, counts);
      take(from, {buffer_.data(), static_cast<std::size_t>(got)}, counts);
    } while (from.stream.tls() != nullptr);
  }

  void take(connection& from, std::string_view bytes, poll_tally& counts) {
    if (!from.waiting) throw std::runtime_error("the server sent bytes unasked");
    if (from.body_left == 0) {
      if (!from.head.empty()) bytes = from.head.append(bytes);
      const auto head = read_http_head(bytes);
      if (!head) {
        if (from.head.empty()) from.head = bytes;
        return;
      }
      from.success = head->success;
      from.body_left = head->body;
      counts.body_bytes += head->body;
      bytes.remove_prefix(head->size);
    }
    if (bytes.size() > from.body_left) throw std::runtime_error("the server sent more than Content-Length says");
    from.body_left -= bytes.size();
    from.head.clear();
    if (from.body_left > 0) return;
    counts.latencies.push_back(steady::now() - from.started);
    if (!from.success && counts.errors++ == 0) counts.first_error = "the response was no success";
    from.waiting = false;
    from.lost = 0;
    --busy_;
    if (counts.left > 0) begin(from, counts);
  }

  raw_dialer dialer_;
  const std::string request_;
  std::vector<connection> connections_;
  int epoll_;
  std::size_t busy_ = 0;
  std::array<char, std::size_t{64} * 1024> buffer_;
};

}  // namespace

std::unique_ptr<poll_client> make_epoll_client(const raw_peer& peer, std::string request, int connections) {
  return std::make_unique<epoll_client>(peer, std::move(request), connections);
}

}  // namespace bench
