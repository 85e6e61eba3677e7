#include "app/cli/past/inputs.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "app/analyze/asker.h"
#include "app/cli/files.h"
#include "app/cli/tools.h"
#include "app/live/secrets.h"
#include "app/view/terminal.h"
#include "base/real_clock.h"

namespace serin::app {
namespace {

// Progress is drawn so often on a terminal, and said so often (in parts of all) elsewhere.
constexpr Duration kDrawEvery = std::chrono::milliseconds(200);
constexpr double kSayEvery = 0.1;

}  // namespace

Result<ReplaySetup> read_policy(const PolicyInput& input) {
  SERIN_TRY(files, read_files(input.files));
  rollout::LoadOptions load;
  load.safe = input.safe;
  load.unsupported = rollout::Unsupported::tell;
  for (const auto& [name, value] : input.arguments) load.args.insert(name);
  rollout::Loaded loaded = rollout::load_config(files, load);
  std::fputs(config::to_text(loaded.problems).c_str(), stderr);
  if (loaded.problems.has_errors()) return fail(Code::invalid_argument, "the files have errors");
  warn_of_unknown_arguments(loaded.set, input.arguments);
  SERIN_TRY(chosen, choose_rollout(loaded.set, input.rollout));
  rollout::PinOptions pin;
  pin.version = input.canary;
  pin.stable_version = input.stable;
  pin.safe = input.safe;
  for (const auto& [name, value] : input.arguments) {
    if (name == "canary") pin.version = value;
    if (name == "stable") pin.stable_version = value;
    pin.args[name] = value;
  }
  if (!input.prometheus.empty()) pin.args["prometheus"] = input.prometheus;
  return replay_setup(loaded.set, *chosen, pin);
}

Result<PastSpan> span_of(const SpanInput& input, WallTime now) {
  if (input.from.empty()) return fail(Code::invalid_argument, "--prom needs --from");
  SERIN_TRY(from, time_of(input.from, "--from", now));
  SERIN_TRY(until, time_of(input.to, "--to", now));
  if (until <= from || until > now) {
    return fail(Code::invalid_argument,
                fmt::format("--from {} to --to {}: expected a span of the past",
                            format_rfc3339(from), format_rfc3339(until)));
  }
  return PastSpan{from, until, from - input.history};
}

struct PastAsker::Impl {
  explicit Impl(bool is_quiet)
      : quiet(is_quiet),
        live(::isatty(STDERR_FILENO) == 1),
        loop(clock),
        http(make_tool_client(loop)),
        asker(loop, *http) {
    for (int number : {2, 15}) loop.on_signal(number, [this] { interrupted = true; });
  }

  void show(const RecordProgress& progress) {
    if (quiet) return;
    const Instant now = clock.now().mono;
    if (!began) began = now;
    const double spent = to_seconds(now - *began);
    std::string left;
    if (progress.done > 0.02 && progress.done < 1) {
      left = ", about " +
             format_duration(std::chrono::round<std::chrono::seconds>(
                 from_seconds(spent * (1 - progress.done) / progress.done))) +
             " left";
    }
    const std::string line =
        fmt::format("{:3.0f} %  {} samples{}", 100 * progress.done,
                    with_thousands(static_cast<double>(progress.samples)), left);
    if (live) {
      if (progress.done < 1 && now - drawn < kDrawEvery) return;
      drawn = now;
      constexpr int kBar = 30;
      const int full = static_cast<int>(kBar * std::min(progress.done, 1.0));
      std::string bar;
      for (int i = 0; i < kBar; ++i) bar += i < full ? "█" : "░";
      std::fprintf(stderr, "\r%s %s\033[K%s", bar.c_str(), line.c_str(),
                   progress.done >= 1 ? "\n" : "");
    } else if (progress.done >= said + kSayEvery || (progress.done >= 1 && said < 1)) {
      said = progress.done;
      std::fprintf(stderr, "%s\n", line.c_str());
    }
  }

  bool quiet;
  bool live;
  RealClock clock;
  AsioLoop loop;
  std::unique_ptr<HttpClient> http;
  Asker asker;
  bool interrupted = false;
  std::optional<Instant> began;
  Instant drawn{};
  double said = 0;
};

PastAsker::PastAsker(bool quiet) : impl_(std::make_unique<Impl>(quiet)) {}
PastAsker::~PastAsker() = default;

RecordPorts PastAsker::ports() {
  RecordPorts ports;
  ports.ask = [this](const auto& provider, const auto& request, Duration timeout) {
    return impl_->asker.ask(provider, request, timeout);
  };
  ports.wait = [this](Duration duration) {
    impl_->loop.run_until([this] { return impl_->interrupted; }, duration);
  };
  ports.progress = [this](const RecordProgress& progress) { impl_->show(progress); };
  ports.stop = [this] { return impl_->interrupted; };
  return ports;
}

bool PastAsker::interrupted() const {
  return impl_->interrupted;
}

WallTime PastAsker::now() const {
  return impl_->clock.now().wall;
}

Result<std::vector<RecordQuery>> queries_of(const ReplaySetup& setup,
                                            const std::string& prometheus) {
  SERIN_TRY(wanted, record_queries(*setup.policy, prometheus));
  for (const std::string& why : wanted.left_out) {
    std::fprintf(stderr, "serin: not recorded: %s\n", why.c_str());
  }
  for (RecordQuery& query : wanted.queries) {
    SERIN_TRY(provider, with_secrets(query.provider, secrets_of(setup.plan)));
    query.provider = std::move(provider);
    if (query.provider.count() == 0) {
      return fail(Code::invalid_argument,
                  query.text + ": its metric names no provider: give an address with --prom");
    }
  }
  if (wanted.queries.empty()) return fail(Code::invalid_argument, "the policy asks nothing");
  return std::move(wanted.queries);
}

Result<std::shared_ptr<const providers::Recording>> fetch(const ReplaySetup& setup,
                                                          const std::string& prometheus,
                                                          const PastSpan& span, PastAsker& asker) {
  SERIN_TRY(queries, queries_of(setup, prometheus));
  SeriesCollector collector;
  SERIN_CHECK(
      record(queries, {span.history_from, span.until}, {}, asker.ports(), collector.sink()));
  return std::make_shared<const providers::Recording>(collector.take());
}

}  // namespace serin::app
