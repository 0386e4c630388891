#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <cstdlib>
#include <memory>
#include <mwaa_serverless/error.hpp>
#include <utility>

#include "cli/completion.hpp"
#include "cli/failure.hpp"
#include "cli/format.hpp"
#include "cli/invocation.hpp"
#include "cli/parameter_file.hpp"
#include "cli/parameter_value.hpp"
#include "cli/skeleton.hpp"
#include "cli/wait_command.hpp"
#include "cli/watch_command.hpp"
#include "cli/whole_number.hpp"

namespace mwaa_serverless::cli {

namespace {

using form = protocol::value_type::form;

// Options that people know from the AWS CLI and will miss here.
struct missing_option {
  std::string_view flag;
  std::string_view instead;
};
constexpr missing_option not_offered[] = {
    {"--query", "print JSON and filter it, for example with jq"},
    {"--no-sign-request", "the service takes signed requests only"},
    {"--cli-input-yaml", "use --cli-input-json"},
    {"--cli-auto-prompt", "see --help for the parameters"},
    {"--cli-binary-format", "no parameter is binary"},
};

constexpr char exit_codes[] =
    "Exit codes:\n"
    "  0                           Success, also when the reader of standard output has gone.\n"
    "  1                           watch: everything has ended, and not all of it with success.\n"
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

constexpr char input_json[] = "--cli-input-json";
constexpr char skeleton[] = "--generate-cli-skeleton";
constexpr std::string_view paging_flags[] = {"--starting-token", "--page-size", "--max-items"};

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string{} : std::string{value};
}

// As argparse judges a word behind a list.
bool is_option(std::string_view word) {
  if (word.size() < 2 || word.front() != '-') return false;
  const std::string_view number = word.substr(1);
  if (number.find_first_not_of("0123456789.") == std::string_view::npos && number.back() != '.' &&
      std::ranges::count(number, '.') <= 1)
    return false;
  const std::size_t blank = word.find(' ');
  return blank == std::string_view::npos || (word.starts_with("--") && word.find('=') < blank);
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
    for (const command& each : commands()) add_skeleton(*add_command(app_, each));
    wait_ = app_.add_subcommand("wait", "Wait until something has come to its end.");
    wait_->require_subcommand(0, 1);
    add_command(*wait_, wait_for_run_command());
    watch_ = add_command(app_, watch_command());
    CLI::App* const configure = app_.add_subcommand("configure", "Show the configuration.");
    configure->require_subcommand(0, 1);
    list_ = configure->add_subcommand("list", "List the values that count, and where they come from.");
    completions_ = app_.add_subcommand("completions", "Print what completes command lines in a shell.");
    completions_->require_subcommand(0, 1);
    completions_->add_subcommand("bash", "For bash: eval \"$(mwaa-serverless completions bash)\"");
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
    const CLI::App* named = chosen.front();
    if (named == list_->get_parent()) {
      second_of(*named);
      out.lists_configuration = true;
      return out;
    }
    if (named == completions_) {
      second_of(*named);
      out.answer = bash_completion(completed_globals(), completed_commands());
      return out;
    }
    if (named == wait_) {
      named = second_of(*named);
      out.what = &wait_for_run_command();
    } else if (named == watch_) {
      out.what = &watch_command();
    } else {
      out.what = std::ranges::find(commands(), named->get_name(), &command::name).operator->();
    }
    read_arguments(*named, out);
    if (out.answer) return out;
    read_paging(out);
    return out;
  }

 private:
  void add_globals() {
    add_global("--output",
               "json, text, table or yaml; else AWS_DEFAULT_OUTPUT, else output of the profile, else json.");
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
             (chosen.front() == list_->get_parent() || chosen.front() == completions_ ? ""
                                                                                      : '\n' + std::string{example});
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
    const auto name = [&]() -> std::string {
      switch (one.type->is) {
        case form::text:
        case form::timestamp:
          return "TEXT";
        case form::integer:
          return "INTEGER";
        case form::boolean:
          return {};
        case form::list:
          return "TEXT...";
        case form::document:
          return "JSON";
        case form::structure:
        case form::map:
          return "SHORTHAND|JSON";
      }
      return {};
    }();
    return one.required ? name + " (required)" : name;
  }

  CLI::App* add_command(CLI::App& to, const command& each) {
    CLI::App* sub = to.add_subcommand(each.name, std::string{each.help});
    for (const parameter& one : each.parameters) {
      if (one.is(form::boolean)) {
        const std::string no = one.only_yes ? "" : ",!--no-" + one.flag.substr(2);
        sub->add_flag(one.flag + no, ignored_, std::string{one.help});
        continue;
      }
      auto* option = sub->add_option(one.flag, unused_, std::string{one.help});
      option->type_name(type_name(one));
      option->multi_option_policy(one.repeated ? CLI::MultiOptionPolicy::TakeAll : CLI::MultiOptionPolicy::TakeLast);
    }
    if (each.request == nullptr) return sub;
    sub->add_option(input_json, unused_,
                    "The request as JSON, or file://PATH; options take precedence over its members.")
        ->take_last()
        ->type_name("JSON");
    add_paging(*sub, each);
    return sub;
  }

  void add_skeleton(CLI::App& sub) {
    sub.add_option(skeleton, unused_, "input (default): print a sample for --cli-input-json; output: of the response.")
        ->take_last();
  }

  void add_paging(CLI::App& to, const command& each) {
    if (!each.paginated) return;
    to.add_option("--page-size", unused_, "Items a request; all pages are fetched all the same.")
        ->take_last()
        ->type_name("INTEGER");
    to.add_option("--max-items", unused_, "Items over all; the output's NextToken names what was left.")
        ->take_last()
        ->type_name("INTEGER");
    to.add_option("--starting-token", unused_, "NextToken of an output that --max-items has cut.")->take_last();
  }

  // Lists take all words up to the next option: CLI11, which would take commands' names and brackets for something
  // else, gets the number of their list. `--generate-cli-skeleton` may stand alone.
  std::vector<std::string> gathered(std::vector<std::string> args) {
    const auto takes_list = [&](std::string_view flag) {
      return std::ranges::any_of(commands(), [&](const command& each) {
        const auto has = [&](const parameter& one) { return one.flag == flag && one.is(form::list); };
        return std::ranges::find(args, each.name) != args.end() && std::ranges::any_of(each.parameters, has);
      });
    };
    std::vector<std::string> out;
    for (std::size_t i = 0; i < args.size(); ++i) {
      out.push_back(args[i]);
      const std::size_t sign = args[i].find('=');
      const std::string flag = args[i].substr(0, sign);
      if (args[i] == skeleton && (i + 1 == args.size() || is_option(args[i + 1]))) out.emplace_back("input");
      if (!flag.starts_with("--") || !takes_list(flag)) continue;
      out.back() = flag;
      std::vector<std::string> words;
      if (sign != std::string::npos) {
        words.push_back(args[i].substr(sign + 1));
      } else {
        while (i + 1 < args.size() && !is_option(args[i + 1])) words.push_back(std::move(args[++i]));
      }
      out.push_back(std::to_string(lists_.size()));
      lists_.push_back(std::move(words));
    }
    return out;
  }

  // False when help is asked for.
  bool run_cli11(std::vector<std::string> args) {
    try {
      std::vector<std::string> reversed = with_empty_values(gathered(std::move(args)));
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
    names += "wait, watch, configure, completions";
    const auto word = std::ranges::find_if(rest, [](const std::string& one) { return !one.starts_with('-'); });
    if (word == rest.end()) {
      if (!rest.empty()) return failure::unknown_options("Unknown options: " + joined(rest));
      return failure::usage("the following arguments are required: command");
    }
    return failure::usage("argument command: Found invalid choice '" + *word + "'\n\nValid choices are: " + names);
  }

  // The command below a group of them, such as `configure`.
  static const CLI::App* second_of(const CLI::App& group) {
    const auto chosen = group.get_subcommands();
    if (!chosen.empty()) return chosen.front();
    std::string names;
    for (const CLI::App* each : group.get_subcommands([](const CLI::App*) { return true; }))
      names.append(names.empty() ? "" : ", ").append(each->get_name());
    throw failure::usage("argument subcommand: Found invalid choice ''\n\nValid choices are: " + names);
  }

  void read_arguments(const CLI::App& sub, invocation& out) const {
    for (const CLI::Option* option : sub.get_options()) {
      const std::string flag = option->get_name();
      if (option->count() > 0) out.given.set_all(flag, values_of(*option));
    }
    const std::string sample = out.given.text(skeleton).value_or("");
    if (!sample.empty() && sample != "input" && sample != "output")
      throw failure::usage("argument " + std::string{skeleton} + ": Found invalid choice '" + sample +
                           "'\n\nValid choices are: input, output");
    std::string missing;
    for (const parameter& one : out.what->parameters)
      if (one.required && !out.given.given(one.flag)) missing.append(missing.empty() ? "" : ", ").append(one.flag);
    if (!missing.empty() && sample != "input" && !out.given.given(input_json))
      throw failure::usage("the following arguments are required: " + missing);
    for (const parameter& one : out.what->parameters) {
      if (one.repeated)
        read_repeated(one, out.given);
      else if (const auto value = out.given.text(one.flag))
        read_parameter_of(one, *value, out.given);
    }
    // The other two are numbers for the AWS CLI before it looks for files.
    if (auto token = out.given.text("--starting-token"))
      out.given.set("--starting-token", value_or_file_of("--starting-token", *std::move(token), false));
    if (const auto json = out.given.text(input_json))
      for (auto& member : read_input_json(*json))
        if (!out.given.request.contains(member.key())) out.given.request.emplace(member.key(), member.value());
    if (sample == "input") out.answer = format_json(make_skeleton(*out.what->request, sample::request)) + '\n';
    out.given.wants_sample = sample == "output";
  }

  void read_parameter_of(const parameter& one, const std::string& value, arguments& given) const {
    boost::json::value read =
        read_parameter(one, one.is(form::list) ? lists_[std::stoul(value)] : std::vector<std::string>{value});
    if (read.is_string()) given.set(one.flag, std::string{read.get_string()});
    if (read.is_int64()) given.set(one.flag, std::to_string(read.get_int64()));
    if (!one.member.empty()) given.request.insert_or_assign(one.member, std::move(read));
  }

  static void read_repeated(const parameter& one, arguments& given) {
    std::vector<std::string> values = given.texts(one.flag);
    for (std::string& each : values) each = read_parameter(one, {each}).as_string();
    if (!values.empty()) given.set_all(one.flag, std::move(values));
  }

  void read_paging(invocation& out) const {
    out.pages.enabled = !no_paginate_;
    if (!out.what->paginated) return;
    // The service's own paging parameters mean one page, as in the AWS CLI.
    if (out.given.request.contains("MaxResults") || out.given.request.contains("NextToken")) out.pages.enabled = false;
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
    return option.count() == 0 ? std::string{} : values_of(option).back();
  }

  // The last one, or all of an option that may be given several times.
  static std::vector<std::string> values_of(const CLI::Option& option) {
    std::vector<std::string> values = option.results();
    if (values.empty()) values.emplace_back();
    if (option.get_multi_option_policy() != CLI::MultiOptionPolicy::TakeAll)
      values.erase(values.begin(), values.end() - 1);
    for (const std::string& value : values)
      if (value.starts_with("--")) throw failure::usage("argument " + option.get_name() + ": expected one argument");
    return values;
  }

  std::vector<completed_flag> completed_globals() const {
    std::vector<completed_flag> out;
    for (const CLI::Option* each : app_.get_options()) {
      completed_flag flag{each->get_name(), each->get_items_expected_max() > 0, each->get_name() == "--ca-bundle", {}};
      if (flag.flag == "--output") flag.values = split(output_format_names);
      if (flag.flag == "--cli-error-format") flag.values = split(error_format_names);
      if (flag.flag == "--color") flag.values = split(color_choice_names);
      out.push_back(std::move(flag));
    }
    return out;
  }

  std::vector<completed_command> completed_commands() const {
    std::vector<completed_command> out;
    for (const command& each : commands()) out.push_back({each.name, completed_flags(app_, each)});
    const command& wait = wait_for_run_command();
    out.push_back({"wait " + wait.name, completed_flags(*wait_, wait)});
    out.push_back({watch_command().name, completed_flags(app_, watch_command())});
    out.push_back({"configure list", {}});
    out.push_back({"completions bash", {}});
    return out;
  }

  static std::vector<completed_flag> completed_flags(const CLI::App& group, const command& of) {
    std::vector<completed_flag> out;
    for (const CLI::Option* each : group.get_subcommand(of.name)->get_options()) {
      for (const std::string& name : each->get_lnames()) {
        completed_flag flag{"--" + name, each->get_items_expected_max() > 0, false, {}};
        const auto known = std::ranges::find(of.parameters, flag.flag, &parameter::flag);
        if (known != of.parameters.end()) {
          flag.values = possible_values(*known->type);
          flag.takes_file = known->takes_file;
        }
        if (flag.flag == skeleton) flag.values = {"input", "output"};
        if (flag.flag == input_json) flag.values = {"file://"};
        if (flag.flag != "--help") out.push_back(std::move(flag));
      }
    }
    return out;
  }

  // What the value of a parameter may be, or begin with.
  static std::vector<std::string> possible_values(const protocol::value_type& type) {
    std::vector<std::string> out;
    if (type.values != nullptr)
      for (const std::string_view value : type.values().subspan(1)) out.emplace_back(value);
    if (type.is != form::structure) return out;
    for (const protocol::member_row& each : type.members->members) {
      const std::string before = std::string{each.name} + '=';
      if (each.type->values != nullptr)
        for (const std::string_view value : each.type->values().subspan(1)) out.push_back(before + std::string{value});
      else
        out.push_back(each.type->is == form::structure || each.type->is == form::map ? before + '{' : before);
    }
    return out;
  }

  static std::vector<std::string> split(std::string_view names) {
    std::vector<std::string> out;
    while (!names.empty()) {
      const std::size_t end = std::min(names.find(", "), names.size());
      out.emplace_back(names.substr(0, end));
      names.remove_prefix(std::min(end + 2, names.size()));
    }
    return out;
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
  CLI::App* wait_ = nullptr;
  const CLI::App* watch_ = nullptr;
  CLI::App* completions_ = nullptr;
  std::vector<std::vector<std::string>> lists_;  // given to parameters that take several words
  std::string unused_;                           // values are read from the options' results
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
