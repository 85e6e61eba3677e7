// A router that serin does not know, told and asked by a program or a web service of the user's.
//
//   auto router = make_command_router(loop, {.rollout = "shop", .set = {"/opt/split", "{weight}"},
//                                            .get = {"/opt/split", "show"}}, swapped);
//   auto router = make_webhook_router(loop, http, {.rollout = "shop", .url = "http://…"}, swapped);
//
// Every change is: ask, look at the mark, tell, ask again. One change runs at a time; a later one
// waits for the step that is under way and takes its place.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/net/asio_loop.h"
#include "base/net/http_client.h"
#include "drivers/routers/steered.h"

namespace serin::drivers {

struct CommandRouterOptions {
  static constexpr Duration kTimeoutDefault = std::chrono::seconds(10);
  std::string rollout;
  std::vector<std::string> set;  // {weight}, {generation}, {owner}, {place}; SERIN_WANTED is JSON
  std::vector<std::string> get;  // prints what holds
  Duration timeout = kTimeoutDefault;  // of each; then it is killed with its children
};

struct WebhookRouterOptions {
  static constexpr Duration kTimeoutDefault = std::chrono::seconds(5);
  std::string rollout;
  std::string url;  // PUT and GET
  Duration timeout = kTimeoutDefault;
};

// Errors of apply: as Router says, and cancelled (overtaken), data_loss (an answer that can't be
// read), unavailable (the program ended with another status than 0, or the service said so).
std::unique_ptr<SteeredRouter> make_command_router(AsioLoop& loop, CommandRouterOptions options,
                                                   bool swapped);
std::unique_ptr<SteeredRouter> make_webhook_router(AsioLoop& loop, HttpClient& http,
                                                   WebhookRouterOptions options, bool swapped);

}  // namespace serin::drivers
