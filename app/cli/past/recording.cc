// serin recording: what a file holds, as a table, as text, as another format.
#include "providers/recordings/recording.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <map>

#include "app/cli/past/commands.h"
#include "app/cli/tools.h"
#include "providers/recordings/file.h"
#include "providers/recordings/openmetrics.h"
#include "queries/selector.h"

namespace serin::app {
namespace {

using queries::Series;

struct Held {
  std::vector<Series> series;  // tidy
  std::optional<providers::Srn> srn;
};

Result<Held> read_held(const std::string& path, const std::string& selector) {
  SERIN_TRY(text, providers::read_unpacked(path));
  Held held;
  if (text.starts_with(providers::kSrnMagic)) {
    auto srn = providers::decode_srn(text);
    if (!srn) return std::unexpected(std::move(srn).error().with(path));
    held.srn = *std::move(srn);
    held.series = std::move(held.srn->series);
  } else {
    SERIN_TRY(series, providers::read_series(path));
    held.series = std::move(series);
  }
  held.series = providers::Recording(std::move(held.series)).series();
  if (!selector.empty()) {
    SERIN_TRY(parsed, queries::Selector::parse(selector));
    SERIN_TRY(filter, queries::SeriesFilter::compile(parsed));
    std::erase_if(held.series, [&](const Series& each) { return !filter.matches(each.labels); });
  }
  return held;
}

std::string matrix_of(const std::vector<Series>& series) {
  std::string out = R"({"status":"success","data":{"resultType":"matrix","result":[)";
  for (std::size_t i = 0; i < series.size(); ++i) {
    Json metric = Json::object();
    for (const auto& [name, value] : series[i].labels.pairs()) metric.set(name, value);
    Json values = Json::array();
    for (const queries::Sample& sample : series[i].samples) {
      values.push(Json::array()
                      .push(static_cast<double>(sample.time_ms) / 1000)
                      .push(format_double(sample.value)));
    }
    out += (i > 0 ? ",\n" : "\n") +
           Json::object().set("metric", std::move(metric)).set("values", std::move(values)).dump();
  }
  return out + "]}}\n";
}

std::string srn_of(const Held& held, const std::string& from) {
  Json meta = held.srn ? held.srn->meta : Json::object();
  meta.set("converted_from", from);
  providers::SrnEncoder encoder(meta);
  encoder.add(held.series);
  if (held.srn) {
    for (const Json& call : held.srn->calls) encoder.call(call);
  }
  encoder.finish();
  return encoder.take();
}

Result<std::string> converted(const Held& held, const std::string& from, std::string format,
                              const std::string& out) {
  if (format.empty()) {
    format = out.ends_with(".srn") ? "srn" : out.ends_with(".json") ? "json" : "openmetrics";
  }
  if (format == "srn") return srn_of(held, from);
  if (format == "json") return matrix_of(held.series);
  return providers::to_openmetrics(held.series);
}

Json info_of(const Held& held, const std::string& path) {
  std::size_t samples = 0;
  std::int64_t first = INT64_MAX;
  std::int64_t last = INT64_MIN;
  std::map<std::string, std::pair<std::size_t, std::size_t>> names;  // series, samples
  for (const Series& each : held.series) {
    samples += each.samples.size();
    const auto query = each.labels.get(providers::kQueryLabel);
    auto& name = names[std::string(query.empty() ? each.labels.get(queries::kNameLabel) : query)];
    ++name.first;
    name.second += each.samples.size();
    if (each.samples.empty()) continue;
    first = std::min(first, each.samples.front().time_ms);
    last = std::max(last, each.samples.back().time_ms);
  }
  Json list = Json::array();
  for (const auto& [name, counts] : names) {
    list.push(
        Json::object().set("name", name).set("series", counts.first).set("samples", counts.second));
  }
  Json json = Json::object()
                  .set("file", path)
                  .set("series", held.series.size())
                  .set("samples", samples)
                  .set("from", samples > 0 ? Json(format_rfc3339(from_unix_ms(first))) : Json())
                  .set("until", samples > 0 ? Json(format_rfc3339(from_unix_ms(last))) : Json())
                  .set("names", std::move(list));
  if (held.srn) {
    json.set("complete", held.srn->complete)
        .set("calls", held.srn->calls.size())
        .set("meta", held.srn->meta);
  }
  return json;
}

void print_info(const Json& info) {
  std::printf("%s: %lld series, %s samples, %s to %s\n", std::string(info["file"].string()).c_str(),
              static_cast<long long>(info["series"].integer()),
              with_thousands(info["samples"].number()).c_str(),
              std::string(info["from"].string("-")).c_str(),
              std::string(info["until"].string("-")).c_str());
  if (info["complete"].is_bool() && !info["complete"].boolean()) {
    std::puts("it has no end: what made it was stopped");
  }
  for (const auto& [name, value] : info["meta"].members()) {
    if (!value.is_array() && !value.is_object()) {
      std::printf("  %s: %s\n", name.c_str(),
                  value.is_string() ? std::string(value.string()).c_str() : value.dump().c_str());
    }
  }
  Table table({{"NAME", Table::Align::left},
               {"SERIES", Table::Align::right},
               {"SAMPLES", Table::Align::right}});
  for (const Json& each : info["names"].items()) {
    table.row({std::string(each["name"].string()), std::to_string(each["series"].integer()),
               with_thousands(each["samples"].number())});
  }
  for (const std::string& line : table.lines()) std::puts(line.c_str());
}

}  // namespace

ExitCode command_recording(const RecordingOptions& options) {
  for (const std::string& path : options.files) {
    auto held = read_held(path, options.series);
    if (!held) return give_up(held.error());
    if (options.action == "info") {
      const Json info = info_of(*held, path);
      if (options.output == Output::json) {
        std::puts(info.dump().c_str());
      } else {
        print_info(info);
      }
      continue;
    }
    const bool cat = options.action == "cat";
    auto text = converted(*held, path, cat ? "openmetrics" : options.to, options.out);
    if (!text) return give_up(text.error());
    Status written = providers::write_text(cat ? "-" : options.out, *text);
    if (!written) return give_up(written.error());
  }
  return ExitCode::ok;
}

}  // namespace serin::app
