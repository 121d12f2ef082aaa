#pragma once

#include <memory>
#include <string>

#include "arrow/result.h"

#include "sabot/formats/file.h"
#include "sabot/formats/text/text_value.h"

namespace sabot {

/// How JSON lines are read and written; names and defaults are Spark's.
struct JsonOptions {
  BadRecordMode mode = BadRecordMode::kPermissive;
  std::string corrupt_column = "_corrupt_record";  ///< a STRING column of that name takes the text
                                                   ///< of records that do not fit
  bool primitives_as_string = false;               ///< of inference
  bool ignore_null_fields = true;                  ///< of writers
  TextValueOptions values;
};

/// Errors: CONFIG_INVALID, UNSUPPORTED_FEATURE.
arrow::Result<JsonOptions> ReadJsonOptions(const FileOptions& options);

std::unique_ptr<FileWriter> MakeJsonWriter(std::unique_ptr<WritableFile> file, const Schema& schema,
                                           const JsonOptions& options);

}  // namespace sabot
