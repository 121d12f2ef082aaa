#include "sabot/formats/csv/csv_options.h"

#include "sabot/formats/options.h"

namespace sabot {

BadRecordMode ReadBadRecordMode(OptionReader* reader) {
  static constexpr std::string_view kModes[] = {"PERMISSIVE", "DROPMALFORMED", "FAILFAST"};
  return static_cast<BadRecordMode>(reader->Choice("mode", kModes, 0));
}

void CheckTimeFormats(OptionReader* reader) {
  const auto is_iso = [](const std::string& format) {
    return format.empty() || format.starts_with("yyyy-MM-dd");
  };
  for (const char* key : {"dateFormat", "timestampFormat", "timestampNTZFormat"}) {
    if (!is_iso(reader->Text(key, ""))) {
      reader->RefuseUnsupported(key, "read the column as STRING and convert it with to_timestamp");
    }
  }
  const std::string encoding = reader->Text("encoding", reader->Text("charset", "UTF-8"));
  if (encoding != "UTF-8" && encoding != "utf-8" && encoding != "UTF8" && encoding != "US-ASCII") {
    reader->RefuseUnsupported(reader->Has("encoding") ? "encoding" : "charset",
                              "convert the file to UTF-8");
  }
}

arrow::Result<CsvOptions> ReadCsvOptions(const FileOptions& options) {
  OptionReader reader("csv", options);
  CsvOptions csv;
  csv.separator = reader.Character("sep", reader.Character("delimiter", csv.separator));
  csv.quote = reader.Character("quote", csv.quote);
  csv.escape = reader.Character("escape", csv.escape);
  csv.comment = reader.Character("comment", csv.comment);
  csv.header = reader.Bool("header", csv.header);
  csv.infer_schema = reader.Bool("inferSchema", csv.infer_schema);
  csv.multi_line = reader.Bool("multiLine", csv.multi_line);
  csv.trim_leading = reader.Bool("ignoreLeadingWhiteSpace", csv.trim_leading);
  csv.trim_trailing = reader.Bool("ignoreTrailingWhiteSpace", csv.trim_trailing);
  csv.quote_all = reader.Bool("quoteAll", csv.quote_all);
  csv.null_value = reader.Text("nullValue", csv.null_value);
  csv.empty_value = reader.Text("emptyValue", "\"\"");
  csv.corrupt_column = reader.Text("columnNameOfCorruptRecord", csv.corrupt_column);
  csv.mode = ReadBadRecordMode(&reader);
  csv.values.nan = reader.Text("nanValue", csv.values.nan);
  csv.values.positive_infinity = reader.Text("positiveInf", csv.values.positive_infinity);
  csv.values.negative_infinity = reader.Text("negativeInf", csv.values.negative_infinity);
  csv.values.wall_clock_to_utc = options.wall_clock_to_utc;
  csv.values.utc_to_wall_clock = options.utc_to_wall_clock;
  csv.enforce_schema = reader.Bool("enforceSchema", csv.enforce_schema);
  CheckTimeFormats(&reader);
  const std::string compression = reader.Text("compression", "none");
  if (compression != "none" && compression != "uncompressed" && !compression.empty()) {
    reader.RefuseUnsupported("compression", "files that end in .gz are read; write without");
  }
  if (csv.separator == '\0' || csv.separator == '\n' || csv.separator == '\r') {
    reader.Refuse(reader.Has("sep") ? "sep" : "delimiter", "one character, not a line end");
  }
  if (csv.separator == csv.quote) reader.Refuse("quote", "another character than the separator");
  ARROW_RETURN_NOT_OK(reader.Finish());
  return csv;
}

}  // namespace sabot
