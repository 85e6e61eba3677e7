// Kayenta: a canary configuration, which becomes an AnalysisTemplate with `judge: kayenta`.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "app/convert/source.h"

namespace serin::app::converting {
namespace {

constexpr std::string_view kJudge = "NetflixACAJudge-v1.0";
constexpr std::string_view kScope = "${scope}";
constexpr std::string_view kVerbatim = "PromQL:";
constexpr std::string_view kUngrouped = "ungrouped";

std::string trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return "";
  return std::string(text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1));
}

bool is_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

// A matcher whose value names the scope, as `pod=~"${scope}.*"`.
struct ScopeMatcher {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::string label{};
  std::string value{};
};

std::optional<ScopeMatcher> scope_matcher(std::string_view query) {
  const std::size_t scope = query.find(kScope);
  if (scope == std::string_view::npos) return std::nullopt;
  const std::size_t open = query.rfind('"', scope);
  const std::size_t close = query.find('"', scope);
  if (open == std::string_view::npos || close == std::string_view::npos) return std::nullopt;
  std::size_t at = open;
  while (at > 0 && std::string_view(" =~").contains(query[at - 1])) --at;
  std::size_t begin = at;
  while (begin > 0 && is_name(query[begin - 1])) --begin;
  if (begin == at) return std::nullopt;
  return ScopeMatcher{.begin = begin,
                      .end = close + 1,
                      .label = std::string(query.substr(begin, at - begin)),
                      .value = std::string(query.substr(open + 1, close - open - 1))};
}

// Takes a matcher out, with a comma beside it.
void take_out(std::string& query, const ScopeMatcher& matcher) {
  std::size_t begin = matcher.begin;
  std::size_t end = matcher.end;
  while (end < query.size() && query[end] == ' ') ++end;
  if (end < query.size() && query[end] == ',') {
    ++end;
  } else {
    while (begin > 0 && query[begin - 1] == ' ') --begin;
    if (begin > 0 && query[begin - 1] == ',') --begin;
  }
  query.erase(begin, end - begin);
}

// Where the bracket at `open` is closed, outside of texts; npos: nowhere.
std::size_t closing(std::string_view query, std::size_t open) {
  int depth = 0;
  bool quoted = false;
  for (std::size_t i = open; i < query.size(); ++i) {
    if (query[i] == '"' && query[i - 1] != '\\') quoted = !quoted;
    if (quoted) continue;
    if (query[i] == '(') ++depth;
    if (query[i] == ')' && --depth == 0) return i;
  }
  return std::string_view::npos;
}

// An aggregation over everything, told apart by these labels too; nothing where the query is none.
std::optional<std::string> grouped(std::string_view query, std::string_view labels) {
  constexpr std::string_view kAggregations[] = {"sum", "avg", "min", "max", "count"};
  for (std::string_view name : kAggregations) {
    if (!query.starts_with(name)) continue;
    std::string rest = trimmed(query.substr(name.size()));
    std::string by;
    if (rest.starts_with("by")) {
      const std::size_t open = rest.find('(');
      const std::size_t close = rest.find(')');
      if (open == std::string::npos || close == std::string::npos || close < open)
        return std::nullopt;
      by = trimmed(rest.substr(open + 1, close - open - 1));
      rest = trimmed(rest.substr(close + 1));
    }
    if (!rest.starts_with('(') || closing(rest, 0) != rest.size() - 1) return std::nullopt;
    return fmt::format("{} by ({}{}{}) {}", name, labels, by.empty() ? "" : ", ", by, rest);
  }
  return std::nullopt;
}

class ConfigConverter {
 public:
  explicit ConfigConverter(const Source& source) : source_(source), root_(source.root()) {}

  void run() {
    const std::string name = label_of(text_of(root_, "name"));
    Draft out = head(source_, "AnalysisTemplate", name);
    judge(out);
    Draft metrics = Draft::list();
    const auto& items = items_of(root_, "metrics");
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (auto metric = metric_of(items[i], Path() / "metrics" / i, out))
        metrics.push(*std::move(metric));
    }
    if (metrics.empty()) {
      source_.tell(Level::lost, Path(), "No metric of this configuration is carried over.");
      return;
    }
    Draft spec = Draft::map();
    if (!arguments_.empty()) spec.set("args", arguments());
    spec.set("versions", versions());
    spec.set("kayenta", scoring());
    spec.set("metrics", std::move(metrics));
    out.set("spec", std::move(spec));
    source_.tell_of_others(root_, Path(),
                           {"id", "name", "description", "configVersion", "applications", "judge",
                            "metrics", "templates", "classifier", "createdTimestamp",
                            "updatedTimestamp", "createdTimestampIso", "updatedTimestampIso"},
                           &out);
    source_.add("AnalysisTemplate", name, std::move(out));
  }

 private:
  void judge(Draft& out) {
    const std::string name = root_.find("judge") != nullptr ? text_of(*root_.find("judge"), "name")
                                                            : std::string(kJudge);
    if (name != kJudge) {
      source_.tell(Level::lost, Path() / "judge",
                   fmt::format("The judge '{}' is not there: {} judges instead.", name, kJudge),
                   &out);
    }
    source_.tell(Level::changed, Path() / "judge",
                 "One value a look and side is judged, once at the end of each step with a planned "
                 "time; Kayenta judges the points of a span that its caller chooses.",
                 &out);
  }

  Draft arguments() const {
    Draft list = Draft::list();
    for (const std::string& name : arguments_) list.push(Draft::map()).set("name", name);
    return list;
  }

  Draft versions() {
    Draft out = Draft::map();
    out.set("label", label_.empty() ? "version" : label_);
    out.set("canary", "{{args.canary}}");
    out.set("stable", "{{args.stable}}");
    out.set("instance", "instance");
    if (label_.empty()) {
      source_.tell(Level::changed, Path() / "metrics",
                   "No query names the scope: check the label that tells the versions apart.",
                   &out);
    } else if (scope_ != kScope) {
      source_.tell(Level::changed, Path() / "metrics",
                   fmt::format("Kayenta took series with {} like {}; here the label has to be the "
                               "version itself (--version, --stable).",
                               label_, scope_),
                   &out);
    }
    return out;
  }

  Draft scoring() const {
    Draft out = Draft::map();
    const Node* thresholds = inside(root_, {"classifier", "scoreThresholds"});
    out.set("pass", Draft::number(thresholds != nullptr ? number_of(*thresholds, "pass", 95) : 95));
    out.set("marginal",
            Draft::number(thresholds != nullptr ? number_of(*thresholds, "marginal", 75) : 75));
    if (thresholds == nullptr) {
      source_.tell(Level::note, Path() / "classifier",
                   "Kayenta gets these with each request; 95 and 75 are assumed.",
                   out.find("pass"));
    }
    const Node* weights = inside(root_, {"classifier", "groupWeights"});
    if (weights != nullptr && !weights->members().empty())
      out.set("groupWeights", Draft::of(*weights));
    return out;
  }

  std::optional<Draft> metric_of(const Node& metric, const Path& path, Draft& document) {
    const std::string name = text_of(metric, "name");
    const Node* query = metric.find("query");
    const std::string type = query != nullptr ? text_of(*query, "type") : "";
    auto lose = [&](const std::string& why) {
      source_.tell(Level::lost, path, fmt::format("The metric '{}' is left out: {}", name, why),
                   &document);
      return std::nullopt;
    };
    if (type != "prometheus")
      return lose(fmt::format("its source '{}' is none that serin asks (prometheus is).", type));
    Draft out = Draft::map();
    out.set("name", metric_name(name));
    if (metric_name(name) != name)
      source_.tell(Level::changed, path / "name", fmt::format("was called '{}'.", name), &out);
    std::string why;
    auto text = query_of(*query, path / "query", out, why);
    if (!text) return lose(why);
    out.set("interval", "60s");
    out.set("compare", Draft::map()).set("gauge", Draft::map()).set("query", *text);
    out.set("judge", "kayenta");
    out.set("kayenta", options_of(metric, path, out));
    Draft prometheus = Draft::map();
    prometheus.set("address", "{{args.prometheus}}");
    out.set("provider", Draft::map()).set("prometheus", std::move(prometheus));
    return out;
  }

  // The label that the scope stands for; false where another metric has another one.
  bool take_label(const std::string& label, const std::string& value) {
    if (!label_.empty() && label_ != label) return false;
    if (label_.empty()) scope_ = value;
    label_ = label;
    return true;
  }

  // The matchers of a query that serin makes, without the one that names the scope.
  std::optional<std::string> filters_of(const Node& query, std::string& why) {
    std::string filter = text_of(query, "customInlineTemplate");
    const std::string named = text_of(query, "customFilterTemplate");
    if (filter.empty() && !named.empty()) {
      const Node* templates = root_.find("templates");
      const Node* text = templates != nullptr ? templates->find(named) : nullptr;
      if (text == nullptr) {
        why = fmt::format("there is no template '{}'.", named);
        return std::nullopt;
      }
      filter = text->text();
    }
    if (filter.empty()) {
      const std::string resource = text_of(query, "resourceType");
      if (resource == "gce_instance") {
        const std::string label = text_of(query, "scopeLabel");
        filter = (label.empty() ? "instance" : label) + "=~\"${scope}-.{4}\"";
      } else if (resource == "aws_ec2_instance") {
        filter = "asg_groupName=\"${scope}\",zone=~\"${location}.{1}\"";
      }
    }
    for (const Node& binding : items_of(query, "labelBindings"))
      filter += (filter.empty() ? "" : ",") + binding.text();
    return filter;
  }

  std::optional<std::string> query_of(const Node& query, const Path& path, Draft& at,
                                      std::string& why) {
    std::string inline_text = trimmed(text_of(query, "customInlineTemplate"));
    std::string text;
    const bool verbatim = inline_text.starts_with(kVerbatim);
    if (verbatim) {
      text = trimmed(std::string_view(inline_text).substr(kVerbatim.size()));
    } else {
      auto filters = filters_of(query, why);
      if (!filters) return std::nullopt;
      text = fmt::format("{}{{{}}}", text_of(query, "metricName"), *filters);
    }
    while (auto matcher = scope_matcher(text)) {
      if (!take_label(matcher->label, matcher->value)) {
        why =
            fmt::format("its scope is the label '{}', and that of others '{}': a template has one.",
                        matcher->label, label_);
        return std::nullopt;
      }
      take_out(text, *matcher);
    }
    if (text.find(kScope) != std::string::npos) {
      why = "its query names the scope elsewhere than in a label.";
      return std::nullopt;
    }
    for (std::size_t empty = text.find("{}"); empty != std::string::npos; empty = text.find("{}"))
      text.erase(empty, 2);
    fill_arguments(text);
    const std::string labels = (label_.empty() ? "version" : label_) + ", instance";
    if (!verbatim) {
      if (!items_of(query, "groupByFields").empty()) {
        source_.tell(Level::changed, path / "groupByFields",
                     "Kayenta judges each group; here there is one value an instance.", &at);
      }
      return fmt::format("avg by ({}) ({})", labels, text);
    }
    auto made = grouped(text, labels);
    if (!made) {
      why =
          "its query is no aggregation as a whole, which could be told apart by version: write "
          "`compare.gauge.query` by hand.";
      return std::nullopt;
    }
    source_.tell(Level::changed, path, "Check the query: `by` was added, and the scope taken out.",
                 &at);
    return made;
  }

  // ${location} becomes {{args.location}}.
  void fill_arguments(std::string& text) {
    for (std::size_t at = text.find("${"); at != std::string::npos; at = text.find("${", at)) {
      const std::size_t end = text.find('}', at);
      if (end == std::string::npos) return;
      const std::string name = text.substr(at + 2, end - at - 2);
      arguments_.insert(name);
      text.replace(at, end - at + 1, fmt::format("{{{{args.{}}}}}", name));
    }
  }

  Draft options_of(const Node& metric, const Path& path, Draft& at) {
    Draft out = Draft::map();
    Draft groups = Draft::list();
    for (const Node& group : items_of(metric, "groups")) groups.push(Draft::text(group.text()));
    const bool in_none = groups.empty();
    if (in_none) groups.push(Draft::text(kUngrouped));
    out.set("groups", std::move(groups));
    const Node* given = inside(metric, {"analysisConfigurations", "canary"});
    static const Node kNothing = Node::from_json(Json::object());
    const Node& options = given != nullptr ? *given : kNothing;
    const Path here = path / "analysisConfigurations" / "canary";
    const std::string direction = text_of(options, "direction");
    const bool known = direction == "increase" || direction == "decrease";
    if (!direction.empty()) out.set("direction", known ? direction : "either");
    if (text_of(options, "nanStrategy") == "replace") {
      out.set("nanStrategy", "replace");
    }
    if (const Node* outliers = options.find("outliers")) {
      if (text_of(*outliers, "strategy") == "remove") out.set("outliers", "remove");
      const double factor = number_of(*outliers, "outlierFactor", 3);
      if (factor > 0 && factor != 3) out.set("outlierFactor", Draft::number(factor));
      if (factor <= 0)
        source_.tell(Level::changed, here / "outliers", "A factor of 0 ends Kayenta; 3 is used.",
                     &at);
    }
    for (const char* name : {"critical", "mustHaveData", "muted"}) {
      const Node* flag = options.find(name);
      if (flag == nullptr) continue;
      if (flag->is_string())
        source_.tell(Level::changed, here / name,
                     fmt::format("'{}' was a text, on which Kayenta ends.", name), &at);
      if (flag_of(options, name)) out.set(name, Draft::word("true"));
    }
    if (in_none) {
      out.set("muted", Draft::word("true"));
      source_.tell(Level::changed, path / "groups",
                   "In no group it counts nowhere in Kayenta: it is muted here.", &at);
    }
    if (const Node* effect = options.find("effectSize")) {
      if (text_of(*effect, "measure") == "cles") out.set("effectMeasure", "cles");
      copy(*effect, out,
           {"allowedIncrease", "allowedDecrease", "criticalIncrease", "criticalDecrease"});
    }
    source_.tell_of_others(
        options, here,
        {"direction", "nanStrategy", "outliers", "critical", "mustHaveData", "muted", "effectSize"},
        &at);
    return out;
  }

  const Source& source_;
  const Node& root_;
  std::string label_;
  std::string scope_;
  std::set<std::string> arguments_;
};

}  // namespace

void convert_kayenta(const std::vector<config::Document>& documents, Converted& out) {
  for (const config::Document& document : documents) {
    Source source(document, out);
    if (document.root.find("metrics") == nullptr || document.root.find("name") == nullptr) {
      source.tell(Level::note, Path(),
                  "This is no canary configuration: it has no name or metrics.");
      continue;
    }
    ConfigConverter(source).run();
  }
}

}  // namespace serin::app::converting
