// The service's names of enumerators, from how they are spelled here.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>
#include <utility>

namespace mwaa_serverless {

namespace spelling {

// Both compilers name the enumerator last: `... [with auto Value = N::C::up_for_retry]`.
template <auto Value>
constexpr std::string_view signature() {
  return __PRETTY_FUNCTION__;
}
template <auto Value>
constexpr std::string_view enumerator() {
  std::string_view text = signature<Value>();
  text = text.substr(0, text.find_first_of(";]"));
  return text.substr(text.find_last_of(':') + 1);
}

template <auto Value>
constexpr auto upper() {
  constexpr std::string_view from = enumerator<Value>();
  std::array<char, from.size()> out{};
  for (std::size_t i = 0; i < from.size(); ++i)
    out[i] = from[i] >= 'a' && from[i] <= 'z' ? static_cast<char>(from[i] - 'a' + 'A') : from[i];
  return out;
}
template <auto Value>
[[gnu::visibility("hidden")]] inline constexpr auto upper_of = upper<Value>();

template <class Values, std::size_t... Index>
constexpr auto names(std::index_sequence<Index...>) {
  using value = typename Values::value_type;
  std::array<std::string_view, sizeof...(Index)> out{
      std::string_view{upper_of<static_cast<value>(Index)>.data(), upper_of<static_cast<value>(Index)>.size()}...};
  out[0] = {};
  return out;
}

}  // namespace spelling

/// `UP_FOR_RETRY` for up_for_retry: the names of the enumerators of `Values` up to `Last`, and nothing for the first,
/// `unknown`. So a value of the model is one line, in the enum.
template <class Values, typename Values::value_type Last>
[[gnu::visibility("hidden")]] inline constexpr auto enumerator_names =
    spelling::names<Values>(std::make_index_sequence<std::size_t{Last} + 1>{});

}  // namespace mwaa_serverless
