// The commands of the program: what they take and what they do.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/json/object.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <mwaa_serverless/client.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cli/result_printer.hpp"
#include "protocol/describe.hpp"

namespace mwaa_serverless::cli {

/// One parameter of a command.
struct parameter {
  std::string flag;         ///< With its dashes.
  std::string_view member;  ///< Of the request.
  const protocol::value_type* type = nullptr;
  bool required = false;
  bool sensitive = false;
  std::string_view help;
  bool repeated = false;    ///< May be given several times.
  bool only_yes = false;    ///< A boolean without its `--no-`.
  bool takes_file = false;  ///< Its value names a file.

  [[nodiscard]] bool is(protocol::value_type::form form) const noexcept { return type->is == form; }
};

/// What was given to a command's parameters.
class arguments {
 public:
  void set(std::string_view flag, std::string value) { set_all(flag, {std::move(value)}); }
  void set_all(std::string_view flag, std::vector<std::string> values) {
    values_.insert_or_assign(std::string{flag}, std::move(values));
  }
  [[nodiscard]] bool given(std::string_view flag) const { return values_.contains(flag); }
  [[nodiscard]] std::optional<std::string> text(std::string_view flag) const;
  /// All that was given to a flag which may be given several times.
  [[nodiscard]] std::vector<std::string> texts(std::string_view flag) const;
  /// Throws failure naming the flag when the value is no whole number, as Python reads one, or too large.
  [[nodiscard]] std::optional<std::int32_t> integer(std::string_view flag) const;

  boost::json::object request;  ///< The members of the request, as read: not yet checked.
  bool wants_sample = false;    ///< A sample of the response, and nothing sent (`--generate-cli-skeleton output`).

 private:
  std::map<std::string, std::vector<std::string>, std::less<>> values_;  // none of them empty
};

/// How a listing is paged.
class paging {
 public:
  paging() {}

  bool enabled = true;  ///< False: one page, with the service's own token.
  std::optional<std::int32_t> page_size;
  std::optional<std::uint64_t> max_items;  ///< Zero: one page is fetched, and its items are left.
  std::optional<std::string> starting_token;
};

class live_terminal;

/// Where a command goes that prints while it runs, and not through a result_printer.
class running_output {
 public:
  running_output() = default;

  std::function<void(std::string_view)> write;  ///< To standard output.
  std::function<void(std::string_view)> warn;   ///< A line for the person at the terminal.
  std::optional<output_format> asked;           ///< `--output`, not what the environment says.
  bool escape = false;                          ///< Standard output is a terminal.
  bool color = false;
  live_terminal* terminal = nullptr;  ///< To be drawn on; null: lines are wanted.
};

/// What a command works with while it runs.
class call {
 public:
  call(client api_value, const arguments& given_value, const paging& pages_value, result_printer& printer_value,
       const running_output& out_value, std::function<void(std::string_view)> debug_value)
      : api(std::move(api_value)),
        given(given_value),
        pages(pages_value),
        printer(printer_value),
        out(out_value),
        debug(std::move(debug_value)) {}

  client api;
  const arguments& given;
  const paging& pages;
  result_printer& printer;
  const running_output& out;
  std::function<void(std::string_view)> debug;  ///< Logs a line; does nothing without --debug.
};

struct command {
  std::string name;            ///< `list-task-instances`
  std::string_view operation;  ///< `ListTaskInstances`
  std::string_view help;
  std::vector<parameter> parameters;
  const protocol::structure* request = nullptr;  ///< Null: it has none of its own.
  bool paginated = false;                        ///< Takes --starting-token, --page-size and --max-items too.
  /// Prints or draws while it runs, see call::out; SIGTERM and SIGHUP end it as a Ctrl-C does.
  bool keeps_running = false;
  /// Prints through `context.printer`; `context` outlives the awaitable.
  boost::asio::awaitable<void> (*run)(call& context) = nullptr;
};

/// All commands, in the order of help.
[[nodiscard]] std::span<const command> commands();

/// The token of AWS's form that `--starting-token given` means to the AWS CLI, which also takes what its version 1 has
/// printed: `None` for the beginning, TOKEN___OFFSET for a place inside a page.
[[nodiscard]] std::string read_starting_token(const std::string& given);

}  // namespace mwaa_serverless::cli
