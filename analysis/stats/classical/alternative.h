// Which way a test looks.
//
//   Alternative worse = Alternative::greater;   // x tends to be larger than y
#pragma once

namespace serin::analysis::stats::classical {

enum class Alternative { two_sided, less, greater };

}  // namespace serin::analysis::stats::classical
