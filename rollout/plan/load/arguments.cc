#include "rollout/plan/load/arguments.h"

#include <fmt/format.h>

#include <charconv>

#include "rollout/plan/read.h"

namespace serin::rollout {
namespace {

// "a.b[0].c" as its parts; points and brackets separate.
std::vector<std::string_view> sections_of(std::string_view path) {
  constexpr std::string_view kSeparators = ".[]";
  std::vector<std::string_view> sections;
  while (!path.empty()) {
    std::size_t end = path.find_first_of(kSeparators);
    if (end != 0) sections.push_back(path.substr(0, end));
    path.remove_prefix(end == std::string_view::npos ? path.size() : end + 1);
  }
  return sections;
}

Result<const Json*> element(const Json& list, std::string_view section) {
  std::size_t index = 0;
  auto [end, error] = std::from_chars(section.data(), section.data() + section.size(), index);
  if (error != std::errc() || end != section.data() + section.size()) {
    return fail(Code::invalid_argument, fmt::format("invalid index '{}'", section));
  }
  if (index >= list.size()) {
    return fail(Code::invalid_argument, fmt::format("index {} out of range", index));
  }
  return &list.at(index);
}

// `metadata.labels['a.b/c']`: the name in quotes is not split.
const Json* subscript(const Json& rollout, std::string_view path) {
  for (std::string_view map : {"labels", "annotations"}) {
    std::string start = fmt::format("metadata.{}['", map);
    if (!path.starts_with(start) || !path.ends_with("']")) continue;
    path.remove_prefix(start.size());
    path.remove_suffix(2);
    return &rollout["metadata"][map][path];
  }
  return nullptr;
}

std::string text_of(const Json& value) {
  return value.is_string() ? std::string(value.string()) : value.dump();
}

}  // namespace

Result<std::string> value_at(const Json& rollout, std::string_view path) {
  if (const Json* found = subscript(rollout, path))
    return text_of(found->is_null() ? Json("") : *found);
  const Json* value = &rollout;
  for (std::string_view section : sections_of(path)) {
    if (value->is_array()) {
      SERIN_TRY(next, element(*value, section));
      value = next;
    } else if (value->is_object()) {
      value = &(*value)[section];
    } else {
      return fail(Code::invalid_argument, fmt::format("invalid path {} in rollout", path));
    }
  }
  if (value->is_null()) {
    return fail(Code::invalid_argument, fmt::format("invalid path {} in rollout", path));
  }
  if (value->is_array() || value->is_object()) {
    return fail(Code::invalid_argument,
                fmt::format("path {} in rollout must terminate in a primitive value", path));
  }
  return text_of(*value);
}

Result<std::vector<analysis::Argument>> look_up(const std::vector<analysis::Argument>& args,
                                                const Rollout& rollout, std::string_view canary,
                                                std::string_view stable) {
  std::vector<analysis::Argument> found;
  for (const analysis::Argument& argument : args) {
    analysis::Argument value = argument;
    if (argument.value_from && !argument.value) {
      const analysis::ValueFrom& from = *argument.value_from;
      if (from.pod_template_hash_value == "Latest") {
        value.value = std::string(canary);
      } else if (from.pod_template_hash_value == "Stable") {
        value.value = std::string(stable);
      } else if (!from.field_ref.empty()) {
        SERIN_TRY(text, value_at(to_json(rollout), from.field_ref));
        value.value = text;
      }
      if (value.value) value.value_from.reset();
    }
    found.push_back(std::move(value));
  }
  return found;
}

}  // namespace serin::rollout
