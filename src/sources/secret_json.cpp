#include "sources/secret_json.hpp"

#include <openssl/crypto.h>

#include <boost/json/memory_resource.hpp>
#include <boost/json/parser.hpp>
#include <boost/json/serializer.hpp>
#include <chrono>
#include <cstddef>
#include <new>
#include <utility>

#include "protocol/whole_number.hpp"
#include "strings/date_time.hpp"

namespace mwaa_serverless::sources {

namespace json = boost::json;

namespace {

/// Overwrites what is given back.
class cleansing_resource final : public json::memory_resource {
 private:
  void* do_allocate(std::size_t size, std::size_t align) override {
    return ::operator new(size, std::align_val_t{align});
  }
  void do_deallocate(void* memory, std::size_t size, std::size_t align) override {
    OPENSSL_cleanse(memory, size);
    ::operator delete(memory, size, std::align_val_t{align});
  }
  bool do_is_equal(const json::memory_resource& other) const noexcept override { return this == &other; }
};

error unusable(std::string message) {
  return {errc::credentials_failed, std::move(message)};
}

}  // namespace

result<secret_document> secret_document::parse(std::string_view text) {
  const json::storage_ptr memory = json::make_shared_resource<cleansing_resource>();
  unsigned char scratch[256];
  json::parser parser{memory, json::parse_options{}, scratch, sizeof scratch};
  boost::system::error_code code;
  parser.write(text.data(), text.size(), code);
  if (code) {
    parser.reset(memory);
    OPENSSL_cleanse(scratch, sizeof scratch);
    return unusable("it is not JSON (" + code.message() + ")");
  }
  json::value value = parser.release();
  OPENSSL_cleanse(scratch, sizeof scratch);
  if (!value.is_object()) return unusable("it is not a JSON object");
  return secret_document{std::move(value)};
}

strings::secret_string serialize_secret(const json::object& value) {
  strings::secret_string out;
  json::serializer writer;
  writer.reset(&value);
  char piece[512];
  while (!writer.done()) {
    const auto text = writer.read(piece);
    out += std::string_view{text.data(), text.size()};
  }
  OPENSSL_cleanse(piece, sizeof piece);
  return out;
}

std::optional<std::string_view> text_of(const json::object& from, std::string_view name) {
  const json::value* const found = from.if_contains(name);
  if (found == nullptr || !found->is_string() || found->get_string().empty()) return std::nullopt;
  return std::string_view{found->get_string().data(), found->get_string().size()};
}

result<credentials> read_credentials(const json::object& from, const member_names& names, std::string source) {
  const auto key = text_of(from, names.access_key_id);
  const auto secret = text_of(from, names.secret_access_key);
  if (!key) return unusable("it lacks " + std::string{names.access_key_id});
  if (!secret) return unusable("it lacks " + std::string{names.secret_access_key});
  std::optional<std::chrono::system_clock::time_point> end;
  if (const json::value* const given = from.if_contains(names.expiration); given != nullptr && !given->is_null()) {
    if (given->is_string()) {
      const json::string& text = given->get_string();
      end = strings::parse_expiration({text.data(), text.size()});
    } else if (const auto number = protocol::whole_number(*given); number && *number > 0) {
      const std::chrono::milliseconds since_1970{*number};
      const auto whole = std::chrono::floor<std::chrono::seconds>(since_1970);
      end = strings::clamped_expiration(whole, since_1970 - whole);
    }
    if (!end) return unusable("its " + std::string{names.expiration} + " is no point in time");
  }
  try {
    credentials out{std::string{*key}, std::string{*secret},
                    std::string{text_of(from, names.session_token).value_or(std::string_view{})}, end};
    return std::move(out).with_source(std::move(source));
  } catch (const exception& wrong) {
    return unusable(wrong.details().message);
  }
}

}  // namespace mwaa_serverless::sources
