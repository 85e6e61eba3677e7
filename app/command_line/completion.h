// What a shell offers at the tab key.
//
//   complete({"ab"})                       // abort
//   complete({"get", "shop", "-o", "j"})   // json
//   complete({"get", ""})                  // names of rollouts and releases
//
// Commands, options and the words that an option takes come from the command line's own
// description; names from the server or the journal that the words so far point to, where it
// answers at once. For files there is nothing: shells know them better.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"

namespace serin::app {

inline constexpr const char* kAbout =
    "serin decides from live metrics whether a new version may take more traffic, and acts on it.";

// The hidden command that shells call.
inline constexpr std::string_view kCompleteCommand = "complete";
// So long a server may take; then there are no names.
inline constexpr Duration kNamesPatience = std::chrono::milliseconds(300);

struct Candidate {
  std::string word;
  std::string help{};  // "": none
};

// `words` without `serin`, the one at the cursor last.
std::vector<Candidate> complete(const std::vector<std::string>& words);

}  // namespace serin::app
