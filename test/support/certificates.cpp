#include "support/certificates.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <atomic>
#include <boost/asio/ip/address.hpp>
#include <fstream>
#include <memory>
#include <stdexcept>

namespace test {

namespace {

struct release {
  void operator()(X509* p) const noexcept { X509_free(p); }
  void operator()(EVP_PKEY* p) const noexcept { EVP_PKEY_free(p); }
  void operator()(BIO* p) const noexcept { BIO_free(p); }
  void operator()(X509_EXTENSION* p) const noexcept { X509_EXTENSION_free(p); }
};
template <class T>
using owned = std::unique_ptr<T, release>;

template <class Write>
std::string to_pem(Write write) {
  const owned<BIO> out{BIO_new(BIO_s_mem())};
  if (write(out.get()) != 1) throw std::runtime_error("PEM");
  char* data = nullptr;
  const long size = BIO_get_mem_data(out.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

void extend(X509* subject, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, subject, subject, nullptr, nullptr, 0);
  const owned<X509_EXTENSION> extension{X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str())};
  if (!extension || X509_add_ext(subject, extension.get(), -1) != 1) throw std::runtime_error("extension " + value);
}

}  // namespace

const certificate& loopback_certificate() {
  static const certificate made{{"127.0.0.1"}};
  return made;
}

certificate::certificate(const std::vector<std::string>& names, int days, unsigned rsa_bits, bool alternatives) {
  static std::atomic<long> serial{1};
  constexpr long day = 24 * 60 * 60;
  const owned<EVP_PKEY> key{rsa_bits == 0 ? EVP_EC_gen("P-256") : EVP_RSA_gen(rsa_bits)};
  const owned<X509> made{X509_new()};
  X509_set_version(made.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(made.get()), serial++);
  X509_gmtime_adj(X509_getm_notBefore(made.get()), days < 0 ? 2 * days * day : -day);
  X509_gmtime_adj(X509_getm_notAfter(made.get()), days * day);
  X509_set_pubkey(made.get(), key.get());
  X509_NAME* name = X509_get_subject_name(made.get());
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(names.front().c_str()),
                             -1, -1, 0);
  X509_set_issuer_name(made.get(), name);
  std::string listed;
  for (const auto& each : names) {
    boost::system::error_code not_an_address;
    boost::asio::ip::make_address(each, not_an_address);
    listed += (listed.empty() ? "" : ",") + std::string{not_an_address ? "DNS:" : "IP:"} + each;
  }
  if (alternatives) extend(made.get(), NID_subject_alt_name, listed);
  extend(made.get(), NID_basic_constraints, "critical,CA:TRUE");
  if (X509_sign(made.get(), key.get(), EVP_sha256()) == 0) throw std::runtime_error("sign");
  subject_hash = X509_subject_name_hash(made.get());
  pem = to_pem([&](BIO* out) { return PEM_write_bio_X509(out, made.get()); });
  key_pem =
      to_pem([&](BIO* out) { return PEM_write_bio_PrivateKey(out, key.get(), nullptr, nullptr, 0, nullptr, nullptr); });
}

temporary_file::temporary_file(const std::string& content) {
  static std::atomic<int> number{0};
  path_ = std::filesystem::temp_directory_path() /
          ("mwaa_serverless_test." + std::to_string(::getpid()) + "." + std::to_string(number++));
  std::ofstream{path_} << content;
}

temporary_file::~temporary_file() {
  std::error_code ignored;
  std::filesystem::remove(path_, ignored);
}

}  // namespace test
