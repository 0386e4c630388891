#include "cli/attempt_reporter.hpp"

#include <array>
#include <chrono>
#include <cstdio>
#include <utility>

namespace mwaa_serverless::cli {

namespace {

using namespace std::chrono_literals;

constexpr auto long_wait = 1s;

std::string seconds(std::chrono::nanoseconds value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.1f s", std::chrono::duration<double>(value).count());
  return text.data();
}

std::string milliseconds(std::chrono::nanoseconds value) {
  return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(value).count()) + " ms";
}

std::string outcome(const attempt_record& attempt) {
  std::string out;
  if (attempt.http_status != 0) out = "HTTP " + std::to_string(attempt.http_status);
  if (!attempt.code) return out;
  if (!out.empty()) out += ' ';
  return out + (attempt.aws_code.empty() ? attempt.code.message() : attempt.aws_code);
}

}  // namespace

attempt_reporter::attempt_reporter(boost::asio::io_context& io, line debug, line tell)
    : timer_(io), debug_(std::move(debug)), tell_(std::move(tell)) {}

void attempt_reporter::attempt_started(const operation_id& operation, int number) noexcept {
  timer_.cancel();
  debug_("attempt " + std::to_string(number) + " of " + std::string{operation.name} + " begins");
}

void attempt_reporter::attempt_ended(const operation_id&, const attempt_record& attempt) noexcept {
  std::string said = "attempt " + std::to_string(attempt.number) + ": " + outcome(attempt);
  if (!attempt.request_id.empty()) said += ", request id " + attempt.request_id;
  said += ", after " + milliseconds(attempt.took);
  if (attempt.gate_wait > 1ms) said += " and " + milliseconds(attempt.gate_wait) + " in the queue";
  if (!attempt.reason.empty()) said += ": " + attempt.reason;
  if (!attempt.hint_note.empty()) said += " (" + attempt.hint_note + ")";
  if (attempt.wait_after > 0ns) said += "; waiting " + milliseconds(attempt.wait_after);
  debug_(said);

  last_ = attempt.code ? outcome(attempt) : std::string{};
  if (!tell_) return;
  if (attempt.wait_after > long_wait) {
    tell_("waiting " + seconds(attempt.wait_after) + " before attempt " + std::to_string(attempt.number + 1) + " (" +
          last_ + ')');
  } else {
    watch_wait();
  }
}

// How long callers stay in line nobody knows before.
void attempt_reporter::watch_wait() {
  timer_.expires_after(long_wait);
  timer_.async_wait([this](const boost::system::error_code& stopped) {
    if (stopped) return;
    // A reader that took its time has kept the loop from running; nothing has waited for the service.
    if (std::chrono::steady_clock::now() - timer_.expiry() > long_wait / 2) return watch_wait();
    tell_(last_.empty() ? "waiting in the queue for the service, which has throttled requests"
                        : "waiting in the queue before the next attempt (" + last_ + ')');
  });
}

}  // namespace mwaa_serverless::cli
