// Keeps the state of a judge as JSON and reads it back: each class lists its fields once.
//
//   template <class Self, class Visit>
//   static void fields(Self& self, Visit& visit) { visit("polls", self.polls_); … }
//
//   Json json = save_fields(state);
//   Status read = load_fields(json, state);     // data_loss, naming the field
//
// Fields are numbers, booleans, texts, enums, arrays and vectors of those, and classes with
// fields().
#pragma once

#include <array>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/json.h"

namespace serin::analysis::sequential {

// No state holds a longer list; a longer one in JSON is damage.
inline constexpr std::size_t kStateListMax = 4096;

template <class T>
Json save_fields(const T& value);
template <class T>
Status load_fields(const Json& json, T& value);

namespace detail {

template <class T>
concept HasFields = requires(T& value, void (*visit)(...)) {
  T::fields(value, visit);
};

template <class T>
struct IsArray : std::false_type {};
template <class T, std::size_t n>
struct IsArray<std::array<T, n>> : std::true_type {};
template <class T>
struct IsVector : std::false_type {};
template <class T>
struct IsVector<std::vector<T>> : std::true_type {};

struct Writer {
  Json json = Json::object();
  template <class T>
  void operator()(std::string_view name, const T& value) {
    json.set(name, save_fields(value));
  }
};

struct Reader {
  const Json& json;
  Status status{};
  template <class T>
  void operator()(std::string_view name, T& value) {
    if (!status) return;
    const Json* member = json.find(name);
    if (member == nullptr) {
      status = fail(Code::data_loss, "missing field '" + std::string(name) + "'");
    } else if (Status read = load_fields(*member, value); !read) {
      status = std::unexpected(std::move(read).error().with(std::string(name)));
    }
  }
};

inline std::unexpected<Error> wrong(std::string_view expected) {
  return fail(Code::data_loss, "not " + std::string(expected));
}

}  // namespace detail

template <class T>
Json save_fields(const T& value) {
  if constexpr (std::is_same_v<T, bool> || std::is_same_v<T, std::string>) {
    return Json(value);
  } else if constexpr (std::is_enum_v<T>) {
    return Json(static_cast<int>(value));
  } else if constexpr (std::is_arithmetic_v<T>) {
    return Json(value);
  } else if constexpr (detail::IsArray<T>::value || detail::IsVector<T>::value) {
    Json array = Json::array();
    for (const auto& item : value) array.push(save_fields(item));
    return array;
  } else {
    detail::Writer writer;
    T::fields(value, writer);
    return std::move(writer.json);
  }
}

template <class T>
Status load_fields(const Json& json, T& value) {
  if constexpr (std::is_same_v<T, bool>) {
    if (!json.is_bool()) return detail::wrong("a boolean");
    value = json.boolean();
  } else if constexpr (std::is_same_v<T, std::string>) {
    if (!json.is_string()) return detail::wrong("a text");
    value = json.string();
  } else if constexpr (std::is_enum_v<T>) {
    if (!json.is_integer()) return detail::wrong("an integer");
    value = static_cast<T>(json.integer());
  } else if constexpr (std::is_integral_v<T>) {
    if (!json.is_integer() || !std::in_range<T>(json.integer())) return detail::wrong("an integer");
    value = static_cast<T>(json.integer());
  } else if constexpr (std::is_floating_point_v<T>) {
    if (!json.is_number() && !json.is_string()) return detail::wrong("a number");
    value = json.number();
  } else if constexpr (detail::IsArray<T>::value) {
    if (json.size() != value.size()) return detail::wrong("a list of that length");
    for (std::size_t i = 0; i < value.size(); ++i) {
      SERIN_CHECK(load_fields(json.at(i), value[i]));
    }
  } else if constexpr (detail::IsVector<T>::value) {
    if (!json.is_array() || json.size() > kStateListMax) return detail::wrong("a bounded list");
    value.resize(json.size());
    for (std::size_t i = 0; i < value.size(); ++i) {
      SERIN_CHECK(load_fields(json.at(i), value[i]));
    }
  } else {
    if (!json.is_object()) return detail::wrong("an object");
    detail::Reader reader{json};
    T::fields(value, reader);
    return reader.status;
  }
  return {};
}

}  // namespace serin::analysis::sequential
