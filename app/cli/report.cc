// serin report: a release told from its journal, as a page, Markdown or JSON.
#include <cstdio>
#include <fstream>
#include <functional>
#include <memory>

#include "app/cli/commands.h"
#include "app/cli/tools.h"
#include "app/remote/client.h"
#include "app/report/render.h"
#include "app/report/story.h"

namespace serin::app {
namespace {

Status write_file(const std::string& path, const std::string& content) {
  std::ofstream out(path, std::ios::trunc | std::ios::binary);
  out << content;
  out.flush();
  if (!out) return fail(Code::unavailable, "can't write " + path);
  return {};
}

// The report in a form: from the journal, or as a server tells it.
using Telling = std::function<Result<std::string>(ReportForm)>;

Result<Telling> telling_of(const ReportOptions& options) {
  if (!options.remote.is_remote()) {
    SERIN_TRY(story, read_story(options.remote.state, options.name));
    auto shared = std::make_shared<const Story>(std::move(story));
    return [shared](ReportForm form) -> Result<std::string> { return render(*shared, form); };
  }
  SERIN_TRY(client, ApiClient::open(options.remote));
  SERIN_TRY(path, client->release_path(options.name));
  std::shared_ptr<ApiClient> shared = std::move(client);
  return [shared, path](ReportForm form) {
    return shared->get_text(path + "/report", std::string(type_of(form)));
  };
}

Status write_report(const ReportOptions& options) {
  SERIN_TRY(tell, telling_of(options));
  if (!options.html.empty()) {
    SERIN_TRY(page, tell(ReportForm::html));
    if (options.html == "-") {
      std::fputs(page.c_str(), stdout);
    } else {
      SERIN_CHECK(write_file(options.html, page));
    }
    if (options.form == ReportOptions::Form::none) return {};
  }
  const bool json = options.form == ReportOptions::Form::json;
  SERIN_TRY(text, tell(json ? ReportForm::json : ReportForm::markdown));
  std::fputs(text.c_str(), stdout);
  if (!text.ends_with('\n')) std::fputs("\n", stdout);
  return {};
}

}  // namespace

ExitCode command_report(const ReportOptions& options) {
  Status written = write_report(options);
  return written ? ExitCode::ok : give_up(written.error());
}

}  // namespace serin::app
