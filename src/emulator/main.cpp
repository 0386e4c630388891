// mwaa-serverless-emulator: the emulator as a server for demonstrations and for clients in other languages.
// Standard output begins with `listening on URL`; SIGINT and SIGTERM end it with 0.
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/system/system_error.hpp>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <mwaa_serverless/error.hpp>
#include <mwaa_serverless/testing/emulator.hpp>
#include <mwaa_serverless/testing/emulator_server.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

#include "emulator/settings.hpp"
#include "strings/date_time.hpp"

namespace asio = boost::asio;
namespace testing = mwaa_serverless::testing;
using mwaa_serverless::emulator::settings;

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

/// The file with the certificate authority to trust: the one that was asked for, or a temporary one.
class certificate_file {
 public:
  certificate_file(const std::string& wanted, const std::string& pem) : path_(wanted) {
    if (path_.empty()) {
      path_ = (std::filesystem::temp_directory_path() / "mwaa-serverless-emulator-XXXXXX").string();
      const int made = ::mkstemp(path_.data());  // a name that nobody could prepare
      if (made < 0) throw std::system_error(errno, std::generic_category(), "cannot make " + path_);
      ::close(made);
      temporary_ = true;
    }
    path_ = std::filesystem::absolute(path_).string();
    std::ofstream file{path_, std::ios::binary | std::ios::trunc};
    file << pem << std::flush;
    if (!file) throw std::runtime_error("cannot write " + path_);
  }
  certificate_file(const certificate_file&) = delete;
  certificate_file& operator=(const certificate_file&) = delete;
  ~certificate_file() {
    std::error_code ignored;
    if (temporary_) std::filesystem::remove(path_, ignored);
  }
  [[nodiscard]] const std::string& path() const noexcept { return path_; }

 private:
  std::string path_;
  bool temporary_ = false;
};

void print_invitation(const settings& chosen, const testing::emulator& service, const std::string& url,
                      const std::string& certificate) {
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
  if (!certificate.empty()) {
    line("AWS_CA_BUNDLE", certificate);
    std::cout << "\nThat file is the certificate authority to trust, made for this run. Clients that do not read\n"
                 "AWS_CA_BUNDLE take it as SSL_CERT_FILE, or in their trust store.\n";
  }
  if (chosen.service.scenario_json.empty()) {
    std::cout << "\nWorkflow " << service.workflow_arn() << "\nwith the runs " << testing::emulator::run_finished
              << ", " << testing::emulator::run_live << ", " << testing::emulator::run_failed << " and "
              << testing::emulator::run_empty << ".\n";
  }
  std::cout << std::flush;
}

/// What a client sent, in a line of a log: no control characters, and `-` for nothing.
std::string shown(const std::string& text) {
  std::string out = text.empty() ? "-" : text;
  for (char& c : out) {
    if (c < ' ' || c == '\x7f') c = '?';
  }
  return out;
}

void print_request(const testing::request_record& record) {
  std::string line = mwaa_serverless::strings::format_timestamp(record.wall_time) + ' ' + shown(record.operation) +
                     ' ' + shown(record.run_id) + ' ' + record.request_id + ' ' + std::to_string(record.status);
  if (!record.code.empty()) line += ' ' + record.code;
  if (!record.attempt.empty()) line += " (" + shown(record.attempt) + ')';
  if (!record.fault.empty()) line += " [" + record.fault + ']';
  std::cerr << line + '\n' << std::flush;
}

/// Without the place in Asio's sources that what() tells.
std::string plain(const boost::system::system_error& e) {
  return e.code().message();
}

int serve(settings chosen) {
  chosen.service.log_capacity = 10'000;
  chosen.server.steering = true;
  if (chosen.verbose) chosen.service.on_request = print_request;

  testing::emulator service{chosen.service};
  service.script(chosen.faults);
  service.strike_randomly(chosen.fault_probability);

  asio::io_context io{1};
  std::optional<testing::emulator_server> listening;
  try {
    listening.emplace(io.get_executor(), service, chosen.server);
  } catch (const boost::system::system_error& e) {
    throw std::runtime_error("cannot listen on " + chosen.server.address + ", port " +
                             std::to_string(chosen.server.port) + ": " + plain(e) +
                             (chosen.server.port == 0 ? "" : " (--port 0 takes a free one)"));
  }
  testing::emulator_server& server = *listening;
  std::optional<certificate_file> certificate;
  if (chosen.server.tls) certificate.emplace(chosen.certificate_file, server.certificate_pem());
  asio::signal_set signals{io, SIGINT, SIGTERM};
  signals.async_wait([&](const boost::system::error_code& code, int) {
    if (code) return;
    server.stop();
    signals.clear();  // a second signal ends the program at once
  });
  print_invitation(chosen, service, server.endpoint_url(), certificate ? certificate->path() : std::string{});
  io.run();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  // Whoever started this may close its end of standard output after the first line.
  std::signal(SIGPIPE, SIG_IGN);
  try {
    int exit_code = 0;
    auto chosen = mwaa_serverless::emulator::read_command_line(argc, argv, exit_code);
    return chosen ? serve(*std::move(chosen)) : exit_code;
  } catch (const mwaa_serverless::exception& e) {
    std::cerr << "mwaa-serverless-emulator: " << e.details().message << '\n';
    return e.code() == mwaa_serverless::condition::caller ? usage_error : 1;
  } catch (const boost::system::system_error& e) {
    std::cerr << "mwaa-serverless-emulator: " << plain(e) << '\n';
    return 1;
  } catch (const std::exception& e) {
    std::cerr << "mwaa-serverless-emulator: " << e.what() << '\n';
    return 1;
  }
}
