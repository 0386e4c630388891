// Files that are none: pipes, devices, directories.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <mwaa_serverless/testing/virtual_clock.hpp>
#include <optional>
#include <string>
#include <thread>

#include "sources/read_file.hpp"

namespace asio = boost::asio;
namespace fs = std::filesystem;
namespace mwaa = mwaa_serverless;
using mwaa::sources::async_read_file;
using mwaa::sources::file_text;
using mwaa::sources::read_file;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t limit = 100'000;

class folder {
 public:
  folder() : path_(fs::temp_directory_path() / ("mwaa_read_file." + std::to_string(::getpid()))) {
    fs::remove_all(path_);
    fs::create_directories(path_);
  }
  folder(const folder&) = delete;
  folder& operator=(const folder&) = delete;
  ~folder() { fs::remove_all(path_); }

  [[nodiscard]] std::string file(const std::string& name, const std::string& text) const {
    std::ofstream{path_ / name, std::ios::binary} << text;
    return path_ / name;
  }
  [[nodiscard]] std::string pipe(const std::string& name) const {
    const std::string out = path_ / name;
    REQUIRE(::mkfifo(out.c_str(), 0600) == 0);
    return out;
  }
  [[nodiscard]] std::string path() const { return path_.string(); }

 private:
  fs::path path_;
};

/// Both ways must say the same.
void check(const std::string& path, const std::string& text, const std::string& failure) {
  CAPTURE(path);
  const auto judge = [&](const file_text& got) {
    CHECK(got.text() == text);
    CHECK(got.failure == (failure.empty() ? "" : "cannot read " + path + ": " + failure));
  };
  judge(read_file(path, limit, 1min));
  asio::io_context io;
  const auto time = mwaa::make_system_clock();
  std::optional<file_text> got;
  asio::co_spawn(io, async_read_file(path, limit, *time, mwaa::clock::time_point::max()),
                 [&](std::exception_ptr failed, file_text value) {
                   REQUIRE_FALSE(failed);
                   got.emplace(std::move(value));
                 });
  io.run();
  REQUIRE(got);
  judge(*got);
}

}  // namespace

TEST_CASE("read_file: files, directories and devices") {
  const folder here;
  check(here.file("empty", ""), "", "");
  check(here.file("short", std::string{"a\0b\n", 4}), std::string{"a\0b\n", 4}, "");
  check(here.file("longest", std::string(limit, 'x')), std::string(limit, 'x'), "");
  check(here.file("longer", std::string(limit + 1, 'x')), "", "it is larger than 97 KiB");
  check(here.path(), "", "Is a directory");
  check(here.path() + "/none", "", "No such file or directory");
  check(here.path() + "/short/none", "", "Not a directory");
  check("/dev/null", "", "");
  check("/dev/zero", "", "it is larger than 97 KiB");
  CHECK(read_file(here.path() + "/none", limit, 1min).missing);
  CHECK_FALSE(read_file(here.path(), limit, 1min).missing);
  CHECK(read_file("/dev/null", limit, 1min).once);
  CHECK_FALSE(read_file(here.path() + "/short", limit, 1min).once);
}

TEST_CASE("read_file: a pipe is read to the end of its writer, and is given up without one") {
  const folder here;
  const std::string silent = here.pipe("silent");
  const auto nobody = read_file(silent, limit, 10ms);
  CHECK(nobody.failure.find("it is a pipe or a device") != std::string::npos);
  CHECK(nobody.once);

  const std::string pipe = here.pipe("pipe");
  const std::string text(limit, 'y');
  for (const bool late : {false, true}) {
    std::thread writer{[&] {
      if (late) std::this_thread::sleep_for(20ms);
      std::ofstream{pipe} << text;
    }};
    CHECK(read_file(pipe, limit, 1min).text() == text);
    writer.join();
  }
}

TEST_CASE("read_file: a coroutine waits for a pipe without keeping its loop") {
  const folder here;
  const std::string pipe = here.pipe("pipe");
  asio::io_context io;
  mwaa::testing::virtual_clock time;
  std::optional<file_text> got;
  std::exception_ptr failed;
  asio::cancellation_signal stop;
  const auto start = [&](mwaa::clock::time_point deadline) {
    got.reset();
    failed = nullptr;
    io.restart();
    asio::co_spawn(io, async_read_file(pipe, limit, time, deadline),
                   asio::bind_cancellation_slot(stop.slot(), [&](std::exception_ptr e, file_text value) {
                     failed = std::move(e);
                     got.emplace(std::move(value));
                   }));
    for (int i = 0; i < 20; ++i) io.poll();  // it stands still, and the loop does not
    REQUIRE_FALSE(got);
  };

  SUBCASE("the writer comes late") {
    start(mwaa::clock::time_point::max());
    std::thread writer{[&] { std::ofstream{pipe} << "[default]\n"; }};
    while (!got) io.run_one();
    writer.join();
    CHECK(got->text() == "[default]\n");
    CHECK(got->once);
  }
  SUBCASE("the writer is silent") {
    start(mwaa::clock::time_point::max());
    time.run_until(io, time.now() + mwaa::sources::file_time_limit);
    REQUIRE(got);
    CHECK(got->failure.find("did not come in time") != std::string::npos);
  }
  SUBCASE("the deadline is sooner") {
    start(time.now() + 1s);
    time.run_until(io, time.now() + 1s);
    REQUIRE(got);
    CHECK(got->failure.find("did not come in time") != std::string::npos);
  }
  SUBCASE("the caller cancels") {
    start(mwaa::clock::time_point::max());
    stop.emit(asio::cancellation_type::terminal);
    io.restart();
    io.run();
    REQUIRE(failed);
    try {
      std::rethrow_exception(failed);
    } catch (const boost::system::system_error& problem) {
      CHECK(problem.code() == asio::error::operation_aborted);
    }
  }
}

TEST_CASE("read_file: many pipes on a thread pool without a strand, whose text comes as the time is over") {
  const folder here;
  const auto time = mwaa::make_system_clock();
  for (int round = 0; round < 20; ++round) {
    const std::string pipe = here.pipe("pipe " + std::to_string(round));
    const int writer = ::open(pipe.c_str(), O_RDWR | O_CLOEXEC);  // and a reader, so that neither side blocks
    REQUIRE(writer >= 0);
    asio::thread_pool threads{4};
    constexpr int readers = 30;
    std::atomic<int> ended{0};
    const auto end = time->now() + 5ms;
    for (int i = 0; i < readers; ++i) {
      asio::co_spawn(
          threads, async_read_file(pipe, limit, *time, end), [&](std::exception_ptr e, const file_text& got) {
            const bool known = got.failure.empty() || got.failure.find("did not come in time") != std::string::npos;
            if (!e && known) ++ended;
          });
    }
    std::this_thread::sleep_until(end);
    CHECK(::write(writer, "[default]\n", 10) == 10);
    ::close(writer);
    threads.join();
    CHECK(ended == readers);
  }
}
