// Names of enumerators: the words that the journal, the API and people see.
//
//   enum class Colour { red, green };
//   constexpr auto names(std::type_identity<Colour>) { return std::array{"red"sv, "green"sv}; }
//   to_string(Colour::green);                      // "green"
//   from_name<Colour>("green");                    // Colour::green; nothing for unknown names
//
// Enumerators count from 0 without gaps, in the order of the names.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>
#include <type_traits>

namespace serin::rollout::machine {

using std::string_view_literals::operator""sv;

template <class E>
concept Named = std::is_enum_v<E> && requires {
  names(std::type_identity<E>{});
};

template <Named E>
constexpr std::string_view to_string(E value) {
  return names(std::type_identity<E>{}).at(static_cast<std::size_t>(value));
}

template <Named E>
constexpr std::optional<E> from_name(std::string_view name) {
  constexpr auto all = names(std::type_identity<E>{});
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (all[i] == name) return static_cast<E>(i);
  }
  return std::nullopt;
}

}  // namespace serin::rollout::machine
