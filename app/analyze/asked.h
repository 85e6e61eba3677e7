// What a release asks for one of its metrics, for people: the text of each query, and where.
//
//   SERIN_TRY(asked, queries_of(ticket->pinned, "error-rate", now));
//   asked["queries"].at(0)["text"];
//
// It asks nothing. A window is as long as at the first look; later ones reach back to the look
// before. What is kept secret stands in no query, and an address that may hold a secret is left
// out.
#pragma once

#include <string_view>

#include "base/json.h"
#include "base/result.h"
#include "base/time.h"

namespace serin::app {

// {"metric":…,"provider":"prometheus","address":"http://…"|null,"queries":[{"text":…}]} of a pinned
// plan. Errors: not_found (no metric of that name is asked for), failed_precondition (it names no
// provider), data_loss, and those of requests that can't be made.
Result<Json> queries_of(const Json& pinned, std::string_view metric, Now now);

// Whether an address may be shown: http or https, without user, parameters and placeholders.
bool is_plain_address(std::string_view address);

}  // namespace serin::app
