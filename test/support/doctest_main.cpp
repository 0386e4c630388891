#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <cstdlib>

#include "support/source_folder.hpp"

const std::filesystem::path& test::source_folder() {
  static const std::filesystem::path folder{PROJECT_SOURCE_DIR};
  return folder;
}

int main(int argc, char** argv) {
  // Where it is set, every client reads the machine's file of certificates, which takes longer than most tests; a test
  // that is about it sets it.
  ::unsetenv("SSL_CERT_FILE");
  return doctest::Context(argc, argv).run();
}
