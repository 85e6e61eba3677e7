// serin's own file of recorded metrics (.srn): columns of samples, compressed, checked, written
// block by block, so that a recording can be gone on with where it broke off.
//
//   SrnEncoder encoder(Json::object().set("made_by", "serin record"));
//   encoder.add(series);
//   encoder.page({"requests_total", from_ms, until_ms});
//   file.append(encoder.take());                       // so far; again after the next page
//   encoder.finish();
//
//   SERIN_TRY(srn, decode_srn(text));                  // srn.series, srn.pages, srn.complete
//
// The layout is docs/formats/recording.md. It is no store: nothing is looked up in it, the whole of
// it is read at once.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "queries/samples.h"

namespace serin::providers {

inline constexpr std::string_view kSrnMagic = "\x93SRNREC\n";
inline constexpr std::uint16_t kSrnVersion = 1;
// Of one block, unpacked.
inline constexpr std::size_t kSrnBlockMax = std::size_t{64} << 20U;
// Samples that are put into one block.
inline constexpr std::size_t kSrnSamplesMax = std::size_t{1} << 20U;
// Pages of one file.
inline constexpr std::size_t kSrnPagesMax = 1'000'000;

// The file holds every sample that the server had for `query` in (from, until].
struct SrnPage {
  std::string query;
  std::int64_t from_ms = 0;
  std::int64_t until_ms = 0;
  bool operator==(const SrnPage&) const = default;
};

struct Srn {
  Json meta;  // what is known of the file as a whole: who made it, of what
  std::vector<queries::Series> series;
  std::vector<SrnPage> pages;
  std::vector<Json> calls;  // of a release that kept its own: what its analysis was told, in order
  bool complete = false;    // it has its end
  std::size_t whole_bytes = 0;  // up to here every block is whole
};

// Thread: one owner.
class SrnEncoder {
 public:
  explicit SrnEncoder(const Json& meta);
  // Goes on behind what `before` holds: series keep their numbers, and the text of a file that has
  // the magic already comes without it.
  static SrnEncoder after(const Srn& before);

  // Samples wait until a page, flush() or finish(). Of one series they may come in any order and
  // more than once.
  void add(std::span<const queries::Series> series);
  void page(const SrnPage& page);
  void call(const Json& call);
  // Members that take the place of those of the same name.
  void meta(const Json& meta);
  // What waits becomes blocks.
  void flush();
  // The end; nothing may follow.
  void finish();
  // The text since the last take().
  std::string take() { return std::exchange(out_, {}); }

  std::uint64_t samples() const { return samples_; }
  std::size_t series() const { return ids_.size(); }

 private:
  SrnEncoder() = default;
  void block(std::string_view type, std::string_view raw);
  void flush_calls();

  std::string out_;
  std::map<queries::Labels, std::uint64_t> ids_;
  std::vector<queries::Labels> fresh_;  // series that no block names yet
  std::map<std::uint64_t, std::vector<queries::Sample>> waiting_;
  std::size_t waiting_samples_ = 0;
  std::string calls_;
  std::uint64_t samples_ = 0;
};

// The whole blocks of a file. One that breaks off is no error (`complete` says so): what stands
// behind the last whole block is left. Errors: data_loss (no such file, another version, a block
// whose checksum is wrong or that does not hold what it says), invalid_argument (a bound).
Result<Srn> decode_srn(std::string_view text);

}  // namespace serin::providers
