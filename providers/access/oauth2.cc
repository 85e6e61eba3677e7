#include "providers/access/oauth2.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "base/json.h"
#include "providers/access/form.h"
#include "providers/access/proving_client.h"

namespace serin::access {
namespace {

struct Token {
  std::string type;
  std::string text;
  std::optional<Duration> lifetime;
};

std::unexpected<Error> refused(Code code, const std::string& what) {
  return fail(code, "oauth2: " + what);
}

std::string type_of(std::string_view given) {
  std::string lower(given);
  std::ranges::transform(lower, lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  if (lower.empty() || lower == "bearer") return "Bearer";
  if (lower == "basic") return "Basic";
  return lower == "mac" ? "MAC" : std::string(given);
}

Result<Token> read_token(const Result<HttpResponse>& response) {
  if (!response) return refused(response.error().code, response.error().message);
  if (!response->ok()) {
    // The body may hold what must not be shown.
    const Code code = http_status_error(*response).code;
    return refused(code,
                   fmt::format("the token's server answered with status {}", response->status));
  }
  const auto body = Json::parse(response->body);
  if (!body) return refused(Code::data_loss, "the token's server answered with no JSON");
  Token token{type_of((*body)["token_type"].string()),
              std::string((*body)["access_token"].string()), std::nullopt};
  if (token.text.empty()) {
    return refused(Code::data_loss, "server response missing access_token");
  }
  const Json& expires = (*body)["expires_in"];
  double seconds = expires.number();
  if (expires.is_string()) {
    const std::string_view text = expires.string();
    std::from_chars(text.data(), text.data() + text.size(), seconds);
  }
  if (seconds > 0) token.lifetime = from_seconds(seconds);
  return token;
}

class TokenSource final : public ProofSource {
 public:
  TokenSource(Loop& loop, HttpClient& inner, OAuth2Options options)
      : loop_(loop), inner_(inner), options_(std::move(options)) {}

  Cancellation get(Done done) override {
    done_ = std::move(done);
    fetch(in_form_);
    return Cancellation([alive = std::weak_ptr<bool>(alive_), this] {
      if (alive.lock()) fetch_.cancel();
    });
  }
  std::string name() const override { return "oauth2"; }

 private:
  void fetch(bool with_form) {
    std::string form;
    HttpRequest request;
    request.method = "POST";
    request.url = options_.token_url;
    request.tls = options_.tls;
    request.body_max = kProofAnswerMax;
    request.idempotent = true;
    if (with_form) {
      append_parameter(form, "client_id", options_.client_id);
      append_parameter(form, "client_secret", options_.client_secret);
    } else {
      request.auth = {.kind = HttpAuth::Kind::basic,
                      .user = form_escaped(options_.client_id),
                      .password = form_escaped(options_.client_secret)};
    }
    append_parameter(form, "grant_type", "client_credentials");
    std::string scopes;
    for (const std::string& scope : options_.scopes) scopes += (scopes.empty() ? "" : " ") + scope;
    if (!scopes.empty()) append_parameter(form, "scope", scopes);
    request.body = std::move(form);
    request.headers.emplace_back("Content-Type", "application/x-www-form-urlencoded");
    const Instant deadline = loop_.clock().now().mono + kProofTimeout;
    fetch_ = inner_.send(std::move(request), deadline,
                         [this, alive = std::weak_ptr<bool>(alive_),
                          with_form](const Result<HttpResponse>& response) {
                           if (alive.lock()) fetched(with_form, response);
                         });
  }

  void fetched(bool with_form, const Result<HttpResponse>& response) {
    Result<Token> got = read_token(response);
    // It answered, but did not like the header: servers that want the form do so.
    if (!got && response && !with_form && !token_seen_) {
      fetch(true);
      return;
    }
    if (!got) return done_(std::unexpected(std::move(got).error()));
    in_form_ = with_form;
    token_seen_ = true;
    Proof proof{.put_on = {}, .lifetime = got->lifetime};
    if (got->type == "Bearer") {
      proof.put_on = [token = std::move(got->text)](HttpRequest& request) {
        request.auth = {.kind = HttpAuth::Kind::bearer, .token = token};
      };
    } else {
      proof.put_on = [value = got->type + " " + got->text](HttpRequest& request) {
        set_header(request.headers, "Authorization", value);
      };
    }
    done_(std::move(proof));
  }

  Loop& loop_;
  HttpClient& inner_;
  OAuth2Options options_;
  Done done_;
  Cancellation fetch_;
  bool token_seen_ = false;  // its form of the request is known to work
  bool in_form_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace

Result<std::unique_ptr<HttpClient>> make_oauth2_client(Loop& loop, HttpClient& inner,
                                                       OAuth2Options options) {
  if (options.client_id.empty() || options.client_secret.empty()) {
    return fail(Code::invalid_argument,
                "missing mandatory parameter in metric for OAuth2 setup: clientId and "
                "clientSecret are both wanted");
  }
  auto source = std::make_unique<TokenSource>(loop, inner, std::move(options));
  return std::make_unique<ProvingClient>(loop, inner, std::move(source));
}

}  // namespace serin::access
