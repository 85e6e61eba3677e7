// A random world of instances that serve, crash, restart and are scraped now and then; it knows the
// truth, and whether the scrapes could show it.
//
//   World world({.seed = 7, .missing = 0.2});
//   Answer answer = world.samples(after_ms, until_ms);      // what a server would answer
//   world.truth();                                           // what a perfect observer may count
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/random.h"
#include "queries/samples.h"

namespace serin::queries::testing {

struct WorldOptions {
  std::uint64_t seed = 1;
  int instances = 4;     // the first is scraped without fault, so that the interval is known
  double missing = 0;    // share of scrapes that fail
  int restarts_max = 0;  // by instance
  double lateness = 0;   // of samples, in scrape intervals, at most
  double bad = 0.2;      // share of events that are errors
  int paths = 4;         // label sets of errors
  double events = 2;     // mean number an instance and scrape interval
};

class World {
 public:
  static constexpr std::int64_t kIntervalMs = 10'000;
  static constexpr int kScrapes = 40;  // after the start
  explicit World(const WorldOptions& options);

  // http_requests_total by code and path, as far as visible at `until_ms`.
  Answer samples(std::int64_t after_ms, std::int64_t until_ms) const {
    return answer(counters_, after_ms, until_ms);
  }
  // One histogram an instance, x_bucket; its events are the same.
  Answer buckets(std::int64_t after_ms, std::int64_t until_ms) const {
    return answer(buckets_, after_ms, until_ms);
  }
  Answer up(std::int64_t after_ms, std::int64_t until_ms) const {
    return answer(up_, after_ms, until_ms);
  }
  std::int64_t end_ms() const;

  struct Truth {
    double bad = 0;
    double total = 0;
    // Something happened that no sample shows (or, of errors, that label sets hide).
    bool lost = false;
    bool operator==(const Truth&) const = default;
  };
  // From the last scrape before the start of counting to the last scrape of each instance.
  const Truth& truth() const { return truth_; }
  // The same for the histogram: one counter an instance, so less is lost.
  const Truth& bucket_truth() const { return bucket_truth_; }

 private:
  struct Visible {
    std::int64_t time_ms;
    std::int64_t visible_ms;
    double value;
  };
  using Store = std::map<Labels, std::vector<Visible>>;
  struct Event {
    std::int64_t time_ms;
    int set;     // 0: a good one; else an error's path
    int bucket;  // 0, 1, 2
  };
  struct Life {
    std::int64_t begin_ms;
    std::int64_t end_ms;
    bool restarts;
    std::vector<Event> events;
  };
  void add_instance(int index, const WorldOptions& options);
  static Answer answer(const Store& store, std::int64_t after_ms, std::int64_t until_ms);

  Rng rng_;
  Store counters_;
  Store buckets_;
  Store up_;
  Truth truth_;
  Truth bucket_truth_;
};

}  // namespace serin::queries::testing
