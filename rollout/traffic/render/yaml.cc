#include "rollout/traffic/render/yaml.h"

#include <re2/re2.h>

#include <algorithm>
#include <array>

namespace serin::rollout {
namespace {

// Words that some reader of YAML takes for a truth value or null.
constexpr auto kWords = std::to_array<std::string_view>(
    {"true", "false", "yes", "no", "on", "off", "y", "n", "null", "nan", "inf"});

std::string scalar(const Json& value) {
  if (!value.is_string()) return value.dump();
  static const re2::RE2 kPlain("[A-Za-z][A-Za-z0-9_./-]*");
  std::string text(value.string());
  std::string lower = text;
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  if (re2::RE2::FullMatch(text, kPlain) && std::ranges::count(kWords, lower) == 0) return text;
  std::string out;
  append_json_string(out, text);
  return out;
}

void write(const Json& value, std::size_t level, bool begun, std::string& out);

// Behind "key:" or "- ": on the same line, or as a block below it.
void write_value(const Json& value, std::size_t level, bool of_list, std::string& out) {
  bool block = (value.is_object() || value.is_array()) && value.size() > 0;
  if (!block) {
    out += ' ' + scalar(value) + '\n';
  } else if (of_list) {
    out += ' ';
    write(value, level + 1, true, out);
  } else {
    out += '\n';
    write(value, value.is_array() ? level : level + 1, false, out);
  }
}

// `begun`: the first line's indentation is there already.
void write(const Json& value, std::size_t level, bool begun, std::string& out) {
  auto indent = [&] {
    if (!std::exchange(begun, false)) out.append(2 * level, ' ');
  };
  for (const auto& [key, member] : value.members()) {
    indent();
    out += scalar(key) + ':';
    write_value(member, level, false, out);
  }
  for (const Json& item : value.items()) {
    indent();
    out += '-';
    write_value(item, level, true, out);
  }
}

}  // namespace

std::string to_yaml(const Json& value) {
  std::string out;
  if ((value.is_object() || value.is_array()) && value.size() > 0) {
    write(value, 0, false, out);
  } else {
    out = scalar(value) + '\n';
  }
  return out;
}

}  // namespace serin::rollout
