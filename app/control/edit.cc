#include "app/control/edit.h"

#include <fmt/format.h>

namespace serin::app {

Result<std::vector<rollout::ConfigFile>> config_files_from(const Json& list) {
  std::vector<rollout::ConfigFile> files;
  if (list.is_null()) return files;
  if (!list.is_array()) return fail(Code::invalid_argument, "files must be a list");
  if (list.size() > kEditFilesMax) {
    return fail(Code::invalid_argument,
                fmt::format("{} files; at most {} are taken", list.size(), kEditFilesMax));
  }
  for (const Json& each : list.items()) {
    bool complete = each.is_object() && each.members().size() == 2 && each["name"].is_string() &&
                    each["text"].is_string();
    if (!complete) return fail(Code::invalid_argument, "a file has a name and a text");
    files.push_back({std::string(each["name"].string()), std::string(each["text"].string())});
  }
  return files;
}

Result<EditRequest> edit_request_from(const Json& request) {
  EditRequest edit;
  SERIN_TRY(files, config_files_from(request["files"]));
  edit.files = std::move(files);
  if (request["args"].is_object()) {
    for (const auto& [name, value] : request["args"].members()) {
      if (!value.is_string()) return fail(Code::invalid_argument, "args are texts by name");
      edit.arguments[std::string(name)] = value.string();
    }
  }
  edit.user = request["user"].string();
  edit.comment = request["reason"].string();
  edit.dry = request["dryRun"].boolean();
  return edit;
}

Json to_json(const EditRequest& request) {
  Json json = Json::object();
  if (!request.comment.empty()) json.set("reason", request.comment);
  if (request.dry) json.set("dryRun", true);
  if (!request.arguments.empty()) {
    Json args = Json::object();
    for (const auto& [name, value] : request.arguments) args.set(name, value);
    json.set("args", std::move(args));
  }
  if (!request.files.empty()) {
    Json files = Json::array();
    for (const rollout::ConfigFile& file : request.files)
      files.push(Json::object().set("name", file.name).set("text", file.text));
    json.set("files", std::move(files));
  }
  return json;
}

}  // namespace serin::app
