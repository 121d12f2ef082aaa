#pragma once

#include <optional>
#include <string>
#include <vector>

#include "arrow/result.h"

#include "sabot/catalog/graph.h"
#include "sabot/plan/logical/plan.h"
#include "sabot/syntax/relation.h"

namespace sabot::analyzer {

/// A node of a MATCH: all places of its patterns that share a variable.
struct PatternNode {
  std::string variable;  ///< of an anonymous node a name that nobody can write
  bool is_named = false;
  bool is_shown = false;       ///< its columns may be asked for
  std::vector<int> tables;     ///< the vertex tables it may come from, by their place in the graph
  std::vector<int> mentioned;  ///< those that its labels name, though no table may fit them all
  syntax::PropertyMap properties;
  Span span;
};

struct PatternRelationship {
  const syntax::RelationshipPattern* pattern = nullptr;
  std::string variable;
  bool is_named = false;
  bool is_shown = false;
  std::vector<int> tables;  ///< edge tables
  int left = 0;             ///< nodes, as written
  int right = 0;
  bool is_shortest = false;
  std::string path;  ///< of a shortest path: its variable
};

/// p = (a)-[]->(b)
struct PatternPath {
  std::string variable;
  std::vector<int> nodes;
  std::vector<int> relationships;
};

struct Pattern {
  std::vector<PatternNode> nodes;
  std::vector<PatternRelationship> relationships;
  std::vector<PatternPath> paths;  ///< those of fixed length that have a variable
};

/// One way to lay a pattern over the tables of a graph: the table of each node and relationship,
/// and which way round the relationship goes.
struct Reading {
  std::vector<int> nodes;
  std::vector<int> relationships;
  std::vector<MatchDirection> directions;
};

/// Join what several patterns say of a variable, and find the tables of labels and types.
/// Errors: GRAPH_ELEMENT_NOT_FOUND, VARIABLE_ALREADY_BOUND, UNSUPPORTED_FEATURE.
arrow::Result<Pattern> CollectPattern(const syntax::Match& match, const PropertyGraph& graph);

/// All readings in which each relationship joins the tables that its edge table refers to. They
/// exclude one another, so what the pattern matches is the sum of what they match. None: nothing
/// in this graph can match.
/// Errors: UNSUPPORTED_FEATURE if there are more than kReadingsMax.
arrow::Result<std::vector<Reading>> ReadingsOf(const Pattern& pattern, const PropertyGraph& graph,
                                               Span span);

inline constexpr size_t kReadingsMax = 64;

/// The type in which keys of both types are compared: the same, or the wider of two numbers. None:
/// they cannot be keys of one another.
std::optional<Type> CommonKeyType(const Type& left, const Type& right);

}  // namespace sabot::analyzer
