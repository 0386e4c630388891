#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include "support/source_folder.hpp"

const std::filesystem::path& test::source_folder() {
  static const std::filesystem::path folder{PROJECT_SOURCE_DIR};
  return folder;
}
