// Real processes: what they print, and that nothing of them stays behind, whichever way they end.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <new>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "process/run_process.hpp"
#include "support/open_descriptors.hpp"

namespace {

namespace asio = boost::asio;
namespace fs = std::filesystem;
using namespace std::chrono_literals;
using mwaa_serverless::errc;
using mwaa_serverless::operation_phase;
using mwaa_serverless::result;
using mwaa_serverless::process::exit_notice;
using mwaa_serverless::process::max_process_errors;
using mwaa_serverless::process::max_process_output;
using mwaa_serverless::process::process_output;
using mwaa_serverless::process::run_process;
using mwaa_serverless::process::standard_input;
using time_point = std::chrono::steady_clock::time_point;
using words = std::vector<std::string>;

constexpr auto long_enough = 120s;

std::string text_of(const fs::path& file) {
  std::ostringstream text;
  text << std::ifstream{file}.rdbuf();
  return text.str();
}

// Neither running nor about to: no entry, or a zombie that whoever adopted it has yet to wait for.
bool dead(pid_t pid) {
  const std::string stat = text_of("/proc/" + std::to_string(pid) + "/stat");
  const auto name_end = stat.rfind(')');
  return name_end == std::string::npos || stat.compare(name_end + 2, 1, "Z") == 0;
}

// A killed process that is not our child goes when the kernel gets to it.
bool dies(pid_t pid) {
  const auto end = std::chrono::steady_clock::now() + long_enough;
  while (!dead(pid) && std::chrono::steady_clock::now() < end) std::this_thread::sleep_for(1ms);
  return dead(pid);
}

// A folder of the test's own, and the checks that each test ends with: no child, no zombie, no descriptor left.
class scene {
 public:
  scene() : descriptors_(test::open_descriptors()) {
    std::string name = (fs::temp_directory_path() / "mwaa_run_process_test.XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    folder_ = name;
  }
  scene(const scene&) = delete;
  scene& operator=(const scene&) = delete;
  ~scene() {
    const bool childless = ::waitpid(-1, nullptr, WNOHANG) == -1 && errno == ECHILD;
    CHECK(childless);
    CHECK(test::open_descriptors() == descriptors_);
    fs::remove_all(folder_);
  }

  [[nodiscard]] std::string path(const std::string& name) const { return (folder_ / name).string(); }

  [[nodiscard]] std::string program(const std::string& name, const std::string& text, fs::perms permissions) const {
    std::ofstream{path(name)} << text;
    fs::permissions(path(name), permissions);
    return path(name);
  }

  /// The process ids that a script left in the file `pids`, one a line; none while it is not there.
  [[nodiscard]] std::vector<pid_t> pids() const {
    std::vector<pid_t> out;
    std::ifstream file{path("pids")};
    for (pid_t pid = 0; file >> pid;) out.push_back(pid);
    return out;
  }

 private:
  fs::path folder_;
  std::size_t descriptors_;
};

/// A script for /bin/sh; `$0` in it is `argument`.
words shell(const std::string& script, const std::string& argument = "sh") {
  return {"/bin/sh", "-c", script, argument};
}

// Writes to another file first: who sees `pids` sees all of it.
const std::string tell_pids = R"(echo "$$ $!" > "$0.new"; mv "$0.new" "$0"; )";

result<process_output> run(words command, time_point deadline = std::chrono::steady_clock::now() + long_enough,
                           exit_notice notice = exit_notice::descriptor) {
  asio::io_context io;
  std::optional<result<process_output>> out;
  asio::co_spawn(io, run_process(std::move(command), deadline, standard_input::none, notice),
                 [&](std::exception_ptr failure, result<process_output> value) {
                   if (failure) std::rethrow_exception(failure);
                   out.emplace(std::move(value));
                 });
  io.run();
  return *std::move(out);
}

process_output success(words command, exit_notice notice = exit_notice::descriptor) {
  auto got = run(std::move(command), std::chrono::steady_clock::now() + long_enough, notice);
  REQUIRE_MESSAGE(got.has_value(), (got.has_value() ? std::string{} : got.error().message));
  return *std::move(got);
}

/// Standard input for the length of a test.
class input_replaced {
 public:
  explicit input_replaced(int instead) : before_(::dup(STDIN_FILENO)) {
    if (instead >= 0)
      ::dup2(instead, STDIN_FILENO);
    else
      ::close(STDIN_FILENO);
  }
  input_replaced(const input_replaced&) = delete;
  input_replaced& operator=(const input_replaced&) = delete;
  ~input_replaced() {
    if (before_ >= 0) ::dup2(before_, STDIN_FILENO);
    if (before_ >= 0) ::close(before_);
  }

 private:
  int before_;
};

// Runs a script that tells its process ids with a limit that it exceeds. On a busy machine it may not come as far as
// that within a short limit: so the next one is longer.
result<process_output> run_out_of_time(const scene& here, const std::string& script, exit_notice notice) {
  for (auto limit = 100ms;; limit *= 2) {
    auto got = run(shell(tell_pids + script, here.path("pids")), std::chrono::steady_clock::now() + limit, notice);
    if (got.has_value() || !here.pids().empty() || limit > long_enough) return got;
  }
}

constexpr std::array notices{exit_notice::descriptor, exit_notice::polling};

}  // namespace

TEST_CASE("process: output, errors and status") {
  const scene here;
  for (const exit_notice notice : notices) {
    CAPTURE(static_cast<int>(notice));
    const auto got = success(shell("printf '%s' \"$0\"; printf why >&2; exit 3", "a 'b' \"c\" $HOME *"), notice);
    CHECK(got.out == "a 'b' \"c\" $HOME *");
    CHECK(got.err == "why");
    CHECK(got.status == 3);
  }
}

TEST_CASE("process: the program is looked up in PATH, and gets its arguments as they are") {
  const scene here;
  const auto got = success({"printf", "[%s]", "a b", "", "$HOME", "*"});
  CHECK(got.out == "[a b][][$HOME][*]");
  CHECK(got.err.empty());
  CHECK(got.status == 0);
}

TEST_CASE("process: the end by a signal is a status") {
  const scene here;
  for (const exit_notice notice : notices) CHECK(success(shell("kill -TERM $$"), notice).status == 128 + SIGTERM);
}

TEST_CASE("process: any bytes, NULs among them") {
  const scene here;
  const auto got = success(shell(R"(printf '\000\377\n\000')"));
  CHECK(got.out == std::string("\0\xFF\n\0", 4));
}

TEST_CASE("process: as much output as is allowed, and a byte more") {
  const scene here;
  for (const exit_notice notice : notices) {
    CHECK(success(shell("head -c 65536 /dev/zero"), notice).out == std::string(max_process_output, '\0'));
    // Both when it has ended and when it has not.
    for (const std::string then : {"", "; exec sleep 1000"}) {
      CAPTURE(then);
      const auto got =
          run(shell("head -c 65537 /dev/zero" + then), std::chrono::steady_clock::now() + long_enough, notice);
      REQUIRE(got.has_error());
      CHECK(got.error().code == errc::credentials_failed);
      CHECK(got.error().phase == operation_phase::credentials);
      CHECK(got.error().message == "/bin/sh printed more than 65536 bytes");
    }
  }
}

TEST_CASE("process: 100 MB of output") {
  const scene here;
  const auto got = run(shell(tell_pids + "head -c 100000000 /dev/zero; sleep 1000", here.path("pids")));
  REQUIRE(got.has_error());
  CHECK(got.error().message == "/bin/sh printed more than 65536 bytes");
  REQUIRE(here.pids().size() == 1);
  CHECK(::kill(here.pids()[0], 0) == -1);
}

TEST_CASE("process: the end of a long standard error") {
  const scene here;
  const auto got = success(shell("head -c 300000 /dev/zero >&2; printf end >&2; printf out; exit 1"));
  CHECK(got.out == "out");
  CHECK(got.err == std::string(max_process_errors - 3, '\0') + "end");
  CHECK(got.status == 1);
}

TEST_CASE("process: one that hangs is killed at the deadline, by its own id") {
  for (const exit_notice notice : notices) {
    CAPTURE(static_cast<int>(notice));
    const scene here;
    const auto got = run_out_of_time(here, "sleep 1000 & echo $! >> \"$0\"; trap '' TERM HUP INT; wait", notice);
    REQUIRE(got.has_error());
    CHECK(got.error().code == errc::process_timeout);
    CHECK(got.error().phase == operation_phase::credentials);
    CHECK(got.error().message.find("/bin/sh did not end within ") == 0);
    CHECK(got.error().message.ends_with(" s and was killed"));
    const auto pids = here.pids();
    REQUIRE(!pids.empty());
    CHECK(::kill(pids[0], 0) == -1);
    for (std::size_t i = 1; i < pids.size(); ++i) {  // not ours to kill, but the test's
      ::kill(pids[i], SIGKILL);
      CHECK(dies(pids[i]));
    }
  }
}

TEST_CASE("process: errors without end do not keep it alive") {
  for (const exit_notice notice : notices) {
    const scene here;
    const auto got = run_out_of_time(here, "exec yes >&2", notice);
    REQUIRE(got.has_error());
    CHECK(got.error().code == errc::process_timeout);
    REQUIRE(here.pids().size() == 1);
    CHECK(::kill(here.pids()[0], 0) == -1);
  }
}

TEST_CASE("process: one that has closed its output and hangs") {
  for (const exit_notice notice : notices) {
    const scene here;
    const auto got = run_out_of_time(here, "exec >&- 2>&-; exec sleep 1000", notice);
    REQUIRE(got.has_error());
    CHECK(got.error().code == errc::process_timeout);
  }
}

TEST_CASE("process: one that has closed its output is waited for") {
  const scene here;
  for (const exit_notice notice : notices) {
    const auto got = success(shell("printf out; exec >&- 2>&-; sleep 0.2; exit 7"), notice);
    CHECK(got.out == "out");
    CHECK(got.status == 7);
  }
}

TEST_CASE("process: what goes on in the background is neither waited for nor killed") {
  for (const exit_notice notice : notices) {
    CAPTURE(static_cast<int>(notice));
    const scene here;
    // It holds the output open, and goes on when it is told to.
    const std::string background = R"({ until [ -s "$0.go" ]; do sleep 0.01; done; printf alive > "$0.answer"; } & )";
    const auto got = success(shell(background + tell_pids + "printf out", here.path("pids")), notice);
    CHECK(got.out == "out");
    CHECK(got.status == 0);
    const auto pids = here.pids();
    REQUIRE(pids.size() == 2);
    std::ofstream{here.path("pids.go")} << "go";
    CHECK(dies(pids[1]));
    CHECK(text_of(here.path("pids.answer")) == "alive");
  }
}

TEST_CASE("process: the memory of the output is overwritten") {
  // Short texts are kept inside of the object, where they can be looked for when it is gone.
  const std::string secret = "wJalrXUtnFEMI";
  alignas(process_output) std::array<char, sizeof(process_output)> memory{};
  const auto holds_secret = [&] {
    return std::string_view{memory.data(), memory.size()}.find(secret.substr(1)) != std::string_view::npos;
  };
  auto* output = new (memory.data()) process_output;
  output->out = secret;
  CHECK(holds_secret());
  SUBCASE("on release") {}
  SUBCASE("when it was shortened before") {
    output->out.clear();
  }
  SUBCASE("when it has moved on") {
    CHECK(process_output{std::move(*output)}.out == secret);
  }
  output->~process_output();
  CHECK_FALSE(holds_secret());
}

TEST_CASE("process: what cannot be started") {
  using fs::perms;
  const scene here;
  struct row {
    std::string program;
    const char* reason;
  };
  const std::vector<row> rows{
      {"mwaa-no-such-program", "No such file or directory"},
      {here.path("missing"), "No such file or directory"},
      {"", "No such file or directory"},
      {here.program("data", "#!/bin/sh\necho ran\n", perms::owner_read), "Permission denied"},
      {here.program("no-interpreter", "#!/no/such/sh\n", perms::owner_all), "No such file or directory"},
      // A shell would run it.
      {here.program("no-first-line", "echo ran\n", perms::owner_all), "Exec format error"},
  };
  for (const row& row : rows) {
    const auto got = run({row.program, "hunter2"});
    REQUIRE(got.has_error());
    CHECK(got.error().code == errc::credentials_failed);
    CHECK(got.error().phase == operation_phase::credentials);
    CHECK(got.error().message == "cannot run " + row.program + ": " + row.reason);
  }
  CHECK(run({"TOKEN=hunter2", "keys"}).error().message == "cannot run TOKEN=...: No such file or directory");
  CHECK(run({}).error().code == errc::invalid_configuration);
}

TEST_CASE("process: nothing is started without time") {
  const scene here;
  for (const time_point past : {std::chrono::steady_clock::now(), time_point{}, time_point::min()}) {
    const auto got = run({"touch", here.path("started")}, past);
    REQUIRE(got.has_error());
    CHECK(got.error().code == errc::process_timeout);
    CHECK(got.error().message == "no time was left to run touch");
  }
  CHECK_FALSE(fs::exists(here.path("started")));
}

TEST_CASE("process: a deadline that never comes") {
  const scene here;
  for (const exit_notice notice : notices) CHECK(run({"printf", "out"}, time_point::max(), notice)->out == "out");
}

TEST_CASE("process: the environment and the working folder pass through") {
  const scene here;
  ::setenv("MWAA_RUN_PROCESS_TEST", "passed on", 1);
  CHECK(success(shell("printf '%s' \"$MWAA_RUN_PROCESS_TEST\"")).out == "passed on");
  ::unsetenv("MWAA_RUN_PROCESS_TEST");
  CHECK(success({"/bin/pwd", "-P"}).out == fs::canonical(fs::current_path()).string() + "\n");
}

TEST_CASE("process: standard input is empty, and nothing else of ours is open in it") {
  const scene here;
  // Something to read, at descriptor 0, and a descriptor that is not close-on-exec.
  std::array<int, 2> ends{};
  REQUIRE(::pipe(ends.data()) == 0);
  REQUIRE(::write(ends[1], "ours", 4) == 4);
  const int before = ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
  ::dup2(ends[0], STDIN_FILENO);
  const auto read = success({"cat"});
  const auto open = success(shell("for f in /proc/$$/fd/*; do echo ${f##*/}; done"));
  ::dup2(before, STDIN_FILENO);
  for (const int number : {ends[0], ends[1], before}) ::close(number);
  CHECK(read.out.empty());
  CHECK(read.status == 0);
  CHECK(open.out == "0\n1\n2\n3\n");  // 3 is the folder that the shell looks into
}

TEST_CASE("process: a program without standard streams can start one") {
  const scene here;
  std::array<int, 3> before{};
  for (int stream = 0; stream < 3; ++stream) {
    before[static_cast<std::size_t>(stream)] = ::fcntl(stream, F_DUPFD_CLOEXEC, 3);
    ::close(stream);
  }
  const auto got = run(shell("cat; printf out; printf err >&2; exit 5"));
  for (int stream = 0; stream < 3; ++stream) {
    ::dup2(before[static_cast<std::size_t>(stream)], stream);
    ::close(before[static_cast<std::size_t>(stream)]);
  }
  REQUIRE(got.has_value());
  CHECK(got->out == "out");
  CHECK(got->err == "err");
  CHECK(got->status == 5);
}

TEST_CASE("process: default signal handling but for what a shell ignores, and the group of this process") {
  const scene here;
  sigset_t blocked;
  sigset_t before;
  ::sigemptyset(&blocked);
  ::sigaddset(&blocked, SIGTERM);
  ::pthread_sigmask(SIG_BLOCK, &blocked, &before);
  const auto pipe_before = std::signal(SIGPIPE, SIG_IGN);
  const auto hang_up_before = std::signal(SIGHUP, SIG_IGN);
  const auto interrupt_before = std::signal(SIGINT, SIG_DFL);
  const auto quit_before = std::signal(SIGQUIT, SIG_DFL);
  std::istringstream signals{
      success(shell("while read -r name value; do case $name in SigBlk:|SigIgn:) echo $value;; esac; done "
                    "< /proc/$$/status"))
          .out};
  std::signal(SIGPIPE, pipe_before);
  std::signal(SIGHUP, hang_up_before);
  std::signal(SIGINT, interrupt_before);
  std::signal(SIGQUIT, quit_before);
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  std::uint64_t masked = ~0ULL;
  std::uint64_t ignored = ~0ULL;
  signals >> std::hex >> masked >> ignored;
  CHECK(masked == 0);
  constexpr std::uint64_t of_the_c_library = 0x180000000;  // 32 and 33, which glibc leaves ignored
  CHECK((ignored & ~of_the_c_library) == std::uint64_t{1} << (SIGHUP - 1));

  // Process id, state, parent, group and session.
  std::istringstream stat{success(shell("read -r all < /proc/$$/stat; echo \"$$ ${all##*) }\"")).out};
  pid_t pid = 0;
  std::string state;
  pid_t parent = 0;
  pid_t group = 0;
  pid_t session = 0;
  stat >> pid >> state >> parent >> group >> session;
  CHECK(parent == ::getpid());
  CHECK(group == ::getpgrp());
  CHECK(session == ::getsid(0));
}

TEST_CASE("process: somebody else takes the exit status") {
  const auto before = std::signal(SIGCHLD, SIG_IGN);
  for (const exit_notice notice : notices) {
    CAPTURE(static_cast<int>(notice));
    const scene here;
    const auto got = success(shell("printf out; exit 3"), notice);
    CHECK(got.out == "out");
    CHECK(got.status == process_output::unknown_status);
    const auto late = run_out_of_time(here, "exec sleep 1000", notice);
    REQUIRE(late.has_error());
    CHECK(late.error().code == errc::process_timeout);
    REQUIRE(here.pids().size() == 1);
    CHECK(dies(here.pids()[0]));
  }
  std::signal(SIGCHLD, before);
}

TEST_CASE("process: cancelled, it is killed and waited for") {
  for (const exit_notice notice : notices) {
    CAPTURE(static_cast<int>(notice));
    const scene here;
    asio::io_context io;
    asio::cancellation_signal cancel;
    std::exception_ptr failure;
    asio::co_spawn(io,
                   run_process(shell("sleep 1000 & " + tell_pids + "wait", here.path("pids")),
                               std::chrono::steady_clock::now() + long_enough, standard_input::none, notice),
                   asio::bind_cancellation_slot(
                       cancel.slot(), [&](std::exception_ptr e, const result<process_output>&) { failure = e; }));
    while (here.pids().empty() && !io.stopped()) io.run_one_for(1ms);
    cancel.emit(asio::cancellation_type::terminal);
    io.run();
    REQUIRE(failure);
    try {
      std::rethrow_exception(failure);
    } catch (const boost::system::system_error& e) {
      CHECK(e.code() == asio::error::operation_aborted);
    }
    const auto pids = here.pids();
    REQUIRE(pids.size() == 2);
    CHECK(::kill(pids[0], 0) == -1);
    ::kill(pids[1], SIGKILL);
    CHECK(dies(pids[1]));
  }
}

TEST_CASE("process: destroyed with its io_context, it is killed and waited for") {
  for (const exit_notice notice : notices) {
    CAPTURE(static_cast<int>(notice));
    const scene here;
    {
      asio::io_context io;
      asio::co_spawn(io,
                     run_process(shell("sleep 1000 & " + tell_pids + "wait", here.path("pids")),
                                 std::chrono::steady_clock::now() + long_enough, standard_input::none, notice),
                     [](std::exception_ptr, const result<process_output>&) { FAIL("it has ended"); });
      while (here.pids().empty() && !io.stopped()) io.run_one_for(1ms);
    }
    const auto pids = here.pids();
    REQUIRE(pids.size() == 2);
    CHECK(::kill(pids[0], 0) == -1);
    ::kill(pids[1], SIGKILL);
    CHECK(dies(pids[1]));
  }
}

TEST_CASE("process: many at once, on several threads") {
  const scene here;
  std::array<std::string, 32> out;
  {
    asio::thread_pool threads{4};
    for (std::size_t i = 0; i < out.size(); ++i) {
      asio::co_spawn(threads,
                     run_process({"printf", "%s", std::to_string(i)}, std::chrono::steady_clock::now() + long_enough,
                                 standard_input::none, notices[i % notices.size()]),
                     [&got = out[i]](std::exception_ptr failure, const result<process_output>& value) {
                       if (!failure && value.has_value() && value->status == 0) got = value->out;
                     });
    }
    threads.join();
  }
  for (std::size_t i = 0; i < out.size(); ++i) CHECK(out[i] == std::to_string(i));
}

TEST_CASE("process: the loop goes on meanwhile") {
  // The process waits for a file that a timer's handler makes.
  const scene here;
  asio::io_context io;
  asio::steady_timer timer{io, 1ms};
  timer.async_wait([&](boost::system::error_code) { std::ofstream{here.path("go")} << "go"; });
  std::optional<result<process_output>> got;
  asio::co_spawn(io,
                 run_process(shell("until [ -s \"$0\" ]; do sleep 0.01; done; cat \"$0\"", here.path("go")),
                             std::chrono::steady_clock::now() + long_enough),
                 [&](std::exception_ptr, result<process_output> value) { got.emplace(std::move(value)); });
  io.run();
  REQUIRE(got);
  REQUIRE(got->has_value());
  CHECK((*got)->out == "go");
}

TEST_CASE("run_process: standard input is empty, or that of this process") {
  const scene here;
  const auto said = [](standard_input in) {
    asio::io_context io;
    std::string out;
    asio::co_spawn(io, run_process({"cat"}, std::chrono::steady_clock::now() + long_enough, in),
                   [&](std::exception_ptr failure, result<process_output> value) {
                     if (failure) std::rethrow_exception(failure);
                     REQUIRE(value.has_value());
                     out = value->out;
                   });
    io.run();
    return out;
  };
  for (const standard_input in : {standard_input::none, standard_input::shared}) {
    std::array<int, 2> ends{};
    REQUIRE(::pipe(ends.data()) == 0);
    REQUIRE(::write(ends[1], "123456\n", 7) == 7);
    ::close(ends[1]);
    {
      const input_replaced instead{ends[0]};
      CHECK(said(in) == (in == standard_input::shared ? "123456\n" : ""));
    }
    ::close(ends[0]);
    const input_replaced closed{-1};
    CHECK(said(in) == "");
  }
}
