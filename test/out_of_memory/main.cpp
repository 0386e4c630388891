#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <cstdlib>

#include "support/failing_memory.hpp"

int main(int argc, char** argv) {
  ::unsetenv("SSL_CERT_FILE");  // as in doctest_main.cpp
  test::failing_memory::install();
  return doctest::Context(argc, argv).run();
}
