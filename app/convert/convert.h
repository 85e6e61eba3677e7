// Documents of other tools, written as serin's: what changes its meaning stands as a remark where
// it does, and in a list.
//
//   SERIN_TRY(converted, convert(ConvertFrom::flagger, files));
//   converted.text();                        // YAML, several documents
//   for (const ConvertFinding& each : converted.findings) …
//
// Safe defaults are serin's: missing data and a failing provider hold, they neither pass nor fail.
// It asks nobody: neither a cluster nor a metrics server.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "app/yaml/draft.h"
#include "base/config/document.h"
#include "base/json.h"
#include "base/result.h"
#include "rollout/plan/load/load.h"

namespace serin::app {

enum class ConvertFrom { argo, flagger, kayenta };
// Errors: invalid_argument, naming the words.
Result<ConvertFrom> parse_convert_from(std::string_view word);

struct ConvertFinding {
  // note: left to another tool; changed: means something else here; lost: not carried over.
  enum class Level { note, changed, lost } level = Level::note;
  std::string file{};
  config::Position position{};
  std::string pointer{};
  std::string message{};
};

struct ConvertedDocument {
  std::string kind{};
  std::string name{};
  Draft draft{};
};

struct Converted {
  std::vector<ConvertedDocument> documents{};
  std::vector<ConvertFinding> findings{};
  // What lint says of the result.
  config::Diagnostics problems{};

  std::string text() const;
  std::size_t lost() const;
};

// {"documents":[{"kind","name","text"}],"findings":[…],"lint":{…}}
Json to_json(const Converted& converted);
// "canary.yaml:3:5: lost spec.analysis.alerts: …"
std::string to_text(const ConvertFinding& finding);

// Errors: invalid_argument (a text that can't be read, or no document of that tool).
Result<Converted> convert(ConvertFrom from, const std::vector<rollout::ConfigFile>& files);

}  // namespace serin::app
