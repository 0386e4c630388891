#include "retry/clock_skew.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "strings/date_time.hpp"

namespace mwaa_serverless::retry {

std::optional<skew> observed_skew(const http_response& response, std::chrono::system_clock::time_point sent,
                                  std::chrono::system_clock::time_point received) noexcept {
  using namespace std::chrono_literals;
  constexpr std::chrono::sys_days earliest{std::chrono::year{1970} / 1 / 1};
  constexpr std::chrono::sys_days latest{std::chrono::year{2200} / 1 / 1};
  constexpr std::chrono::years most{100};
  if (!response.header("x-amzn-requestid")) return std::nullopt;
  if (response.header("age") || received < sent || received - sent > 15min) return std::nullopt;
  const auto text = response.header("date");
  if (!text) return std::nullopt;
  const auto date = strings::parse_http_date(*text);
  if (!date || *date < earliest || *date >= latest) return std::nullopt;
  const auto middle = std::chrono::floor<skew>(sent + (received - sent) / 2);
  const skew shown = std::chrono::time_point_cast<skew>(*date) - middle;
  if (std::chrono::abs(shown) > most) return std::nullopt;
  return shown;
}

bool blames_clock(const error& failure, skew used, std::optional<skew> shown) noexcept {
  using namespace std::chrono_literals;
  constexpr std::array<std::string_view, 5> names{"InvalidSignatureException", "SignatureDoesNotMatch", "AuthFailure",
                                                  "RequestTimeTooSkewed", "AccessDeniedException"};
  if (!shown || std::find(names.begin(), names.end(), failure.aws_code) == names.end()) return false;
  return std::chrono::abs(used - *shown) > 4min;
}

}  // namespace mwaa_serverless::retry
