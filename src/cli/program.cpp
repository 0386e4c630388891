#include "cli/program.hpp"

#include <algorithm>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <memory>
#include <mwaa_serverless/client.hpp>
#include <optional>
#include <sstream>
#include <system_error>

#include "cli/attempt_reporter.hpp"
#include "cli/invocation.hpp"
#include "cli/standard_streams.hpp"
#include "config/settings.hpp"
#include "protocol/endpoint.hpp"
#include "strings/printable.hpp"

namespace mwaa_serverless::cli {

namespace asio = boost::asio;

namespace {

using log = std::function<void(std::string_view)>;

// Zero means no limit: a year.
std::chrono::milliseconds limit(std::chrono::seconds given) {
  return given.count() == 0 ? std::chrono::hours{24 * 365} : given;
}

// An io_context of its own: it is over before anything else begins.
template <class T>
T run_alone(asio::awaitable<T> work) {
  asio::io_context io{1};
  std::optional<T> value;
  std::exception_ptr failed;
  asio::co_spawn(io, std::move(work), [&](std::exception_ptr e, T got) {
    failed = std::move(e);
    if (!failed) value.emplace(std::move(got));
    io.stop();
  });
  io.run();
  if (failed) std::rethrow_exception(failed);
  return *std::move(value);
}

provider_options fetching(const invocation& asked, const process_environment& around) {
  provider_options options = around.fetching;
  options.ca_bundle = asked.ca_bundle;
  options.share_standard_input = true;
  if (around.ask) {
    options.mfa_code = [ask = around.ask](std::string serial) -> asio::awaitable<std::string> {
      std::string code = ask("Enter MFA code for " + serial + ": ");
      if (code.empty()) throw exception(error(errc::credentials_failed, "no MFA code was given"));
      co_return code;
    };
  }
  return options;
}

// What such a file or section says may be who to be: it is never left out without a word.
void warn_of_what_is_unread(const client_config& config, const process_environment& around) {
  for (const configured_value& each : config.describe())
    if (each.name.starts_with("unread_"))
      around.err(std::string{program_name} + ": [WARNING]: " + each.value + " (" +
                 (each.origin == setting_origin::environment ? each.place : "it does not count") + ")\n");
}

client_config settings(const invocation& asked, const process_environment& around) {
  const provider_options options = fetching(asked, around);
  client_config config = asked.region.empty() ? run_alone(client_config::load(asked.profile, options))
                                              : client_config::from_environment(asked.profile, options);
  warn_of_what_is_unread(config, around);
  if (!asked.region.empty()) config.region = asked.region;
  if (!asked.endpoint_url.empty()) config.endpoint_url = asked.endpoint_url;
  if (!asked.ca_bundle.empty()) config.ca_bundle = asked.ca_bundle;
  config.verify_tls = asked.verify_tls;
  // The library limits an attempt as a whole: connecting and reading together.
  std::chrono::milliseconds read = config.attempt_timeout - config.connect_timeout;
  if (asked.connect_timeout) config.connect_timeout = limit(*asked.connect_timeout);
  if (asked.read_timeout) read = limit(*asked.read_timeout);
  config.attempt_timeout = config.connect_timeout + read;
  // AWS tools want a region even for a private endpoint: requests are signed for it.
  if (config.region.empty()) throw exception(error(errc::no_region, "no region is configured"));
  return config;
}

// Where the client will send its requests, for messages. Empty when the settings are unusable.
std::string endpoint_url(const client_config& config) {
  const auto endpoint = protocol::resolve_endpoint(config.region, config.use_fips, config.endpoint_url);
  if (!endpoint) return config.endpoint_url;
  return (endpoint->where->tls ? "https://" : "http://") + endpoint->where->authority() + '/';
}

// `--output`, else what the environment or the profile says, as the AWS CLI.
output_format output_of(const invocation& asked, const client_config& config) {
  if (asked.output) return *asked.output;
  const auto settings = config.describe();
  const auto found = std::ranges::find(settings, "output", &configured_value::name);
  if (found == settings.end()) return output_format::json;
  if (const auto format = parse_output_format(found->value)) return *format;
  throw failure{exit_code::failure, "Unknown output type: " + found->value + " (" + found->place + "; there is " +
                                        std::string{output_format_names} + ")"};
}

void log_metrics(const log& debug, const client_metrics& metrics) {
  std::ostringstream line;
  line << metrics.operations << " operations, " << metrics.attempts << " attempts, " << metrics.retries << " retries, "
       << metrics.throttled << " throttled, " << metrics.transport.connections_opened << " connections opened, "
       << metrics.transport.connections_reused << " reused";
  debug(line.str());
}

// Runs the command to its end. A Ctrl-C cancels it; a second one ends the program at once. The signal that cancelled
// it, 0 for none; throws what the command throws.
int run_until_signal(const invocation& asked, call& context, asio::io_context& io, asio::signal_set& signals) {
  asio::cancellation_signal stop;
  std::exception_ptr outcome;
  int stopping = 0;
  signals.async_wait([&](const boost::system::error_code& ec, int number) {
    if (ec) return;
    stopping = number;
    signals.clear();
    stop.emit(asio::cancellation_type::terminal);
  });
  asio::co_spawn(io, asked.what->run(context), asio::bind_cancellation_slot(stop.slot(), [&](std::exception_ptr e) {
                   outcome = std::move(e);
                   signals.cancel();
                   io.stop();  // a refresh of credentials that nobody waits for may be under way
                 }));
  io.run();
  if (!outcome) return 0;
  if (stopping == 0) {
    // A Ctrl-C at a question, which keeps the loop from running.
    io.restart();
    signals.async_wait([&](const boost::system::error_code& ec, int number) { stopping = ec ? 0 : number; });
    io.poll();
  }
  // Whatever the cancellation ended in: a question without an answer fails too.
  if (stopping != 0) return stopping;
  std::rethrow_exception(outcome);
}

exit_code run_command(const invocation& asked, const process_environment& around, const table_style& style,
                      const log& debug) {
  client_config config = settings(asked, around);
  const output_format output = output_of(asked, config);
  asio::io_context io{1};
  running_output out;
  out.write = around.out;
  out.warn = [&](std::string_view line) {
    around.err(std::string{program_name} + ": [WARNING]: " + std::string{line} + '\n');
  };
  out.asked = asked.output;
  out.escape = around.out_is_terminal;
  out.color = style.color;
  // What is logged to the same terminal would be drawn over.
  if (asked.what->keeps_running && !asked.output && !(asked.debug && around.err_is_terminal))
    out.terminal = around.terminal;
  log tell;
  if (around.err_is_terminal && out.terminal == nullptr)
    tell = [&](std::string_view line) {
      around.err(std::string{program_name} + ": [INFO]: " + std::string{line} + '\n');
    };
  if (around.adjust) around.adjust(config);
  config.attempt_observer = std::make_shared<attempt_reporter>(io, debug, tell);
  const std::string endpoint = endpoint_url(config);

  if (!config.verify_tls && endpoint.starts_with("https:"))
    around.err(std::string{program_name} + ": [WARNING]: --no-verify-ssl: ANY CERTIFICATE IS ACCEPTED; whoever is " +
               "between here and " + endpoint + " can read and change everything\n");

  asio::signal_set signals{io};
  if (!is_ignored(SIGINT)) signals.add(SIGINT);  // from here on a Ctrl-C waits for the loop
  if (asked.what->keeps_running)
    for (const int each : {SIGTERM, SIGHUP})
      if (!is_ignored(each)) signals.add(each);
  debug(std::string{program_name} + "/" MWAA_SERVERLESS_VERSION " " + std::string{asked.what->name} + ", region " +
        config.region + ", endpoint " + endpoint + (config.credentials ? "" : ", no credentials"));
  try {
    result_printer printer{output, style, asked.what->operation, around.out_is_terminal, around.out};
    call context{client{io.get_executor(), std::move(config)}, asked.given, asked.pages, printer, out, debug};
    const int stopped_by = run_until_signal(asked, context, io, signals);
    log_metrics(debug, context.api.metrics());
    if (stopped_by == 0) return exit_code::success;
    if (stopped_by == SIGTERM) return exit_code::terminated;
    if (stopped_by == SIGHUP) return exit_code::hung_up;
    // What keeps running may be read line by line, and leaves the screen as it was.
    if (!asked.what->keeps_running || (around.out_is_terminal && out.terminal == nullptr)) around.out("\n");
    return exit_code::interrupted;
  } catch (const exception& problem) {
    debug(problem.what());
    throw failure::of(problem.details(), endpoint);
  }
}

// A line of `configure list`, as that of the AWS CLI v2.
std::string listed(std::string_view name, std::string_view value, std::string_view type, std::string_view location) {
  const auto right = [](std::string_view text, std::size_t width) {
    return std::string(width > text.size() ? width - text.size() : 0, ' ') + std::string{text};
  };
  return right(name, 10) + ' ' + right(value, 24) + ' ' + right(type, 16) + "    " + std::string{location} + '\n';
}

std::string listed_key(std::string_view name, const credentials* keys, std::string_view value) {
  if (keys == nullptr) return listed(name, "<not set>", "None", "None");
  const std::string_view end = value.substr(value.size() - std::min<std::size_t>(value.size(), 4));
  return listed(name, "****************" + std::string{end}, keys->source(), {});
}

std::string listed(std::string_view name, const std::vector<configured_value>& all) {
  const auto found = std::ranges::find(all, name, &configured_value::name);
  if (found == all.end() || found->origin == setting_origin::by_default)
    return listed(name, "<not set>", "None", "None");
  if (found->origin == setting_origin::code) return listed(name, found->value, "manual", "--" + std::string{name});
  if (found->origin == setting_origin::instance_metadata) return listed(name, found->value, "imds", {});
  if (found->origin == setting_origin::environment) {
    const auto& variables = config::find_setting(name)->variables;
    return listed(name, found->value, "env", std::string{"['"} + variables[0] + "', '" + variables[1] + "']");
  }
  const char* const file = std::getenv("AWS_CONFIG_FILE");
  return listed(name, found->value, "config-file", file == nullptr || *file == '\0' ? "~/.aws/config" : file);
}

exit_code list_configuration(const invocation& asked, const process_environment& around, const log& debug) {
  const client_config config = run_alone(client_config::load(asked.profile, fetching(asked, around)));
  warn_of_what_is_unread(config, around);
  const std::vector<configured_value> all = config.describe();
  for (const configured_value& each : all)
    debug(each.name + " = " + (each.value.empty() ? "(none)" : each.value) + "  # " + each.place);

  const auto got = run_alone(config.credentials->get(clock::time_point::max()));
  const credentials* const keys = got ? got->get() : nullptr;
  std::string table =
      listed("Name", "Value", "Type", "Location") + listed("----", "-----", "----", "--------") +
      listed("profile", all) + listed_key("access_key", keys, keys == nullptr ? "" : keys->access_key_id()) +
      listed_key("secret_key", keys, keys == nullptr ? "" : keys->secret_access_key()) + listed("region", all);
  around.out(around.out_is_terminal ? strings::printable(std::move(table), "\n") : table);
  if (!got && got.error().code != errc::no_credentials) throw exception(got.error());
  return exit_code::success;
}

}  // namespace

exit_code run_program(std::vector<std::string> args, const process_environment& given) {
  // Arguments and files are repeated in messages too.
  process_environment around = given;
  around.err = [&](std::string_view text) { given.err(strings::printable(std::string{text}, "\n\t")); };
  error_format errors = error_format::enhanced;
  table_style style;
  style.terminal_width = around.terminal_width;
  const auto report = [&](const failure& problem) {
    table_style plain = style;
    plain.color = false;
    around.err(problem.render(errors, plain));
    return problem.exit();
  };
  try {
    const invocation asked = parse_command_line(std::move(args), errors);
    if (asked.answer) {
      around.out(*asked.answer);
      return exit_code::success;
    }
    style.color = asked.color == color_choice::on || (asked.color == color_choice::automatic && around.out_is_terminal);
    const log debug = [&](std::string_view line) {
      if (asked.debug) around.err(std::string{program_name} + ": [DEBUG]: " + std::string{line} + '\n');
    };
    if (asked.lists_configuration) return list_configuration(asked, around, debug);
    return run_command(asked, around, style, debug);
  } catch (const failure& problem) {
    return report(problem);
  } catch (const exception& problem) {
    return report(failure::of(problem.details(), {}));
  } catch (const std::system_error& problem) {
    // Whoever reads our output has seen enough.
    if (problem.code() == std::errc::broken_pipe) return exit_code::success;
    return report({exit_code::failure, problem.what()});
  } catch (const std::exception& problem) {
    return report({exit_code::failure, problem.what()});
  }
}

}  // namespace mwaa_serverless::cli
