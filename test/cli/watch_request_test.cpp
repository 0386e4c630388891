// What `watch` makes of its command line, and the file that keeps its place.
#include "cli/watch_request.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "cli/checkpoint_file.hpp"
#include "cli/failure.hpp"
#include "cli/invocation.hpp"
#include "doctest/doctest.h"
#include "support/aws_environment.hpp"

namespace cli = mwaa_serverless::cli;
namespace mwaa = mwaa_serverless;
using namespace std::chrono_literals;

namespace {

const std::string workflow = "arn:aws:airflow-serverless:us-east-1:123456789012:workflow/etl-Ab12Cd34Ef";
const std::chrono::system_clock::time_point now{std::chrono::sys_days{std::chrono::year{2026} / 11 / 30} + 12h};

cli::watch_request read(std::vector<std::string> args) {
  args.insert(args.begin(), "watch");
  auto errors = cli::error_format::enhanced;
  const cli::invocation asked = cli::parse_command_line(std::move(args), errors);
  REQUIRE(asked.what);
  CHECK(asked.what->name == "watch");
  return cli::read_watch_request(asked.given, now);
}

std::string refusal(std::vector<std::string> args) {
  try {
    (void)read(std::move(args));
  } catch (const cli::failure& problem) {
    CHECK(problem.exit() == cli::exit_code::usage);
    return problem.what();
  }
  return {};
}

bool refused(const std::vector<std::string>& args, const std::string& why) {
  const std::string told = refusal(args);
  CAPTURE(told);
  return !told.empty() && told.find(why) != std::string::npos;
}

std::string content(const std::filesystem::path& of) {
  std::ostringstream out;
  out << std::ifstream{of}.rdbuf();
  return out.str();
}

class folder {
 public:
  folder() {
    std::string name = (std::filesystem::temp_directory_path() / "mwaa-serverless-watch-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path = name;
  }
  folder(const folder&) = delete;
  folder& operator=(const folder&) = delete;
  ~folder() { std::filesystem::remove_all(path); }

  std::filesystem::path path;
};

}  // namespace

TEST_CASE("watch: what is asked for") {
  const test::aws_environment clean;
  const cli::watch_request all = read({});
  CHECK(all.workflow_arns.empty());
  CHECK_FALSE(all.only_active);
  CHECK_FALSE(all.since);
  CHECK(all.options.share == 0.9);
  CHECK_FALSE(all.options.max_staleness);

  const cli::watch_request some = read({"--workflow-arn", workflow, "--run-id", "a", "--run-id=b", "--run-id", "a",
                                        "--share", "0.5", "--max-staleness", "30", "--checkpoint", "place"});
  CHECK(some.workflow_arns == std::vector{workflow});
  CHECK(some.run_ids == std::vector<std::string>{"a", "b", "a"});
  CHECK(some.options.share == 0.5);
  CHECK(some.options.max_staleness == 30s);
  CHECK(some.checkpoint == "place");

  const cli::watch_request active =
      read({"--active", "--since", "2h", "--workflow-arn", workflow, "--workflow-arn", workflow + "2"});
  CHECK(active.only_active);
  CHECK(active.since == now - 2h);
  CHECK(active.workflow_arns == std::vector{workflow, workflow + "2"});
}

TEST_CASE("watch: times and durations of --since") {
  const test::aws_environment clean;
  const auto since = [](const char* text) { return *read({"--since", text}).since; };
  CHECK(since("90s") == now - 90s);
  CHECK(since("30m") == now - 30min);
  CHECK(since("7d") == now - 168h);
  CHECK(since("0s") == now);
  CHECK(since("2026-11-30T06:00:00Z") == now - 6h);
  CHECK(since("2026-11-30T06:00:00+01:00") == now - 7h);
  CHECK(since("2026-11-30") == now - 12h);
  for (const char* text : {"", "2", "h", "-2h", "2w", "2 h", "2h30m", "99999d", "4294967296s", "yesterday",
                           "2026-13-30", "2026-11-30T06:00:00"})
    CHECK_MESSAGE(refused({"--since", text}, "--since: '"), text);
}

TEST_CASE("watch: what is refused") {
  const test::aws_environment clean;
  CHECK(refused({"--run-id", "a"}, "--run-id needs one --workflow-arn"));
  CHECK(refused({"--run-id", "a", "--workflow-arn", workflow, "--workflow-arn", workflow},
                "--run-id needs one --workflow-arn"));
  CHECK(refused({"--run-id", "a", "--workflow-arn", workflow, "--active"},
                "argument --active: not allowed with --run-id"));
  CHECK(refused({"--run-id", "a", "--workflow-arn", workflow, "--since", "1h"}, "argument --since: not allowed"));
  CHECK(refused({"--run-id", "", "--workflow-arn", workflow}, "Invalid length for parameter RunId"));
  CHECK(refused({"--workflow-arn", ""}, "Invalid length for parameter WorkflowArn"));
  for (const char* share : {"0", "-0.1", "1.01", "nan", "inf", "", "half", "0.5x", "1e999"})
    CHECK_MESSAGE(refused({"--share", share}, "--share: '"), share);
  CHECK(refused({"--max-staleness", "0"}, "--max-staleness must be at least 1"));
  CHECK(refused({"--max-staleness", "soon"}, "invalid int value"));
  CHECK(refused({"--checkpoint", ""}, "--checkpoint must name a file"));
  CHECK(refused({"--workflow-arn"}, "argument --workflow-arn: expected one argument"));
  CHECK(refused({"--workflow-arn", workflow, "--workflow-arn", "--active"},
                "argument --workflow-arn: expected one argument"));
  CHECK(refused({"--no-active"}, "Unknown options: --no-active"));
  CHECK(refused({"--cli-input-json", "{}"}, "Unknown options: --cli-input-json"));
}

TEST_CASE("watch: a checkpoint is replaced as a whole") {
  const folder here;
  const std::string file = here.path / "place";
  CHECK_FALSE(cli::read_checkpoint(file));
  const std::string bytes{"a\0b\n", 4};
  cli::write_checkpoint(file, bytes);
  CHECK(cli::read_checkpoint(file) == bytes);
  struct stat about{};
  REQUIRE(::stat(file.c_str(), &about) == 0);
  CHECK((about.st_mode & 0777U) == 0600U);
  REQUIRE(::chmod(file.c_str(), 0644) == 0);
  cli::write_checkpoint(file, std::string(200'000, 'x'));
  CHECK(cli::read_checkpoint(file)->size() == 200'000);
  REQUIRE(::stat(file.c_str(), &about) == 0);
  CHECK((about.st_mode & 0777U) == 0644U);
  CHECK(std::distance(std::filesystem::directory_iterator{here.path}, {}) == 1);
}

TEST_CASE("watch: a checkpoint that cannot be read or written is named, and nothing is left behind") {
  const folder here;
  const std::string missing = here.path / "no" / "place";
  CHECK_FALSE(cli::read_checkpoint(missing));
  CHECK_THROWS_WITH_AS(cli::write_checkpoint(missing, "x"),
                       ("Could not write the checkpoint " + missing + ": No such file or directory").c_str(),
                       cli::failure);
  CHECK_THROWS_WITH_AS((void)cli::read_checkpoint(here.path),
                       ("Could not read the checkpoint " + here.path.string() + ": Is a directory").c_str(),
                       cli::failure);
  std::filesystem::create_directory(here.path / "folder");
  std::ofstream{here.path / "folder" / "in it"} << "kept";
  CHECK_THROWS_AS(cli::write_checkpoint(here.path / "folder", "x"), cli::failure);
  CHECK(content(here.path / "folder" / "in it") == "kept");
  CHECK(std::distance(std::filesystem::directory_iterator{here.path}, {}) == 1);
}
