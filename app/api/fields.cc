#include "app/api/fields.h"

#include <fmt/format.h>

#include <cmath>
#include <utility>

namespace serin::app {

std::string Fields::text(const std::string& name, std::size_t max) {
  known_.insert(name);
  const Json* value = body_.find(name);
  if (value == nullptr) return "";
  if (!value->is_string()) {
    wrong(name, "must be a text");
  } else if (value->string().size() > max) {
    wrong(name, fmt::format("has more than {} characters", max));
  } else {
    return std::string(value->string());
  }
  return "";
}

bool Fields::flag(const std::string& name) {
  known_.insert(name);
  const Json* value = body_.find(name);
  if (value != nullptr && !value->is_bool()) wrong(name, "must be true or false");
  return value != nullptr && value->boolean();
}

std::optional<double> Fields::percent(const std::string& name) {
  known_.insert(name);
  const Json* value = body_.find(name);
  if (value == nullptr) return std::nullopt;
  double number = value->is_number() ? value->number() : std::nan("");
  if (number >= 0 && number <= 100) return number;
  wrong(name, "must be a number from 0 to 100");
  return std::nullopt;
}

std::map<std::string, std::string> Fields::texts(const std::string& name) {
  known_.insert(name);
  std::map<std::string, std::string> out;
  const Json* value = body_.find(name);
  if (value == nullptr) return out;
  if (!value->is_object()) wrong(name, "must be an object of texts");
  for (const auto& [key, each] : value->members()) {
    if (each.is_string()) {
      out[key] = each.string();
    } else {
      wrong(name + "/" + key, "must be a text");
    }
  }
  return out;
}

void Fields::wrong(const std::string& name, std::string why) {
  errors_.push_back({.pointer = "/" + name, .detail = std::move(why)});
}

bool Fields::refuse(Call& call) {
  for (const auto& [name, value] : body_.members()) {
    if (!known_.contains(name)) wrong(name, "is not a member of this request");
  }
  if (errors_.empty()) return false;
  call.refuse({.kind = kInvalid,
               .detail = fmt::format("{}: {}", errors_.front().pointer, errors_.front().detail),
               .errors = errors_});
  return true;
}

}  // namespace serin::app
