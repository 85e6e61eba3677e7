#include "providers/web/source.h"

#include <fmt/format.h>

#include <list>
#include <utility>

#include "providers/access/form.h"

namespace serin::web {
namespace {

Status check_body(const WebOptions& options) {
  if (!options.body.empty() && options.json_body) {
    return fail(Code::invalid_argument,
                "use either Body or JSONBody; both cannot exists for WebMetric payload");
  }
  if ((!options.body.empty() || options.json_body) && options.method == "GET") {
    return fail(Code::invalid_argument,
                "Body/JSONBody can only be used with POST or PUT WebMetric Method types");
  }
  return {};
}

HttpRequest request_of(const WebOptions& options) {
  HttpRequest request;
  request.method = options.method;
  request.url = options.url;
  for (const auto& [name, value] : options.headers) {
    access::set_header(request.headers, name, value);
  }
  request.body = options.body;
  if (options.json_body) {
    request.body = *options.json_body;
    access::set_header(request.headers, "Content-Type", "application/json");
  }
  request.auth = options.auth;
  request.tls = options.tls;
  request.follow_redirects = true;
  request.body_max = kWebBodyMax;
  return request;
}

}  // namespace

Result<queries::Answer> answer_from_body(const std::string& body, const queries::JsonPath& path) {
  queries::Answer answer;
  // A byte order mark is no JSON, whatever follows.
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  auto document = body.starts_with(kByteOrderMark) ? fail(Code::data_loss, "") : Json::parse(body);
  if (!document) {
    answer.type = queries::AnswerType::string;
    answer.json = Json(body);
    return answer;
  }
  auto value = path.first(*document);
  if (!value) {
    return fail(Code::data_loss, "Could not find JSONPath in body: " + value.error().message);
  }
  if (!*value) return fail(Code::data_loss, "result of web metric produced no value");
  answer.type = queries::AnswerType::json;
  answer.json = std::move(**value);
  return answer;
}

struct WebSource::Shared : std::enable_shared_from_this<WebSource::Shared> {
  struct Pending {
    queries::AnswerCallback done;
    Cancellation http;
    bool refused = false;  // nothing was sent
  };

  Shared(Loop& loop_in, HttpClient& http_in, WebOptions options_in, queries::JsonPath path_in)
      : loop(loop_in), http(http_in), options(std::move(options_in)), path(std::move(path_in)) {}

  void finish(const std::shared_ptr<Pending>& pending, Result<queries::Answer> answer) {
    auto done = std::exchange(pending->done, {});
    if (!done) return;
    std::erase(waiting, pending);
    done(std::move(answer));
  }

  void finish_later(const std::shared_ptr<Pending>& pending, Error error) {
    loop.post([weak = weak_from_this(), pending, error = std::move(error)]() mutable {
      if (auto self = weak.lock()) self->finish(pending, std::unexpected(std::move(error)));
    });
  }

  Result<queries::Answer> read(Result<HttpResponse> response) const {
    if (!response) return std::unexpected(std::move(response).error());
    if (!response->ok()) {
      return fail(http_status_error(*response).code,
                  fmt::format("received non 2xx response code: {}", response->status));
    }
    return answer_from_body(response->body, path);
  }

  Loop& loop;
  HttpClient& http;
  WebOptions options;
  queries::JsonPath path;
  std::list<std::shared_ptr<Pending>> waiting;
};

Result<std::unique_ptr<WebSource>> WebSource::create(Loop& loop, HttpClient& http,
                                                     WebOptions options) {
  SERIN_TRY(path, queries::JsonPath::parse(options.json_path));
  auto shared = std::make_shared<Shared>(loop, http, std::move(options), std::move(path));
  return std::unique_ptr<WebSource>(new WebSource(std::move(shared)));
}

WebSource::~WebSource() {
  for (const auto& pending : std::exchange(shared_->waiting, {})) {
    pending->done = {};
    pending->http.cancel();
  }
}

Cancellation WebSource::ask(const queries::Request&, Instant deadline,
                            queries::AnswerCallback done) {
  auto pending = std::make_shared<Shared::Pending>();
  pending->done = std::move(done);
  shared_->waiting.push_back(pending);
  if (Status valid = check_body(shared_->options); !valid) {
    pending->refused = true;
    shared_->finish_later(pending, std::move(valid).error());
  } else {
    pending->http = shared_->http.send(
        request_of(shared_->options), deadline,
        [weak = std::weak_ptr<Shared>(shared_), pending](Result<HttpResponse> response) {
          auto self = weak.lock();
          if (self) self->finish(pending, self->read(std::move(response)));
        });
  }
  return Cancellation([weak = std::weak_ptr<Shared>(shared_), pending] {
    auto self = weak.lock();
    if (self && pending->done && !pending->refused) pending->http.cancel();
  });
}

}  // namespace serin::web
