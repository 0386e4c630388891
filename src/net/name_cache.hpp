// What name servers said, for as long as they vouch for it.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <map>
#include <string>
#include <utility>

namespace mwaa_serverless::net {

/// By host name. Pure: knows no clock and asks nobody.
template <class Addresses>
class name_cache {
 public:
  using time_point = std::chrono::steady_clock::time_point;

  /// A client talks to few hosts; the limit guards against one that makes names up.
  static constexpr std::size_t max_names = 128;
  /// Even an answer that is good for longer is asked for again after this: a name server may send a lifetime of years.
  static constexpr std::chrono::seconds max_time_to_live{3600};

  /// Null when nothing is known, or no longer.
  [[nodiscard]] const Addresses* find(const std::string& host, time_point now) const {
    const auto found = known_.find(host);
    return found != known_.end() && now < found->second.until ? &found->second.addresses : nullptr;
  }
  /// Nothing is kept of an answer that lives for 0 s (RFC 1035, section 3.2.1).
  void keep(const std::string& host, Addresses addresses, std::chrono::seconds time_to_live, time_point now) {
    forget(host);
    if (time_to_live.count() <= 0) return;
    if (known_.size() == max_names) {
      known_.erase(std::min_element(known_.begin(), known_.end(),
                                    [](const auto& a, const auto& b) { return a.second.until < b.second.until; }));
    }
    known_.emplace(host, entry{std::move(addresses), now + std::min(time_to_live, max_time_to_live)});
  }
  void forget(const std::string& host) { known_.erase(host); }

 private:
  struct entry {
    Addresses addresses;
    time_point until;
  };
  std::map<std::string, entry> known_;
};

}  // namespace mwaa_serverless::net
