#include <fmt/format.h>
#include <re2/re2.h>

#include <initializer_list>

#include "analysis/conditions/checking/checking.h"
#include "analysis/conditions/text/pattern.h"

namespace serin::analysis::conditions {
namespace {

enum class Group : std::uint8_t { boolean, text, whole, number, time, duration, array, map };

bool is_in(const Type& type, Group group) {
  switch (group) {
    case Group::boolean:
      return type.kind == Kind::boolean;
    case Group::text:
      return type.kind == Kind::text;
    case Group::whole:
      return is_whole(type.kind);
    case Group::number:
      return is_number(type.kind);
    case Group::time:
      return type.kind == Kind::time;
    case Group::duration:
      return type.kind == Kind::duration;
    case Group::array:
      return is_array(type.kind);
    case Group::map:
      return is_map(type.kind);
  }
  return false;
}

bool both(const Type& left, const Type& right, Group group) {
  return is_in(left, group) && is_in(right, group);
}

// At least one side is unknown, and the other unknown too or of one of the groups.
bool may_fit(const Type& left, const Type& right, std::initializer_list<Group> groups) {
  auto any_of = [&](const Type& type) {
    for (Group group : groups) {
      if (is_in(type, group)) return true;
    }
    return false;
  };
  if (left.is_unknown()) return right.is_unknown() || any_of(right);
  return right.is_unknown() && any_of(left);
}

bool comparable(const Type& left, const Type& right) {
  return left.is_unknown() || right.is_unknown() || left.is_nil() || right.is_nil() ||
         both(left, right, Group::number) || both(left, right, Group::duration) ||
         both(left, right, Group::time) || both(left, right, Group::array) ||
         left.assignable_to(right);
}

Type promoted(const Type& left, const Type& right) {
  return left.kind == Kind::real || right.kind == Kind::real ? Kind::real : Kind::integer;
}

// Sums, differences and products; nothing where they do not fit.
std::optional<Type> arithmetic(Op op, const Type& left, const Type& right) {
  if (both(left, right, Group::number)) return promoted(left, right);
  bool left_time = is_in(left, Group::time);
  bool right_time = is_in(right, Group::time);
  bool left_duration = is_in(left, Group::duration);
  bool right_duration = is_in(right, Group::duration);
  switch (op) {
    case Op::add:
      if (both(left, right, Group::text)) return Type(Kind::text);
      if ((left_time && right_duration) || (left_duration && right_time)) return Type(Kind::time);
      if (left_duration && right_duration) return Type(Kind::duration);
      if (may_fit(left, right, {Group::number, Group::text, Group::time, Group::duration})) {
        return Type();
      }
      break;
    case Op::subtract:
      if (left_time && right_time) return Type(Kind::duration);
      if (left_time && right_duration) return Type(Kind::time);
      if (left_duration && right_duration) return Type(Kind::duration);
      if (may_fit(left, right, {Group::number, Group::time, Group::duration})) return Type();
      break;
    default:
      if ((is_in(left, Group::number) || left_duration) &&
          (is_in(right, Group::number) || right_duration)) {
        return Type(Kind::duration);
      }
      if (may_fit(left, right, {Group::number, Group::duration})) return Type();
  }
  return std::nullopt;
}

}  // namespace

Type Checker::unary(NodeId id) {
  Type type = visit(tree_[id].children[0]).dereferenced();
  if (failed()) return {};
  if (tree_[id].op == Op::not_) {
    if (type.kind == Kind::boolean || type.is_unknown()) return Kind::boolean;
  } else {
    if (is_number(type.kind)) return type;
    if (type.is_unknown()) return {};
  }
  return fail_at(
      id, fmt::format("invalid operation: {} (mismatched type {})", tree_[id].name, type.name()));
}

Type Checker::mismatch(NodeId id, const Type& left, const Type& right) {
  return fail_at(id, fmt::format("invalid operation: {} (mismatched types {} and {})",
                                 tree_[id].name, left.name(), right.name()));
}

Type Checker::membership(NodeId id, const Type& left, const Type& right) {
  if ((left.kind == Kind::text || left.is_unknown()) && shape(right.kind) == Shape::structure) {
    return Kind::boolean;
  }
  if (is_map(right.kind)) {
    Type key = right.kind == Kind::map ? Kind::text : Kind::any;
    if (!left.is_unknown() && !left.assignable_to(key)) {
      return fail_at(id,
                     fmt::format("cannot use {} as type {} in map key", left.name(), key.name()));
    }
    return Kind::boolean;
  }
  if (is_array(right.kind)) {
    Type element = right.element_type();
    if (!comparable(left, element)) {
      return fail_at(id,
                     fmt::format("cannot use {} as type {} in array", left.name(), element.name()));
    }
    return Kind::boolean;
  }
  if (right.is_unknown() || (left.is_unknown() && right.kind == Kind::text)) return Kind::boolean;
  return mismatch(id, left, right);
}

Type Checker::binary(NodeId id) {
  NodeId right_id = tree_[id].children[1];
  Type left = visit(tree_[id].children[0]).dereferenced();
  Type right = visit(right_id).dereferenced();
  if (failed()) return {};
  Op op = tree_[id].op;
  switch (op) {
    case Op::equal:
    case Op::not_equal:
      if (comparable(left, right)) return Kind::boolean;
      break;
    case Op::or_:
    case Op::and_:
      if (both(left, right, Group::boolean) || may_fit(left, right, {Group::boolean})) {
        return Kind::boolean;
      }
      break;
    case Op::less:
    case Op::more:
    case Op::less_equal:
    case Op::more_equal:
      for (Group group : {Group::number, Group::text, Group::time, Group::duration}) {
        if (both(left, right, group)) return Kind::boolean;
      }
      if (may_fit(left, right, {Group::number, Group::text, Group::time, Group::duration})) {
        return Kind::boolean;
      }
      break;
    case Op::add:
    case Op::subtract:
    case Op::multiply:
      if (auto type = arithmetic(op, left, right)) return *type;
      break;
    case Op::divide:
    case Op::power:
      if (both(left, right, Group::number) || may_fit(left, right, {Group::number})) {
        return Kind::real;
      }
      break;
    case Op::modulo:
      if (both(left, right, Group::whole) || may_fit(left, right, {Group::whole})) {
        return Kind::integer;
      }
      break;
    case Op::range:
      if (both(left, right, Group::whole) || may_fit(left, right, {Group::whole})) {
        return Type::array_of(Kind::integer);
      }
      break;
    case Op::in:
      return membership(id, left, right);
    case Op::matches:
      if (tree_[right_id].kind == NodeKind::text) {
        Pattern pattern = compile_pattern(tree_[right_id].name);
        if (!pattern.error.empty()) return fail_at(id, pattern.error);
      }
      if (left.kind == Kind::bytes && right.kind == Kind::text) return Kind::boolean;
      [[fallthrough]];
    case Op::contains:
    case Op::starts_with:
    case Op::ends_with:
      if (both(left, right, Group::text) || may_fit(left, right, {Group::text})) {
        return Kind::boolean;
      }
      break;
    case Op::coalesce:
      if (left.is_nil()) return right;
      if (right.is_nil()) return left;
      return right.assignable_to(left) ? left : Type();
    default:
      break;
  }
  return mismatch(id, left, right);
}

}  // namespace serin::analysis::conditions
