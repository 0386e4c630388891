#include "signing/sigv4.hpp"

#include <openssl/crypto.h>

#include <algorithm>

#include "strings/ascii_case.hpp"
#include "strings/hex.hpp"
#include "strings/percent.hpp"
#include "strings/secret_memory.hpp"

namespace mwaa_serverless::signing {

namespace {

template <std::size_t Size>
std::string_view view_of(const std::array<char, Size>& characters) noexcept {
  return {characters.data(), characters.size()};
}

void append_scope(std::string& out, std::string_view date, std::string_view region, std::string_view service) {
  for (const std::string_view part : {date, region, service}) {
    out += part;
    out += '/';
  }
  out += "aws4_request";
}

void append_string_to_sign(std::string& out, std::string_view date_time, std::string_view scope_text,
                           std::string_view canonical_request_hash) {
  out += algorithm_name;
  for (const std::string_view part : {date_time, scope_text, canonical_request_hash}) {
    out += '\n';
    out += part;
  }
}

// The query comes percent-encoded; its parts are sorted by name, then by value.
std::string sort_query(std::string_view query) {
  std::vector<header> parts;
  for (std::size_t at = 0; !query.empty() && at <= query.size();) {
    const auto end = std::min(query.find('&', at), query.size());
    const auto part = query.substr(at, end - at);
    const auto equals = std::min(part.find('='), part.size());
    parts.emplace_back(part.substr(0, equals), equals < part.size() ? part.substr(equals + 1) : std::string_view{});
    at = end + 1;
  }
  std::sort(parts.begin(), parts.end());
  std::string out;
  for (const auto& [name, value] : parts) {
    if (!out.empty()) out += '&';
    out += name;
    out += '=';
    out += value;
  }
  return out;
}

}  // namespace

void append_canonical_path(std::string& out, std::string_view path) {
  if (path.empty() || path == "/") {
    out += '/';
    return;
  }
  std::vector<std::string_view> segments;
  for (std::size_t at = 0; at <= path.size();) {
    const auto end = std::min(path.find('/', at), path.size());
    const auto segment = path.substr(at, end - at);
    if (segment == "..") {
      if (!segments.empty()) segments.pop_back();
    } else if (!segment.empty() && segment != ".") {
      segments.push_back(segment);
    }
    at = end + 1;
  }
  if (path.front() == '/') out += '/';
  for (std::size_t i = 0; i < segments.size(); ++i) {
    if (i > 0) out += '/';
    strings::append_percent_encoded(out, segments[i], '/');
  }
  if (path.back() == '/' && !segments.empty()) out += '/';
}

void append_canonical_value(std::string& out, std::string_view value) {
  constexpr std::string_view white = " \t\n\v\f\r";
  bool first = true;
  for (;;) {
    const auto start = value.find_first_not_of(white);
    if (start == std::string_view::npos) return;
    value.remove_prefix(start);
    const auto end = std::min(value.find_first_of(white), value.size());
    if (!first) out += ' ';
    first = false;
    out += value.substr(0, end);
    value.remove_prefix(end);
  }
}

std::string scope(std::string_view date, std::string_view region, std::string_view service) {
  std::string out;
  append_scope(out, date, region, service);
  return out;
}

canonical_request make_canonical_request(std::string_view method, std::string_view path, std::string_view query,
                                         std::vector<header> headers, std::string_view payload_hash) {
  std::vector<std::pair<std::string, std::string_view>> sorted;
  for (const auto& [name, value] : headers) {
    std::string key = strings::lower_case(name);
    // Behind its equals: several headers of one name keep their order.
    const auto place = std::upper_bound(sorted.begin(), sorted.end(), key,
                                        [](const std::string& added, const auto& each) { return added < each.first; });
    sorted.emplace(place, std::move(key), value);
  }

  canonical_request out;
  // At once as large as it will be: growing would leave copies of a session token behind.
  std::size_t size = 256 + method.size() + 3 * path.size() + 3 * query.size();
  for (const auto& [name, value] : headers) size += 2 * name.size() + value.size() + 4;
  out.text.reserve(size);
  out.text = method;
  out.text += '\n';
  append_canonical_path(out.text, path);
  out.text += '\n';
  out.text += sort_query(query);
  out.text += '\n';
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    const auto& [name, value] = sorted[i];
    if (i > 0 && sorted[i - 1].first == name) {
      out.text.back() = ',';  // in place of the line's end
    } else {
      if (i > 0) out.signed_headers += ';';
      out.signed_headers += name;
      out.text += name;
      out.text += ':';
    }
    append_canonical_value(out.text, value);
    out.text += '\n';
  }
  out.text += '\n';
  out.text += out.signed_headers;
  out.text += '\n';
  out.text += payload_hash;
  return out;
}

std::string string_to_sign(std::string_view date_time, std::string_view scope_text,
                           std::string_view canonical_request_hash) {
  std::string out;
  append_string_to_sign(out, date_time, scope_text, canonical_request_hash);
  return out;
}

digest derive_key(sha256& hasher, std::string_view secret_access_key, std::string_view date, std::string_view region,
                  std::string_view service) {
  std::string start = "AWS4";
  start.reserve(start.size() + secret_access_key.size());
  start += secret_access_key;
  digest key = hasher.hmac({reinterpret_cast<const unsigned char*>(start.data()), start.size()}, date);
  ::OPENSSL_cleanse(start.data(), start.size());
  for (const std::string_view part : {region, service, std::string_view{"aws4_request"}}) key = hasher.hmac(key, part);
  return key;
}

signer::signer(std::string region, std::string service)
    : region_(std::move(region)), service_(std::move(service)), scope_end_(scope({}, region_, service_)) {}

std::unique_ptr<signer::workspace> signer::lend(const std::shared_ptr<const credentials>& keys, std::string_view date) {
  std::unique_ptr<workspace> out;
  std::shared_ptr<const hmac_key> known;
  {
    const std::lock_guard lock{mutex_};
    out = std::move(free_);
    const bool same = !owner_.expired() && !owner_.owner_before(keys) && !keys.owner_before(owner_);
    if (same && access_key_id_ == keys->access_key_id() && date_ == date) known = key_;
  }
  if (!out) out = std::make_unique<workspace>(algorithm_);
  out->key = known ? std::move(known) : derived(out->hasher, keys->secret_access_key(), date, keys);
  return out;
}

void signer::give_back(std::unique_ptr<workspace> lent) noexcept {
  lent->key.reset();
  const std::lock_guard lock{mutex_};
  free_.swap(lent);
}

std::shared_ptr<const hmac_key> signer::derived(sha256& hasher, std::string_view secret_access_key,
                                                std::string_view date,
                                                const std::shared_ptr<const credentials>& owner) {
  const digest secret_hash = hasher.hash(secret_access_key);
  const std::lock_guard lock{mutex_};
  if (date_ != date || secret_hash_ != secret_hash) {
    digest fresh = derive_key(hasher, secret_access_key, date, region_, service_);
    key_ = std::make_shared<const hmac_key>(algorithm_, fresh);
    ::OPENSSL_cleanse(fresh.data(), fresh.size());
    secret_hash_ = secret_hash;
    date_ = date;
  }
  owner_ = owner;
  access_key_id_ = owner ? owner->access_key_id() : std::string{};
  return key_;
}

void signer::append_authorization(std::string& out, workspace& with, std::string_view access_key_id,
                                  std::string_view date_time, std::string_view signed_headers) const {
  append_authorization(out, with.hasher, *with.key, access_key_id, date_time, with.text, signed_headers);
}

// Of `text` the memory is used for what is signed.
void signer::append_authorization(std::string& out, sha256& hasher, const hmac_key& key, std::string_view access_key_id,
                                  std::string_view date_time, std::string& text,
                                  std::string_view signed_headers) const {
  const std::string_view date = date_time.substr(0, 8);
  out += "AWS4-HMAC-SHA256 Credential=";
  out += access_key_id;
  out += '/';
  const std::size_t scope_start = out.size();
  out += date;
  out += scope_end_;
  const auto request_hash = strings::hex_characters(hasher.hash(text));
  text.clear();
  append_string_to_sign(text, date_time, std::string_view{out}.substr(scope_start), view_of(request_hash));
  const auto signature = strings::hex_characters(hasher.hmac(key, text));

  out += ", SignedHeaders=";
  out += signed_headers;
  out += ", Signature=";
  out += view_of(signature);
}

std::string signer::authorization(sha256& hasher, std::string_view access_key_id, std::string_view secret_access_key,
                                  std::string_view date_time, std::string_view canonical_text,
                                  std::string_view signed_headers) {
  std::string out;
  out.reserve(256 + signed_headers.size());
  std::string text{canonical_text};
  const strings::cleanse_at_end cleansed{text};
  append_authorization(out, hasher, *derived(hasher, secret_access_key, date_time.substr(0, 8), nullptr), access_key_id,
                       date_time, text, signed_headers);
  return out;
}

}  // namespace mwaa_serverless::signing
