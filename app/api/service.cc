// Routes about the process itself: health, version, metrics, this API's description, the
// dashboard.
#include "app/api/api.h"
#include "app/api/openapi.h"
#include "app/apidocs/page.h"
#include "app/dashboard/assets.h"
#include "base/assert.h"

namespace serin::app {
namespace {

constexpr std::string_view kUi = "/ui/";

void answer_text(Call& call, int status, std::string text) {
  call.answer(
      {.status = status,
       .headers = {{"Content-Type", "text/plain; charset=utf-8"}, {"Cache-Control", "no-store"}},
       .body = std::move(text)});
}

}  // namespace

void Api::add_service() {
  routes_.add("GET", "/healthz", Role::none,
              [](const CallPtr& call) { answer_text(*call, 200, "ok\n"); });
  routes_.add("GET", "/readyz", Role::none, [this](const CallPtr& call) {
    std::string why = parts_.not_ready ? parts_.not_ready() : "";
    if (why.empty()) return answer_text(*call, 200, "ready\n");
    answer_text(*call, 503, why + "\n");
  });
  routes_.add("GET", "/version", Role::none, [this](const CallPtr& call) {
    call->answer(200, Json::object().set("version", parts_.version));
  });
  routes_.add("GET", "/metrics", Role::viewer, [this](const CallPtr& call) {
    call->answer({.status = 200,
                  .headers = {{"Content-Type", "text/plain; version=0.0.4; charset=utf-8"},
                              {"Cache-Control", "no-store"}},
                  .body = parts_.own_metrics ? parts_.own_metrics() : ""});
  });
  routes_.add("GET", "/api/v1/openapi.json", Role::viewer, [](const CallPtr& call) {
    call->answer({.status = 200,
                  .headers = {{"Content-Type", "application/json"}},
                  .body = std::string(openapi_document())});
  });
  routes_.add("GET", "/api/docs", Role::none, [this](const CallPtr& call) {
    auto document = Json::parse(openapi_document());
    SERIN_ASSERT(document);
    call->answer({.status = 200,
                  .headers = {{"Content-Type", "text/html; charset=utf-8"},
                              {"Content-Security-Policy", std::string(kApiPagePolicy)}},
                  .body = api_page(*document, parts_.version)});
  });
  routes_.add("GET", "/api/docs.css", Role::none, [](const CallPtr& call) {
    call->answer({.status = 200,
                  .headers = {{"Content-Type", "text/css; charset=utf-8"}},
                  .body = std::string(api_page_style())});
  });
  routes_.add("POST", "/api/v1/gates", Role::viewer, [this](const CallPtr& call) { gate(call); });
  routes_.add("GET", "/", Role::none, [](const CallPtr& call) {
    call->answer({.status = 302, .headers = {{"Location", std::string(kUi)}}, .body = {}});
  });
  routes_.serve_below(kUi, [this](const CallPtr& call) {
    std::string_view path = std::string_view(call->request.path).substr(kUi.size());
    const DashboardAsset* asset = dashboard_asset(path);
    if (asset == nullptr) {
      return call->refuse({.kind = kUnknown,
                           .detail = dashboard_assets().empty()
                                         ? "this serin was built without the dashboard (SERIN_UI)"
                                         : "the dashboard has no such file"});
    }
    HttpHeaders headers = {
        {"ETag", std::string(asset->etag)},
        {"Cache-Control", asset->immutable ? "public, max-age=31536000, immutable" : "no-cache"},
        {"Content-Security-Policy", std::string(kDashboardPolicy)}};
    if (call->request.header("if-none-match") == asset->etag)
      return call->answer({.status = 304, .headers = std::move(headers), .body = {}});
    headers.emplace_back("Content-Type", asset->content_type);
    headers.emplace_back("Content-Encoding", "gzip");
    call->answer({.status = 200, .headers = std::move(headers), .body = std::string(asset->gzip)});
  });
}

}  // namespace serin::app
