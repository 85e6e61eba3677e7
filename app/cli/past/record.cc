// serin record: what a policy needs of a server's past, as a file.
#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

#include "app/cli/past/commands.h"
#include "app/cli/past/inputs.h"
#include "app/cli/tools.h"
#include "app/view/terminal.h"
#include "providers/recordings/file.h"

namespace serin::app {
namespace {

using providers::Srn;
using providers::SrnFile;

struct Begun {
  std::unique_ptr<SrnFile> file;
  std::vector<providers::SrnPage> have;
};

// A new file, or the one that an earlier run left unfinished.
Result<Begun> begin(const RecordOptions& options, const Json& meta) {
  if (!options.force && ::access(options.out.c_str(), F_OK) == 0) {
    auto before = providers::read_srn(options.out);
    if (!before) {
      return std::unexpected(std::move(before).error().with("--force writes over it"));
    }
    if (before->complete) {
      return fail(Code::failed_precondition,
                  options.out + " is complete already; --force writes over it");
    }
    if (before->meta["queries"] != meta["queries"]) {
      return fail(Code::failed_precondition,
                  options.out + " is of another policy; --force writes over it");
    }
    std::fprintf(stderr, "going on with %s: %zu pages are there\n", options.out.c_str(),
                 before->pages.size());
    SERIN_TRY(file, SrnFile::resume(options.out, *before));
    return Begun{std::move(file), std::move(before->pages)};
  }
  SERIN_TRY(file, SrnFile::create(options.out, meta));
  return Begun{std::move(file), {}};
}

Json meta_of(const ReplaySetup& setup, const std::vector<RecordQuery>& queries,
             const PastSpan& span) {
  Json texts = Json::array();
  for (const RecordQuery& query : queries) texts.push(query.text);
  return Json::object()
      .set("made_by", "serin record")
      .set("rollout", setup.name)
      .set("canary", setup.plan.version)
      .set("stable", setup.plan.stable_version)
      .set("from", format_rfc3339(span.from))
      .set("until", format_rfc3339(span.until))
      .set("history_from", format_rfc3339(span.history_from))
      .set("queries", std::move(texts));
}

}  // namespace

ExitCode command_record(const RecordOptions& options, bool quiet) {
  auto setup = read_policy(options.policy);
  if (!setup) return give_up(setup.error());
  PastAsker asker(quiet);
  auto span = span_of(options.span, asker.now());
  if (!span) return give_up(span.error());
  auto queries = queries_of(*setup, options.policy.prometheus);
  if (!queries) return give_up(queries.error());
  auto begun = begin(options, meta_of(*setup, *queries, *span));
  if (!begun) return give_up(begun.error());
  SrnFile& file = *begun->file;
  RecordSink sink{.add = [&](std::span<const queries::Series> series) -> Status {
                    file.encoder().add(series);
                    return {};
                  },
                  .page = [&](const providers::SrnPage& page) -> Status {
                    file.encoder().page(page);
                    return file.write();
                  }};
  Status done =
      record(*queries, {span->history_from, span->until}, begun->have, asker.ports(), sink);
  if (asker.interrupted()) {
    std::fprintf(stderr, "\nstopped: the same command goes on with %s\n", options.out.c_str());
    return ExitCode::interrupted;
  }
  if (!done) {
    std::fprintf(stderr, "the same command goes on with %s\n", options.out.c_str());
    return give_up(done.error());
  }
  const std::uint64_t samples = file.encoder().samples();
  const std::size_t series = file.encoder().series();
  if (Status finished = file.finish(); !finished) return give_up(finished.error());
  if (options.output == Output::json) {
    std::puts(Json::object()
                  .set("file", options.out)
                  .set("series", series)
                  .set("samples", samples)
                  .set("bytes", file.bytes())
                  .dump()
                  .c_str());
  } else {
    std::printf("%s: %zu series, %s samples, %s bytes\n", options.out.c_str(), series,
                with_thousands(static_cast<double>(samples)).c_str(),
                with_thousands(static_cast<double>(file.bytes())).c_str());
  }
  if (samples == 0) {
    std::fprintf(stderr, "serin: warning: the server had no samples of what the policy asks\n");
  }
  return ExitCode::ok;
}

}  // namespace serin::app
