// The commands about a server: running one, its tokens, and asking one. Results go to stdout.
#pragma once

#include <string>

#include "app/serving/options.h"
#include "app/view/terminal.h"
#include "base/json.h"
#include "base/result.h"

namespace serin::app {

// Until SIGINT or SIGTERM. Errors: those of Server::open.
Status serve(const ServeOptions& options);

// Errors: those of TokenBook.
Status manage_tokens(const TokenOptions& options);

// Errors: unavailable (nobody serves there), and what the server refused.
Status show_list(const ListOptions& options, const Terminal& terminal);
// Until the release has ended, or SIGINT (true: interrupted; the release goes on).
Result<bool> watch_release(const WatchOptions& options, const Terminal& terminal);

// How a release that was waited for stands.
enum class Awaited { promoted, rolled_back, inconclusive, aborted, refused, timed_out };
Result<Awaited> await_release(const StatusOptions& options, const Terminal& terminal);
// Starts one; with `wait` as await_release, else `promoted` stands for "started".
Result<Awaited> start_release(const ReleaseOptions& options, const Terminal& terminal);

}  // namespace serin::app
