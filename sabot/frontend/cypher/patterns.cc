#include <charconv>

#include "sabot/base/error.h"
#include "sabot/frontend/cypher/grammar.h"

// (a:Airport {faa: 'ANC'})-[f:FLIGHT]->(b), and shortestPath around one relationship.
namespace sabot::cypher {
namespace {

using Kind = Token::Kind;

}  // namespace

arrow::Result<syntax::PathPattern> Grammar::ParsePath() {
  const size_t begin = at_;
  syntax::PathPattern path;
  if (IsName() && Is("=", 1)) {
    ARROW_ASSIGN_OR_RAISE(path.variable, TakeName("a path's name"));
    Take();
  }
  if (IsAnyOf({"ALLSHORTESTPATHS", "ALL", "ANY", "SHORTEST"})) {
    return Unsupported(std::string(Peek().text) + " paths", "shortestPath((a)-[:R*]-(b))");
  }
  if (Is("SHORTESTPATH")) {
    Take();
    ARROW_RETURN_NOT_OK(Expect("("));
    path.is_shortest = true;
    const size_t inner = at_;
    ARROW_RETURN_NOT_OK(ParsePathElements(&path));
    ARROW_RETURN_NOT_OK(CheckShortest(path, inner));
    ARROW_RETURN_NOT_OK(Expect(")"));
  } else {
    ARROW_RETURN_NOT_OK(ParsePathElements(&path));
  }
  path.span = SpanFrom(begin);
  return path;
}

arrow::Status Grammar::CheckShortest(const syntax::PathPattern& path, size_t begin) const {
  const std::string form = "shortestPath((a)-[:R*]-(b))";
  if (path.relationships.size() != 1) {
    const Span span = path.relationships.empty() ? SpanFrom(begin) : path.relationships[1].span;
    return UnsupportedError("shortestPath of other than one relationship", form, span);
  }
  const syntax::RelationshipPattern& relationship = path.relationships[0];
  if (!relationship.length.has_value()) {
    return UnsupportedError("shortestPath of a fixed length", form, relationship.span);
  }
  if (relationship.length->min.value_or(1) != 1) {
    return UnsupportedError("shortestPath with a least length", form, relationship.span);
  }
  return Status::OK();
}

arrow::Status Grammar::ParsePathElements(syntax::PathPattern* path) {
  ARROW_ASSIGN_OR_RAISE(syntax::NodePattern node, ParseNode());
  path->nodes.push_back(std::move(node));
  while (IsRelationship()) {
    ARROW_ASSIGN_OR_RAISE(syntax::RelationshipPattern relationship,
                          ParseRelationship(path->is_shortest));
    path->relationships.push_back(std::move(relationship));
    ARROW_ASSIGN_OR_RAISE(node, ParseNode());
    path->nodes.push_back(std::move(node));
  }
  return Status::OK();
}

bool Grammar::IsRelationship() const { return Is("-") || (Is("<") && Is("-", 1)); }

arrow::Result<syntax::NodePattern> Grammar::ParseNode() {
  const size_t begin = at_;
  if (!Is("("))
    return SyntaxError("a node (variable:Label {property: value}) must stand here", "(");
  Take();
  if (Is("(")) return Unsupported("a path in parentheses", "the path without them");
  syntax::NodePattern node;
  if (IsName() && !Is("WHERE")) {
    ARROW_ASSIGN_OR_RAISE(node.variable, TakeName("a variable"));
  }
  ARROW_RETURN_NOT_OK(ParseNodeLabels(&node));
  if (Is("{")) {
    ARROW_ASSIGN_OR_RAISE(node.properties, ParseProperties());
  }
  ARROW_RETURN_NOT_OK(RefusePredicate());
  ARROW_RETURN_NOT_OK(Expect(")"));
  node.span = SpanFrom(begin);
  return node;
}

arrow::Status Grammar::RefusePredicate() const {
  if (Is("$")) return Unsupported("a parameter as a property map", "{name: $parameter}");
  if (Is("WHERE")) return Unsupported("WHERE inside of a pattern", "WHERE behind the pattern");
  return Status::OK();
}

/// :A|B, one of which a node must have (also :A|:B), or :A:B.
arrow::Status Grammar::ParseNodeLabels(syntax::NodePattern* node) {
  if (!Is(":") || !IsName(1) || !Is("|", 2)) return ParseLabels(&node->labels);
  node->has_any_label = true;
  Take();
  do {
    Accept(":");
    if (IsAnyOf({"!", "%", "("})) return Unsupported("a label expression", "labels joined by |");
    ARROW_ASSIGN_OR_RAISE(std::string label, TakeName("a label"));
    node->labels.push_back(std::move(label));
  } while (Accept("|"));
  if (IsAnyOf({":", "&"})) return Unsupported("a label expression", "labels joined by |");
  return Status::OK();
}

/// :A:B or :A&B, all of which a node must have.
arrow::Status Grammar::ParseLabels(std::vector<std::string>* labels) {
  while (Is(":") || (!labels->empty() && Is("&"))) {
    Take();
    if (IsAnyOf({"!", "%", "("})) {
      return Unsupported("a label expression", "labels joined by :");
    }
    ARROW_ASSIGN_OR_RAISE(std::string label, TakeName("a label"));
    labels->push_back(std::move(label));
  }
  if (Is("|")) return Unsupported("one of several labels", "WHERE n:A OR n:B");
  return Status::OK();
}

/// [<] - [ [variable :A|B *1..3 {…}] ] - [>]
arrow::Result<syntax::RelationshipPattern> Grammar::ParseRelationship(bool is_shortest) {
  const size_t begin = at_;
  syntax::RelationshipPattern relationship;
  const bool is_incoming = Accept("<");
  ARROW_RETURN_NOT_OK(Expect("-"));
  if (Accept("[")) {
    if (IsName() && !Is("WHERE")) {
      ARROW_ASSIGN_OR_RAISE(relationship.variable, TakeName("a variable"));
    }
    if (Accept(":")) {
      do {
        Accept(":");  // :A|:B, the older spelling
        if (IsAnyOf({"!", "%", "("})) return Unsupported("a type expression", "types joined by |");
        ARROW_ASSIGN_OR_RAISE(std::string type, TakeName("a relationship type"));
        relationship.types.push_back(std::move(type));
      } while (Accept("|"));
      if (IsAnyOf({"&", ":"})) {
        return Unsupported("a relationship of several types at once", "one type, or A|B");
      }
    }
    if (Is("*")) {
      if (!is_shortest) {
        return Unsupported("a variable length outside of shortestPath",
                           "shortestPath((a)-[:R*]-(b)), or a pattern a length");
      }
      ARROW_ASSIGN_OR_RAISE(relationship.length, ParseLength());
    }
    if (Is("{")) {
      ARROW_ASSIGN_OR_RAISE(relationship.properties, ParseProperties());
    }
    ARROW_RETURN_NOT_OK(RefusePredicate());
    ARROW_RETURN_NOT_OK(Expect("]"));
  }
  ARROW_RETURN_NOT_OK(Expect("-"));
  const bool is_outgoing = Accept(">");
  // Both arrows or none: either way round.
  relationship.direction = is_incoming == is_outgoing ? syntax::Direction::kUndirected
                           : is_incoming              ? syntax::Direction::kIncoming
                                                      : syntax::Direction::kOutgoing;
  relationship.span = SpanFrom(begin);
  if (IsAnyOf({"+", "*", "{"})) {
    return Unsupported("a quantified relationship", "shortestPath((a)-[:R*]-(b))");
  }
  return relationship;
}

/// * | *n | *n.. | *n..m | *..m
arrow::Result<syntax::RelationshipPattern::Length> Grammar::ParseLength() {
  Take();
  syntax::RelationshipPattern::Length length;
  ARROW_ASSIGN_OR_RAISE(length.min, ParseHops());
  if (Accept("..")) {
    ARROW_ASSIGN_OR_RAISE(length.max, ParseHops());
  } else {
    length.max = length.min;
  }
  return length;
}

arrow::Result<std::optional<int64_t>> Grammar::ParseHops() {
  if (!IsKind(Kind::kNumber)) return std::optional<int64_t>();
  const std::string_view digits = Peek().text;
  int64_t hops = 0;
  const auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), hops);
  if (error != std::errc() || stop != digits.data() + digits.size()) {
    return SyntaxError("a number of hops is whole");
  }
  Take();
  return std::optional<int64_t>(hops);
}

arrow::Result<syntax::PropertyMap> Grammar::ParseProperties() {
  syntax::PropertyMap properties;
  ARROW_RETURN_NOT_OK(Expect("{"));
  while (!Is("}")) {
    if (!properties.empty()) {
      ARROW_RETURN_NOT_OK(Expect(","));
    }
    ARROW_ASSIGN_OR_RAISE(std::string name, TakeName("a property"));
    ARROW_RETURN_NOT_OK(Expect(":"));
    ARROW_ASSIGN_OR_RAISE(ExpressionPtr value, ParseExpression());
    properties.emplace_back(std::move(name), std::move(value));
  }
  Take();
  return properties;
}

}  // namespace sabot::cypher
