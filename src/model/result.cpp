#include <mwaa_serverless/result.hpp>
#include <utility>

namespace mwaa_serverless::detail {

failure_box::failure_box(error what) : what_(std::make_unique<error>(std::move(what))) {}

failure_box::failure_box(const failure_box& other)
    : what_(other.what_ ? std::make_unique<error>(*other.what_) : nullptr) {}

failure_box& failure_box::operator=(const failure_box& other) {
  failure_box copy{other};
  what_.swap(copy.what_);
  return *this;
}

failure_box::~failure_box() = default;

const error& failure_box::get() const noexcept {
  static const error none;
  return what_ ? *what_ : none;
}

error failure_box::take() {
  return what_ ? std::move(*what_) : error{};
}

void failure_box::raise() const {
  throw exception(get());
}

}  // namespace mwaa_serverless::detail
