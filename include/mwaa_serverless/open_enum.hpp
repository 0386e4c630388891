// Enums of the service, which may grow.
#pragma once

#include <compare>
#include <cstddef>
#include <functional>
#include <ostream>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

#include <mwaa_serverless/text.hpp>

namespace mwaa_serverless {

/// One of the values that the service's model names, or a value that this version of the library does not know, whose
/// text is kept and printed as it came. `Values` declares the enumerators, `unknown` first.
///
/// Compares with and switches over its enumerators: `if (task.status == task_instance_status::running)`. Two unknown
/// values are equal when their texts are; all of them compare equal to `unknown`. The order is that of the enumerators
/// and then of the texts, for sorting and as the key of a map. Hashes as its name.
///
/// Threads: a value; distinct objects may be used from any threads at once.
template <class Values>
class open_enum : public Values {
 public:
  using typename Values::value_type;

  open_enum() noexcept = default;
  open_enum(value_type value) noexcept : value_(value) {}  // NOLINT: an enumerator is a value
  /// The value that the service spells `name` (exact); other text is kept as an unknown value.
  explicit open_enum(text name) {
    if (!parse(name, *this)) unknown_name_ = std::move(name);
  }
  /// True, and `result` set, when `name` is one of the model's values. Allocates nothing.
  static bool parse(std::string_view name, open_enum& result) noexcept {
    const std::span<const std::string_view> known = names();
    for (std::size_t i = 1; i < known.size(); ++i) {
      // Most that are as long begin with another letter: no call then.
      if (known[i].size() != name.size() || known[i].front() != name.front() || known[i] != name) continue;
      result.unknown_name_ = {};
      result.value_ = static_cast<value_type>(i);
      return true;
    }
    return false;
  }
  /// The service's spelling of each enumerator, in their order; empty for `unknown`.
  [[nodiscard]] static std::span<const std::string_view> names() noexcept;

  operator value_type() const noexcept { return value_; }  // NOLINT: for switch and ==
  /// The service's spelling (`UP_FOR_RETRY`); for an unknown value its text as sent, empty when nothing was sent.
  [[nodiscard]] std::string_view name() const noexcept {
    return value_ == Values::unknown ? unknown_name_.view() : names()[value_];
  }
  /// False when nothing was sent.
  [[nodiscard]] bool present() const noexcept { return value_ != Values::unknown || unknown_name_.present(); }

  friend bool operator==(const open_enum& a, const open_enum& b) noexcept {
    return a.value_ == b.value_ && a.unknown_name_ == b.unknown_name_;
  }
  friend bool operator==(const open_enum& a, value_type b) noexcept { return a.value_ == b; }
  friend std::strong_ordering operator<=>(const open_enum& a, const open_enum& b) noexcept {
    return a.value_ != b.value_ ? a.value_ <=> b.value_ : a.unknown_name_ <=> b.unknown_name_;
  }
  friend std::strong_ordering operator<=>(const open_enum& a, value_type b) noexcept { return a.value_ <=> b; }
  friend std::ostream& operator<<(std::ostream& out, const open_enum& value) { return out << value.name(); }

 private:
  text unknown_name_;
  value_type value_ = Values::unknown;
};

}  // namespace mwaa_serverless

template <class Enum>
  requires std::is_base_of_v<mwaa_serverless::open_enum<typename Enum::values>, Enum>
struct std::hash<Enum> {
  std::size_t operator()(const Enum& value) const noexcept { return std::hash<std::string_view>{}(value.name()); }
};
