#include "app/view/format.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <map>

#include "app/view/output.h"

namespace serin::app {
namespace {

const std::map<Format, const char*> kNames = {{Format::table, "table"}, {Format::wide, "wide"},
                                              {Format::json, "json"},   {Format::yaml, "yaml"},
                                              {Format::jsonl, "jsonl"}, {Format::name, "name"},
                                              {Format::markdown, "md"}, {Format::junit, "junit"}};

// Takes one of the words, in any case, as the enumerator that it stands for. CLI11's own would tell
// a person the enumerators' numbers.
template <class Enum>
CLI::Validator one_of(std::map<std::string, Enum> words, const std::string& help) {
  auto take = [words = std::move(words), help](std::string& text) -> std::string {
    auto found = words.find(CLI::detail::to_lower(text));
    if (found == words.end()) return "expected " + help + ", got '" + text + "'";
    text = std::to_string(static_cast<int>(found->second));
    return {};
  };
  return CLI::Validator(std::move(take), "");
}

bool needs_quotes(std::string_view text) {
  return text.empty() || text.find_first_of(":#{}[]&*!|>'\"%@`,\n") != std::string_view::npos ||
         text.front() == '-' || text.front() == ' ' || text.back() == ' ' || text == "true" ||
         text == "false" || text == "null" || text == "~" || text == "yes" || text == "no" ||
         (text.find_first_not_of("0123456789.+-eE_xobXOB") == std::string_view::npos);
}

void add_yaml(std::string& out, const Json& json, int level) {
  const std::string indent(static_cast<std::size_t>(level) * 2, ' ');
  auto scalar = [](const Json& value) {
    bool plain = value.is_string() && !needs_quotes(value.string());
    return plain ? std::string(value.string()) : value.dump();
  };
  auto is_block = [](const Json& value) {
    return (value.is_object() || value.is_array()) && value.size() > 0;
  };
  for (const auto& [name, value] : json.members()) {
    out += indent + (needs_quotes(name) ? Json(name).dump() : name) + ":";
    if (!is_block(value)) {
      out += " " + scalar(value) + "\n";
      continue;
    }
    out += "\n";
    add_yaml(out, value, level + 1);
  }
  for (const Json& value : json.items()) {
    if (!is_block(value)) {
      out += indent + "- " + scalar(value) + "\n";
      continue;
    }
    std::string inner;
    add_yaml(inner, value, level + 1);
    // The first line of the element stands beside its dash.
    out += indent + "- " + inner.substr(indent.size() + 2);
  }
}

}  // namespace

void add_format(CLI::App& command, Format& format, const std::vector<Format>& allowed) {
  std::map<std::string, Format> words;
  std::string help;
  for (Format each : allowed) {
    bool last = each == allowed.back();
    help += (help.empty() ? "" : last ? " or " : ", ") + std::string(kNames.at(each));
    words.emplace(kNames.at(each), each);
    if (each == Format::table) words.emplace("text", each);
  }
  format = allowed.front();
  command.add_option("-o,--output", format, help)
      ->transform(one_of(std::move(words), help))
      ->default_str(kNames.at(allowed.front()))
      ->type_name("FORMAT");
}

void add_output(CLI::App& command, Output& output, bool has_junit) {
  std::map<std::string, Output> outputs = {{"text", Output::text}, {"json", Output::json}};
  if (has_junit) outputs.emplace("junit", Output::junit);
  const std::string help = has_junit ? "text, json or junit" : "text or json";
  command.add_option("-o,--output", output, help)
      ->transform(one_of(std::move(outputs), help))
      ->default_str("text")
      ->type_name("FORMAT");
}

std::string to_yaml(const Json& json) {
  std::string text;
  add_yaml(text, json, 0);
  if (text.empty()) text = json.dump() + "\n";
  return text;
}

void print_line(const std::string& line) {
  std::puts(line.c_str());
  std::fflush(stdout);
}

void print_document(const Json& document, Format format) {
  if (format == Format::yaml) {
    std::fputs(to_yaml(document).c_str(), stdout);
  } else {
    print_line(document.dump());
  }
}

void print_page(const Json& page, Format format) {
  if (is_document(format)) return print_document(page, format);
  for (const Json& item : page["items"].items())
    print_line(format == Format::name ? std::string(item["id"].string()) : item.dump());
}

}  // namespace serin::app
