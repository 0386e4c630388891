// Where the project's sources are: tests that read documents, golden files and cases find them from here.
#pragma once

#include <filesystem>

namespace test {

/// The top folder of the project.
const std::filesystem::path& source_folder();

}  // namespace test
