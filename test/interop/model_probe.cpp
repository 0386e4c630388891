// The library's side of model_test.py.
//
// model_probe model          prints the descriptions of all structures as JSON
// model_probe request        for each line OPERATION, tab, JSON of standard input: the value as the library sends it,
// or
//                            {"refused": MESSAGE}
// model_probe response       the same with the value as the service sent it: read, and written again
#include <boost/json.hpp>
#include <cstddef>
#include <exception>
#include <iostream>
#include <string>
#include <string_view>
#include <utility>

#include "protocol/blank.hpp"
#include "protocol/check.hpp"
#include "protocol/json_reader.hpp"
#include "protocol/json_writer.hpp"
#include "protocol/model/errors.hpp"
#include "protocol/operation.hpp"

namespace json = boost::json;
namespace protocol = mwaa_serverless::protocol;

namespace {

json::object described(const protocol::structure& of);

json::object described(const protocol::value_type& type, const protocol::rules* check) {
  using form = protocol::value_type::form;
  json::object out;
  switch (type.is) {
    case form::text:
      out["type"] = "string";
      if (type.values != nullptr) {
        json::array values;
        for (const std::string_view each : type.values())
          if (!each.empty()) values.emplace_back(each);
        out["enum"] = std::move(values);
      }
      break;
    case form::integer:
      out["type"] = "integer";
      break;
    case form::boolean:
      out["type"] = "boolean";
      break;
    case form::timestamp:
      out["type"] = "timestamp";
      break;
    case form::document:
      out["type"] = "document";
      break;
    case form::structure:
      out = described(*type.members);
      break;
    case form::list:
      out["type"] = "list";
      out["member"] = described(*type.element, check != nullptr ? check->element : nullptr);
      break;
    case form::map:
      out["type"] = "map";
      out["value"] = described(*type.element, check != nullptr ? check->element : nullptr);
      if (check != nullptr && check->key != nullptr) {
        protocol::value_type text;
        out["key"] = described(text, check->key);
      } else {
        out["key"] = json::object{{"type", "string"}};
      }
      break;
  }
  if (check == nullptr) return out;
  if (check->min != protocol::rules::none) out["min"] = check->min;
  if (check->max != protocol::rules::none) out["max"] = check->max;
  if (!check->pattern.empty()) out["pattern"] = check->pattern;
  if (check->sensitive) out["sensitive"] = true;
  if (check->idempotency_token) out["idempotencyToken"] = true;
  return out;
}

json::object described(const protocol::structure& of) {
  json::object members;
  json::array required;
  for (const protocol::member_row& each : of.members) {
    members[each.name] = described(*each.type, &each.check);
    if (each.check.required) required.emplace_back(each.name);
  }
  json::object out{{"type", "structure"}, {"members", std::move(members)}, {"required", std::move(required)}};
  if (of.is_union) out["union"] = true;
  return out;
}

template <class Request>
json::object described_operation() {
  const auto& operation = protocol::operation_of<Request>::value;
  json::object out{{"input", described(protocol::described<Request>::value)},
                   {"output", described(protocol::described<typename Request::response_type>::value)},
                   {"readonly", operation.repeated == protocol::operation::repeats::reads},
                   {"idempotent", operation.repeated == protocol::operation::repeats::repeats_harmlessly},
                   {"target", operation.target}};
  if constexpr (requires { protocol::operation_of<Request>::items; }) {
    const auto response = typename Request::response_type{};
    const auto* const items = &(response.*protocol::operation_of<Request>::items);
    for (const protocol::member_row& each : protocol::described<typename Request::response_type>::value.members)
      if (each.at(const_cast<void*>(static_cast<const void*>(&response))) == items) out["items"] = each.name;  // NOLINT
  }
  return out;
}

template <class... Request>
json::object described_operations(protocol::request_list<Request...>) {
  json::object out;
  ((out[protocol::operation_of<Request>::value.name] = described_operation<Request>()), ...);
  return out;
}

json::object described_errors() {
  json::object out;
  for (const protocol::modelled_error& each : protocol::modelled_errors()) out[each.name] = described(each.members);
  return out;
}

// JSON text in and out: another reader between could change numbers.
template <class Value>
std::string through(std::string_view value) {
  auto object = protocol::blank<Value>();
  if (const auto wrong = protocol::read_json(value, protocol::described<Value>::value, &object))
    return json::serialize(json::object{{"refused", wrong->message()}});
  if (const auto wrong = protocol::check(protocol::structure_view{object}))
    return json::serialize(json::object{{"refused", wrong->message}});
  return protocol::encode(protocol::structure_view{object});
}

template <class... Request>
std::string through(std::string_view operation, std::string_view value, bool response,
                    protocol::request_list<Request...>) {
  std::string out;
  const auto one = [&]<class R>(std::in_place_type_t<R>) {
    if (protocol::operation_of<R>::value.name != operation) return;
    out = response ? through<typename R::response_type>(value) : through<R>(value);
  };
  (one(std::in_place_type<Request>), ...);
  return out;
}

}  // namespace

int main(int count, char** words) try {
  const std::string_view what = count == 2 ? words[1] : "";
  if (what == "model") {
    std::cout << json::serialize(json::object{{"operations", described_operations(protocol::requests{})},
                                              {"errors", described_errors()}})
              << '\n';
    return 0;
  }
  if (what != "request" && what != "response") {
    std::cerr << "usage: model_probe model|request|response\n";
    return 2;
  }
  for (std::string line; std::getline(std::cin, line);) {
    const std::string_view asked = line;
    const std::size_t tab = asked.find('\t');
    std::cout << through(asked.substr(0, tab), asked.substr(tab + 1), what == "response", protocol::requests{}) << '\n';
  }
  return 0;
} catch (const std::exception& e) {
  std::cerr << e.what() << '\n';
  return 1;
}
