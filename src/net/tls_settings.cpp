#include "net/tls_settings.hpp"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ssl/context.hpp>
#include <cstdlib>
#include <filesystem>
#include <new>
#include <string_view>
#include <system_error>

namespace mwaa_serverless::net {

namespace {

// More are not worth their memory: a server gives one or two with each connection.
constexpr std::size_t max_kept_sessions = 8;

constexpr unsigned char http_1_1[] = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};

[[noreturn]] void refuse(const std::string& member, const std::string& why) {
  throw exception{error{errc::invalid_configuration, member + ": " + why}};
}

// Without it OpenSSL would ask at the terminal. The caller sees that it was wanted.
int no_passphrase(char*, int, int, void* wanted) {
  *static_cast<bool*>(wanted) = true;
  return -1;
}

void identify(SSL_CTX* context, const std::string& certificate, const std::string& key) {
  if (certificate.empty()) {
    if (!key.empty()) refuse("client_key", "there is no client_certificate for it");
    return;
  }
  if (SSL_CTX_use_certificate_chain_file(context, certificate.c_str()) != 1)
    refuse("client_certificate", "no certificate could be read from " + certificate + ": " + take_openssl_error());
  const std::string& key_file = key.empty() ? certificate : key;
  bool encrypted = false;
  SSL_CTX_set_default_passwd_cb(context, &no_passphrase);
  SSL_CTX_set_default_passwd_cb_userdata(context, &encrypted);
  const bool usable = SSL_CTX_use_PrivateKey_file(context, key_file.c_str(), SSL_FILETYPE_PEM) == 1;
  SSL_CTX_set_default_passwd_cb_userdata(context, nullptr);
  SSL_CTX_set_default_passwd_cb(context, nullptr);
  if (encrypted) {
    ERR_clear_error();
    refuse("client_key", "the key in " + key_file + " is encrypted; decrypt it (openssl pkey), or use tls_context");
  }
  // Also when it is not that of the certificate.
  if (!usable) refuse("client_key", "no key could be used from " + key_file + ": " + take_openssl_error());
}

bool is_hashed_name(const std::string& name) {
  return name.size() == 10 && name.ends_with(".0") && name.find_first_not_of("0123456789abcdef") == 8;
}

// Whether OpenSSL finds certificates in its directory by the hash of their subject.
bool has_hashed_directory() {
  const char* chosen = std::getenv(X509_get_default_cert_dir_env());
  const std::string directory = chosen != nullptr ? chosen : X509_get_default_cert_dir();
  std::error_code ended;
  for (std::filesystem::directory_iterator each{directory, ended}, end; !ended && each != end; each.increment(ended))
    if (is_hashed_name(each->path().filename().string())) return true;
  return false;
}

// The system's certificates, as OpenSSL's own defaults and environment variables name them. From a directory it reads
// the one it needs when it needs it; a file is read whole, which takes some 40 ms, so it is left alone where it can be.
void trust_system(SSL_CTX* context) {
  const bool file_chosen = std::getenv(X509_get_default_cert_file_env()) != nullptr;
  if (!file_chosen && has_hashed_directory()) {
    SSL_CTX_set_default_verify_dir(context);
  } else {
    SSL_CTX_set_default_verify_paths(context);
  }
}

// For what fails only when there is no memory.
void check(bool done) {
  if (done) return;
  ERR_clear_error();
  throw std::bad_alloc{};
}

// OpenSSL works out a certificate's extensions when it is first needed, and keeps the outcome with it, even when that
// is that there was no memory: such an authority would stay refused. So it is done here, where failing is no harm.
void read_extensions(SSL_CTX* context) {
  const STACK_OF(X509_OBJECT)* const known = X509_STORE_get0_objects(SSL_CTX_get_cert_store(context));
  for (int i = 0; i < sk_X509_OBJECT_num(known); ++i)
    if (X509* const each = X509_OBJECT_get0_X509(sk_X509_OBJECT_value(known, i))) X509_check_purpose(each, -1, 0);
  ERR_clear_error();
}

// A finished name may end in a dot; certificates and the SNI extension do without (RFC 6066, section 3).
std::string without_final_dot(std::string name) {
  if (name.ends_with('.')) name.pop_back();
  return name;
}

}  // namespace

std::string take_openssl_error() {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  if (code == 0) return "unknown error";
  if (ERR_SYSTEM_ERROR(code)) return std::generic_category().message(ERR_GET_REASON(code));
  const char* reason = ERR_reason_error_string(code);
  return reason != nullptr ? reason : "error " + std::to_string(code);
}

tls_settings::tls_settings(const network_options& options) : callers_(options.tls_context) {
  if (callers_) {
    context_ = callers_->native_handle();
    return;
  }
  own_.reset(SSL_CTX_new(TLS_client_method()));
  if (!own_) refuse("tls_context", "OpenSSL cannot make a context: " + take_openssl_error());
  context_ = own_.get();
  SSL_CTX_set_min_proto_version(context_, TLS1_2_VERSION);
  check(SSL_CTX_set_alpn_protos(context_, http_1_1, sizeof http_1_1) == 0);
  SSL_CTX_set_session_cache_mode(context_, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(context_, &tls_settings::keep_session);
  check(SSL_CTX_set_app_data(context_, this) == 1);
  // 112 bits: no RSA below 2048, no SHA-1 (the default of Debian and others; OpenSSL's own takes RSA of 1024).
  SSL_CTX_set_security_level(context_, std::max(2, SSL_CTX_get_security_level(context_)));
  identify(context_, options.client_certificate, options.client_key);
  if (!options.ca_bundle.empty() && SSL_CTX_load_verify_file(context_, options.ca_bundle.c_str()) != 1)
    refuse("ca_bundle", "no certificate could be read from " + options.ca_bundle + ": " + take_openssl_error());
  if (!options.verify_tls) {
    SSL_CTX_set_verify(context_, SSL_VERIFY_NONE, nullptr);
    return;
  }
  SSL_CTX_set_verify(context_, SSL_VERIFY_PEER, nullptr);
  if (options.ca_bundle.empty()) trust_system(context_);
  read_extensions(context_);
}

tls_settings::~tls_settings() = default;

ssl_ptr tls_settings::new_client(const origin& peer) {
  ssl_ptr ssl{SSL_new(context_)};
  check(ssl != nullptr);
  SSL_set_connect_state(ssl.get());
  SSL_set_mode(ssl.get(),
               SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  X509_VERIFY_PARAM* rules = SSL_get0_param(ssl.get());
  // A name in the subject (CN) identifies nobody, with alternative names or without (RFC 9525, section 2).
  X509_VERIFY_PARAM_set_hostflags(rules, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
  const std::string name = without_final_dot(peer.host);
  boost::system::error_code not_an_address;
  const auto address = boost::asio::ip::make_address(name, not_an_address);
  if (!not_an_address) {
    if (address.is_v4()) {
      const auto bytes = address.to_v4().to_bytes();
      check(X509_VERIFY_PARAM_set1_ip(rules, bytes.data(), bytes.size()) == 1);
    } else {
      const auto bytes = address.to_v6().to_bytes();
      check(X509_VERIFY_PARAM_set1_ip(rules, bytes.data(), bytes.size()) == 1);
    }
  } else {
    check(X509_VERIFY_PARAM_set1_host(rules, name.c_str(), name.size()) == 1);
    check(SSL_set_tlsext_host_name(ssl.get(), name.c_str()) == 1);
  }
  if (own_) {
    const std::lock_guard lock{mutex_};
    if (process_.inherited()) {
      // The parent takes them up.
      for (auto& [name_of_peer, kept] : sessions_) kept.clear();
      process_ = {};
    }
    auto& kept = sessions_[peer.authority()];
    kept.reserve(max_kept_sessions);
    // Where keep_session() puts the next; a map's nodes stay where they are.
    check(SSL_set_app_data(ssl.get(), &kept) == 1);
    if (!kept.empty()) {
      // Each is used once, so that connections cannot be linked to each other by it (RFC 8446, appendix C.4).
      check(SSL_set_session(ssl.get(), kept.back().get()) == 1);
      kept.pop_back();
    }
  }
  return ssl;
}

// OpenSSL calls it, so it cannot throw: there is room.
int tls_settings::keep_session(SSL* ssl, SSL_SESSION* session) noexcept {
  auto* self = static_cast<tls_settings*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
  auto* kept = static_cast<std::vector<ssl_session_ptr>*>(SSL_get_app_data(ssl));
  const std::lock_guard lock{self->mutex_};
  if (kept->size() == max_kept_sessions) kept->erase(kept->begin());
  kept->emplace_back(session);
  return 1;  // the reference is ours now
}

}  // namespace mwaa_serverless::net
