#include "sabot/catalog/catalog.h"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include "sabot/base/error.h"

namespace sabot {
namespace {

std::string Key(std::string_view name) {
  std::string key(name);
  std::transform(key.begin(), key.end(), key.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return key;
}

template <typename Map>
std::string Suggestion(std::string_view name, const Map& known) {
  std::vector<std::string> names;
  for (const auto& [key, entry] : known) names.push_back(entry.name);
  const std::vector<std::string> nearest = NearestNames(name, names);
  return nearest.empty() ? std::string() : fmt::format("did you mean `{}`?", nearest[0]);
}

}  // namespace

Schema CatalogEntry::schema() const {
  if (const auto* table = std::get_if<TableDescription>(&definition)) return table->schema;
  return std::get<std::shared_ptr<const ViewBody>>(definition)->schema();
}

arrow::Status Catalog::Create(CatalogEntry entry, bool replace) {
  const std::lock_guard lock(mutex_);
  std::string key = Key(entry.name);
  if (!replace && entries_.contains(key)) {
    return MakeError("TABLE_OR_VIEW_ALREADY_EXISTS",
                     {{"relationName", fmt::format("`{}`", entry.name)}});
  }
  entries_.insert_or_assign(std::move(key), std::move(entry));
  return arrow::Status::OK();
}

bool Catalog::Drop(std::string_view name) {
  const std::lock_guard lock(mutex_);
  return entries_.erase(Key(name)) > 0;
}

arrow::Result<CatalogEntry> Catalog::Find(std::string_view name) const {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(Key(name));
  if (found != entries_.end()) return found->second;
  return MakeError("TABLE_OR_VIEW_NOT_FOUND", {{"relationName", fmt::format("`{}`", name)}}, {},
                   Suggestion(name, entries_));
}

bool Catalog::Has(std::string_view name) const {
  const std::lock_guard lock(mutex_);
  return entries_.contains(Key(name));
}

std::vector<CatalogEntry> Catalog::Entries() const {
  const std::lock_guard lock(mutex_);
  std::vector<CatalogEntry> entries;
  for (const auto& [key, entry] : entries_) entries.push_back(entry);
  return entries;
}

arrow::Status Catalog::CreateGraph(PropertyGraph graph, bool replace) {
  const std::lock_guard lock(mutex_);
  std::string key = Key(graph.name);
  if (!replace && graphs_.contains(key)) {
    return MakeError("GRAPH_ALREADY_EXISTS", {{"name", fmt::format("`{}`", graph.name)}});
  }
  graphs_.insert_or_assign(std::move(key), std::move(graph));
  return arrow::Status::OK();
}

bool Catalog::DropGraph(std::string_view name) {
  const std::lock_guard lock(mutex_);
  return graphs_.erase(Key(name)) > 0;
}

arrow::Result<PropertyGraph> Catalog::FindGraph(std::string_view name) const {
  const std::lock_guard lock(mutex_);
  if (name.empty()) {
    if (graphs_.size() == 1) return graphs_.begin()->second;
    return MakeError("GRAPH_NOT_FOUND", {{"name", "to default to"}}, {},
                     graphs_.empty() ? "make one with CREATE PROPERTY GRAPH"
                                     : "there are several: name one with graph=");
  }
  const auto found = graphs_.find(Key(name));
  if (found != graphs_.end()) return found->second;
  return MakeError("GRAPH_NOT_FOUND", {{"name", fmt::format("`{}`", name)}}, {},
                   Suggestion(name, graphs_));
}

std::vector<PropertyGraph> Catalog::Graphs() const {
  const std::lock_guard lock(mutex_);
  std::vector<PropertyGraph> graphs;
  for (const auto& [key, graph] : graphs_) graphs.push_back(graph);
  return graphs;
}

}  // namespace sabot
