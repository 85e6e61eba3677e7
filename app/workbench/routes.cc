#include "app/workbench/routes.h"

#include <fmt/format.h>

#include <array>
#include <optional>

#include "app/api/documents.h"
#include "app/report/render.h"
#include "app/report/story.h"
#include "app/workbench/base64.h"
#include "app/workbench/plans.h"
#include "app/workbench/policy.h"
#include "app/workbench/replays.h"

namespace serin::app {
namespace {

using JsonOutcome = std::expected<Json, Problem>;

// A page of its own with its style in it, and nothing fetched.
constexpr const char* kReportPolicy =
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'";

struct NamedForm {
  std::string_view name;
  ReportForm form;
};
constexpr std::array kForms = {NamedForm{"html", ReportForm::html},
                               NamedForm{"md", ReportForm::markdown},
                               NamedForm{"json", ReportForm::json}};

// ?format, else the first type of Accept that there is, else JSON. Nothing: an unknown format.
std::optional<ReportForm> form_wanted(const HttpServerRequest& request) {
  if (auto name = request.parameter("format")) {
    for (const NamedForm& each : kForms) {
      if (each.name == *name) return each.form;
    }
    return std::nullopt;
  }
  std::string_view accept = request.header("accept");
  std::optional<ReportForm> first;
  std::size_t at = std::string_view::npos;
  for (const NamedForm& each : kForms) {
    std::size_t found = accept.find(type_of(each.form));
    if (found >= at) continue;
    at = found;
    first = each.form;
  }
  return first.value_or(ReportForm::json);
}

}  // namespace

// `use` with the policy, which is read beside the loop too: its documents may be long.
template <class Use>
auto Tools::with_policy(PolicyRequest policy, Use use) {
  return [policy = std::move(policy), configuration = options_.configuration(),
          arguments = options_.arguments,
          use = std::move(use)](const Workbench::Limit& limit) mutable -> JsonOutcome {
    auto setup = policy_of(policy, *configuration, arguments);
    if (!setup) return std::unexpected(setup.error());
    auto found = use(*setup, limit);
    if (!found) return std::unexpected(problem_of(found.error()));
    return *std::move(found);
  };
}

void Tools::add_to(RouteTable& routes) {
  routes.add("GET", "/api/v1/releases/{id}/report", Role::viewer,
             [this](const auto& call) { report(call); });
  routes.add("POST", "/api/v1/replays", Role::viewer, [this](const auto& call) { replay(call); });
  routes.add("POST", "/api/v1/plans", Role::viewer, [this](const auto& call) { plan(call); });
  routes.add("POST", "/api/v1/lint", Role::viewer, [this](const auto& call) { lint(call); });
}

void Tools::report(const std::shared_ptr<Call>& call) {
  auto form = form_wanted(call->request);
  if (!form) return call->refuse({.kind = kBadRequest, .detail = "format is html, md or json"});
  bench_.run(call,
             [directory = options_.state_directory, id = (*call)["id"],
              form = *form](const Workbench::Limit&) -> Outcome {
               auto story = read_story(directory, id);
               if (!story) return std::unexpected(problem_of(story.error()));
               HttpResponse response{
                   .status = 200,
                   .headers = {{"Content-Type",
                                fmt::format("{}{}", type_of(form),
                                            form == ReportForm::json ? "" : "; charset=utf-8")},
                               {"Vary", "Accept"},
                               {"Cache-Control", "no-store"}},
                   .body = render(*story, form)};
               if (form == ReportForm::html)
                 response.headers.emplace_back("Content-Security-Policy", kReportPolicy);
               return response;
             });
}

void Tools::replay(const std::shared_ptr<Call>& call) {
  call->keep_no_answer();  // the same question has the same answer, and it may be large
  auto body = call->json();
  if (!body) return;
  Fields fields(*body);
  PolicyRequest policy = policy_request(fields);
  ReplayRequest request;
  request.start = fields.time("start");
  request.until = fields.duration("until");
  auto recording = base64_decoded(fields.text("recording", kApiBodyMax));
  if (!body->contains("recording")) {
    fields.wrong("recording", "must be given: the file's bytes in base64");
  } else if (!recording) {
    fields.wrong("recording", recording.error().message);
  }
  if (fields.refuse(*call)) return;
  request.recording = *std::move(recording);
  bench_.run_json(call, with_policy(std::move(policy),
                                    [request = std::move(request)](const ReplaySetup& setup,
                                                                   const Workbench::Limit& limit) {
                                      return replayed(setup, request, limit);
                                    }));
}

void Tools::plan(const std::shared_ptr<Call>& call) {
  call->keep_no_answer();  // the same question has the same answer, and it may be large
  auto body = call->json();
  if (!body) return;
  Fields fields(*body);
  PolicyRequest policy = policy_request(fields);
  PlanRequest request = plan_request(*body, fields);
  if (fields.refuse(*call)) return;
  // Without a policy the figures stand for themselves.
  if (policy.rollout.empty() && policy.files.empty()) {
    return bench_.run_json(call, [request = std::move(request)](const Workbench::Limit& limit) {
      return planned(request, limit);
    });
  }
  bench_.run_json(call, with_policy(std::move(policy), [request = std::move(request)](
                                                           const ReplaySetup& setup,
                                                           const Workbench::Limit& limit) mutable {
                    follow(request, setup);
                    return planned(request, limit);
                  }));
}

void Tools::lint(const std::shared_ptr<Call>& call) {
  call->keep_no_answer();  // the same documents have the same answer, and it may be large
  std::string_view type = call->request.header("content-type");
  type = type.substr(0, type.find(';'));
  std::vector<rollout::ConfigFile> files;
  if (type == "application/json") {
    auto body = call->json();
    if (!body) return;
    auto given = configuration_files(*body);
    if (!given) return call->refuse(given.error());
    files = *std::move(given);
  } else if (type == "application/yaml" || type == "text/yaml" || type == "application/x-yaml") {
    files.push_back({"body.yaml", call->request.body});
  } else {
    return call->refuse({.kind = kWrongType,
                         .detail = "the body must be application/yaml, or application/json with "
                                   "files"});
  }
  bench_.run_json(call,
                  [files = std::move(files), arguments = options_.arguments](
                      const Workbench::Limit&) mutable -> Result<Json> {
                    Configuration checked = check_configuration(
                        std::move(files), arguments, rollout::Unsupported::refuse_in_serin);
                    return config::to_json(checked.problems);
                  });
}

}  // namespace serin::app
