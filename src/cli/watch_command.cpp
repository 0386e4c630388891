#include "cli/watch_command.hpp"

#include <algorithm>
#include <boost/asio/error.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/json/serialize.hpp>
#include <chrono>
#include <csignal>
#include <exception>
#include <memory>
#include <mwaa_serverless/model/workflow.hpp>
#include <mwaa_serverless/model/workflow_run.hpp>
#include <mwaa_serverless/run_watcher.hpp>
#include <string>
#include <utility>

#include "cli/checkpoint_file.hpp"
#include "cli/failure.hpp"
#include "cli/live_screen.hpp"
#include "cli/standard_streams.hpp"
#include "cli/watch_line.hpp"
#include "cli/watch_request.hpp"
#include "cli/watch_view.hpp"
#include "cli/watch_words.hpp"
#include "strings/printable.hpp"

namespace mwaa_serverless::cli {

namespace asio = boost::asio;

namespace {

using boost::system::error_code;
using steady = std::chrono::steady_clock;

constexpr std::chrono::milliseconds between_frames{200};
constexpr std::chrono::seconds longest_frame{1};  // times on it go on
constexpr std::chrono::seconds between_saves{5};
constexpr std::chrono::seconds long_outage{5};

run_watcher make_watcher(const client& api, const watch_request& asked, bool& restored) {
  if (asked.checkpoint.empty()) return run_watcher{api, asked.options};
  const auto bytes = read_checkpoint(asked.checkpoint);
  restored = bytes.has_value();
  if (!bytes) return run_watcher{api, asked.options};
  try {
    return run_watcher{api, *bytes, asked.options};
  } catch (const exception& problem) {
    throw failure::parameter("--checkpoint " + asked.checkpoint + ": " + problem.details().message);
  }
}

/// A watch, told line by line or drawn. Its timer and signals go on by themselves.
class running_watch : public std::enable_shared_from_this<running_watch> {
 public:
  running_watch(call& context, watch_request asked, asio::any_io_executor executor)
      : asked_(std::move(asked)),
        watcher_(make_watcher(context.api, asked_, restored_)),
        context_(context),
        timer_(executor),
        signals_(executor) {
    if (context.out.terminal == nullptr) {
      as_json_ = context.out.asked == output_format::json;
      return;
    }
    screen_.emplace(*context.out.terminal, context.out.color);
    if (restored_)
      for (const run_snapshot& each : watcher_.snapshot()) view_.restore(each);
  }
  running_watch(const running_watch&) = delete;
  running_watch& operator=(const running_watch&) = delete;

  [[nodiscard]] const watch_request& asked() const noexcept { return asked_; }
  [[nodiscard]] run_watcher& watcher() noexcept { return watcher_; }

  void begin() {
    save();  // a place that cannot be written is told before anything is watched
    if (screen_) {
      screen_->enter();
      draw();
      for (const int each : {SIGWINCH, SIGTSTP})
        if (!is_ignored(each)) signals_.add(each);
      wait_for_signal();
    }
    wait_for_tick();
  }

  void tell(const watch_event& event) {
    count(event);
    if (screen_) {
      view_.apply(event);
      changed_ = true;
    } else if (as_json_) {
      std::string line = boost::json::serialize(json_line(event));
      context_.out.write((context_.out.escape ? strings::printable(std::move(line)) : line) + '\n');
    } else {
      context_.out.write(plain_line(event) + '\n');
    }
    if (!unsaved_since_) unsaved_since_ = steady::now();
  }

  // Whatever happens, the terminal is what it was, and the place is kept. `stopped`: by a signal, when nobody hears of
  // an exception.
  void end(bool stopped) {
    timer_.cancel();
    signals_.cancel();
    std::exception_ptr problem = std::exchange(broken_, nullptr);
    const auto attempt = [&](auto&& work) {
      try {
        work();
      } catch (...) {
        if (!problem) problem = std::current_exception();
      }
    };
    attempt([&] { leave_screen(); });
    attempt([&] { save(); });
    if (!problem) return;
    if (!stopped) std::rethrow_exception(problem);
    try {
      std::rethrow_exception(problem);
    } catch (const std::exception& why) {
      context_.out.warn(why.what());
    }
  }

  // Throws failure unless all has ended well.
  void judge() const {
    if (unsuccessful_ + missing_ == 0) return;
    std::string message;
    if (unsuccessful_ > 0)
      message = std::to_string(unsuccessful_) + " of " + std::to_string(ended_) + " runs did not end in SUCCESS";
    if (missing_ > 0) message += (message.empty() ? "" : ", ") + std::to_string(missing_) + " not found";
    throw failure{exit_code::not_all_succeeded, std::move(message)};
  }

 private:
  void count(const watch_event& event) {
    if (event.kind == watch_event_kind::run_finished) {
      ++ended_;
      if (event.run_status != workflow_run_status::success) ++unsuccessful_;
    } else if (event.failure && event.failure->code == errc::resource_not_found) {
      ++missing_;
    }
  }

  void draw() {
    changed_ = false;
    drawn_ = steady::now();
    const window_size size = screen_->size();
    screen_->draw(view_.lines(watcher_.metrics(), std::chrono::system_clock::now(), size.columns, size.rows));
  }

  // Lines would just cease. The view says so itself.
  void tell_of_outage() {
    drawn_ = steady::now();
    const auto since = watcher_.metrics().failing_since;
    if (!since || drawn_ - *since < long_outage) {
      if (!since) told_of_outage_ = false;
      return;
    }
    if (!std::exchange(told_of_outage_, true))
      context_.out.warn("no request of the watch has succeeded for " + short_duration(long_outage) + "; it goes on");
  }

  // The last view stays on the terminal, with room for a message and the next prompt.
  void leave_screen() {
    if (!screen_) return;
    const window_size size = screen_->size();
    constexpr std::size_t below = 4;
    const std::size_t rows = std::max(size.rows, 2 * below) - below;
    screen_->leave();
    std::string last;
    for (const view_line& each : view_.lines(watcher_.metrics(), std::chrono::system_clock::now(), size.columns, rows))
      last += (context_.out.color ? colored_text(each) : plain_text(each)) + '\n';
    context_.out.write(last);
    screen_.reset();
  }

  void save() {
    unsaved_since_.reset();
    if (!asked_.checkpoint.empty()) write_checkpoint(asked_.checkpoint, watcher_.checkpoint());
  }

  // Runs `work` in a handler of the loop, which nothing may be thrown out of. False when it failed: the watch ends.
  template <class Work>
  bool go_on_after(Work&& work) {
    try {
      std::forward<Work>(work)();
      return true;
    } catch (...) {
      broken_ = std::current_exception();
      watcher_.stop();
      return false;
    }
  }

  void wait_for_tick() {
    timer_.expires_after(between_frames);
    timer_.async_wait([weak = weak_from_this()](const error_code& ec) {
      const auto self = weak.lock();
      if (ec || !self) return;
      const auto now = steady::now();
      if (self->go_on_after([&] {
            const bool is_late = now - self->drawn_ >= longest_frame;
            if (self->screen_ && (self->changed_ || is_late)) self->draw();
            if (!self->screen_ && is_late) self->tell_of_outage();
            if (self->unsaved_since_ && now - *self->unsaved_since_ >= between_saves) self->save();
          }))
        self->wait_for_tick();
    });
  }

  void wait_for_signal() {
    signals_.async_wait([weak = weak_from_this()](const error_code& ec, int number) {
      const auto self = weak.lock();
      if (ec || !self || !self->screen_) return;
      if (self->go_on_after([&] {
            if (number == SIGTSTP) {
              self->screen_->leave();
              std::raise(SIGSTOP);  // until somebody continues it
              self->screen_->enter();
            }
            self->draw();
          }))
        self->wait_for_signal();
    });
  }

  watch_request asked_;
  bool restored_ = false;
  run_watcher watcher_;
  call& context_;
  watch_view view_;
  std::optional<live_screen> screen_;
  bool as_json_ = false;
  asio::steady_timer timer_;
  asio::signal_set signals_;
  bool changed_ = false;
  bool told_of_outage_ = false;
  steady::time_point drawn_{};
  std::optional<steady::time_point> unsaved_since_;
  std::exception_ptr broken_;
  std::size_t ended_ = 0;
  std::size_t unsuccessful_ = 0;
  std::size_t missing_ = 0;
};

// The runs of a workflow that have not ended now, and those that were made since.
asio::awaitable<void> add_active(call& context, running_watch& watch, std::string workflow_arn) {
  const auto since = watch.asked().since;
  list_workflow_runs_request request{workflow_arn};
  auto runs = context.api.paginate_list_workflow_runs(std::move(request)).items();
  while (const auto run = co_await runs.next()) {
    const auto* const about = run->run_detail_summary ? &*run->run_detail_summary : nullptr;
    const bool has_ended = about != nullptr && about->status.is_terminal();
    const bool is_recent = about != nullptr && since && about->created_on && *about->created_on >= *since;
    if (!has_ended || is_recent) watch.watcher().add({workflow_arn, run->run_id.str()});
  }
}

asio::awaitable<void> add_what_was_asked(call& context, running_watch& watch) {
  const watch_request& asked = watch.asked();
  run_filter filter;
  filter.since = asked.since;
  if (!asked.run_ids.empty()) {
    for (const std::string& id : asked.run_ids) watch.watcher().add({asked.workflow_arns.front(), id});
  } else if (!asked.only_active) {
    for (const std::string& arn : asked.workflow_arns) watch.watcher().add_workflow(arn, filter);
    if (asked.workflow_arns.empty()) watch.watcher().add_all(filter);
  } else {
    for (const std::string& arn : asked.workflow_arns) co_await add_active(context, watch, arn);
    if (!asked.workflow_arns.empty()) co_return;
    list_workflows_request request;
    auto workflows = context.api.paginate_list_workflows(std::move(request)).items();
    while (const auto workflow = co_await workflows.next())
      co_await add_active(context, watch, workflow->workflow_arn.str());
  }
}

asio::awaitable<void> follow(call& context, running_watch& watch) {
  co_await add_what_was_asked(context, watch);
  watch.begin();
  for (;;) {
    const auto event = co_await watch.watcher().next();
    if (!event) co_return;
    watch.tell(*event);
  }
}

asio::awaitable<void> watch_runs(call& context) {
  if (context.out.asked && *context.out.asked != output_format::json && *context.out.asked != output_format::text)
    throw failure::usage("argument --output: watch prints json or text");
  watch_request asked = read_watch_request(context.given, std::chrono::system_clock::now());
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  const auto watch = std::make_shared<running_watch>(context, std::move(asked), executor);
  std::exception_ptr problem;
  bool stopped = false;
  try {
    co_await follow(context, *watch);
  } catch (const boost::system::system_error& why) {
    problem = std::current_exception();
    stopped = why.code() == asio::error::operation_aborted;
  } catch (...) {
    problem = std::current_exception();
  }
  watch->end(stopped);
  if (problem) std::rethrow_exception(problem);
  watch->judge();
}

command describe_watch() {
  command out;
  out.name = "watch";
  out.help =
      "Watch runs, and print what changes in them: a live view at a terminal, otherwise lines. Ends with the last of "
      "the runs when they were named, or with --active; otherwise it goes on.";
  out.parameters = watch_parameters();
  out.keeps_running = true;
  out.run = &watch_runs;
  return out;
}

}  // namespace

const command& watch_command() {
  static const command the_one = describe_watch();
  return the_one;
}

}  // namespace mwaa_serverless::cli
