#include "app/plan/figures.h"

#include <algorithm>
#include <optional>
#include <string_view>

#include "base/json.h"
#include "base/time.h"

namespace serin::app {
namespace {

using analysis::planning::ErrorsFigures;
using analysis::planning::Figures;
using analysis::planning::LatencyFigures;
using analysis::planning::MeanFigures;

template <class T>
using Parsed = std::expected<T, FigureFault>;

std::unexpected<FigureFault> fault(std::string field, std::string why) {
  return std::unexpected(FigureFault{std::move(field), std::move(why)});
}

std::unexpected<FigureFault> wrong_text(std::string field, const std::string& text,
                                        std::string_view right) {
  return fault(std::move(field), "'" + text + "' where " + std::string(right) + " is expected");
}

std::optional<double> number_of(std::string_view text) {
  auto value = Json::parse(text);
  if (!value || !value->is_number()) return std::nullopt;
  return value->number();
}

// One of: times as much; so much more as a share.
struct Effect {
  std::optional<double> times;
  std::optional<double> more;
};

Effect parse_effect(std::string_view text) {
  auto rest = [&](std::size_t front, std::size_t back) {
    text.remove_prefix(front);
    text.remove_suffix(back);
    if (front == 0 && text.starts_with('+')) text.remove_prefix(1);
    return number_of(text);
  };
  constexpr std::string_view kTimes = "×";
  Effect effect;
  if (text.starts_with('x')) {
    effect.times = rest(1, 0);
  } else if (text.starts_with(kTimes)) {
    effect.times = rest(kTimes.size(), 0);
  } else if (text.ends_with("pp")) {
    if (auto points = rest(0, 2)) effect.more = *points / 100;
  } else if (text.ends_with('%')) {
    if (auto part = rest(0, 1)) effect.times = 1 + *part / 100;
  }
  return effect;
}

Parsed<ErrorsFigures> errors_of(const FigureTexts& texts) {
  std::string_view number = texts.baseline;
  const bool percent = number.ends_with('%');
  if (percent) number.remove_suffix(1);
  const double baseline = number_of(number).value_or(-1) * (percent ? 0.01 : 1);
  if (!(baseline >= 0 && baseline <= 1)) {
    return wrong_text("baseline", texts.baseline, "a share such as 0.5% or 0.005");
  }
  const Effect effect = parse_effect(texts.effect);
  const double worse = effect.more ? baseline + *effect.more : baseline * effect.times.value_or(0);
  if (!(worse > baseline && worse <= 1)) {
    return wrong_text("effect", texts.effect, "what is worse, such as +0.5pp, x2 or +50%,");
  }
  return ErrorsFigures{.baseline = baseline, .worse = worse};
}

Parsed<double> quantile_of(const std::string& text, const std::string& name) {
  const std::string start = name + "=";
  const std::size_t at = text.starts_with(start) ? 0 : text.find("," + start);
  if (at == std::string::npos) {
    return wrong_text("latency", text, "two quantiles, as in p50=80ms,p99=400ms,");
  }
  const std::size_t begin = text.find('=', at) + 1;
  const std::size_t end = std::min(text.find(',', begin), text.size());
  auto value = parse_duration(text.substr(begin, end - begin));
  if (!value) return fault("latency", name + ": " + value.error().message);
  return to_seconds(*value);
}

Parsed<LatencyFigures> latency_of(const FigureTexts& texts) {
  LatencyFigures latency;
  for (auto [name, place] : {std::pair{"p50", &latency.median_s}, {"p99", &latency.p99_s}}) {
    auto value = quantile_of(texts.latency, name);
    if (!value) return std::unexpected(std::move(value).error());
    *place = *value;
  }
  const Effect effect = parse_effect(texts.effect);
  if (effect.more.value_or(0) > 0) {
    auto over = parse_duration(texts.over);
    if (!over) {
      return wrong_text("over", texts.over, "the time above which requests are slow, as in 300ms,");
    }
    latency.slow_s = to_seconds(*over);
    latency.more_slow = *effect.more;
  } else if (effect.times.value_or(0) > 1) {
    latency.times = *effect.times;
  } else {
    return wrong_text("effect", texts.effect,
                      "how much longer requests take, such as x1.3 or +30%, or how many more take "
                      "longer than `over`, such as +1pp,");
  }
  return latency;
}

Parsed<MeanFigures> mean_of(const FigureTexts& texts) {
  const Effect effect = parse_effect(texts.effect);
  if (!(texts.sd > 0)) {
    return fault("sd", "a mean needs the standard deviation of single values, above 0");
  }
  if (!(effect.times.value_or(0) > 1)) {
    return wrong_text("effect", texts.effect, "a mean that is larger, such as x1.1 or +10%,");
  }
  return MeanFigures{.mean = texts.mean, .sd = texts.sd, .times = *effect.times};
}

}  // namespace

Parsed<Figures> parse_figures(const FigureTexts& texts) {
  if (!(texts.rps > 0)) return fault("rps", "must be given: requests a second, above 0");
  const int kinds = static_cast<int>(!texts.baseline.empty()) +
                    static_cast<int>(!texts.latency.empty()) + static_cast<int>(texts.mean != 0);
  if (kinds != 1) return fault("baseline", "one of baseline, latency and mean must be given");
  Figures figures{.requests_per_s = texts.rps};
  std::string field = "mean";
  auto take = [&](auto kind) -> std::optional<FigureFault> {
    if (!kind) return std::move(kind).error();
    figures.of = *std::move(kind);
    return std::nullopt;
  };
  std::optional<FigureFault> wrong;
  if (!texts.baseline.empty()) {
    field = "baseline";
    wrong = take(errors_of(texts));
  } else if (!texts.latency.empty()) {
    field = "latency";
    wrong = take(latency_of(texts));
  } else {
    wrong = take(mean_of(texts));
  }
  if (wrong) return std::unexpected(*std::move(wrong));
  if (Status possible = check(figures); !possible) {
    return fault(std::move(field), possible.error().message);
  }
  return figures;
}

}  // namespace serin::app
