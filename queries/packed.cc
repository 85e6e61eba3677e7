#include "queries/packed.h"

#include <charconv>
#include <cmath>
#include <optional>
#include <utility>

namespace serin::queries {
namespace {

constexpr std::string_view kEscaped = "\\=,|;";
// Whole numbers up to here are written without a look for the shortest form.
constexpr double kWholeMax = 1e15;

void append_whole(std::string& out, std::int64_t number) {
  char text[24];
  out.append(text, std::to_chars(text, text + sizeof text, number).ptr);
}

void append_value(std::string& out, double value) {
  if (std::abs(value) < kWholeMax && value == std::trunc(value) &&
      !(value == 0 && std::signbit(value))) {
    append_whole(out, static_cast<std::int64_t>(value));
  } else {
    out += format_double(value);
  }
}

void append_escaped(std::string& out, std::string_view text) {
  if (text.find_first_of(kEscaped) == std::string_view::npos) {
    out += text;
    return;
  }
  for (char c : text) {
    if (kEscaped.find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
}

// Times may be any: differences wrap around, and back.
std::int64_t difference(std::int64_t time, std::int64_t base) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(time) -
                                   static_cast<std::uint64_t>(base));
}
std::int64_t sum(std::int64_t base, std::int64_t step) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(base) +
                                   static_cast<std::uint64_t>(step));
}

class Unpacker {
 public:
  explicit Unpacker(std::string_view text) : all_(text), rest_(text) {}

  Result<std::vector<Series>> run() {
    std::vector<Series> all;
    while (!rest_.empty()) {
      SERIN_TRY(labels, labels_after(all.empty() ? nullptr : &all.back().labels));
      Series series{std::move(labels), {}};
      SERIN_CHECK(read_samples(series.samples));
      all.push_back(std::move(series));
    }
    return all;
  }

 private:
  std::unexpected<Error> damaged(std::string_view what) const {
    return fail(Code::data_loss, "packed series: " + std::string(what) + " at byte " +
                                     std::to_string(all_.size() - rest_.size()));
  }
  bool take(char c) {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  // Up to one of `ends`, which stays; nothing where there is none.
  std::optional<std::string> text_until(std::string_view ends) {
    std::string text;
    for (std::size_t i = 0; i < rest_.size(); ++i) {
      if (ends.find(rest_[i]) != std::string_view::npos) {
        rest_.remove_prefix(i);
        return text;
      }
      if (rest_[i] == '\\' && ++i == rest_.size()) break;
      text += rest_[i];
    }
    return std::nullopt;
  }

  Result<Labels> labels_after(const Labels* before) {
    std::vector<Labels::Pair> pairs;
    while (!take('|')) {
      if (take(',')) {
        if (before == nullptr || pairs.size() >= before->pairs().size()) {
          return damaged("no label stands at this place in the series before");
        }
        pairs.push_back(before->pairs()[pairs.size()]);
        continue;
      }
      auto name = text_until("=,|;");
      if (!name || !take('=')) return damaged("a label without '='");
      auto value = text_until(",|;");
      if (!value || !take(',')) return damaged("a label without its ','");
      pairs.emplace_back(*std::move(name), *std::move(value));
    }
    const std::size_t count = pairs.size();
    Labels labels(std::move(pairs));
    // What is empty or there twice is never written, and would move the places.
    if (labels.pairs().size() != count) return damaged("a label that is empty or there twice");
    return labels;
  }

  Status read_samples(std::vector<Sample>& samples) {
    std::int64_t base = first_ms_;
    while (!take(';')) {
      std::int64_t step = 0;
      const char* const end = rest_.data() + rest_.size();
      const auto [after, error] = std::from_chars(rest_.data(), end, step);
      if (error != std::errc()) return damaged("a sample without a time");
      rest_.remove_prefix(static_cast<std::size_t>(after - rest_.data()));
      if (!take(':')) return damaged("a sample without ':'");
      const std::size_t space = rest_.find(' ');
      if (space == std::string_view::npos) return damaged("a sample without its end");
      const auto value = parse_sample_value(rest_.substr(0, space));
      if (!value) return damaged("a value that is no number");
      rest_.remove_prefix(space + 1);
      base = sum(base, step);
      if (samples.empty()) first_ms_ = base;
      samples.push_back({base, *value});
    }
    return {};
  }

  std::string_view all_;
  std::string_view rest_;
  std::int64_t first_ms_ = 0;
};

}  // namespace

std::string pack(const std::vector<Series>& series) {
  std::string out;
  out.reserve(64 * series.size());
  const std::vector<Labels::Pair> none;
  const std::vector<Labels::Pair>* before = &none;
  std::int64_t first_ms = 0;
  for (const Series& one : series) {
    const std::vector<Labels::Pair>& pairs = one.labels.pairs();
    for (std::size_t i = 0; i < pairs.size(); ++i) {
      if (i >= before->size() || (*before)[i] != pairs[i]) {
        append_escaped(out, pairs[i].first);
        out += '=';
        append_escaped(out, pairs[i].second);
      }
      out += ',';
    }
    before = &pairs;
    out += '|';
    std::int64_t base = first_ms;
    for (const Sample& sample : one.samples) {
      append_whole(out, difference(sample.time_ms, base));
      out += ':';
      append_value(out, sample.value);
      out += ' ';
      base = sample.time_ms;
    }
    if (!one.samples.empty()) first_ms = one.samples.front().time_ms;
    out += ';';
  }
  return out;
}

Result<std::vector<Series>> unpack(std::string_view text) {
  return Unpacker(text).run();
}

}  // namespace serin::queries
