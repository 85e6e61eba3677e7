// The rules of templates and metrics that lint names. Codes are unique over the program.
#pragma once

#include <array>

#include "base/config/diagnostic.h"

namespace serin::analysis {

using config::Rule;

inline constexpr Rule kBadName{"E010", "A name that can't be"};
inline constexpr Rule kReference{"E011", "A template that does not exist"};
inline constexpr Rule kNotYet{"E013", "A feature that this version does not support yet"};
inline constexpr Rule kCondition{"E014", "A condition that can't be evaluated"};
inline constexpr Rule kDuplicateName{"E015", "A name that is taken"};
inline constexpr Rule kArgument{"E016", "An argument that nobody supplies"};
inline constexpr Rule kMetric{"E017", "A metric whose fields do not fit together"};
inline constexpr Rule kSelector{"E018", "A selector that can't be asked"};
inline constexpr Rule kMerge{"E019", "Templates that can't be merged"};

inline constexpr Rule kErrorsEndRun{"W010", "Provider errors end the run and the rollout"};
inline constexpr Rule kNanPasses{"W011", "NaN counts as success"};
inline constexpr Rule kNoData{"W012", "No data is an error that ends the run"};
inline constexpr Rule kNoCondition{"W013", "A metric that always succeeds"};
inline constexpr Rule kNotANumber{"W014", "A limit that is no number counts as 0"};
inline constexpr Rule kGlob{"W015", "A regular expression that looks like a file pattern"};
inline constexpr Rule kUnusedArgument{"W016", "An argument that the template does not have"};
inline constexpr Rule kUndeclaredArgument{"W017", "A placeholder that nothing fills"};
inline constexpr Rule kBadCondition{"W018", "A condition that makes every measurement an error"};
inline constexpr Rule kNanFails{"W019", "NaN counts as a failure"};
inline constexpr Rule kOnlyRead{"W029", "Something that is read and not carried out"};
inline constexpr Rule kNewSeries{"W031", "A rate that misses a series' first increments"};
inline constexpr Rule kLatencyOfFailures{"W032", "Latency that counts failed requests"};
inline constexpr Rule kShortWindow{"W033", "A rate over less than two scrapes"};
inline constexpr Rule kNeverTrue{"W034", "A condition that is never true"};
inline constexpr Rule kAlwaysTrue{"W035", "A condition that is always true"};
inline constexpr Rule kNeverFails{"W036", "A limit that no count can exceed"};
inline constexpr Rule kRuleWithoutMetric{"W037", "A rule that means no metric"};

inline constexpr std::array kTemplateRules{kBadName,
                                           kReference,
                                           kNotYet,
                                           kCondition,
                                           kDuplicateName,
                                           kArgument,
                                           kMetric,
                                           kSelector,
                                           kMerge,
                                           kErrorsEndRun,
                                           kNanPasses,
                                           kNoData,
                                           kNoCondition,
                                           kNotANumber,
                                           kGlob,
                                           kUnusedArgument,
                                           kUndeclaredArgument,
                                           kBadCondition,
                                           kNanFails,
                                           kOnlyRead,
                                           kNewSeries,
                                           kLatencyOfFailures,
                                           kShortWindow,
                                           kNeverTrue,
                                           kAlwaysTrue,
                                           kNeverFails,
                                           kRuleWithoutMetric};

}  // namespace serin::analysis
