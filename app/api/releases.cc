// Routes about releases: lists, documents, starting, operations, traffic.
#include <fmt/format.h>

#include <set>

#include "analysis/stopping.h"
#include "app/analyze/asked.h"
#include "app/api/api.h"
#include "app/api/documents.h"
#include "app/api/fields.h"
#include "rollout/machine/operations.h"

namespace serin::app {
namespace {

namespace engine = rollout::engine;
namespace machine = rollout::machine;
using machine::Operation;

constexpr std::size_t kVersionMax = 253;
constexpr int kScannedMax = 10'000;  // entries of the store looked at for one page

bool contains_text(const Json& summary, std::string_view wanted) {
  for (const char* name : {"id", "rollout", "service", "environment", "version"}) {
    if (summary[name].string().find(wanted) != std::string_view::npos) return true;
  }
  return false;
}

std::set<std::string> words_of(const std::string& text) {
  std::set<std::string> words;
  std::size_t at = 0;
  while (at <= text.size()) {
    std::size_t end = std::min(text.find(',', at), text.size());
    if (end > at) words.insert(text.substr(at, end - at));
    at = end + 1;
  }
  return words;
}

// Whether a metric says worse, or its evidence is on the way there.
bool speaks_against(const machine::ReleaseState& state) {
  return state.judgement &&
         (analysis::stopping(*state.judgement) != nullptr || state.judgement->contested);
}

bool goes_on(Operation operation) {
  return operation == Operation::continue_ || operation == Operation::promote_fully ||
         operation == Operation::approve || operation == Operation::mute ||
         operation == Operation::set_weight || operation == Operation::resume;
}

}  // namespace

bool Api::find_release(const CallPtr& call, std::string& id) {
  id = (*call)["id"];
  if (parts_.fleet.engine().ticket(id) != nullptr) return true;
  call->refuse({.kind = kUnknown,
                .detail = fmt::format("there is no release '{}' in this server's memory: the last "
                                      "{} are",
                                      id, engine::Engine::kReleasesEndedMax)});
  return false;
}

void Api::add_releases() {
  const std::string base = "/api/v1/releases";
  routes_.add("GET", base, Role::viewer, [this](const CallPtr& call) {
    list_releases(call, call->request.parameter("rollout").value_or(""));
  });
  routes_.add("GET", "/api/v1/rollouts/{name}/releases", Role::viewer, [this](const CallPtr& call) {
    const std::string& name = (*call)["name"];
    bool known = parts_.fleet.configuration()->set.find_rollout(name) != nullptr ||
                 !latest_release(parts_.fleet.engine(), name).empty();
    if (!known) {
      return call->refuse(
          {.kind = kUnknown, .detail = fmt::format("there is no rollout '{}'", name)});
    }
    list_releases(call, name);
  });
  routes_.add("POST", "/api/v1/rollouts/{name}/releases", Role::operator_,
              [this](const CallPtr& call) { start(call); });
  routes_.add("GET", base + "/{id}", Role::viewer, [this](const CallPtr& call) {
    std::string id;
    id = (*call)["id"];
    if (parts_.fleet.engine().ticket(id) != nullptr)
      return answer_tagged(call, watch_.tag(id), parts_.fleet.document(id));
    // One of long ago: as it stood at its end.
    auto read = [id](store::Reader& reader) -> Result<Json> {
      SERIN_TRY(report, reader.report(id));
      if (!report) return fail(Code::not_found, fmt::format("nothing is kept of '{}'", id));
      return report->body;
    };
    read_store(std::move(read), [call](Result<Json> body) {
      if (!body) return call->refuse(body.error());
      call->answer(200, *body);
    });
  });
  routes_.add("GET", base + "/{id}/steps/{index}", Role::viewer, [this](const CallPtr& call) {
    std::string id;
    if (!find_release(call, id)) return;
    const std::string& text = (*call)["index"];
    Json view = parts_.fleet.view(id);
    const auto& steps = view["steps"].items();
    std::size_t index = 0;
    bool is_number = text.size() < 6 && text.find_first_not_of("0123456789") == std::string::npos;
    if (is_number) index = static_cast<std::size_t>(std::stoul(text));
    if (!is_number || index >= steps.size()) {
      return call->refuse({.kind = kUnknown,
                           .detail = fmt::format("{} has the steps 0 to {}", id,
                                                 static_cast<int>(steps.size()) - 1)});
    }
    call->answer(200, steps[index]);
  });
  routes_.add("GET", base + "/{id}/metrics", Role::viewer, [this](const CallPtr& call) {
    std::string id;
    if (find_release(call, id)) call->answer(200, parts_.fleet.view(id)["report"]);
  });
  auto metric = [this](const CallPtr& call, auto then) {
    std::string id;
    if (!find_release(call, id)) return;
    Json view = parts_.fleet.view(id);
    const std::string& name = (*call)["metric"];
    for (const Json& each : view["report"]["metrics"].items()) {
      if (each["name"].string() == name) return then(id, name, each);
    }
    call->refuse({.kind = kUnknown, .detail = fmt::format("{} has no metric '{}'", id, name)});
  };
  routes_.add("GET", base + "/{id}/metrics/{metric}", Role::viewer, [metric](const CallPtr& call) {
    metric(call, [&](const auto&, const auto&, const Json& one) { call->answer(200, one); });
  });
  routes_.add(
      "GET", base + "/{id}/metrics/{metric}/samples", Role::viewer,
      [this, metric](const CallPtr& call) {
        WallTime from = WallTime::min();
        WallTime to = WallTime::max();
        for (auto [name, time] : {std::pair("from", &from), std::pair("to", &to)}) {
          auto text = call->request.parameter(name);
          if (!text) continue;
          auto parsed = parse_rfc3339(*text);
          if (!parsed) {
            return call->refuse(
                {.kind = kBadRequest, .detail = fmt::format("{} is a time of RFC 3339", name)});
          }
          *time = *parsed;
        }
        metric(call, [&](const std::string& id, const std::string& name, const Json&) {
          call->answer(
              200,
              Json::object().set("metric", name).set("items", series_.points(id, name, from, to)));
        });
      });
  routes_.add("GET", base + "/{id}/metrics/{metric}/query", Role::viewer,
              [this](const CallPtr& call) {
                std::string id;
                if (!find_release(call, id)) return;
                auto asked = queries_of(parts_.fleet.engine().ticket(id)->pinned, (*call)["metric"],
                                        parts_.fleet.loop().clock().now());
                if (!asked) return call->refuse(asked.error());
                call->answer(200, *asked);
              });
  routes_.add("POST", base + "/{id}/operations/{operation}", Role::operator_,
              [this](const CallPtr& call) { operation(call); });
  routes_.add("POST", base + "/{id}/plan", Role::operator_,
              [this](const CallPtr& call) { edit(call); });
  routes_.add("PUT", base + "/{id}/traffic", Role::operator_,
              [this](const CallPtr& call) { set_traffic(call); });
}

void Api::list_releases(const CallPtr& call, const std::string& rollout) {
  auto wanted = page_wanted(call->request);
  if (!wanted) return call->refuse({.kind = kBadRequest, .detail = wanted.error().message});
  std::set<std::string> statuses = words_of(call->request.parameter("status").value_or(""));
  for (const std::string& status : statuses) {
    if (!machine::from_name<machine::ReleaseStatus>(status)) {
      return call->refuse(
          {.kind = kBadRequest, .detail = fmt::format("'{}' is no status", status)});
    }
  }
  std::string text = call->request.parameter("q").value_or("");
  std::string environment = call->request.parameter("environment").value_or("");
  // The store knows the order and all that ever was; the engine how the latest of them stand.
  auto read = [rollout, environment](store::Reader& reader) -> Result<Json> {
    Json ids = Json::array();
    store::ReleaseQuery query{
        .rollout = rollout, .environment = environment, .limit = store::kPageRowsMax};
    for (; query.skip < kScannedMax; query.skip += query.limit) {
      SERIN_TRY(page, reader.releases(query));
      for (const store::ReleaseInfo& info : page) ids.push(release_summary(info));
      if (page.size() < static_cast<std::size_t>(query.limit)) break;
    }
    return ids;
  };
  auto done = [this, call, wanted = *wanted, statuses, text](Result<Json> kept) {
    if (!kept) return call->refuse(kept.error());
    Json all = Json::array();
    for (Json& one : kept->items()) {
      std::string id(one["id"].string());
      if (parts_.fleet.engine().ticket(id) != nullptr) one = release_summary(parts_.fleet.view(id));
      bool fits = (statuses.empty() || statuses.contains(std::string(one["status"].string()))) &&
                  (text.empty() || contains_text(one, text));
      if (fits) all.push(std::move(one));
    }
    answer_tagged(call, watch_.tag(), page_of_all(all, wanted));
  };
  read_store(std::move(read), std::move(done));
}

void Api::start(const CallPtr& call) {
  auto body = call->json();
  if (!body) return;
  Fields fields(*body);
  StartRequest request;
  request.rollout = (*call)["name"];
  request.version = fields.text("version", kVersionMax);
  request.stable = fields.text("stable", kVersionMax);
  request.arguments = fields.texts("args");
  request.pipeline = fields.text("pipeline");
  request.supersede = fields.flag("supersede");
  request.reason = fields.text("reason");
  if (request.version.empty()) fields.wrong("version", "must be given");
  if (fields.refuse(*call)) return;
  request.user = call->who.actor;
  request.key = call->key;
  parts_.fleet.start(request, [this, call, request](Result<Opened> opened) {
    if (!opened) {
      Problem what = problem_of(opened.error());
      std::string service = request.rollout;
      const auto* rollout = parts_.fleet.configuration()->set.find_rollout(request.rollout);
      if (rollout != nullptr) service = service_of(*rollout);
      std::string holder = parts_.fleet.engine().active(service);
      if (what.kind.status == 409 && !holder.empty()) {
        const machine::ReleaseState* state = parts_.fleet.engine().state(holder);
        for (Operation each : machine::allowed(machine::standing(*state)))
          what.allowed.emplace_back(machine::to_string(each));
      }
      return call->refuse(what);
    }
    HttpResponse response =
        json_response(opened->repeated ? 200 : 201, parts_.fleet.document(opened->release));
    response.headers.emplace_back("Location", "/api/v1/releases/" + opened->release);
    response.headers.emplace_back("ETag", watch_.tag(opened->release));
    call->answer(std::move(response));
  });
}

// Whether who calls may act against what a metric says; refuses where not.
bool Api::may_go_on(const CallPtr& call, const std::string& release) {
  const machine::ReleaseState* state = parts_.fleet.engine().state(release);
  if (!speaks_against(*state) || call->who.may_override) return true;
  const analysis::Finding* finding = analysis::stopping(*state->judgement);
  call->refuse({.kind = kForbidden,
                .detail = fmt::format("a metric says worse, and {} may not override it (a token "
                                      "with override may): {}",
                                      call->who.actor,
                                      finding == nullptr ? state->judgement->contested_sentence
                                                         : finding->sentence)});
  return false;
}

void Api::edit(const CallPtr& call) {
  EditRequest request;
  if (!find_release(call, request.release)) return;
  if (is_stale(call, watch_.tag(request.release)) || !may_go_on(call, request.release)) return;
  auto body = call->json();
  if (!body) return;
  Fields fields(*body);
  request.comment = fields.text("reason");
  request.arguments = fields.texts("args");
  request.dry = fields.flag("dryRun");
  fields.list("files", kEditFilesMax);
  auto files = config_files_from((*body)["files"]);
  if (!files) fields.wrong("files", files.error().message);
  if (fields.refuse(*call)) return;
  request.files = *std::move(files);
  request.user = call->who.actor;
  parts_.fleet.edit(request, [this, call, release = request.release](auto done) {
    if (!done) {
      Problem what = problem_of(done.error().error);
      for (Operation each : done.error().allowed)
        what.allowed.emplace_back(machine::to_string(each));
      return call->refuse(what);
    }
    call->answer(202, Json::object()
                          .set("message", done->message)
                          .set("repeated", false)
                          .set("opened", "")
                          .set("release", parts_.fleet.document(release)));
  });
}

void Api::operate(const CallPtr& call, const std::string& release,
                  machine::event::Operated operated) {
  if (goes_on(operated.operation) && !may_go_on(call, release)) return;
  operated.user = call->who.actor;
  operated.key = call->key;
  parts_.fleet.operate(release, std::move(operated), [this, call, release](auto done) {
    if (!done) {
      Problem what = problem_of(done.error().error);
      for (Operation each : done.error().allowed)
        what.allowed.emplace_back(machine::to_string(each));
      return call->refuse(what);
    }
    Json body = Json::object()
                    .set("message", done->message)
                    .set("repeated", done->repeated)
                    .set("opened", done->opened)
                    .set("release", parts_.fleet.document(release));
    HttpResponse response = json_response(done->opened.empty() ? 202 : 201, body);
    if (!done->opened.empty())
      response.headers.emplace_back("Location", "/api/v1/releases/" + done->opened);
    call->answer(std::move(response));
  });
}

void Api::operation(const CallPtr& call) {
  std::string id;
  if (!find_release(call, id) || is_stale(call, watch_.tag(id))) return;
  auto operation = machine::operation_from_word((*call)["operation"]);
  if (!operation) return call->refuse({.kind = kUnknown, .detail = operation.error().message});
  auto body = call->json();
  if (!body) return;
  Fields fields(*body);
  machine::event::Operated operated;
  operated.operation = *operation;
  operated.comment = fields.text("reason");
  operated.hard = fields.flag("hard");
  operated.metric = fields.text("metric", kVersionMax);
  operated.version = fields.text("version", kVersionMax);
  operated.from_step = fields.step("from_step");
  std::optional<double> weight = fields.percent("weight");
  if (*operation == Operation::set_weight && !body->contains("weight"))
    fields.wrong("weight", "must be given");
  if (weight) {
    auto exact = rollout::Weight::parse(fmt::format("{}", *weight));
    if (!exact) {
      fields.wrong("weight", exact.error().message);
    } else {
      operated.weight = *exact;
    }
  }
  if (fields.refuse(*call)) return;
  operate(call, id, std::move(operated));
}

void Api::set_traffic(const CallPtr& call) {
  std::string id;
  if (!find_release(call, id) || is_stale(call, watch_.tag(id))) return;
  auto body = call->json();
  if (!body) return;
  Fields fields(*body);
  machine::event::Operated operated;
  operated.operation = Operation::set_weight;
  operated.comment = fields.text("reason");
  std::optional<double> weight = fields.percent("weight");
  if (!body->contains("weight")) fields.wrong("weight", "must be given");
  if (weight) {
    auto exact = rollout::Weight::parse(fmt::format("{}", *weight));
    if (exact) operated.weight = *exact;
    if (!exact) fields.wrong("weight", exact.error().message);
  }
  if (fields.refuse(*call)) return;
  operate(call, id, std::move(operated));
}

}  // namespace serin::app
