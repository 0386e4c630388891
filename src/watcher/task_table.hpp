// The tasks of a run: what was seen, and what was told.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mwaa_serverless::watcher {

/// A row for each task instance ever listed, in a few bytes. Rows are never dropped: pages move while they are read,
/// and what a listing lacks is not gone.
class task_table {
 public:
  using ticks = std::uint32_t;  // hundredths of a second since the start of the watch
  static constexpr double ticks_a_second = 100;
  using status = std::uint8_t;           // see status_codes
  static constexpr status untold = 255;  // in row::told
  static constexpr std::int32_t no_duration = -1;

  class row {
   public:
    std::uint32_t hash = 0;        // of the identifier, with the table's salt
    std::uint32_t id = 0;          // where it begins; no_id of a row from a checkpoint that was not listed since
    std::uint32_t not_before = 0;  // of the first change that was not told
    std::uint32_t seen = 0;        // the look that showed the last change
    std::int32_t duration = no_duration;
    std::uint16_t id_size = 0;
    status seen_status = 0;
    status told = untold;
  };

  /// What a listing said of a task; the number of steps that it has made, as far as that can be told.
  struct change {
    bool added = false;
    bool changed = false;
    status before = 0;
  };
  /// `not_before`: when the table was last as it is.
  change set(std::string_view id, status now_status, std::int32_t duration, ticks not_before, ticks seen);
  /// A page begins: its tasks most likely come in the order of the rows from `at` on.
  void expect_from(std::size_t at) noexcept { cursor_ = at; }
  [[nodiscard]] std::size_t cursor() const noexcept { return cursor_; }

  [[nodiscard]] bool has_untold() const noexcept { return untold_ > 0; }
  /// The first row with something to tell, which has been told with that. There is one.
  [[nodiscard]] row tell() noexcept;
  /// The same, still to be told.
  [[nodiscard]] row next_untold() noexcept;
  [[nodiscard]] std::string_view id(const row& of) const noexcept;
  [[nodiscard]] const std::vector<row>& rows() const noexcept { return rows_; }
  [[nodiscard]] std::size_t size() const noexcept { return rows_.size(); }
  /// Everything that is known by its identifier is to be told anew.
  void untell() noexcept;
  /// Gives back what it has kept for growth.
  void shrink();

  // For checkpoints.
  [[nodiscard]] std::uint32_t salt() const noexcept { return salt_; }
  /// A salt by which no two identifiers have one hash.
  void salt_well();
  void restore(std::uint32_t salt, std::vector<row> rows);
  static constexpr std::uint32_t no_id = 0xffffffff;

 private:
  [[nodiscard]] std::uint32_t hash_of(std::string_view id) const noexcept;
  [[nodiscard]] row* find(std::string_view id, std::uint32_t hash);
  [[nodiscard]] bool is(const row& of, std::string_view id, std::uint32_t hash) const noexcept {
    return of.hash == hash && (of.id == no_id || this->id(of) == id);
  }

  std::vector<row> rows_;
  std::string ids_;
  std::size_t cursor_ = 0;
  std::size_t untold_ = 0;
  std::size_t first_untold_ = 0;  // none before
  std::uint32_t salt_ = 0;
};

}  // namespace mwaa_serverless::watcher
