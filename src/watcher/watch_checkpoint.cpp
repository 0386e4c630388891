// What a watch has told, as bytes.
//
// `MWSW`, the number of the form, the content, and the CRC-32 of all that. Numbers are in groups of seven bits, times
// in milliseconds since 1970. The tasks of a run are hashes of their identifiers, in order, as Rice codes of the
// differences: 28 bits of a hash take about 24.
#include <algorithm>
#include <bit>
#include <boost/crc.hpp>
#include <cmath>
#include <cstring>

#include "watcher/watch_state.hpp"

namespace mwaa_serverless::watcher {

namespace {

constexpr std::string_view mark_of_form = "MWSW";
constexpr unsigned char newest_form = 1;
constexpr unsigned rice_bits = 22;
constexpr unsigned most_quotient = 1U << 12;

using wall = std::chrono::system_clock::time_point;

std::int64_t milliseconds(wall when) {
  return std::chrono::floor<std::chrono::milliseconds>(when.time_since_epoch()).count();
}

std::uint32_t checksum(std::string_view bytes) {
  boost::crc_32_type crc;
  crc.process_bytes(bytes.data(), bytes.size());
  return crc.checksum();
}

class writer {
 public:
  void number(std::uint64_t value) {
    while (value >= 0x80) {
      bytes_.push_back(static_cast<char>(value | 0x80));
      value >>= 7;
    }
    bytes_.push_back(static_cast<char>(value));
  }
  void signed_number(std::int64_t value) {
    number((static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63));
  }
  void time(const std::optional<wall>& value) { signed_number(value ? milliseconds(*value) + 1 : 0); }
  void text(std::string_view value) {
    number(value.size());
    bytes_.append(value);
  }
  void bits(std::uint32_t value, unsigned count) {
    for (unsigned i = 0; i < count; ++i) bit((value >> i & 1U) != 0);
  }
  void bit(bool value) {
    if (filled_ == 0) bytes_.push_back('\0');
    if (value) bytes_.back() = static_cast<char>(static_cast<unsigned char>(bytes_.back()) | 1U << filled_);
    filled_ = (filled_ + 1) % 8;
  }
  void end_of_bits() { filled_ = 0; }
  void fixed(std::uint32_t value) {
    for (unsigned i = 0; i < 4; ++i) bytes_.push_back(static_cast<char>(value >> (8 * i)));
  }
  [[nodiscard]] std::string& bytes() { return bytes_; }

 private:
  std::string bytes_;
  unsigned filled_ = 0;
};

// Reads until something is not as it must be; from then on everything is zero and good() is false.
class reader {
 public:
  explicit reader(std::string_view bytes) : bytes_(bytes) {}

  [[nodiscard]] bool good() const { return good_; }
  [[nodiscard]] bool at_end() const { return good_ && at_ == bytes_.size(); }
  std::uint64_t number() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const unsigned char byte = next();
      value |= static_cast<std::uint64_t>(byte & 0x7fU) << shift;
      if (byte < 0x80) return value;
    }
    good_ = false;
    return 0;
  }
  std::int64_t signed_number() {
    const std::uint64_t value = number();
    return static_cast<std::int64_t>(value >> 1) ^ -static_cast<std::int64_t>(value & 1);
  }
  std::optional<wall> time() {
    const std::int64_t value = signed_number();
    constexpr std::int64_t longest{9'000'000'000'000};  // what system_clock holds is within 292 years
    if (value == 0 || value > longest || value < -longest) return std::nullopt;
    return wall{std::chrono::milliseconds{value - 1}};
  }
  std::string text() {
    const std::uint64_t size = count(1);
    std::string out{bytes_.substr(at_, size)};
    at_ += out.size();
    return out;
  }
  /// A number of things that take at least `each_bits` eighths of a byte.
  std::uint64_t count(std::uint64_t each_bytes) {
    const std::uint64_t value = number();
    if (value > (bytes_.size() - at_) / each_bytes) good_ = false;
    return good_ ? value : 0;
  }
  bool bit() {
    if (filled_ == 0) current_ = next();
    const bool out = (current_ >> filled_ & 1U) != 0;
    filled_ = (filled_ + 1) % 8;
    return out;
  }
  std::uint32_t bits(unsigned count) {
    std::uint32_t out = 0;
    for (unsigned i = 0; i < count; ++i) out |= static_cast<std::uint32_t>(bit()) << i;
    return out;
  }
  void end_of_bits() { filled_ = 0; }

 private:
  unsigned char next() {
    if (at_ >= bytes_.size()) good_ = false;
    return good_ ? static_cast<unsigned char>(bytes_[at_++]) : 0;
  }

  std::string_view bytes_;
  std::size_t at_ = 0;
  bool good_ = true;
  unsigned char current_ = 0;
  unsigned filled_ = 0;
};

void write_filter(writer& out, const run_filter& filter) {
  out.time(filter.since);
  out.text(filter.workflow_version.value_or(""));
  out.text(filter.run_type ? filter.run_type->name() : std::string_view{});
}

run_filter read_filter(reader& in) {
  run_filter out;
  out.since = in.time();
  if (!out.since) out.since = wall{};
  std::string version = in.text();
  if (!version.empty()) out.workflow_version = std::move(version);
  const std::string type = in.text();
  if (!type.empty()) out.run_type.emplace(text{type});
  return out;
}

template <class Status>
void write_names(writer& out, const status_codes<Status>& codes) {
  out.number(codes.unknown().size());
  for (const auto& name : codes.unknown()) out.text(name);
}

template <class Status>
void read_names(reader& in, status_codes<Status>& codes) {
  const std::uint64_t count = in.count(1);
  for (std::uint64_t i = 0; i < count; ++i) (void)codes.of_unknown(in.text());
}

void write_tasks(writer& out, task_table table) {
  table.salt_well();
  std::vector<task_table::row> rows;
  for (const auto& row : table.rows()) {
    if (row.told != task_table::untold) rows.push_back(row);
  }
  std::sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) { return a.hash < b.hash; });
  out.number(table.salt());
  out.number(rows.size());
  const bool narrow = std::all_of(rows.begin(), rows.end(), [](const auto& row) { return row.told < 16; });
  out.bit(narrow);
  std::uint32_t before = 0;
  for (const auto& row : rows) {
    const std::uint32_t difference = row.hash - before;
    before = row.hash;
    for (std::uint32_t i = 0; i < difference >> rice_bits; ++i) out.bit(true);
    out.bit(false);
    out.bits(difference, rice_bits);
    out.bits(row.told, narrow ? 4 : 8);
  }
  out.end_of_bits();
}

std::vector<task_table::row> read_tasks(reader& in, std::uint32_t& salt) {
  salt = static_cast<std::uint32_t>(in.number());
  const std::uint64_t count = in.count(3);
  std::vector<task_table::row> rows;
  rows.reserve(count);
  const unsigned width = in.bit() ? 4 : 8;
  std::uint32_t hash = 0;
  for (std::uint64_t i = 0; i < count && in.good(); ++i) {
    std::uint32_t quotient = 0;
    while (in.bit() && quotient < most_quotient) ++quotient;
    hash += (quotient << rice_bits) + in.bits(rice_bits);
    task_table::row row;
    row.hash = hash;
    row.id = task_table::no_id;
    row.told = row.seen_status = static_cast<std::uint8_t>(in.bits(width));
    rows.push_back(row);
  }
  in.end_of_bits();
  return rows;
}

}  // namespace

std::string watch_state::checkpoint() const {
  writer out;
  out.bytes().append(mark_of_form);
  out.bytes().push_back(static_cast<char>(newest_form));
  write_names(out, run_codes_);
  write_names(out, task_codes_);
  out.number(all_filter_ ? 1 : 0);
  if (all_filter_) write_filter(out, *all_filter_);
  out.number(left_out_.size());
  for (const auto& arn : left_out_) out.text(arn);
  out.number(workflow_slots_.size());
  for (const auto& [arn, which] : workflow_slots_) {
    const workflow_record& workflow = workflows_[which];
    out.text(arn);
    out.number((workflow.filter ? 1U : 0U) | (workflow.by_all ? 2U : 0U));
    if (workflow.filter) write_filter(out, *workflow.filter);
    out.number(workflow.tasks);
    out.number(workflow.pages);
    out.number(workflow.told.size());
    for (const auto& [hash, created] : workflow.told) {
      out.fixed(static_cast<std::uint32_t>(hash));
      out.fixed(static_cast<std::uint32_t>(hash >> 32));
      out.time(created);
    }
    std::size_t kept = 0;
    for (const auto& [id, run] : workflow.runs) kept += !runs_[run].removed ? 1 : 0;
    out.number(kept);
    for (const auto& [id, index] : workflow.runs) {
      const run_record& run = runs_[index];
      if (run.removed) continue;
      out.text(id);
      out.number(run.added);
      out.fixed(std::bit_cast<std::uint32_t>(run.weight));
      out.number(run.told);
      out.time(run.created);
      if (run.told == task_table::untold) continue;
      // When what was told was last seen to be so.
      const bool told = run.told == run.status || run.told == told_without_status;
      out.time(wall_of(told ? run.state_asked : seconds_at(run.not_before)));
      double tasks_as_of = run.tasks_known;
      for (const auto& row : run.tasks.rows()) {
        if (row.told != row.seen_status && row.told != task_table::untold)
          tasks_as_of = std::min(tasks_as_of, seconds_at(row.not_before));
      }
      out.time(tasks_as_of > never ? std::optional{wall_of(tasks_as_of)} : std::nullopt);
      write_tasks(out, run.tasks);
    }
  }
  out.fixed(checksum(out.bytes()));
  return std::move(out.bytes());
}

bool watch_state::take(std::string_view bytes, moment moment_now, std::string& why) {
  constexpr std::size_t around = mark_of_form.size() + 1 + 4;
  if (bytes.size() < around || bytes.substr(0, mark_of_form.size()) != mark_of_form) {
    why = "these bytes are no checkpoint of a run_watcher";
    return false;
  }
  if (static_cast<unsigned char>(bytes[mark_of_form.size()]) != newest_form) {
    why = "the checkpoint has form " + std::to_string(static_cast<unsigned char>(bytes[mark_of_form.size()])) +
          "; this version of the library reads form " + std::to_string(newest_form);
    return false;
  }
  std::uint32_t sum = 0;
  for (unsigned i = 0; i < 4; ++i)
    sum |= static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[bytes.size() - 4 + i])) << (8 * i);
  const std::string_view content = bytes.substr(0, bytes.size() - 4);
  if (checksum(content) != sum) {
    why = "the checkpoint is damaged or cut short: its checksum does not match";
    return false;
  }

  // What was seen before lies before the start of this watch: 100 days at most.
  constexpr double longest_ago = 100.0 * 24 * 3600;
  origin_ = moment_now.steady - std::chrono::duration_cast<duration>(std::chrono::duration<double>(longest_ago));
  const double now = at(moment_now);
  const auto since_origin = [&](const std::optional<wall>& when) {
    if (!when) return never;
    const double ago = std::chrono::duration<double>(moment_now.wall.time_since_epoch()).count() -
                       std::chrono::duration<double>(when->time_since_epoch()).count();
    return std::clamp(now - ago, 0.01, now);
  };
  budgets_.clear();
  budgets_.emplace_back(rules_.requests_per_second, rules_.initial_requests_per_second, rules_.share, now);

  const auto damaged = [&why] {
    why = "the checkpoint is damaged";
    return false;
  };
  reader in{content.substr(mark_of_form.size() + 1)};
  const auto fixed = [&in] {
    std::uint32_t value = 0;
    for (unsigned i = 0; i < 4; ++i) value |= in.bits(8) << (8 * i);
    return value;
  };
  read_names(in, run_codes_);
  read_names(in, task_codes_);
  if (in.number() != 0) all_filter_ = read_filter(in);
  const std::uint64_t left_out = in.count(1);
  for (std::uint64_t i = 0; i < left_out && in.good(); ++i) left_out_.insert(in.text());
  const std::uint64_t workflows = in.count(1);
  for (std::uint64_t w = 0; w < workflows && in.good(); ++w) {
    const std::string arn = in.text();
    if (workflow_slots_.contains(arn)) return damaged();
    const slot which = workflow_of(arn);
    const std::uint64_t flags = in.number();
    if ((flags & 1U) != 0) {
      workflows_[which].filter = read_filter(in);
      ++watched_workflows_;
    }
    workflows_[which].by_all = (flags & 2U) != 0;
    workflows_[which].tasks = static_cast<std::uint32_t>(in.number());
    workflows_[which].pages = static_cast<std::uint32_t>(std::max<std::uint64_t>(in.number(), 1));
    const std::uint64_t told = in.count(9);
    for (std::uint64_t i = 0; i < told && in.good(); ++i) {
      const std::uint64_t low = fixed();
      const std::uint64_t high = fixed();
      workflows_[which].told.emplace(high << 32 | low, in.time().value_or(wall{}));
    }
    const std::uint64_t runs = in.count(7);
    for (std::uint64_t i = 0; i < runs && in.good(); ++i) {
      std::string id = in.text();
      if (workflows_[which].runs.contains(id)) return damaged();
      const slot index = new_run(std::move(id), which);
      run_record& run = runs_[index];
      run.added = static_cast<std::uint32_t>(in.number());
      run.weight = std::bit_cast<float>(fixed());
      if (!(run.weight >= 1e-10F) || !(run.weight <= 1e10F)) run.weight = 1;
      run.told = static_cast<std::uint8_t>(in.number());
      run.created = in.time();
      if (run.told == task_table::untold) continue;
      run.status = run.told;
      run.state_asked = std::max(since_origin(in.time()), 0.01);
      run.tasks_known = since_origin(in.time());
      std::uint32_t salt = 0;
      auto rows = read_tasks(in, salt);
      run.tasks.restore(salt, std::move(rows));
      restored(index, now);
    }
    release_workflow(which);
  }
  return in.at_end() || damaged();
}

}  // namespace mwaa_serverless::watcher
