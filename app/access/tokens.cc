#include "app/access/tokens.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

#include "base/net/crypto/digest.h"
#include "base/net/crypto/keys.h"
#include "base/net/fd.h"

namespace serin::app {
namespace {

constexpr const char* kFile = "tokens.json";
constexpr std::string_view kPrefix = "srn_";
constexpr std::size_t kIdDigits = 12;

std::string mark_of(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return "";
  return fmt::format("{}:{}:{}.{}", status.st_ino, status.st_size, status.st_mtim.tv_sec,
                     status.st_mtim.tv_nsec);
}

Result<Token> token_from(const Json& json) {
  Token token;
  token.id = json["id"].string();
  token.name = json["name"].string();
  token.digest = json["digest"].string();
  token.may_override = json["override"].boolean();
  SERIN_TRY(role, parse_role(json["role"].string()));
  token.role = role;
  SERIN_TRY(created, parse_rfc3339(json["created"].string()));
  token.created = created;
  if (json["expires"].is_string()) {
    SERIN_TRY(expires, parse_rfc3339(json["expires"].string()));
    token.expires = expires;
  }
  if (token.id.empty() || token.digest.empty()) return fail(Code::data_loss, "a token without id");
  return token;
}

}  // namespace

std::string_view to_string(Role role) {
  switch (role) {
    case Role::viewer:
      return "viewer";
    case Role::operator_:
      return "operator";
    case Role::admin:
      return "admin";
    case Role::none:
      break;
  }
  return "none";
}

Result<Role> parse_role(std::string_view text) {
  for (Role role : {Role::viewer, Role::operator_, Role::admin}) {
    if (to_string(role) == text) return role;
  }
  return fail(Code::invalid_argument,
              fmt::format("'{}' is no role: viewer, operator or admin is", text));
}

Json to_json(const Token& token) {
  return Json::object()
      .set("id", token.id)
      .set("name", token.name)
      .set("role", to_string(token.role))
      .set("override", token.may_override)
      .set("created", format_rfc3339(token.created))
      .set("expires", token.expires ? Json(format_rfc3339(*token.expires)) : Json());
}

Result<TokenBook> TokenBook::open(const std::string& directory) {
  TokenBook book(directory + "/" + kFile);
  SERIN_CHECK(book.load());
  return book;
}

Status TokenBook::refresh() {
  return mark_of(path_) == mark_ ? Status() : load();
}

Status TokenBook::load() {
  std::string mark = mark_of(path_);
  if (mark.empty()) {
    tokens_.clear();
    mark_.clear();
    return {};
  }
  struct stat status {};
  if (::stat(path_.c_str(), &status) == 0 && (status.st_mode & 022) != 0) {
    return fail(Code::failed_precondition,
                path_ + " can be written by others than its owner: chmod go-w it");
  }
  std::ifstream in(path_, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(in), {}};
  if (!in) return fail(Code::permission_denied, "can't read " + path_);
  auto json = Json::parse(text);
  if (!json) return fail(Code::data_loss, path_ + ": " + json.error().to_string());
  std::vector<Token> tokens;
  for (const Json& each : (*json)["tokens"].items()) {
    auto token = token_from(each);
    if (!token) return fail(Code::data_loss, path_ + ": " + token.error().to_string());
    tokens.push_back(*std::move(token));
  }
  std::sort(tokens.begin(), tokens.end(),
            [](const Token& a, const Token& b) { return a.name < b.name; });
  tokens_ = std::move(tokens);
  mark_ = mark;
  return {};
}

// Beside its place first, and durable before it takes it.
Status TokenBook::save() const {
  Json list = Json::array();
  for (const Token& token : tokens_) list.push(to_json(token).set("digest", token.digest));
  std::string text = Json::object().set("tokens", std::move(list)).dump(1) + "\n";
  std::string beside = path_ + ".new";
  Fd file(::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  bool written =
      file.get() >= 0 &&
      ::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
      ::fsync(file.get()) == 0 && ::rename(beside.c_str(), path_.c_str()) == 0;
  if (!written) {
    return fail(Code::unavailable, fmt::format("can't write {}: {}", path_, std::strerror(errno)));
  }
  return {};
}

Result<TokenBook::Made> TokenBook::create(const NewToken& wanted, WallTime now) {
  SERIN_CHECK(refresh());
  if (wanted.name.empty() || wanted.name.size() > kNameMax ||
      std::any_of(wanted.name.begin(), wanted.name.end(),
                  [](char c) { return static_cast<unsigned char>(c) < ' '; })) {
    return fail(Code::invalid_argument,
                fmt::format("a token's name has 1 to {} characters, on one line", kNameMax));
  }
  if (tokens_.size() >= kTokensMax) {
    return fail(Code::failed_precondition,
                fmt::format("there are {} tokens, which is the limit: revoke some", kTokensMax));
  }
  for (const Token& token : tokens_) {
    if (token.name == wanted.name) {
      return fail(Code::failed_precondition,
                  fmt::format("there is a token '{}' already: revoke it first", wanted.name));
    }
  }
  std::string secret = random_key();
  Token token;
  token.id = sha256_hex(random_key()).substr(0, kIdDigits);
  token.name = wanted.name;
  token.role = wanted.role;
  token.may_override = wanted.may_override;
  token.digest = sha256_hex(secret);
  token.created = now;
  if (wanted.life) token.expires = now + *wanted.life;
  std::vector<Token> before = tokens_;
  tokens_.push_back(token);
  std::sort(tokens_.begin(), tokens_.end(),
            [](const Token& a, const Token& b) { return a.name < b.name; });
  if (Status saved = save(); !saved) {
    tokens_ = std::move(before);
    return std::unexpected(saved.error());
  }
  mark_ = mark_of(path_);
  std::string text = fmt::format("{}{}_{}", kPrefix, token.id, secret);
  return Made{.token = std::move(token), .text = std::move(text)};
}

Result<Token> TokenBook::revoke(std::string_view id) {
  SERIN_CHECK(refresh());
  auto found = std::find_if(tokens_.begin(), tokens_.end(),
                            [&](const Token& token) { return token.id == id || token.name == id; });
  if (found == tokens_.end())
    return fail(Code::not_found, fmt::format("there is no token '{}'", id));
  Token gone = *found;
  std::vector<Token> before = tokens_;
  tokens_.erase(found);
  if (Status saved = save(); !saved) {
    tokens_ = std::move(before);
    return std::unexpected(saved.error());
  }
  mark_ = mark_of(path_);
  return gone;
}

const Token* TokenBook::find(std::string_view text, WallTime now) const {
  if (!text.starts_with(kPrefix)) return nullptr;
  text.remove_prefix(kPrefix.size());
  std::size_t mark = text.find('_');
  if (mark == std::string_view::npos) return nullptr;
  std::string digest = sha256_hex(text.substr(mark + 1));
  for (const Token& token : tokens_) {
    if (token.id != text.substr(0, mark)) continue;
    bool valid =
        equal_in_constant_time(token.digest, digest) && (!token.expires || now < *token.expires);
    return valid ? &token : nullptr;
  }
  return nullptr;
}

}  // namespace serin::app
