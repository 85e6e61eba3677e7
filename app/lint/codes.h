// What only a server can tell: rules that `serin lint --online` names.
#pragma once

#include <array>

#include "base/config/diagnostic.h"

namespace serin::app {

using config::Rule;

inline constexpr Rule kUnreachable{"E040", "A server that does not answer"};
inline constexpr Rule kRefused{"E041", "A query that the server refuses"};
inline constexpr Rule kNotJudged{"E042", "A condition that the answer can't be asked of"};
inline constexpr Rule kNothingFound{"W040", "A query that finds nothing now"};
inline constexpr Rule kVersionMissing{"W041", "A version without series"};
inline constexpr Rule kNotAsked{"W042", "A metric that was not asked"};

inline constexpr std::array kOnlineRules{kUnreachable,  kRefused,        kNotJudged,
                                         kNothingFound, kVersionMissing, kNotAsked};

}  // namespace serin::app
