// The providers that users make.
#include <mutex>
#include <mwaa_serverless/credentials_provider.hpp>
#include <utility>

#include "sources/cached_credentials.hpp"
#include "sources/fetch.hpp"
#include "sources/read_sources.hpp"

namespace mwaa_serverless {

namespace asio = boost::asio;

namespace sources {

namespace {

using keys_result = result<std::shared_ptr<const credentials>>;
using planner = std::function<asio::awaitable<result<plan>>(clock& time, clock::time_point deadline)>;

class static_credentials final : public own_provider {
 public:
  explicit static_credentials(credentials value) : value_(std::make_shared<const credentials>(std::move(value))) {}

  std::shared_ptr<const credentials> at_hand() override { return value_; }
  asio::awaitable<keys_result> get(clock::time_point /*deadline*/) override { co_return value_; }

 private:
  std::shared_ptr<const credentials> value_;
};

keys_result shared(result<credentials> got) {
  if (!got) return std::move(got).error();
  return std::make_shared<const credentials>(*std::move(got));
}

asio::awaitable<keys_result> fetch_planned(std::shared_ptr<fetch_context> with, planner make_plan,
                                           clock::time_point deadline) {
  const auto from = co_await make_plan(*with->options.time, deadline);
  if (!from) co_return from.error();
  co_return shared(co_await fetch(*from, *with, deadline));
}

/// Plans anew for each fetch: what environment and files say may have changed.
std::shared_ptr<credentials_provider> make_planned(planner make_plan, provider_options options) {
  const auto with = std::make_shared<fetch_context>(checked(std::move(options)));
  return make_cached([with, make_plan = std::move(make_plan)](
                         clock::time_point deadline) { return fetch_planned(with, make_plan, deadline); },
                     with->options);
}

asio::awaitable<result<plan>> ready(result<plan> made) {
  co_return std::move(made);
}

/// For a plan that needs no file.
template <class Make>
std::shared_ptr<credentials_provider> make_planned_at_once(Make make_plan, provider_options options) {
  return make_planned([make_plan = std::move(make_plan)](clock&, clock::time_point) { return ready(make_plan()); },
                      std::move(options));
}

/// The files of an environment, read again for each fetch; pipes and devices once.
class shared_files {
 public:
  using files = std::shared_ptr<const config::profile_set>;

  // The environment is that of now: later, other threads may be changing it.
  shared_files() : environment(sources::read_environment()) {}
  shared_files(config::variables environment_value, files read)
      : environment(std::move(environment_value)), kept_(read && read->read_once() ? std::move(read) : nullptr) {}

  static asio::awaitable<result<files>> read(std::shared_ptr<shared_files> self, clock& time,
                                             clock::time_point deadline) {
    {
      const std::lock_guard lock{self->mutex_};
      if (self->kept_) co_return self->kept_;
    }
    auto got = co_await sources::async_read_files(self->environment, time, deadline);
    if (!got) co_return std::move(got).error();
    files out = std::make_shared<const config::profile_set>(*std::move(got));
    const std::lock_guard lock{self->mutex_};
    if (out->read_once()) self->kept_ = out;
    co_return std::move(out);
  }

  const config::variables environment;

 private:
  std::mutex mutex_;
  files kept_;
};

asio::awaitable<result<plan>> plan_from_files(std::shared_ptr<shared_files> from, std::string profile, scope within,
                                              clock& time, clock::time_point deadline) {
  const auto files = co_await shared_files::read(from, time, deadline);
  if (!files) co_return files.error();
  co_return plan_credentials(from->environment, **files, profile, within);
}

asio::awaitable<result<plan>> plan_instance_from_files(std::shared_ptr<shared_files> from, clock& time,
                                                       clock::time_point deadline) {
  const auto files = co_await shared_files::read(from, time, deadline);
  if (!files) co_return files.error();
  co_return plan_instance(from->environment, **files, {});
}

std::shared_ptr<credentials_provider> make_from_files(std::shared_ptr<shared_files> from, std::string profile,
                                                      scope within, provider_options options) {
  return make_planned(
      [from = std::move(from), profile = std::move(profile), within](clock& time, clock::time_point deadline) {
        return plan_from_files(from, profile, within, time, deadline);
      },
      std::move(options));
}

[[noreturn]] void refuse(const char* message) {
  throw exception(error(errc::invalid_configuration, message));
}

assume_role_options checked_role(assume_role_options given) {
  using namespace std::chrono_literals;
  if (given.duration && (*given.duration < 15min || *given.duration > 12h))
    refuse("assume_role_options::duration must be from 15 minutes to 12 hours");
  return given;
}

asio::awaitable<keys_result> fetch_with_base(std::shared_ptr<fetch_context> with,
                                             std::shared_ptr<credentials_provider> base,
                                             std::shared_ptr<const assume_role_options> what,
                                             clock::time_point deadline) {
  const auto keys =
      co_await ask_provider("make_assume_role_credentials: get() of the base", base, with->options.time, deadline);
  if (!keys) co_return failed("for the role " + what->role_arn, keys.error());
  co_return shared(co_await fetch_role(*what, **keys, *with, deadline));
}

}  // namespace

std::shared_ptr<credentials_provider> make_default_from(config::variables environment,
                                                        std::shared_ptr<const config::profile_set> files,
                                                        std::string profile, provider_options options) {
  return make_from_files(std::make_shared<shared_files>(std::move(environment), std::move(files)), std::move(profile),
                         scope::all, std::move(options));
}

}  // namespace sources

std::shared_ptr<credentials_provider> make_static_credentials(credentials value) {
  if (value.access_key_id().empty() || value.secret_access_key().empty())
    throw exception(error(errc::invalid_configuration,
                          "make_static_credentials: the credentials are empty; they were moved from before"));
  return std::make_shared<sources::static_credentials>(std::move(value));
}

std::shared_ptr<credentials_provider> make_default_credentials(std::string profile, provider_options options) {
  return sources::make_from_files(std::make_shared<sources::shared_files>(), std::move(profile), sources::scope::all,
                                  std::move(options));
}

std::shared_ptr<credentials_provider> make_profile_credentials(std::string profile, provider_options options) {
  return sources::make_from_files(std::make_shared<sources::shared_files>(), std::move(profile),
                                  sources::scope::profile_only, std::move(options));
}

std::shared_ptr<credentials_provider> make_environment_credentials(provider_options options) {
  return sources::make_planned_at_once(
      [environment = sources::read_environment()]() -> result<sources::plan> {
        auto found = sources::plan_environment(environment);
        if (!found) return std::move(found).error();
        if (!*found)
          return error{errc::no_credentials, "environment: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set"};
        return **std::move(found);
      },
      std::move(options));
}

std::shared_ptr<credentials_provider> make_assume_role_credentials(std::shared_ptr<credentials_provider> base,
                                                                   assume_role_options role, provider_options options) {
  if (!base) sources::refuse("make_assume_role_credentials: base must not be null");
  const auto with = std::make_shared<sources::fetch_context>(sources::checked(std::move(options)));
  const auto what = std::make_shared<const assume_role_options>(sources::checked_role(std::move(role)));
  return sources::make_cached(
      [with, base = std::move(base), what](clock::time_point deadline) {
        return sources::fetch_with_base(with, base, what, deadline);
      },
      with->options);
}

std::shared_ptr<credentials_provider> make_web_identity_credentials(std::string token_file, assume_role_options role,
                                                                    provider_options options) {
  sources::web_identity from;
  from.token_file = std::move(token_file);
  from.what = sources::checked_role(std::move(role));
  return sources::make_planned_at_once(
      [from = std::move(from)]() -> result<sources::plan> {
        return sources::plan{from, "assume-role-with-web-identity", {}};
      },
      std::move(options));
}

std::shared_ptr<credentials_provider> make_sso_credentials(sso_options given, provider_options options) {
  sources::sso from{std::move(given)};
  from.token_path =
      sources::sso_token_path(sources::read_environment(), from.session.empty() ? from.start_url : from.session);
  return sources::make_planned_at_once(
      [from = std::move(from)]() -> result<sources::plan> { return sources::plan{from, "sso", {}}; },
      std::move(options));
}

std::shared_ptr<credentials_provider> make_process_credentials(std::string command, provider_options options) {
  return sources::make_planned_at_once(
      [command = std::move(command)]() -> result<sources::plan> {
        return sources::plan{sources::credential_process{command}, "custom-process", {}};
      },
      std::move(options));
}

std::shared_ptr<credentials_provider> make_container_credentials(provider_options options) {
  return sources::make_planned_at_once(
      [environment = sources::read_environment()]() -> result<sources::plan> {
        if (auto found = sources::plan_container(environment)) return *std::move(found);
        return error{errc::no_credentials,
                     "container: AWS_CONTAINER_CREDENTIALS_RELATIVE_URI and AWS_CONTAINER_CREDENTIALS_FULL_URI are "
                     "not set"};
      },
      std::move(options));
}

std::shared_ptr<credentials_provider> make_instance_credentials(provider_options options) {
  return sources::make_planned(
      [from = std::make_shared<sources::shared_files>()](clock& time, clock::time_point deadline) {
        return sources::plan_instance_from_files(from, time, deadline);
      },
      std::move(options));
}

}  // namespace mwaa_serverless
