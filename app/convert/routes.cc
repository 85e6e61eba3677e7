#include "app/convert/routes.h"

#include "app/api/fields.h"
#include "app/convert/convert.h"
#include "app/workbench/policy.h"

namespace serin::app {
namespace {

void answer(const std::shared_ptr<Call>& call, Workbench& bench) {
  call->keep_no_answer();  // the same documents give the same again, and it may be large
  auto body = call->json();
  if (!body) return;
  Fields fields(*body);
  auto from = parse_convert_from(fields.text("from"));
  if (!from) fields.wrong("from", from.error().message);
  std::vector<rollout::ConfigFile> files = files_of(fields);
  if (files.empty()) fields.wrong("files", "must be given: the documents to convert");
  if (fields.refuse(*call)) return;
  bench.run_json(call, [from = *from, files = std::move(files)](const auto&) -> Result<Json> {
    SERIN_TRY(converted, convert(from, files));
    return to_json(converted);
  });
}

}  // namespace

void add_convert_route(RouteTable& routes, Workbench& bench) {
  routes.add("POST", "/api/v1/convert", Role::viewer,
             [&bench](const std::shared_ptr<Call>& call) { answer(call, bench); });
}

}  // namespace serin::app
