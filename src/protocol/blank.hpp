// Objects to be filled by a reader.
#pragma once

#include <type_traits>

namespace mwaa_serverless::protocol {

namespace blanks {

template <class Owner>
struct anything {
  template <class T>
    requires(!std::is_same_v<T, Owner>)
  operator T() const {  // NOLINT: it stands for any argument
    return T{};
  }
};

}  // namespace blanks

/// A T that nothing was given to: requests have constructors that take what is required.
template <class T>
T blank() {
  using any = blanks::anything<T>;
  if constexpr (std::is_default_constructible_v<T>) {
    return T{};
  } else if constexpr (std::is_constructible_v<T, any>) {
    return T{any{}};
  } else if constexpr (std::is_constructible_v<T, any, any>) {
    return T{any{}, any{}};
  } else {
    static_assert(std::is_constructible_v<T, any, any, any>, "no constructor of up to three arguments");
    return T{any{}, any{}, any{}};
  }
}

}  // namespace mwaa_serverless::protocol
