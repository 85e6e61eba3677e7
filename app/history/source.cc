#include "app/history/source.h"

#include <fmt/format.h>
#include <signal.h>

#include "app/history/rows.h"
#include "app/remote/client.h"
#include "base/net/asio_loop.h"
#include "base/real_clock.h"

namespace serin::app {
namespace {

class OnDisk final : public HistorySource {
 public:
  explicit OnDisk(store::Reader reader) : reader_(std::move(reader)) {
    for (int number : {SIGINT, SIGTERM}) loop_.on_signal(number, [this] { interrupted_ = true; });
  }

  Result<Json> releases(const store::ReleaseQuery& query) override {
    return release_rows(reader_, query);
  }
  Result<std::optional<Json>> page(const std::string& release) override {
    if (!store::parse_ticket(release)) return std::optional<Json>();
    auto page = release_page(reader_, release, true);
    if (page) return std::optional<Json>(*std::move(page));
    if (page.error().code == Code::not_found) return std::optional<Json>();
    return std::unexpected(std::move(page).error());
  }
  Result<Json> audit(const AuditOptions& options) override {
    store::AuditQuery query{.subject = options.name,
                            .actor = options.actor,
                            .before = options.before,
                            .limit = options.limit};
    if (!options.since.empty()) {
      SERIN_TRY(since, parse_rfc3339(options.since));
      query.since = since;
    }
    return audit_rows(reader_, query);
  }
  Result<Json> events(const std::string& release, std::optional<std::uint64_t> after,
                      int limit) override {
    return event_rows(reader_, release, after, limit);
  }
  Result<bool> has_ended(const std::string& release) override {
    SERIN_TRY(info, reader_.release(release));
    return info.entry.ended.has_value();
  }
  bool pause(Duration duration) override {
    loop_.run_until([this] { return interrupted_; }, duration);
    return !interrupted_;
  }

 private:
  store::Reader reader_;
  RealClock clock_;
  AsioLoop loop_{clock_};
  bool interrupted_ = false;
};

class OverApi final : public HistorySource {
 public:
  explicit OverApi(std::unique_ptr<ApiClient> client) : client_(std::move(client)) {}

  Result<Json> releases(const store::ReleaseQuery& query) override {
    return pages("history",
                 fmt::format("rollout={}&environment={}", url_encoded(query.rollout),
                             url_encoded(query.environment)),
                 query.skip, query.limit);
  }
  Result<std::optional<Json>> page(const std::string& release) override {
    auto page = client_->get("/api/v1/history/" + url_encoded(release));
    if (page) return std::optional<Json>(*std::move(page));
    if (page.error().code == Code::not_found) return std::optional<Json>();
    return std::unexpected(std::move(page).error());
  }
  Result<Json> audit(const AuditOptions& options) override {
    std::string query =
        fmt::format("subject={}&actor={}", url_encoded(options.name), url_encoded(options.actor));
    if (!options.since.empty()) query += "&since=" + url_encoded(options.since);
    return pages("audit", query, static_cast<std::int64_t>(options.before), options.limit);
  }
  Result<Json> events(const std::string& release, std::optional<std::uint64_t> after,
                      int limit) override {
    std::string path =
        fmt::format("/api/v1/happenings?release={}&limit={}", url_encoded(release), page_of(limit));
    if (after) path += fmt::format("&after={}", *after);
    return client_->get(path);
  }
  Result<bool> has_ended(const std::string& release) override {
    SERIN_TRY(page, client_->get("/api/v1/releases/" + url_encoded(release)));
    return page["end"].is_string();
  }
  bool pause(Duration duration) override { return client_->pause(duration); }

 private:
  static constexpr int kPageMax = 500;  // of the API
  static int page_of(int limit) { return std::min(limit, kPageMax); }

  // As many pages of the API as `limit` takes; its cursors are "p" and a number.
  Result<Json> pages(const std::string& what, const std::string& query, std::int64_t from,
                     int limit) {
    Json items = Json::array();
    Json next = from;
    while (next.is_number() && static_cast<int>(items.size()) < limit) {
      std::string path = fmt::format("/api/v1/{}?{}&limit={}", what, query,
                                     page_of(limit - static_cast<int>(items.size())));
      if (next.integer() > 0) path += fmt::format("&cursor=p{}", next.integer());
      SERIN_TRY(page, client_->get(path));
      for (const Json& item : page["items"].items()) items.push(item);
      std::string_view cursor = page["next"].string();
      next = Json();
      if (cursor.starts_with('p')) {
        SERIN_TRY(number, Json::parse(std::string(cursor.substr(1))));
        next = std::move(number);
      }
    }
    return Json::object().set("items", std::move(items)).set("next", std::move(next));
  }

  std::unique_ptr<ApiClient> client_;
};

}  // namespace

Result<std::unique_ptr<HistorySource>> HistorySource::open(const Remote& remote) {
  if (remote.is_remote()) {
    SERIN_TRY(client, ApiClient::open(remote));
    return std::unique_ptr<HistorySource>(std::make_unique<OverApi>(std::move(client)));
  }
  SERIN_TRY(reader, store::Reader::open(remote.state));
  return std::unique_ptr<HistorySource>(std::make_unique<OnDisk>(std::move(reader)));
}

}  // namespace serin::app
