#include "protocol/json_reader.hpp"

#include <array>
#include <boost/json/basic_parser_impl.hpp>
#include <cstring>
#include <limits>
#include <utility>
#include <vector>

#include "protocol/text_pool.hpp"

namespace mwaa_serverless::protocol {

namespace json = boost::json;
using boost::system::error_code;

namespace {

constexpr std::size_t max_depth = 32;

// What was read, in order. Objects are made from it only when the whole text was good, the number of elements of each
// list is known, and so is the size of the one block that all text goes to.
struct step {
  enum class kind : std::uint8_t { text, key, integer, boolean, enter, leave };

  step(kind what_value, const value_schema* schema_value, std::uint32_t first_value, std::uint32_t second_value)
      : schema(schema_value), first(first_value), second(second_value), what(what_value) {}

  const value_schema* schema;  // of a key: the map's
  std::uint32_t first;         // text, key: offset; integer, boolean: the value; enter: elements
  std::uint32_t second;        // text, key: size
  kind what;
};

/// Boost.JSON's handler: follows the schema and writes the tape.
class reader {
 public:
  static constexpr std::size_t max_object_size = SIZE_MAX;
  static constexpr std::size_t max_array_size = SIZE_MAX;
  static constexpr std::size_t max_key_size = SIZE_MAX;
  static constexpr std::size_t max_string_size = SIZE_MAX;

  reader(const value_schema& root, strictness how, std::size_t json_size) : how_(how), pool_(json_size / 8 + 64) {
    tape_.reserve(json_size / 32 + 8);
    stack_[0] = {};
    stack_[0].expected = &root;
  }

  bool on_document_begin(error_code&) { return true; }
  bool on_document_end(error_code&) { return true; }

  bool on_object_begin(error_code& code) {
    const value_schema* const schema = expected();
    return enter(schema != nullptr && (schema->structure != nullptr || schema->set_key != nullptr), "an object", code);
  }
  bool on_object_end(std::size_t, error_code&) { return leave(); }
  bool on_array_begin(error_code& code) {
    const value_schema* const schema = expected();
    return enter(schema != nullptr && schema->element != nullptr && schema->set_key == nullptr, "a list", code);
  }
  bool on_array_end(std::size_t, error_code&) { return leave(); }

  bool on_key_part(json::string_view part, std::size_t, error_code&) {
    if (skipped_ == 0) scratch_.append(part.data(), part.size());
    return true;
  }
  bool on_key(json::string_view part, std::size_t, error_code&) {
    if (skipped_ > 0) return true;
    const std::string_view name = whole(part);
    frame& in = top();
    if (in.structure != nullptr) {
      in.expected = find(in, name);
    } else {
      in.key = pool_.add(name);
      in.expected = in.self->element;
    }
    scratch_.clear();
    return true;
  }

  bool on_string_part(json::string_view part, std::size_t, error_code&) {
    const value_schema* const schema = expected();
    if (schema != nullptr && schema->set_text != nullptr) scratch_.append(part.data(), part.size());
    return true;
  }
  bool on_string(json::string_view part, std::size_t, error_code& code) {
    const value_schema* const schema = expected();
    if (schema == nullptr || schema->set_text == nullptr) return unwanted("a string", code);
    const std::string_view value = whole(part);
    if (schema->accepts != nullptr && !schema->accepts(value)) {
      scratch_.clear();
      return unwanted("other text", code);
    }
    const auto [offset, size] = pool_.add(value);
    scratch_.clear();
    keep(step::kind::text, offset, size);
    return value_done();
  }

  bool on_number_part(json::string_view, error_code&) { return true; }
  bool on_int64(std::int64_t value, json::string_view, error_code& code) {
    const value_schema* const schema = expected();
    if (schema == nullptr || schema->set_integer == nullptr) return unwanted("a number", code);
    if (value < std::numeric_limits<std::int32_t>::min() || value > std::numeric_limits<std::int32_t>::max())
      return out_of_range(code);
    keep(step::kind::integer, static_cast<std::uint32_t>(static_cast<std::int32_t>(value)), 0);
    return value_done();
  }
  bool on_uint64(std::uint64_t, json::string_view, error_code& code) {
    const value_schema* const schema = expected();
    return schema != nullptr && schema->set_integer != nullptr ? out_of_range(code) : unwanted("a number", code);
  }
  bool on_double(double, json::string_view, error_code& code) {
    const value_schema* const schema = expected();
    const bool number = schema != nullptr && schema->set_integer != nullptr;
    return unwanted(number ? "a number with a fraction or exponent" : "a number", code);
  }
  bool on_bool(bool value, error_code& code) {
    const value_schema* const schema = expected();
    if (schema == nullptr || schema->set_boolean == nullptr) return unwanted("true or false", code);
    keep(step::kind::boolean, value ? 1 : 0, 0);
    return value_done();
  }
  bool on_null(error_code& code) {
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
      if (each.structure != nullptr) {
        if (!out.empty()) out += '.';
        out += each.expected->name;
      } else if (each.self->set_key != nullptr) {
        out += "['";
        out += pool_.characters().substr(each.key.offset, each.key.size);
        out += "']";
      } else {
        out += '[' + std::to_string(each.position) + ']';
      }
    }
    return out;
  }

  void build(void* object) const;

 private:
  // A structure, list or map that is being read.
  struct frame {
    const value_schema* self = nullptr;
    const structure_schema* structure = nullptr;  // null in lists and maps
    const value_schema* expected = nullptr;       // what the value that comes next is for; null: for nothing
    std::uint32_t position = 0;  // structure: where in the schema to look first; list: index of the next value
    std::uint32_t kept = 0;      // values that are on the tape
    std::uint32_t begin = 0;     // its step on the tape
    text_pool::part key;         // map: of the next value
  };

  frame& top() noexcept { return stack_[depth_]; }
  [[nodiscard]] const value_schema* expected() const noexcept {
    return skipped_ > 0 ? nullptr : stack_[depth_].expected;
  }

  bool enter(bool fits, const char* what, error_code& code) {
    const value_schema* const schema = expected();
    if (schema == nullptr || !fits) {
      if (schema != nullptr && (how_ == strictness::strict || depth_ == 0)) return wrong_type(what, code);
      ++skipped_;  // within a value that nobody expects only the depth counts
      return true;
    }
    const std::uint32_t begin = keep(step::kind::enter, 0, 0);
    frame& inner = stack_[++depth_];  // the parser lets it go no deeper than max_depth
    inner = {};
    inner.self = schema;
    inner.structure = schema->structure;
    if (schema->structure == nullptr && schema->set_key == nullptr) inner.expected = schema->element;
    inner.begin = begin;
    return true;
  }
  bool leave() {
    if (skipped_ > 0) return --skipped_ > 0 || value_done();
    const frame& inner = top();
    tape_[inner.begin].first = inner.kept;
    tape_.emplace_back(step::kind::leave, nullptr, 0U, 0U);
    --depth_;
    return value_done();
  }
  // Puts the value on the tape; its place there.
  std::uint32_t keep(step::kind what, std::uint32_t first, std::uint32_t second) {
    frame& in = top();
    if (in.self != nullptr && in.self->set_key != nullptr)
      tape_.emplace_back(step::kind::key, in.self, in.key.offset, in.key.size);
    ++in.kept;
    tape_.emplace_back(what, in.expected, first, second);
    return static_cast<std::uint32_t>(tape_.size() - 1);
  }
  bool value_done() noexcept {
    frame& in = top();
    if (in.structure != nullptr) {
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
    const value_schema& schema = *top().expected;
    const std::string_view wanted = schema.set_text != nullptr                                 ? schema.wanted
                                    : schema.set_integer != nullptr                            ? "a whole number"
                                    : schema.set_boolean != nullptr                            ? "true or false"
                                    : schema.structure != nullptr || schema.set_key != nullptr ? "an object"
                                                                                               : "a list";
    return fail("must be " + std::string{wanted} + ", not " + what, code);
  }
  bool fail(std::string problem, error_code& code) {
    problem_ = std::move(problem);
    code = make_error_code(json::error::syntax);
    return false;
  }

  // The last part of a string or key, behind those that went before.
  std::string_view whole(json::string_view last) {
    if (scratch_.empty()) return {last.data(), last.size()};
    return scratch_.append(last.data(), last.size());
  }
  static const value_schema* find(frame& in, std::string_view name) noexcept {
    // Members mostly come in one order: begin behind the last one found.
    const auto members = in.structure->members;
    std::size_t at = in.position;
    for (std::size_t left = members.size(); left > 0; --left, ++at) {
      if (at >= members.size()) at = 0;
      if (members[at].name == name) {
        in.position = static_cast<std::uint32_t>(at + 1);
        return &members[at];
      }
    }
    return nullptr;
  }

  strictness how_;
  std::string problem_;
  std::string scratch_;
  std::size_t skipped_ = 0;  // levels within a value that nobody expects
  std::size_t depth_ = 0;
  text_pool pool_;
  std::vector<step> tape_;
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
  held_block block{pool_.characters()};
  std::array<void*, max_depth + 1> levels;
  std::size_t depth = 0;
  levels[0] = object;
  for (const step& each : tape_) {
    void* const owner = levels[depth];
    switch (each.what) {
      case step::kind::text:
        each.schema->set_text(owner, block.part(each));
        break;
      case step::kind::key:
        each.schema->set_key(owner, block.part(each));
        break;
      case step::kind::integer:
        each.schema->set_integer(owner, static_cast<std::int32_t>(each.first));
        break;
      case step::kind::boolean:
        each.schema->set_boolean(owner, each.first != 0);
        break;
      case step::kind::enter:
        levels[++depth] = each.schema->enter(owner, each.first);
        break;
      case step::kind::leave:
        --depth;
        break;
    }
  }
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
  if (text.size() > max_json_size) return json_error{{}, 0, "larger than 2 GiB"};
  value_schema root;
  root.enter = [](void* place, std::size_t) { return place; };
  root.structure = &schema;
  json::parse_options options;
  options.max_depth = max_depth;
  json::basic_parser<reader> parser{options, root, how, text.size()};
  error_code code;
  const std::size_t read = parser.write_some(false, text.data(), text.size(), code);
  if (!code && read < text.size()) code = make_error_code(json::error::extra_data);
  reader& handler = parser.handler();
  if (code) return json_error{handler.path(), read, handler.problem().empty() ? code.message() : handler.problem()};
  handler.build(object);
  return std::nullopt;
}

}  // namespace mwaa_serverless::protocol
