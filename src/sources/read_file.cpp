#include "sources/read_file.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>

#include <algorithm>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/this_coro.hpp>
#include <cerrno>
#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>

#include "async/event.hpp"
#include "async/side_task.hpp"

namespace mwaa_serverless::sources {

namespace asio = boost::asio;

namespace {

constexpr std::size_t step = std::size_t{1024} * 1024;
constexpr std::size_t pipe_chunk = std::size_t{64} * 1024;  // what a pipe holds

std::string reason_of(int code) {
  return std::generic_category().message(code);
}

const std::string nothing_came = "it is a pipe or a device, and its text did not come in time";

bool is_readable(const process::descriptor& file, int milliseconds) noexcept {
  pollfd wanted{file.get(), POLLIN, 0};
  return ::poll(&wanted, 1, milliseconds) > 0;
}

// Until there is something to read, or until `end`. Not Asio's `||`: on several threads its cancellation meets what it
// cancels.
asio::awaitable<void> wait_for_bytes(asio::posix::stream_descriptor& file, clock& time, clock::time_point end) {
  const auto executor = co_await asio::this_coro::executor;
  const auto notice = std::make_shared<async::event>();
  const async::side_task<void> alarm{executor, time.sleep_until(end), notice};
  file.async_wait(asio::posix::stream_descriptor::wait_read,
                  [notice](const boost::system::error_code&) { notice->set(); });
  co_await notice->wait();
  boost::system::error_code ignored;
  file.cancel(ignored);
  if (alarm.over() && alarm.failure()) std::rethrow_exception(alarm.failure());
}

}  // namespace

file_reading::file_reading(std::string path, std::size_t limit) : path_(std::move(path)), limit_(limit) {
  // Without blocking: opening a pipe would wait for its writer.
  file_ = process::descriptor{::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)};
  struct stat about{};
  if (!file_ || ::fstat(file_.get(), &about) != 0) {
    result_.missing = errno == ENOENT || errno == ENOTDIR;
    fail(reason_of(errno));
  } else if (S_ISDIR(about.st_mode)) {
    fail(reason_of(EISDIR));
  } else {
    result_.once = !S_ISREG(about.st_mode);
    // At once as large as it will be: growing would leave overwritten copies, and cost time.
    if (!result_.once) result_.bytes.reserve(std::min(static_cast<std::size_t>(about.st_size), limit_) + 1);
  }
}

bool file_reading::advance() {
  flows_ = false;
  for (std::size_t read_now = 0; !ended_ && (!result_.once || read_now < step);) {
    // A pipe that has no writer yet is at its end for read(), but not for poll().
    if (result_.once && !is_readable(file_, 0)) return false;
    auto& bytes = result_.bytes;
    const std::size_t room = std::max(bytes.capacity() - size_, result_.once ? pipe_chunk : std::size_t{4096});
    bytes.resize(size_ + std::min(room, step));
    const ssize_t got = ::read(file_.get(), bytes.data() + size_, bytes.size() - size_);
    const int code = got < 0 ? errno : 0;
    if (got > 0) size_ += static_cast<std::size_t>(got);
    bytes.resize(size_);
    read_now += static_cast<std::size_t>(std::max<ssize_t>(got, 0));
    if (size_ > limit_) {
      result_.too_large = true;
      fail("it is larger than " +
           (limit_ < step ? std::to_string(limit_ / 1024) + " KiB" : std::to_string(limit_ / step) + " MiB"));
    } else if (got == 0) {
      ended_ = true;
    } else if (code == EAGAIN) {
      return false;
    } else if (code != 0 && code != EINTR) {
      fail(reason_of(code));
    }
  }
  flows_ = !ended_;
  return ended_;
}

void file_reading::fail(const std::string& reason) {
  result_.failure = "cannot read " + path_ + ": " + reason;
  result_.bytes.clear();
  ended_ = true;
}

file_text file_reading::take() {
  file_ = process::descriptor{};
  return std::move(result_);
}

file_text read_file(std::string path, std::size_t limit, std::chrono::milliseconds time_limit) {
  file_reading reading{std::move(path), limit};
  auto end = std::chrono::steady_clock::now() + time_limit;
  while (!reading.advance()) {
    if (reading.flows()) end = std::chrono::steady_clock::now() + time_limit;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
    if (left.count() <= 0) reading.fail(nothing_came);
    if (left.count() > 0) (void)is_readable(reading.source(), static_cast<int>(left.count()));
  }
  return reading.take();
}

asio::awaitable<file_text> async_read_file(std::string path, std::size_t limit, clock& time,
                                           clock::time_point deadline) {
  file_reading reading{std::move(path), limit};
  std::optional<asio::posix::stream_descriptor> source;
  auto end = std::min(deadline, time.now() + file_time_limit);
  while (!reading.advance()) {
    if (reading.flows()) end = std::min(deadline, time.now() + file_time_limit);
    if (time.now() >= end) {
      reading.fail(nothing_came);
      continue;
    }
    if (!source) {
      const auto executor = co_await asio::this_coro::executor;
      source.emplace(executor);
      const int copy = ::fcntl(reading.source().get(), F_DUPFD_CLOEXEC, 0);
      boost::system::error_code code;
      if (copy >= 0) source->assign(copy, code);
      if (copy < 0 || code) {
        if (copy >= 0) ::close(copy);
        reading.fail(copy < 0 ? reason_of(errno) : code.message());
        continue;
      }
    }
    co_await wait_for_bytes(*source, time, end);
  }
  co_return reading.take();
}

}  // namespace mwaa_serverless::sources
