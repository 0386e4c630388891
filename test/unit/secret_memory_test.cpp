// What held a secret is overwritten before its memory is given back.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <map>
#include <memory>
#include <string>

#include "credentials/secret_memory.hpp"

namespace {

std::size_t given_back = 0;
std::size_t not_overwritten = 0;

/// Looks at the memory that comes back.
template <class T>
class watching {
 public:
  T* allocate(std::size_t count) { return std::allocator<T>{}.allocate(count); }
  void deallocate(T* memory, std::size_t count) {
    const auto* const bytes = reinterpret_cast<const unsigned char*>(memory);
    given_back += count * sizeof(T);
    not_overwritten += static_cast<std::size_t>(
        std::count_if(bytes, bytes + count * sizeof(T), [](unsigned char byte) { return byte != 0; }));
    std::allocator<T>{}.deallocate(memory, count);
  }
};

using watched_string =
    std::basic_string<char, std::char_traits<char>, mwaa_serverless::cleansing_allocator<char, watching>>;
using watched_map =
    std::map<std::string, watched_string, std::less<>,
             mwaa_serverless::cleansing_allocator<std::pair<const std::string, watched_string>, watching>>;

}  // namespace

TEST_CASE("secret memory: overwritten when a string goes, grows or is replaced, and with the node of a short one") {
  given_back = not_overwritten = 0;
  {
    watched_string key(40, 'x');
    key += watched_string(1000, 'y');
    watched_string other(50, 'z');
    other = key;
    watched_map named;
    named["short"] = "s3cret";
    named["long"] = key;
    named.erase("short");
    named["long"].clear();
    named["long"].shrink_to_fit();
  }
  CHECK(given_back > 3000);
  CHECK(not_overwritten == 0);
}
