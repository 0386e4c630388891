#include "testing/service.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <mwaa_serverless/error.hpp>
#include <utility>

#include "protocol/model/errors.hpp"
#include "protocol/model/rules.hpp"
#include "protocol/operation.hpp"
#include "testing/operations.hpp"

namespace mwaa_serverless::testing {

namespace {

[[noreturn]] void refuse(const char* member, const char* rule) {
  throw exception(error{errc::invalid_configuration, std::string{"emulator_options::"} + member + " " + rule});
}

constexpr std::chrono::milliseconds longest_time = std::chrono::hours{24 * 365 * 10};

const emulator_options& checked(const emulator_options& options) {
  if (options.access_key_id.empty()) refuse("access_key_id", "must not be empty");
  if (options.secret_access_key.empty()) refuse("secret_access_key", "must not be empty");
  if (!(options.rate_limit >= 0 && std::isfinite(options.rate_limit))) refuse("rate_limit", "must not be negative");
  if (!(options.burst >= 0 && std::isfinite(options.burst))) refuse("burst", "must not be negative");
  if (options.latency.count() < 0) refuse("latency", "must not be negative");
  if (options.signature_error_status != 400 && options.signature_error_status != 403)
    refuse("signature_error_status", "must be 400 or 403");
  if (options.max_page_size < 1) refuse("max_page_size", "must be at least 1");
  for (const auto& [name, quota] : options.operation_rate_limits) {
    if (protocol::find_operation(name) == nullptr) refuse("operation_rate_limits", "names an unknown operation");
    if (!(quota.rate >= 0 && std::isfinite(quota.rate) && quota.burst >= 0 && std::isfinite(quota.burst)))
      refuse("operation_rate_limits", "must not be negative");
  }
  for (const auto& [name, length] :
       {std::pair{"page_token_life", options.page_token_life}, std::pair{"stopping_time", options.stopping_time},
        std::pair{"deletion_time", options.deletion_time}, std::pair{"client_token_life", options.client_token_life}})
    if (length.count() < 0 || length > longest_time) refuse(name, "must be from 0 to ten years");
  if (options.default_page_size < 1 || options.default_page_size > options.max_page_size)
    refuse("default_page_size", "must be from 1 to max_page_size");
  return options;
}

/// The operation that the request asks for; empty when it names none.
std::string_view operation_of(const incoming_request& request) {
  const std::string_view target = request.header("x-amz-target").value_or("");
  for (const protocol::operation& each : protocol::operations)
    if (each.target == target) return each.name;
  return {};
}

bool is_json_1_0(std::string_view content_type) {
  content_type = content_type.substr(0, content_type.find(';'));
  while (content_type.ends_with(' ')) content_type.remove_suffix(1);
  return content_type == "application/x-amz-json-1.0";
}

/// What the model requires of errors, so that the answer is a valid one.
error filled(std::string message) {
  error out;
  out.message = std::move(message);
  out.reason = "other";
  out.service_code = signing_name;
  out.quota_code = "L-EMULATOR1";
  out.resource_id = "emulated";
  out.resource_type = "AWS::MWAAServerless::Workflow";
  return out;
}

reply throttled(std::optional<std::chrono::seconds> retry_after) {
  error members = filled("Rate exceeded");
  members.retry_after = retry_after;
  return service_error("ThrottlingException", std::move(members));
}

reply scripted_status(const fault& applied) {
  const protocol::modelled_error* model =
      applied.code.empty() ? protocol::find_error(applied.http_status) : protocol::find_error(applied.code);
  error members = filled(applied.message.empty() ? "A scripted fault" : applied.message);
  members.retry_after = applied.retry_after;
  reply out;
  if (model != nullptr) {
    out = service_error(model->name, std::move(members));
  } else if (applied.code.empty()) {
    out.body = "{}";  // an error whose only sign is its status
  } else {
    out.code = applied.code;
    out.body = R"({"__type":)" + quoted(applied.code) + R"(,"Message":)" + quoted(members.message);
    if (applied.retry_after) out.body += R"(,"RetryAfterSeconds":)" + std::to_string(applied.retry_after->count());
    out.body += '}';
  }
  out.status = applied.http_status;
  return out;
}

/// The answer that a fault of content puts in place of the right one; nullopt for faults of delivery.
std::optional<reply> content_of(const fault& applied) {
  switch (applied.what) {
    case fault::kind::throttle:
      return throttled(applied.retry_after);
    case fault::kind::status:
      return scripted_status(applied);
    case fault::kind::body: {
      reply out;
      out.status = applied.http_status;
      out.body = applied.content;
      out.content_type = applied.content_type;
      return out;
    }
    default:
      return std::nullopt;
  }
}

}  // namespace

service::service(const emulator_options& options, account contents, clock::time_point start)
    : options_(checked(options)),
      signatures_(options),
      tokens_(options.seed, options.page_token_life),
      quotas_(options, start),
      account_(std::move(contents)),
      answered_(options.client_token_life),
      random_(options.seed) {}

judgement service::judge(const incoming_request& request, clock::wall_time_point wall) const {
  return {refusal_of(request, wall), input{request.body}};
}

std::optional<reply> service::refusal_of(const incoming_request& request, clock::wall_time_point wall) const {
  constexpr std::string_view unknown = "UnknownOperationException";
  // Clients whose model binds members to the query send them there too (the Rust SDK: `/?maxResults=100`). The query is
  // signed, and says nothing beyond that: awsJson1_0 takes all members from the body.
  if (request.method != "POST" || request.path() != "/")
    return front_error(404, unknown, "The only request of this service is POST /");
  if (operation_of(request).empty())
    return front_error(400, unknown, "X-Amz-Target names no operation of AmazonMWAAServerless");
  if (!is_json_1_0(request.header("content-type").value_or("")))
    return front_error(415, "UnsupportedMediaTypeException", "Content-Type must be application/x-amz-json-1.0");
  return signatures_.refusal(request, wall);
}

exchange service::answer(const incoming_request& request, judgement judged, clock::time_point now,
                         clock::wall_time_point wall) {
  exchange out;
  const std::string_view operation = operation_of(request);
  out.applied = next_fault();
  std::optional<reply> scripted;
  if (out.applied && !judged.refusal) scripted = content_of(*out.applied);
  if (judged.refusal)
    out.answer = *std::move(judged.refusal);
  else if (scripted)
    out.answer = *std::move(scripted);
  else
    out.answer = serve(operation, judged.members, now);
  if (out.applied) out.answer.extra_headers += out.applied->headers;

  ++request_count_;
  out.record.time = now;
  out.record.wall_time = wall;
  out.record.operation = operation;
  out.record.run_id = judged.members.text("RunId", static_cast<std::size_t>(protocol::id_string.max));
  out.record.status = out.answer.status;
  out.record.code = out.answer.code;
  out.record.request_id = next_request_id();
  out.record.attempt = request.header("amz-sdk-request").value_or("");
  out.record.invocation = request.header("amz-sdk-invocation-id").value_or("");
  if (out.applied) out.record.fault = out.applied->name();
  if (options_.log_capacity > 0) {
    if (log_.size() == options_.log_capacity) log_.pop_front();
    log_.push_back(out.record);
  }
  return out;
}

reply service::serve(std::string_view operation, const input& members, clock::time_point now) {
  if (const auto wait = quotas_.take(operation, now)) {
    if (!options_.retry_after) return throttled(std::nullopt);
    return throttled(std::max(std::chrono::seconds{1}, std::chrono::ceil<std::chrono::seconds>(*wait)));
  }
  const page_rules pages{options_.default_page_size, options_.max_page_size, options_.order};
  return perform(operation, members, {*account_, answered_, tokens_, pages, now});
}

std::optional<fault> service::next_fault() {
  if (!script_.empty()) {
    fault& front = script_.front();
    fault out = front;
    if (--front.times <= 0) script_.pop_front();
    return out;
  }
  if (fault_probability_ > 0 && !fault_choices_.empty()) {
    // The upper 53 bits as a fraction: the same numbers with every standard library.
    const double lot = static_cast<double>(random_() >> 11U) * 0x1.0p-53;
    if (lot < fault_probability_) return fault_choices_[random_() % fault_choices_.size()];
  }
  return std::nullopt;
}

void service::script(fault next) {
  if (next.times < 1) throw exception(error{errc::invalid_argument, "fault::times must be at least 1"});
  script_.push_back(std::move(next));
}

void service::clear_faults() {
  script_.clear();
  fault_probability_ = 0;
}

void service::reset(account contents, clock::time_point start) {
  account_.emplace(std::move(contents));
  answered_.clear();
  quotas_ = request_quotas{options_, start};
  random_.seed(options_.seed);
  clear_faults();
  clear_log();
  request_count_ = 0;
}

std::size_t service::scripted() const noexcept {
  std::size_t out = 0;
  for (const fault& each : script_) out += static_cast<std::size_t>(each.times);
  return out;
}

void service::strike_randomly(double probability, std::vector<fault> choices) {
  if (!(probability >= 0 && probability <= 1))
    throw exception(error{errc::invalid_argument, "the probability of faults must be from 0 to 1"});
  fault_probability_ = probability;
  fault_choices_ = std::move(choices);
}

std::string service::next_request_id() {
  const auto high = random_();
  const auto low = random_();
  std::array<char, 40> text{};
  const int size =
      std::snprintf(text.data(), text.size(), "%08x-%04x-4%03x-%04x-%012llx", static_cast<unsigned>(high >> 32U),
                    static_cast<unsigned>(high >> 16U & 0xffffU), static_cast<unsigned>(high & 0xfffU),
                    static_cast<unsigned>(0x8000U | (low >> 48U & 0x3fffU)),
                    static_cast<unsigned long long>(low & 0xffffffffffffULL));
  return {text.data(), static_cast<std::size_t>(size)};
}

}  // namespace mwaa_serverless::testing
