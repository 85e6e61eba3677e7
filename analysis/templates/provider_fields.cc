#include "analysis/templates/fields.h"

namespace serin::analysis {

using config::Visitor;

void fields(Visitor& v, Header& header) {
  v.type("Header", "A header of a request.");
  v("key", header.key, "Its name.", {.required = true, .always = true});
  v("value", header.value, "Its value.", {.required = true, .always = true});
}

void fields(Visitor& v, Sigv4& sigv4) {
  v.type("Sigv4", "AWS signatures.");
  v("region", sigv4.region, "The region of the workspace.");
  v("profile", sigv4.profile, "The profile of the credentials file.");
  v("roleArn", sigv4.role_arn, "The role to take.");
}

void fields(Visitor& v, OAuth2& oauth2) {
  v.type("OAuth2", "OAuth 2 client credentials.");
  v("tokenUrl", oauth2.token_url, "Where tokens are got.");
  v("clientId", oauth2.client_id, "The client's id.");
  v("clientSecret", oauth2.client_secret, "The client's secret; use an argument with a secret.");
  v("scopes", oauth2.scopes, "The scopes to ask for.");
}

void fields(Visitor& v, BasicAuth& basic) {
  v.type("BasicAuth", "A user name and a password.");
  v("username", basic.username, "The user's name.");
  v("password", basic.password, "The password; use an argument with a secret.");
}

void fields(Visitor& v, Authentication& authentication) {
  v.type("Authentication", "How serin proves itself to the server.");
  v("sigv4", authentication.sigv4, "AWS signatures.");
  v("oauth2", authentication.oauth2, "OAuth 2 client credentials.");
  v("basicAuth", authentication.basic_auth, "A user name and a password.");
}

void fields(Visitor& v, RangeQuery& range) {
  v.type("RangeQuery", "A query over a span of time.");
  v("start", range.start, "An expression for the beginning, e.g. now() - duration(\"5m\").");
  v("end", range.end, "An expression for the end.");
  v("step", range.step, "The resolution, a duration.");
}

void fields(Visitor& v, PrometheusProvider& provider) {
  v.type("PrometheusProvider", "Asks a server with Prometheus' HTTP API.");
  v("address", provider.address, "The server's URL; left out: the argument `prometheus`.");
  v("query", provider.query, "PromQL, for threshold rules.");
  v("timeout", provider.timeout, "Seconds to wait for an answer; left out: 30.");
  v("insecure", provider.insecure, "Do not check the server's certificate.");
  v("headers", provider.headers, "Headers to send.");
  v("authentication", provider.authentication, "How serin proves itself.");
  v("rangeQuery", provider.range_query, "Ask over a span of time instead of one moment.");
}

void fields(Visitor& v, WebProvider& provider) {
  v.type("WebProvider", "Asks a web server and takes a value out of the answer.");
  v("method", provider.method, "The method; left out: GET.");
  v("url", provider.url, "The URL.", {.required = true, .always = true});
  v("headers", provider.headers, "Headers to send.");
  v("body", provider.body, "The request's body (POST and PUT).");
  v("timeoutSeconds", provider.timeout_seconds, "Seconds to wait; 0: 10.");
  v("jsonPath", provider.json_path, "Where the value is in the answer; left out: {$}.");
  v("insecure", provider.insecure, "Do not check the server's certificate.");
  v("jsonBody", provider.json_body, "The request's body as JSON (POST and PUT).");
  v("authentication", provider.authentication, "How serin proves itself.");
}

void fields(Visitor& v, JobProvider& provider) {
  v.type("JobProvider", "Runs a Kubernetes Job, or a command, that succeeds or fails.");
  v("metadata", provider.metadata, "Labels and annotations of the Job.");
  v("spec", provider.spec, "The Job's spec.");
  v("command", provider.command, "A program and its arguments, run beside serin.",
    {.serin_only = true});
  v("timeout", provider.timeout, "How long the command may take.", {.serin_only = true});
}

void fields(Visitor& v, HaproxyProvider& provider) {
  v.type("HaproxyProvider", "Reads HAProxy's own counters by its admin socket.");
  v("socket", provider.socket, "The admin socket, or several.",
    {.required = true, .or_single = true});
  v("backend", provider.backend, "The backend, or several.", {.required = true, .or_single = true});
  v("latencyTable", provider.latency_table,
    "A stick table, by server name, that counts responses by latency.");
  v("latencyBuckets", provider.latency_buckets,
    "The bounds that it counts up to, in seconds, ascending.");
}

void fields(Visitor& v, AlertmanagerProvider& provider) {
  v.type("AlertmanagerProvider", "Counts alerts that fire.");
  v("address", provider.address, "The server's URL.", {.required = true});
  v("filters", provider.filters, "Matchers, all of which an alert must meet: service=\"a\".");
  v("receiver", provider.receiver, "Alerts for receivers that match this regular expression only.");
  v("insecure", provider.insecure, "Do not check the server's certificate.");
  v("headers", provider.headers, "Headers to send.");
  v("authentication", provider.authentication, "How serin proves itself.");
}

void fields(Visitor& v, KayentaThreshold& threshold) {
  v.type("KayentaThreshold", "Scores that decide.");
  v("pass", threshold.pass, "At least this passes.", {.always = true});
  v("marginal", threshold.marginal, "At least this is inconclusive.", {.always = true});
}

void fields(Visitor& v, KayentaScopeDetail& detail) {
  v.type("KayentaScopeDetail", "One side of a comparison.");
  v("scope", detail.scope, "Its scope.", {.always = true});
  v("region", detail.region, "Its region.", {.always = true});
  v("step", detail.step, "Seconds between points.", {.always = true});
  v("start", detail.start, "Beginning, RFC 3339; left out: the run's start.", {.always = true});
  v("end", detail.end, "End, RFC 3339; left out: now.", {.always = true});
}

void fields(Visitor& v, KayentaScope& scope) {
  v.type("KayentaScope", "What is compared with what.");
  v("name", scope.name, "The scope's name.", {.always = true});
  v("controlScope", scope.control_scope, "Stable.", {.always = true});
  v("experimentScope", scope.experiment_scope, "The canary.", {.always = true});
}

void fields(Visitor& v, KayentaProvider& provider) {
  v.type("KayentaProvider", "Lets a Kayenta server judge.");
  v("address", provider.address, "The server's URL.", {.always = true});
  v("application", provider.application, "The application.", {.always = true});
  v("canaryConfigName", provider.canary_config_name, "The canary config.", {.always = true});
  v("metricsAccountName", provider.metrics_account_name, "An account.", {.always = true});
  v("configurationAccountName", provider.configuration_account_name, "An account.",
    {.always = true});
  v("storageAccountName", provider.storage_account_name, "An account.", {.always = true});
  v("threshold", provider.threshold, "Scores that decide.", {.always = true});
  v("scopes", provider.scopes, "What is compared.", {.always = true});
}

void fields(Visitor& v, SecretReference& reference) {
  v.type("SecretReference", "A secret with the provider's keys.");
  v("name", reference.name, "The secret's name.");
  v("namespaced", reference.namespaced, "It is in the run's namespace.");
}

void fields(Visitor& v, DatadogProvider& provider) {
  v.type("DatadogProvider", "Asks Datadog.");
  v("interval", provider.interval, "The span of time; left out: 5m.");
  v("query", provider.query, "One query.");
  v("queries", provider.queries, "Named queries for a formula.");
  v("formula", provider.formula, "How the queries are combined.");
  v("apiVersion", provider.api_version, "v1 or v2; left out: v1.");
  v("aggregator", provider.aggregator, "How points become one value.");
  v("secretRef", provider.secret_ref, "The secret with address and keys.");
}

void fields(Visitor& v, WavefrontProvider& provider) {
  v.type("WavefrontProvider", "Asks Wavefront.");
  v("address", provider.address, "The server's address.");
  v("query", provider.query, "The query.");
}

void fields(Visitor& v, NewRelicProvider& provider) {
  v.type("NewRelicProvider", "Asks New Relic.");
  v("profile", provider.profile, "The secret with the account.");
  v("query", provider.query, "NRQL.", {.always = true});
  v("timeout", provider.timeout, "Seconds to wait.");
}

void fields(Visitor& v, CloudWatchProvider& provider) {
  v.type("CloudWatchProvider", "Asks AWS CloudWatch.");
  v("interval", provider.interval, "The span of time; left out: 5m.");
  v("metricDataQueries", provider.metric_data_queries, "The queries, as CloudWatch takes them.");
}

void fields(Visitor& v, GraphiteProvider& provider) {
  v.type("GraphiteProvider", "Asks Graphite.");
  v("address", provider.address, "The server's URL.");
  v("query", provider.query, "The target.");
}

void fields(Visitor& v, InfluxdbProvider& provider) {
  v.type("InfluxdbProvider", "Asks InfluxDB.");
  v("profile", provider.profile, "The secret with the server.");
  v("query", provider.query, "Flux.");
}

void fields(Visitor& v, SkywalkingProvider& provider) {
  v.type("SkywalkingProvider", "Asks Apache SkyWalking.");
  v("address", provider.address, "The server's URL.");
  v("query", provider.query, "GraphQL.");
  v("interval", provider.interval, "The span of time; left out: 5m.");
}

void fields(Visitor& v, Provider& provider) {
  v.type("Provider", "Where the values come from: exactly one.");
  v("prometheus", provider.prometheus, "A server with Prometheus' HTTP API.");
  v("kayenta", provider.kayenta, "A Kayenta server.");
  v("web", provider.web, "A web server.");
  v("datadog", provider.datadog, "Datadog.");
  v("wavefront", provider.wavefront, "Wavefront.");
  v("newRelic", provider.new_relic, "New Relic.");
  v("job", provider.job, "A job that succeeds or fails.");
  v("cloudWatch", provider.cloud_watch, "AWS CloudWatch.");
  v("graphite", provider.graphite, "Graphite.");
  v("influxdb", provider.influxdb, "InfluxDB.");
  v("skywalking", provider.skywalking, "Apache SkyWalking.");
  v("plugin", provider.plugin, "A plugin by name, with its configuration.");
  v("haproxy", provider.haproxy, "HAProxy's own counters.", {.serin_only = true});
  v("alertmanager", provider.alertmanager, "Alerts that fire.", {.serin_only = true});
}

}  // namespace serin::analysis
