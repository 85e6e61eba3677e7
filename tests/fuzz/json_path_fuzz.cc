// JsonPath::parse takes any bytes; what it accepts answers for any document within its bounds.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/assert.h"
#include "queries/jsonpath/json_path.h"

// The path, a line break, and the document; without one a document that has a bit of everything.
// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t split = input.find('\n');
  static const serin::Json known =
      *serin::Json::parse(R"({"a":1,"s":"t","b":[{"a":1.5,"n":null},[2,true]],"c":{"a":[]}})");
  const auto path = serin::queries::JsonPath::parse(input.substr(0, split));
  if (!path) return 0;
  const auto given = split == std::string_view::npos ? serin::Result<serin::Json>(known)
                                                     : serin::Json::parse(input.substr(split + 1));
  const serin::Json& document = given ? *given : known;
  const auto all = path->find(document);
  const auto first = path->first(document);
  SERIN_ASSERT(all.has_value() == first.has_value());
  if (!all) return 0;
  SERIN_ASSERT(all->empty() == !first->has_value());
  if (!all->empty()) SERIN_ASSERT((*first)->dump() == all->front().dump());
  return 0;
}
