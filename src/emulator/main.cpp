// mwaa-serverless-emulator: the emulator as a server for demonstrations and for clients in other languages.
// Standard output begins with `listening on URL`; SIGINT and SIGTERM end it with 0.
#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <mutex>
#include <mwaa_serverless/error.hpp>
#include <mwaa_serverless/testing/emulator.hpp>
#include <mwaa_serverless/testing/emulator_server.hpp>
#include <sstream>
#include <stdexcept>
#include <string>

#include "emulator/settings.hpp"

namespace asio = boost::asio;
namespace testing = mwaa_serverless::testing;
using mwaa_serverless::emulator_program::settings;

namespace {

constexpr int usage_error = 2;

/// `text` as one word of a shell.
std::string shell_word(const std::string& text) {
  const bool plain = !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view{"-_./:@%+=,"}.find(static_cast<char>(c)) != std::string_view::npos;
  });
  if (plain) return text;
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string{"'\\''"} : std::string{c};
  return out + "'";
}

void write_certificate(const std::string& path, const std::string& pem) {
  std::ofstream file{path, std::ios::binary | std::ios::trunc};
  file << pem << std::flush;
  if (!file) throw std::runtime_error("cannot write " + path);
}

void print_invitation(const settings& chosen, const testing::emulator& service, const std::string& url) {
  // Scripts wait for the first line: it must be the first and come at once.
  std::cout << "listening on " << url << std::endl;
  const auto line = [](const char* name, const std::string& value) {
    std::cout << "  export " << name << '=' << shell_word(value) << '\n';
  };
  std::cout << "\nFor clients in another shell:\n\n";
  line("AWS_ENDPOINT_URL_MWAA_SERVERLESS", url);
  line("AWS_ACCESS_KEY_ID", chosen.service.access_key_id);
  line("AWS_SECRET_ACCESS_KEY", chosen.service.secret_access_key);
  if (!chosen.service.session_token.empty()) line("AWS_SESSION_TOKEN", chosen.service.session_token);
  line("AWS_REGION", chosen.service.region);
  line("AWS_DEFAULT_REGION", chosen.service.region);  // the only one that botocore reads
  if (!chosen.certificate_file.empty())
    line("AWS_CA_BUNDLE", std::filesystem::absolute(chosen.certificate_file).string());
  if (chosen.service.scenario_json.empty()) {
    std::cout << "\nWorkflow " << service.workflow_arn() << "\nwith the runs " << testing::emulator::run_finished
              << ", " << testing::emulator::run_live << ", " << testing::emulator::run_failed << " and "
              << testing::emulator::run_empty << ".\n";
  }
  std::cout << std::flush;
}

void print_request(const testing::request_record& record) {
  std::ostringstream line;
  line << (record.operation.empty() ? "?" : record.operation) << ' ' << record.status;
  if (!record.code.empty()) line << ' ' << record.code;
  if (!record.attempt.empty()) line << " (" << record.attempt << ')';
  if (!record.fault.empty()) line << " [" << record.fault << ']';
  line << '\n';
  std::cerr << line.str();
}

int serve(settings chosen) {
  chosen.service.log_capacity = 0;  // nobody could read it
  if (chosen.verbose) chosen.service.on_request = print_request;

  testing::emulator service{chosen.service};
  service.script(chosen.faults);
  service.strike_randomly(chosen.fault_probability);

  asio::io_context io{1};
  testing::emulator_server server{io.get_executor(), service, chosen.server};
  if (!chosen.certificate_file.empty()) write_certificate(chosen.certificate_file, server.certificate_pem());
  asio::signal_set signals{io, SIGINT, SIGTERM};
  signals.async_wait([&](const boost::system::error_code& code, int) {
    if (code) return;
    server.stop();
    signals.clear();  // a second signal ends the program at once
  });
  print_invitation(chosen, service, server.endpoint_url());
  io.run();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  // Whoever started this may close its end of standard output after the first line.
  std::signal(SIGPIPE, SIG_IGN);
  try {
    int exit_code = 0;
    auto chosen = mwaa_serverless::emulator_program::read_command_line(argc, argv, exit_code);
    return chosen ? serve(*std::move(chosen)) : exit_code;
  } catch (const mwaa_serverless::exception& e) {
    std::cerr << "mwaa-serverless-emulator: " << e.details().message << '\n';
    return e.code() == mwaa_serverless::condition::caller ? usage_error : 1;
  } catch (const std::exception& e) {
    std::cerr << "mwaa-serverless-emulator: " << e.what() << '\n';
    return 1;
  }
}
