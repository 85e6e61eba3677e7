// Where a metric's value comes from, one struct a provider, fields as Argo Rollouts names them.
//
// Plain values: nothing here asks anything. Texts may hold `{{args.x}}` until substituted.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/config/values.h"
#include "base/json.h"

namespace serin::analysis {

struct Header {
  std::string key;
  std::string value;
  bool operator==(const Header&) const = default;
};

struct Sigv4 {
  std::string region;
  std::string profile;
  std::string role_arn;
  bool operator==(const Sigv4&) const = default;
};

struct OAuth2 {
  std::string token_url;
  std::string client_id;
  std::string client_secret;
  std::vector<std::string> scopes;
  bool operator==(const OAuth2&) const = default;
};

struct BasicAuth {
  std::string username;
  std::string password;
  bool operator==(const BasicAuth&) const = default;
};

struct Authentication {
  Sigv4 sigv4;
  OAuth2 oauth2;
  BasicAuth basic_auth;
  bool operator==(const Authentication&) const = default;
};

// start and end are expressions of the condition language that yield a time; step is a Go duration.
struct RangeQuery {
  std::string start;
  std::string end;
  std::string step;
  bool operator==(const RangeQuery&) const = default;
};

struct PrometheusProvider {
  static constexpr int kTimeoutDefaultSeconds = 30;
  std::string address;
  std::string query;
  std::optional<std::int64_t> timeout;  // seconds; not given: kTimeoutDefaultSeconds
  bool insecure = false;                // do not check the server's certificate
  std::vector<Header> headers;
  Authentication authentication;
  std::optional<RangeQuery> range_query;
  bool operator==(const PrometheusProvider&) const = default;
};

struct WebProvider {
  static constexpr int kTimeoutDefaultSeconds = 10;
  std::string method;  // not given: GET
  std::string url;
  std::vector<Header> headers;
  std::string body;
  Json json_body;                    // null where not given
  std::int64_t timeout_seconds = 0;  // 0 or less: kTimeoutDefaultSeconds
  std::string json_path;             // not given: {$}
  bool insecure = false;
  Authentication authentication;
  bool operator==(const WebProvider&) const = default;
};

// A Kubernetes Job (metadata, spec), or in serin.dev a command run beside serin.
struct JobProvider {
  static constexpr int kTimeoutDefaultSeconds = 60;
  Json metadata;
  Json spec;
  std::vector<std::string> command;  // serin.dev: argv; exit status 0 is success
  config::DurationText timeout;      // serin.dev, of the command
  bool operator==(const JobProvider&) const = default;
};

// HAProxy's own counters by its admin socket (serin.dev).
struct HaproxyProvider {
  std::vector<std::string> socket;
  std::vector<std::string> backend;
  std::string latency_table;            // a stick table that counts latencies; "" for none
  std::vector<double> latency_buckets;  // its bounds in seconds
  bool operator==(const HaproxyProvider&) const = default;
};

// Alerts that fire (serin.dev).
struct AlertmanagerProvider {
  static constexpr int kTimeoutDefaultSeconds = 10;
  std::string address;
  std::vector<std::string> filters;
  std::string receiver;
  bool insecure = false;
  std::vector<Header> headers;
  Authentication authentication;
  bool operator==(const AlertmanagerProvider&) const = default;
};

struct KayentaThreshold {
  std::int64_t pass = 0;
  std::int64_t marginal = 0;
  bool operator==(const KayentaThreshold&) const = default;
};

struct KayentaScopeDetail {
  std::string scope;
  std::string region;
  std::int64_t step = 0;
  std::string start;
  std::string end;
  bool operator==(const KayentaScopeDetail&) const = default;
};

struct KayentaScope {
  std::string name;
  KayentaScopeDetail control_scope;
  KayentaScopeDetail experiment_scope;
  bool operator==(const KayentaScope&) const = default;
};

// A running Kayenta server as judge.
struct KayentaProvider {
  std::string address;
  std::string application;
  std::string canary_config_name;
  std::string metrics_account_name;
  std::string configuration_account_name;
  std::string storage_account_name;
  KayentaThreshold threshold;
  std::vector<KayentaScope> scopes;
  bool operator==(const KayentaProvider&) const = default;
};

struct SecretReference {
  std::string name;
  bool namespaced = false;
  bool operator==(const SecretReference&) const = default;
};

struct DatadogProvider {
  std::string api_version;  // not given: v1
  std::string interval;     // not given: 5m
  std::string query;
  std::map<std::string, std::string> queries;
  std::string formula;
  std::string aggregator;
  SecretReference secret_ref;
  bool operator==(const DatadogProvider&) const = default;
};

struct WavefrontProvider {
  std::string address;
  std::string query;
  bool operator==(const WavefrontProvider&) const = default;
};

struct NewRelicProvider {
  std::string profile;
  std::string query;
  std::optional<std::int64_t> timeout;  // seconds
  bool operator==(const NewRelicProvider&) const = default;
};

struct CloudWatchProvider {
  std::string interval;  // not given: 5m
  Json metric_data_queries;
  bool operator==(const CloudWatchProvider&) const = default;
};

struct GraphiteProvider {
  std::string address;
  std::string query;
  bool operator==(const GraphiteProvider&) const = default;
};

struct InfluxdbProvider {
  std::string profile;
  std::string query;
  bool operator==(const InfluxdbProvider&) const = default;
};

struct SkywalkingProvider {
  std::string address;
  std::string query;
  std::string interval;  // not given: 5m
  bool operator==(const SkywalkingProvider&) const = default;
};

// Exactly one is given in a valid metric; reading keeps all so that validation can name the fault.
struct Provider {
  std::optional<PrometheusProvider> prometheus;
  std::optional<KayentaProvider> kayenta;
  std::optional<WebProvider> web;
  std::optional<DatadogProvider> datadog;
  std::optional<WavefrontProvider> wavefront;
  std::optional<NewRelicProvider> new_relic;
  std::optional<JobProvider> job;
  std::optional<CloudWatchProvider> cloud_watch;
  std::optional<GraphiteProvider> graphite;
  std::optional<InfluxdbProvider> influxdb;
  std::optional<SkywalkingProvider> skywalking;
  std::map<std::string, Json> plugin;
  std::optional<HaproxyProvider> haproxy;
  std::optional<AlertmanagerProvider> alertmanager;

  // How many are given; plugins count one each.
  int count() const;
  // The field's name ("prometheus", …); "" where none is given, the first where several are.
  std::string_view kind() const;
  bool operator==(const Provider&) const = default;
};

}  // namespace serin::analysis
