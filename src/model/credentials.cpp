#include <openssl/crypto.h>

#include <algorithm>
#include <mwaa_serverless/credentials.hpp>
#include <mwaa_serverless/error.hpp>
#include <ostream>
#include <utility>

#include "strings/ascii_case.hpp"

namespace mwaa_serverless {

namespace {

// A secret key is signed with, in any characters; a line end in one comes from a file and makes signatures that nobody
// can find the fault in.
bool has_control_character(const std::string& value) {
  return std::ranges::any_of(value, strings::is_control);
}

// Keys and tokens become parts of header lines: a line break in one would begin a header of its own.
bool fits_a_header(const std::string& value) {
  for (const char c : value)
    if (c <= ' ' || c > '~') return false;
  return true;
}

}  // namespace

credentials::credentials(std::string access_key_id, std::string secret_access_key, std::string session_token,
                         std::optional<std::chrono::system_clock::time_point> expiration)
    : access_key_id_(std::move(access_key_id)),
      secret_access_key_(std::move(secret_access_key)),
      session_token_(std::move(session_token)),
      expiration_(expiration) {
  const char* problem = nullptr;
  if (access_key_id_.empty() || secret_access_key_.empty()) {
    problem = "credentials need both an access key id and a secret access key, and one of them is empty";
  } else if (!fits_a_header(access_key_id_)) {
    problem = "the access key id must be printable ASCII without blanks";
  } else if (has_control_character(secret_access_key_)) {
    problem = "the secret access key must not have a line end or another control character in it";
  } else if (!fits_a_header(session_token_)) {
    problem = "the session token must be printable ASCII without blanks";
  }
  if (problem != nullptr) {
    cleanse();  // a constructor that throws runs no destructor
    throw exception(error(errc::invalid_configuration, problem));
  }
}

credentials::credentials(const credentials&) = default;

credentials::credentials(credentials&& other) noexcept {
  *this = std::move(other);
}

credentials& credentials::operator=(const credentials& other) {
  credentials copy{other};
  return *this = std::move(copy);
}

credentials& credentials::operator=(credentials&& other) noexcept {
  // By swapping: a moved-from short string would keep its bytes in place.
  access_key_id_.swap(other.access_key_id_);
  secret_access_key_.swap(other.secret_access_key_);
  session_token_.swap(other.session_token_);
  std::swap(expiration_, other.expiration_);
  source_.swap(other.source_);
  return *this;
}

credentials::~credentials() {
  cleanse();
}

void credentials::cleanse() noexcept {
  OPENSSL_cleanse(secret_access_key_.data(), secret_access_key_.size());
  OPENSSL_cleanse(session_token_.data(), session_token_.size());
}

std::ostream& operator<<(std::ostream& out, const credentials& value) {
  return out << "credentials(" << value.access_key_id_ << ", secret not shown)";
}

}  // namespace mwaa_serverless
