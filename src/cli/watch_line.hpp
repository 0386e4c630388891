// Events of `watch` as lines of text and of JSON.
#pragma once

#include <boost/json/object.hpp>
#include <mwaa_serverless/watch_event.hpp>
#include <string>

namespace mwaa_serverless::cli {

/// Time, run and what changed, for people and logs. One line without its end; holds no control character.
[[nodiscard]] std::string plain_line(const watch_event& event);
/// The members that docs/cli.md lists, in its order; those that say nothing are left out.
[[nodiscard]] boost::json::object json_line(const watch_event& event);

}  // namespace mwaa_serverless::cli
