#include "testing/operations.hpp"

#include <array>

#include "protocol/blank.hpp"
#include "protocol/json_writer.hpp"
#include "protocol/operation.hpp"
#include "testing/operations/handlers.hpp"

namespace mwaa_serverless::testing {

namespace {

template <class Request>
reply performed(const Request& request, const operation_context& context) {
  const auto response = handle(request, context);
  reply out;
  constexpr std::size_t usual_item = 384;
  if constexpr (requires { protocol::operation_of<Request>::items; })
    out.body.reserve((response.*protocol::operation_of<Request>::items).size() * usual_item + 128);
  protocol::append_json(out.body, protocol::structure_view{response});
  return out;
}

/// The same request under the same client token gets the same answer.
template <class Request>
reply performed_once(const Request& request, const operation_context& context) {
  const std::string_view operation = protocol::operation_of<Request>::value.name;
  std::string sent = protocol::encode(protocol::structure_view{request});
  if (const auto* const before = context.answered.find(operation, *request.client_token, context.now)) {
    if (before->request == sent) return before->answer;
    throw refused_request{
        conflict("The client token was used for another request", *request.client_token, "ClientToken")};
  }
  reply out = performed(request, context);
  context.answered.keep(operation, *request.client_token, {std::move(sent), out}, context.now);
  return out;
}

template <class Request>
reply answered(const input& members, const operation_context& context) {
  auto request = protocol::blank<Request>();
  if (auto refused = members.read(protocol::structure_place{request}, context.pages.max_size))
    return *std::move(refused);
  try {
    if constexpr (requires { request.client_token; })
      if (request.client_token) return performed_once(request, context);
    return performed(request, context);
  } catch (const refused_request& why) {
    return why.answer;
  }
}

class row {
 public:
  template <class Request>
  static constexpr row of() {
    row out;
    out.name = protocol::operation_of<Request>::value.name;
    if constexpr (requires(const Request& each, const operation_context& context) { handle(each, context); })
      out.perform = &answered<Request>;
    return out;
  }

  std::string_view name;
  reply (*perform)(const input& members, const operation_context& context) = nullptr;
};

template <class... Request>
constexpr std::array<row, sizeof...(Request)> rows_of(protocol::request_list<Request...>) {
  return {row::of<Request>()...};
}
constexpr auto all = rows_of(protocol::requests{});

std::string token_key(std::string_view operation, std::string_view token) {
  return std::string{operation}.append("\n").append(token);
}

}  // namespace

const answered_tokens::entry* answered_tokens::find(std::string_view operation, std::string_view token,
                                                    clock::time_point now) {
  forget(now);
  const auto found = entries_.find(token_key(operation, token));
  return found == entries_.end() ? nullptr : &found->second;
}

void answered_tokens::keep(std::string_view operation, std::string_view token, entry answered, clock::time_point now) {
  std::string key = token_key(operation, token);
  if (life_.count() > 0) ends_.emplace_back(now + life_, key);
  entries_.insert_or_assign(std::move(key), std::move(answered));
}

void answered_tokens::clear() {
  entries_.clear();
  ends_.clear();
}

void answered_tokens::forget(clock::time_point now) {
  for (; !ends_.empty() && ends_.front().first < now; ends_.pop_front()) entries_.erase(ends_.front().second);
}

reply perform(std::string_view operation, const input& members, const operation_context& context) {
  context.in.settle(context.now);
  for (const row& each : all)
    if (each.name == operation && each.perform != nullptr) return each.perform(members, context);
  return front_error(501, "NotImplementedException", "The emulator does not emulate " + std::string{operation});
}

}  // namespace mwaa_serverless::testing
