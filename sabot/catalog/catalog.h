#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <variant>
#include <vector>

#include "sabot/catalog/graph.h"
#include "sabot/catalog/table.h"

namespace sabot {

/// What a view stands for; the analyzer's, which alone looks inside.
class ViewBody {
 public:
  virtual ~ViewBody() = default;
  virtual Schema schema() const = 0;
};

/// A table or view by name.
struct CatalogEntry {
  std::string name;  ///< as created
  std::variant<TableDescription, std::shared_ptr<const ViewBody>> definition;

  bool is_view() const { return definition.index() == 1; }
  Schema schema() const;
};

/// Names of one session: tables, views, streams and property graphs, without regard to case. SQL,
/// streams, Cypher and Spark see the same. Thread-safe; what it hands out is a copy, so a running
/// query keeps what it began with.
class Catalog {
 public:
  /// Errors: TABLE_OR_VIEW_ALREADY_EXISTS unless replace.
  arrow::Status Create(CatalogEntry entry, bool replace);
  /// False: there was none of that name.
  bool Drop(std::string_view name);
  /// Errors: TABLE_OR_VIEW_NOT_FOUND with the nearest names.
  arrow::Result<CatalogEntry> Find(std::string_view name) const;
  bool Has(std::string_view name) const;
  /// Ordered by name.
  std::vector<CatalogEntry> Entries() const;

  /// Errors: GRAPH_ALREADY_EXISTS unless replace.
  arrow::Status CreateGraph(PropertyGraph graph, bool replace);
  bool DropGraph(std::string_view name);
  /// name empty: the only graph. Errors: GRAPH_NOT_FOUND, which lists the graphs.
  arrow::Result<PropertyGraph> FindGraph(std::string_view name) const;
  std::vector<PropertyGraph> Graphs() const;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, CatalogEntry> entries_;  // by lower-case name; guarded by mutex_
  std::map<std::string, PropertyGraph> graphs_;
};

}  // namespace sabot
