#include "analysis/conditions/values/kind.h"

#include "analysis/conditions/values/functions.h"

namespace serin::analysis::conditions {

std::string_view go_name(Kind kind) {
  switch (kind) {
    case Kind::unknown:
      return "unknown";
    case Kind::any:
      return "interface {}";
    case Kind::nil:
      return "<nil>";
    case Kind::boolean:
      return "bool";
    case Kind::integer:
      return "int";
    case Kind::integer64:
      return "int64";
    case Kind::byte:
      return "uint8";
    case Kind::real:
      return "float64";
    case Kind::text:
      return "string";
    case Kind::bytes:
      return "[]uint8";
    case Kind::array:
      return "[]interface {}";
    case Kind::reals:
      return "[]float64";
    case Kind::integers:
      return "[]int";
    case Kind::texts:
      return "[]string";
    case Kind::pairs:
      return "[][2]interface {}";
    case Kind::pair:
      return "[2]interface {}";
    case Kind::map:
      return "map[string]interface {}";
    case Kind::any_map:
      return "map[interface {}]interface {}";
    case Kind::group_map:
      return "map[interface {}][]interface {}";
    case Kind::integer_set:
      return "map[int]struct {}";
    case Kind::text_set:
      return "map[string]struct {}";
    case Kind::time:
      return "time.Time";
    case Kind::duration:
      return "time.Duration";
    case Kind::month:
      return "time.Month";
    case Kind::weekday:
      return "time.Weekday";
    case Kind::zone:
      return "*time.Location";
    case Kind::zone_value:
      return "time.Location";
    case Kind::function:
      return "func";
  }
  return "unknown";
}

Shape shape(Kind kind) {
  switch (kind) {
    case Kind::unknown:
    case Kind::nil:
      return Shape::invalid;
    case Kind::any:
      return Shape::interface;
    case Kind::boolean:
      return Shape::boolean;
    case Kind::integer:
    case Kind::month:
    case Kind::weekday:
      return Shape::integer;
    case Kind::integer64:
    case Kind::duration:
      return Shape::integer64;
    case Kind::byte:
      return Shape::byte;
    case Kind::real:
      return Shape::real;
    case Kind::text:
      return Shape::text;
    case Kind::pair:
      return Shape::fixed;
    case Kind::time:
    case Kind::zone_value:
      return Shape::structure;
    case Kind::zone:
      return Shape::pointer;
    case Kind::function:
      return Shape::function;
    default:
      return is_array(kind) ? Shape::slice : Shape::map;
  }
}

Kind element_kind(Kind kind) {
  switch (kind) {
    case Kind::bytes:
      return Kind::byte;
    case Kind::reals:
      return Kind::real;
    case Kind::integers:
      return Kind::integer;
    case Kind::texts:
      return Kind::text;
    case Kind::pairs:
      return Kind::pair;
    case Kind::array:
    case Kind::pair:
    case Kind::map:
    case Kind::any_map:
      return Kind::any;
    case Kind::group_map:
      return Kind::array;
    default:
      return Kind::unknown;
  }
}

namespace {

std::string function_name(const Type& type) {
  if (type.signature == nullptr) return "func(...interface {}) (interface {}, error)";
  std::string text = "func(";
  if (type.receiver != Kind::unknown) text += go_name(type.receiver);
  for (Kind parameter : type.signature->takes()) {
    if (!text.ends_with('(')) text += ", ";
    text += go_name(parameter);
  }
  return text + ") " + std::string(go_name(type.signature->result));
}

}  // namespace

Type Type::function(const Signature* signature, Kind receiver) {
  Type type(Kind::function);
  type.signature = signature;
  type.receiver = receiver;
  return type;
}

Type Type::array_of(Type element) {
  Type type(Kind::array);
  type.element = std::make_shared<const Type>(std::move(element));
  return type;
}

Type Type::element_type() const {
  return element != nullptr && is_array(kind) ? *element : Type(element_kind(kind));
}

Type Type::dereferenced() const {
  if (kind == Kind::zone) return Kind::zone_value;
  return *this;
}

std::string Type::name() const {
  if (kind == Kind::function) return function_name(*this);
  return std::string(kind == Kind::nil ? "unknown" : go_name(kind));
}

bool Type::assignable_to(const Type& to) const {
  if (kind == Kind::nil) {
    switch (shape(to.kind)) {
      case Shape::pointer:
      case Shape::interface:
      case Shape::function:
      case Shape::map:
      case Shape::slice:
        return true;
      default:
        return false;
    }
  }
  if (kind == Kind::unknown || to.kind == Kind::unknown || to.kind == Kind::nil) return false;
  if (to.kind == Kind::any) return true;
  if (kind == Kind::function) {
    return to.kind == kind && function_name(*this) == function_name(to);
  }
  return kind == to.kind;
}

}  // namespace serin::analysis::conditions
