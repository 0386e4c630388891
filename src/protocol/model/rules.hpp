// The constraints of the service's named shapes.
#pragma once

#include "protocol/describe.hpp"

namespace mwaa_serverless::protocol {

/// The model's own pattern lacks partitions and would refuse region names such as us-gov-west-1 in some of its
/// versions: this one is widened to every partition and region.
inline constexpr rules workflow_arn{.min = 1,
                                    .max = 2048,
                                    .pattern =
                                        R"(arn:aws(-[a-z0-9]+)*:airflow-serverless:[a-z]+(-[a-z]+)+-[0-9]+:[0-9]{12}:)"
                                        R"(workflow/[a-zA-Z0-9][a-zA-Z0-9\.\-_]{0,254}-[a-zA-Z0-9]{10})"};
inline constexpr rules id_string{.min = 1, .max = 255, .pattern = R"([a-zA-Z0-9]+[a-zA-Z0-9\.\-_]*)"};
inline constexpr rules page_size{.min = 1, .max = 100};

}  // namespace mwaa_serverless::protocol
