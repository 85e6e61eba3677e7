// Recordings as files: read whole, written block by block.
//
//   SERIN_TRY(file, SrnFile::create("rec.srn", meta));
//   file->encoder().add(series);
//   file->encoder().page(page);
//   SERIN_CHECK(file->write());                 // this far it can be gone on with
//   SERIN_CHECK(file->finish());
#pragma once

#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "providers/recordings/srn.h"

namespace serin::providers {

// Plain or gzip, at most kRecordingBytesMax. Errors: not_found, permission_denied, unavailable,
// data_loss (gzip that is damaged), invalid_argument (the bound).
Result<std::string> read_unpacked(const std::string& path);
// Errors: those of read_unpacked and decode_srn, with the path.
Result<Srn> read_srn(const std::string& path);
// "-" is standard output. Errors: permission_denied, unavailable.
Status write_text(const std::string& path, std::string_view text);

// Thread: one owner.
class SrnFile {
 public:
  // Errors of all: permission_denied, unavailable, naming the file.
  // An existing file is overwritten.
  static Result<std::unique_ptr<SrnFile>> create(const std::string& path, const Json& meta);
  // Goes on behind what was read of it; what broke off is cut away. Errors besides:
  // failed_precondition where it is complete.
  static Result<std::unique_ptr<SrnFile>> resume(const std::string& path, const Srn& before);
  ~SrnFile();
  SrnFile(const SrnFile&) = delete;
  SrnFile& operator=(const SrnFile&) = delete;

  SrnEncoder& encoder() { return encoder_; }
  // What the encoder has so far.
  Status write();
  // Its end, on the disk. Nothing may follow.
  Status finish();
  std::uint64_t bytes() const { return bytes_; }  // written by this object

 private:
  SrnFile(std::string path, std::FILE* file, SrnEncoder encoder)
      : path_(std::move(path)), file_(file), encoder_(std::move(encoder)) {}
  std::string path_;
  std::FILE* file_;
  SrnEncoder encoder_;
  std::uint64_t bytes_ = 0;
};

}  // namespace serin::providers
