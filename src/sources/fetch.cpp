#include "sources/fetch.hpp"

#include <utility>

namespace mwaa_serverless::sources {

namespace asio = boost::asio;

namespace {

asio::awaitable<result<credentials>> fetch_static(const static_keys& from, const plan& of) {
  credentials keys = from.keys;
  keys.set_source(of.name);
  co_return std::move(keys);
}

asio::awaitable<result<credentials>> fetch_based(const assume_role& from, fetch_context& with,
                                                 clock::time_point deadline) {
  auto base = co_await fetch(*from.base, with, deadline);
  if (!base) co_return failed("for the role " + from.what.arn, base.error());
  co_return co_await fetch_role(from.what, *base, with, deadline);
}

asio::awaitable<result<credentials>> refuse_login(const login_session& from) {
  co_return error{errc::credentials_failed,
                  "profile " + from.profile +
                      " has a login_session (aws login), which this library does not read; give the profile this "
                      "instead: credential_process = aws configure export-credentials --profile <the profile with the "
                      "login> --format process"};
}

/// Which coroutine fetches what.
class dispatch {
 public:
  dispatch(const plan& of, fetch_context& with, clock::time_point deadline)
      : of_(of), with_(with), deadline_(deadline) {}

  auto operator()(const static_keys& from) const { return fetch_static(from, of_); }
  auto operator()(const assume_role& from) const { return fetch_based(from, with_, deadline_); }
  auto operator()(const web_identity& from) const { return fetch_web_identity(from, with_, deadline_); }
  auto operator()(const sso& from) const { return fetch_sso(from, with_, deadline_); }
  auto operator()(const login_session& from) const { return refuse_login(from); }
  auto operator()(const credential_process& from) const { return fetch_process(from, with_, deadline_); }
  auto operator()(const container& from) const { return fetch_container(from, with_, deadline_); }
  auto operator()(const instance& from) const { return fetch_instance(from, with_, deadline_); }

 private:
  const plan& of_;
  fetch_context& with_;
  const clock::time_point deadline_;
};

}  // namespace

asio::awaitable<result<credentials>> fetch(const plan& from, fetch_context& with, clock::time_point deadline) {
  if (!from.refusal.empty())
    co_return error{errc::no_credentials,
                    "no credentials were found, and the machine's own are not used: " + from.refusal};
  auto got = co_await std::visit(dispatch{from, with, deadline}, from.source);
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
