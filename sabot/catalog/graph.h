#pragma once

#include <string>
#include <vector>

#include "sabot/catalog/table.h"

namespace sabot {

/// A table whose rows are nodes of one label.
struct NodeMapping {
  std::string label;
  std::string table;             ///< name in the catalog
  std::vector<std::string> key;  ///< columns that identify a node
  friend bool operator==(const NodeMapping&, const NodeMapping&) = default;
};

/// A table whose rows are relationships of one type.
struct RelationshipMapping {
  std::string type;
  std::string table;
  std::string source_label;
  std::vector<std::string> source_key;  ///< columns of this table that hold the source node's key
  std::string destination_label;
  std::vector<std::string> destination_key;
  friend bool operator==(const RelationshipMapping&, const RelationshipMapping&) = default;
};

/// A property graph mapped over tables (SQL/PGQ's CREATE PROPERTY GRAPH). Properties are the
/// tables' columns.
struct PropertyGraph {
  std::string name;
  std::vector<NodeMapping> nodes;
  std::vector<RelationshipMapping> relationships;
  friend bool operator==(const PropertyGraph&, const PropertyGraph&) = default;
};

}  // namespace sabot
