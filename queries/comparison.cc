#include "queries/comparison.h"

#include <fmt/format.h>

#include <algorithm>

namespace serin::queries {
namespace {

Result<Selector> field(std::string_view name, std::string_view text) {
  Result<Selector> selector = Selector::parse(text);
  if (!selector) return std::unexpected(std::move(selector).error().with(std::string(name)));
  return selector;
}

Result<Comparison> of_kind(Comparison::Kind kind, Result<Selector> events,
                           Result<Selector> exposure) {
  SERIN_TRY(first, std::move(events));
  SERIN_TRY(second, std::move(exposure));
  return Comparison{kind, std::move(first), std::move(second), {}};
}

}  // namespace

Result<Comparison> Comparison::errors(std::string_view bad, std::string_view total) {
  return of_kind(Kind::errors, field("errors.bad", bad), field("errors.total", total));
}

Result<Comparison> Comparison::rate(std::string_view count) {
  return of_kind(Kind::rate, field("rate.count", count), field("rate.count", count));
}

Result<Comparison> Comparison::mean(std::string_view sum, std::string_view count) {
  SERIN_TRY(mean, of_kind(Kind::mean, field("mean.sum", sum), field("mean.count", count)));
  for (const Selector* selector : {&mean.events, &mean.exposure}) {
    if (!selector->name().empty()) continue;
    return fail(
        Code::invalid_argument,
        fmt::format("{}: {} names no single metric; sum and count are paired by name, "
                    "for example x_sum and x_count",
                    selector == &mean.events ? "mean.sum" : "mean.count", selector->to_string()));
  }
  if (mean.events.name() == mean.exposure.name()) {
    return fail(Code::invalid_argument,
                fmt::format("mean: sum and count are the same metric {}", mean.events.name()));
  }
  return mean;
}

Result<Comparison> Comparison::histogram(std::string_view buckets) {
  return of_kind(Kind::histogram, field("histogram.buckets", buckets),
                 field("histogram.buckets", buckets));
}

Result<Comparison> Comparison::gauge(std::string_view query) {
  Result<Selector> plain = Selector::parse(query);
  if (plain) return Comparison{Kind::gauge, *plain, *plain, {}};
  bool blank = query.find_first_not_of(" \t\r\n") == std::string_view::npos;
  if (blank || query.size() > kSelectorTextMax) {
    return std::unexpected(std::move(plain).error().with("gauge.query"));
  }
  return Comparison{Kind::gauge, {}, {}, std::string(query)};
}

Result<std::optional<Selector>> Comparison::asked(const Versions& versions) const {
  SERIN_CHECK(check(versions));
  if (!expression.empty()) return std::optional<Selector>();
  return std::optional<Selector>(of_versions(unite(events, exposure), versions));
}

Status check(const Versions& versions) {
  auto is_label = [](std::string_view text) {
    auto ok = [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    };
    return !text.empty() && !(text.front() >= '0' && text.front() <= '9') &&
           std::all_of(text.begin(), text.end(), ok);
  };
  if (!is_label(versions.label)) {
    return fail(Code::invalid_argument,
                fmt::format("versions.label: \"{}\" is no label's name", versions.label));
  }
  if (!is_label(versions.instance)) {
    return fail(Code::invalid_argument,
                fmt::format("versions.instance: \"{}\" is no label's name", versions.instance));
  }
  if (versions.pooled) return {};
  if (versions.canary.empty()) {
    return fail(Code::invalid_argument, "versions.canary: the canary's version is missing");
  }
  if (versions.canary == versions.stable) {
    return fail(Code::invalid_argument,
                fmt::format("versions: canary and stable are both \"{}\"; nothing tells their "
                            "series apart",
                            versions.canary));
  }
  return {};
}

Selector of_versions(const Selector& selector, const Versions& versions) {
  if (versions.pooled) return selector;
  std::vector<std::string> values;
  if (!versions.stable.empty()) values.push_back(versions.stable);
  values.push_back(versions.canary);
  return selector.with(any_of(versions.label, values));
}

}  // namespace serin::queries
