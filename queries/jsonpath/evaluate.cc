#include <fmt/format.h>

#include <algorithm>
#include <deque>

#include "queries/jsonpath/json_path.h"
#include "queries/jsonpath/node.h"

namespace serin::queries {

struct JsonPath::Root {
  jsonpath::List list;
};

namespace {

using namespace jsonpath;

struct Item {
  const Json* json = nullptr;
  bool whole = false;  // a whole number written in the path
};
using Items = std::vector<Item>;

// What was found before an error counts too: a filter that asks for existence looks at it.
struct Found {
  Items items;
  std::optional<Error> error{};
};

Found wrong(Items items, Code code, std::string message) {
  return {std::move(items), Error{code, std::move(message)}};
}

std::string_view go_type(const Json& json) {
  switch (json.kind()) {
    case Json::Kind::boolean:
      return "bool";
    case Json::Kind::integer:
    case Json::Kind::real:
      return "float64";
    case Json::Kind::string:
      return "string";
    case Json::Kind::array:
      return "[]interface {}";
    case Json::Kind::object:
      return "map[string]interface {}";
    case Json::Kind::null:
      break;
  }
  return "nil";
}

constexpr const char* kIncomparable = "invalid type for comparison";
constexpr const char* kIncompatible = "incompatible types for comparison";

Result<bool> equal(const Item& a, const Item& b) {
  const auto basic = [](const Json& json) {
    return !json.is_null() && !json.is_array() && !json.is_object();
  };
  if (!basic(*a.json) || !basic(*b.json)) return fail(Code::invalid_argument, kIncomparable);
  if (go_type(*a.json) != go_type(*b.json) || (a.json->is_number() && a.whole != b.whole)) {
    return fail(Code::invalid_argument, kIncompatible);
  }
  if (a.json->is_number()) return a.json->number() == b.json->number();
  return *a.json == *b.json;
}

Result<bool> less(const Item& a, const Item& b) {
  SERIN_TRY(same, equal(a, b));
  if (a.json->is_bool()) return fail(Code::invalid_argument, kIncomparable);
  if (same) return false;
  return a.json->is_string() ? a.json->string() < b.json->string()
                             : a.json->number() < b.json->number();
}

Result<bool> compare(std::string_view op, const Item& a, const Item& b) {
  if (op == "==" || op == "!=") {
    SERIN_TRY(same, equal(a, b));
    return same == (op == "==");
  }
  if (op == "<" || op == ">=") {
    SERIN_TRY(below, less(a, b));
    return below == (op == "<");
  }
  if (op == ">" || op == "<=") {
    SERIN_TRY(below, less(a, b));
    SERIN_TRY(same, equal(a, b));
    return (below || same) == (op == "<=");
  }
  return fail(Code::invalid_argument, fmt::format("unrecognized filter operator {}", op));
}

class Evaluation {
 public:
  explicit Evaluation(const List& root) : root_(root) {}

  Found run(const Json& document) {
    Found found = find(0, &document);
    return visits_ > kJsonPathVisitsMax ? too_many() : found;
  }

 private:
  // The nodes of the top level from `first` on, each for `data`; a range runs the rest of them once
  // for each of its values, up to its end.
  Found find(std::size_t first, const Json* data) {
    Found all;
    for (std::size_t i = first; i < root_.nodes.size(); ++i) {
      Found found = walk(Items{Item{data}}, root_.nodes[i]);
      if (found.error) return wrong({}, found.error->code, std::move(found.error->message));
      if (ends_ > 0 && ends_ <= open_ranges_) {
        --ends_;
        last_end_ = i;
        break;
      }
      if (begins_ == 0) {
        append(all.items, found.items);
        continue;
      }
      --begins_;
      ++open_ranges_;
      // Even a range of nothing is walked, so that its end is found.
      const bool empty = found.items.empty();
      if (empty) found.items.push_back(Item{&kNothing});
      for (const Item& item : found.items) {
        Found inner = find(i + 1, item.json);
        if (inner.error) return inner;
        if (!empty) append(all.items, inner.items);
      }
      --open_ranges_;
      if (last_end_ > i) i = last_end_;
    }
    return all;
  }

  static Found too_many() {
    return wrong({}, Code::invalid_argument,
                 fmt::format("the JSONPath looks at more than {} values: name more fields in it",
                             kJsonPathVisitsMax));
  }

  static void append(Items& to, const Items& items) {
    to.insert(to.end(), items.begin(), items.end());
  }

  Item literal(Json value, bool whole = false) {
    return {&literals_.emplace_back(std::move(value)), whole};
  }

  Found walk(Items input, const Node& node) {
    visits_ += input.size() + 1;
    if (visits_ > kJsonPathVisitsMax) return too_many();
    return std::visit([&](const auto& what) { return eval(std::move(input), what); }, node.what);
  }

  Found eval(Items input, const List& list) {
    Found current{std::move(input)};
    for (const Node& node : list.nodes) {
      current = walk(std::move(current.items), node);
      if (current.error) return current;
    }
    return current;
  }

  Found eval(const Items&, const Text& text) { return {Items{literal(Json(text.text))}}; }

  Found eval(const Items& input, const Number& number) {
    Found found;
    for (std::size_t i = 0; i < input.size(); ++i) {
      found.items.push_back(literal(Json(number.value), number.whole));
    }
    return found;
  }

  Found eval(const Items& input, const Boolean& boolean) {
    Found found;
    for (std::size_t i = 0; i < input.size(); ++i) {
      found.items.push_back(literal(Json(boolean.value)));
    }
    return found;
  }

  Found eval(Items input, const Word& word) {
    if (word.name == "range") {
      ++begins_;
      return {std::move(input)};
    }
    if (word.name != "end") {
      return wrong(std::move(input), Code::invalid_argument,
                   fmt::format("unrecognized identifier {}", word.name));
    }
    if (open_ranges_ == 0) return wrong({}, Code::invalid_argument, "not in range, nothing to end");
    ++ends_;
    return {};
  }

  Found eval(const Items& input, const Field& field) {
    Found found;
    for (const Item& item : input) {
      if (const Json* member = item.json->find(field.name)) found.items.push_back({member});
    }
    if (found.items.empty() && !input.empty()) {
      return wrong({}, Code::not_found, fmt::format("{} is not found", field.name));
    }
    return found;
  }

  Found eval(Items input, const Slice& slice) {
    Found found;
    for (const Item& item : input) {
      if (item.json->is_null()) continue;
      if (!item.json->is_array()) {
        return wrong(std::move(input), Code::invalid_argument,
                     fmt::format("{} is not array or slice", go_type(*item.json)));
      }
      const auto size = static_cast<std::int64_t>(item.json->size());
      std::int64_t from = slice.from.value_or(0);
      std::int64_t to = slice.to.value_or(size);
      if (from < 0) from += size;
      if (to < 0 || (to == 0 && slice.single)) to += size;
      if (from == to) return found;
      const auto outside = [&](std::int64_t index) {
        return wrong(std::move(input), Code::invalid_argument,
                     fmt::format("array index out of bounds: index {}, length {}", index, size));
      };
      if (from >= size || from < 0) return outside(from);
      if (to > size || to < 0) return outside(to - 1);
      if (from > to) {
        return wrong(std::move(input), Code::invalid_argument,
                     fmt::format("starting index {} is greater than ending index {}", from, to));
      }
      const std::int64_t step = slice.step.value_or(1);
      if (step <= 0) return wrong(std::move(input), Code::invalid_argument, "step must be > 0");
      for (std::int64_t i = from; i < to; i += std::min(step, size)) {
        found.items.push_back({&item.json->at(static_cast<std::size_t>(i))});
      }
    }
    return found;
  }

  Found eval(const Items& input, const Union& parts) {
    Found found;
    for (const List& part : parts.parts) {
      Found of_part = eval(input, part);
      if (of_part.error) return {input, std::move(of_part.error)};
      append(found.items, of_part.items);
    }
    return found;
  }

  // What a value is made of: elements, members by name, a text's bytes.
  Items children(const Json& json) {
    Items items;
    if (json.is_array()) {
      for (const Json& element : json.items()) items.push_back({&element});
    } else if (json.is_object()) {
      std::vector<const Json::Member*> members;
      for (const Json::Member& member : json.members()) members.push_back(&member);
      std::ranges::sort(members, {}, [](const Json::Member* member) -> const std::string& {
        return member->first;
      });
      for (const Json::Member* member : members) items.push_back({&member->second});
    } else if (json.is_string()) {
      for (char c : json.string().substr(0, kJsonPathVisitsMax + 1)) {
        items.push_back(literal(Json(static_cast<double>(static_cast<unsigned char>(c)))));
      }
    }
    visits_ += items.size();
    return items;
  }

  Found eval(const Items& input, const Wildcard&) {
    Found found;
    for (const Item& item : input) append(found.items, children(*item.json));
    return found;
  }

  Found eval(const Items& input, const Descent& descent) {
    Found found;
    for (const Item& item : input) {
      if (visits_ > kJsonPathVisitsMax) break;  // run() says so
      // A text's bytes hold nothing further.
      const bool text = item.json->is_string() && !item.json->string().empty();
      const Items below = text ? Items{} : children(*item.json);
      if (text || !below.empty()) found.items.push_back(item);
      append(found.items, eval(below, descent).items);
    }
    return found;
  }

  Found eval(Items input, const Filter& filter) {
    Found found;
    for (const Item& item : input) {
      if (!item.json->is_array()) {
        return wrong(
            std::move(input), Code::invalid_argument,
            fmt::format("{} is not array or slice and cannot be filtered", go_type(*item.json)));
      }
      for (const Json& element : item.json->items()) {
        Found left = eval(Items{Item{&element}}, filter.left);
        if (filter.op.empty()) {
          if (!left.items.empty()) found.items.push_back({&element});
          continue;
        }
        if (left.error) return {std::move(input), std::move(left.error)};
        if (left.items.empty()) continue;
        Found right = left.items.size() == 1 ? eval(Items{Item{&element}}, filter.right) : Found{};
        if (right.error) return {std::move(input), std::move(right.error)};
        if (left.items.size() > 1 || right.items.size() > 1) {
          return wrong(std::move(input), Code::invalid_argument,
                       "can only compare one element at a time");
        }
        if (right.items.empty()) continue;
        const Result<bool> holds = compare(filter.op, left.items[0], right.items[0]);
        if (!holds) return {std::move(found.items), holds.error()};
        if (*holds) found.items.push_back({&element});
      }
    }
    return found;
  }

  static inline const Json kNothing{};

  const List& root_;
  std::deque<Json> literals_;
  std::size_t visits_ = 0;
  std::size_t begins_ = 0;
  std::size_t open_ranges_ = 0;
  std::size_t ends_ = 0;
  std::size_t last_end_ = 0;
};

}  // namespace

Result<JsonPath> JsonPath::parse(std::string_view text) {
  if (text.size() > kJsonPathTextMax) {
    return fail(Code::invalid_argument,
                fmt::format("the JSONPath has {} bytes, at most {} are allowed", text.size(),
                            kJsonPathTextMax));
  }
  SERIN_TRY(list, parse_template(text));
  return JsonPath(std::make_shared<const Root>(Root{std::move(list)}));
}

Result<std::vector<Json>> JsonPath::find(const Json& document) const {
  Evaluation evaluation(root_->list);
  Found found = evaluation.run(document);
  if (found.error) return std::unexpected(std::move(*found.error));
  std::vector<Json> values;
  for (const Item& item : found.items) values.push_back(*item.json);
  return values;
}

Result<std::optional<Json>> JsonPath::first(const Json& document) const {
  Evaluation evaluation(root_->list);
  Found found = evaluation.run(document);
  if (found.error) return std::unexpected(std::move(*found.error));
  if (found.items.empty()) return std::nullopt;
  return *found.items.front().json;
}

}  // namespace serin::queries
