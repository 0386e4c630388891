#include "testing/pattern.hpp"

#include <boost/regex.hpp>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string>

namespace mwaa_serverless::testing {

// Boost.Regex and not std::regex, which recurses once a character and would let a long name exhaust the stack.
bool matches(std::string_view pattern, std::string_view text) {
  static std::mutex mutex;
  static std::map<std::string, const boost::regex, std::less<>> compiled;
  const boost::regex* expression = nullptr;
  {
    const std::lock_guard lock{mutex};
    auto known = compiled.find(pattern);
    if (known == compiled.end())
      known = compiled.emplace(std::string{pattern}, boost::regex{pattern.begin(), pattern.end()}).first;
    expression = &known->second;
  }
  try {
    // The service's patterns are Java's, whose dot matches no line end.
    return boost::regex_match(text.begin(), text.end(), *expression, boost::match_not_dot_newline);
  } catch (const std::runtime_error&) {
    return false;  // more work than Boost.Regex allows: nothing that was meant to match
  }
}

bool follows(const protocol::rules& check, std::string_view text) {
  const auto size = static_cast<std::int64_t>(text.size());
  return (check.min == protocol::rules::none || size >= check.min) &&
         (check.max == protocol::rules::none || size <= check.max) &&
         (check.pattern.empty() || matches(check.pattern, text));
}

}  // namespace mwaa_serverless::testing
