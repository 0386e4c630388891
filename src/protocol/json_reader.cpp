#include "protocol/json_reader.hpp"

#include <array>
#include <boost/json/basic_parser_impl.hpp>
#include <cstring>
#include <utility>
#include <vector>

namespace mwaa_serverless::protocol {

namespace json = boost::json;
using boost::system::error_code;

namespace {

constexpr std::size_t max_depth = 32;

// What was read, in order. Objects are made from it only when the whole text was good, the number of elements of each
// list is known, and so is the size of the one block that all text goes to.
struct step {
  enum class kind : std::uint8_t { text, integer, begin_list, begin_element, end };
  const member_schema* member;
  kind what;
  std::uint32_t first;   // text: offset; integer: the value; begin_list: elements
  std::uint32_t second;  // text: size
};

/// The characters of all strings, each different one once (as far as a small cache remembers).
class text_arena {
 public:
  explicit text_arena(std::size_t expected) { characters_.reserve(expected); }

  void begin() noexcept { start_ = characters_.size(); }
  void append(std::string_view part) { characters_.append(part); }
  /// Ends the string that was appended since begin(): its offset and size.
  std::pair<std::uint32_t, std::uint32_t> end() {
    const std::string_view value = std::string_view{characters_}.substr(start_);
    entry& known = cache_[slot_of(value)];
    if (known.size == value.size() && std::string_view{characters_}.substr(known.offset, known.size) == value) {
      characters_.resize(start_);
    } else {
      known = {static_cast<std::uint32_t>(start_), static_cast<std::uint32_t>(value.size())};
    }
    return {known.offset, known.size};
  }
  [[nodiscard]] const std::string& characters() const noexcept { return characters_; }

 private:
  struct entry {
    std::uint32_t offset = 0;
    std::uint32_t size = 0;
  };
  static constexpr std::size_t slots = 128;

  // Length, first and last eight characters: what differs between ids, names and ARNs.
  static std::size_t slot_of(std::string_view value) noexcept {
    std::uint64_t head = 0;
    std::uint64_t tail = 0;
    const std::size_t count = value.size() < 8 ? value.size() : 8;
    if (count > 0) {
      std::memcpy(&head, value.data(), count);
      std::memcpy(&tail, value.data() + value.size() - count, count);
    }
    const std::uint64_t mixed = (head ^ (tail * 0x9e3779b97f4a7c15U) ^ value.size()) * 0xff51afd7ed558ccdU;
    return static_cast<std::size_t>(mixed >> 57);
  }
  static_assert(slots == std::size_t{1} << (64 - 57));

  std::string characters_;
  std::size_t start_ = 0;
  std::array<entry, slots> cache_{};
};

/// Boost.JSON's handler: follows the schema and writes the tape.
class reader {
 public:
  static constexpr std::size_t max_object_size = SIZE_MAX;
  static constexpr std::size_t max_array_size = SIZE_MAX;
  static constexpr std::size_t max_key_size = SIZE_MAX;
  static constexpr std::size_t max_string_size = SIZE_MAX;

  reader(const structure_schema& schema, strictness how, std::size_t json_size)
      : how_(how), arena_(json_size / 8 + 256), root_(&schema) {
    tape_.reserve(json_size / 48 + 16);
  }

  bool on_document_begin(error_code&) { return true; }
  bool on_document_end(error_code&) { return true; }

  bool on_object_begin(error_code& code) {
    if (skipped_ > 0) return skip_deeper();
    if (depth_ == 0) return push(frame{root_, nullptr, nullptr, 0, 0}, code);
    frame& outer = top();
    if (outer.list != nullptr) {
      note({outer.list, step::kind::begin_element, 0, 0});
      ++outer.elements;
      return push(frame{outer.list->element, nullptr, nullptr, 0, 0}, code);
    }
    if (outer.member == nullptr) return skip_deeper();
    return wrong_type("an object", code) && skip_deeper();
  }
  bool on_object_end(std::size_t, error_code&) {
    if (skipped_ > 0) return leave_skipped();
    if (depth_ > 1) note({nullptr, step::kind::end, 0, 0});
    --depth_;
    value_done();
    return true;
  }
  bool on_array_begin(error_code& code) {
    if (skipped_ > 0) return skip_deeper();
    if (depth_ == 0) return fail("must be an object, not a list", code);
    frame& outer = top();
    if (outer.list != nullptr) return wrong_type("a list", code) && skip_deeper();
    if (outer.member == nullptr) return skip_deeper();
    if (outer.member->begin_list == nullptr) return wrong_type("a list", code) && skip_deeper();
    const auto begin = tape_.size();
    note({outer.member, step::kind::begin_list, 0, 0});
    return push(frame{nullptr, outer.member, nullptr, 0, begin}, code);
  }
  bool on_array_end(std::size_t, error_code&) {
    if (skipped_ > 0) return leave_skipped();
    tape_[top().begin].first = top().elements;
    note({nullptr, step::kind::end, 0, 0});
    --depth_;
    value_done();
    return true;
  }

  bool on_key_part(json::string_view part, std::size_t, error_code&) {
    if (skipped_ == 0) key_.append(part.data(), part.size());
    return true;
  }
  bool on_key(json::string_view part, std::size_t, error_code&) {
    if (skipped_ > 0) return true;
    std::string_view name{part.data(), part.size()};
    if (!key_.empty()) {
      key_.append(name);
      name = key_;
    }
    top().member = find(top(), name);
    key_.clear();
    return true;
  }

  bool on_string_part(json::string_view part, std::size_t, error_code&) {
    if (!wants_text()) return true;
    if (!in_string_) arena_.begin();
    in_string_ = true;
    arena_.append({part.data(), part.size()});
    return true;
  }
  bool on_string(json::string_view part, std::size_t, error_code& code) {
    if (!wants_text()) return scalar("a string", code);
    if (!in_string_) arena_.begin();
    in_string_ = false;
    arena_.append({part.data(), part.size()});
    const auto [offset, size] = arena_.end();
    note({top().member, step::kind::text, offset, size});
    value_done();
    return true;
  }

  bool on_number_part(json::string_view, error_code&) { return true; }
  bool on_int64(std::int64_t value, json::string_view, error_code& code) {
    if (!wants_integer()) return scalar("a number", code);
    if (value < std::numeric_limits<std::int32_t>::min() || value > std::numeric_limits<std::int32_t>::max())
      return out_of_range(code);
    note({top().member, step::kind::integer, static_cast<std::uint32_t>(static_cast<std::int32_t>(value)), 0});
    value_done();
    return true;
  }
  bool on_uint64(std::uint64_t, json::string_view, error_code& code) {
    return wants_integer() ? out_of_range(code) : scalar("a number", code);
  }
  bool on_double(double, json::string_view, error_code& code) {
    return scalar(wants_integer() ? "a number with a fraction or exponent" : "a number", code);
  }
  bool on_bool(bool, error_code& code) { return scalar("true or false", code); }
  bool on_null(error_code& code) {
    if (skipped_ == 0 && depth_ == 0) return fail("must be an object, not null", code);
    if (skipped_ == 0) value_done();
    return true;
  }
  bool on_comment_part(json::string_view, error_code&) { return true; }
  bool on_comment(json::string_view, error_code&) { return true; }

  [[nodiscard]] const std::string& problem() const noexcept { return problem_; }
  [[nodiscard]] std::string path() const {
    std::string out;
    for (std::size_t i = 0; i < depth_; ++i) {
      const frame& each = stack_[i];
      if (each.list != nullptr) {
        // The element that is open, or else the one that would be next.
        const bool open = i + 1 < depth_;
        out += '[' + std::to_string(open ? each.elements - 1 : each.elements) + ']';
      } else if (each.member != nullptr) {
        if (!out.empty()) out += '.';
        out += each.member->name;
      }
    }
    return out;
  }

  void build(void* object);

 private:
  struct frame {
    const structure_schema* object;  // of an object
    const member_schema* list;       // of a list
    const member_schema* member;     // of an object: the member whose value is being read; null: one to skip
    std::uint32_t elements;          // of a list: so far; of an object: where in the schema to look first
    std::size_t begin;               // of a list: its step on the tape
  };

  frame& top() noexcept { return stack_[depth_ - 1]; }
  void note(const step& next) { tape_.push_back(next); }
  bool push(const frame& inner, error_code& code) {
    if (depth_ == stack_.size()) return fail("nested too deeply", code);
    stack_[depth_++] = inner;
    return true;
  }
  // Within a value that the schema does not know, only the depth counts.
  bool skip_deeper() noexcept {
    ++skipped_;
    return true;
  }
  bool leave_skipped() noexcept {
    if (--skipped_ == 0) value_done();
    return true;
  }
  void value_done() noexcept {
    in_string_ = false;
    if (depth_ > 0 && top().list == nullptr) top().member = nullptr;
  }
  [[nodiscard]] bool wants_text() noexcept {
    return skipped_ == 0 && depth_ > 0 && top().member != nullptr && top().member->set_text != nullptr;
  }
  [[nodiscard]] bool wants_integer() noexcept {
    return skipped_ == 0 && depth_ > 0 && top().member != nullptr && top().member->set_integer != nullptr;
  }

  // A value that does not fit, or that nobody asked for.
  bool scalar(const char* what, error_code& code) {
    if (skipped_ > 0) return true;
    if (depth_ == 0) return fail(std::string{"must be an object, not "} + what, code);
    if ((top().member != nullptr || top().list != nullptr) && !wrong_type(what, code)) return false;
    value_done();
    return true;
  }
  // True when the reader is lenient: go on without the value.
  bool wrong_type(const char* what, error_code& code) {
    if (how_ == strictness::lenient) return true;
    const member_schema* const member = top().list == nullptr ? top().member : nullptr;
    const char* const wanted = member == nullptr               ? "an object"
                               : member->set_text != nullptr    ? "a string"
                               : member->set_integer != nullptr ? "a whole number"
                                                                : "a list";
    return fail(std::string{"must be "} + wanted + ", not " + what, code);
  }
  bool out_of_range(error_code& code) {
    if (how_ == strictness::lenient) {
      value_done();
      return true;
    }
    return fail("must be a whole number of 32 bits", code);
  }
  bool fail(std::string problem, error_code& code) {
    problem_ = std::move(problem);
    code = make_error_code(json::error::syntax);
    return false;
  }

  static const member_schema* find(frame& in, std::string_view name) noexcept {
    // Members mostly come in the order of the schema: begin behind the last one found.
    const auto& members = in.object->members;
    for (std::size_t i = 0; i < members.size(); ++i) {
      const std::size_t at = (in.elements + i) % members.size();
      if (members[at].name == name) {
        in.elements = static_cast<std::uint32_t>(at + 1);
        return &members[at];
      }
    }
    return nullptr;
  }

  strictness how_;
  std::string problem_;
  std::string key_;
  bool in_string_ = false;
  std::size_t skipped_ = 0;
  std::size_t depth_ = 0;
  text_arena arena_;
  std::vector<step> tape_;
  const structure_schema* root_;
  std::array<frame, max_depth> stack_;
};

void reader::build(void* object) {
  // References are counted here and given to the block at once: an atomic increment for each text would cost more than
  // reading it. Until then the block must not go, whatever setters drop.
  constexpr std::uint32_t held = std::uint32_t{1} << 31;
  const std::string& characters = arena_.characters();
  auto* const block = detail::text_block::create(characters.size());
  if (!characters.empty()) std::memcpy(block->bytes(), characters.data(), characters.size());
  block->references.store(held, std::memory_order_relaxed);
  std::uint32_t kept = 0;

  struct level {
    void* object;
    const member_schema* list;
    std::size_t next;
  };
  std::array<level, max_depth + 1> levels;
  std::size_t depth = 0;
  levels[0] = {object, nullptr, 0};
  for (const step& each : tape_) {
    level& now = levels[depth];
    switch (each.what) {
      case step::kind::text:
        each.member->set_text(now.object, json_text_value{block, each.first, each.second, kept});
        break;
      case step::kind::integer:
        each.member->set_integer(now.object, static_cast<std::int32_t>(each.first));
        break;
      case step::kind::begin_list:
        each.member->begin_list(now.object, each.first);
        levels[++depth] = {now.object, each.member, 0};
        break;
      case step::kind::begin_element:
        levels[depth + 1] = {now.list->next_element(now.object, now.next++), nullptr, 0};
        ++depth;
        break;
      case step::kind::end:
        --depth;
        break;
    }
  }
  // What is over goes, and with it the block when nobody kept any of it.
  if (block->references.fetch_sub(held - kept, std::memory_order_acq_rel) == held - kept)
    detail::text_block::destroy(block);
}

}  // namespace

json_error::json_error(std::string path_value, std::size_t offset_value, std::string problem_value)
    : path(std::move(path_value)), offset(offset_value), problem(std::move(problem_value)) {}

std::string json_error::message() const {
  return (path.empty() ? std::string{} : path + ": ") + problem + " (at byte " + std::to_string(offset) + ")";
}

std::optional<json_error> read_json(std::string_view text, const structure_schema& schema, void* object,
                                    strictness how) {
  if (text.empty()) return std::nullopt;
  json::parse_options options;
  options.max_depth = max_depth;
  json::basic_parser<reader> parser{options, schema, how, text.size()};
  error_code code;
  const std::size_t read = parser.write_some(false, text.data(), text.size(), code);
  if (!code && read < text.size()) code = make_error_code(json::error::extra_data);
  reader& handler = parser.handler();
  if (code)
    return json_error{handler.path(), read, handler.problem().empty() ? code.message() : handler.problem()};
  handler.build(object);
  return std::nullopt;
}

}  // namespace mwaa_serverless::protocol
