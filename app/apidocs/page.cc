#include "app/apidocs/page.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "app/apidocs/schema.h"
#include "app/view/markup.h"

namespace serin::app {
namespace {

constexpr std::array<const char*, 5> kMethods = {"get", "post", "put", "patch", "delete"};

constexpr std::string_view kStyle = R"css(:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 0 auto; padding: 0 1rem 4rem; }
h2 { margin-top: 2.5rem; border-bottom: 1px solid; }
table { border-collapse: collapse; width: 100%; margin: .5rem 0; }
th, td { text-align: left; vertical-align: top; padding: .25rem .75rem .25rem 0; border-bottom: 1px solid #8886; overflow-wrap: anywhere; }
th { font-weight: normal; }
thead th { font-weight: bold; }
code, pre { font: .9em/1.4 ui-monospace, monospace; }
pre { padding: .75rem; border: 1px solid #8886; overflow-x: auto; }
details { border: 1px solid #8886; border-radius: .25rem; margin: .5rem 0; padding: 0 .75rem; }
summary { padding: .5rem 0; cursor: pointer; }
details:target, section:target { outline: 2px solid #0072b2; }
.method { display: inline-block; min-width: 4.5rem; font-weight: bold; }
.role { float: right; }
nav ul { columns: 3 14rem; }
small { opacity: .85; }
@media print { details { border: 0; } }
)css";

// What the document says under "#/components/KIND/NAME", where `node` is such a reference.
const Json& resolved(const Json& openapi, const Json& node) {
  std::string_view reference = node["$ref"].string();
  if (!reference.starts_with("#/")) return node;
  const Json* at = &openapi;
  for (reference.remove_prefix(1); !reference.empty();) {
    reference.remove_prefix(1);
    std::size_t end = std::min(reference.find('/'), reference.size());
    at = &(*at)[reference.substr(0, end)];
    reference.remove_prefix(end);
  }
  return *at;
}

std::string example_html(const Json& example) {
  if (example.is_null()) return "";
  std::string text = example.is_string() ? std::string(example.string()) : example.dump(2);
  return "<pre>" + escaped(text) + "</pre>\n";
}

// Of a body or an answer: each type with its schema and example.
std::string content_html(const Json& openapi, const Json& content) {
  std::string html;
  for (const auto& [type, media] : content.members()) {
    const Json& schema = media["schema"];
    html += fmt::format("<p><code>{}</code>: {}</p>\n", escaped(type), type_html(schema));
    if (!schema.contains("$ref")) html += members_html(schema);
    html += example_html(media.contains("example") ? media["example"]
                                                   : resolved(openapi, schema)["example"]);
  }
  return html;
}

std::string parameters_html(const Json& openapi, const Json& operation) {
  std::string rows;
  for (const Json& given : operation["parameters"].items()) {
    const Json& one = resolved(openapi, given);
    std::string words = escaped(one["description"].string());
    for (const Json& value : one["schema"]["enum"].items())
      words += " <code>" + escaped(value.string()) + "</code>";
    if (one.contains("example")) {
      const Json& example = one["example"];
      words += " <small>e.g. <code>" +
               escaped(example.is_string() ? example.string() : example.dump()) + "</code></small>";
    }
    rows += fmt::format(
        "<tr><th scope=\"row\"><code>{}</code>{}</th><td>{}</td><td>{}</td><td>{}</td></tr>\n",
        escaped(one["name"].string()), one["required"].boolean() ? " <b>required</b>" : "",
        escaped(one["in"].string()), type_html(one["schema"]), words);
  }
  if (rows.empty()) return "";
  return "<h4>Parameters</h4>\n<table><thead><tr><th scope=\"col\">Name</th>"
         "<th scope=\"col\">In</th><th scope=\"col\">Type</th><th scope=\"col\">Meaning</th></tr>"
         "</thead><tbody>\n" +
         rows + "</tbody></table>\n";
}

std::string answers_html(const Json& openapi, const Json& operation) {
  std::string html = "<h4>Answers</h4>\n";
  std::string problems;
  for (const auto& [status, given] : operation["responses"].members()) {
    const Json& one = resolved(openapi, given);
    if (one["content"].contains("application/problem+json")) {
      problems += (problems.empty() ? "" : ", ") + escaped(status);
      continue;
    }
    html += fmt::format("<p><b>{}</b> {}</p>\n", escaped(status),
                        escaped(one["description"].string())) +
            content_html(openapi, one["content"]);
  }
  if (!problems.empty())
    html += fmt::format("<p><b>{}</b> <a href=\"#s-Problem\">Problem</a></p>\n", problems);
  return html;
}

std::string operation_html(const Json& openapi, const std::string& path, const char* method,
                           const Json& operation) {
  std::string_view role = operation["x-role"].string();
  std::string upper(method);
  for (char& c : upper) c = static_cast<char>(c - 'a' + 'A');
  std::string html = fmt::format(
      "<details id=\"o-{}\"><summary><span class=\"role\">{}</span>"
      "<span class=\"method\">{}</span> <code>{}</code> – {}</summary>\n",
      escaped(operation["operationId"].string()),
      role == "none" ? "everybody" : "role " + escaped(role), upper, escaped(path),
      escaped(operation["summary"].string()));
  if (operation["description"].is_string())
    html += "<p>" + escaped(operation["description"].string()) + "</p>\n";
  html += parameters_html(openapi, operation);
  if (operation["requestBody"].is_object()) {
    html += "<h4>Body</h4>\n" +
            content_html(openapi, resolved(openapi, operation["requestBody"])["content"]);
  }
  return html + answers_html(openapi, operation) + "</details>\n";
}

// Operations by their tag, in the document's order.
std::vector<std::pair<std::string, std::string>> groups_of(const Json& openapi) {
  std::vector<std::pair<std::string, std::string>> groups;
  for (const auto& [path, item] : openapi["paths"].members()) {
    for (const char* method : kMethods) {
      const Json& operation = item[method];
      if (!operation.is_object()) continue;
      std::string tag = operation["tags"].size() > 0 ? std::string(operation["tags"].at(0).string())
                                                     : std::string("service");
      auto group = std::find_if(groups.begin(), groups.end(),
                                [&](const auto& each) { return each.first == tag; });
      if (group == groups.end()) group = groups.insert(groups.end(), {tag, ""});
      group->second += operation_html(openapi, path, method, operation);
    }
  }
  return groups;
}

}  // namespace

std::string_view api_page_style() {
  return kStyle;
}

std::string api_page(const Json& openapi, std::string_view version) {
  std::string links;
  std::string body;
  for (const auto& [tag, operations] : groups_of(openapi)) {
    links += fmt::format("<li><a href=\"#t-{0}\">{0}</a></li>\n", escaped(tag));
    body += fmt::format("<h2 id=\"t-{0}\">{0}</h2>\n", escaped(tag)) + operations;
  }
  std::string schemas;
  for (const auto& [name, schema] : openapi["components"]["schemas"].members()) {
    std::string members = members_html(schema);
    if (members.empty()) members = "<p>" + type_html(schema) + "</p>\n";
    schemas += fmt::format("<section id=\"s-{0}\"><h3>{0}</h3>\n", escaped(name));
    if (schema["description"].is_string())
      schemas += "<p>" + escaped(schema["description"].string()) + "</p>\n";
    schemas += members + example_html(schema["example"]) + "</section>\n";
  }
  return fmt::format(
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<title>The API of serin</title>\n<link rel=\"stylesheet\" href=\"/api/docs.css\">\n"
      "</head><body>\n<header><h1>The API of serin</h1>\n<p>serin {}. {}</p>\n"
      "<p>The same for programs: <a href=\"/api/v1/openapi.json\">openapi.json</a>.</p></header>\n"
      "<nav aria-label=\"Groups\"><ul>\n{}<li><a href=\"#schemas\">schemas</a></li>\n</ul></nav>\n"
      "<main>\n{}<h2 id=\"schemas\">schemas</h2>\n{}</main>\n</body></html>\n",
      escaped(version), escaped(openapi["info"]["description"].string()), links, body, schemas);
}

}  // namespace serin::app
