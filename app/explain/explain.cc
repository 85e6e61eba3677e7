#include "app/explain/explain.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/config/suggest.h"

namespace serin::app {
namespace {

constexpr std::string_view kDefs = "#/$defs/";
constexpr int kDepthMax = 16;
constexpr std::string_view kKinds[] = {"Rollout", "AnalysisTemplate", "ClusterAnalysisTemplate",
                                       "AnalysisRun"};

// The definition that a schema refers to, directly or as what a list or map holds.
std::string_view type_of(const Json& schema) {
  if (std::string_view reference = schema["$ref"].string(); reference.starts_with(kDefs)) {
    return reference.substr(kDefs.size());
  }
  for (const char* inside : {"items", "additionalProperties"}) {
    if (const Json* part = schema.find(inside); part != nullptr && part->is_object()) {
      return type_of(*part);
    }
  }
  for (const Json& part : schema["anyOf"].items()) {
    if (std::string_view name = type_of(part); !name.empty()) return name;
  }
  return "";
}

bool is_struct(const Json& schema) {
  return schema["properties"].is_object();
}

std::string joined(const Json& list) {
  std::string text;
  for (const Json& each : list.items()) {
    text +=
        (text.empty() ? "" : " | ") + (each.is_string() ? std::string(each.string()) : each.dump());
  }
  return text;
}

std::string range_text(const Json& schema) {
  std::string text;
  auto add = [&](const char* key, std::string_view sign) {
    const Json* bound = schema.find(key);
    if (bound != nullptr) text += fmt::format(" {} {}", sign, bound->dump());
  };
  add("exclusiveMinimum", ">");
  add("minimum", ">=");
  add("maximum", "<=");
  return text;
}

// "number >= 0", "list of Metric", "hold | pass | fail".
std::string form_of(const Json& schema) {
  if (schema.find("enum") != nullptr) return joined(schema["enum"]);
  std::string_view reference = schema["$ref"].string();
  if (reference.starts_with(kDefs)) return std::string(reference.substr(kDefs.size()));
  std::string_view type = schema["type"].string();
  if (type == "array") return "list of " + form_of(schema["items"]);
  if (type == "object" && schema["additionalProperties"].is_object()) {
    return "map of " + form_of(schema["additionalProperties"]);
  }
  if (type == "object" && is_struct(schema)) return "object";
  if (!type.empty() && !(type == "string" && schema.find("pattern") != nullptr)) {
    return (type == "string" ? "text" : std::string(type)) + range_text(schema);
  }
  std::string text;
  for (const Json& part : schema["anyOf"].items()) {
    // A placeholder may stand for any value; that is said once, on the page.
    if (part["pattern"].string() == "\\{\\{") continue;
    std::string form = form_of(part);
    if (!form.empty()) text += (text.empty() ? "" : " or ") + form;
  }
  return text.empty() ? "any" : text;
}

bool is_required(const Json& type, std::string_view field) {
  return std::ranges::any_of(type["required"].items(),
                             [&](const Json& each) { return each.string() == field; });
}

std::string default_text(const Json& field) {
  const Json* value = field.find("default");
  return value == nullptr ? "" : value->dump();
}

struct Entry {
  std::string path;  // "AnalysisTemplate.spec.metrics.interval"
  std::string owner;
  std::string name;
  const Json* schema = nullptr;
};

// All fields by their paths; a type within itself is not entered again.
void collect(const Json& defs, std::string_view type, const std::string& path,
             std::set<std::string>& open, std::vector<Entry>& entries) {
  if (open.size() >= kDepthMax || !open.emplace(type).second) return;
  for (const auto& [name, schema] : defs[type]["properties"].members()) {
    std::string here = path + "." + name;
    entries.push_back({here, std::string(type), name, &schema});
    if (std::string_view inner = type_of(schema); is_struct(defs[inner])) {
      collect(defs, inner, here, open, entries);
    }
  }
  open.erase(std::string(type));
}

std::vector<Entry> entries_of(const Json& defs) {
  std::vector<Entry> entries;
  for (std::string_view kind : kKinds) {
    std::set<std::string> open;
    collect(defs, kind, std::string(kind), open, entries);
  }
  return entries;
}

Json fields_of(const Json& type) {
  Json fields = Json::array();
  for (const auto& [name, schema] : type["properties"].members()) {
    Json field = Json::object();
    field.set("name", name)
        .set("form", form_of(schema))
        .set("required", is_required(type, name))
        .set("description", schema["description"]);
    if (schema.contains("default")) field.set("default", schema["default"]);
    fields.push(std::move(field));
  }
  return fields;
}

Json explain_type(const Json& defs, std::string_view name) {
  Json json = Json::object();
  json.set("name", name).set("description", defs[name]["description"]);
  if (is_struct(defs[name])) json.set("fields", fields_of(defs[name]));
  return json;
}

Json explain_field(const Json& defs, const std::vector<const Entry*>& places) {
  const Entry& entry = *places.front();
  Json json = Json::object();
  json.set("name", entry.name)
      .set("form", form_of(*entry.schema))
      .set("required", is_required(defs[entry.owner], entry.name))
      .set("description", (*entry.schema)["description"]);
  if (entry.schema->contains("default")) json.set("default", (*entry.schema)["default"]);
  Json paths = Json::array();
  for (const Entry* place : places) paths.push(place->path);
  json.set("places", std::move(paths));
  if (std::string_view inner = type_of(*entry.schema); is_struct(defs[inner])) {
    json.set("fields", fields_of(defs[inner]));
  }
  return json;
}

// `metrics[0].interval` as `metrics.interval`.
std::string without_indices(std::string_view field) {
  std::string text;
  bool inside = false;
  for (char c : field) {
    if (c == '[') inside = true;
    if (!inside) text += c;
    if (c == ']') inside = false;
  }
  return text;
}

bool means(const Entry& entry, std::string_view field) {
  return entry.path == field ||
         (entry.path.ends_with(field) && entry.path[entry.path.size() - field.size() - 1] == '.');
}

}  // namespace

Result<Json> explain(const Json& schema, std::string_view field) {
  const Json& defs = schema["$defs"];
  std::string wanted = without_indices(field);
  if (defs.contains(wanted)) return explain_type(defs, wanted);
  std::vector<Entry> entries = entries_of(defs);
  // The same field of the same type, wherever that type stands, is one.
  std::map<std::string, std::vector<const Entry*>> found;
  for (const Entry& entry : entries) {
    if (!wanted.empty() && means(entry, wanted)) {
      found[entry.owner + "." + entry.name].push_back(&entry);
    }
  }
  if (found.size() == 1) return explain_field(defs, found.begin()->second);
  if (found.empty()) {
    std::vector<std::string_view> names;
    for (const Entry& entry : entries) names.push_back(entry.name);
    for (const auto& [name, type] : defs.members()) names.push_back(name);
    std::string last = wanted.substr(wanted.rfind('.') + 1);
    std::string nearest(config::nearest(last, names));
    return fail(Code::not_found,
                fmt::format("there is no field '{}'{}", field,
                            nearest.empty() ? "" : fmt::format("; '{}' is one", nearest)));
  }
  std::string places;
  std::size_t named = 0;
  for (const auto& [key, list] : found) {
    if (++named > kExplainPlacesMax) break;
    places += "\n  " + list.front()->path;
  }
  return fail(Code::invalid_argument,
              fmt::format("'{}' means {} fields; say which:{}", field, found.size(), places));
}

std::vector<std::string> explained_lines(const Json& explained) {
  std::vector<std::string> lines;
  auto text = [](const Json& json) { return std::string(json.string()); };
  std::string form = text(explained["form"]);
  lines.push_back(text(explained["name"]) + (form.empty() ? "" : " <" + form + ">"));
  lines.push_back("  " + text(explained["description"]));
  if (explained["required"].boolean()) lines.emplace_back("  It must be given.");
  if (explained.contains("default")) lines.push_back("  Default: " + explained["default"].dump());
  const Json& places = explained["places"];
  if (places.size() > 0) {
    lines.emplace_back("");
    lines.emplace_back("where:");
  }
  for (std::size_t i = 0; i < places.size() && i < kExplainPlacesMax; ++i) {
    lines.push_back("  " + text(places.at(i)));
  }
  if (places.size() > kExplainPlacesMax) {
    lines.push_back(fmt::format("  and {} more", places.size() - kExplainPlacesMax));
  }
  if (explained["fields"].size() > 0) {
    lines.emplace_back("");
    lines.emplace_back("fields:");
  }
  for (const Json& field : explained["fields"].items()) {
    lines.push_back(fmt::format("  {} <{}>{}", field["name"].string(), field["form"].string(),
                                field["required"].boolean() ? " required" : ""));
    lines.push_back("      " + text(field["description"]));
  }
  return lines;
}

std::string field_page(const Json& schema) {
  std::string page =
      "# Fields of documents\n\n"
      "Made by `serin explain --all` from the schema (`docs/schema.json`). A document is one of "
      "`Rollout`, `AnalysisTemplate`, `ClusterAnalysisTemplate`, `AnalysisRun`. Where a template "
      "takes arguments, any value may hold `{{args.NAME}}`. `duration` is Go's form (`1m30s`), "
      "`intOrString` a whole number or a text that holds one.\n";
  const Json& defs = schema["$defs"];
  auto section = [&](std::string_view name) {
    const Json& type = defs[name];
    page += fmt::format("\n## {}\n\n{}\n", name, type["description"].string());
    if (!is_struct(type)) return;
    page += "\n| field | form | default | meaning |\n|---|---|---|---|\n";
    auto cell = [](std::string text) {
      for (std::size_t at = 0; (at = text.find('|', at)) != std::string::npos; at += 2) {
        text.insert(at, "\\");
      }
      return text;
    };
    for (const auto& [field, inside] : type["properties"].members()) {
      std::string value = default_text(inside);
      page += fmt::format("| `{}`{} | {} | {} | {} |\n", field,
                          is_required(type, field) ? " (required)" : "", cell(form_of(inside)),
                          value.empty() ? "" : "`" + cell(value) + "`",
                          cell(std::string(inside["description"].string())));
    }
  };
  std::set<std::string_view> first(std::begin(kKinds), std::end(kKinds));
  for (std::string_view kind : kKinds) section(kind);
  for (const auto& [name, type] : defs.members()) {
    if (!first.contains(name)) section(name);
  }
  return page;
}

}  // namespace serin::app
