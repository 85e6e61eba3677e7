// serin token: who may use the API of this state directory.
#include <fmt/format.h>

#include <cstdio>
#include <filesystem>

#include "app/access/tokens.h"
#include "app/serving/commands.h"
#include "base/real_clock.h"

namespace serin::app {
namespace {

void list(const TokenBook& book, bool json) {
  if (json) {
    Json items = Json::array();
    for (const Token& token : book.tokens()) items.push(to_json(token));
    std::puts(Json::object().set("items", std::move(items)).dump().c_str());
    return;
  }
  using Align = Table::Align;
  Table table({{"ID", Align::left},
               {"NAME", Align::left},
               {"ROLE", Align::left},
               {"OVERRIDE", Align::left},
               {"EXPIRES", Align::left}});
  for (const Token& token : book.tokens()) {
    table.row({token.id, token.name, std::string(to_string(token.role)),
               token.may_override ? "yes" : "no",
               token.expires ? format_rfc3339(*token.expires) : "never"});
  }
  for (const std::string& line : table.lines()) std::puts(line.c_str());
}

Status create(TokenBook& book, const TokenOptions& options) {
  NewToken wanted{.name = options.name, .may_override = options.may_override, .life = options.life};
  SERIN_TRY(role, parse_role(options.role));
  wanted.role = role;
  RealClock clock;
  SERIN_TRY(made, book.create(wanted, clock.now().wall));
  if (options.json) {
    std::puts(to_json(made.token).set("token", made.text).dump().c_str());
  } else {
    std::puts(made.text.c_str());
    std::fputs("serin: this is shown once; the server keeps only its digest\n", stderr);
  }
  return {};
}

}  // namespace

Status manage_tokens(const TokenOptions& options) {
  std::error_code error;
  if (options.action != TokenOptions::Action::create &&
      !std::filesystem::is_directory(options.state, error)) {
    return fail(Code::not_found, "there is no state directory " + options.state);
  }
  SERIN_TRY(book, TokenBook::open(options.state));
  switch (options.action) {
    case TokenOptions::Action::list:
      list(book, options.json);
      return {};
    case TokenOptions::Action::create:
      return create(book, options);
    case TokenOptions::Action::revoke:
      break;
  }
  SERIN_TRY(gone, book.revoke(options.name));
  std::puts(fmt::format("{} ({}) is revoked", gone.name, gone.id).c_str());
  return {};
}

}  // namespace serin::app
