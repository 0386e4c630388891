// One description a structure: what encodes, decodes, checks and prints works from it.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mwaa_serverless/json_text.hpp>
#include <mwaa_serverless/text.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace mwaa_serverless::protocol {

/// The characters of a JSON string: to look at, and to keep as text in the block of its page.
class json_text_value {
 public:
  json_text_value(detail::text_block* block, std::uint32_t offset, std::uint32_t size, std::uint32_t& kept) noexcept
      : block_(block), offset_(offset), size_(size), kept_(kept) {}

  [[nodiscard]] std::string_view view() const noexcept { return {block_->bytes() + offset_, size_}; }
  [[nodiscard]] text keep() const noexcept {
    ++kept_;  // the reader gives the block all its references at once
    return detail::text_block::part(block_, offset_, size_);
  }

 private:
  detail::text_block* block_;
  std::uint32_t offset_;
  std::uint32_t size_;
  std::uint32_t& kept_;
};

/// What the service's model says of a value. AWS's tools check what is required and the minima before they send; the
/// rest is the service's to judge.
struct rules {
  static constexpr std::int64_t none = -1;

  bool required = false;
  bool sensitive = false;          ///< Printed as `***` but for the output that was asked for.
  bool idempotency_token = false;  ///< Made by the client when the caller gives none.
  std::int64_t min = none;         ///< Of text its characters, of lists and maps their elements, of numbers the value.
  std::int64_t max = none;
  std::string_view pattern{};      ///< A regular expression that the whole text matches.
  const rules* element = nullptr;  ///< Of the elements of a list, the values of a map.
  const rules* key = nullptr;      ///< Of the keys of a map.

  /// The same rules for a member that is required.
  [[nodiscard]] constexpr rules must() const {
    rules out = *this;
    out.required = true;
    return out;
  }
};

using time_point = std::chrono::system_clock::time_point;
struct structure;

/// How the values of one C++ type are read and written: one row a type, so that a codec is compiled once.
///
/// The functions work on a value; of an optional on what it holds, see find() and make(). A `form` has the functions
/// that its comment names.
struct value_type {
  enum class form : std::uint8_t {
    text,       ///< set_text, text
    integer,    ///< set_integer, integer: whole numbers of 32 bits and durations that they count
    boolean,    ///< set_boolean, boolean
    timestamp,  ///< set_time, time
    document,   ///< set_text, text: any JSON value, as JSON text
    structure,  ///< members
    list,       ///< renew, size, each, element
    map,        ///< clear, add, size, each, element: from text
  };
  using visitor = void (*)(void* context, std::string_view key, const void* value);

  form is = form::text;
  bool copies_text = false;     ///< Into a string of its own, not kept in the block of the page.
  std::size_t entry_bytes = 0;  ///< What an entry takes in a list or map of this type; in a list its size.
  const structure* members = nullptr;
  const value_type* element = nullptr;
  bool copies_key = false;
  /// Of an open enum: the model's values, behind an empty one.
  std::span<const std::string_view> (*values)() noexcept = nullptr;

  void* (*emplace)(void* optional) = nullptr;
  const void* (*held)(const void* optional) = nullptr;  ///< Null when there is nothing.
  bool (*present)(const void* value) = nullptr;         ///< Null: always.

  void (*set_text)(void* value, const json_text_value& to) = nullptr;
  std::string_view (*text)(const void* value) = nullptr;
  void (*set_integer)(void* value, std::int32_t to) = nullptr;
  std::int64_t (*integer)(const void* value) = nullptr;
  void (*set_boolean)(void* value, bool to) = nullptr;
  bool (*boolean)(const void* value) = nullptr;
  void (*set_time)(void* value, time_point to) = nullptr;
  time_point (*time)(const void* value) = nullptr;

  void* (*renew)(void* list, std::size_t entries) = nullptr;  ///< The first of them; they lie side by side.
  void (*clear)(void* map) = nullptr;
  void* (*add)(void* map, const json_text_value& key) = nullptr;
  std::size_t (*size)(const void* entries) = nullptr;
  void (*each)(const void* entries, void* context, visitor visit) = nullptr;
};

/// One member of a structure.
struct member_row {
  std::string_view name;  ///< On the wire.
  void* (*at)(void* structure);
  const value_type* type;
  rules check{};
  bool& (*named)(void* structure) = nullptr;  ///< Of a list that says whether it was sent.
};

struct structure {
  std::span<const member_row> members;
  bool is_union = false;  ///< Exactly one member is set.
};

/// The description of T: specialised beside the table of its members, so that each table is compiled once.
template <class T>
struct described {
  static const structure value;
};

/// An object to be written to, with its description.
class structure_place {
 public:
  template <class T>
    requires(!std::is_same_v<std::remove_const_t<T>, structure_place>)
  explicit structure_place(T& value) : members(described<T>::value), object(&value) {}
  structure_place(const structure& some, void* value) : members(some), object(value) {}
  structure_place(const structure_place&) = default;

  const structure& members;
  void* object;
};
/// An object with its description.
class structure_view {
 public:
  template <class T>
    requires(!std::is_same_v<T, structure_view> && !std::is_same_v<T, structure_place>)
  explicit structure_view(const T& value) : members(described<T>::value), object(&value) {}
  explicit structure_view(const structure_place& place) : members(place.members), object(place.object) {}
  /// An object of some of whose members only is told.
  structure_view(const structure& some, const void* value) : members(some), object(value) {}

  const structure& members;
  const void* object;
};

/// The value of `type` at `place`; null when it is absent.
[[nodiscard]] inline const void* find(const value_type& type, const void* place) {
  if (type.held != nullptr) return type.held(place);
  return type.present == nullptr || type.present(place) ? place : nullptr;
}
/// The place of the value of `type` at `place`, made if need be.
[[nodiscard]] inline void* make(const value_type& type, void* place) {
  return type.emplace != nullptr ? type.emplace(place) : place;
}
/// Of a member of `object`, null when it is absent. What is required is never absent.
[[nodiscard]] inline const void* find(const member_row& member, const void* object) {
  void* const place = member.at(const_cast<void*>(object));  // NOLINT: only looked at
  if (const void* const value = find(*member.type, place)) return value;
  const bool here = (member.check.required && member.type->held == nullptr) ||
                    (member.named != nullptr && member.named(const_cast<void*>(object)));  // NOLINT: as above
  return here ? place : nullptr;
}
/// Sets the text at `value`, which is of `type`.
void assign(const value_type& type, void* value, std::string_view to);
/// The value of a new entry of `map`, which is of `type`.
[[nodiscard]] void* add(const value_type& type, void* map, std::string_view key);
/// Calls visit(key, value) for each entry of a list (whose keys are empty) or map.
template <class Visit>
void for_each(const value_type& type, const void* entries, Visit visit) {
  type.each(entries, &visit, [](void* context, std::string_view key, const void* value) {
    (*static_cast<Visit*>(context))(key, value);
  });
}

namespace describing {

template <class T>
constexpr bool is_optional = false;
template <class T>
constexpr bool is_optional<std::optional<T>> = true;
template <class T>
concept map_like = requires { typename T::mapped_type; };
template <class T>
concept list_like = requires(T& list) { list.emplace_back(); } && !std::is_same_v<T, std::string>;
// An enum that keeps text which it does not know (task_instance_status and its kin).
template <class T>
concept open_enum = requires(T& to) { T::parse(std::string_view{}, to); };
template <class T>
concept counted = requires(const T& duration) { duration.count(); };

template <class T>
constexpr value_type make_type();
template <class T>
inline constexpr value_type type_of = make_type<T>();

template <class T>
const T& in(const void* value) {
  return *static_cast<const T*>(value);
}
template <class T>
T& in(void* value) {
  return *static_cast<T*>(value);
}

template <class T>
constexpr value_type make_text() {
  value_type out;
  out.is = std::is_same_v<T, json_text> ? value_type::form::document : value_type::form::text;
  out.copies_text = std::is_same_v<T, std::string> || std::is_same_v<T, json_text>;
  if constexpr (std::is_same_v<T, std::string>) {
    out.present = [](const void* value) { return !in<T>(value).empty(); };
    out.set_text = [](void* value, const json_text_value& to) { in<T>(value) = to.view(); };
    out.text = [](const void* value) -> std::string_view { return in<T>(value); };
  } else if constexpr (std::is_same_v<T, text>) {
    out.present = [](const void* value) { return in<T>(value).present(); };
    out.set_text = [](void* value, const json_text_value& to) { in<T>(value) = to.keep(); };
    out.text = [](const void* value) { return in<T>(value).view(); };
  } else if constexpr (std::is_same_v<T, json_text>) {
    out.present = [](const void* value) { return !in<T>(value).view().empty(); };
    out.set_text = [](void* value, const json_text_value& to) { in<T>(value) = json_text::trusted(to.view()); };
    out.text = [](const void* value) { return in<T>(value).view(); };
  } else {
    out.present = [](const void* value) { return in<T>(value).present(); };
    out.set_text = [](void* value, const json_text_value& to) {
      if (!T::parse(to.view(), in<T>(value))) in<T>(value) = T{to.keep()};
    };
    out.text = [](const void* value) { return in<T>(value).name(); };
    out.values = &T::names;
  }
  return out;
}

template <class T>
constexpr value_type make_number() {
  value_type out;
  out.is = value_type::form::integer;
  out.set_integer = [](void* value, std::int32_t to) { in<T>(value) = T{to}; };
  out.integer = [](const void* value) {
    if constexpr (counted<T>)
      return static_cast<std::int64_t>(in<T>(value).count());
    else
      return static_cast<std::int64_t>(in<T>(value));
  };
  return out;
}

template <class T>
constexpr value_type make_list() {
  value_type out;
  out.is = value_type::form::list;
  out.element = &type_of<typename T::value_type>;
  out.entry_bytes = sizeof(typename T::value_type);
  out.present = [](const void* list) { return !in<T>(list).empty(); };
  out.renew = [](void* list, std::size_t entries) -> void* {
    in<T>(list).clear();
    in<T>(list).resize(entries);
    return in<T>(list).data();
  };
  out.size = [](const void* list) { return in<T>(list).size(); };
  out.each = [](const void* list, void* context, value_type::visitor visit) {
    for (const auto& each : in<T>(list)) visit(context, {}, &each);
  };
  return out;
}

template <class T>
constexpr value_type make_map() {
  value_type out;
  out.is = value_type::form::map;
  out.element = &type_of<typename T::mapped_type>;
  constexpr std::size_t node = 6 * sizeof(void*);  // of a tree, and its place on the heap
  out.entry_bytes = sizeof(typename T::value_type) + node;
  out.copies_key = std::is_same_v<typename T::key_type, std::string>;
  out.present = [](const void* map) { return !in<T>(map).empty(); };
  out.clear = [](void* map) { in<T>(map).clear(); };
  out.add = [](void* map, const json_text_value& key) -> void* {
    if constexpr (std::is_same_v<typename T::key_type, text>)
      return &in<T>(map)[key.keep()];
    else
      return &in<T>(map)[typename T::key_type{key.view()}];
  };
  out.size = [](const void* map) { return in<T>(map).size(); };
  out.each = [](const void* map, void* context, value_type::visitor visit) {
    for (const auto& [key, value] : in<T>(map)) visit(context, key, &value);
  };
  return out;
}

template <class T>
constexpr value_type make_type() {
  if constexpr (is_optional<T>) {
    using held = typename T::value_type;
    value_type out = make_type<held>();
    out.emplace = [](void* value) -> void* { return &in<T>(value).emplace(); };
    out.held = [](const void* value) -> const void* { return in<T>(value) ? &*in<T>(value) : nullptr; };
    return out;
  } else if constexpr (std::is_same_v<T, std::string> || std::is_same_v<T, text> || std::is_same_v<T, json_text> ||
                       open_enum<T>) {
    return make_text<T>();
  } else if constexpr (std::is_same_v<T, bool>) {
    value_type out;
    out.is = value_type::form::boolean;
    out.set_boolean = [](void* value, bool to) { in<T>(value) = to; };
    out.boolean = [](const void* value) { return in<T>(value); };
    return out;
  } else if constexpr (std::is_same_v<T, time_point>) {
    value_type out;
    out.is = value_type::form::timestamp;
    out.set_time = [](void* value, time_point to) { in<T>(value) = to; };
    out.time = [](const void* value) { return in<T>(value); };
    return out;
  } else if constexpr (std::is_integral_v<T> || counted<T>) {
    return make_number<T>();
  } else if constexpr (map_like<T>) {
    return make_map<T>();
  } else if constexpr (list_like<T>) {
    return make_list<T>();
  } else {
    value_type out;
    out.is = value_type::form::structure;
    out.members = &described<T>::value;
    return out;
  }
}

template <class T>
struct pointed;
template <class Object, class Value>
struct pointed<Value Object::*> {
  using object = Object;
  using value = Value;
};

}  // namespace describing

/// A row for `Member`, which the service calls `name`. Its type says how it is read and written: text, std::string, an
/// open enum, a whole number, a duration, bool, a time point, json_text, a described structure, a std::vector or a map
/// of these; std::optional of any. Members that are not optional are absent when they are empty or not present(),
/// unless they are required.
template <auto Member>
constexpr member_row member(std::string_view name, rules check = {}) {
  using is = describing::pointed<decltype(Member)>;
  return {name, [](void* object) -> void* { return &(static_cast<typename is::object*>(object)->*Member); },
          &describing::type_of<typename is::value>, check};
}
/// The row `Rows[Index]` of a base class, for objects of `Derived`.
template <class Base, class Derived, const auto& Rows, std::size_t Index>
constexpr member_row inherited() {
  member_row out = Rows[Index];
  out.at = [](void* object) -> void* {
    Base& base = *static_cast<Derived*>(object);
    return Rows[Index].at(&base);
  };
  return out;
}
/// A row for a list, with the member that says whether it was sent.
template <auto List, auto Named>
constexpr member_row named_list(std::string_view name, rules check = {}) {
  member_row out = member<List>(name, check);
  out.named = [](void* object) -> bool& {
    return static_cast<typename describing::pointed<decltype(Named)>::object*>(object)->*Named;
  };
  return out;
}

}  // namespace mwaa_serverless::protocol
