#include "providers/recordings/unpack.h"

#include <zlib.h>

#include <algorithm>

namespace serin::providers {
namespace {

constexpr int kGzipOnly = 16 + MAX_WBITS;
constexpr std::size_t kBlock = std::size_t{1} << 16U;

class Inflater {
 public:
  Inflater() { ready_ = ::inflateInit2(&stream_, kGzipOnly) == Z_OK; }
  ~Inflater() {
    if (ready_) ::inflateEnd(&stream_);
  }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  bool ready() const { return ready_; }
  z_stream& stream() { return stream_; }

 private:
  z_stream stream_{};
  bool ready_ = false;
};

std::unexpected<Error> too_large(std::size_t bytes_max) {
  return fail(Code::invalid_argument,
              "the recording is larger than " + std::to_string(bytes_max) + " bytes unpacked");
}

}  // namespace

Result<std::string> unpack(std::string_view bytes, std::size_t bytes_max) {
  if (!bytes.starts_with("\x1f\x8b")) {
    if (bytes.size() > bytes_max) return too_large(bytes_max);
    return std::string(bytes);
  }
  Inflater inflater;
  if (!inflater.ready()) return fail(Code::unavailable, "no memory for unpacking the recording");
  z_stream& stream = inflater.stream();
  // zlib does not write what it reads.
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  std::string text;
  for (;;) {
    const std::size_t size = text.size();
    text.resize(size + kBlock);
    stream.next_out = reinterpret_cast<Bytef*>(text.data() + size);
    stream.avail_out = static_cast<uInt>(kBlock);
    const int got = ::inflate(&stream, Z_NO_FLUSH);
    text.resize(size + kBlock - stream.avail_out);
    if (text.size() > bytes_max) return too_large(bytes_max);
    if (got == Z_STREAM_END) return text;
    // Neither more input nor more room: it breaks off.
    if (got != Z_OK || (stream.avail_in == 0 && stream.avail_out > 0)) {
      return fail(Code::data_loss, std::string("the recording's gzip is damaged: ") +
                                       (stream.msg != nullptr ? stream.msg : "it breaks off"));
    }
  }
}

}  // namespace serin::providers
