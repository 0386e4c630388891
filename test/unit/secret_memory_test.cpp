// What held a secret is overwritten before its memory is given back.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "strings/secret_memory.hpp"

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

using watched_string = mwaa_serverless::strings::basic_secret_string<watching>;
using watched_map =
    std::map<std::string, watched_string, std::less<>,
             mwaa_serverless::strings::cleansing_allocator<std::pair<const std::string, watched_string>, watching>>;

}  // namespace

TEST_CASE("secret memory: overwritten when a text goes, grows or is replaced, and with the node of a map") {
  given_back = not_overwritten = 0;
  {
    watched_string key{std::string(40, 'x')};
    key += std::string(1000, 'y');
    watched_string other{std::string(50, 'z')};
    other = key;
    watched_map named;
    named["short"] = "s3cret";
    named["long"] = key;
    named.erase("short");
    named["long"] = "";
  }
  CHECK(given_back > 3000);
  CHECK(not_overwritten == 0);
}

TEST_CASE("secret memory: a text has no byte inside itself, however short, and leaves none behind when it moves") {
  given_back = not_overwritten = 0;
  watched_string key{"s3cret"};
  const auto* const object = reinterpret_cast<const char*>(&key);
  CHECK((key.data() < object || key.data() >= object + sizeof key));
  const char* const bytes = key.data();
  watched_string moved{std::move(key)};
  CHECK(moved.data() == bytes);
  key = std::move(moved);
  CHECK(key.data() == bytes);
  CHECK(moved.empty());
  CHECK(given_back == 0);
  key = "k";  // not over the old text, of which the rest would stay
  CHECK(given_back >= 6);
  CHECK(not_overwritten == 0);
}

TEST_CASE("secret memory: text as any other") {
  watched_string text;
  CHECK(text.empty());
  text += "ab";
  text += 'c';
  CHECK(text == "abc");
  CHECK(text != std::string{"ab"});
  CHECK(text == watched_string{text});
  const watched_string& same = text;
  text = same;
  CHECK(std::string_view{text} == "abc");
  CHECK(text.size() == 3);
}
