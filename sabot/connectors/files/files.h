#pragma once

#include <memory>

#include "sabot/catalog/table.h"

namespace sabot {

/// Files of any format of formats/, by globs: bounded scans share row groups and byte ranges
/// between tasks; a stream reads each file as a split, front to back, files dealt out to the tasks.
std::shared_ptr<Connector> MakeFilesConnector();

}  // namespace sabot
