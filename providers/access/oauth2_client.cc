#include "providers/access/oauth2_client.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <list>
#include <optional>
#include <utility>

#include "base/json.h"
#include "providers/access/form.h"

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

}  // namespace

struct OAuth2Client::Shared : std::enable_shared_from_this<OAuth2Client::Shared> {
  struct Call {
    HttpRequest request;
    Instant deadline;
    HttpCallback done;
    Cancellation inner;
    TimerId timer = TimerId::none;
    std::string token;  // that it was sent with
    bool sent = false;
  };
  using CallPointer = std::shared_ptr<Call>;

  Shared(Loop& loop_in, HttpClient& inner_in, OAuth2Options options_in)
      : loop(loop_in), inner(inner_in), options(std::move(options_in)) {}

  Instant now() const { return loop.clock().now().mono; }
  bool has_token() const { return token && (!expires || now() + kTokenMargin < *expires); }

  void finish(const CallPointer& call, Result<HttpResponse> response) {
    auto done = std::exchange(call->done, {});
    if (!done) return;
    loop.cancel(std::exchange(call->timer, TimerId::none));
    std::erase(waiting, call);
    std::erase(under_way, call);
    done(std::move(response));
  }

  void finish_later(const CallPointer& call, Error error) {
    loop.post([weak = weak_from_this(), call, error = std::move(error)]() mutable {
      if (auto self = weak.lock()) self->finish(call, std::unexpected(std::move(error)));
    });
  }

  void forward(const CallPointer& call) {
    loop.cancel(std::exchange(call->timer, TimerId::none));
    call->sent = true;
    call->token = token->text;
    under_way.push_back(call);
    if (token->type == "Bearer") {
      call->request.auth = {.kind = HttpAuth::Kind::bearer, .token = token->text};
    } else {
      set_header(call->request.headers, "Authorization", token->type + " " + token->text);
    }
    call->inner = inner.send(std::move(call->request), call->deadline,
                             [weak = weak_from_this(), call](Result<HttpResponse> response) {
                               if (auto self = weak.lock()) self->take(call, std::move(response));
                             });
  }

  void take(const CallPointer& call, Result<HttpResponse> response) {
    // A token that the server does not believe is not kept for the next request.
    const bool unbelieved = response && response->status == 401;
    if (unbelieved && token && token->text == call->token) token.reset();
    finish(call, std::move(response));
  }

  void wait(const CallPointer& call) {
    waiting.push_back(call);
    call->timer = loop.call_at(call->deadline, [weak = weak_from_this(), call] {
      auto self = weak.lock();
      if (!self) return;
      self->finish(call, refused(Code::deadline_exceeded, "no token before the deadline"));
    });
    if (!std::exchange(fetching, true)) fetch(in_form);
  }

  void fetch(bool with_form) {
    std::string form;
    HttpRequest request;
    request.method = "POST";
    request.url = options.token_url;
    request.tls = options.tls;
    request.body_max = kTokenAnswerMax;
    request.idempotent = true;
    if (with_form) {
      append_parameter(form, "client_id", options.client_id);
      append_parameter(form, "client_secret", options.client_secret);
    } else {
      request.auth = {.kind = HttpAuth::Kind::basic,
                      .user = form_escaped(options.client_id),
                      .password = form_escaped(options.client_secret)};
    }
    append_parameter(form, "grant_type", "client_credentials");
    std::string scopes;
    for (const std::string& scope : options.scopes) scopes += (scopes.empty() ? "" : " ") + scope;
    if (!scopes.empty()) append_parameter(form, "scope", scopes);
    request.body = std::move(form);
    request.headers.emplace_back("Content-Type", "application/x-www-form-urlencoded");
    fetch_call = inner.send(std::move(request), now() + kTokenTimeout,
                            [weak = weak_from_this(), with_form](Result<HttpResponse> response) {
                              if (auto self = weak.lock()) self->fetched(with_form, response);
                            });
  }

  void fetched(bool with_form, const Result<HttpResponse>& response) {
    Result<Token> got = read_token(response);
    // It answered, but did not like the header: servers that want the form do so.
    if (!got && response && !with_form && !token_seen) {
      fetch(true);
      return;
    }
    fetching = false;
    if (got) {
      in_form = with_form;
      token_seen = true;
      token = *got;
      expires.reset();
      if (got->lifetime) expires = now() + *got->lifetime;
    }
    for (const CallPointer& call : std::exchange(waiting, {})) {
      if (!call->done) continue;
      if (got) {
        forward(call);
      } else {
        finish(call, std::unexpected(got.error()));
      }
    }
  }

  void cancel(const CallPointer& call) {
    if (!call->done) return;
    if (call->sent) {
      call->inner.cancel();
    } else {
      finish_later(call, Error{Code::cancelled, "cancelled"});
    }
  }

  Loop& loop;
  HttpClient& inner;
  OAuth2Options options;
  std::optional<Token> token;
  std::optional<Instant> expires;
  bool token_seen = false;  // its form of the request is known to work
  bool in_form = false;
  bool fetching = false;
  Cancellation fetch_call;
  std::list<CallPointer> waiting;
  std::list<CallPointer> under_way;
};

Result<std::unique_ptr<OAuth2Client>> OAuth2Client::create(Loop& loop, HttpClient& inner,
                                                           OAuth2Options options) {
  if (options.client_id.empty() || options.client_secret.empty()) {
    return fail(Code::invalid_argument,
                "missing mandatory parameter in metric for OAuth2 setup: clientId and "
                "clientSecret are both wanted");
  }
  auto shared = std::make_shared<Shared>(loop, inner, std::move(options));
  return std::unique_ptr<OAuth2Client>(new OAuth2Client(std::move(shared)));
}

OAuth2Client::~OAuth2Client() {
  shared_->fetch_call.cancel();
  for (auto* list : {&shared_->waiting, &shared_->under_way}) {
    for (const auto& call : std::exchange(*list, {})) {
      call->done = {};
      shared_->loop.cancel(call->timer);
      call->inner.cancel();
    }
  }
}

Cancellation OAuth2Client::send(HttpRequest request, Instant deadline, HttpCallback done) {
  auto call = std::make_shared<Shared::Call>();
  call->request = std::move(request);
  call->deadline = deadline;
  call->done = std::move(done);
  if (shared_->has_token()) {
    shared_->forward(call);
  } else if (shared_->waiting.size() >= kTokenWaitersMax) {
    shared_->finish_later(call,
                          Error{Code::unavailable, "oauth2: too many requests wait for a token"});
  } else {
    shared_->wait(call);
  }
  return Cancellation([weak = std::weak_ptr<Shared>(shared_), call] {
    if (auto self = weak.lock()) self->cancel(call);
  });
}

}  // namespace serin::access
