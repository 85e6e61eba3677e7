#include "app/convert/routes.h"

#include "app/api/fields.h"
#include "app/convert/convert.h"
#include "app/fleet/configuration.h"

namespace serin::app {
namespace {

void answer(const std::shared_ptr<Call>& call, Workbench& bench) {
  call->keep_no_answer();  // the same documents give the same again, and it may be large
  auto body = call->json();
  if (!body) return;
  Fields fields(*body);
  auto from = parse_convert_from(fields.text("from"));
  if (!from) fields.wrong("from", from.error().message);
  std::vector<rollout::ConfigFile> files;
  for (const Json& file : fields.list("files", kConfigFilesMax)) {
    if (!file["name"].is_string() || !file["text"].is_string() || file.size() != 2) {
      fields.wrong("files", "must be objects with name and text");
      break;
    }
    files.push_back({std::string(file["name"].string()), std::string(file["text"].string())});
  }
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
