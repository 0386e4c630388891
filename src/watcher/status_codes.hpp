// Statuses in a byte each.
#pragma once

#include <cstddef>
#include <cstdint>
#include <mwaa_serverless/text.hpp>
#include <string_view>
#include <vector>

namespace mwaa_serverless::watcher {

/// Codes for the values of an open enum: the enumerators as they are, texts that this library does not know from 128
/// on. So many different ones of these that a byte does not hold them count as one.
template <class Status>
class status_codes {
 public:
  using code = std::uint8_t;
  static constexpr code first_unknown = 128;
  static constexpr code last = 253;  // the two above are free for what has no status

  [[nodiscard]] code of(const Status& status) {
    if (status != Status::unknown) return static_cast<code>(typename Status::value_type(status));
    if (!status.present()) return 0;
    return of_unknown(status.name());
  }
  [[nodiscard]] code of_unknown(std::string_view name) {
    for (std::size_t i = 0; i < unknown_.size(); ++i) {
      if (unknown_[i] == name) return static_cast<code>(first_unknown + i);
    }
    if (unknown_.size() == last - first_unknown + 1U) return last;
    unknown_.emplace_back(name);
    return static_cast<code>(first_unknown + unknown_.size() - 1);
  }
  [[nodiscard]] Status status(code value) const {
    if (value < first_unknown) return Status{static_cast<typename Status::value_type>(value)};
    const std::size_t i = value - first_unknown;
    return i < unknown_.size() ? Status{unknown_[i]} : Status{};
  }
  [[nodiscard]] const std::vector<text>& unknown() const noexcept { return unknown_; }

 private:
  std::vector<text> unknown_;
};

}  // namespace mwaa_serverless::watcher
