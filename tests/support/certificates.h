// A certificate authority of one test's own, and certificates for 127.0.0.1 and localhost under it.
//
//   Certificates ca(dir, "ca");
//   auto server = ca.issue("server");
//   "ssl_certificate " + server.cert_file + "; ssl_certificate_key " + server.key_file + ";"
#pragma once

#include <memory>
#include <string>

#include "support/temp_dir.h"

namespace serin::test {

// Thread: one owner.
class Certificates {
 public:
  struct Files {
    std::string cert_file;
    std::string key_file;
  };
  // Files are named after `name`; `dir` outlives it.
  Certificates(const TempDir& dir, const std::string& name);
  ~Certificates();
  Certificates(const Certificates&) = delete;
  Certificates& operator=(const Certificates&) = delete;

  const std::string& ca_file() const { return ca_file_; }
  // A certificate whose subject is `name`, for servers and clients alike.
  Files issue(const std::string& name);

 private:
  struct Pair;
  Files write(const std::string& name, const Pair& pair) const;
  const TempDir& dir_;
  std::string name_;
  std::unique_ptr<Pair> ca_;
  std::string ca_file_;
  long serial_ = 1;
};

}  // namespace serin::test
