#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <cstdlib>
#include <memory>
#include <mwaa_serverless/error.hpp>
#include <utility>

#include "cli/failure.hpp"
#include "cli/invocation.hpp"
#include "cli/parameter_file.hpp"
#include "cli/whole_number.hpp"

namespace mwaa_serverless::cli {

namespace {

// Options that people know from the AWS CLI and will miss here.
struct missing_option {
  std::string_view flag;
  std::string_view instead;
};
constexpr missing_option not_offered[] = {
    {"--query", "print JSON and filter it, for example with jq"},
    {"--no-sign-request", "the service takes signed requests only"},
    {"--cli-input-json", "give the parameters as options"},
    {"--cli-input-yaml", "give the parameters as options"},
    {"--generate-cli-skeleton", "see --help for the parameters"},
    {"--cli-auto-prompt", "see --help for the parameters"},
    {"--cli-binary-format", "no parameter is binary"},
};

constexpr char exit_codes[] =
    "Exit codes:\n"
    "  0                           Success, also when the reader of standard output has gone.\n"
    "  130                         Interrupted (Ctrl-C).\n"
    "  252                         The command line is wrong, or a parameter is refused before anything is sent.\n"
    "  253                         No region or no credentials.\n"
    "  254                         The service answered with an error.\n"
    "  255                         Everything else: no connection, a time-out, an unknown profile, a full disk.\n";

constexpr char example[] =
    "Example:\n"
    "  mwaa-serverless list-task-instances --region us-east-1 --output table \\\n"
    "      --workflow-arn arn:aws:airflow-serverless:us-east-1:123456789012:workflow/etl-nightly-Ab12Cd34Ef \\\n"
    "      --run-id 0aBcDeFgHiJkLmN\n";

constexpr std::string_view paging_flags[] = {"--starting-token", "--page-size", "--max-items"};

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string{} : std::string{value};
}

// `--flag=` is a value too, an empty one; CLI11 would take the next argument instead.
std::vector<std::string> with_empty_values(std::vector<std::string> args) {
  std::vector<std::string> out;
  for (std::string& arg : args) {
    if (arg.size() > 3 && arg.starts_with("--") && arg.find('=') == arg.size() - 1) {
      arg.pop_back();
      out.push_back(std::move(arg));
      out.emplace_back();
    } else {
      out.push_back(std::move(arg));
    }
  }
  return out;
}

std::string last_result(const CLI::Option& option) {
  const auto results = option.results();
  return results.empty() ? std::string{} : results.back();
}

template <class Choice>
Choice choose(std::string_view flag, const std::string& name, std::optional<Choice> choice, std::string_view names) {
  if (choice) return *choice;
  throw failure::usage("argument " + std::string{flag} + ": Found invalid choice '" + name +
                       "'\n\nValid choices are: " + std::string{names});
}

class parser {
 public:
  explicit parser(error_format& errors) : errors_(errors) {
    app_.fallthrough();  // global options may stand behind the command too
    app_.allow_extras();
    app_.set_help_flag("-h,--help", "Print this help.");
    app_.require_subcommand(0, 1);
    add_globals();
    for (const command& each : commands()) add_command(each);
    CLI::App* const configure = app_.add_subcommand("configure", "Show the configuration.");
    configure->require_subcommand(0, 1);
    list_ = configure->add_subcommand("list", "List the values that count, and where they come from.");
    app_.footer(
        std::string{exit_codes} + '\n' + example +
        "\n"
        "Credentials and settings are found as by the AWS CLI: in the environment (AWS_ACCESS_KEY_ID, AWS_PROFILE,\n"
        "AWS_REGION, AWS_ENDPOINT_URL_MWAA_SERVERLESS, AWS_CA_BUNDLE, AWS_MAX_ATTEMPTS...), in ~/.aws/config and\n"
        "~/.aws/credentials, from the container and the instance. `mwaa-serverless configure list` shows them.");
  }

  invocation parse(std::vector<std::string> args) {
    invocation out;
    const bool understood = run_cli11(std::move(args));
    read_error_format();
    if (!understood) {
      out.answer = help();
      return out;
    }
    if (version_) {
      out.answer = std::string{program_name} + "/" MWAA_SERVERLESS_VERSION "\n";
      return out;
    }
    std::vector<std::string> rest = app_.remaining(true);
    const auto chosen = app_.get_subcommands();
    if (rest == std::vector<std::string>{"help"}) {
      out.answer = help();
      return out;
    }
    check_offered(rest);
    if (chosen.empty()) throw no_command(rest);
    if (!rest.empty()) throw failure::unknown_options("Unknown options: " + joined(rest));

    read_globals(out);
    if (chosen.front()->get_name() == "configure") {
      if (!*list_) throw failure::usage("argument subcommand: Found invalid choice ''\n\nValid choices are: list");
      out.lists_configuration = true;
      return out;
    }
    out.what = std::ranges::find(commands(), chosen.front()->get_name(), &command::name).operator->();
    read_arguments(*chosen.front(), out);
    read_paging(out);
    return out;
  }

 private:
  void add_globals() {
    add_global("--output", "json, text or table; else AWS_DEFAULT_OUTPUT, else output of the profile, else json.");
    add_global("--region", "Region; overrides AWS_REGION and AWS_DEFAULT_REGION.");
    add_global("--profile", "The profile of ~/.aws/config and ~/.aws/credentials to use.");
    add_global("--endpoint-url", "Send requests there instead of to the region's endpoint.");
    add_global("--ca-bundle", "PEM file of certificates to trust instead of the system's.");
    app_.add_flag("--no-verify-ssl", no_verify_ssl_, "Accept any certificate.");
    app_.add_flag("--no-paginate", no_paginate_, "Fetch one page only.");
    add_global("--cli-connect-timeout", "Seconds to connect; 0 for no limit. Default 3.1.");
    add_global("--cli-read-timeout", "Seconds to wait for a response once connected; 0 for no limit. Default 26.9.");
    add_global("--cli-error-format", "enhanced (default), legacy, json, yaml, text or table.");
    add_global("--color", "on, off or auto (default): colours in tables.");
    app_.add_flag("--debug", debug_, "Log to standard error what is done, while it is done. Logs no secrets.");
    app_.add_flag("--no-cli-pager", ignored_, "No effect: there is no pager.");
    app_.add_flag("--no-cli-auto-prompt", ignored_, "No effect: there is no prompt.");
    app_.add_flag("--version", version_, "Print the version.");
  }

  void add_global(const char* flag, const char* help) { app_.add_option(flag, unused_, help)->take_last(); }

  // Of the command that was named, or of the program.
  std::string help() const {
    const auto chosen = app_.get_subcommands();
    if (!chosen.empty())
      return app_.help() + global_options() + '\n' + exit_codes +
             (chosen.front() == list_->get_parent() ? "" : '\n' + std::string{example});
    const std::vector<std::string> rest = app_.remaining(true);
    if (std::ranges::any_of(rest, [](const std::string& one) { return one != "help" && !one.starts_with('-'); }))
      throw no_command(rest);
    return app_.help();
  }

  std::string global_options() const {
    std::vector<const CLI::Option*> options =
        app_.get_options([](const CLI::Option* one) { return one->get_name() != "--help"; });
    return CLI::Formatter{}.make_group("Global options", false, std::move(options));
  }

  static std::string type_name(const parameter& one) {
    const char* const type = one.kind == parameter_kind::integer ? "INTEGER"
                             : one.kind == parameter_kind::json  ? "JSON"
                                                                 : "TEXT";
    return one.required ? std::string{type} + " (required)" : type;
  }

  void add_command(const command& each) {
    CLI::App* sub = app_.add_subcommand(each.name, std::string{each.help});
    for (const parameter& one : each.parameters) {
      auto* option = sub->add_option(one.flag, unused_, std::string{one.help})->take_last();
      option->type_name(type_name(one));
    }
    if (!each.paginated) return;
    sub->add_option("--page-size", unused_, "Items a request; all pages are fetched all the same.")
        ->take_last()
        ->type_name("INTEGER");
    sub->add_option("--max-items", unused_, "Items over all; the output's NextToken names what was left.")
        ->take_last()
        ->type_name("INTEGER");
    sub->add_option("--starting-token", unused_, "NextToken of an output that --max-items has cut.")->take_last();
  }

  // False when help is asked for.
  bool run_cli11(std::vector<std::string> args) {
    try {
      std::vector<std::string> reversed = with_empty_values(std::move(args));
      std::ranges::reverse(reversed);
      app_.parse(std::move(reversed));
      return true;
    } catch (const CLI::CallForHelp&) {
      return false;
    } catch (const CLI::ArgumentMismatch& problem) {
      read_error_format();
      const std::string text = problem.what();
      throw failure::usage("argument " + text.substr(0, text.find(':')) + ": expected one argument");
    } catch (const CLI::ParseError& problem) {
      read_error_format();
      throw failure::usage(problem.what());
    }
  }

  void read_error_format() {
    if (const std::string name = global("--cli-error-format"); !name.empty()) {
      errors_ = choose("--cli-error-format", name, parse_error_format(name), error_format_names);
    } else if (const std::string set = variable("AWS_CLI_ERROR_FORMAT"); !set.empty()) {
      const auto format = parse_error_format(set);
      if (!format) throw failure{exit_code::failure, "Unknown error format: " + set};
      errors_ = *format;
    }
  }

  static void check_offered(const std::vector<std::string>& rest) {
    for (const std::string& word : rest) {
      const std::string_view flag = std::string_view{word}.substr(0, word.find('='));
      const auto* const known = std::ranges::find(not_offered, flag, &missing_option::flag);
      if (known == std::end(not_offered)) continue;
      throw failure::unknown_options(std::string{flag} + " is an option of the AWS CLI that " +
                                     std::string{program_name} + " does not offer: " + std::string{known->instead});
    }
  }

  static failure no_command(const std::vector<std::string>& rest) {
    std::string names;
    for (const command& each : commands()) names.append(each.name).append(", ");
    names += "configure";
    const auto word = std::ranges::find_if(rest, [](const std::string& one) { return !one.starts_with('-'); });
    if (word == rest.end()) {
      if (!rest.empty()) return failure::unknown_options("Unknown options: " + joined(rest));
      return failure::usage("the following arguments are required: command");
    }
    return failure::usage("argument command: Found invalid choice '" + *word + "'\n\nValid choices are: " + names);
  }

  static void read_arguments(const CLI::App& sub, invocation& out) {
    std::string missing;
    for (const CLI::Option* option : sub.get_options()) {
      const std::string flag = option->get_name();
      if (option->count() > 0) out.given.set(flag, value_of(*option));
    }
    for (const parameter& one : out.what->parameters)
      if (one.required && !out.given.given(one.flag)) missing.append(missing.empty() ? "" : ", ").append(one.flag);
    if (!missing.empty()) throw failure::usage("the following arguments are required: " + missing);
    const auto read_file = [&](std::string_view flag, parameter_kind kind) {
      if (auto value = out.given.text(flag)) out.given.set(flag, parameter_value(flag, kind, *std::move(value)));
    };
    for (const parameter& one : out.what->parameters) {
      read_file(one.flag, one.kind);
      if (one.kind == parameter_kind::integer) static_cast<void>(out.given.integer(one.flag));
    }
    // The other two are numbers for the AWS CLI before it looks for files.
    if (out.what->paginated) read_file("--starting-token", parameter_kind::text);
  }

  void read_paging(invocation& out) const {
    out.pages.enabled = !no_paginate_;
    if (!out.what->paginated) return;
    // The service's own paging parameters mean one page, as in the AWS CLI.
    if (out.given.given("--max-results") || out.given.given("--next-token")) out.pages.enabled = false;
    if (!out.pages.enabled) {
      std::string wrong;
      for (const std::string_view flag : paging_flags)
        if (out.given.given(flag)) wrong.append(wrong.empty() ? "" : ", ").append(flag);
      if (!wrong.empty())
        throw failure::parameter("Cannot specify --no-paginate along with pagination arguments: " + wrong);
      return;
    }
    out.pages.page_size = out.given.integer("--page-size");
    if (const auto items = out.given.text("--max-items")) {
      const auto count = parse_whole_number<std::int64_t>("--max-items", *items);
      if (count < 0) {
        throw failure::parameter("Parameter validation failed:\nInvalid value for parameter --max-items, value: " +
                                 std::to_string(count) + ", valid min value: 0");
      }
      out.pages.max_items = static_cast<std::uint64_t>(count);
    }
    out.pages.starting_token = out.given.text("--starting-token");
  }

  void read_globals(invocation& out) const {
    out.debug = debug_;
    out.verify_tls = !no_verify_ssl_;
    out.region = global("--region");
    out.profile = global("--profile");
    out.ca_bundle = global("--ca-bundle");
    out.endpoint_url = global("--endpoint-url");
    if (!out.endpoint_url.empty() && out.endpoint_url.find("://") == std::string::npos) {
      throw failure::parameter("Bad value for --endpoint-url \"" + out.endpoint_url +
                               "\": scheme is missing.  Must be of the form http://<hostname>/ or "
                               "https://<hostname>/");
    }
    out.connect_timeout = seconds("--cli-connect-timeout");
    out.read_timeout = seconds("--cli-read-timeout");
    if (const std::string name = global("--color"); !name.empty())
      out.color = choose("--color", name, parse_color_choice(name), color_choice_names);
    if (const std::string name = global("--output"); !name.empty())
      out.output = choose("--output", name, parse_output_format(name), output_format_names);
  }

  [[nodiscard]] std::optional<std::chrono::seconds> seconds(const char* flag) const {
    const std::string text = global(flag);
    if (text.empty()) return std::nullopt;
    const auto count = parse_whole_number<std::int32_t>(flag, text);
    if (count < 0) throw failure::parameter(std::string{flag} + " " + text + ": must not be negative");
    return std::chrono::seconds{count};
  }

  [[nodiscard]] std::string global(const char* flag) const { return value_of(*app_.get_option(flag)); }

  // CLI11 takes whatever follows an option as its value; another option there means that the value was forgotten.
  static std::string value_of(const CLI::Option& option) {
    std::string value = last_result(option);
    if (value.starts_with("--")) throw failure::usage("argument " + option.get_name() + ": expected one argument");
    return value;
  }

  static std::string joined(const std::vector<std::string>& words) {
    std::string out;
    for (const std::string& word : words) out.append(out.empty() ? "" : ", ").append(word);
    return out;
  }

  error_format& errors_;
  CLI::App app_{"Commands of Amazon MWAA Serverless, with the AWS CLI's options, output and exit codes.",
                std::string{program_name}};
  const CLI::App* list_ = nullptr;
  std::string unused_;  // values are read from the options' results
  bool no_verify_ssl_ = false;
  bool no_paginate_ = false;
  bool debug_ = false;
  bool version_ = false;
  bool ignored_ = false;
};

}  // namespace

invocation parse_command_line(std::vector<std::string> args, error_format& errors) {
  return parser{errors}.parse(std::move(args));
}

}  // namespace mwaa_serverless::cli
