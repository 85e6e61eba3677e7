// One attempt of a request on a curl handle: settings, received bytes, and what its end means.
// Internal to base/net.
#pragma once

#include <curl/curl.h>

#include <cstdint>
#include <string>

#include "base/net/curl/origin.h"
#include "base/net/curl/target.h"

namespace serin::net {

// Thread: loop-only.
class Transfer {
 public:
  Transfer();
  ~Transfer();
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  // The transfer that was set up on this handle.
  static Transfer& of(CURL* easy);

  // Sets the handle up anew; request, target and options outlive the attempt. `call` is the
  // caller's number.
  void prepare(const HttpRequest& request, const Target& target, const HttpClientOptions& options,
               std::uint64_t call);
  CURL* easy() const { return easy_; }
  std::uint64_t call() const { return call_; }

  struct End {
    Result<HttpResponse> result;
    Outcome outcome = Outcome::neutral;
  };
  // What it means that curl ended it with `code`.
  End end(CURLcode code);
  // What it means that the deadline came first; asked before curl is told to stop.
  End expire() const;

 private:
  static std::size_t on_header(char* data, std::size_t size, std::size_t count, void* self);
  static std::size_t on_body(char* data, std::size_t size, std::size_t count, void* self);
  void set_method();
  void set_headers();
  void set_access();
  bool take_header(std::string_view line);
  bool take_body(std::string_view bytes);
  // `code`, or maybe_delivered where the request has left and sending it twice could do harm.
  Code after_sending(Code code) const;
  Error error(Code code, const std::string& what) const;

  CURL* easy_;
  const HttpRequest* request_ = nullptr;
  const Target* target_ = nullptr;
  const HttpClientOptions* options_ = nullptr;
  std::uint64_t call_ = 0;
  curl_slist* headers_ = nullptr;
  char reason_[CURL_ERROR_SIZE] = {};
  HttpResponse response_;
  std::size_t header_bytes_ = 0;
  bool headers_too_large_ = false;
  bool body_too_large_ = false;
};

}  // namespace serin::net
