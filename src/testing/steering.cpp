#include "testing/steering.hpp"

#include <array>
#include <boost/asio/ip/address.hpp>
#include <chrono>
#include <cmath>
#include <mwaa_serverless/error.hpp>
#include <string>
#include <utility>
#include <vector>

#include "strings/date_time.hpp"
#include "testing/json_section.hpp"
#include "testing/scenario.hpp"

namespace mwaa_serverless::testing {

namespace json = boost::json;

namespace {

reply json_reply(int status, const std::string& body) {
  reply out;
  out.status = status;
  out.body = body + "\n";
  out.content_type = "application/json";
  // Nothing here is for a browser to keep or to guess at.
  out.extra_headers = "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n";
  return out;
}

reply refusal(int status, std::string_view why) {
  return json_reply(status, R"({"error":)" + quoted(why) + "}");
}

/// The host of a Host header, without its port and the brackets of IPv6; empty when it is none.
std::string_view host_of(std::string_view header) {
  if (header.starts_with('[')) {
    const auto end = header.find(']');
    return end == std::string_view::npos ? std::string_view{} : header.substr(1, end - 1);
  }
  return header.substr(0, header.rfind(':'));
}

bool is_loopback(std::string_view host) {
  boost::system::error_code no_address;
  const auto address = boost::asio::ip::make_address(host, no_address);
  return no_address ? host == "localhost" : address.is_loopback();
}

/// Who may steer: a program of this machine that means to. A page in a browser sends Origin or Sec-Fetch-Site with
/// whatever it can send, and a page that had its name point here is known by its Host header.
std::optional<reply> refusal_of_sender(const incoming_request& request, bool from_this_machine) {
  for (const char* name : {"authorization", "x-amz-date", "x-amz-target", "x-amz-security-token"}) {
    if (request.header(name))
      return refusal(400, "/-/ is the emulator's own and takes no signed request; the service is POST /");
  }
  if (request.path() == "/-/health" && request.method == "GET") return std::nullopt;
  if (!from_this_machine) return refusal(403, "/-/ is for clients on the emulator's machine");
  const auto fetched_from = request.header("sec-fetch-site");
  if (request.header("origin") || (fetched_from && *fetched_from != "none"))
    return refusal(403, "/-/ is not for pages in a browser");
  if (!is_loopback(host_of(request.header("host").value_or(""))))
    return refusal(403, "/-/ wants a Host header of this machine: localhost or a loopback address");
  return std::nullopt;
}

std::string health(emulator_state& emulator) {
  return emulator.locked([](service& core) {
    return R"({"status":"ok","version":")" MWAA_SERVERLESS_VERSION R"(","requests":)" +
           std::to_string(core.request_count()) + R"(,"faults":)" + std::to_string(core.scripted()) + "}";
  });
}

std::string request_log(emulator_state& emulator) {
  std::uint64_t count = 0;
  const auto log = emulator.locked([&](service& core) {
    count = core.request_count();
    return std::vector<request_record>(core.log().begin(), core.log().end());
  });
  std::string out = R"({"count":)" + std::to_string(count) + R"(,"requests":[)";
  for (const request_record& each : log) {
    if (out.back() != '[') out += ',';
    out += R"({"time":")" + strings::format_timestamp(each.wall_time) + R"(","status":)" + std::to_string(each.status);
    for (const auto& [name, value] :
         {std::pair{"operation", &each.operation}, std::pair{"run", &each.run_id},
          std::pair{"request_id", &each.request_id}, std::pair{"code", &each.code}, std::pair{"attempt", &each.attempt},
          std::pair{"invocation", &each.invocation}, std::pair{"fault", &each.fault}})
      out.append(",\"").append(name).append("\":").append(quoted(*value));
    out += '}';
  }
  return out + "]}";
}

std::string clear_log(emulator_state& emulator) {
  emulator.locked([](service& core) { core.clear_log(); });
  return "{}";
}

std::string faults_in_line(emulator_state& emulator) {
  const auto faults = emulator.locked([](service& core) { return core.scripted(); });
  return R"({"faults":)" + std::to_string(faults) + "}";
}

std::string script_faults(emulator_state& emulator, const json::value& body) {
  const json_section asked{body, "", {"faults", "probability"}};
  std::vector<fault> faults;
  for (const json::value& each : asked.array("faults")) {
    const json::string* spelling = each.if_string();
    if (spelling == nullptr) refuse_json("faults", "must be an array of strings, such as \"throttle=2*3\"");
    faults.push_back(fault::parse({spelling->data(), spelling->size()}));
  }
  const auto probability = asked.number("probability", 1, "");
  if (!asked.contains("faults") && !probability) refuse_json("", "names neither faults nor a probability");
  emulator.locked([&](service& core) {
    for (fault& each : faults) core.script(std::move(each));
    if (probability) core.strike_randomly(*probability, transient_faults());
  });
  return faults_in_line(emulator);
}

std::string clear_faults(emulator_state& emulator) {
  emulator.locked([](service& core) { core.clear_faults(); });
  return faults_in_line(emulator);
}

std::string workflow_of(const emulator_state& emulator, const json_section& asked) {
  return asked.contains("workflow") ? read_workflow_arn(asked, "workflow") : emulator.workflow_arn();
}

std::string run_reply(const std::string& arn, const std::string& id) {
  return R"({"workflow":)" + quoted(arn) + R"(,"id":)" + quoted(id) + "}";
}

std::string add_run(emulator_state& emulator, const json::value& body) {
  const json_section asked = run_section(body, "");
  const std::string arn = workflow_of(emulator, asked);
  const described_run run = read_run(asked);
  emulator.with_contents([&](account& in, clock::time_point now) { in.add_run(arn, run.id, run.course, now); });
  return run_reply(arn, run.id);
}

std::string advance_run(emulator_state& emulator, const json::value& body) {
  const json_section asked{body, "", {"workflow", "id", "seconds"}};
  const std::string arn = workflow_of(emulator, asked);
  const std::string id = asked.string("id");
  const auto length = asked.seconds("seconds");
  if (!length) refuse_json("seconds", "is missing");
  const std::chrono::milliseconds by{std::llround(*length * 1000)};
  emulator.with_contents([&](account& in, clock::time_point) { in.advance_run(arn, id, by); });
  return run_reply(arn, id);
}

std::string set_status(emulator_state& emulator, const json::value& body) {
  const json_section asked{body, "", {"workflow", "id", "task", "status", "error"}};
  const std::string arn = workflow_of(emulator, asked);
  const std::string id = asked.string("id");
  const std::string error = asked.string_or("error", "");
  if (asked.contains("task")) {
    const std::string task = asked.string("task");
    const std::string status = read_task_status(asked, "status");
    emulator.with_contents(
        [&](account& in, clock::time_point now) { in.set_task_status(arn, id, task, status, error, now); });
  } else {
    const std::string status = read_run_status(asked, "status");
    emulator.with_contents([&](account& in, clock::time_point now) { in.set_run_status(arn, id, status, error, now); });
  }
  return run_reply(arn, id);
}

std::string set_workflow(emulator_state& emulator, const json::value& body) {
  const json_section asked = workflow_section(body, "");
  if (asked.contains("runs")) refuse_json("runs", "are added by POST /-/runs");
  const emulated_workflow described = read_workflow(asked);
  emulator.with_contents([&](account& in, clock::time_point now) { in.set_workflow(described, now); });
  return R"({"workflow":)" + quoted(described.arn) + "}";
}

std::string reset(emulator_state& emulator) {
  emulator.reset();
  return "{}";
}

struct route {
  std::string_view method;
  std::string_view path;
  std::string (*without_body)(emulator_state&);
  std::string (*with_body)(emulator_state&, const json::value&);
};

constexpr std::array routes{route{"GET", "/-/health", health, nullptr},
                            route{"GET", "/-/requests", request_log, nullptr},
                            route{"DELETE", "/-/requests", clear_log, nullptr},
                            route{"GET", "/-/faults", faults_in_line, nullptr},
                            route{"POST", "/-/faults", nullptr, script_faults},
                            route{"DELETE", "/-/faults", clear_faults, nullptr},
                            route{"POST", "/-/workflows", nullptr, set_workflow},
                            route{"POST", "/-/runs", nullptr, add_run},
                            route{"POST", "/-/status", nullptr, set_status},
                            route{"POST", "/-/advance", nullptr, advance_run},
                            route{"POST", "/-/reset", reset, nullptr}};

}  // namespace

bool is_steering(const incoming_request& request) noexcept {
  const auto path = request.path();
  return path == "/-" || path.starts_with("/-/");
}

reply steer(emulator_state& emulator, const incoming_request& request, bool from_this_machine) {
  if (auto refused = refusal_of_sender(request, from_this_machine)) return *std::move(refused);
  std::string allowed;
  std::string all;
  for (const route& each : routes) {
    if (!all.empty()) all += ", ";
    all.append(each.method).append(" ").append(each.path);
    if (each.path != request.path()) continue;
    if (each.method != request.method) {
      if (!allowed.empty()) allowed += ", ";
      allowed += each.method;
      continue;
    }
    try {
      return json_reply(200, each.with_body != nullptr ? each.with_body(emulator, parse_json(request.body))
                                                       : each.without_body(emulator));
    } catch (const exception& e) {
      return refusal(400, e.details().message);
    }
  }
  if (allowed.empty()) return refusal(404, "there is " + all);
  reply out = refusal(405, "this path takes " + allowed);
  out.extra_headers += "Allow: " + allowed + "\r\n";
  return out;
}

}  // namespace mwaa_serverless::testing
