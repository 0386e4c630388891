#include "sources/credentials_state.hpp"

#include <algorithm>
#include <utility>

#include "retry/classify.hpp"

namespace mwaa_serverless::sources {

using namespace std::chrono_literals;

namespace {

constexpr std::chrono::nanoseconds mandatory_window = 1min;
constexpr std::chrono::nanoseconds for_ever = std::chrono::nanoseconds::max();

std::chrono::nanoseconds between(std::chrono::nanoseconds least, std::chrono::nanoseconds most, double unit) {
  return least + std::chrono::duration_cast<std::chrono::nanoseconds>((most - least) * unit);
}

}  // namespace

std::chrono::nanoseconds advisory_window(std::chrono::nanoseconds lifetime) noexcept {
  if (lifetime <= 20min) return 5min;
  return lifetime < 90min ? 15min : 60min;
}

bool is_transient(const error& failure) noexcept {
  // A source that is not there (a metadata service out of reach) may be there again.
  return failure.code == errc::no_credentials || failure.code == errc::process_timeout ||
         retry::classify(failure).what != retry::verdict::kind::fatal;
}

// Of the current credentials' time.
std::chrono::nanoseconds credentials_state::left(instant at) const {
  if (rejected_) return 0ns;
  const auto end = current_->expiration();
  return end ? std::chrono::duration_cast<std::chrono::nanoseconds>(*end - at.wall) : for_ever;
}

bool credentials_state::good(instant at) const {
  return current_ && (left(at) > advisory_ || at.now < rest_until_);
}

credentials_state::answer credentials_state::ask(instant at) {
  if (fetching_ && at.now >= given_up_at_) fetching_ = false;
  if (good(at)) return answer::use;
  if (current_ && left(at) > std::min(mandatory_window, advisory_))
    return fetching_ ? answer::use : begin(at, answer::use_and_fetch);
  if (fetching_) return answer::wait;
  if (failure_ && at.now < failure_until_) return answer::fail;
  return begin(at, answer::fetch);
}

credentials_state::answer credentials_state::begin(instant at, answer how) {
  fetching_ = true;
  given_up_at_ = at.now + fetch_limit_;
  ++number_;
  return how;
}

bool credentials_state::ends(fetch_number number) noexcept {
  if (!fetching_ || number != number_) return false;
  fetching_ = false;
  return true;
}

void credentials_state::fetched(fetch_number number, keys fresh, instant at, double unit) {
  if (!ends(number)) return;
  const auto end = fresh->expiration();
  if (end && *end <= at.wall)
    return settle(error(errc::credentials_failed, "the source gave credentials that had expired"), true, at, unit);
  const bool same_as_rejected = rejected_ && current_->access_key_id() == fresh->access_key_id();
  current_ = std::move(fresh);
  rejected_ = false;
  failure_.reset();
  rest_until_ = {};
  const auto lifetime = left(at);
  advisory_ = lifetime == for_ever ? 0ns : advisory_window(lifetime);
  // The source has nothing better: asking it again at once would be for nothing.
  if (lifetime <= advisory_) rest_until_ = at.now + lifetime / 2;
  if (same_as_rejected) rest_until_ = at.now + between(5min, 10min, unit);
}

void credentials_state::failed(fetch_number number, error why, instant at, double unit) {
  if (!ends(number)) return;
  const bool transient = is_transient(why);
  settle(std::move(why), transient, at, unit);
}

void credentials_state::settle(error why, bool transient, instant at, double unit) {
  if (current_ && (transient || left(at) > 0ns)) {
    rest_until_ = at.now + between(5min, 10min, unit);
    return;
  }
  failure_ = std::move(why);
  failure_until_ = at.now + between(1s, 5s, unit);
}

void credentials_state::dropped(fetch_number number) noexcept {
  (void)ends(number);
}

bool credentials_state::rejected(const credentials& refused, instant at) {
  if (!current_ || current_->access_key_id() != refused.access_key_id()) return current_ != nullptr;
  if (at.now < rest_until_) return false;
  rejected_ = true;
  return true;
}

}  // namespace mwaa_serverless::sources
