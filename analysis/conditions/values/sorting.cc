#include "analysis/conditions/values/sorting.h"

#include <algorithm>
#include <numeric>

#include "analysis/conditions/values/operators.h"
#include "base/assert.h"

namespace serin::analysis::conditions {
namespace {

// Up to this many the reference inserts one after the other, which shows in where NaN ends up.
constexpr std::size_t kInsertedMax = 12;

class Sorter {
 public:
  Sorter(const std::vector<Value>& keys, bool descending, Budget& budget)
      : keys_(keys), descending_(descending), budget_(budget), order_(keys.size()) {
    std::iota(order_.begin(), order_.end(), std::size_t{0});
  }

  void run() {
    if (order_.size() <= kInsertedMax) {
      insert();
    } else {
      merge();
    }
  }
  const std::vector<std::size_t>& order() const { return order_; }
  const std::string& error() const { return error_; }

 private:
  bool less(std::size_t a, std::size_t b) {
    if (!error_.empty()) return false;
    if (!budget_.spend()) {
      error_ = kStepsExceeded;
      return false;
    }
    if (descending_) std::swap(a, b);
    auto answer = compare(Comparison::less, keys_[a], keys_[b]);
    if (!answer) error_ = std::move(answer).error();
    return answer && *answer;
  }

  void insert() {
    for (std::size_t i = 1; i < order_.size(); ++i) {
      for (std::size_t k = i; k > 0 && less(order_[k], order_[k - 1]); --k) {
        std::swap(order_[k], order_[k - 1]);
      }
    }
  }

  // Bottom up: bounded whatever the comparisons say.
  void merge() {
    std::vector<std::size_t> merged(order_.size());
    for (std::size_t width = 1; width < order_.size(); width *= 2) {
      for (std::size_t begin = 0; begin < order_.size(); begin += 2 * width) {
        std::size_t middle = std::min(begin + width, order_.size());
        std::size_t end = std::min(begin + 2 * width, order_.size());
        std::size_t left = begin;
        std::size_t right = middle;
        for (std::size_t to = begin; to < end; ++to) {
          bool take_right = left == middle || (right < end && less(order_[right], order_[left]));
          merged[to] = order_[take_right ? right++ : left++];
        }
      }
      order_.swap(merged);
    }
  }

  const std::vector<Value>& keys_;
  bool descending_;
  Budget& budget_;
  std::vector<std::size_t> order_;
  std::string error_;
};

}  // namespace

std::string sort_values(std::vector<Value>& values, std::vector<Value>& keys, bool descending,
                        Budget& budget) {
  SERIN_ASSERT(values.size() == keys.size());
  Sorter sorter(keys, descending, budget);
  sorter.run();
  if (!sorter.error().empty()) return sorter.error();
  std::vector<Value> sorted_values;
  std::vector<Value> sorted_keys;
  sorted_values.reserve(values.size());
  sorted_keys.reserve(keys.size());
  for (std::size_t position : sorter.order()) {
    sorted_values.push_back(std::move(values[position]));
    sorted_keys.push_back(std::move(keys[position]));
  }
  values = std::move(sorted_values);
  keys = std::move(sorted_keys);
  return {};
}

}  // namespace serin::analysis::conditions
