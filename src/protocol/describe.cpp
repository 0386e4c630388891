#include "protocol/describe.hpp"

#include <algorithm>
#include <atomic>

namespace mwaa_serverless::protocol {

void assign(const value_type& type, void* value, std::string_view to) {
  detail::text_block* const block = detail::text_block::create(to.size());
  std::copy(to.begin(), to.end(), block->bytes());
  // One reference is held here while it is set, the other is what the value may keep.
  block->references.store(2, std::memory_order_relaxed);
  std::uint32_t kept = 0;
  type.set_text(value, {block, 0, static_cast<std::uint32_t>(to.size()), kept});
  if (kept == 0) detail::text_block::release(block);
  detail::text_block::release(block);
}

}  // namespace mwaa_serverless::protocol
