// What the metrics server of bench/load says.
#include <charconv>
#include <cmath>
#include <string>
#include <string_view>

#include "base/random.h"
#include "bench/load/metrics_server.h"

namespace serin::bench {
namespace {

constexpr std::int64_t kScrapeMs = kServerScrapeSeconds * 1000;
constexpr int kInstances = 3;  // of each version
constexpr double kGoodPerSecond = 50;
constexpr double kBadPerSecond = 0.5;
constexpr double kTimedPerSecond = 50;

struct Bucket {
  std::string_view bound;
  double below;  // of all requests
};
// Of lognormal times with a median of 80 ms.
constexpr Bucket kBuckets[] = {{"0.005", .0000}, {"0.01", .0008}, {"0.025", .0390}, {"0.05", .2390},
                               {"0.1", .6310},   {"0.25", .9580}, {"0.5", .9970},   {"1", .9999},
                               {"2.5", 1},       {"5", 1},        {"10", 1},        {"+Inf", 1}};

void append(std::string& out, std::int64_t number) {
  char text[24];
  const auto end = std::to_chars(text, text + sizeof text, number).ptr;
  out.append(text, end);
}

std::uint64_t hash(std::string_view text, std::uint64_t seed) {
  return stable_hash(text.data(), text.size(), seed + 0xcbf29ce484222325U);
}

// The value of a label that is matched for equality, "" where there is none.
std::string_view matched(std::string_view query, std::string_view label) {
  const std::string start = std::string(label) + "=\"";
  const std::size_t at = query.find(start);
  if (at == std::string_view::npos) return {};
  query.remove_prefix(at + start.size());
  return query.substr(0, query.find('"'));
}

// "…[95s]" in milliseconds; 0 for an instant vector.
std::int64_t window_ms(std::string_view query) {
  const std::size_t at = query.rfind('[');
  if (at == std::string_view::npos) return 0;
  std::int64_t number = 0;
  const char* const end = query.data() + query.size();
  const auto [unit, error] = std::from_chars(query.data() + at + 1, end, number);
  if (unit + 1 < end && unit[0] == 'm' && unit[1] == 's') return number;
  return number * (*unit == 'h' ? 3'600'000 : *unit == 'm' ? 60'000 : 1'000);
}

class Answer {
 public:
  Answer(std::string_view query, std::int64_t now_ms)
      : job_(matched(query, "job")),
        metric_(matched(query, "m")),
        window_ms_(window_ms(query)),
        now_ms_(now_ms) {}

  // A counter that grows by so much a second.
  void add(std::string_view name, std::string_view label, std::string_view value,
           double per_second) {
    for (int i = 0; i < 2 * kInstances; ++i) {
      const bool canary = i >= kInstances;
      begin(name, canary, i);
      label_pair(label, value);
      samples(i, per_second);
    }
  }
  // 1, or a time, at every scrape.
  void add_constant(std::string_view name, std::string_view value) {
    for (int i = 0; i < 2 * kInstances; ++i) {
      begin(name, i >= kInstances, i);
      text_ += "},\"values\":[";
      each_time(i, [&](std::int64_t) { text_ += value; });
      text_ += "]}";
    }
  }
  std::string take() && { return head("matrix") + text_ + "]}}"; }
  static std::string head(std::string_view type) {
    return R"({"status":"success","data":{"resultType":")" + std::string(type) + R"(","result":[)";
  }

 private:
  void begin(std::string_view name, bool canary, int instance) {
    if (!text_.empty()) text_ += ',';
    text_ += R"({"metric":{"__name__":")";
    text_ += name;
    text_ += '"';
    label_pair("job", job_);
    if (!metric_.empty()) label_pair("m", metric_);
    label_pair("pod",
               canary ? "new-" + std::to_string(instance) : "old-" + std::to_string(instance));
    label_pair("version", canary ? "v2" : "v1");
  }
  void label_pair(std::string_view name, std::string_view value) {
    text_ += ",\"";
    text_ += name;
    text_ += "\":\"";
    text_ += value;
    text_ += '"';
  }
  template <class Value>
  void each_time(int instance, Value value) {
    const auto phase = static_cast<std::int64_t>(hash(job_, static_cast<std::uint64_t>(instance)) %
                                                 static_cast<std::uint64_t>(kScrapeMs));
    std::int64_t at = (now_ms_ - window_ms_ - phase) / kScrapeMs * kScrapeMs + phase;
    bool first = true;
    for (; at <= now_ms_; at += kScrapeMs) {
      if (at <= now_ms_ - window_ms_) continue;
      text_ += first ? "[" : ",[";
      first = false;
      append(text_, at / 1000);
      text_ += '.';
      text_ += static_cast<char>('0' + at / 100 % 10);
      text_ += static_cast<char>('0' + at / 10 % 10);
      text_ += static_cast<char>('0' + at % 10);
      text_ += ",\"";
      value(at);
      text_ += "\"]";
    }
  }
  void samples(int instance, double per_second) {
    const std::uint64_t seed = hash(job_, static_cast<std::uint64_t>(instance));
    text_ += "},\"values\":[";
    each_time(instance, [&](std::int64_t at) {
      // Not quite even, and never falling: up to a fifth of a scrape early. All series of an
      // instance alike, so that larger buckets hold no less.
      Rng jitter(seed ^ static_cast<std::uint64_t>(at));
      const double seconds =
          static_cast<double>(at) / 1e3 - 1.7e9 + 0.2 * kServerScrapeSeconds * jitter.uniform();
      append(text_, static_cast<std::int64_t>(per_second * seconds));
    });
    text_ += "]}";
  }

  std::string_view job_;
  std::string_view metric_;
  std::int64_t window_ms_;
  std::int64_t now_ms_;
  std::string text_;
};

}  // namespace

std::string metrics_answer(const std::string& query, std::int64_t now_ms) {
  if (query.find("load{") != std::string::npos) {
    std::string text = Answer::head("vector") + R"({"metric":{},"value":[)";
    append(text, now_ms / 1000);
    return text + R"(,"0.4"]}]}})";
  }
  Answer answer(query, now_ms);
  if (query.find("latency_bucket") != std::string::npos) {
    for (const Bucket& bucket : kBuckets) {
      answer.add("latency_bucket", "le", bucket.bound, kTimedPerSecond * bucket.below);
    }
  } else if (query.find("requests_total") != std::string::npos) {
    answer.add("requests_total", "code", "200", kGoodPerSecond);
    answer.add("requests_total", "code", "500", kBadPerSecond);
  } else {
    answer.add_constant("up", "1");
    answer.add_constant("process_start_time_seconds", "1600000000");
  }
  return std::move(answer).take();
}

}  // namespace serin::bench
