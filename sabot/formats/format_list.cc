#include "sabot/base/error.h"
#include "sabot/formats/file.h"
#include "sabot/types/identifier.h"

namespace sabot {
namespace {

struct FormatRow {
  std::string_view name;
  const FileFormat& (*format)();
};

// Every name a format goes by, as a word and as a file's ending.
constexpr FormatRow kFormats[] = {
    {"parquet", ParquetFormat}, {"csv", CsvFormat},     {"json", JsonFormat},
    {"jsonl", JsonFormat},      {"ndjson", JsonFormat}, {"arrow", ArrowFormat},
    {"arrows", ArrowFormat},    {"ipc", ArrowFormat},   {"feather", ArrowFormat},
};

}  // namespace

arrow::Result<const FileFormat*> FindFileFormat(std::string_view name) {
  for (const FormatRow& row : kFormats) {
    if (EqualsIgnoreCase(row.name, name)) return &row.format();
  }
  return UnsupportedError("The file format '" + std::string(name) + "'",
                          "parquet, csv, json or arrow");
}

const FileFormat* FileFormatOfPath(std::string_view path) {
  std::string lowered = ToLowerAscii(path);
  if (lowered.ends_with(".gz")) lowered.resize(lowered.size() - 3);
  const size_t dot = lowered.rfind('.');
  if (dot == lowered.npos) return nullptr;
  const std::string_view ending = std::string_view(lowered).substr(dot + 1);
  for (const FormatRow& row : kFormats) {
    if (row.name == ending) return &row.format();
  }
  return nullptr;
}

}  // namespace sabot
