// What of a judgement acts on a release.
//
//   if (const Finding* finding = stopping(judgement)) …      // finding->sentence says why
#pragma once

#include <algorithm>

#include "analysis/judgement.h"

namespace serin::analysis {

// The first finding with this action; nullptr: there is none.
inline const Finding* finding_with(const Judgement& judgement, OnFail action) {
  auto found = std::ranges::find(judgement.findings, action, &Finding::action);
  return found == judgement.findings.end() ? nullptr : &*found;
}

// The finding that takes a release back, else one that pauses it. Others only tell, as those of a
// dry run do.
inline const Finding* stopping(const Judgement& judgement) {
  const Finding* worst = finding_with(judgement, OnFail::rollback);
  return worst != nullptr ? worst : finding_with(judgement, OnFail::pause);
}

}  // namespace serin::analysis
