// Whole numbers on the command line.
#pragma once

#include <charconv>
#include <string>
#include <string_view>
#include <system_error>

#include "cli/failure.hpp"
#include "strings/trim.hpp"

namespace mwaa_serverless::cli {

/// `text` as Python's int() reads it: blanks around it and a plus sign are fine. Throws failure naming the flag.
template <class Number>
Number parse_whole_number(std::string_view flag, std::string_view text) {
  constexpr std::string_view blank = " \t\r\n\f\v";
  std::string_view digits = strings::trimmed(text, blank);
  if (digits.starts_with('+') && !digits.starts_with("+-")) digits.remove_prefix(1);
  Number value{};
  const auto [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (code != std::errc{} || end != digits.data() + digits.size())
    throw failure::usage("argument " + std::string{flag} + ": invalid int value: '" + std::string{text} + "'");
  return value;
}

}  // namespace mwaa_serverless::cli
