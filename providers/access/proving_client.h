// An HTTP client that proves itself with what it first has to get: a token, temporary credentials.
// It gets them when it needs them, keeps them until shortly before they expire, and puts them on
// every request.
//
//   auto client = std::make_unique<ProvingClient>(loop, *http, std::move(source));
//   client->send(request, deadline, …);       // with the proof that `source` gave
//
// One proof serves all requests; those that come while it is got wait for it. What the proof is,
// and how it is got, is the source's business (oauth2.h, aws_role.h).
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/loop.h"
#include "base/net/http_client.h"

namespace serin::access {

inline constexpr Duration kProofTimeout = std::chrono::seconds(10);
inline constexpr std::size_t kProofAnswerMax = std::size_t{64} << 10U;  // bytes
inline constexpr std::size_t kProofWaitersMax = 1'024;  // requests that wait for a proof

struct Proof {
  std::function<void(HttpRequest& request)> put_on{};
  std::optional<Duration> lifetime{};  // from now; without: until the server refuses it
};

// Where proofs come from. Thread: loop-only.
class ProofSource {
 public:
  using Done = std::move_only_function<void(Result<Proof>)>;
  virtual ~ProofSource() = default;
  // Gets one; called again only after `done`, which is never called from within. Errors are named
  // for people, and hold nothing secret.
  virtual Cancellation get(Done done) = 0;
  // What messages of the client begin with, "oauth2".
  virtual std::string name() const = 0;
  // A proof that expires within this is not used any more.
  virtual Duration margin() const { return std::chrono::seconds(10); }
};

// Thread: loop-only.
class ProvingClient final : public HttpClient {
 public:
  // `inner` outlives it.
  ProvingClient(Loop& loop, HttpClient& inner, std::unique_ptr<ProofSource> source);
  // What waits is forgotten, its callbacks uncalled.
  ~ProvingClient() override;
  // Errors: those of `inner`; those of getting a proof; unavailable where too many wait.
  Cancellation send(HttpRequest request, Instant deadline, HttpCallback done) override;

 private:
  struct Shared;
  std::shared_ptr<Shared> shared_;
};

}  // namespace serin::access
