#include <cstdio>

#include "app/cli/commands.h"
#include "base/json.h"
#include "base/real_clock.h"
#include "drivers/store/check.h"

namespace serin::app {
namespace {

ExitCode give_up(const Error& error) {
  std::fprintf(stderr, "serin: %s\n", error.to_string().c_str());
  return exit_code_of(error);
}

ExitCode check(const JournalOptions& options) {
  auto report = store::check_journal(options.state);
  if (!report) return give_up(report.error());
  Json damages = Json::array();
  for (const store::Damage& damage : report->damages) {
    damages.push(Json::object()
                     .set("release", damage.release)
                     .set("sequence", damage.sequence)
                     .set("what", damage.what));
    if (options.output == Output::text) {
      std::printf("damaged: %s record %llu: %s\n", damage.release.c_str(),
                  static_cast<unsigned long long>(damage.sequence), damage.what.c_str());
    }
  }
  if (options.output == Output::json) {
    std::puts(Json::object()
                  .set("ok", report->ok())
                  .set("releases", report->releases)
                  .set("records", report->records)
                  .set("damages", std::move(damages))
                  .dump()
                  .c_str());
  } else {
    std::printf("%llu releases, %llu records: %s\n",
                static_cast<unsigned long long>(report->releases),
                static_cast<unsigned long long>(report->records),
                report->ok() ? "whole" : "damaged; `serin journal repair` saves what is whole");
  }
  return report->ok() ? ExitCode::ok : ExitCode::error;
}

ExitCode repair(const JournalOptions& options) {
  auto report = store::repair_journal(options.state, RealClock().now().wall);
  if (!report) return give_up(report.error());
  if (options.output == Output::json) {
    std::puts(Json::object()
                  .set("releases", report->releases)
                  .set("records", report->records)
                  .set("records_lost", report->records_lost)
                  .set("kept_as", report->kept_as)
                  .dump()
                  .c_str());
    return ExitCode::ok;
  }
  for (const std::string& note : report->notes) std::printf("lost: %s\n", note.c_str());
  std::printf("saved %llu records of %llu releases, %llu were behind damage%s%s\n",
              static_cast<unsigned long long>(report->records),
              static_cast<unsigned long long>(report->releases),
              static_cast<unsigned long long>(report->records_lost),
              report->kept_as.empty() ? "" : "; the old journal is ", report->kept_as.c_str());
  return ExitCode::ok;
}

}  // namespace

ExitCode command_journal(const JournalOptions& options) {
  return options.repair ? repair(options) : check(options);
}

}  // namespace serin::app
