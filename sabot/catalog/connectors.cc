#include "sabot/catalog/connectors.h"

#include <fmt/format.h>

#include "sabot/base/error.h"

namespace sabot {

void ConnectorSet::Add(std::shared_ptr<Connector> connector) {
  std::string name(connector->name());
  connectors_.insert_or_assign(std::move(name), std::move(connector));
}

arrow::Result<Connector*> ConnectorSet::Find(std::string_view name) const {
  const auto found = connectors_.find(name);
  if (found != connectors_.end()) return found->second.get();
  std::string known;
  for (const auto& [other, connector] : connectors_) {
    known.append(known.empty() ? "" : ", ").append(other);
  }
  return UnsupportedError(fmt::format("the connector `{}`", name), fmt::format("one of {}", known));
}

}  // namespace sabot
