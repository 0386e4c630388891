#include <array>
#include <mwaa_serverless/model/tags.hpp>

#include "protocol/model/rules.hpp"
#include "protocol/model/structures.hpp"
#include "protocol/operation.hpp"

namespace mwaa_serverless::protocol {

namespace {

constexpr std::array list_tags_for_resource_response_members{
    named_list<&list_tags_for_resource_response::tags, &list_tags_for_resource_response::tags_present>("Tags", tags),
};
constexpr std::array list_tags_for_resource_request_members{
    member<&list_tags_for_resource_request::resource_arn>("ResourceArn", taggable_resource_arn.must()),
};
constexpr std::array<member_row, 0> tag_resource_response_members{};
constexpr std::array tag_resource_request_members{
    member<&tag_resource_request::resource_arn>("ResourceArn", taggable_resource_arn.must()),
    member<&tag_resource_request::tags>("Tags", tags.must()),
};
constexpr std::array<member_row, 0> untag_resource_response_members{};
constexpr std::array untag_resource_request_members{
    member<&untag_resource_request::resource_arn>("ResourceArn", taggable_resource_arn.must()),
    member<&untag_resource_request::tag_keys>("TagKeys", tag_keys.must()),
};

}  // namespace

MWAA_SERVERLESS_DESCRIBE(list_tags_for_resource_request)
MWAA_SERVERLESS_DESCRIBE(list_tags_for_resource_response)
MWAA_SERVERLESS_DESCRIBE(tag_resource_request)
MWAA_SERVERLESS_DESCRIBE(tag_resource_response)
MWAA_SERVERLESS_DESCRIBE(untag_resource_request)
MWAA_SERVERLESS_DESCRIBE(untag_resource_response)

}  // namespace mwaa_serverless::protocol

namespace mwaa_serverless {

MWAA_SERVERLESS_PRINT(list_tags_for_resource_request)
MWAA_SERVERLESS_PRINT(list_tags_for_resource_response)
MWAA_SERVERLESS_PRINT(tag_resource_request)
MWAA_SERVERLESS_PRINT(tag_resource_response)
MWAA_SERVERLESS_PRINT(untag_resource_request)
MWAA_SERVERLESS_PRINT(untag_resource_response)

}  // namespace mwaa_serverless
