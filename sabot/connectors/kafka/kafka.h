#pragma once

#include <memory>

#include "sabot/catalog/table.h"

namespace sabot {

/// Topics of Apache Kafka as streams: a partition is a split, partitions are dealt out to the
/// tasks, and the checkpoint keeps the offsets; no consumer group. README.md lists the options.
///
/// With a schema, or `value.format` json, values are JSON objects; without a schema it is inferred
/// from the first messages. Else a row is the message: key BINARY, value BINARY, topic STRING,
/// partition INT, offset BIGINT, timestamp TIMESTAMP, timestampType INT, as Spark has it.
///
/// Errors: CONNECTION_FAILED if no broker answers within connection.timeout.ms;
/// TABLE_OR_VIEW_NOT_FOUND for an unknown topic; CONFIG_INVALID; IO_ERROR if messages at a position
/// are gone.
std::shared_ptr<Connector> MakeKafkaConnector();

}  // namespace sabot
