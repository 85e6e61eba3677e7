#include "app/editing/routes.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "app/api/documents.h"
#include "app/yaml/draft.h"
#include "base/config/document.h"

namespace serin::app {
namespace {

constexpr std::string_view kKind = "Rollout";
constexpr const char* kYaml = "application/yaml";
constexpr const char* kYamlBody = "body.yaml";
constexpr const char* kJsonBody = "body.json";
constexpr const char* kPatched = "patched";  // no text that the client has seen
constexpr const char* kMergePatch = "application/merge-patch+json";

std::string quoted(std::string_view tag) {
  return fmt::format("\"{}\"", tag);
}

std::string_view type_of(const HttpServerRequest& request) {
  std::string_view type = request.header("content-type");
  return type.substr(0, type.find(';'));
}

// ?name=true or false; refuses anything else.
std::optional<bool> flag_of(Call& call, std::string_view name) {
  const std::string text = call.request.parameter(name).value_or("false");
  if (text == "true" || text == "false") return text == "true";
  call.refuse({.kind = kBadRequest, .detail = fmt::format("{} is true or false", name)});
  return std::nullopt;
}

// The body as it came, for errors by its own lines.
rollout::ConfigFile file_of(const Call& call) {
  const bool is_json = type_of(call.request) == "application/json";
  return {is_json ? kJsonBody : kYamlBody, call.request.body};
}

// The body as YAML text: of a document, in JSON or YAML. Refuses the call where it is neither.
std::optional<std::string> body_of(Call& call) {
  std::string_view type = type_of(call.request);
  if (type == kYaml || type == "text/yaml" || type == "application/x-yaml") {
    config::Diagnostics problems;
    static_cast<void>(config::read_documents(kYamlBody, call.request.body, problems));
    if (!problems.has_errors()) return call.request.body;
    call.refuse(problem_of(problems));
    return std::nullopt;
  }
  if (type != "application/json") {
    call.refuse({.kind = kWrongType,
                 .detail = "the body is a document: application/yaml, or application/json"});
    return std::nullopt;
  }
  auto body = call.json();
  if (!body) return std::nullopt;
  return Draft::of(*body).to_yaml();
}

// The name of the one rollout that the text holds; the call is refused where it holds anything
// else.
std::optional<std::string> rollout_in(Call& call, const std::string& text) {
  auto document = single_document(kYamlBody, text);
  if (!document) {
    call.refuse(document.error());
    return std::nullopt;
  }
  std::vector<ProblemError> errors;
  if (document->kind() != kKind) {
    errors.push_back({.pointer = "kind",
                      .detail = fmt::format("must be Rollout, not '{}': other documents come by "
                                            "POST /api/v1/apply",
                                            document->kind())});
  }
  if (std::string why = config::why_no_name(document->name()); !why.empty())
    errors.push_back({.pointer = "metadata.name", .detail = why});
  if (errors.empty()) return document->name();
  call.refuse({.kind = kInvalid, .detail = "the body is no rollout", .errors = std::move(errors)});
  return std::nullopt;
}

// What the disk refuses is no question of the client's role.
void refuse_disk(Call& call, const Error& error) {
  call.refuse({.kind = kUnavailable,
               .detail = "the directory of the configuration can't be used: " + error.message});
}

std::string document_tag(const Located& located) {
  return quoted(text_mark(located.text));
}

}  // namespace

Editing::Editing(EditingParts parts) : parts_(std::move(parts)) {
  const std::string one = "/api/v1/rollouts/{name}";
  auto add = [this](const char* method, const std::string& path, Role role,
                    void (Editing::*handler)(const CallPtr&)) {
    parts_.routes.add(method, path, role,
                      [this, handler](const CallPtr& call) { (this->*handler)(call); });
  };
  add("POST", "/api/v1/apply", Role::operator_, &Editing::apply);
  add("POST", "/api/v1/rollouts", Role::operator_, &Editing::create);
  add("GET", one + "/document", Role::viewer, &Editing::show);
  add("PUT", one, Role::operator_, &Editing::put);
  add("PATCH", one, Role::operator_, &Editing::patch);
  add("DELETE", one, Role::admin, &Editing::remove);
}

void Editing::apply(const CallPtr& call) {
  const std::string tag = quoted(parts_.fleet.configuration()->revision);
  std::string_view wanted = call->request.header("if-match");
  if (!wanted.empty() && wanted != "*" && wanted != tag) {
    return call->refuse(
        {.kind = kChanged, .detail = "it has changed since: read it again (ETag " + tag + ")"});
  }
  // Who names a version means that nothing else is written over.
  if (wanted == tag && !is_current(call)) return;
  auto body = call->json();
  if (!body) return;
  auto files = configuration_files(*body);
  if (!files) return call->refuse(files.error());
  take(call, {.files = *std::move(files)}, {.operation = "apply"});
}

void Editing::show(const CallPtr& call) {
  Located located;
  if (!find(call, located)) return;
  const std::string tag = document_tag(located);
  HttpHeaders headers{{"ETag", tag}, {"Vary", "Accept"}};
  std::string_view known = call->request.header("if-none-match");
  if (known == tag || known == "*")
    return call->answer({.status = 304, .headers = std::move(headers)});
  std::string_view accept = call->request.header("accept");
  const bool as_json = accept.find("application/json") < accept.find("yaml");
  HttpResponse response =
      as_json ? json_response(200, located.piece.root->to_json())
              : HttpResponse{.status = 200,
                             .headers = {{"Content-Type", kYaml}, {"Cache-Control", "no-store"}},
                             .body = located.text};
  for (auto& header : headers) response.headers.push_back(std::move(header));
  call->answer(std::move(response));
}

bool Editing::find(const CallPtr& call, Located& located) {
  const std::string& name = (*call)["name"];
  auto found = locate(parts_.fleet.configuration()->files, kKind, name);
  if (!found) {
    call->refuse({.kind = kNotAllowed, .detail = found.error().message});
  } else if (!*found) {
    call->refuse({.kind = kUnknown, .detail = fmt::format("there is no rollout '{}'", name)});
  } else {
    located = **std::move(found);
    return true;
  }
  return false;
}

// What is on the disk must be what is in force: who edits files by hand is not overwritten.
bool Editing::is_current(const CallPtr& call) {
  if (parts_.directory.empty()) return true;
  auto files = read_directory(parts_.directory);
  if (!files) {
    refuse_disk(*call, files.error());
    return false;
  }
  auto is_same = [](const rollout::ConfigFile& a, const rollout::ConfigFile& b) {
    return a.name == b.name && a.text == b.text;
  };
  if (std::ranges::equal(*files, parts_.fleet.configuration()->files, is_same)) return true;
  call->refuse({.kind = kNotAllowed,
                .detail = "the files in the directory are not what is in force: they have just "
                          "changed, or have errors (GET /api/v1/configuration lists them)"});
  return false;
}

bool Editing::is_guarded(const CallPtr& call, const Located& located) {
  const std::string tag = document_tag(located);
  std::string_view wanted = call->request.header("if-match");
  if (wanted.empty()) {
    // A dry run harms nobody.
    if (call->request.parameter("dryRun") == "true") return true;
    call->refuse({.kind = kUnguarded,
                  .detail = fmt::format("If-Match must name the version that is changed: {}, the "
                                        "ETag of its document; or *",
                                        tag)});
    return false;
  }
  // The rollout as GET shows it changes with its releases; the configuration in it does not.
  const std::string& revision = parts_.fleet.configuration()->revision;
  if (wanted == "*" || wanted == tag || wanted == quoted(revision) ||
      wanted.ends_with("-" + revision + "\"")) {
    return true;
  }
  call->refuse(
      {.kind = kChanged, .detail = "it has changed since: read it again (ETag " + tag + ")"});
  return false;
}

void Editing::create(const CallPtr& call) {
  auto text = body_of(*call);
  if (!text) return;
  auto name = rollout_in(*call, *text);
  if (!name) return;
  if (parts_.fleet.configuration()->set.find_rollout(*name) != nullptr) {
    return call->refuse(
        {.kind = kExists,
         .detail = fmt::format("there is a rollout '{}': PUT /api/v1/rollouts/{} replaces it",
                               *name, *name)});
  }
  add(call, *name, *text);
}

void Editing::put(const CallPtr& call) {
  auto text = body_of(*call);
  if (!text) return;
  auto given = rollout_in(*call, *text);
  if (!given) return;
  const std::string& name = (*call)["name"];
  if (*given != name) {
    return call->refuse(
        {.kind = kInvalid,
         .detail = "a rollout keeps its name",
         .errors = {{.pointer = "metadata.name",
                     .detail = fmt::format("is '{}', the path says '{}'", *given, name)}}});
  }
  const bool is_known = parts_.fleet.configuration()->set.find_rollout(name) != nullptr;
  if (call->request.header("if-none-match") == "*" && is_known) {
    return call->refuse(
        {.kind = kChanged, .detail = fmt::format("there is a rollout '{}' already", name)});
  }
  if (!is_known && !call->request.header("if-match").empty()) {
    return call->refuse(
        {.kind = kChanged, .detail = fmt::format("there is no rollout '{}' any more", name)});
  }
  if (!is_known) return add(call, name, *text);
  Located located;
  if (!find(call, located)) return;
  replace(call, located, *text, {.operation = "rollout.put", .body = file_of(*call)});
}

void Editing::patch(const CallPtr& call) {
  if (type_of(call->request) != kMergePatch) {
    return call->refuse(
        {.kind = kWrongType, .detail = fmt::format("a patch is {} (RFC 7386)", kMergePatch)});
  }
  auto patch = Json::parse(call->request.body);
  if (!patch) {
    return call->refuse(
        {.kind = kBadRequest, .detail = "the body is no JSON: " + patch.error().message});
  }
  if (!patch->is_object())
    return call->refuse({.kind = kInvalid, .detail = "the patch must be an object"});
  auto drop = flag_of(*call, "dropComments");
  if (!drop) return;
  Located located;
  if (!find(call, located) || !is_guarded(call, located)) return;
  const rollout::ConfigFile& file = parts_.fleet.configuration()->files[located.file];
  if (auto line = first_remark(file.name, located.text); line && !*drop) {
    const auto before =
        std::count(file.text.begin(),
                   file.text.begin() + static_cast<std::ptrdiff_t>(located.piece.content), '\n');
    return call->refuse({.kind = kNotAllowed,
                         .detail = fmt::format(
                             "{}:{}: the document has comments, which a patch would lose: PUT the "
                             "whole document, or say dropComments=true",
                             file.name, before + *line)});
  }
  Draft draft = Draft::of(*located.piece.root);
  merge_patch(draft, *patch);
  const std::string text = draft.to_yaml();
  auto name = rollout_in(*call, text);
  if (!name) return;
  if (*name != (*call)["name"]) {
    return call->refuse({.kind = kInvalid,
                         .detail = "a rollout keeps its name",
                         .errors = {{.pointer = "metadata.name", .detail = "can't be patched"}}});
  }
  replace(call, located, text, {.operation = "rollout.patch", .body = {kPatched, text}});
}

void Editing::remove(const CallPtr& call) {
  Located located;
  if (!find(call, located) || !is_guarded(call, located)) return;
  const std::string& name = (*call)["name"];
  const auto* rollout = parts_.fleet.configuration()->set.find_rollout(name);
  const std::string active =
      rollout == nullptr ? "" : active_release(parts_.fleet.engine(), service_of(*rollout));
  const auto* ticket = active.empty() ? nullptr : parts_.fleet.engine().ticket(active);
  if (ticket != nullptr && ticket->spec.rollout == name) {
    Problem what{.kind = kNotAllowed,
                 .detail = fmt::format("{} is under way: it has to end first", active)};
    const Json view = parts_.fleet.view(active);
    for (const Json& each : view["allowed"].items()) what.allowed.emplace_back(each.string());
    return call->refuse(what);
  }
  if (!is_current(call)) return;
  auto change = remove_document(parts_.fleet.configuration()->files, located);
  if (!change) return call->refuse({.kind = kNotAllowed, .detail = change.error().message});
  const std::string file = change->file;
  take(call, *std::move(change), {.operation = "rollout.delete", .rollout = name, .file = file});
}

void Editing::add(const CallPtr& call, const std::string& name, const std::string& text) {
  if (!is_current(call)) return;
  const auto& files = parts_.fleet.configuration()->files;
  const std::string file = free_name(files, name);
  if (file.empty()) {
    return call->refuse(
        {.kind = kNotAllowed,
         .detail = fmt::format("the files that a rollout '{}' could go to are taken", name)});
  }
  auto change = add_document(files, file, text);
  if (!change) return call->refuse(change.error());
  take(call, *std::move(change),
       {.operation = "rollout.create",
        .rollout = name,
        .file = file,
        .created = true,
        .body = file_of(*call)});
}

void Editing::replace(const CallPtr& call, const Located& located, const std::string& text,
                      Edit edit) {
  if (!is_guarded(call, located) || !is_current(call)) return;
  auto change = replace_document(parts_.fleet.configuration()->files, located, text);
  if (!change) return call->refuse({.kind = kNotAllowed, .detail = change.error().message});
  edit.rollout = (*call)["name"];
  edit.file = change->file;
  edit.instead = located;
  take(call, *std::move(change), edit);
}

// By the lines of the request where it is about one document: what file of the server's that goes
// to is nothing to its client.
Problem Editing::errors_of(const Edit& edit, const config::Diagnostics& problems) const {
  if (edit.body.name.empty()) return problem_of(problems);
  std::vector<rollout::ConfigFile> files = parts_.fleet.configuration()->files;
  if (edit.instead) files = without_document(std::move(files), *edit.instead);
  files.push_back(edit.body);
  const Configuration apart = check_configuration(std::move(files), parts_.arguments);
  if (!apart.problems.has_errors()) return problem_of(problems);
  return problem_of(apart.problems, kPatched);
}

void Editing::take(const CallPtr& call, Change change, const Edit& edit) {
  auto dry = flag_of(*call, "dryRun");
  if (!dry) return;
  const std::shared_ptr<const Configuration> before = parts_.fleet.configuration();
  if (change.files.size() > kConfigFilesMax) {
    return call->refuse(
        {.kind = kInvalid,
         .detail = fmt::format("{} files; at most {} are read: put several documents into one",
                               change.files.size(), kConfigFilesMax)});
  }
  for (const rollout::ConfigFile& file : change.files) {
    if (file.text.size() <= kConfigFileBytesMax) continue;
    return call->refuse({.kind = kInvalid,
                         .detail = fmt::format("{} would have {} bytes; at most {} are read",
                                               file.name, file.text.size(), kConfigFileBytesMax)});
  }
  auto checked = std::make_shared<Configuration>(
      check_configuration(std::move(change.files), parts_.arguments));
  if (checked->problems.has_errors()) return call->refuse(errors_of(edit, checked->problems));
  Json changed = Json::array();
  for (const std::string& name : changed_rollouts(before->set, checked->set)) changed.push(name);
  if (!*dry) {
    if (parts_.directory.empty()) {
      return call->refuse({.kind = kNotAllowed,
                           .detail = "this server has no directory of configuration (--config)"});
    }
    Status written = write_directory(parts_.directory, checked->files);
    if (!written) return refuse_disk(*call, written.error());
    Json details = Json::object().set("before", before->revision).set("after", checked->revision);
    if (!edit.file.empty()) details.set("file", edit.file);
    parts_.routes.audit(*call, edit.operation, edit.rollout, details.set("rollouts", changed));
    parts_.configure(checked);
  }
  Json body = Json::object();
  if (!edit.rollout.empty()) body.set("rollout", edit.rollout).set("file", edit.file);
  body.set("revision", checked->revision)
      .set("dryRun", *dry)
      .set("changed", std::move(changed))
      .set("diagnostics", config::to_json(checked->problems));
  HttpResponse response = json_response(edit.created && !*dry ? 201 : 200, body);
  if (!*dry && edit.rollout.empty())
    response.headers.emplace_back("ETag", quoted(checked->revision));
  if (!*dry && !edit.rollout.empty()) {
    auto now = locate(checked->files, kKind, edit.rollout);
    if (now && *now) response.headers.emplace_back("ETag", document_tag(**now));
  }
  if (edit.created && !*dry)
    response.headers.emplace_back("Location", "/api/v1/rollouts/" + edit.rollout);
  call->answer(std::move(response));
}

}  // namespace serin::app
