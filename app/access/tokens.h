// Bearer tokens, of which only a digest is kept: a file in the state directory.
//
//   SERIN_TRY(book, TokenBook::open("/var/lib/serin"));
//   SERIN_TRY(made, book.create({.name = "ci", .role = Role::operator_}, now));
//   made.text;                                     // "srn_3f9c…_kQ…": shown once, kept nowhere
//   const Token* who = book.find("srn_3f9c…_kQ…", now);
//
// The command line and a running server share the file: what either writes the other reads. It
// holds no secret that would let anybody in.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/time.h"

namespace serin::app {

// In order: who may do more comes later.
enum class Role { none, viewer, operator_, admin };
std::string_view to_string(Role role);
// viewer, operator or admin. Errors: invalid_argument.
Result<Role> parse_role(std::string_view text);

struct Token {
  std::string id{};
  std::string name{};
  Role role = Role::viewer;
  bool may_override = false;  // promote while a metric says worse
  std::string digest{};       // SHA-256 of the secret
  WallTime created{};
  std::optional<WallTime> expires{};
  bool operator==(const Token&) const = default;
};
// Without the digest.
Json to_json(const Token& token);

struct NewToken {
  std::string name{};
  Role role = Role::viewer;
  bool may_override = false;
  std::optional<Duration> life{};
};

// Thread: one owner.
class TokenBook {
 public:
  static constexpr std::size_t kTokensMax = 1'000;
  static constexpr std::size_t kNameMax = 100;

  struct Made {
    Token token;
    std::string text;
  };

  // A missing file is an empty book. Errors: data_loss (it can't be read as one),
  // permission_denied, failed_precondition (others than its owner may write it).
  static Result<TokenBook> open(const std::string& directory);

  // Errors: invalid_argument (name), failed_precondition (a token of that name exists, or too
  // many), unavailable (the file can't be written).
  Result<Made> create(const NewToken& wanted, WallTime now);
  // By id or name. Errors: not_found, unavailable.
  Result<Token> revoke(std::string_view id);
  // Null for a text that is no token of this book, or one that has expired.
  const Token* find(std::string_view text, WallTime now) const;
  const std::vector<Token>& tokens() const { return tokens_; }  // by name

  // Reads the file again where it has changed; where it can't be read, what is known stays and the
  // error is told.
  Status refresh();

 private:
  explicit TokenBook(std::string path) : path_(std::move(path)) {}
  Status load();
  Status save() const;

  std::string path_;
  std::string mark_;  // of the file that was read
  std::vector<Token> tokens_;
};

}  // namespace serin::app
