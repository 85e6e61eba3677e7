// Answers of Prometheus's HTTP API as samples.
//
//   Decoder decoder;
//   Result<queries::Answer> answer = decoder.decode(std::move(body), {});
//   Result<queries::Answer> other = decoder.read({422, std::move(body)}, {});   // bad_data: …
//
// A pure function of its arguments; a decoder is only memory that is used again, one a thread. Raw
// samples come in the order of time and one a timestamp, native histograms of a matrix as
// cumulative buckets (native.h); else values come as they stand, floats alone, and series may have
// no samples.
#pragma once

#include <memory>
#include <string>

#include "queries/samples.h"

namespace serin::prometheus {

// Answers larger than this are decoded away from the loop thread.
inline constexpr std::size_t kDecodeInlineMax = std::size_t{256} << 10U;

// Native histograms that an answer may hold: each becomes about a hundred series.
inline constexpr std::size_t kNativeMax = 400;

struct DecodeLimits {
  std::size_t series_max = queries::kSeriesMax;
  bool raw = false;  // samples as they were scraped, of a range vector
};

struct StatusAndBody {
  int status = 200;
  std::string body;
};

// Thread: one at a time.
class Decoder {
 public:
  Decoder();
  ~Decoder();
  Decoder(Decoder&&) noexcept;
  Decoder& operator=(Decoder&&) noexcept;

  // The body of an answer. Values may be NaN and infinite; of equal times raw samples have the
  // first. What Go's client overlooks is overlooked: results that are null, labels that are null,
  // more than two elements of a pair. Errors: invalid_argument (the server refuses the query, in
  // its own words as `errorType: error`; or more than series_max series, with the way out),
  // deadline_exceeded and unavailable where the server's errorType says so, data_loss (no answer of
  // this API). 64 bytes more capacity than size spare a copy of the body.
  Result<queries::Answer> decode(std::string body, const DecodeLimits& limits);

  // An HTTP answer: 2xx, 400 and 422 carry bodies that are read; other statuses are errors, named
  // as Prometheus's own client names them (`client_error: client error: 404`).
  Result<queries::Answer> read(StatusAndBody response, const DecodeLimits& limits);

 private:
  struct Parser;
  std::unique_ptr<Parser> parser_;
};

}  // namespace serin::prometheus
