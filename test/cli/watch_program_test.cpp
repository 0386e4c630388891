// `watch` as a whole, against the emulator in memory.
#include <boost/json/parse.hpp>
#include <mwaa_serverless/testing/emulator.hpp>
#include <string>
#include <vector>

#include "cli/live_screen.hpp"
#include "cli/program.hpp"
#include "doctest/doctest.h"
#include "support/aws_environment.hpp"

namespace cli = mwaa_serverless::cli;
namespace mwaa = mwaa_serverless;
using cli::exit_code;
using mwaa::testing::emulator;

namespace {

class drawn_terminal final : public cli::live_terminal {
 public:
  explicit drawn_terminal(std::string& out) : out_(out) {}

  cli::window_size size() const override { return {}; }
  void write(std::string_view bytes) override { out_ += bytes; }
  void echo(bool on) noexcept override { echoes = on; }

  bool echoes = true;

 private:
  std::string& out_;
};

class watching {
 public:
  watching() {
    around.out = [this](std::string_view bytes) { out += bytes; };
    around.err = [this](std::string_view bytes) { err += bytes; };
    around.adjust = [this](mwaa::client_config& config) { config.network = service.in_memory_transport(); };
  }

  exit_code run(const std::vector<std::string>& runs, const std::vector<std::string>& more = {}) {
    out.clear();
    err.clear();
    std::vector<std::string> args{"watch", "--workflow-arn", emulator::default_workflow_arn};
    for (const std::string& each : runs) args.insert(args.end(), {"--run-id", each});
    args.insert(args.end(), more.begin(), more.end());
    return cli::run_program(std::move(args), around);
  }

  test::aws_environment set{{{"AWS_ACCESS_KEY_ID", "AKIDEMULATOR"},
                             {"AWS_SECRET_ACCESS_KEY", "emulator-secret-key"},
                             {"AWS_REGION", "us-east-1"}}};
  emulator service;
  cli::process_environment around;
  std::string out;
  std::string err;
};

}  // namespace

TEST_CASE("watch: the exit code tells how the runs ended") {
  watching program;
  CHECK(program.run({"run-empty"}) == exit_code::success);
  CHECK(program.err.empty());
  CHECK(program.out.ends_with("/run-empty ended: SUCCESS\n"));
  CHECK(program.run({"run-empty", "run-failed"}) == exit_code::not_all_succeeded);
  CHECK(program.err.find("1 of 2 runs did not end in SUCCESS\n") != std::string::npos);
  CHECK(program.run({"no-such-run", "run-failed"}) == exit_code::not_all_succeeded);
  CHECK(program.err.find("1 of 1 runs did not end in SUCCESS, 1 not found\n") != std::string::npos);
}

TEST_CASE("watch: --output chooses the form, and the environment does not") {
  watching program;
  const test::aws_environment also{{{"AWS_ACCESS_KEY_ID", "AKIDEMULATOR"},
                                    {"AWS_SECRET_ACCESS_KEY", "emulator-secret-key"},
                                    {"AWS_REGION", "us-east-1"},
                                    {"AWS_DEFAULT_OUTPUT", "json"}}};
  CHECK(program.run({"run-empty"}) == exit_code::success);
  CHECK_FALSE(program.out.starts_with("{"));
  CHECK(program.run({"run-empty"}, {"--output", "json"}) == exit_code::success);
  const std::size_t end = program.out.find('\n');
  const auto event = boost::json::parse(program.out.substr(0, end)).as_object();
  CHECK(event.at("Event").as_string() == "run_added");
  CHECK(event.at("RunId").as_string() == "run-empty");
  CHECK(program.run({"run-empty"}, {"--output", "yaml"}) == exit_code::usage);
  CHECK(program.out.empty());
}

TEST_CASE("watch: what is drawn is cleared away, and its last state stays") {
  watching program;
  drawn_terminal terminal{program.out};
  program.around.out_is_terminal = true;
  program.around.terminal = &terminal;
  CHECK(program.run({"run-failed"}, {"--color", "off"}) == exit_code::not_all_succeeded);
  CHECK(terminal.echoes);
  const std::size_t left = program.out.find("\x1b[?1049l");
  REQUIRE(left != std::string::npos);
  CHECK(program.out.starts_with("\x1b[?1049h"));
  const std::string last = program.out.substr(left + 8);
  CHECK(last.starts_with("1 run   1 failed\n12 tasks "));
  CHECK(last.find("\nFAILED   run-failed [") != std::string::npos);
  CHECK(last.find('\x1b') == std::string::npos);
  // Asked for text, the same terminal gets lines.
  CHECK(program.run({"run-empty"}, {"--output", "text"}) == exit_code::success);
  CHECK(program.out.find('\x1b') == std::string::npos);
}

TEST_CASE("watch: without credentials nothing is drawn over the message") {
  watching program;
  const test::aws_environment none{{{"AWS_REGION", "us-east-1"}}};
  drawn_terminal terminal{program.out};
  program.around.terminal = &terminal;
  CHECK(program.run({"run-empty"}) == exit_code::configuration);
  CHECK(terminal.echoes);
  CHECK(program.out.find("\x1b[?1049l") != std::string::npos);
  CHECK(program.err.find("Unable to locate credentials") != std::string::npos);
}
