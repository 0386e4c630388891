#include <cstring>
#include <limits>
#include <mwaa_serverless/text.hpp>
#include <new>
#include <ostream>
#include <stdexcept>

namespace mwaa_serverless {

namespace detail {

text_block* text_block::create(std::size_t size) {
  if (size > std::numeric_limits<std::uint32_t>::max()) throw std::length_error("mwaa_serverless::text: over 4 GiB");
  void* memory = ::operator new(sizeof(text_block) + size);
  return ::new (memory) text_block{{1}, static_cast<std::uint32_t>(size)};
}

void text_block::destroy(text_block* block) noexcept {
  block->~text_block();
  ::operator delete(block);
}

}  // namespace detail

text::text(std::string_view value)
    : part_{detail::text_block::create(value.size()), 0, static_cast<std::uint32_t>(value.size())} {
  if (!value.empty()) std::memcpy(part_.block->bytes(), value.data(), value.size());
}

std::ostream& operator<<(std::ostream& out, const text& value) {
  return out << value.view();
}

}  // namespace mwaa_serverless
