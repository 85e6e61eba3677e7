// The parts of a Flagger Canary's conversion. Private to this folder.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "app/convert/source.h"

namespace serin::app::converting {

// What Flagger's queries know of a canary.
struct FlaggerNames {
  std::string name{};
  std::string name_space{};
  std::string target{};
  std::string service{};
  std::string ingress{};
  std::string route{};
  std::string provider{};
  std::string metrics_server{};
  std::string interval = "60s";
  int threshold = 1;
};

struct FlaggerTemplate {
  const config::Document* document = nullptr;
};
using FlaggerTemplates = std::map<std::string, FlaggerTemplate, std::less<>>;

// The metrics of `analysis`, and how versions are told apart; nothing where none is carried over.
// `count`: looks, for a run that ends by itself; 0: without end.
std::optional<Draft> flagger_metrics(const Source& source, const Node& analysis, const Path& path,
                                     const FlaggerNames& names, const FlaggerTemplates& templates,
                                     int count);

// Rules on content, of `analysis.match`.
Draft flagger_match(const Source& source, const Node& analysis, const Path& path, Draft& at);

// `analysis.webhooks` as hooks (set in `spec`) and as steps behind the others.
void flagger_webhooks(const Source& source, const Node& analysis, const Path& path, Draft& spec,
                      Draft& steps, Draft& at);

}  // namespace serin::app::converting
