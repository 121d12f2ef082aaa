#pragma once

#include <memory>

#include "sabot/catalog/table.h"

namespace sabot {

/// range(start, end, step): one column `id` BIGINT NOT NULL, made as it is read.
std::shared_ptr<Connector> MakeRangeConnector();

}  // namespace sabot
