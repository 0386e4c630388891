// Which JSON value goes where: the tables that the reader works from.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mwaa_serverless/text.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "protocol/timestamp.hpp"

namespace mwaa_serverless::protocol {

/// The characters of a JSON string: to look at, and to keep as text in the block of its page.
class json_text_value {
 public:
  json_text_value(detail::text_block* block, std::uint32_t offset, std::uint32_t size, std::uint32_t& kept) noexcept
      : block_(block), offset_(offset), size_(size), kept_(kept) {}

  [[nodiscard]] std::string_view view() const noexcept { return {block_->bytes() + offset_, size_}; }
  [[nodiscard]] text keep() const noexcept {
    ++kept_;  // the reader gives the block all its references at once
    return text{block_, offset_, size_};
  }

 private:
  detail::text_block* block_;
  std::uint32_t offset_;
  std::uint32_t size_;
  std::uint32_t& kept_;
};

struct structure_schema;

/// What becomes of one value: a member of a structure, or (then without a name) an element of a list or map.
///
/// Each function is given the object that the value belongs to: the structure, list or map. Exactly one of set_text,
/// set_integer, set_boolean and enter is there, and says which JSON type the value must have.
struct value_schema {
  std::string_view name{};
  void (*set_text)(void* owner, const json_text_value& value) = nullptr;
  /// Whole numbers of 32 bits, as all of the service's are.
  void (*set_integer)(void* owner, std::int32_t value) = nullptr;
  void (*set_boolean)(void* owner, bool value) = nullptr;
  /// Makes an empty structure, list or map with room for `count` elements, and returns it.
  void* (*enter)(void* owner, std::size_t count) = nullptr;

  const structure_schema* structure = nullptr;  ///< Of a structure.
  const value_schema* element = nullptr;        ///< Of a list or map.
  /// Of a map: begins an entry of `map`, whose value comes next.
  void (*set_key)(void* map, const json_text_value& key) = nullptr;
  /// What an element of a list or map takes there.
  std::size_t element_bytes = 0;
  /// Text that is copied into a string of its own, not kept in the block of the page.
  bool copies_text = false;
  /// Of text with a form: whether `value` has it; `wanted` names it in errors.
  bool (*accepts)(std::string_view value) = nullptr;
  std::string_view wanted = "a string";
};

struct structure_schema {
  std::span<const value_schema> members;
};

namespace detail_schema {

template <class T>
struct pointed;
template <class Object, class Value>
struct pointed<Value Object::*> {
  using object = Object;
};
template <auto Member>
auto& member_of(void* object) {
  return static_cast<typename pointed<decltype(Member)>::object*>(object)->*Member;
}

inline void keep_text(text& to, const json_text_value& value) {
  to = value.keep();
}
inline void keep_text(std::string& to, const json_text_value& value) {
  to = value.view();
}
// An enum that keeps text which it does not know (task_instance_status and its kin).
template <class Enum>
  requires requires(Enum& to) { Enum::parse(std::string_view{}, to); }
void keep_text(Enum& to, const json_text_value& value) {
  if (!Enum::parse(value.view(), to)) to = Enum{value.keep()};
}

template <class T>
inline constexpr bool copies_text_of = std::is_same_v<T, std::string>;

template <class T>
void* place_of(T& value) {
  return &value;
}
template <class T>
void* place_of(std::optional<T>& value) {
  return &value.emplace();
}

template <class List>
void* begin_list(List& list, std::size_t count) {
  list.clear();
  list.reserve(count);
  return &list;
}

template <class List, const structure_schema& Schema>
constexpr value_schema structure_element() {
  value_schema out;
  out.enter = [](void* list, std::size_t) -> void* { return &static_cast<List*>(list)->emplace_back(); };
  out.structure = &Schema;
  out.element_bytes = sizeof(typename List::value_type);
  return out;
}
template <class List>
constexpr value_schema text_element() {
  value_schema out;
  out.element_bytes = sizeof(typename List::value_type);
  out.copies_text = copies_text_of<typename List::value_type>;
  out.set_text = [](void* list, const json_text_value& value) {
    keep_text(static_cast<List*>(list)->emplace_back(), value);
  };
  return out;
}
template <class Map>
constexpr value_schema text_entry() {
  value_schema out;
  out.element_bytes = sizeof(typename Map::value_type);
  out.copies_text = copies_text_of<typename Map::value_type::second_type>;
  out.set_text = [](void* map, const json_text_value& value) {
    keep_text(static_cast<Map*>(map)->back().second, value);
  };
  return out;
}

// Elements are pointed at, so they are objects, one a type.
template <class List, const structure_schema& Schema>
inline constexpr value_schema structure_element_of = structure_element<List, Schema>();
template <class List>
inline constexpr value_schema text_element_of = text_element<List>();
template <class Map>
inline constexpr value_schema text_entry_of = text_entry<Map>();

template <auto Member>
using type_of = std::remove_reference_t<decltype(member_of<Member>(nullptr))>;

}  // namespace detail_schema

/// A string: member of type text, std::string or an open enum.
template <auto Member>
constexpr value_schema text_member(std::string_view name) {
  value_schema out{name};
  out.copies_text = detail_schema::copies_text_of<detail_schema::type_of<Member>>;
  out.set_text = [](void* object, const json_text_value& value) {
    detail_schema::keep_text(detail_schema::member_of<Member>(object), value);
  };
  return out;
}

/// A string in ISO 8601: member of type std::optional<std::chrono::system_clock::time_point>.
template <auto Member>
constexpr value_schema timestamp_member(std::string_view name) {
  value_schema out{name};
  out.set_text = [](void* object, const json_text_value& value) {
    detail_schema::member_of<Member>(object) = parse_timestamp(value.view());
  };
  out.accepts = [](std::string_view value) { return parse_timestamp(value).has_value(); };
  out.wanted = "a date and time in ISO 8601";
  return out;
}

/// A whole number: member of type std::optional<std::int32_t>, or std::optional of a duration that it counts.
template <auto Member>
constexpr value_schema integer_member(std::string_view name) {
  value_schema out{name};
  out.set_integer = [](void* object, std::int32_t value) {
    auto& member = detail_schema::member_of<Member>(object);
    member = typename detail_schema::type_of<Member>::value_type{value};
  };
  return out;
}

/// True or false: member of type std::optional<bool>.
template <auto Member>
constexpr value_schema boolean_member(std::string_view name) {
  value_schema out{name};
  out.set_boolean = [](void* object, bool value) { detail_schema::member_of<Member>(object) = value; };
  return out;
}

/// A structure: member of its type, or of std::optional of it.
template <auto Member, const structure_schema& Schema>
constexpr value_schema structure_member(std::string_view name) {
  value_schema out{name};
  out.enter = [](void* object, std::size_t) {
    return detail_schema::place_of(detail_schema::member_of<Member>(object));
  };
  out.structure = &Schema;
  return out;
}

/// A list of structures: member of type std::vector.
template <auto Member, const structure_schema& Schema>
constexpr value_schema list_member(std::string_view name) {
  value_schema out{name};
  out.enter = [](void* object, std::size_t count) {
    return detail_schema::begin_list(detail_schema::member_of<Member>(object), count);
  };
  out.element = &detail_schema::structure_element_of<detail_schema::type_of<Member>, Schema>;
  return out;
}

/// A list of strings: member of type std::vector of what text_member() takes.
template <auto Member>
constexpr value_schema text_list_member(std::string_view name) {
  value_schema out{name};
  out.enter = [](void* object, std::size_t count) {
    return detail_schema::begin_list(detail_schema::member_of<Member>(object), count);
  };
  out.element = &detail_schema::text_element_of<detail_schema::type_of<Member>>;
  return out;
}

/// A map of strings: member of type std::vector of pairs of what text_member() takes, in the order of the JSON text.
template <auto Member>
constexpr value_schema text_map_member(std::string_view name) {
  using map = detail_schema::type_of<Member>;
  value_schema out{name};
  out.copies_text = detail_schema::copies_text_of<typename map::value_type::first_type>;
  out.enter = [](void* object, std::size_t count) {
    return detail_schema::begin_list(detail_schema::member_of<Member>(object), count);
  };
  out.element = &detail_schema::text_entry_of<map>;
  out.set_key = [](void* entries, const json_text_value& key) {
    detail_schema::keep_text(static_cast<map*>(entries)->emplace_back().first, key);
  };
  return out;
}

}  // namespace mwaa_serverless::protocol
