// Feeds the files of a corpus to a fuzz target, with any compiler: libFuzzer's findings as a plain test.
// usage: TARGET_corpus FOLDER
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

// As long as the file and no longer: AddressSanitizer sees a read behind its end.
std::vector<std::uint8_t> contents(const std::filesystem::path& path) {
  std::ifstream file{path, std::ios::binary};
  std::vector<std::uint8_t> bytes{std::istreambuf_iterator<char>{file}, {}};
  bytes.shrink_to_fit();
  if (!file) throw std::filesystem::filesystem_error{"cannot read", path, std::make_error_code(std::errc::io_error)};
  return bytes;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: " << argv[0] << " FOLDER\n";
    return 2;
  }
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator{argv[1]})
    if (entry.is_regular_file()) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  for (const auto& path : files) {
    std::cout << path.filename().string() << std::endl;  // flushed: the target aborts on a finding
    const auto input = contents(path);
    LLVMFuzzerTestOneInput(input.data(), input.size());
  }
  if (files.empty()) std::cerr << argv[1] << " holds no file\n";
  return files.empty() ? 1 : 0;
}
