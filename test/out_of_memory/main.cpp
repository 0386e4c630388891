#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include "support/failing_memory.hpp"

int main(int argc, char** argv) {
  test::failing_memory::install();
  return doctest::Context(argc, argv).run();
}
