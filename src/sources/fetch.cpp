#include "sources/fetch.hpp"

#include <utility>

namespace mwaa_serverless::sources {

fetched fetch_from(const static_keys& from, fetch_context&, clock::time_point) {
  co_return from.keys;
}

fetched fetch_from(const assume_role& from, fetch_context& with, clock::time_point deadline) {
  auto base = co_await fetch(*from.base, with, deadline);
  if (!base) co_return failed("for the role " + from.what.role_arn, base.error());
  co_return co_await fetch_role(from.what, *base, with, deadline);
}

fetched fetch_from(const login_session& from, fetch_context&, clock::time_point) {
  co_return error{errc::credentials_failed,
                  "profile " + from.profile +
                      " has a login_session (aws login), which this library does not read; give the profile this "
                      "instead: credential_process = aws configure export-credentials --profile <the profile with the "
                      "login> --format process"};
}

fetched fetch(const plan& from, fetch_context& with, clock::time_point deadline) {
  if (!from.refusal.empty())
    co_return error{errc::no_credentials,
                    "no credentials were found, and the machine's own are not used: " + from.refusal};
  const auto begin = [&](const auto& source) { return fetch_from(source, with, deadline); };
  auto got = co_await std::visit(begin, from.source);
  if (got) co_return std::move(got);
  error why = std::move(got).error();
  if (why.code == errc::no_credentials) {
    std::string story = "no credentials were found. ";
    for (const std::string& each : from.passed_over) story += each + "; ";
    why.message = story + why.message;
  } else if (!from.place.empty()) {
    why.message += " (" + from.place + ")";
  }
  co_return why;
}

}  // namespace mwaa_serverless::sources
