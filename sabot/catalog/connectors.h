#pragma once

#include <map>
#include <memory>
#include <string>

#include "sabot/catalog/table.h"

namespace sabot {

/// The systems an engine can read from, by name. Filled once by the session, then only read.
class ConnectorSet {
 public:
  void Add(std::shared_ptr<Connector> connector);
  /// Errors: UNSUPPORTED_FEATURE naming the connectors there are.
  arrow::Result<Connector*> Find(std::string_view name) const;

 private:
  std::map<std::string, std::shared_ptr<Connector>, std::less<>> connectors_;
};

}  // namespace sabot
