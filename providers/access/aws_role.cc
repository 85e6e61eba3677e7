#include "providers/access/aws_role.h"

#include <fmt/format.h>

#include <utility>

#include "providers/access/form.h"
#include "providers/access/proving_client.h"

namespace serin::access {
namespace {

constexpr std::string_view kVersion = "2011-06-15";  // of the service's interface
constexpr std::string_view kSession = "serin";
constexpr Duration kMargin = std::chrono::minutes(5);
constexpr std::string_view kName = "sigv4.roleArn";

// The text of the first element of this name, with the five entities of XML read; "" where there is
// none. The service's answers have neither CDATA nor attributes on what is looked for.
std::string element(std::string_view xml, std::string_view name) {
  const std::string open = fmt::format("<{}>", name);
  const std::size_t begin = xml.find(open);
  if (begin == std::string_view::npos) return {};
  xml.remove_prefix(begin + open.size());
  const std::size_t end = xml.find(fmt::format("</{}>", name));
  if (end == std::string_view::npos) return {};
  xml = xml.substr(0, end);
  static constexpr std::pair<std::string_view, char> kEntities[] = {
      {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&apos;", '\''}, {"&amp;", '&'}};
  std::string text;
  while (!xml.empty()) {
    std::size_t length = 1;
    char character = xml.front();
    for (const auto& [entity, meaning] : kEntities) {
      if (!xml.starts_with(entity)) continue;
      length = entity.size();
      character = meaning;
    }
    text += character;
    xml.remove_prefix(length);
  }
  return text;
}

bool is_role(std::string_view arn) {
  return arn.starts_with("arn:") && arn.find(":role/") != std::string_view::npos;
}

class RoleSource final : public ProofSource {
 public:
  RoleSource(Loop& loop, HttpClient& inner, AwsRole role)
      : loop_(loop), inner_(inner), role_(std::move(role)) {
    if (role_.endpoint.empty()) {
      role_.endpoint = fmt::format("https://sts.{}.amazonaws.com/", role_.region);
    }
  }

  Cancellation get(Done done) override {
    HttpRequest request;
    request.method = "POST";
    request.url = role_.endpoint;
    request.tls = role_.tls;
    request.auth = role_.own;
    request.auth.signing = fmt::format("aws:amz:{}:sts", role_.region);
    request.body_max = kProofAnswerMax;
    request.idempotent = true;  // one more session does no harm
    request.headers.emplace_back("Content-Type", "application/x-www-form-urlencoded");
    append_parameter(request.body, "Action", "AssumeRole");
    append_parameter(request.body, "RoleArn", role_.role_arn);
    append_parameter(request.body, "RoleSessionName", kSession);
    append_parameter(request.body, "Version", kVersion);
    return inner_.send(std::move(request), loop_.clock().now().mono + kProofTimeout,
                       [this, alive = std::weak_ptr<bool>(alive_),
                        done = std::move(done)](const Result<HttpResponse>& response) mutable {
                         if (alive.lock()) done(proof_from(response));
                       });
  }
  std::string name() const override { return std::string(kName); }
  Duration margin() const override { return kMargin; }

 private:
  Result<Proof> proof_from(const Result<HttpResponse>& response) const {
    const auto got = response ? read_assumed_role(*response)
                              : Result<AwsCredentials>(std::unexpected(response.error()));
    if (!got) return fail(got.error().code, fmt::format("{}: {}", kName, got.error().message));
    HttpAuth auth{.kind = HttpAuth::Kind::aws_sigv4,
                  .user = got->key,
                  .password = got->secret,
                  .token = got->token,
                  .signing = fmt::format("aws:amz:{}:{}", role_.region, role_.service)};
    return Proof{.put_on = [auth = std::move(auth)](HttpRequest& request) { request.auth = auth; },
                 .lifetime = got->expires - loop_.clock().now().wall};
  }

  Loop& loop_;
  HttpClient& inner_;
  AwsRole role_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace

Result<AwsCredentials> read_assumed_role(const HttpResponse& response) {
  if (!response.ok()) {
    const Code code = http_status_error(response).code;
    const std::string word = element(response.body, "Code");
    if (word.empty()) {
      return fail(code, fmt::format("the token service answered with status {}", response.status));
    }
    return fail(code, fmt::format("{}: {}", word, element(response.body, "Message")));
  }
  AwsCredentials credentials{.key = element(response.body, "AccessKeyId"),
                             .secret = element(response.body, "SecretAccessKey"),
                             .token = element(response.body, "SessionToken")};
  const auto expires = parse_rfc3339(element(response.body, "Expiration"));
  if (credentials.key.empty() || credentials.secret.empty() || credentials.token.empty() ||
      !expires) {
    return fail(Code::data_loss, "the token service answered without credentials");
  }
  credentials.expires = *expires;
  return credentials;
}

Result<std::unique_ptr<HttpClient>> make_aws_role_client(Loop& loop, HttpClient& inner,
                                                         AwsRole role) {
  if (!is_role(role.role_arn)) {
    return fail(Code::invalid_argument,
                fmt::format("{}: '{}' is no role; one is written arn:aws:iam::ACCOUNT:role/NAME",
                            kName, role.role_arn));
  }
  auto source = std::make_unique<RoleSource>(loop, inner, std::move(role));
  return std::make_unique<ProvingClient>(loop, inner, std::move(source));
}

}  // namespace serin::access
