#include "app/api/api.h"

#include <utility>

#include "app/api/documents.h"
#include "base/net/crypto/digest.h"
#include "base/net/crypto/keys.h"

namespace serin::app {
namespace {

constexpr std::size_t kEpochDigits = 8;

// A dash ends the epoch in ids of events.
std::string new_epoch() {
  return sha256_hex(random_key()).substr(0, kEpochDigits);
}

}  // namespace

Api::Api(ApiParts parts)
    : parts_(std::move(parts)),
      epoch_(new_epoch()),
      feed_(parts_.fleet.loop(), epoch_),
      watch_(parts_.fleet.loop(), parts_.fleet, feed_, series_, epoch_),
      routes_({.loop = parts_.fleet.loop(),
               .store = parts_.fleet.store(),
               .access = parts_.access,
               .log = parts_.log,
               .answered = parts_.answered}) {
  add_releases();
  add_rollouts();
  add_events();
  add_history();
  add_configuration();
  add_administration();
  add_service();
}

HttpServer::Handler Api::handler() {
  return [this](HttpServerRequest request, HttpResponder responder) {
    routes_.handle(std::move(request), std::move(responder));
  };
}

void Api::configure(std::shared_ptr<const Configuration> configuration) {
  Json names = Json::array();
  for (const rollout::Rollout& rollout : configuration->set.rollouts)
    names.push(rollout.metadata.name);
  pending_ = config::Diagnostics();
  feed_.publish(
      "configuration.applied", "",
      Json::object().set("revision", configuration->revision).set("rollouts", std::move(names)));
  parts_.fleet.configure(std::move(configuration));
}

void Api::answer_tagged(const CallPtr& call, const std::string& tag, const Json& document) {
  std::string_view known = call->request.header("if-none-match");
  if (!known.empty() && (known == tag || known == "*")) {
    return call->answer({.status = 304, .headers = {{"ETag", tag}}, .body = {}});
  }
  HttpResponse response = document_response(call->request, document);
  response.headers.emplace_back("ETag", tag);
  call->answer(std::move(response));
}

bool Api::is_stale(const CallPtr& call, const std::string& tag) {
  std::string_view wanted = call->request.header("if-match");
  if (wanted.empty() || wanted == "*" || wanted == tag) return false;
  call->refuse(
      {.kind = kChanged, .detail = "it has changed since: read it again (ETag " + tag + ")"});
  return true;
}

void Api::read_store(Read read, std::move_only_function<void(Result<Json>)> done) {
  auto carried = std::make_shared<decltype(done)>(std::move(done));
  parts_.fleet.pool().run([&loop = parts_.fleet.loop(), alive = alive_, carried,
                           directory = parts_.fleet.options().state_directory,
                           read = std::move(read)]() mutable {
    auto reader = store::Reader::open(directory);
    Result<Json> result = reader ? read(*reader) : std::unexpected(reader.error());
    loop.post([alive, carried = std::move(carried), result = std::move(result)]() mutable {
      if (*alive) (*carried)(std::move(result));
    });
  });
}

}  // namespace serin::app
