// The documents of the API that are not a release's own view: summaries, rollouts, pages.
#pragma once

#include <optional>
#include <string>

#include "app/fleet/fleet.h"
#include "base/json.h"
#include "base/net/http_server.h"
#include "drivers/store/reader.h"

namespace serin::app {

inline constexpr int kPageDefault = 50;
inline constexpr int kPageMax = 500;
inline constexpr std::int64_t kSkipMax = 1'000'000'000;  // of a cursor that counts

// From Engine::view.
Json release_summary(const Json& view);
// Of a release that is only in the store: what its entry holds, in the same form.
Json release_summary(const store::ReleaseInfo& info);
Json rollout_document(const Fleet& fleet, const rollout::Rollout& rollout);

// The id of the newest release of a rollout that the engine has; "" for none.
std::string latest_release(const rollout::engine::Engine& engine, std::string_view rollout);
// The active one; "" for none.
std::string active_release(const rollout::engine::Engine& engine, const std::string& service);
std::string service_of(const rollout::Rollout& rollout);

// {"files":[{"name","text"}]}. Errors: invalid_argument.
Result<std::vector<rollout::ConfigFile>> configuration_files(const Json& body);

struct PageWanted {
  int limit = kPageDefault;
  std::int64_t skip = 0;  // what the cursor stands for
};
// From ?limit and ?cursor. Errors: invalid_argument.
Result<PageWanted> page_wanted(const HttpServerRequest& request);
// {"items","next"}: `more` says that there are further ones.
Json page_of(Json items, const PageWanted& wanted, bool more);
// The same of all that there are.
Json page_of_all(const Json& all, const PageWanted& wanted);
// 200 with this document. Of a page that is not the last, Link gives the target of the next one:
// the request's own, with the other cursor.
HttpResponse document_response(const HttpServerRequest& request, const Json& document);

}  // namespace serin::app
