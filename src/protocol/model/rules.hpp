// The constraints of the service's named shapes.
#pragma once

#include "protocol/describe.hpp"

namespace mwaa_serverless::protocol {

inline constexpr rules required{.required = true};

// The model's own patterns of ARNs name partitions, and would refuse region names such as us-gov-west-1 in some of its
// versions: these are widened to every partition and region.
inline constexpr std::string_view workflow_arn_pattern =
    R"(arn:aws(-[a-z0-9]+)*:airflow-serverless:[a-z]+(-[a-z]+)+-[0-9]+:[0-9]{12}:)"
    R"(workflow/[a-zA-Z0-9][a-zA-Z0-9\.\-_]{0,254}-[a-zA-Z0-9]{10})";
inline constexpr rules workflow_arn{.min = 1, .max = 2048, .pattern = workflow_arn_pattern};
inline constexpr rules taggable_resource_arn{.min = 1, .max = 1011, .pattern = workflow_arn_pattern};
inline constexpr rules role_arn{
    .min = 1,
    .max = 2048,
    .pattern = R"(arn:aws(-[a-z0-9]+)*:iam::[0-9]{12}:role(/[a-zA-Z0-9+=,.@_\-]{1,512})*?/[a-zA-Z0-9+=,.@_\-]{1,64})"};

inline constexpr rules id_string{.min = 1, .max = 255, .pattern = R"([a-zA-Z0-9]+[a-zA-Z0-9\.\-_]*)"};
inline constexpr rules name_string = id_string;
inline constexpr rules version_id{.min = 1, .max = 2048, .pattern = ".+"};
inline constexpr rules workflow_version{.min = 32, .max = 32, .pattern = "[a-z0-9]{32}"};
inline constexpr rules description_string{.min = 1, .max = 1024, .pattern = ".+"};
inline constexpr rules generic_string{.min = 1, .max = 255, .pattern = ".*"};
inline constexpr rules error_message{.min = 1, .max = 2048, .pattern = ".*"};
inline constexpr rules generic_map{.element = &generic_string, .key = &generic_string};
inline constexpr rules idempotency_token{.idempotency_token = true, .min = 1, .max = 128, .pattern = R"([\x21-\x7E]+)"};
inline constexpr rules page_size{.min = 1, .max = 100};
inline constexpr rules task_instance_ids{.element = &id_string};

inline constexpr rules tag_key{.min = 1, .max = 128, .pattern = ".*"};
inline constexpr rules tag_value{.min = 0, .max = 256, .pattern = ".*"};
inline constexpr rules tags{.min = 0, .max = 50, .element = &tag_value, .key = &tag_key};
inline constexpr rules tag_keys{.min = 1, .max = 50, .element = &tag_key};

inline constexpr rules environment_variable_key{.min = 1, .max = 128, .pattern = "[a-zA-Z][a-zA-Z0-9_]*"};
inline constexpr rules environment_variable_value{.sensitive = true, .min = 0, .max = 255};
inline constexpr rules environment_variables{
    .min = 0, .max = 50, .element = &environment_variable_value, .key = &environment_variable_key};
inline constexpr rules object_map{.sensitive = true};

inline constexpr rules security_group{.min = 1, .max = 255, .pattern = "sg-[a-z0-9]*"};
inline constexpr rules security_group_ids{.element = &security_group};
inline constexpr rules subnet{.min = 1, .max = 255, .pattern = "subnet-[a-z0-9]*"};
inline constexpr rules subnet_ids{.element = &subnet};

inline constexpr rules s3_bucket{.min = 3, .max = 63};
inline constexpr rules s3_object_key{.min = 1, .max = 1024};
inline constexpr rules s3_version_id{.min = 1, .max = 1024};

inline constexpr rules authorized_url{.sensitive = true, .min = 1, .max = 2048};
inline constexpr rules session_id{.sensitive = true, .min = 32, .max = 32, .pattern = "[a-z0-9]{32}"};
inline constexpr rules expires_in{.min = 5, .max = 300};
inline constexpr rules session_duration{.min = 1, .max = 43200};

}  // namespace mwaa_serverless::protocol
