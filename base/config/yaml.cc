#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <array>
#include <map>
#include <sstream>
#include <unordered_map>

#include "base/assert.h"
#include "base/config/parsers.h"
#include "base/config/scalar.h"

namespace serin::config {
namespace {

Position position_of(const YAML::Mark& mark) {
  return {mark.line + 1, mark.column + 1};
}

// Left by the handler through yaml-cpp's parser; caught in parse_yaml.
struct Stop {
  ParseFault fault;
};

[[noreturn]] void stop_at(const Rule& rule, Position position, std::string message) {
  throw Stop{{rule, position, std::move(message)}};
}

constexpr std::string_view kMergeKey = "<<";
constexpr std::string_view kTagPrefix = "tag:yaml.org,2002:";

// Builds a tree from yaml-cpp's events.
class Builder : public YAML::EventHandler {
 public:
  Builder(Parsed& parsed, Repeated repeated) : parsed_(&parsed), repeated_(repeated) {}

  void OnDocumentStart(const YAML::Mark&) override {
    anchors_.clear();
    root_ = Node();
  }
  void OnDocumentEnd() override {
    if (root_.is_null()) return;
    if (parsed_->roots.size() >= kDocumentsMax) {
      stop_at(kTooLarge, root_.position(), fmt::format("more than {} documents", kDocumentsMax));
    }
    parsed_->roots.push_back(std::move(root_));
  }

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    count(1, mark);
    // yaml-cpp says no more of how the null was written.
    put(anchor, Node::scalar(position_of(mark), Json(), "", false));
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& text) override {
    count(1, mark);
    bool quoted = tag == "!";
    Json value;
    if (quoted || tag == std::string(kTagPrefix) + "str") {
      value = Json(text);
    } else {
      check_tag(tag, mark);
      value = resolve_plain(text);
    }
    put(anchor, Node::scalar(position_of(mark), std::move(value), text, quoted));
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    if (++aliases_ > kAliasesMax) {
      stop_at(kTooLarge, position_of(mark), fmt::format("more than {} aliases", kAliasesMax));
    }
    auto found = anchors_.find(anchor);
    if (found == anchors_.end()) {
      stop_at(kSyntax, position_of(mark), "an alias stands inside the value that it repeats");
    }
    count(found->second.count(), mark);
    put(0, Node(found->second));
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, false);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, true);
  }
  void OnMapEnd() override { close(); }

 private:
  struct Frame {
    Position position;
    YAML::anchor_t anchor = 0;
    bool mapping = false;
    std::vector<Node> items;
    std::vector<Node::Member> members;
    std::unordered_map<std::string, Position> keys;
    std::vector<Node> merged;  // values of `<<`
    bool has_key = false;      // a key waits for its value
    bool merging = false;      // and it is `<<`
    bool known = false;        // and it stood before
    std::string key;
    Position key_position;
  };

  void count(std::size_t nodes, const YAML::Mark& mark) {
    nodes_ += nodes;
    if (nodes_ > kNodesMax) {
      stop_at(kTooLarge, position_of(mark),
              fmt::format("more than {} values (aliases count for what they repeat)", kNodesMax));
    }
  }

  static void check_tag(const std::string& tag, const YAML::Mark& mark) {
    constexpr std::array<std::string_view, 7> kKnown{"bool", "int", "float", "null",
                                                     "str",  "map", "seq"};
    if (tag.empty() || tag == "?" || tag == "!") return;
    std::string_view name = tag;
    if (name.starts_with(kTagPrefix)) {
      name.remove_prefix(kTagPrefix.size());
      if (std::ranges::find(kKnown, name) != kKnown.end()) return;
    }
    stop_at(kSyntax, position_of(mark), fmt::format("the tag '{}' is not supported", tag));
  }

  void open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, bool mapping) {
    check_tag(tag, mark);
    count(1, mark);
    if (static_cast<int>(stack_.size()) >= kDepthMax) {
      stop_at(kTooLarge, position_of(mark), fmt::format("nested deeper than {} levels", kDepthMax));
    }
    Frame frame;
    frame.position = position_of(mark);
    frame.anchor = anchor;
    frame.mapping = mapping;
    stack_.push_back(std::move(frame));
  }

  void close() {
    SERIN_ASSERT(!stack_.empty());
    Frame frame = std::move(stack_.back());
    stack_.pop_back();
    if (!frame.mapping) {
      put(frame.anchor, Node::sequence(frame.position, std::move(frame.items)));
      return;
    }
    for (const Node& source : frame.merged) merge(frame, source);
    put(frame.anchor, Node::mapping(frame.position, std::move(frame.members)));
  }

  // `<<: *base`: members of the base that the mapping does not have itself.
  void merge(Frame& frame, const Node& source) {
    if (source.is_sequence()) {
      for (const Node& item : source.items()) merge(frame, item);
      return;
    }
    if (!source.is_mapping()) {
      stop_at(kSyntax, source.position(), "'<<' takes a mapping or a list of mappings");
    }
    for (const Node::Member& member : source.members()) {
      if (frame.keys.emplace(member.key, member.position).second) frame.members.push_back(member);
    }
  }

  void put(YAML::anchor_t anchor, Node node) {
    if (anchor != 0) anchors_.insert_or_assign(anchor, node);
    if (stack_.empty()) {
      root_ = std::move(node);
    } else if (!stack_.back().mapping) {
      stack_.back().items.push_back(std::move(node));
    } else if (!stack_.back().has_key) {
      put_key(stack_.back(), node);
    } else {
      put_value(stack_.back(), std::move(node));
    }
  }

  void put_key(Frame& frame, const Node& node) {
    if (!node.is_scalar()) stop_at(kSyntax, node.position(), "a key must be a single word");
    frame.has_key = true;
    frame.key = node.is_null() ? "null" : kubernetes_text(node);
    frame.key_position = node.position();
    frame.merging = frame.key == kMergeKey && !node.quoted();
    auto [known, fresh] = frame.keys.emplace(frame.key, node.position());
    frame.known = !fresh;
    if (fresh) return;
    parsed_->duplicates.push_back(
        {frame.key, known->second, node.position(), parsed_->roots.size()});
  }

  void put_value(Frame& frame, Node node) const {
    frame.has_key = false;
    if (frame.known && repeated_ == Repeated::first) return;
    if (frame.merging) {
      if (frame.known) frame.merged.clear();
      frame.merged.push_back(std::move(node));
      return;
    }
    if (frame.known) {
      const auto before = std::ranges::find(frame.members, frame.key, &Node::Member::key);
      SERIN_ASSERT(before != frame.members.end());
      *before = {std::move(frame.key), frame.key_position, std::move(node)};
      return;
    }
    frame.members.push_back({std::move(frame.key), frame.key_position, std::move(node)});
  }

  Parsed* parsed_;
  Repeated repeated_;
  Node root_;
  std::vector<Frame> stack_;
  std::map<YAML::anchor_t, Node> anchors_;
  std::size_t nodes_ = 0;
  std::size_t aliases_ = 0;
};

bool tab_in_indentation(std::string_view text, int line) {
  std::size_t begin = 0;
  for (int at = 1; at < line && begin != std::string_view::npos; ++at) {
    begin = text.find('\n', begin);
    if (begin != std::string_view::npos) ++begin;
  }
  if (begin == std::string_view::npos) return false;
  const std::size_t first = text.find_first_not_of(" \t", begin);
  return text.substr(begin, first - begin).find('\t') != std::string_view::npos;
}

// yaml-cpp's words for the faults that people make, in words that say what to look for.
std::string said_plainly(std::string_view text, const Position& position,
                         const std::string& message) {
  if (tab_in_indentation(text, position.line)) {
    return "a tab in the indentation: YAML indents with spaces only";
  }
  static const std::array<std::pair<std::string_view, std::string_view>, 10> kPlain{{
      {YAML::ErrorMsg::END_OF_MAP, "the mapping ends wrongly here: look at the indentation"},
      {YAML::ErrorMsg::END_OF_MAP_FLOW, "',' or '}' is wanted here, or a '{' before is not closed"},
      {YAML::ErrorMsg::END_OF_SEQ, "the list ends wrongly here: look at the indentation"},
      {YAML::ErrorMsg::END_OF_SEQ_FLOW, "',' or ']' is wanted here, or a '[' before is not closed"},
      {YAML::ErrorMsg::FLOW_END, "a bracket that closes nothing, or not what was opened last"},
      {YAML::ErrorMsg::UNKNOWN_TOKEN,
       "no value begins with this character: put the text in quotes"},
      {YAML::ErrorMsg::EOF_IN_SCALAR, "a quoted text without its end"},
      {YAML::ErrorMsg::MAP_VALUE,
       "no ':' can stand here: look at the indentation, or put the text in quotes"},
      {YAML::ErrorMsg::MAP_KEY, "no key can stand here: look at the indentation"},
      {YAML::ErrorMsg::BLOCK_ENTRY, "no '-' can stand here: look at the indentation"},
  }};
  const auto* known =
      std::ranges::find(kPlain, message, [](const auto& each) { return each.first; });
  return known == kPlain.end() ? message : std::string(known->second);
}

}  // namespace

Parsed parse_yaml(std::string_view text, Repeated repeated) {
  Parsed parsed;
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    Builder builder(parsed, repeated);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const Stop& stop) {
    parsed.fault = stop.fault;
  } catch (const YAML::Exception& error) {
    Position position = error.mark.is_null() ? Position{} : position_of(error.mark);
    parsed.fault = ParseFault{kSyntax, position, said_plainly(text, position, error.msg)};
  } catch (const std::exception& error) {
    parsed.fault = ParseFault{kSyntax, {}, error.what()};
  }
  return parsed;
}

}  // namespace serin::config
