// The end of an execution context, for those who hold objects of Asio's on it and may outlive it.
#pragma once

#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <memory>
#include <mutex>

namespace mwaa_serverless::net {

/// Tells its listeners when an execution context is being destroyed: while all of its services still exist, so that
/// sockets, timers and strands can go in order. Afterwards they must not be touched, not even to destroy them.
///
/// Shared by the context and its listeners, so that these need not know which of them goes first. Thread-safe.
class context_end {
 public:
  /// That of the context of `io`, which exists: one for each context.
  [[nodiscard]] static std::shared_ptr<context_end> of(const boost::asio::any_io_executor& io);

  [[nodiscard]] bool reached() const noexcept { return reached_.load(std::memory_order_acquire); }

  /// Has `context_ended()` of its owner called, once, while the context's services exist; not after the listener was
  /// destroyed, which waits for a call under way. The call must not destroy or make listeners of the same context.
  class listener {
   public:
    /// The end has not been reached.
    template <class Owner>
    listener(std::shared_ptr<context_end> to, Owner& owner)
        : listener(std::move(to), &owner, [](void* who) noexcept { static_cast<Owner*>(who)->context_ended(); }) {}
    listener(const listener&) = delete;
    listener& operator=(const listener&) = delete;
    ~listener();

   private:
    friend class context_end;
    using call = void (*)(void*) noexcept;
    listener(std::shared_ptr<context_end> to, void* owner, call tell);

    const std::shared_ptr<context_end> to_;
    void* const owner_;
    const call tell_;
    // Neighbours in the list. A list of its own nodes: leaving it never allocates.
    listener* next_ = nullptr;
    listener** link_ = nullptr;  // what points to this one; null when it is in no list
  };

 private:
  class service;

  void reach() noexcept;
  static void unlink(listener& from) noexcept;

  std::atomic<bool> reached_{false};
  std::mutex mutex_;  // guards the list
  listener* first_ = nullptr;
};

}  // namespace mwaa_serverless::net
