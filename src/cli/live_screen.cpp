#include "cli/live_screen.hpp"

#include <exception>
#include <string>

namespace mwaa_serverless::cli {

namespace {

// The other screen, no cursor, no wrapping at the edge (ECMA-48 and xterm's control sequences).
constexpr std::string_view begin = "\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[2J";
constexpr std::string_view end = "\x1b[?7h\x1b[?25h\x1b[?1049l";
constexpr std::string_view home = "\x1b[H";
constexpr std::string_view erase_to_edge = "\x1b[K";
constexpr std::string_view erase_below = "\x1b[J";

}  // namespace

live_screen::~live_screen() {
  try {
    leave();
  } catch (const std::exception&) {
    // The terminal has gone.
  }
}

void live_screen::enter() {
  if (entered_) return;
  entered_ = true;
  terminal_.echo(false);
  terminal_.write(begin);
}

void live_screen::leave() {
  if (!entered_) return;
  entered_ = false;
  terminal_.echo(true);
  terminal_.write(end);
}

void live_screen::draw(const std::vector<view_line>& lines) {
  if (!entered_) return;
  std::string out{home};
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (i > 0) out += "\r\n";
    out += color_ ? colored_text(lines[i]) : plain_text(lines[i]);
    out += erase_to_edge;
  }
  out += erase_below;
  terminal_.write(out);
}

}  // namespace mwaa_serverless::cli
