#include "app/apidocs/schema.h"

#include <fmt/format.h>

#include <algorithm>

#include "app/view/markup.h"

namespace serin::app {
namespace {

constexpr int kDepthMax = 8;  // of schemas written within each other

std::string word_of(std::string_view type) {
  if (type == "string") return "text";
  if (type == "array") return "list";
  if (type == "boolean") return "true or false";
  return escaped(type);
}

void add(std::string& text, const std::string& part) {
  if (part.empty()) return;
  text += (text.empty() ? "" : ", ") + part;
}

// What its values are held to besides the type.
std::string limits_of(const Json& schema) {
  std::string text;
  if (schema["enum"].is_array()) {
    std::string values;
    for (const Json& value : schema["enum"].items())
      values += (values.empty() ? "" : ", ") +
                ("<code>" + escaped(value.is_string() ? value.string() : value.dump()) + "</code>");
    add(text, "one of " + values);
  }
  if (schema["format"].is_string()) add(text, escaped(schema["format"].string()));
  struct Bound {
    const char* name;
    const char* words;
  };
  for (const Bound& bound :
       {Bound{"minimum", "from {}"}, Bound{"exclusiveMinimum", "above {}"},
        Bound{"maximum", "at most {}"}, Bound{"exclusiveMaximum", "below {}"},
        Bound{"maxLength", "at most {} characters"}, Bound{"maxItems", "at most {} elements"}}) {
    if (schema.contains(bound.name))
      add(text, fmt::format(fmt::runtime(bound.words), escaped(schema[bound.name].dump())));
  }
  if (schema["pattern"].is_string())
    add(text, "as <code>" + escaped(schema["pattern"].string()) + "</code>");
  return text;
}

std::string type_within(const Json& schema, int depth) {
  if (depth > kDepthMax) return "…";
  if (schema["$ref"].is_string()) {
    std::string name = escaped(name_of_reference(schema["$ref"].string()));
    return fmt::format("<a href=\"#s-{}\">{}</a>", name, name);
  }
  for (const char* choice : {"oneOf", "anyOf"}) {
    if (!schema[choice].is_array()) continue;
    std::string text;
    for (const Json& each : schema[choice].items())
      text += (text.empty() ? "" : " or ") + type_within(each, depth + 1);
    return text;
  }
  if (schema["type"].is_array()) {
    std::string text;
    for (const Json& each : schema["type"].items())
      text += (text.empty() ? "" : " or ") + word_of(each.string());
    return text;
  }
  std::string_view type = schema["type"].string();
  if (type == "array") return "list of " + type_within(schema["items"], depth + 1);
  if (type == "object" && schema["additionalProperties"].is_object())
    return "object of " + type_within(schema["additionalProperties"], depth + 1);
  return type.empty() ? "anything" : word_of(type);
}

}  // namespace

std::string_view name_of_reference(std::string_view reference) {
  constexpr std::string_view kPrefix = "#/components/schemas/";
  return reference.starts_with(kPrefix) ? reference.substr(kPrefix.size()) : std::string_view();
}

std::string type_html(const Json& schema) {
  return type_within(schema, 0);
}

std::string members_html(const Json& schema) {
  if (schema["properties"].members().empty()) return "";
  const auto& required = schema["required"].items();
  std::string rows;
  for (const auto& [name, member] : schema["properties"].members()) {
    bool must = std::any_of(required.begin(), required.end(),
                            [&](const Json& each) { return each.string() == name; });
    std::string words = escaped(member["description"].string());
    const Json& inner = member["items"].is_object() ? member["items"] : member;
    std::string limits = limits_of(member);
    if (&inner != &member) add(limits, limits_of(inner));
    if (!limits.empty()) words += (words.empty() ? "" : " ") + ("<small>" + limits + "</small>");
    rows += fmt::format("<tr><th scope=\"row\"><code>{}</code>{}</th><td>{}</td><td>{}</td></tr>\n",
                        escaped(name), must ? " <b>required</b>" : "", type_html(member), words);
  }
  return "<table><thead><tr><th scope=\"col\">Member</th><th scope=\"col\">Type</th>"
         "<th scope=\"col\">Meaning</th></tr></thead><tbody>\n" +
         rows + "</tbody></table>\n";
}

}  // namespace serin::app
