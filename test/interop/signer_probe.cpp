// Signs what signer_test.py asks for: one JSON object a line on standard input, one value of `Authorization` a line on
// standard output.
#include <boost/json.hpp>
#include <exception>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include "signing/sigv4.hpp"
#include "strings/hex.hpp"

namespace json = boost::json;
namespace signing = mwaa_serverless::signing;

namespace {

std::string_view text(const json::object& from, std::string_view name) {
  return from.at(name).as_string();
}

std::string sign(const json::object& request) {
  std::vector<signing::header> headers;
  for (const json::value& pair : request.at("headers").as_array())
    headers.emplace_back(std::string_view{pair.at(0).as_string()}, std::string_view{pair.at(1).as_string()});
  signing::signer with{std::string{text(request, "region")}, std::string{text(request, "service")}};
  signing::sha256 hasher{with.algorithm()};
  const auto canonical =
      signing::make_canonical_request(text(request, "method"), text(request, "path"), text(request, "query"), headers,
                                      mwaa_serverless::strings::to_hex(hasher.hash(text(request, "body"))));
  return with.authorization(hasher, text(request, "access_key"), text(request, "secret_key"), text(request, "date"),
                            canonical.text, canonical.signed_headers);
}

}  // namespace

int main() try {
  for (std::string line; std::getline(std::cin, line);) std::cout << sign(json::parse(line).as_object()) << '\n';
  return 0;
} catch (const std::exception& e) {
  std::cerr << e.what() << '\n';
  return 1;
}
