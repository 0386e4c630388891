// Tags of a workflow, and the operations that list, set and remove them.
//
// All are values: distinct objects may be used from any threads at once, and what a response holds shares its block of
// text (see text). Source: the service's model, API version 2024-07-26.
#pragma once

#include <functional>
#include <iosfwd>
#include <map>
#include <mwaa_serverless/export.hpp>
#include <mwaa_serverless/text.hpp>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace mwaa_serverless {

/// The tags of a resource.
class MWAA_SERVERLESS_API list_tags_for_resource_response {
 public:
  list_tags_for_resource_response() = default;

  std::map<text, text, std::less<>> tags;
  /// False when the response named none at all, not even an empty one.
  bool tags_present = false;
  /// `x-amzn-requestid` of the response, for support cases.
  std::string request_id;

  /// As JSON text, for logs: what is sensitive as `***`.
  friend MWAA_SERVERLESS_API std::ostream& operator<<(std::ostream& out, const list_tags_for_resource_response& value);
};
static_assert(!std::is_aggregate_v<list_tags_for_resource_response>);

/// Input of client::list_tags_for_resource.
class MWAA_SERVERLESS_API list_tags_for_resource_request {
 public:
  using response_type = list_tags_for_resource_response;

  explicit list_tags_for_resource_request(std::string resource_arn_value)
      : resource_arn(std::move(resource_arn_value)) {}

  std::string resource_arn;  ///< ARN of the workflow; required.

  /// As JSON text, for logs: what is sensitive as `***`.
  friend MWAA_SERVERLESS_API std::ostream& operator<<(std::ostream& out, const list_tags_for_resource_request& value);
};
static_assert(!std::is_aggregate_v<list_tags_for_resource_request>);

/// Nothing but the request's identifier.
class MWAA_SERVERLESS_API tag_resource_response {
 public:
  tag_resource_response() = default;

  /// `x-amzn-requestid` of the response, for support cases.
  std::string request_id;

  /// As JSON text, for logs: what is sensitive as `***`.
  friend MWAA_SERVERLESS_API std::ostream& operator<<(std::ostream& out, const tag_resource_response& value);
};
static_assert(!std::is_aggregate_v<tag_resource_response>);

/// Input of client::tag_resource.
class MWAA_SERVERLESS_API tag_resource_request {
 public:
  using response_type = tag_resource_response;

  tag_resource_request(std::string resource_arn_value, std::map<std::string, std::string, std::less<>> tags_value)
      : resource_arn(std::move(resource_arn_value)), tags(std::move(tags_value)) {}

  std::string resource_arn;  ///< ARN of the workflow; required.
  /// At most 50 in all; keys that are there get the new value; required.
  std::map<std::string, std::string, std::less<>> tags;

  /// As JSON text, for logs: what is sensitive as `***`.
  friend MWAA_SERVERLESS_API std::ostream& operator<<(std::ostream& out, const tag_resource_request& value);
};
static_assert(!std::is_aggregate_v<tag_resource_request>);

/// Nothing but the request's identifier.
class MWAA_SERVERLESS_API untag_resource_response {
 public:
  untag_resource_response() = default;

  /// `x-amzn-requestid` of the response, for support cases.
  std::string request_id;

  /// As JSON text, for logs: what is sensitive as `***`.
  friend MWAA_SERVERLESS_API std::ostream& operator<<(std::ostream& out, const untag_resource_response& value);
};
static_assert(!std::is_aggregate_v<untag_resource_response>);

/// Input of client::untag_resource.
class MWAA_SERVERLESS_API untag_resource_request {
 public:
  using response_type = untag_resource_response;

  untag_resource_request(std::string resource_arn_value, std::vector<std::string> tag_keys_value)
      : resource_arn(std::move(resource_arn_value)), tag_keys(std::move(tag_keys_value)) {}

  std::string resource_arn;           ///< ARN of the workflow; required.
  std::vector<std::string> tag_keys;  ///< 1 to 50; keys that are not there are no error; required.

  /// As JSON text, for logs: what is sensitive as `***`.
  friend MWAA_SERVERLESS_API std::ostream& operator<<(std::ostream& out, const untag_resource_request& value);
};
static_assert(!std::is_aggregate_v<untag_resource_request>);

}  // namespace mwaa_serverless
