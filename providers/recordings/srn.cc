#include "providers/recordings/srn.h"

#include <zlib.h>
#include <zstd.h>

#include <algorithm>

#include "base/assert.h"
#include "providers/recordings/recording.h"
#include "providers/recordings/srn_columns.h"

namespace serin::providers {
namespace {

constexpr int kLevel = 3;  // zstd's own default
constexpr std::size_t kTypeBytes = 4;
constexpr std::size_t kHeaderBytes = kTypeBytes + 3 * 4;  // packed size, size, checksum
// Calls that are put into one block.
constexpr std::size_t kCallBytes = std::size_t{1} << 20U;

void put_u32(std::string& out, std::uint32_t value) {
  for (unsigned shift = 0; shift < 32; shift += 8) out += static_cast<char>(value >> shift);
}

std::uint32_t get_u32(std::string_view bytes) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    value |= static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[i])) << (8 * i);
  }
  return value;
}

std::uint32_t checksum(std::string_view head, std::string_view packed) {
  auto add = [](uLong sum, std::string_view bytes) {
    return ::crc32(sum, reinterpret_cast<const Bytef*>(bytes.data()),
                   static_cast<uInt>(bytes.size()));
  };
  return static_cast<std::uint32_t>(add(add(0, head), packed));
}

// A part of a file that can be read by itself.
struct Block {
  std::string_view type;
  std::string raw;
};

class Decoder {
 public:
  explicit Decoder(Srn& srn) : srn_(srn) {}

  Status take(const Block& block) {
    if (srn_.complete) return fail(Code::data_loss, "something follows its end");
    ByteReader in(block.raw);
    if (block.type == "SERI") return series(in);
    if (block.type == "SAMP") return samples(in);
    if (block.type == "CALL") return calls(block.raw);
    if (block.type != "META" && block.type != "PAGE" && block.type != "END ") {
      return {};  // of a later version that this one may leave out
    }
    SERIN_TRY(json, Json::parse(block.raw));
    if (block.type == "META") {
      for (const auto& [name, value] : json.members()) srn_.meta.set(name, value);
    } else if (block.type == "PAGE") {
      if (srn_.pages.size() >= kSrnPagesMax) return too_many(kSrnPagesMax, "pages");
      srn_.pages.push_back({std::string(json["query"].string()), json["from_ms"].integer(),
                            json["until_ms"].integer()});
    } else {
      if (json["samples"].integer() != samples_ ||
          json["series"].integer() != static_cast<std::int64_t>(srn_.series.size())) {
        return fail(Code::data_loss, "its end counts other series or samples than there are");
      }
      srn_.complete = true;
    }
    return {};
  }

 private:
  static std::unexpected<Error> too_many(std::size_t bound, const char* what) {
    return fail(Code::invalid_argument, "more than " + std::to_string(bound) + " " + what);
  }

  Status series(ByteReader& in) {
    while (!in.empty()) {
      if (srn_.series.size() >= kRecordingSeriesMax) return too_many(kRecordingSeriesMax, "series");
      SERIN_TRY(count, in.varint());
      std::vector<queries::Labels::Pair> pairs;
      for (std::uint64_t i = 0; i < count; ++i) {
        SERIN_TRY(name, in.text());
        SERIN_TRY(value, in.text());
        pairs.emplace_back(name, value);
      }
      srn_.series.push_back({queries::Labels(std::move(pairs)), {}});
    }
    return {};
  }

  Status samples(ByteReader& in) {
    while (!in.empty()) {
      SERIN_TRY(id, in.varint());
      if (id >= srn_.series.size()) {
        return fail(Code::data_loss, "samples of a series that was not named");
      }
      SERIN_TRY(column, get_column(in));
      samples_ += static_cast<std::int64_t>(column.size());
      auto& all = srn_.series[id].samples;
      all.insert(all.end(), column.begin(), column.end());
      bytes_ += column.size() * sizeof(queries::Sample);
      if (bytes_ > kRecordingBytesMax) return too_many(kRecordingBytesMax, "bytes of samples");
    }
    return {};
  }

  Status calls(std::string_view lines) {
    while (!lines.empty()) {
      const std::size_t end = std::min(lines.find('\n'), lines.size());
      SERIN_TRY(call, Json::parse(lines.substr(0, end)));
      srn_.calls.push_back(std::move(call));
      lines.remove_prefix(std::min(end + 1, lines.size()));
    }
    return {};
  }

  Srn& srn_;
  std::int64_t samples_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace

SrnEncoder::SrnEncoder(const Json& meta) {
  out_ += kSrnMagic;
  out_ += static_cast<char>(kSrnVersion & 0xffU);
  out_ += static_cast<char>(kSrnVersion >> 8U);
  this->meta(meta);
}

SrnEncoder SrnEncoder::after(const Srn& before) {
  SERIN_ASSERT(!before.complete);
  SrnEncoder encoder;
  for (const queries::Series& series : before.series) {
    encoder.ids_.emplace(series.labels, encoder.ids_.size());
    encoder.samples_ += series.samples.size();
  }
  return encoder;
}

void SrnEncoder::block(std::string_view type, std::string_view raw) {
  SERIN_ASSERT(type.size() == kTypeBytes && raw.size() <= kSrnBlockMax);
  std::string packed(::ZSTD_compressBound(raw.size()), '\0');
  const std::size_t size =
      ::ZSTD_compress(packed.data(), packed.size(), raw.data(), raw.size(), kLevel);
  SERIN_ASSERT(::ZSTD_isError(size) == 0);
  packed.resize(size);
  std::string head(type);
  put_u32(head, static_cast<std::uint32_t>(packed.size()));
  put_u32(head, static_cast<std::uint32_t>(raw.size()));
  out_ += head;
  put_u32(out_, checksum(head, packed));
  out_ += packed;
}

void SrnEncoder::add(std::span<const queries::Series> series) {
  for (const queries::Series& each : series) {
    auto [at, is_new] = ids_.try_emplace(each.labels, ids_.size());
    if (is_new) fresh_.push_back(each.labels);
    auto& waiting = waiting_[at->second];
    waiting.insert(waiting.end(), each.samples.begin(), each.samples.end());
    waiting_samples_ += each.samples.size();
    samples_ += each.samples.size();
    if (waiting_samples_ >= kSrnSamplesMax) flush();
  }
}

void SrnEncoder::flush() {
  if (!fresh_.empty()) {
    std::string raw;
    for (const queries::Labels& labels : fresh_) {
      put_varint(raw, labels.pairs().size());
      for (const auto& [name, value] : labels.pairs()) {
        put_text(raw, name);
        put_text(raw, value);
      }
      if (raw.size() > kSrnBlockMax / 2) block("SERI", std::exchange(raw, {}));
    }
    block("SERI", raw);
    fresh_.clear();
  }
  std::string raw;
  for (const auto& [id, samples] : waiting_) {
    for (std::size_t from = 0; from < samples.size(); from += kSrnSamplesMax) {
      put_varint(raw, id);
      put_column(raw,
                 std::span(samples).subspan(from, std::min(kSrnSamplesMax, samples.size() - from)));
      if (raw.size() > kSrnBlockMax / 4) block("SAMP", std::exchange(raw, {}));
    }
  }
  if (!raw.empty()) block("SAMP", raw);
  waiting_.clear();
  waiting_samples_ = 0;
  flush_calls();
}

void SrnEncoder::flush_calls() {
  if (!calls_.empty()) block("CALL", std::exchange(calls_, {}));
}

void SrnEncoder::page(const SrnPage& page) {
  flush();
  block("PAGE", Json::object()
                    .set("query", page.query)
                    .set("from_ms", page.from_ms)
                    .set("until_ms", page.until_ms)
                    .dump());
}

void SrnEncoder::call(const Json& call) {
  std::string line = call.dump();
  line += '\n';
  if (calls_.size() + line.size() > kSrnBlockMax) flush_calls();
  SERIN_ASSERT(line.size() <= kSrnBlockMax);
  calls_ += line;
  if (calls_.size() > kCallBytes) flush_calls();
}

void SrnEncoder::meta(const Json& meta) {
  block("META", meta.dump());
}

void SrnEncoder::finish() {
  flush();
  block("END ", Json::object().set("series", ids_.size()).set("samples", samples_).dump());
}

Result<Srn> decode_srn(std::string_view text) {
  constexpr std::size_t kStart = kSrnMagic.size() + 2;
  if (!text.starts_with(kSrnMagic) || text.size() < kStart) {
    return fail(Code::data_loss, "no recording of serin's: it does not begin as one");
  }
  const int version = static_cast<unsigned char>(text[kStart - 2]) +
                      256 * static_cast<unsigned char>(text[kStart - 1]);
  if (version != kSrnVersion) {
    return fail(Code::data_loss, "a recording of version " + std::to_string(version) +
                                     "; this serin reads version " + std::to_string(kSrnVersion));
  }
  Srn srn;
  srn.meta = Json::object();
  Decoder decoder(srn);
  std::size_t at = kStart;
  srn.whole_bytes = at;
  while (text.size() - at >= kHeaderBytes) {
    const std::string_view head = text.substr(at, kTypeBytes + 8);
    const std::size_t packed_size = get_u32(head.substr(kTypeBytes));
    const std::size_t size = get_u32(head.substr(kTypeBytes + 4));
    if (text.size() - at - kHeaderBytes < packed_size) break;  // it broke off here
    const std::string_view packed = text.substr(at + kHeaderBytes, packed_size);
    auto damaged = [&](const Error& error) {
      return std::unexpected(Error(error).with("block at byte " + std::to_string(at)));
    };
    if (checksum(head, packed) != get_u32(text.substr(at + kTypeBytes + 8))) {
      return damaged({Code::data_loss, "its checksum is wrong"});
    }
    if (size > kSrnBlockMax) {
      return damaged({Code::invalid_argument,
                      "it holds more than " + std::to_string(kSrnBlockMax) + " bytes"});
    }
    Block block{head.substr(0, kTypeBytes), std::string(size, '\0')};
    const std::size_t got = ::ZSTD_decompress(block.raw.data(), size, packed.data(), packed.size());
    if (::ZSTD_isError(got) != 0 || got != size) {
      return damaged({Code::data_loss, "it can't be unpacked"});
    }
    if (Status taken = decoder.take(block); !taken) return damaged(taken.error());
    at += kHeaderBytes + packed_size;
    srn.whole_bytes = at;
  }
  return srn;
}

}  // namespace serin::providers
