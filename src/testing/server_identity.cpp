#include "testing/server_identity.hpp"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <cstdint>
#include <memory>
#include <stdexcept>

namespace mwaa_serverless::testing {

namespace {

template <auto Free>
struct freed_by {
  template <class T>
  void operator()(T* pointer) const noexcept {
    Free(pointer);
  }
};
using key_pointer = std::unique_ptr<EVP_PKEY, freed_by<EVP_PKEY_free>>;
using certificate_pointer = std::unique_ptr<X509, freed_by<X509_free>>;
using bio_pointer = std::unique_ptr<BIO, freed_by<BIO_free_all>>;
using extension_pointer = std::unique_ptr<X509_EXTENSION, freed_by<X509_EXTENSION_free>>;

void require(bool done, const char* what) {
  if (!done) throw std::runtime_error(std::string{"OpenSSL: cannot "} + what);
}

key_pointer make_key() {
  key_pointer key{EVP_EC_gen("P-256")};
  require(key != nullptr, "make an EC key");
  return key;
}

void add_extension(X509* to, X509* issuer, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, to, nullptr, nullptr, 0);
  const extension_pointer extension{X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str())};
  require(extension != nullptr, "make a certificate extension");
  require(X509_add_ext(to, extension.get(), -1) == 1, "add a certificate extension");
}

void set_name(X509_NAME* name, const char* common_name) {
  require(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(common_name), -1,
                                     -1, 0) == 1,
          "name a certificate");
}

certificate_pointer begin_certificate(EVP_PKEY* key, const char* common_name) {
  certificate_pointer out{X509_new()};
  require(out != nullptr, "make a certificate");
  std::uint64_t serial = 0;
  require(RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial) == 1, "draw a serial number");
  constexpr long day = 24 * 60 * 60;
  require(X509_set_version(out.get(), X509_VERSION_3) == 1 &&
              ASN1_INTEGER_set_uint64(X509_get_serialNumber(out.get()), serial >> 1U) == 1 &&
              // From yesterday on: clocks of one machine and its containers differ.
              X509_gmtime_adj(X509_getm_notBefore(out.get()), -day) != nullptr &&
              X509_gmtime_adj(X509_getm_notAfter(out.get()), 30 * day) != nullptr &&
              X509_set_pubkey(out.get(), key) == 1,
          "fill in a certificate");
  set_name(X509_get_subject_name(out.get()), common_name);
  return out;
}

void finish_certificate(X509* certificate, X509* issuer, EVP_PKEY* issuer_key) {
  require(X509_set_issuer_name(certificate, X509_get_subject_name(issuer)) == 1, "name a certificate's issuer");
  require(X509_sign(certificate, issuer_key, EVP_sha256()) > 0, "sign a certificate");
}

template <class Write>
std::string pem(Write write) {
  const bio_pointer out{BIO_new(BIO_s_mem())};
  require(out != nullptr && write(out.get()) == 1, "write PEM");
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(out.get(), &bytes);
  return {bytes, static_cast<std::size_t>(size)};
}

std::string pem_of(X509* certificate) {
  return pem([&](BIO* out) { return PEM_write_bio_X509(out, certificate); });
}

}  // namespace

server_identity make_server_identity(const std::string& address) {
  const key_pointer authority_key = make_key();
  const certificate_pointer authority = begin_certificate(authority_key.get(), "mwaa-serverless-emulator authority");
  add_extension(authority.get(), authority.get(), NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
  add_extension(authority.get(), authority.get(), NID_key_usage, "critical,keyCertSign,cRLSign");
  add_extension(authority.get(), authority.get(), NID_subject_key_identifier, "hash");
  finish_certificate(authority.get(), authority.get(), authority_key.get());

  std::string names = "DNS:localhost,IP:127.0.0.1,IP:::1";
  if (address != "127.0.0.1" && address != "::1") names += ",IP:" + address;
  const key_pointer key = make_key();
  const certificate_pointer certificate = begin_certificate(key.get(), "mwaa-serverless-emulator");
  add_extension(certificate.get(), authority.get(), NID_basic_constraints, "critical,CA:FALSE");
  add_extension(certificate.get(), authority.get(), NID_key_usage, "critical,digitalSignature");
  add_extension(certificate.get(), authority.get(), NID_ext_key_usage, "serverAuth");
  add_extension(certificate.get(), authority.get(), NID_subject_key_identifier, "hash");
  add_extension(certificate.get(), authority.get(), NID_authority_key_identifier, "keyid:always");
  add_extension(certificate.get(), authority.get(), NID_subject_alt_name, names);
  finish_certificate(certificate.get(), authority.get(), authority_key.get());

  server_identity out;
  out.authority_pem = pem_of(authority.get());
  out.certificate_pem = pem_of(certificate.get());
  out.key_pem =
      pem([&](BIO* to) { return PEM_write_bio_PrivateKey(to, key.get(), nullptr, nullptr, 0, nullptr, nullptr); });
  return out;
}

}  // namespace mwaa_serverless::testing
