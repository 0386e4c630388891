// A screen of a terminal that is drawn anew again and again.
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "cli/watch_view.hpp"

namespace mwaa_serverless::cli {

struct window_size {
  std::size_t columns = 80;
  std::size_t rows = 24;
};

/// A terminal that standard output is, in whose foreground the program runs.
class live_terminal {
 public:
  live_terminal() = default;
  live_terminal(const live_terminal&) = delete;
  live_terminal& operator=(const live_terminal&) = delete;
  virtual ~live_terminal() = default;

  [[nodiscard]] virtual window_size size() const = 0;
  virtual void write(std::string_view bytes) = 0;
  /// Whether what is typed is shown.
  virtual void echo(bool on) noexcept = 0;
};

/// Shows lines on the terminal's other screen. What was there before comes back with leave(), and with the end of its
/// life.
class live_screen {
 public:
  live_screen(live_terminal& terminal, bool color) : terminal_(terminal), color_(color) {}
  live_screen(const live_screen&) = delete;
  live_screen& operator=(const live_screen&) = delete;
  ~live_screen();

  void enter();
  void leave();
  /// Draws nothing before enter().
  void draw(const std::vector<view_line>& lines);
  [[nodiscard]] window_size size() const { return terminal_.size(); }

 private:
  live_terminal& terminal_;
  bool color_;
  bool entered_ = false;
};

}  // namespace mwaa_serverless::cli
