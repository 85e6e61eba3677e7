#include "support/certificates.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "base/assert.h"

namespace serin::test {
namespace {

template <auto kFree>
struct Freer {
  template <class T>
  void operator()(T* pointer) const {
    kFree(pointer);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY_free>>;
using Cert = std::unique_ptr<X509, Freer<X509_free>>;

constexpr long kLifetime = 24L * 3600;  // seconds

void add_extension(X509* cert, X509* issuer, int id, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, cert, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, id, value);
  SERIN_ASSERT(extension != nullptr);
  X509_add_ext(cert, extension, -1);
  X509_EXTENSION_free(extension);
}

Cert make(const std::string& name, long serial, EVP_PKEY* key) {
  Cert cert(X509_new());
  X509_set_version(cert.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(cert.get()), serial);
  X509_gmtime_adj(X509_getm_notBefore(cert.get()), -kLifetime);
  X509_gmtime_adj(X509_getm_notAfter(cert.get()), kLifetime);
  X509_set_pubkey(cert.get(), key);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(cert.get()), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  return cert;
}

std::string text_of(BIO* memory) {
  char* data = nullptr;
  long size = BIO_get_mem_data(memory, &data);
  return {data, static_cast<std::size_t>(size)};
}

}  // namespace

struct Certificates::Pair {
  Key key{EVP_EC_gen("P-256")};
  Cert cert;
};

Certificates::Certificates(const TempDir& dir, const std::string& name)
    : dir_(dir), name_(name), ca_(std::make_unique<Pair>()) {
  ca_->cert = make(name, serial_++, ca_->key.get());
  X509* cert = ca_->cert.get();
  X509_set_issuer_name(cert, X509_get_subject_name(cert));
  add_extension(cert, cert, NID_basic_constraints, "critical,CA:TRUE");
  add_extension(cert, cert, NID_key_usage, "critical,keyCertSign,cRLSign");
  SERIN_ASSERT(X509_sign(cert, ca_->key.get(), EVP_sha256()) > 0);
  ca_file_ = write(name, *ca_).cert_file;
}

Certificates::~Certificates() = default;

Certificates::Files Certificates::issue(const std::string& name) {
  Pair pair;
  pair.cert = make(name, serial_++, pair.key.get());
  X509* cert = pair.cert.get();
  X509_set_issuer_name(cert, X509_get_subject_name(ca_->cert.get()));
  add_extension(cert, ca_->cert.get(), NID_subject_alt_name, "IP:127.0.0.1,DNS:localhost");
  SERIN_ASSERT(X509_sign(cert, ca_->key.get(), EVP_sha256()) > 0);
  return write(name_ + "-" + name, pair);
}

Certificates::Files Certificates::write(const std::string& name, const Pair& pair) const {
  std::unique_ptr<BIO, Freer<BIO_free_all>> cert(BIO_new(BIO_s_mem()));
  std::unique_ptr<BIO, Freer<BIO_free_all>> key(BIO_new(BIO_s_mem()));
  SERIN_ASSERT(PEM_write_bio_X509(cert.get(), pair.cert.get()) == 1);
  SERIN_ASSERT(PEM_write_bio_PrivateKey(key.get(), pair.key.get(), nullptr, nullptr, 0, nullptr,
                                        nullptr) == 1);
  return {.cert_file = dir_.write(name + ".crt", text_of(cert.get())),
          .key_file = dir_.write(name + ".key", text_of(key.get()))};
}

}  // namespace serin::test
