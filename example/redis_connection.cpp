#include "redis_connection.hpp"

#include <hiredis/async.h>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <optional>

namespace asio = boost::asio;

namespace {

/// A command under way: the coroutine that waits has a share of it, and hiredis another until it has called back.
struct pending {
  asio::steady_timer timer;  // ends at the latest time; cancelled when there is an answer
  std::optional<redis_answer> answer;
};

void take_reply(redisAsyncContext* context, void* raw, void* data) {
  const std::unique_ptr<std::shared_ptr<pending>> share{static_cast<std::shared_ptr<pending>*>(data)};
  const auto* reply = static_cast<const redisReply*>(raw);
  pending& command = **share;
  if (reply == nullptr)
    command.answer = std::string{context->err != 0 ? context->errstr : "connection closed"};
  else if (reply->type == REDIS_REPLY_INTEGER)
    command.answer = reply->integer;
  else
    command.answer = reply->type == REDIS_REPLY_ERROR ? std::string{reply->str, reply->len} : "no number";
  command.timer.cancel();
}

}  // namespace

/// One connection. hiredis is single-threaded: everything that touches its context, and its hooks and callbacks, which
/// it calls from within, happens under the mutex.
class redis_connection::link : public std::enable_shared_from_this<link> {
 public:
  link(const asio::any_io_executor& executor, const std::string& address) : socket_(executor) {
    const auto colon = address.rfind(':');
    if (address.starts_with('/') || colon == std::string::npos)
      context_ = redisAsyncConnectUnix(address.c_str());
    else
      context_ = redisAsyncConnect(address.substr(0, colon).c_str(), std::atoi(address.c_str() + colon + 1));
    boost::system::error_code failure;
    if (context_ != nullptr && context_->err == 0) socket_.assign(context_->c.fd, failure);
    if (context_ == nullptr || context_->err != 0 || failure) {
      broken_ = failure ? failure.message() : context_ != nullptr ? context_->errstr : "out of memory";
      if (context_ != nullptr) redisAsyncFree(context_);
      context_ = nullptr;
      return;
    }
    context_->ev.data = this;
    context_->ev.addRead = [](void* self) { static_cast<link*>(self)->want(&link::read_, true); };
    context_->ev.delRead = [](void* self) { static_cast<link*>(self)->want(&link::read_, false); };
    context_->ev.addWrite = [](void* self) { static_cast<link*>(self)->want(&link::write_, true); };
    context_->ev.delWrite = [](void* self) { static_cast<link*>(self)->want(&link::write_, false); };
    context_->ev.cleanup = [](void* self) { static_cast<link*>(self)->context_gone(); };
  }
  ~link() { close(); }

  bool open() {
    const std::lock_guard lock{mutex_};
    return context_ != nullptr;
  }
  /// Commands under way fail.
  void close() {
    const std::lock_guard lock{mutex_};
    if (context_ != nullptr) redisAsyncFree(context_);
  }

  asio::awaitable<redis_answer> command(const std::vector<std::string>& arguments, time_point until) {
    const auto self = shared_from_this();
    const auto executor = co_await asio::this_coro::executor;
    const auto command = std::make_shared<pending>(pending{asio::steady_timer{executor, until}, std::nullopt});
    const waiter counted{*this};
    send(arguments, command);
    // Waiting begins under the mutex as well, since the answer may come on another thread.
    boost::system::error_code failure;
    auto token = asio::redirect_error(asio::use_awaitable, failure);
    auto begin = [self, command](auto handler) {
      const auto kept = self;  // the coroutine may resume, and destroy this lambda, before the mutex is given back
      const std::lock_guard lock{kept->mutex_};
      if (command->answer) command->timer.expires_at(time_point::min());
      command->timer.async_wait(std::move(handler));
    };
    co_await asio::async_initiate<decltype(token), void(boost::system::error_code)>(begin, token);
    const std::lock_guard lock{mutex_};
    if (command->answer) co_return *command->answer;
    if (failure) throw boost::system::system_error{failure};  // cancelled
    co_return std::string{"no answer in time"};
  }

 private:
  struct direction {
    asio::posix::stream_descriptor::wait_type what;
    void (*ready)(redisAsyncContext*);
    bool wanted = false;   // by hiredis
    bool waiting = false;  // in Asio
  };

  /// hiredis wants to hear of a connection all the time; Asio waits for it only while a command waits.
  class waiter {
   public:
    explicit waiter(link& of) : link_(of) {
      const std::lock_guard lock{link_.mutex_};
      ++link_.waiters_;
    }
    waiter(const waiter&) = delete;
    waiter& operator=(const waiter&) = delete;
    ~waiter() {
      const std::lock_guard lock{link_.mutex_};
      if (--link_.waiters_ == 0 && link_.context_ != nullptr) link_.socket_.cancel();
    }

   private:
    link& link_;
  };

  void send(const std::vector<std::string>& arguments, const std::shared_ptr<pending>& command) {
    std::vector<const char*> texts;
    std::vector<std::size_t> lengths;
    for (const std::string& each : arguments) {
      texts.push_back(each.data());
      lengths.push_back(each.size());
    }
    const std::lock_guard lock{mutex_};
    if (context_ == nullptr) {
      command->answer = broken_;
      return;
    }
    auto share = std::make_unique<std::shared_ptr<pending>>(command);
    if (redisAsyncCommandArgv(context_, take_reply, share.get(), static_cast<int>(texts.size()), texts.data(),
                              lengths.data()) != REDIS_OK) {
      command->answer = std::string{"connection closed"};
      return;
    }
    (void)share.release();
    wait_for(read_);
  }

  void want(direction link::* which, bool wanted) {
    (this->*which).wanted = wanted;
    wait_for(this->*which);
  }

  void wait_for(direction& which) {
    if (!which.wanted || which.waiting || waiters_ == 0 || context_ == nullptr) return;
    which.waiting = true;
    socket_.async_wait(which.what, [self = shared_from_this(), &which](boost::system::error_code failure) {
      const std::lock_guard lock{self->mutex_};
      which.waiting = false;
      if (!failure && self->context_ != nullptr) which.ready(self->context_);  // may be the end of the context
      self->wait_for(which);
    });
  }

  void context_gone() {
    broken_ = context_->err != 0 ? context_->errstr : "connection closed";
    context_ = nullptr;
    (void)socket_.release();  // hiredis closes it
  }

  std::mutex mutex_;
  redisAsyncContext* context_ = nullptr;
  std::string broken_;
  asio::posix::stream_descriptor socket_;
  direction read_{asio::posix::stream_descriptor::wait_read, redisAsyncHandleRead};
  direction write_{asio::posix::stream_descriptor::wait_write, redisAsyncHandleWrite};
  int waiters_ = 0;
};

redis_connection::redis_connection(asio::any_io_executor executor, std::string address,
                                   std::chrono::milliseconds time_limit)
    : executor_(std::move(executor)), address_(std::move(address)), time_limit_(time_limit) {}

asio::awaitable<redis_answer> redis_connection::command(std::vector<std::string> arguments, time_point deadline) {
  const time_point give_up = std::chrono::steady_clock::now() + time_limit_;
  for (;;) {
    std::shared_ptr<link> used;
    bool reused = true;
    {
      const std::lock_guard lock{mutex_};
      if (std::chrono::steady_clock::now() < ask_again_) co_return std::string{"it failed less than a second ago"};
      if (!link_ || !link_->open()) {
        link_ = std::make_shared<link>(executor_, address_);
        reused = false;
      }
      used = link_;
    }
    redis_answer answer = co_await used->command(arguments, std::min(give_up, deadline));
    const time_point now = std::chrono::steady_clock::now();
    if (answer || (used->open() && now < give_up)) co_return answer;
    // An old connection may have been closed while it was idle: that is worth another one.
    if (reused && now < give_up) continue;
    {
      const std::lock_guard lock{mutex_};
      ask_again_ = now + std::chrono::seconds{1};
    }
    used->close();
    co_return answer;
  }
}
