// Which JSON member goes where: the tables that the reader works from.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <mwaa_serverless/text.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

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

/// One member of a structure. Exactly one of the setters is there; it says which JSON type the member has.
struct member_schema {
  std::string_view name;
  void (*set_text)(void* object, const json_text_value& value) = nullptr;
  /// Whole numbers of 32 bits, as all of the service's are.
  void (*set_integer)(void* object, std::int32_t value) = nullptr;
  /// A list of structures: makes room for `count` elements, and later gives one after the other.
  void (*begin_list)(void* object, std::size_t count) = nullptr;
  void* (*next_element)(void* object, std::size_t index) = nullptr;
  const structure_schema* element = nullptr;
};

struct structure_schema {
  std::span<const member_schema> members;
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

inline void keep_text(text& to, const json_text_value& value) { to = value.keep(); }
inline void keep_text(std::string& to, const json_text_value& value) { to = value.view(); }
// An enum that keeps text which it does not know (task_instance_status and its kin).
template <class Enum>
  requires requires(Enum& to) { Enum::parse(std::string_view{}, to); }
void keep_text(Enum& to, const json_text_value& value) {
  if (!Enum::parse(value.view(), to)) to = Enum{value.keep()};
}

}  // namespace detail_schema

/// A string: member of type text, std::string or an open enum.
template <auto Member>
constexpr member_schema text_member(std::string_view name) {
  member_schema out{name};
  out.set_text = [](void* object, const json_text_value& value) {
    detail_schema::keep_text(detail_schema::member_of<Member>(object), value);
  };
  return out;
}

/// A whole number that counts seconds: member of type std::optional<std::chrono::seconds>.
template <auto Member>
constexpr member_schema seconds_member(std::string_view name) {
  member_schema out{name};
  out.set_integer = [](void* object, std::int32_t value) {
    detail_schema::member_of<Member>(object) = std::chrono::seconds{value};
  };
  return out;
}

/// A list of structures: member of type std::vector.
template <auto Member>
constexpr member_schema list_member(std::string_view name, const structure_schema& element) {
  member_schema out{name};
  out.begin_list = [](void* object, std::size_t count) {
    auto& list = detail_schema::member_of<Member>(object);
    list.clear();
    list.resize(count);
  };
  out.next_element = [](void* object, std::size_t index) {
    return static_cast<void*>(&detail_schema::member_of<Member>(object)[index]);
  };
  out.element = &element;
  return out;
}

}  // namespace mwaa_serverless::protocol
