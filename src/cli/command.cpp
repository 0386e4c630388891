#include "cli/command.hpp"

#include <charconv>

#include "cli/failure.hpp"
#include "cli/operation_command.hpp"
#include "cli/whole_number.hpp"
#include "protocol/page_cursor.hpp"
#include "strings/printable.hpp"
#include "strings/utf8.hpp"

namespace mwaa_serverless::cli {

std::optional<std::string> arguments::text(std::string_view flag) const {
  const auto found = values_.find(flag);
  if (found == values_.end()) return std::nullopt;
  return found->second.back();
}

std::vector<std::string> arguments::texts(std::string_view flag) const {
  const auto found = values_.find(flag);
  return found == values_.end() ? std::vector<std::string>{} : found->second;
}

std::optional<std::int32_t> arguments::integer(std::string_view flag) const {
  const auto found = values_.find(flag);
  if (found == values_.end()) return std::nullopt;
  return parse_whole_number<std::int32_t>(flag, found->second.back());
}

namespace {

template <class... Request>
std::vector<command> commands_of(protocol::request_list<Request...>) {
  return {command_of<Request>()...};
}

}  // namespace

std::span<const command> commands() {
  static const std::vector<command> all = commands_of(protocol::requests{});
  return all;
}

std::string read_starting_token(const std::string& given) {
  if (!strings::is_utf8(given)) return given;
  auto position = protocol::decode_page_token(given);
  if (!position) throw exception(std::move(position).error());
  constexpr std::string_view before_offset = "___";
  const std::size_t mark = given.find(before_offset);
  if (position->next_token == given && mark != std::string::npos) {
    const std::string_view digits = std::string_view{given}.substr(mark + before_offset.size());
    std::uint32_t offset = 0;
    const auto [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), offset);
    if (code == std::errc{} && end == digits.data() + digits.size()) {
      position->truncate_amount = offset;
      position->next_token = given.substr(0, mark);
    }
  }
  if (position->next_token == "None") position->next_token.reset();
  return protocol::encode_page_token(*position);
}

}  // namespace mwaa_serverless::cli
