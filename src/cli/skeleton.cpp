#include "cli/skeleton.hpp"

#include <boost/json/array.hpp>
#include <string_view>

namespace mwaa_serverless::cli {

namespace {

namespace json = boost::json;
using form = protocol::value_type::form;

json::value value_of(const protocol::value_type& type, std::string_view name, sample what) {
  switch (type.is) {
    case form::text:
      if (what == sample::response) return json::value(name);
      return json::value(type.values == nullptr ? std::string_view{} : type.values()[1]);
    case form::integer:
      return json::value(0);
    case form::boolean:
      return json::value(true);
    case form::timestamp:
      return json::value("1970-01-01T00:00:00");
    case form::document:  // the service's documents are maps of documents
      return json::object{{"KeyName", json::object{}}};
    case form::structure:
      return make_skeleton(*type.members, what);
    case form::list: {
      json::array out;
      out.push_back(value_of(*type.element, name, what));
      return out;
    }
    case form::map: {
      json::object out;
      out.emplace("KeyName", value_of(*type.element, {}, what));
      return out;
    }
  }
  return {};
}

}  // namespace

json::object make_skeleton(const protocol::structure& of, sample what) {
  json::object out;
  for (const protocol::member_row& each : of.members) out.emplace(each.name, value_of(*each.type, each.name, what));
  return out;
}

}  // namespace mwaa_serverless::cli
