#include "signing/sigv4.hpp"

#include <openssl/crypto.h>

#include <algorithm>

namespace mwaa_serverless::signing {

namespace {

void append_number(std::string& out, unsigned value, int digits) {
  char buffer[4];
  for (int i = digits - 1; i >= 0; --i, value /= 10) buffer[i] = static_cast<char>('0' + value % 10);
  out.append(buffer, static_cast<std::size_t>(digits));
}

std::string lower(std::string_view text) {
  std::string out{text};
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

// RFC 3986's unreserved characters and the slash stay.
std::string percent_encode_path(std::string_view path) {
  constexpr char digits[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : path) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                       std::string_view{"-._~/"}.find(c) != std::string_view::npos;
    if (plain) {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += '%';
      out += digits[byte >> 4];
      out += digits[byte & 0xf];
    }
  }
  return out;
}

// Without `.`, `..` and empty segments.
std::string normalise_path(std::string_view path) {
  if (path.empty()) return "/";
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
  std::string out = path.front() == '/' ? "/" : "";
  for (std::size_t i = 0; i < segments.size(); ++i) {
    if (i > 0) out += '/';
    out += segments[i];
  }
  if (path.back() == '/' && !segments.empty()) out += '/';
  return out;
}

// The query comes percent-encoded; its parts are sorted by name, then by value.
std::string sort_query(std::string_view query) {
  std::vector<header> parts;
  while (!query.empty()) {
    const auto end = std::min(query.find('&'), query.size());
    const auto part = query.substr(0, end);
    const auto equals = std::min(part.find('='), part.size());
    parts.emplace_back(part.substr(0, equals), equals < part.size() ? part.substr(equals + 1) : std::string_view{});
    query.remove_prefix(std::min(end + 1, query.size()));
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

void append_folded(std::string& out, std::string_view value) {
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

}  // namespace

std::string format_date(std::chrono::system_clock::time_point when) {
  using namespace std::chrono;
  const auto seconds_since = floor<seconds>(when);
  const auto day = floor<days>(seconds_since);
  const year_month_day date{day};
  const hh_mm_ss time{seconds_since - day};
  std::string out;
  out.reserve(16);
  append_number(out, static_cast<unsigned>(static_cast<int>(date.year())), 4);
  append_number(out, static_cast<unsigned>(date.month()), 2);
  append_number(out, static_cast<unsigned>(date.day()), 2);
  out += 'T';
  append_number(out, static_cast<unsigned>(time.hours().count()), 2);
  append_number(out, static_cast<unsigned>(time.minutes().count()), 2);
  append_number(out, static_cast<unsigned>(time.seconds().count()), 2);
  return out + 'Z';
}

std::string scope(std::string_view date, std::string_view region, std::string_view service) {
  std::string out;
  out.reserve(date.size() + region.size() + service.size() + 15);
  for (const std::string_view part : {date, region, service}) {
    out += part;
    out += '/';
  }
  return out += "aws4_request";
}

canonical_request make_canonical_request(std::string_view method, std::string_view path, std::string_view query,
                                         std::vector<header> headers, std::string_view payload_hash) {
  std::vector<std::pair<std::string, std::string_view>> sorted;
  for (const auto& [name, value] : headers) sorted.emplace_back(lower(name), value);
  // Stable: several headers of one name keep their order.
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.first < b.first; });

  canonical_request out;
  out.text = method;
  out.text += '\n';
  out.text += percent_encode_path(normalise_path(path));
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
    append_folded(out.text, value);
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
  std::string out{algorithm_name};
  out.reserve(out.size() + date_time.size() + scope_text.size() + canonical_request_hash.size() + 3);
  for (const std::string_view part : {date_time, scope_text, canonical_request_hash}) {
    out += '\n';
    out += part;
  }
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

signer::signer(std::string region, std::string service) : region_(std::move(region)), service_(std::move(service)) {}

signer::~signer() {
  ::OPENSSL_cleanse(secret_.data(), secret_.size());
  ::OPENSSL_cleanse(key_.data(), key_.size());
}

digest signer::key(sha256& hasher, std::string_view secret_access_key, std::string_view date) {
  const std::lock_guard lock{mutex_};
  if (date_ != date || secret_ != secret_access_key) {
    key_ = derive_key(hasher, secret_access_key, date, region_, service_);
    ::OPENSSL_cleanse(secret_.data(), secret_.size());
    secret_ = secret_access_key;
    date_ = date;
  }
  return key_;
}

std::string signer::authorization(sha256& hasher, std::string_view access_key_id, std::string_view secret_access_key,
                                  std::string_view date_time, std::string_view canonical_text,
                                  std::string_view signed_headers) {
  const std::string_view date = date_time.substr(0, 8);
  const std::string scope_text = scope(date, region_, service_);
  const std::string request_hash = to_hex(hasher.hash(canonical_text));
  digest day_key = key(hasher, secret_access_key, date);
  const std::string signature = to_hex(hasher.hmac(day_key, string_to_sign(date_time, scope_text, request_hash)));
  ::OPENSSL_cleanse(day_key.data(), day_key.size());

  std::string out;
  out.reserve(256 + signed_headers.size());
  out += algorithm_name;
  out += " Credential=";
  out += access_key_id;
  out += '/';
  out += scope_text;
  out += ", SignedHeaders=";
  out += signed_headers;
  out += ", Signature=";
  out += signature;
  return out;
}

}  // namespace mwaa_serverless::signing
