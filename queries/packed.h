// Answers as the journal keeps them: what to_json() gives at about a third of the size, and as one
// text in place of a tree of values.
//
//   Json kept = to_packed_json(answer);       // {"type":"matrix","packed":"…"}
//   Result<Answer> back = answer_from_json(kept);
//
// The text holds the series one after the other, each as its labels, `|`, its samples and `;`:
//
//   __name__=up,pod=a,|1700000000000:1 10000:1 ;,pod=b,|200:1 10000:0 ;
//
// A label is `name=value` and ends with `,`; nothing stands before the `,` where it is the label at
// the same place of the series before. A sample is `time:value` and ends with a space; the time is
// in milliseconds since the sample before, for a first sample since the first one of the series
// before that has any, for the very first since 1970. In names and values `\` stands before `\`,
// `=`, `,`, `|` and `;`. It is no format for people or other programs: recordings are
// (providers/recordings).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "queries/samples.h"

namespace serin::queries {

// As to_json(), with the text in "packed" in place of "series".
Json to_packed_json(const Answer& answer);

std::string pack(const std::vector<Series>& series);
// Equal to what was packed (NaN apart, which equals nothing). Errors: data_loss, with the place.
Result<std::vector<Series>> unpack(std::string_view text);

}  // namespace serin::queries
