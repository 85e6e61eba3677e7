#include "app/api/fields.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "rollout/machine/model/event.h"

namespace serin::app {
namespace {

constexpr std::int64_t kStepMax = 10'000;

}  // namespace

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

int Fields::step(const std::string& name) {
  known_.insert(name);
  const Json* value = body_.find(name);
  if (value == nullptr) return 0;
  if (value->string() == "failed") return rollout::machine::event::Operated::kWhereItEnded;
  bool fits = value->is_integer() && value->integer() >= 1 && value->integer() <= kStepMax;
  if (fits) return static_cast<int>(value->integer());
  wrong(name, "must be a number from 1, or \"failed\"");
  return 0;
}

std::optional<double> Fields::number(const std::string& name, double max) {
  known_.insert(name);
  const Json* value = body_.find(name);
  if (value == nullptr) return std::nullopt;
  double number = value->is_number() ? value->number() : std::nan("");
  if (number > 0 && number <= max) return number;
  wrong(name, fmt::format("must be a number above 0, at most {:g}", max));
  return std::nullopt;
}

std::optional<Duration> Fields::duration(const std::string& name) {
  std::string given = text(name);
  if (given.empty()) return std::nullopt;
  auto duration = parse_duration(given);
  if (duration && *duration > Duration::zero()) return *duration;
  wrong(name, "must be a duration such as 90s");
  return std::nullopt;
}

std::optional<WallTime> Fields::time(const std::string& name) {
  std::string given = text(name);
  if (given.empty()) return std::nullopt;
  auto time = parse_rfc3339(given);
  if (time) return *time;
  wrong(name, "must be a time of RFC 3339");
  return std::nullopt;
}

const Json::Array& Fields::list(const std::string& name, std::size_t max) {
  static const Json::Array kNone;
  known_.insert(name);
  const Json* value = body_.find(name);
  if (value == nullptr) return kNone;
  if (value->is_array() && value->size() <= max) return value->items();
  wrong(name, fmt::format("must be a list of at most {}", max));
  return kNone;
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

// What is said first of a member is why; the rest follows from it.
void Fields::wrong(const std::string& name, std::string why) {
  std::string pointer = "/" + name;
  if (std::ranges::find(errors_, pointer, &ProblemError::pointer) != errors_.end()) return;
  errors_.push_back({.pointer = std::move(pointer), .detail = std::move(why)});
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
