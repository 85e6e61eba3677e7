#include "analysis/conditions/values/value.h"

#include <algorithm>
#include <type_traits>
#include <utility>

#include "analysis/conditions/dates/layout.h"
#include "analysis/conditions/text/base64.h"
#include "analysis/conditions/values/format.h"
#include "analysis/conditions/values/map.h"
#include "base/assert.h"

namespace serin::analysis::conditions {

struct Value::Object {
  Object() = default;
  Object(const Object&) = delete;
  Object& operator=(const Object&) = delete;
  virtual ~Object() = default;
  std::uint32_t depth = 0;
};

template <class T>
struct Value::Holder : Value::Object {
  explicit Holder(T c) : content(std::move(c)) {}
  T content;
};

template <class T>
const T& Value::held() const {
  SERIN_ASSERT(object_ != nullptr);
  return static_cast<const Holder<T>&>(*object_).content;
}

template <class T>
Value Value::hold(Kind kind, T content) {
  std::uint32_t depth = 0;
  if constexpr (std::is_same_v<T, std::vector<Value>>) {
    for (const Value& element : content) depth = std::max(depth, element.depth());
  } else if constexpr (std::is_same_v<T, Map>) {
    for (const auto& [key, value] : content.entries()) {
      depth = std::max({depth, key.depth(), value.depth()});
    }
  } else if constexpr (std::is_same_v<T, BoundMethod>) {
    depth = content.receiver.depth();
  }
  auto holder = std::make_shared<Holder<T>>(std::move(content));
  holder->depth = depth + 1;
  Value value;
  value.kind_ = kind;
  value.object_ = std::move(holder);
  return value;
}

std::uint32_t Value::depth() const {
  return object_ == nullptr ? 0 : object_->depth;
}

namespace {

bool is_held_array(Kind kind) {
  return kind == Kind::array || kind == Kind::pairs || kind == Kind::pair;
}

}  // namespace

Value Value::boolean(bool value) {
  Value made;
  made.kind_ = Kind::boolean;
  made.truth_ = value;
  return made;
}

Value Value::whole(Kind kind, std::int64_t value) {
  SERIN_ASSERT(is_whole(kind) || kind == Kind::month || kind == Kind::weekday ||
               kind == Kind::duration);
  Value made;
  made.kind_ = kind;
  made.whole_ = value;
  return made;
}

Value Value::real(double value) {
  Value made;
  made.kind_ = Kind::real;
  made.real_ = value;
  return made;
}

Value Value::text(std::string value) {
  return hold(Kind::text, std::move(value));
}
Value Value::bytes(std::string value) {
  return hold(Kind::bytes, std::move(value));
}
Value Value::array(std::vector<Value> elements) {
  return hold(Kind::array, std::move(elements));
}
Value Value::pairs(std::vector<Value> elements) {
  return hold(Kind::pairs, std::move(elements));
}
Value Value::reals(std::vector<double> elements) {
  return hold(Kind::reals, std::move(elements));
}
Value Value::texts(std::vector<std::string> elements) {
  return hold(Kind::texts, std::move(elements));
}
Value Value::integers(std::vector<std::int64_t> elements) {
  return hold(Kind::integers, std::move(elements));
}
Value Value::pair(Value first, Value second) {
  std::vector<Value> both;
  both.push_back(std::move(first));
  both.push_back(std::move(second));
  return hold(Kind::pair, std::move(both));
}
Value Value::map(Kind kind, Map entries) {
  SERIN_ASSERT(is_map(kind));
  return hold(kind, std::move(entries));
}
Value Value::time(Moment moment) {
  return hold(Kind::time, std::move(moment));
}
Value Value::zone(std::shared_ptr<const Zone> zone) {
  SERIN_ASSERT(zone != nullptr);
  return hold(Kind::zone, std::move(zone));
}
Value Value::function(std::string name) {
  return hold(Kind::function, BoundMethod{Value(), std::move(name)});
}
Value Value::method(Value receiver, std::string name) {
  return hold(Kind::function, BoundMethod{std::move(receiver), std::move(name)});
}

Value Value::nil_array(Kind kind) {
  SERIN_ASSERT(is_array(kind) && kind != Kind::pair);
  Value made;
  made.kind_ = kind;
  return made;
}

bool Value::holds_nothing() const {
  return kind_ == Kind::nil || (is_array(kind_) && object_ == nullptr);
}

bool Value::as_boolean() const {
  SERIN_ASSERT(kind_ == Kind::boolean);
  return truth_;
}

std::int64_t Value::as_whole() const {
  SERIN_ASSERT(is_whole(kind_) || kind_ == Kind::month || kind_ == Kind::weekday ||
               kind_ == Kind::duration);
  return whole_;
}

double Value::as_real() const {
  SERIN_ASSERT(kind_ == Kind::real);
  return real_;
}

double Value::as_number() const {
  return kind_ == Kind::real ? real_ : static_cast<double>(as_whole());
}

std::string_view Value::as_text() const {
  SERIN_ASSERT(kind_ == Kind::text || kind_ == Kind::bytes);
  return held<std::string>();
}

const Map& Value::as_map() const {
  SERIN_ASSERT(is_map(kind_));
  return held<Map>();
}

const Moment& Value::as_time() const {
  SERIN_ASSERT(kind_ == Kind::time);
  return held<Moment>();
}

const std::shared_ptr<const Zone>& Value::as_zone() const {
  SERIN_ASSERT(kind_ == Kind::zone || kind_ == Kind::zone_value);
  return held<std::shared_ptr<const Zone>>();
}

const std::string& Value::as_function() const {
  SERIN_ASSERT(kind_ == Kind::function);
  return held<BoundMethod>().name;
}

const BoundMethod* Value::as_method() const {
  SERIN_ASSERT(kind_ == Kind::function);
  const auto& method = held<BoundMethod>();
  return method.receiver.is_nil() ? nullptr : &method;
}

std::span<const Value> Value::as_array() const {
  SERIN_ASSERT(is_held_array(kind_));
  if (object_ == nullptr) return {};
  return held<std::vector<Value>>();
}

std::span<const double> Value::as_reals() const {
  SERIN_ASSERT(kind_ == Kind::reals);
  if (object_ == nullptr) return {};
  return held<std::vector<double>>();
}

std::span<const std::int64_t> Value::as_integers() const {
  SERIN_ASSERT(kind_ == Kind::integers);
  if (object_ == nullptr) return {};
  return held<std::vector<std::int64_t>>();
}

std::span<const std::string> Value::as_texts() const {
  SERIN_ASSERT(kind_ == Kind::texts);
  if (object_ == nullptr) return {};
  return held<std::vector<std::string>>();
}

std::size_t Value::size() const {
  if (is_map(kind_)) return as_map().size();
  SERIN_ASSERT(is_array(kind_));
  if (object_ == nullptr) return 0;
  switch (kind_) {
    case Kind::bytes:
      return as_text().size();
    case Kind::reals:
      return as_reals().size();
    case Kind::integers:
      return as_integers().size();
    case Kind::texts:
      return as_texts().size();
    default:
      return as_array().size();
  }
}

Value Value::at(std::size_t index) const {
  SERIN_ASSERT(is_array(kind_) && index < size());
  switch (kind_) {
    case Kind::bytes:
      return whole(Kind::byte, static_cast<unsigned char>(as_text()[index]));
    case Kind::reals:
      return real(as_reals()[index]);
    case Kind::integers:
      return integer(as_integers()[index]);
    case Kind::texts:
      return text(as_texts()[index]);
    default:
      return as_array()[index];
  }
}

bool Value::same_object(const Value& other) const {
  return kind_ == other.kind_ && object_ == other.object_;
}

Value Value::from_json(const Json& json) {
  switch (json.kind()) {
    case Json::Kind::null:
      return {};
    case Json::Kind::boolean:
      return boolean(json.boolean());
    case Json::Kind::integer:
    case Json::Kind::real:
      return real(json.number());
    case Json::Kind::string:
      return text(std::string(json.string()));
    case Json::Kind::array: {
      std::vector<Value> elements;
      elements.reserve(json.size());
      for (const Json& item : json.items()) elements.push_back(from_json(item));
      return array(std::move(elements));
    }
    case Json::Kind::object: {
      Map entries;
      for (const Json::Member& member : json.members()) {
        entries.set(text(member.first), from_json(member.second));
      }
      return map(Kind::map, std::move(entries));
    }
  }
  return {};
}

Value Value::from_answer(const queries::Answer& answer) {
  switch (answer.type) {
    case queries::AnswerType::json:
      return from_json(answer.json);
    case queries::AnswerType::string:
      return text(std::string(answer.json.string()));
    case queries::AnswerType::scalar:
      if (answer.series.empty() || answer.series[0].samples.empty()) return {};
      return real(answer.series[0].samples.back().value);
    case queries::AnswerType::vector:
    case queries::AnswerType::matrix:
      break;
  }
  std::vector<double> numbers;
  for (const queries::Series& series : answer.series) {
    for (const queries::Sample& sample : series.samples) numbers.push_back(sample.value);
  }
  return reals(std::move(numbers));
}

Json Value::to_json() const {
  switch (kind_) {
    case Kind::boolean:
      return truth_;
    case Kind::integer:
    case Kind::integer64:
    case Kind::byte:
    case Kind::month:
    case Kind::weekday:
    case Kind::duration:
      return whole_;
    case Kind::real:
      return real_;
    case Kind::text:
      return as_text();
    case Kind::bytes:
      return encode_base64(object_ == nullptr ? std::string_view() : as_text());
    case Kind::time:
      return format_time(as_time(), kRfc3339Nano);
    case Kind::zone:
    case Kind::zone_value:
      return as_zone()->name();
    case Kind::function:
      return "func";
    default:
      break;
  }
  if (is_map(kind_)) {
    Json object = Json::object();
    for (const auto& [key, value] : as_map().entries()) {
      Budget budget;
      object.set(show(key, budget), value.to_json());
    }
    return object;
  }
  if (!is_array(kind_)) return {};
  Json array = Json::array();
  for (std::size_t i = 0; i < size(); ++i) array.push(at(i).to_json());
  return array;
}

}  // namespace serin::analysis::conditions
