// Certificates for tests, made on the spot.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace test {

/// A self-signed certificate and its key, as PEM.
class certificate {
 public:
  /// `names` are host names or IP addresses; valid from yesterday for `days` (negative: expired). `rsa_bits`: with an
  /// RSA key of that size; 0: an elliptic one. The first name is the subject's (CN) too; without `alternatives` it is
  /// there alone.
  explicit certificate(const std::vector<std::string>& names, int days = 2, unsigned rsa_bits = 0,
                       bool alternatives = true);

  std::string pem;
  std::string key_pem;
  unsigned long subject_hash = 0;  ///< By which OpenSSL finds it in a directory.
};

/// One for servers on 127.0.0.1, made once.
const certificate& loopback_certificate();

/// A file that is gone with the object.
class temporary_file {
 public:
  explicit temporary_file(const std::string& content);
  temporary_file(const temporary_file&) = delete;
  temporary_file& operator=(const temporary_file&) = delete;
  ~temporary_file();

  [[nodiscard]] std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

}  // namespace test
