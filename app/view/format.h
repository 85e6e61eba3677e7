// The forms in which commands give what they know, as -o names them.
//
//   add_format(command, options.format, {Format::table, Format::json});     // -o json
//   if (is_document(format)) print_document(document, format);
//
// Tables and lines are each command's own.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"

namespace CLI {
class App;
}

namespace serin::app {

enum class Format { table, wide, json, yaml, jsonl, name, markdown, junit };

// Adds -o, --output. The first of `allowed` is the default; `text` stands for `table`.
void add_format(CLI::App& command, Format& format, const std::vector<Format>& allowed);

constexpr bool is_document(Format format) {
  return format == Format::json || format == Format::yaml;
}
// Objects and arrays in block style; what could be read as something else is in double quotes.
std::string to_yaml(const Json& json);
// On stdout: YAML where that is asked for, else JSON on a line.
void print_document(const Json& document, Format format);
// {"items":[…],"next":…}: as a document, one item a line (jsonl), or their ids (name).
void print_page(const Json& page, Format format);
// A line on stdout, seen at once by who reads along.
void print_line(const std::string& line);

}  // namespace serin::app
