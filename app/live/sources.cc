#include "app/live/sources.h"

#include <fmt/format.h>

#include <utility>

#include "analysis/templates/features.h"
#include "analysis/templates/fields.h"
#include "app/live/filled_source.h"
#include "app/live/secrets.h"
#include "base/config/writer.h"
#include "base/net/asio_loop.h"
#include "base/process.h"
#include "base/random.h"
#include "providers/access/aws.h"
#include "providers/access/aws_role.h"
#include "providers/access/oauth2.h"
#include "providers/alertmanager/source.h"
#include "providers/haproxy/source.h"
#include "providers/job/source.h"
#include "providers/prometheus/source.h"
#include "providers/web/source.h"

namespace serin::app {
namespace {

using SourcePointer = std::unique_ptr<queries::MetricSource>;

// Where the address is left out, as in Argo Rollouts.
constexpr const char* kPrometheusAddress = "ARGO_ROLLOUTS_PROMETHEUS_ADDRESS";
// Amazon's managed Prometheus wants signed requests.
constexpr std::string_view kSignedAddress = "aps-workspaces";

// A source with the client that is its own.
class OwningSource final : public queries::MetricSource {
 public:
  OwningSource(std::unique_ptr<HttpClient> http, SourcePointer source)
      : http_(std::move(http)), source_(std::move(source)) {}
  Cancellation ask(const queries::Request& request, Instant deadline,
                   queries::AnswerCallback done) override {
    return source_->ask(request, deadline, std::move(done));
  }

 private:
  std::unique_ptr<HttpClient> http_;
  SourcePointer source_;
};

template <class T>
Result<SourcePointer> as_source(Result<std::unique_ptr<T>> made) {
  if (!made) return std::unexpected(std::move(made).error());
  return SourcePointer(std::move(*made));
}

HttpHeaders headers_of(const std::vector<analysis::Header>& headers) {
  HttpHeaders list;
  for (const analysis::Header& header : headers) list.emplace_back(header.key, header.value);
  return list;
}

HttpAuth basic_of(const analysis::BasicAuth& basic) {
  if (basic.username.empty() || basic.password.empty()) return {};
  return {.kind = HttpAuth::Kind::basic, .user = basic.username, .password = basic.password};
}

// Makes a source over a client that has tokens where `oauth2` wants them.
template <class Make>
Result<SourcePointer> with_access(const SourceParts& parts, const analysis::OAuth2& oauth2,
                                  bool insecure, const Make& make) {
  if (oauth2.token_url.empty()) return make(parts.http);
  SERIN_TRY(client, access::make_oauth2_client(parts.loop, parts.http,
                                               {.token_url = oauth2.token_url,
                                                .client_id = oauth2.client_id,
                                                .client_secret = oauth2.client_secret,
                                                .scopes = oauth2.scopes,
                                                .tls = {.insecure = insecure}}));
  SERIN_TRY(source, make(*client));
  return SourcePointer(std::make_unique<OwningSource>(std::move(client), std::move(source)));
}

// Makes a source over a client that signs as `role` where one is to be taken. `own` is what serin
// signs with itself.
template <class Make>
Result<SourcePointer> with_role(const SourceParts& parts, const std::string& role,
                                const access::AwsAccess& own, const Make& make) {
  if (role.empty()) return make(parts.http);
  SERIN_TRY(client, access::make_aws_role_client(parts.loop, parts.http,
                                                 {.role_arn = role,
                                                  .own = own.auth,
                                                  .region = own.region,
                                                  .service = access::AwsOptions().service,
                                                  .endpoint = own.token_service}));
  SERIN_TRY(source, make(*client));
  return SourcePointer(std::make_unique<OwningSource>(std::move(client), std::move(source)));
}

// "http://host:9090", without user, password and path, which may be secrets.
std::string origin_of(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return "";
  std::string_view host = url.substr(scheme + 3);
  host = host.substr(0, host.find_first_of("/?#"));
  host = host.substr(host.rfind('@') + 1);
  return std::string(url.substr(0, scheme + 3)) + std::string(host);
}

// Metrics servers are shared with others: they are asked no faster than they answer.
Result<SourcePointer> paced_source(const SourceParts& parts, const std::string& address,
                                   Result<SourcePointer> made) {
  if (!made) return made;
  paced::PacedOptions options{.counters = parts.counters};
  if (parts.on_degraded) {
    options.on_degraded = [tell = parts.on_degraded, origin = origin_of(address)](bool degraded) {
      tell(origin, degraded);
    };
  }
  return SourcePointer(
      std::make_unique<paced::PacedSource>(parts.loop, std::move(*made), std::move(options)));
}

Result<SourcePointer> make_prometheus(const SourceParts& parts,
                                      const analysis::PrometheusProvider& from) {
  prometheus::Endpoint endpoint;
  endpoint.address = from.address;
  if (endpoint.address.empty()) {
    endpoint.address = environment_variable(kPrometheusAddress).value_or("");
  }
  SERIN_CHECK(prometheus::check_address(endpoint.address));
  if (from.timeout.value_or(0) < 0) {
    return fail(Code::invalid_argument, "prometheus timeout should not be negative");
  }
  endpoint.headers = headers_of(from.headers);
  endpoint.tls.insecure = from.insecure;
  const analysis::Authentication& proof = from.authentication;
  const auto make = [&](HttpClient& http) {
    prometheus::SourceOptions options{.endpoint = endpoint};
    if (parts.pool != nullptr) {
      options.run_elsewhere = [pool = parts.pool](Callback work) { pool->run(std::move(work)); };
    }
    return paced_source(parts, endpoint.address,
                        as_source(prometheus::PrometheusSource::create(parts.loop, http, options)));
  };
  if (endpoint.address.find(kSignedAddress) != std::string::npos) {
    SERIN_TRY(own,
              access::aws_access({.region = proof.sigv4.region, .profile = proof.sigv4.profile},
                                 access::AwsPlaces::real()));
    endpoint.auth = own.auth;
    return with_role(parts, proof.sigv4.role_arn, own, make);
  }
  endpoint.auth = basic_of(proof.basic_auth);
  return with_access(parts, proof.oauth2, from.insecure, make);
}

Result<SourcePointer> make_web(const SourceParts& parts, const analysis::WebProvider& from) {
  web::WebOptions options;
  if (!from.method.empty()) options.method = from.method;
  options.url = from.url;
  options.headers = headers_of(from.headers);
  options.body = from.body;
  if (!from.json_body.is_null()) options.json_body = from.json_body.dump();
  if (!from.json_path.empty()) options.json_path = from.json_path;
  options.tls.insecure = from.insecure;
  return with_access(parts, from.authentication.oauth2, from.insecure, [&](HttpClient& http) {
    return as_source(web::WebSource::create(parts.loop, http, options));
  });
}

Result<SourcePointer> make_alertmanager(const SourceParts& parts,
                                        const analysis::AlertmanagerProvider& from) {
  alertmanager::AlertmanagerOptions options;
  options.address = from.address;
  options.filters = from.filters;
  options.receiver = from.receiver;
  options.headers = headers_of(from.headers);
  options.auth = basic_of(from.authentication.basic_auth);
  options.tls.insecure = from.insecure;
  return with_access(parts, from.authentication.oauth2, from.insecure, [&](HttpClient& http) {
    return as_source(alertmanager::AlertmanagerSource::create(http, options));
  });
}

Result<SourcePointer> make_haproxy(const SourceParts& parts,
                                   const analysis::HaproxyProvider& from) {
  return as_source(
      haproxy::HaproxySource::create(parts.loop, {.sockets = from.socket,
                                                  .counters = {.backends = from.backend,
                                                               .instance = "",
                                                               .latency_table = from.latency_table,
                                                               .bounds = from.latency_buckets}}));
}

}  // namespace

std::string source_identity(const analysis::Provider& provider) {
  analysis::Provider place = provider;
  std::string origin;
  if (place.prometheus) {
    // One source answers all queries to one server.
    place.prometheus->query.clear();
    place.prometheus->range_query.reset();
    place.prometheus->timeout.reset();
    origin = " " + origin_of(place.prometheus->address);
  }
  if (place.web) origin = " " + origin_of(place.web->url);
  if (place.alertmanager) origin = " " + origin_of(place.alertmanager->address);
  const std::string text = config::write(place).dump();
  return fmt::format("{}{} {:016x}", provider.kind(), origin,
                     stable_hash(text.data(), text.size()));
}

Result<SourcePointer> make_source(const SourceParts& parts, const analysis::Provider& provider) {
  if (provider.prometheus) return make_prometheus(parts, *provider.prometheus);
  if (provider.web) return make_web(parts, *provider.web);
  if (provider.haproxy) return make_haproxy(parts, *provider.haproxy);
  if (provider.alertmanager) return make_alertmanager(parts, *provider.alertmanager);
  if (provider.job && !provider.job->command.empty()) {
    return as_source(job::JobSource::create(parts.loop, {.command = provider.job->command}));
  }
  return fail(Code::failed_precondition,
              analysis::not_supported(provider.job ? "provider.job.spec"
                                                   : fmt::format("provider.{}", provider.kind())));
}

Status add_release_sources(SourceMap& sources, const SourceParts& parts,
                           const rollout::PinnedPlan& plan, const analysis::ReleasePolicy& policy) {
  const SecretReferences secrets = secrets_of(plan);
  for (const analysis::PolicySource& source : policy.sources) {
    std::string identity = source_identity(source.provider);
    if (sources.contains(identity)) continue;
    SERIN_TRY(provider, with_secrets(source.provider, secrets));
    SERIN_TRY(made, make_source(parts, provider));
    SERIN_TRY(named, secrets_asked(policy, source.key, secrets));
    if (!named.empty()) made = std::make_unique<FilledSource>(std::move(made), std::move(named));
    sources.emplace(std::move(identity), std::move(made));
  }
  return {};
}

std::function<void(const std::string&, bool)> tell_degraded(const Log& log) {
  return [log](const std::string& server, bool degraded) {
    log.warn(degraded ? "a metrics server can't keep up: looks come later than planned"
                      : "a metrics server keeps up again",
             {{"server", server}});
  };
}

}  // namespace serin::app
