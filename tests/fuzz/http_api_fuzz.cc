// Requests to the server's API, from the request line to the body: whatever comes, each is answered
// once, and never with "something is wrong in serin". The first byte says who asks; then the text
// of a request as it stands on the wire, which the network's own parser has read already.
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "app/api/api.h"
#include "app/convert/routes.h"
#include "app/editing/routes.h"
#include "app/workbench/routes.h"
#include "base/assert.h"
#include "base/net/crypto/digest.h"
#include "base/real_clock.h"
#include "support/temp_dir.h"

namespace {

using namespace serin;

constexpr const char* kRollout = R"(apiVersion: serin.dev/v1alpha1
kind: Rollout
metadata: {name: checkout}
spec:
  strategy:
    canary:
      trafficRouting:
        haproxy: {socket: [/nowhere/serin.sock], backend: shop, stable: [s1], canary: [c1]}
      steps:
      - setWeight: 10
      - pause: {duration: 1m}
)";
constexpr Duration kPatience = std::chrono::seconds(30);
// Releases, files and tokens that requests have made are forgotten now and then.
constexpr int kRequestsMax = 2'000;

// A server without sockets. Made anew: a journal in a directory of its own.
class World {
 public:
  World() {
    std::filesystem::create_directories(directory_.file("config"));
    directory_.write("config/checkout.yaml", kRollout);
    auto store = store::Store::open({.directory = directory_.file("state")}, loop_);
    SERIN_ASSERT(store.has_value());
    auto fleet = app::Fleet::open(loop_, rng_, {.state_directory = directory_.file("state")},
                                  *std::move(store), Log::silent());
    SERIN_ASSERT(fleet.has_value());
    fleet_ = *std::move(fleet);
    auto tokens = app::TokenBook::open(directory_.file("state"));
    SERIN_ASSERT(tokens.has_value());
    access_ =
        std::make_unique<app::Access>(app::AccessOptions{.insecure = true}, *std::move(tokens));
    auto token =
        access_->tokens().create({.name = "admin", .role = app::Role::admin}, clock_.now().wall);
    SERIN_ASSERT(token.has_value());
    token_ = token->text;
    api_ = std::make_unique<app::Api>(
        app::ApiParts{.fleet = *fleet_,
                      .access = *access_,
                      .log = Log::silent(),
                      .answered = [this](const std::string&, int status) {
                        ++answers_;
                        status_ = status;
                      }});
    api_->configure(std::make_shared<app::Configuration>(
        app::check_configuration({{"checkout.yaml", kRollout}}, {})));
    editing_ = std::make_unique<app::Editing>(app::EditingParts{
        .fleet = *fleet_,
        .routes = api_->routes(),
        .directory = directory_.file("config"),
        .configure = [this](auto wanted) { api_->configure(std::move(wanted)); }});
    operations_ = std::make_unique<app::Operations>(loop_);
    operations_->add_to(api_->routes());
    tools_ = std::make_unique<app::Tools>(
        loop_, *operations_,
        app::ToolsOptions{.state_directory = directory_.file("state"),
                          .configuration = [this] { return fleet_->configuration(); }});
    tools_->add_to(api_->routes());
    app::add_convert_route(api_->routes(), tools_->bench());
    fleet_->begin();
    handler_ = api_->handler();
  }

  // The status of the answer.
  int ask(HttpServerRequest request, bool as_admin) {
    ++asked_;
    // Nobody asks twice from the same address: the limits on how often are not what is tried.
    request.peer =
        "127." + std::to_string(asked_ % 250) + "." + std::to_string(asked_ / 250) + ".1:1024";
    if (request.header("host").empty()) request.headers.emplace_back("host", "localhost");
    if (as_admin) request.headers.emplace_back("authorization", "Bearer " + token_);
    answers_ = 0;
    handler_(std::move(request), HttpResponder({}));
    SERIN_ASSERT(loop_.run_until([this] { return answers_ > 0; }, kPatience));
    SERIN_ASSERT(answers_ == 1);
    return status_;
  }
  int asked() const { return asked_; }

 private:
  test::TempDir directory_;
  RealClock clock_;
  AsioLoop loop_{clock_};
  Rng rng_{7};
  std::unique_ptr<app::Fleet> fleet_;
  std::unique_ptr<app::Access> access_;
  std::unique_ptr<app::Api> api_;
  std::unique_ptr<app::Editing> editing_;
  std::unique_ptr<app::Operations> operations_;
  std::unique_ptr<app::Tools> tools_;
  HttpServer::Handler handler_;
  std::string token_;
  int asked_ = 0;
  int answers_ = 0;
  int status_ = 0;
};

std::string_view line_of(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

// "METHOD TARGET", lines of headers, an empty line, the body. Nothing where the target is none: the
// server's parser refuses it before any handler sees it.
std::optional<HttpServerRequest> request_of(std::string_view text) {
  HttpServerRequest request;
  const std::string_view line = line_of(text);
  const std::size_t space = line.find(' ');
  if (space == std::string_view::npos) return std::nullopt;
  request.method = line.substr(0, space);
  request.target = line.substr(space + 1);
  const std::size_t question = std::min(request.target.find('?'), request.target.size());
  const auto path = percent_decode(std::string_view(request.target).substr(0, question), false);
  if (!path || !path->starts_with('/')) return std::nullopt;
  request.path = *path;
  if (question < request.target.size()) request.query = request.target.substr(question + 1);
  while (!text.empty()) {
    const std::string_view header = line_of(text);
    if (header.empty()) break;
    const std::size_t colon = header.find(": ");
    if (colon == std::string_view::npos) continue;
    std::string name(header.substr(0, colon));
    for (char& c : name) {
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    request.headers.emplace_back(std::move(name), header.substr(colon + 2));
  }
  request.body = text;
  return request;
}

World& world() {
  // OpenSSL tidies up behind itself at the program's end: after the world, which is made later.
  static const std::string first = sha256_hex("");
  static std::unique_ptr<World> current;
  if (!current || current->asked() >= kRequestsMax) {
    current.reset();
    current = std::make_unique<World>();
  }
  return *current;
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0 || size > app::kApiBodyMax) return 0;
  auto request = request_of({reinterpret_cast<const char*>(data) + 1, size - 1});
  if (!request) return 0;
  const int status = world().ask(*std::move(request), data[0] % 2 == 1);
  SERIN_ASSERT(status >= 200 && status < 600 && status != 500);
  return 0;
}
