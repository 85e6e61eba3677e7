#include "rollout/ports/json_reader.h"

#include <algorithm>

namespace serin::rollout {
namespace {

const Json kNothing;

bool is_numeric(const Json& json) {
  if (json.is_number()) return true;
  std::string_view text = json.string();
  return text == "NaN" || text == "+Inf" || text == "-Inf";
}

}  // namespace

JsonReader::JsonReader(const Json& json, std::string what) : json_(&json), what_(std::move(what)) {
  if (!json.is_object()) problems_.emplace_back("expected an object");
}

const Json* JsonReader::get(std::string_view key, std::string_view expected,
                            bool (Json::*is)() const) {
  asked_.emplace_back(key);
  if (!json_->is_object()) return nullptr;
  const Json* found = json_->find(key);
  if (found == nullptr) {
    problem(key, "is missing");
    return nullptr;
  }
  if (is != nullptr && !(found->*is)()) {
    problem(key, "expected " + std::string(expected));
    return nullptr;
  }
  return found;
}

std::string JsonReader::text(std::string_view key) {
  const Json* found = get(key, "a string", &Json::is_string);
  return found != nullptr ? std::string(found->string()) : std::string();
}

bool JsonReader::boolean(std::string_view key) {
  const Json* found = get(key, "true or false", &Json::is_bool);
  return found != nullptr && found->boolean();
}

std::int64_t JsonReader::integer(std::string_view key, std::int64_t min, std::int64_t max) {
  const Json* found = get(key, "an integer", &Json::is_integer);
  if (found == nullptr) return 0;
  std::int64_t number = found->integer();
  if (number < min || number > max) {
    problem(key, std::to_string(number) + " is outside " + std::to_string(min) + " to " +
                     std::to_string(max));
    return 0;
  }
  return number;
}

std::uint64_t JsonReader::count(std::string_view key) {
  return static_cast<std::uint64_t>(integer(key, 0));
}

int JsonReader::small_count(std::string_view key) {
  return static_cast<int>(integer(key, 0, std::numeric_limits<int>::max()));
}

double JsonReader::number(std::string_view key) {
  const Json* found = get(key, "", nullptr);
  if (found == nullptr) return 0;
  if (!is_numeric(*found)) {
    problem(key, "expected a number");
    return 0;
  }
  return found->number();
}

Duration JsonReader::duration(std::string_view key) {
  return Duration(integer(key));
}

const Json& JsonReader::value(std::string_view key) {
  const Json* found = get(key, "", nullptr);
  return found != nullptr ? *found : kNothing;
}

const Json& JsonReader::object(std::string_view key) {
  const Json* found = get(key, "an object", &Json::is_object);
  return found != nullptr ? *found : kNothing;
}

const Json& JsonReader::array(std::string_view key) {
  const Json* found = get(key, "an array", &Json::is_array);
  return found != nullptr ? *found : kNothing;
}

void JsonReader::problem(std::string_view key, std::string message) {
  problems_.push_back("'" + std::string(key) + "': " + std::move(message));
}

Status JsonReader::finish() {
  for (const auto& [key, unused] : json_->members()) {
    if (std::ranges::find(asked_, key) == asked_.end()) problem(key, "unknown field");
  }
  if (problems_.empty()) return {};
  std::string message = what_ + ": ";
  for (std::size_t i = 0; i < problems_.size(); ++i) {
    if (i > 0) message += "; ";
    message += problems_[i];
  }
  return fail(Code::invalid_argument, std::move(message));
}

}  // namespace serin::rollout
