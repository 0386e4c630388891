#include "net/context_end.hpp"

#include <boost/asio/execution/context.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/query.hpp>
#include <utility>

namespace mwaa_serverless::net {

namespace asio = boost::asio;

// A context shuts all of its services down before it destroys the first of them.
class context_end::service final : public asio::execution_context::service {
 public:
  static inline asio::execution_context::id id;

  explicit service(asio::execution_context& of)
      : asio::execution_context::service(of), end(std::make_shared<context_end>()) {}

  const std::shared_ptr<context_end> end;

 private:
  void shutdown() noexcept override { end->reach(); }
};

std::shared_ptr<context_end> context_end::of(const asio::any_io_executor& io) {
  return asio::use_service<service>(asio::query(io, asio::execution::context)).end;
}

void context_end::reach() noexcept {
  const std::lock_guard lock{mutex_};
  reached_.store(true, std::memory_order_release);
  while (first_ != nullptr) {
    listener& told = *first_;
    unlink(told);
    told.tell_(told.owner_);
  }
}

void context_end::unlink(listener& from) noexcept {
  if (from.link_ == nullptr) return;
  *from.link_ = from.next_;
  if (from.next_ != nullptr) from.next_->link_ = from.link_;
  from.link_ = nullptr;
}

context_end::listener::listener(std::shared_ptr<context_end> to, void* owner, call tell)
    : to_(std::move(to)), owner_(owner), tell_(tell) {
  const std::lock_guard lock{to_->mutex_};
  next_ = to_->first_;
  if (next_ != nullptr) next_->link_ = &next_;
  link_ = &to_->first_;
  to_->first_ = this;
}

context_end::listener::~listener() {
  const std::lock_guard lock{to_->mutex_};
  unlink(*this);
}

}  // namespace mwaa_serverless::net
