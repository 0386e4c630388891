// Descriptions of what <mwaa_serverless/model/task_instance.hpp> declares.
#pragma once

#include <mwaa_serverless/model/task_instance.hpp>

#include "protocol/describe.hpp"

namespace mwaa_serverless::protocol {

template <>
const structure described<task_instance>::value;
template <>
const structure described<list_task_instances_request>::value;
template <>
const structure described<list_task_instances_response>::value;

}  // namespace mwaa_serverless::protocol
