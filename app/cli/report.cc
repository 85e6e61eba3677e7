// serin report: a release told from its journal, as a page, Markdown or JSON.
#include <cstdio>
#include <fstream>

#include "app/cli/commands.h"
#include "app/cli/tools.h"
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

}  // namespace

ExitCode command_report(const ReportOptions& options) {
  auto story = read_story(options.state, options.name);
  if (!story) return give_up(story.error());
  if (!options.html.empty()) {
    if (options.html == "-") {
      std::fputs(to_html(*story).c_str(), stdout);
    } else if (Status written = write_file(options.html, to_html(*story)); !written) {
      return give_up(written.error());
    }
    if (options.form == ReportOptions::Form::none) return ExitCode::ok;
  }
  if (options.form == ReportOptions::Form::json) {
    std::puts(to_json(*story).dump().c_str());
  } else {
    std::fputs(to_markdown(*story).c_str(), stdout);
  }
  return ExitCode::ok;
}

}  // namespace serin::app
