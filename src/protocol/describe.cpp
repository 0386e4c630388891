#include "protocol/describe.hpp"

#include <algorithm>
#include <atomic>

namespace mwaa_serverless::protocol {

namespace {

/// Calls use(value) with `text` as what a JSON text holds.
template <class Use>
void with_text_value(std::string_view text, Use use) {
  detail::text_block* const block = detail::text_block::create(text.size());
  std::copy(text.begin(), text.end(), block->bytes());
  // One reference is held here while it is used, the other is what the user may keep.
  block->references.store(2, std::memory_order_relaxed);
  std::uint32_t kept = 0;
  use(json_text_value{block, 0, static_cast<std::uint32_t>(text.size()), kept});
  if (kept == 0) detail::text_block::release(block);
  detail::text_block::release(block);
}

}  // namespace

void assign(const value_type& type, void* value, std::string_view to) {
  with_text_value(to, [&](const json_text_value& text) { type.set_text(value, text); });
}

void* add(const value_type& type, void* map, std::string_view key) {
  void* out = nullptr;
  with_text_value(key, [&](const json_text_value& text) { out = type.add(map, text); });
  return out;
}

}  // namespace mwaa_serverless::protocol
