#include "rollout/plan/read.h"

#include "base/assert.h"
#include "base/config/reader.h"
#include "base/config/writer.h"
#include "rollout/plan/fields.h"

namespace serin::rollout {

Rollout read_rollout(const config::Document& document, const config::Header& header,
                     config::Diagnostics& problems) {
  SERIN_ASSERT(header.kind == "Rollout");
  config::Reporter reporter(document, problems);
  Rollout rollout;
  config::read(document.root, {}, reporter, {.dialect = header.dialect, .placeholders = true},
               rollout);
  return rollout;
}

Json to_json(const Rollout& rollout) {
  return config::write(rollout);
}

Result<Rollout> rollout_from_json(const Json& json) {
  config::Diagnostics problems;
  config::Document document{"", config::Node::from_json(json)};
  auto header = config::header_of(document, problems);
  if (header && header->kind == "Rollout") {
    Rollout rollout = read_rollout(document, *header, problems);
    if (!problems.has_errors()) return rollout;
  }
  return fail(Code::invalid_argument, "no Rollout: " + config::to_text(problems));
}

}  // namespace serin::rollout
