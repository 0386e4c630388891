#include "watcher/task_table.hpp"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "strings/fnv1a.hpp"

namespace mwaa_serverless::watcher {

std::uint32_t task_table::hash_of(std::string_view id) const noexcept {
  // Folded; as a checkpoint must be, the same on every machine.
  std::uint64_t hash = strings::fnv1a(id, salt_);
  hash ^= hash >> 32;
  hash *= 0x9e3779b97f4a7c15U;
  return static_cast<std::uint32_t>(hash >> 36);  // 28 bits
}

std::string_view task_table::id(const row& of) const noexcept {
  return of.id == no_id ? std::string_view{} : std::string_view{ids_}.substr(of.id, of.id_size);
}

task_table::row* task_table::find(std::string_view id, std::uint32_t hash) {
  const auto matches = [&](const row& each) { return is(each, id, hash); };
  const auto from = rows_.begin() + static_cast<std::ptrdiff_t>(std::min(cursor_, rows_.size()));
  auto found = std::find_if(from, rows_.end(), matches);
  if (found == rows_.end()) {
    found = std::find_if(rows_.begin(), from, matches);
    if (found == from) return nullptr;
  }
  cursor_ = static_cast<std::size_t>(found - rows_.begin()) + 1;
  return &*found;
}

task_table::change task_table::set(std::string_view id, status now_status, std::int32_t duration, ticks not_before,
                                   ticks seen) {
  change out;
  const std::uint32_t hash = hash_of(id);
  row* known = find(id, hash);
  if (known == nullptr) {
    row fresh;
    fresh.hash = hash;
    fresh.id = static_cast<std::uint32_t>(ids_.size());
    fresh.id_size = static_cast<std::uint16_t>(std::min<std::size_t>(id.size(), 0xffff));
    fresh.seen_status = now_status;
    fresh.duration = duration;
    fresh.not_before = not_before;
    fresh.seen = seen;
    ids_.append(id.substr(0, fresh.id_size));
    rows_.push_back(fresh);
    ++untold_;
    cursor_ = rows_.size();
    out.added = true;
    return out;
  }
  if (known->id == no_id) {
    known->id = static_cast<std::uint32_t>(ids_.size());
    known->id_size = static_cast<std::uint16_t>(std::min<std::size_t>(id.size(), 0xffff));
    ids_.append(id.substr(0, known->id_size));
  }
  known->duration = duration;
  if (known->seen_status == now_status) return out;
  out.changed = true;
  out.before = known->seen_status;
  const bool was_untold = known->told != known->seen_status;
  known->seen_status = now_status;
  known->seen = seen;
  if (!was_untold) {
    known->not_before = not_before;
    ++untold_;
    first_untold_ = std::min(first_untold_, static_cast<std::size_t>(known - rows_.data()));
  } else if (known->told == now_status) {
    --untold_;  // there and back again, unseen by the consumer
  }
  return out;
}

task_table::row task_table::next_untold() noexcept {
  while (rows_[first_untold_].told == rows_[first_untold_].seen_status) ++first_untold_;
  return rows_[first_untold_];
}

task_table::row task_table::tell() noexcept {
  const row out = next_untold();
  rows_[first_untold_].told = out.seen_status;
  if (--untold_ == 0) first_untold_ = rows_.size();
  return out;
}

void task_table::untell() noexcept {
  std::erase_if(rows_, [](const row& each) { return each.id == no_id; });
  for (row& each : rows_) {
    each.told = untold;
    each.not_before = 0;
  }
  cursor_ = first_untold_ = 0;
  untold_ = rows_.size();
}

void task_table::shrink() {
  rows_.shrink_to_fit();
  ids_.shrink_to_fit();
}

void task_table::salt_well() {
  for (;; ++salt_) {
    std::unordered_set<std::uint32_t> seen;
    bool unique = true;
    for (const row& each : rows_) {
      if (each.id == no_id) return;  // another salt would lose them
      unique = unique && seen.insert(hash_of(id(each))).second;
    }
    if (!unique) continue;
    for (row& each : rows_) each.hash = hash_of(id(each));
    return;
  }
}

void task_table::restore(std::uint32_t salt, std::vector<row> rows) {
  salt_ = salt;
  rows_ = std::move(rows);
  ids_.clear();
  cursor_ = 0;
  untold_ = 0;
  first_untold_ = 0;
  for (const row& each : rows_) untold_ += each.told != each.seen_status ? 1 : 0;
}

}  // namespace mwaa_serverless::watcher
