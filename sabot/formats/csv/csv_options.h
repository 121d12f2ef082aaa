#pragma once

#include <string>

#include "arrow/result.h"

#include "sabot/formats/file.h"
#include "sabot/formats/text/text_value.h"

namespace sabot {

/// How CSV is read and written; names and defaults are Spark's.
struct CsvOptions {
  char separator = ',';
  char quote = '"';     ///< '\0': none
  char escape = '\\';   ///< before a quote within quotes; a doubled quote is one too. '\0': none
  char comment = '\0';  ///< lines that begin with it are left out; '\0': none
  bool header = false;
  bool infer_schema = false;
  bool enforce_schema = true;  ///< a given schema counts, whatever the header says; else they must
                               ///< have the same names
  bool multi_line =
      false;  ///< line ends within quotes belong to the value; the file is read as one piece
  bool trim_leading = false;
  bool trim_trailing = false;
  bool quote_all = false;   ///< of writers
  std::string null_value;   ///< text that means NULL; an empty value without quotes always does
  std::string empty_value;  ///< of writers: how an empty string is written
  BadRecordMode mode = BadRecordMode::kPermissive;
  std::string corrupt_column = "_corrupt_record";  ///< a STRING column of that name takes the text
                                                   ///< of records that do not fit
  TextValueOptions values;
};

/// Errors: CONFIG_INVALID, UNSUPPORTED_FEATURE.
arrow::Result<CsvOptions> ReadCsvOptions(const FileOptions& options);

/// The options `dateFormat` and `timestampFormat` of formats of text: ISO forms alone are built.
void CheckTimeFormats(class OptionReader* reader);
BadRecordMode ReadBadRecordMode(class OptionReader* reader);

arrow::Result<std::unique_ptr<FileWriter>> MakeCsvWriter(std::unique_ptr<WritableFile> file,
                                                         const Schema& schema,
                                                         const CsvOptions& options);

/// The schema of a file's first records, up to sample_bytes of text: names from the header or
/// `_c0`, types by trying INT, BIGINT, DECIMAL, DOUBLE, DATE, TIMESTAMP, BOOLEAN, STRING in turn,
/// or all STRING.
arrow::Result<Schema> InferCsvSchema(Files& files, std::span<const std::string> paths,
                                     const CsvOptions& options);

}  // namespace sabot
