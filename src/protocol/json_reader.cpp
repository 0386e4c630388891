#include "protocol/json_reader.hpp"

#include <algorithm>
#include <array>
#include <boost/json/basic_parser_impl.hpp>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <utility>
#include <vector>

#include "protocol/json_writer.hpp"
#include "protocol/number_text.hpp"
#include "protocol/plain_json.hpp"
#include "protocol/text_pool.hpp"
#include "strings/date_time.hpp"
#include "strings/same_bytes.hpp"

namespace mwaa_serverless::protocol {

namespace json = boost::json;
using boost::system::error_code;

namespace {

constexpr std::size_t max_depth = 32;

// What was read, in order. Objects are made from it only when the whole text was good, the number of elements of each
// list is known, and so is the size of the one block that all text goes to.
struct step {
  enum class kind : std::uint8_t { member_text, text, key, integer, boolean, time, enter, leave };

  // member_text: of a member of the type `text`, as most are; text: of anything else.
  std::uint32_t first;   // texts, key: offset; integer, boolean: the value; time: its upper half; enter: elements
  std::uint32_t second;  // texts, key: size; time: its lower half
  std::uint16_t member;  // of the structure that it belongs to
  kind what;
};

// Steps in pieces of one size: growing copies nothing, and a step stays where it is. A page of the service fits the
// first.
class step_tape {
 public:
  explicit step_tape(std::size_t steps) : piece_(steps) { extend(); }

  [[nodiscard]] std::size_t room() const noexcept { return static_cast<std::size_t>(end_ - next_); }
  [[nodiscard]] std::size_t piece_bytes() const noexcept { return piece_ * sizeof(step); }
  // Whether there is no piece left for extend().
  [[nodiscard]] bool at_last_piece() const noexcept { return current_ + 1 == pieces_.size(); }
  void extend() {
    if (next_ != nullptr) pieces_[current_++].end = next_;
    if (current_ == pieces_.size()) pieces_.emplace_back(std::make_unique_for_overwrite<step[]>(piece_));
    begin_piece();
  }
  // Its memory stays.
  void clear() noexcept {
    current_ = 0;
    begin_piece();
  }
  [[nodiscard]] std::size_t bytes() const noexcept { return pieces_.size() * piece_bytes(); }
  // Where it lies. There is room.
  step* add(step::kind what, std::size_t member, std::uint32_t first, std::uint32_t second) noexcept {
    next_->first = first;
    next_->second = second;
    next_->member = static_cast<std::uint16_t>(member);
    next_->what = what;
    return next_++;
  }
  // Steps that lie here already once more. There is room.
  const step* repeat(const step* from, std::size_t count) noexcept {
    const step* const out = next_;
    std::memcpy(next_, from, count * sizeof *from);
    next_ += count;
    return out;
  }
  // Whether `before` steps lie just before `at`, a step of the current piece.
  [[nodiscard]] bool side_by_side(const step* at, std::size_t before) const noexcept {
    return static_cast<std::size_t>(at - pieces_[current_].steps.get()) >= before;
  }
  template <class Visit>
  void for_each(Visit visit) const {
    for (std::size_t i = 0; i <= current_; ++i) {
      const step* const end = i == current_ ? next_ : pieces_[i].end;
      for (const step* at = pieces_[i].steps.get(); at != end; ++at) visit(*at);
    }
  }

 private:
  struct piece {
    explicit piece(std::unique_ptr<step[]> room) : steps(std::move(room)) {}

    std::unique_ptr<step[]> steps;
    const step* end = nullptr;  // unless it is the current one
  };

  void begin_piece() noexcept {
    next_ = pieces_[current_].steps.get();
    end_ = next_ + piece_;
  }

  std::size_t piece_;
  std::vector<piece> pieces_;
  std::size_t current_ = 0;
  step* next_ = nullptr;
  step* end_ = nullptr;
};

// For what Boost.JSON keeps, numbers and messages.
constexpr std::size_t parser_bytes = 4096;

// A string on the heap takes what it holds and about so much.
constexpr std::size_t string_overhead = 32;

/// Boost.JSON's handler: follows the description and writes the tape.
class reader {
  using form = value_type::form;

 public:
  static constexpr std::size_t max_object_size = SIZE_MAX;
  static constexpr std::size_t max_array_size = SIZE_MAX;
  static constexpr std::size_t max_key_size = SIZE_MAX;
  static constexpr std::size_t max_string_size = SIZE_MAX;

  reader(const value_type& root, strictness how, std::size_t json_size)
      : how_(how),
        allowance_(std::max(4 * json_size, least_json_allowance)),
        pool_(json_size),
        tape_(json_size / 24 + 8) {
    pool_at_first_ = pool_.capacity();
    spent_ = spent_at_first_ = parser_bytes + tape_.piece_bytes() + pool_.capacity();
    stack_[0] = {nullptr, nullptr, &root, 0, 0, nullptr, {}};
  }

  // Reads all of `text` when it is JSON in its plain form and what the description expects: that takes a third of the
  // time of the parser. False when anything is unusual, or wrong: the parser, which then begins anew, says what.
  bool read_plain(std::string_view text) {
    const std::size_t last = text.find_last_not_of(" \t\r\n");
    if (last == std::string_view::npos || text[last] != '}') return false;
    // What is not that brace is followed by something, as it is the last character: no need to ask for the end.
    const char* const end = text.data() + last + 1;
    const char* at = plain_json::skip_blanks(text.data());
    if (*at == '{' && enter(true, "", unused_) && read_plain_structure(at + 1, end) == end && on_document_end(unused_))
      return true;
    clear();
    return false;
  }

  bool on_document_begin(error_code&) { return true; }
  bool on_document_end(error_code& code) { return spend(sizeof(detail::text_block), code); }

  bool on_object_begin(error_code& code) {
    if (expects(form::document)) return open_in_document("{", code);
    return enter(expects(form::structure) || expects(form::map), "an object", code);
  }
  bool on_object_end(std::size_t, error_code& code) { return levels_ > 0 ? close_in_document("}", code) : leave(code); }
  bool on_array_begin(error_code& code) {
    if (expects(form::document)) return open_in_document("[", code);
    return enter(expects(form::list), "a list", code);
  }
  bool on_array_end(std::size_t, error_code& code) { return levels_ > 0 ? close_in_document("]", code) : leave(code); }

  bool on_key_part(json::string_view part, std::size_t, error_code& code) {
    if (skipped_ > 0) return true;
    return levels_ > 0 ? add_escaped({part.data(), part.size()}, code) : add_part({part.data(), part.size()}, code);
  }
  bool on_key(json::string_view last, std::size_t, error_code& code) {
    if (skipped_ > 0) return true;
    if (levels_ > 0) return add_escaped({last.data(), last.size()}, code) && end_string(":", code);
    frame& in = top();
    const bool stays = in.members == nullptr || pool_.open();  // in the pool, for now
    if (stays && !make_room(last.size(), code)) return false;
    const std::string_view name = pool_.whole({last.data(), last.size()});
    if (in.members != nullptr) {
      in.expected = find(in, name);
      pool_.drop();
    } else {
      in.key = pool_.keep(name);
      in.expected = in.self->element;
      if (in.self->copies_key && !spend(in.key.size + string_overhead, code)) return false;
    }
    return true;
  }

  bool on_string_part(json::string_view part, std::size_t, error_code& code) {
    if (expects(form::document)) return add_escaped({part.data(), part.size()}, code);
    if (!expects(form::text) && !expects(form::timestamp)) return true;
    return add_part({part.data(), part.size()}, code);
  }
  bool on_string(json::string_view last, std::size_t, error_code& code) {
    const value_type* const type = expected();
    if (type == nullptr || type->is != form::text) return on_other_string({last.data(), last.size()}, code);
    if (!make_room(last.size(), code)) return false;
    return keep_text(*type, pool_.whole({last.data(), last.size()}), code);
  }

  // Boost.JSON's own values of numbers are used for whole numbers without fraction and exponent only.
  bool on_number_part(json::string_view part, error_code&) {
    number_ += part.substr(0, longest_number + 1 - std::min(number_.size(), longest_number));
    return true;
  }
  bool on_int64(std::int64_t value, json::string_view last, error_code& code) {
    if (!expects(form::integer)) return on_other_number(static_cast<double>(value), last, code);
    number_.clear();
    if (value < std::numeric_limits<std::int32_t>::min() || value > std::numeric_limits<std::int32_t>::max())
      return out_of_range(code);
    return keep_integer(static_cast<std::int32_t>(value), code);
  }
  bool on_uint64(std::uint64_t value, json::string_view last, error_code& code) {
    if (!expects(form::integer)) return on_other_number(static_cast<double>(value), last, code);
    number_.clear();
    return out_of_range(code);
  }
  bool on_double(double value, json::string_view last, error_code& code) {
    if (!expects(form::integer)) return on_other_number(value, last, code);
    (void)on_number_part(last, code);
    const bool too_long = number_.size() > longest_number;
    const number_text number{number_};
    number_.clear();
    if (too_long) return unwanted("a number of more than 1000 characters", code);
    if (number.what() == number_text::kind::fraction) return unwanted("a number with a fraction", code);
    if (number.what() == number_text::kind::out_of_range) return out_of_range(code);
    return keep_integer(number.value(), code);
  }
  bool on_bool(bool value, error_code& code) {
    if (expects(form::document)) return word_in_document(value ? "true" : "false", code);
    if (!expects(form::boolean)) return unwanted("true or false", code);
    return keep(step::kind::boolean, value ? 1 : 0, 0, code) && value_done();
  }
  bool on_null(error_code& code) {
    if (levels_ > 0) return word_in_document("null", code);
    if (depth_ == 0) return fail("must be an object, not null", code);
    return skipped_ > 0 || value_done();
  }
  bool on_comment_part(json::string_view, error_code&) { return true; }
  bool on_comment(json::string_view, error_code&) { return true; }

  [[nodiscard]] const std::string& problem() const noexcept { return problem_; }
  [[nodiscard]] std::string path() const {
    std::string out;
    for (std::size_t i = 1; i <= depth_; ++i) {
      const frame& each = stack_[i];
      if (each.expected == nullptr) break;
      if (each.members != nullptr) {
        if (!out.empty()) out += '.';
        out += each.members->members[each.position - 1].name;
      } else if (each.self->is == form::map) {
        out += "['";
        out += pool_.characters().substr(each.key.offset, each.key.size);
        out += "']";
      } else {
        out += '[' + std::to_string(each.position) + ']';
      }
    }
    return out;
  }

  // Bytes that are allocated besides.
  bool spend(std::size_t bytes, error_code& code) {
    spent_ += bytes;
    // Each character is copied once more, into the block.
    return spent_ + pool_.characters().size() <= allowance_ || takes_too_much(code);
  }

  void build(void* object) const;

 private:
  // A structure, list or map that is being read. Not set before it begins: there is one for each level.
  struct frame {
    const value_type* self;
    const structure* members;    // null in lists and maps
    const value_type* expected;  // what the value that comes next is for; null: for nothing
    std::uint32_t position;      // structure: where in the members to look first; list: index of the next value
    std::uint32_t kept;          // values that are on the tape
    step* begin;                 // on the tape
    text_pool::part key;         // map: of the next value
  };

  // Members of text side by side, as they were read last: the items of a page mostly repeat.
  struct seen_members {
    const member_row* row = nullptr;  // of the first
    std::string_view json;            // from the quote of the first name to that of the last value
    const step* steps = nullptr;
    std::size_t count = 0;
  };
  static bool is_next(std::string_view json, const char* at, const char* end) noexcept {
    return static_cast<std::size_t>(end - at) > json.size() && at[json.size() - 1] == '"' &&
           strings::same_bytes(json.data(), at, json.size());
  }
  // Behind its opening brace. These say where something ends; null when it is not plain.
  const char* read_plain_structure(const char* at, const char* end) {
    frame& in = top();
    const member_row* const rows = in.members->members.data();
    const std::size_t count = in.members->members.size();
    std::size_t position = in.position;
    const member_row* row = rows + position;  // the one that mostly comes next, if there is one
    std::uint32_t kept = 0;
    seen_members* run = nullptr;  // that begins at run_begin and ended just now
    const char* run_begin = nullptr;
    at = plain_json::skip_blanks(at);
    while (*at == '"') {
      if (!extend_tape(unused_)) return nullptr;
      seen_members& seen = seen_[position % seen_.size()];
      if (seen.row == row && is_next(seen.json, at, end) && tape_.room() > seen.count) {
        const step* const steps = tape_.repeat(seen.steps, seen.count);
        position += seen.count;
        row += seen.count;
        kept += static_cast<std::uint32_t>(seen.count);
        const char* const begin = at;
        at += seen.json.size();
        if (run == nullptr || !join(*run, run_begin, at, steps, seen.count)) {
          run = &seen;
          run_begin = begin;
        }
        if (at[0] == ',' && at[1] == '"') {
          ++at;
          continue;
        }
      } else {
        run = nullptr;
        const char* const begin = at++;
        const value_type* type = nullptr;
        if (position < count && plain_json::is_string(row->name, at, end)) {
          at += row->name.size();
          type = row->type;
          ++position;
          ++row;
          at = plain_json::behind_name(at, end);
        } else {
          const char* const quote = plain_json::closing_quote(at, end);
          if (quote == nullptr) return nullptr;
          in.position = static_cast<std::uint32_t>(position);
          type = find(in, {at, static_cast<std::size_t>(quote - at)});
          position = in.position;
          row = rows + position;
          at = plain_json::behind_name(quote, end);
        }
        if (at == nullptr) return nullptr;
        const char* stop = nullptr;
        std::int32_t number = 0;
        if (*at == '"' && type != nullptr && type->is == form::text) {
          stop = plain_json::closing_quote(++at, end);
          if (stop == nullptr) return nullptr;
          const std::string_view value{at, static_cast<std::size_t>(stop - at)};
          if (!make_room(value.size(), unused_)) return nullptr;
          const text_pool::part kept_value = pool_.keep(value);
          ++stop;
          const step* const made = tape_.add(kind_of(*type), position - 1, kept_value.offset, kept_value.size);
          if (!type->copies_text) {
            seen_[(position - 1) % seen_.size()] = {row - 1, {begin, static_cast<std::size_t>(stop - begin)}, made, 1};
          } else if (!spend(value.size() + string_overhead, unused_)) {
            return nullptr;
          }
          ++kept;
        } else if (type != nullptr && type->is == form::integer &&
                   (stop = plain_json::integer(at, end, number)) != nullptr) {
          tape_.add(step::kind::integer, position - 1, static_cast<std::uint32_t>(number), 0);
          ++kept;
        } else {
          in.expected = type;
          in.position = static_cast<std::uint32_t>(position);
          stop = read_plain_value(at, end);
          if (stop == nullptr || stop == end) return nullptr;
        }
        at = stop;
      }
      at = plain_json::skip_blanks(at);
      if (*at != ',') break;
      at = plain_json::skip_blanks(at + 1);
      if (*at != '"') return nullptr;
    }
    in.kept += kept;
    return *at == '}' ? leave_plain(at) : nullptr;
  }
  // Makes `run` longer by steps that came behind its own, up to `end`. False when they lie elsewhere, or are too many.
  bool join(seen_members& run, const char* begin, const char* end, const step* steps, std::size_t count) {
    if (run.count + count > seen_.size() || !tape_.side_by_side(steps, run.count)) return false;
    run.json = {begin, static_cast<std::size_t>(end - begin)};
    run.steps = steps - run.count;
    run.count += count;
    return true;
  }
  const char* leave_plain(const char* at) {
    const frame& inner = top();
    if (!extend_tape(unused_)) return nullptr;
    inner.begin->first = inner.kept;
    tape_.add(step::kind::leave, 0, 0, 0);
    --depth_;
    return at + 1;
  }
  const char* read_plain_list(const char* at, const char* end) {
    const bool structures = top().expected->is == form::structure && depth_ < max_depth;
    at = plain_json::skip_blanks(at);
    if (*at != ']') {
      for (;;) {
        if (*at == '{' && structures) {
          at = enter(*top().expected, unused_) ? read_plain_structure(at + 1, end) : nullptr;
        } else {
          at = read_plain_value(at, end);
        }
        if (at == nullptr || at == end) return nullptr;
        at = plain_json::skip_blanks(at);
        if (*at != ',') break;
        at = plain_json::skip_blanks(at + 1);
      }
    }
    return *at == ']' ? leave_plain(at) : nullptr;
  }
  const char* read_plain_value(const char* at, const char* end) {
    const value_type* const type = top().expected;
    if (!extend_tape(unused_)) return nullptr;
    switch (*at) {
      case '"': {
        const char* const quote = plain_json::closing_quote(++at, end);
        if (quote == nullptr) return nullptr;
        const std::string_view value{at, static_cast<std::size_t>(quote - at)};
        if (type != nullptr && type->is == form::text)
          return make_room(value.size(), unused_) && keep_text(*type, value, unused_) ? quote + 1 : nullptr;
        if (type != nullptr && type->is != form::timestamp) return nullptr;
        return on_other_string(value, unused_) ? quote + 1 : nullptr;
      }
      case '{':
        if (type == nullptr || type->is != form::structure || depth_ == max_depth || !enter(*type, unused_))
          return nullptr;
        return read_plain_structure(at + 1, end);
      case '[':
        if (type == nullptr || type->is != form::list || depth_ == max_depth || !enter(*type, unused_)) return nullptr;
        return read_plain_list(at + 1, end);
      case 't':
      case 'f': {
        const bool value = *at == 't';
        at = plain_json::skip(value ? "true" : "false", at, end);
        if (at == nullptr || (type != nullptr && type->is != form::boolean)) return nullptr;
        return (type == nullptr ? value_done() : on_bool(value, unused_)) ? at : nullptr;
      }
      case 'n':
        at = plain_json::skip("null", at, end);
        return at != nullptr && value_done() ? at : nullptr;
      default: {
        std::int32_t value = 0;
        at = plain_json::integer(at, end, value);
        if (at == nullptr || (type != nullptr && type->is != form::integer)) return nullptr;
        return (type == nullptr ? value_done() : keep_integer(value, unused_)) ? at : nullptr;
      }
    }
  }
  void clear() {
    problem_.clear();
    spent_ = spent_at_first_ + tape_.bytes() - tape_.piece_bytes();
    if (pool_.capacity() != pool_at_first_) spent_ += pool_.capacity();
    elements_ = 0;
    depth_ = 0;
    pool_.clear();
    tape_.clear();
  }

  frame& top() noexcept { return stack_[depth_]; }
  [[nodiscard]] const value_type* expected() const noexcept { return skipped_ > 0 ? nullptr : stack_[depth_].expected; }
  [[nodiscard]] bool expects(form what) const noexcept {
    const value_type* const type = expected();
    return type != nullptr && type->is == what;
  }

  bool enter(bool fits, const char* what, error_code& code) {
    const value_type* const type = expected();
    if (type == nullptr || !fits) {
      if (type != nullptr && (how_ == strictness::strict || depth_ == 0)) return wrong_type(what, code);
      ++skipped_;  // within a value that nobody expects only the depth counts
      return true;
    }
    return enter(*type, code);
  }
  // The parser lets it go no deeper than max_depth.
  bool enter(const value_type& type, error_code& code) {
    step* const begin = keep(step::kind::enter, 0, 0, code);
    if (begin == nullptr) return false;
    frame& inner = stack_[++depth_];
    inner = {&type, type.members, type.is == form::list ? type.element : nullptr, 0, 0, begin, {}};
    return true;
  }
  bool leave(error_code& code) {
    if (skipped_ > 0) return --skipped_ > 0 || value_done();
    if (!extend_tape(code)) return false;
    const frame& inner = top();
    inner.begin->first = inner.kept;
    tape_.add(step::kind::leave, 0, 0, 0);
    --depth_;
    return value_done();
  }
  static step::kind kind_of(const value_type& text_member) noexcept {
    return &text_member == &describing::type_of<text> ? step::kind::member_text : step::kind::text;
  }
  // Puts the value on the tape. Null when it must not.
  step* keep(step::kind what, std::uint32_t first, std::uint32_t second, error_code& code) {
    if (!extend_tape(code)) return nullptr;
    frame& in = top();
    ++in.kept;
    if (in.members != nullptr)
      return tape_.add(what == step::kind::text ? kind_of(*in.expected) : what, in.position - 1, first, second);
    if (in.self != nullptr && !keep_element(in, code)) return nullptr;
    return tape_.add(what, 0, first, second);
  }
  bool keep_element(const frame& in, error_code& code) {
    if (++elements_ > max_json_elements) return too_many_elements(code);
    if (!spend(in.self->entry_bytes, code)) return false;
    if (in.self->is == form::map) tape_.add(step::kind::key, 0, in.key.offset, in.key.size);
    return true;
  }
  [[gnu::noinline]] bool takes_too_much(error_code& code) {
    return fail("holds so many small elements that reading it would take more than four times its size", code);
  }
  [[gnu::noinline]] bool too_many_elements(error_code& code) {
    return fail("holds more than " + std::to_string(max_json_elements) + " elements", code);
  }
  bool keep_text(const value_type& type, std::string_view value, error_code& code) {
    return keep_part(type, pool_.keep(value), code);
  }
  bool keep_part(const value_type& type, text_pool::part value, error_code& code) {
    if (type.copies_text && !spend(value.size + string_overhead, code)) return false;
    return keep(step::kind::text, value.offset, value.size, code) && value_done();
  }
  bool keep_integer(std::int32_t value, error_code& code) {
    return keep(step::kind::integer, static_cast<std::uint32_t>(value), 0, code) && value_done();
  }
  bool keep_time(time_point when, error_code& code) {
    const auto bits = static_cast<std::uint64_t>(when.time_since_epoch().count());
    return keep(step::kind::time, static_cast<std::uint32_t>(bits >> 32U), static_cast<std::uint32_t>(bits), code) &&
           value_done();
  }
  // awsJson1_0 also has numbers of seconds since 1970; to the microsecond, as botocore reads them.
  bool keep_seconds(double value, error_code& code) {
    constexpr double longest = 9'200'000'000;  // 292 years, what system_clock can hold
    if (!(std::abs(value) < longest)) return unwanted("a number of seconds out of range", code);
    const auto microseconds = std::chrono::microseconds{std::llround(value * 1e6)};
    return keep_time(time_point{std::chrono::duration_cast<time_point::duration>(microseconds)}, code);
  }

  // What a page of task instances has none of; out of the way of what it has.
  [[gnu::noinline]] bool on_other_string(std::string_view last, error_code& code) {
    if (expects(form::document)) return add_escaped(last, code) && end_string({}, code) && scalar_done(code);
    if (!expects(form::timestamp)) return unwanted("a string", code);
    if (!make_room(last.size(), code)) return false;
    const auto when = strings::parse_timestamp(pool_.whole(last));
    pool_.drop();
    return when ? keep_time(*when, code) : unwanted("other text", code);
  }
  [[gnu::noinline]] bool on_other_number(double value, json::string_view last, error_code& code) {
    if (expects(form::document)) return number_in_document(last, code);
    number_.clear();
    return expects(form::timestamp) ? keep_seconds(value, code) : unwanted("a number", code);
  }

  // A document is written anew into the pool, as the parser tells its parts.
  bool put(std::string_view text, error_code& code) { return add_part(text, code); }
  bool begin_in_document(error_code& code) { return !std::exchange(comma_, false) || put(",", code); }
  [[gnu::noinline]] bool open_in_document(std::string_view bracket, error_code& code) {
    ++levels_;
    return begin_in_document(code) && put(bracket, code);
  }
  [[gnu::noinline]] bool close_in_document(std::string_view bracket, error_code& code) {
    --levels_;
    return put(bracket, code) && scalar_done(code);
  }
  [[gnu::noinline]] bool word_in_document(std::string_view word, error_code& code) {
    return begin_in_document(code) && put(word, code) && scalar_done(code);
  }
  [[gnu::noinline]] bool number_in_document(json::string_view last, error_code& code) {
    (void)on_number_part(last, code);
    if (number_.size() > longest_number) return fail("must not be a number of more than 1000 characters", code);
    const bool written = word_in_document(number_, code);
    number_.clear();
    return written;
  }
  [[gnu::noinline]] bool add_escaped(std::string_view part, error_code& code) {
    if (!std::exchange(in_string_, true) && !(begin_in_document(code) && put("\"", code))) return false;
    escaped_.clear();
    append_escaped(escaped_, part);
    return put(escaped_, code);
  }
  [[gnu::noinline]] bool end_string(std::string_view colon, error_code& code) {
    in_string_ = false;
    return put("\"", code) && put(colon, code);
  }
  // The document is whole, or one of its values is.
  [[gnu::noinline]] bool scalar_done(error_code& code) {
    comma_ = levels_ > 0;
    return levels_ > 0 || keep_text(*expected(), pool_.whole({}), code);
  }
  // Room for a key and a value.
  bool extend_tape(error_code& code) { return tape_.room() >= 2 || extend_tape_now(code); }
  [[gnu::noinline]] bool extend_tape_now(error_code& code) {
    if (tape_.at_last_piece() && !spend(tape_.piece_bytes(), code)) return false;
    tape_.extend();
    return true;
  }
  // Room in the pool.
  bool make_room(std::size_t more, error_code& code) {
    const std::size_t larger = pool_.growth_for(more);
    if (larger == 0) return true;
    if (!spend(larger, code)) return false;
    pool_.reserve(larger);
    return true;
  }
  bool add_part(std::string_view part, error_code& code) {
    if (!make_room(part.size(), code)) return false;
    pool_.add_part(part);
    return true;
  }
  bool value_done() noexcept {
    frame& in = top();
    if (in.members != nullptr) {
      in.expected = nullptr;
    } else {
      ++in.position;
    }
    return true;
  }

  // A scalar that nobody expects, or not so.
  bool unwanted(const char* what, error_code& code) {
    if (skipped_ > 0) return true;
    if (top().expected != nullptr && (how_ == strictness::strict || depth_ == 0)) return wrong_type(what, code);
    return value_done();
  }
  bool out_of_range(error_code& code) {
    return how_ == strictness::strict ? fail("must be a whole number of 32 bits", code) : value_done();
  }
  bool wrong_type(const char* what, error_code& code) {
    return fail("must be " + std::string{wanted(top().expected->is)} + ", not " + what, code);
  }
  static std::string_view wanted(form what) {
    switch (what) {
      case form::text:
        return "a string";
      case form::integer:
        return "a whole number";
      case form::boolean:
        return "true or false";
      case form::timestamp:
        return "a date and time in ISO 8601";
      case form::list:
        return "a list";
      case form::document:
        return "a JSON value";
      case form::structure:
      case form::map:
        return "an object";
    }
    return {};
  }
  bool fail(std::string problem, error_code& code) {
    problem_ = std::move(problem);
    code = make_error_code(json::error::syntax);
    return false;
  }

  static const value_type* find(frame& in, std::string_view name) noexcept {
    // Members mostly come in one order: begin behind the last one found.
    const auto members = in.members->members;
    std::size_t at = in.position;
    for (std::size_t left = members.size(); left > 0; --left, ++at) {
      if (at >= members.size()) at = 0;
      if (strings::same_bytes(members[at].name, name)) {
        in.position = static_cast<std::uint32_t>(at + 1);
        return members[at].type;
      }
    }
    return nullptr;
  }

  static constexpr std::size_t longest_number = 1000;

  strictness how_;
  std::string problem_;
  std::string number_;             // what came of one so far
  std::string escaped_;            // a part of a string in a document
  std::size_t allowance_;          // of bytes
  std::size_t pool_at_first_ = 0;  // bytes, as the next two
  std::size_t spent_at_first_ = 0;
  std::size_t spent_ = 0;
  std::size_t elements_ = 0;
  std::size_t skipped_ = 0;  // levels within a value that nobody expects
  std::size_t levels_ = 0;   // within a document
  bool comma_ = false;       // before its next value
  bool in_string_ = false;   // of it
  std::size_t depth_ = 0;
  text_pool pool_;
  step_tape tape_;
  error_code unused_;
  std::array<seen_members, 16> seen_{};     // in plain JSON, by the position of the first
  std::array<frame, max_depth + 1> stack_;  // below the root a place for the root
};

// All text of one JSON text. Its references are counted here and given at once: an atomic increment for each would cost
// more than reading it. Until then it must not go, whatever setters drop.
class held_block {
 public:
  explicit held_block(std::string_view characters) : block_(detail::text_block::create(characters.size())) {
    if (!characters.empty()) std::memcpy(block_->bytes(), characters.data(), characters.size());
    block_->references.store(held, std::memory_order_relaxed);
  }
  held_block(const held_block&) = delete;
  held_block& operator=(const held_block&) = delete;
  ~held_block() {
    const std::uint32_t over = held - kept_;
    if (block_->references.fetch_sub(over, std::memory_order_acq_rel) == over) detail::text_block::destroy(block_);
  }
  [[nodiscard]] json_text_value part(const step& from) noexcept { return {block_, from.first, from.second, kept_}; }

 private:
  // More than there can be texts, see max_json_size.
  static constexpr std::uint32_t held = std::uint32_t{1} << 31;

  detail::text_block* block_;
  std::uint32_t kept_ = 0;
};

constexpr std::size_t max_json_size = std::size_t{1} << 31;

void reader::build(void* object) const {
  struct level {
    void* object;
    const value_type* self;
    const member_row* members;  // of a structure
    void* next;                 // list, map: the place for the next value
  };
  held_block block{pool_.characters()};
  std::array<level, max_depth + 1> levels;
  levels[0] = {};
  level* now = levels.data();
  const value_type* const root = stack_[0].expected;
  tape_.for_each([&](const step& each) {
    level& in = *now;
    if (each.what == step::kind::member_text) {  // what follows does this too, by calls
      *static_cast<text*>(in.members[each.member].at(in.object)) = block.part(each).keep();
      return;
    }
    if (each.what == step::kind::leave) {
      --now;
      return;
    }
    const value_type* type = root;
    void* place = object;
    if (in.members != nullptr) {
      const member_row& row = in.members[each.member];
      type = row.type;
      place = row.at(in.object);
      if (row.named != nullptr) row.named(in.object) = true;
    } else if (each.what == step::kind::key) {
      in.next = in.self->add(in.object, block.part(each));
      return;
    } else if (in.self != nullptr) {
      type = in.self->element;
      place = in.next;
      if (in.self->is == form::list) in.next = static_cast<char*>(place) + in.self->entry_bytes;
    }
    place = make(*type, place);
    switch (each.what) {
      case step::kind::text:
        type->set_text(place, block.part(each));
        break;
      case step::kind::integer:
        type->set_integer(place, static_cast<std::int32_t>(each.first));
        break;
      case step::kind::boolean:
        type->set_boolean(place, each.first != 0);
        break;
      case step::kind::time:
        type->set_time(place, time_point{time_point::duration{
                                  static_cast<std::int64_t>(std::uint64_t{each.first} << 32U | each.second)}});
        break;
      case step::kind::enter:
        *++now = {place, type, nullptr, nullptr};
        if (type->members != nullptr) now->members = type->members->members.data();
        if (type->renew != nullptr) now->next = type->renew(place, each.first);
        if (type->clear != nullptr) type->clear(place);
        break;
      case step::kind::member_text:
      case step::kind::key:
      case step::kind::leave:
        break;
    }
  });
}

value_type root_of(const structure& members) {
  value_type root;
  root.is = value_type::form::structure;
  root.members = &members;
  return root;
}

json::parse_options options() {
  json::parse_options out;
  out.max_depth = max_depth;
  return out;
}

// The code unit of the escape `\uXXXX` that begins at `at`, if there is one.
std::optional<unsigned> unit_at(std::string_view text, std::size_t at) {
  const auto digits = text.substr(std::min(at, text.size()), 6);
  if (digits.size() < 6 || !digits.starts_with("\\u")) return std::nullopt;
  unsigned value = 0;
  const auto [stop, code] = std::from_chars(digits.data() + 2, digits.data() + 6, value, 16);
  return code == std::errc{} && stop == digits.data() + 6 ? std::optional{value} : std::nullopt;
}

bool is_high(std::optional<unsigned> unit) {
  return unit && *unit >= 0xd800 && *unit < 0xdc00;
}
bool is_low(std::optional<unsigned> unit) {
  return unit && *unit >= 0xdc00 && *unit < 0xe000;
}

}  // namespace

json_error::json_error(std::string path_value, std::size_t offset_value, std::string problem_value)
    : path(std::move(path_value)), offset(offset_value), problem(std::move(problem_value)) {}

std::string json_error::message() const {
  return (path.empty() ? std::string{} : path + ": ") + problem + " (at byte " + std::to_string(offset) + ")";
}

class json_reading::parsing {
 public:
  parsing(std::string_view text, const structure& members, void* object, strictness how)
      : text_(text), object_(object), root_(root_of(members)), parser_(options(), root_, how, text.size()) {
    if (text.size() > max_json_size) wrong_.emplace(std::string{}, 0, "larger than 2 GiB");
  }

  bool step() {
    if (wrong_ || text_.empty()) return false;
    if (at_ == 0 && text_.size() <= slice_bytes && parser_.handler().read_plain(text_)) {
      parser_.handler().build(object_);
      return false;
    }
    const std::string_view slice = next_slice();
    const bool last = at_ + slice.size() == text_.size();
    error_code code;
    const std::size_t read = parser_.write_some(!last, slice.data(), slice.size(), code);
    if (!code && read < slice.size()) code = make_error_code(json::error::extra_data);
    if (code) return fail(at_ + read, code);
    at_ += slice.size();
    if (!last && !parser_.done()) return true;
    const auto more = text_.find_first_not_of(" \t\r\n", at_);
    if (more != std::string_view::npos) return fail(more, make_error_code(json::error::extra_data));
    parser_.handler().build(object_);
    return false;
  }
  [[nodiscard]] const std::optional<json_error>& wrong() const noexcept { return wrong_; }

 private:
  bool fail(std::size_t at, const error_code& code) {
    const reader& handler = parser_.handler();
    wrong_.emplace(handler.path(), at, handler.problem().empty() ? code.message() : handler.problem());
    return false;
  }

  // It ends between escapes, not within one. Boost.JSON refuses half a surrogate pair: here it is U+FFFD.
  std::string_view next_slice() {
    const std::size_t begin = at_;
    std::size_t end = std::min(text_.size(), begin + slice_bytes);
    bool mended = false;
    for (std::size_t at = text_.substr(0, end).find('\\', begin); at != std::string_view::npos;
         at = text_.substr(0, end).find('\\', at)) {
      const auto unit = unit_at(text_, at);
      const bool pair = is_high(unit) && is_low(unit_at(text_, at + 6));
      if (!pair && (is_high(unit) || is_low(unit))) {
        if (!mended) {
          mended = true;
          if (mended_.empty()) reserve_mended();
          mended_.assign(text_, begin, end + 12 - begin);
        }
        mended_.replace(at - begin, 6, "\\ufffd");
      }
      at += pair ? 12 : unit ? 6 : 2;
      if (at >= end) {
        end = std::min(at, text_.size());
        break;
      }
    }
    if (!mended) return text_.substr(begin, end - begin);
    return std::string_view{mended_}.substr(0, end - begin);
  }

  void reserve_mended() {
    error_code noticed_later;
    mended_.reserve(std::min(text_.size(), slice_bytes + 24));
    (void)parser_.handler().spend(mended_.capacity(), noticed_later);
  }

  std::string_view text_;
  std::size_t at_ = 0;
  void* object_;
  value_type root_;
  json::basic_parser<reader> parser_;
  std::string mended_;  // a slice
  std::optional<json_error> wrong_;
};

json_reading::json_reading(std::string_view json, const structure& members, void* object, strictness how)
    : parsing_(std::make_unique<parsing>(json, members, object, how)) {}

json_reading::~json_reading() = default;

bool json_reading::step() {
  return parsing_->step();
}

const std::optional<json_error>& json_reading::wrong() const noexcept {
  return parsing_->wrong();
}

std::optional<json_error> read_json(std::string_view text, const structure& members, void* object, strictness how) {
  json_reading::parsing all{text, members, object, how};
  while (all.step()) {
  }
  return all.wrong();
}

}  // namespace mwaa_serverless::protocol
