#include <openssl/evp.h>

#include <array>
#include <boost/json/object.hpp>
#include <chrono>
#include <cstddef>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "allocation/counted.hpp"
#include "benchmarks.hpp"
#include "contest.hpp"
#include "print_figures.hpp"
#include "protocol/user_agent.hpp"
#include "signing/signed_request.hpp"
#include "strings/hex.hpp"

namespace bench {

namespace mwaa = mwaa_serverless;
namespace signing = mwaa::signing;
namespace strings = mwaa::strings;

namespace {

constexpr int signed_at_once = 100;
constexpr std::string_view region = "us-east-1";
constexpr std::string_view service = "airflow-serverless";
constexpr std::string_view secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
constexpr auto now = std::chrono::sys_days{std::chrono::year{2025} / 11 / 17} + std::chrono::hours{12};
constexpr std::string_view body =
    R"({"WorkflowArn":"arn:aws:airflow-serverless:us-east-1:123456789012:workflow/etl-nightly-Ab12Cd34Ef",)"
    R"("RunId":"manual__2025-11-17T12:00:00.000000+00:00","MaxResults":100})";

/// SHA-256 by OpenSSL and no more: looked up once, one context for all.
class bare_hashing {
 public:
  bare_hashing() : algorithm_(EVP_MD_fetch(nullptr, "SHA256", nullptr)), context_(EVP_MD_CTX_new()) {
    if (!algorithm_ || !context_) throw std::bad_alloc{};
  }

  signing::digest hash(std::string_view first, std::string_view second = {}) {
    signing::digest out;
    if (EVP_DigestInit_ex2(context_.get(), algorithm_.get(), nullptr) != 1 ||
        EVP_DigestUpdate(context_.get(), first.data(), first.size()) != 1 ||
        (!second.empty() && EVP_DigestUpdate(context_.get(), second.data(), second.size()) != 1) ||
        EVP_DigestFinal_ex(context_.get(), out.data(), nullptr) != 1)
      throw std::runtime_error("OpenSSL does not hash");
    return out;
  }

 private:
  struct free_algorithm {
    void operator()(EVP_MD* algorithm) const noexcept { EVP_MD_free(algorithm); }
  };
  struct free_context {
    void operator()(EVP_MD_CTX* context) const noexcept { EVP_MD_CTX_free(context); }
  };
  std::unique_ptr<EVP_MD, free_algorithm> algorithm_;
  std::unique_ptr<EVP_MD_CTX, free_context> context_;
};

std::string_view characters_of(const signing::digest& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

/// What the signature of a request covers, and the two blocks that its HMAC begins with.
class signed_bytes {
 public:
  signed_bytes(const mwaa::http_request& request, signing::sha256& hasher) {
    std::vector<signing::header> headers;
    std::string_view lines = request.head();
    for (lines.remove_prefix(lines.find("\r\n") + 2); lines != "\r\n"; lines.remove_prefix(lines.find("\r\n") + 2)) {
      const std::string_view line = lines.substr(0, lines.find("\r\n"));
      const std::string_view name = line.substr(0, line.find(": "));
      if (name != "User-Agent" && name != "Authorization" && name != "Content-Length")
        headers.emplace_back(name, line.substr(name.size() + 2));
    }
    canonical =
        signing::make_canonical_request("POST", "/", "", headers, strings::to_hex(hasher.hash(request.body()))).text;
    const std::string_view date_time = *request.header("x-amz-date");
    to_sign = signing::string_to_sign(date_time, signing::scope(date_time.substr(0, 8), region, service),
                                      strings::to_hex(hasher.hash(canonical)));
    const signing::digest key = signing::derive_key(hasher, secret, date_time.substr(0, 8), region, service);
    for (std::size_t i = 0; i < inner_block.size(); ++i) {
      const int byte = i < key.size() ? key[i] : 0;
      inner_block[i] = static_cast<char>(byte ^ 0x36);
      outer_block[i] = static_cast<char>(byte ^ 0x5c);
    }
  }

  [[nodiscard]] signing::digest signature(bare_hashing& bare) const {
    const signing::digest inner = bare.hash({inner_block.data(), inner_block.size()}, to_sign);
    return bare.hash({outer_block.data(), outer_block.size()}, characters_of(inner));
  }

  std::string canonical;
  std::string to_sign;
  std::array<char, 64> inner_block;
  std::array<char, 64> outer_block;
};

}  // namespace

int sign(int rounds, format output) {
  test::count_openssl();
  const auto endpoint = mwaa::protocol::resolve_endpoint(std::string{region}, false, "").value();
  const auto& operation = *mwaa::protocol::find_operation("ListTaskInstances");
  const auto keys = std::make_shared<const mwaa::credentials>("AKIDEXAMPLE", std::string{secret});
  const std::string agent = mwaa::protocol::user_agent("");
  signing::signer signer{std::string{region}, std::string{service}};
  const auto make = [&] {
    return signing::make_signed_request(endpoint, operation, body, keys, signer, now,
                                        "01234567-89ab-4cde-8f01-23456789abcd", 1, 3, agent);
  };
  const mwaa::http_request request = make();
  signing::sha256 hasher{signer.algorithm()};
  const signed_bytes covered{request, hasher};
  bare_hashing bare;
  if (!request.header("authorization")->ends_with(strings::to_hex(covered.signature(bare))))
    throw std::logic_error("the two signatures differ");

  const std::size_t allocations = test::allocations();
  const std::size_t bytes = test::allocated_bytes();
  (void)make();
  const std::size_t request_allocations = test::allocations() - allocations;
  const std::size_t request_bytes = test::allocated_bytes() - bytes;

  unsigned used = 0;  // or the compiler may drop what was hashed
  const contest_figures of = contest(
      rounds, signed_at_once, [&] { used += static_cast<unsigned>(make().bytes().size()); },
      [&] { used += bare.hash(body)[0] + bare.hash(covered.canonical)[0] + covered.signature(bare)[0]; });
  if (used == 0) throw std::logic_error("nothing was signed");
  const boost::json::object figures{
      {"benchmark", "sign"},
      {"rounds", rounds},
      {"operations", rounds * signed_at_once},
      {"hashed_bytes", body.size() + covered.canonical.size() + covered.to_sign.size()},
      {"request_bytes", request.bytes().size()},
      {"p50_ns_per_request", of.ns},
      {"p50_ns_per_request_bare_hashing", of.rival_ns},
      {"p50_ratio", of.ratio},
      {"allocations_per_request", request_allocations},
      {"allocated_bytes_per_request", request_bytes},
  };
  print(figures, output);
  return 0;
}

}  // namespace bench
