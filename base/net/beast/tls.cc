#include "base/net/beast/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <array>
#include <cstring>

namespace serin::net {

using boost::system::error_code;

namespace {

// Asio has no words for what the system refused, such as a file that is not there.
std::string words_of(const error_code& error) {
  const auto code = static_cast<unsigned int>(error.value());
  if (ERR_SYSTEM_ERROR(code)) return std::strerror(ERR_GET_REASON(code));
  return error.message();
}

}  // namespace

Result<std::shared_ptr<asio::ssl::context>> make_tls_context(const HttpServerTls& tls) {
  auto context = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_server);
  SSL_CTX* raw = context->native_handle();
  SSL_CTX_set_min_proto_version(raw, TLS1_2_VERSION);
  SSL_CTX_set_options(raw, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_session_cache_mode(raw, SSL_SESS_CACHE_OFF);
  auto refuse = [](const std::string& file, const error_code& error) {
    return fail(Code::invalid_argument,
                "the server's TLS file " + file + " can't be used: " + words_of(error));
  };
  error_code error;
  context->use_certificate_chain_file(tls.cert_file, error);
  if (error) return refuse(tls.cert_file, error);
  context->use_private_key_file(tls.key_file, asio::ssl::context::pem, error);
  if (error) return refuse(tls.key_file, error);
  if (SSL_CTX_check_private_key(raw) != 1) {
    return fail(Code::invalid_argument,
                "the key in " + tls.key_file + " is not that of the certificate " + tls.cert_file);
  }
  if (!tls.client_ca_file.empty()) {
    context->load_verify_file(tls.client_ca_file, error);
    if (error) return refuse(tls.client_ca_file, error);
    STACK_OF(X509_NAME)* names = SSL_load_client_CA_file(tls.client_ca_file.c_str());
    if (names != nullptr) SSL_CTX_set_client_CA_list(raw, names);
    asio::ssl::verify_mode mode = asio::ssl::verify_peer;
    if (tls.client_required) mode |= asio::ssl::verify_fail_if_no_peer_cert;
    context->set_verify_mode(mode);
  }
  return context;
}

std::string ByteStream::client_name() const {
  if (!tls_) return "";
  // The handshake fails for a certificate that does not verify, so this one did.
  SSL* ssl = const_cast<asio::ssl::stream<Socket&>&>(*tls_).native_handle();
  X509* certificate = SSL_get0_peer_certificate(ssl);
  if (certificate == nullptr || SSL_get_verify_result(ssl) != X509_V_OK) return "";
  std::array<char, 256> name{};
  int size = X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName,
                                       name.data(), static_cast<int>(name.size()));
  // A name that does not fit, or that holds a zero byte, is nobody's.
  if (size <= 0 || size + 1 >= static_cast<int>(name.size())) return "";
  std::string text(name.data(), static_cast<std::size_t>(size));
  return text.find('\0') == std::string::npos ? text : "";
}

}  // namespace serin::net
