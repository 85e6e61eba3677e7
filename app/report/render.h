// A story as a document for people: a page of its own, or Markdown for a pull request or a ticket.
//
//   write(to_html(story));        // one file: no script, nothing fetched, fit for print
//   write(to_markdown(story));
//
// Both say the same: the verdict, the numbers it stands on, the way there, the plan, the version.
#pragma once

#include <string>
#include <string_view>

#include "app/report/story.h"

namespace serin::app {

std::string to_html(const Story& story);
std::string to_markdown(const Story& story);

enum class ReportForm { html, markdown, json };
std::string render(const Story& story, ReportForm form);
// "text/html"
std::string_view type_of(ReportForm form);

// "Rolled back: error-rate worse: 31 of 1 004 against 7 of 3 611, limit +0.5 pp": what became of
// it, or how it stands, in one line without markup.
std::string verdict_line(const Json& release);
// "5 %", "watch for 15 s", "wait for a person".
std::string step_text(const Json& step);
// Its status; "not reached" where the release ended before it.
std::string step_state(const Json& release, const Json& step);
// From start to end, or to the last record: "1m12s".
std::string took_text(const Story& story);
// The rows of basic information: label and value, in order; empty values are left out.
std::vector<std::pair<std::string, std::string>> facts_of(const Story& story);

}  // namespace serin::app
