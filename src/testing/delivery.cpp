#include "testing/delivery.hpp"

#include <algorithm>

namespace mwaa_serverless::testing {

namespace {

// Longer waits count as this long, so that no sum of them overflows a clock's nanoseconds.
constexpr std::chrono::milliseconds longest = std::chrono::hours{24 * 365 * 10};

std::chrono::milliseconds bounded(std::chrono::milliseconds wait) {
  return std::clamp(wait, std::chrono::milliseconds{0}, longest);
}

}  // namespace

std::chrono::milliseconds delivery::duration() const noexcept {
  if (chunk == 0 || bytes.empty()) return wait;
  const auto pauses = static_cast<std::int64_t>((bytes.size() - 1) / chunk);
  return pauses > 0 && interval > longest / pauses ? wait + longest : wait + interval * pauses;
}

delivery plan_delivery(const exchange& what, std::chrono::milliseconds latency, clock::wall_time_point date,
                       bool keep_alive) {
  using kind = fault::kind;
  const std::string& body = what.answer.body;
  delivery out;
  out.wait = bounded(latency);
  out.end = keep_alive ? connection_end::keep : connection_end::close;

  auto stated_length = static_cast<std::int64_t>(body.size());
  if (what.applied && what.applied->what == kind::wrong_length)
    stated_length = std::max<std::int64_t>(0, stated_length + what.applied->length_error);
  out.bytes = response_head(what.answer, what.record.request_id, date, static_cast<std::size_t>(stated_length));
  const std::size_t head_size = out.bytes.size();
  out.bytes.append(body);
  if (!what.applied) return out;

  const fault& applied = *what.applied;
  out.wait += bounded(applied.after);
  const connection_end broken = applied.reset ? connection_end::reset : connection_end::close;
  const auto cut_at = [&](std::size_t size) {
    out.bytes.resize(size);
    out.end = broken;
  };
  switch (applied.what) {
    case kind::delay:
    case kind::throttle:
    case kind::status:
    case kind::body:
      break;
    case kind::close_before_headers:
      cut_at(0);
      break;
    case kind::close_inside_headers:  // never the whole head, whatever was asked for
      cut_at(std::min(applied.bytes, head_size - 1));
      break;
    case kind::close_inside_body:  // never the whole body
      cut_at(head_size + std::min(applied.bytes, body.empty() ? 0 : body.size() - 1));
      break;
    case kind::wrong_length:
      out.end = broken;
      break;
    case kind::garbage:
      out.bytes = "\x16\x03\x01 this is not HTTP \xff\xfe\r\n\r\n";
      out.end = broken;
      break;
    case kind::drip:
      out.chunk = applied.bytes;
      out.interval = bounded(applied.interval);
      break;
    case kind::never_answer:
      out.bytes.clear();
      out.end = connection_end::silence;
      break;
  }
  return out;
}

}  // namespace mwaa_serverless::testing
