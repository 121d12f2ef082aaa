#pragma once

#include <string>

#include "arrow/result.h"

#include "sabot/catalog/table.h"
#include "sabot/formats/file.h"

namespace sabot::internal {

// Options of the connector itself, which formats never see; spelled as Spark's.

/// Below which folders `key=value` are columns; of reading.
inline constexpr std::string_view kBasePathOption = "basepath";
/// The zone of wall clocks in text that names none, and of those written. Without it: UTC.
inline constexpr std::string_view kTimeZoneOption = "timezone";

/// The value of an option, or "".
std::string OptionOf(const OptionList& options, std::string_view key);

/// What the format is given. Errors: INVALID_TIMEZONE.
arrow::Result<FileOptions> FormatOptions(const OptionList& options);

}  // namespace sabot::internal
