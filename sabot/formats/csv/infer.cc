#include <algorithm>

#include "sabot/base/error.h"
#include "sabot/formats/csv/csv_options.h"
#include "sabot/formats/csv/record_splitter.h"
#include "sabot/formats/text/line_reader.h"
#include "sabot/types/identifier.h"

namespace sabot {
namespace {

constexpr int64_t kSampleBytes = 64 * 1024 * 1024;
constexpr int kColumnsMax = 20'480;  // as Spark's maxColumns

// The narrowest type that has read all values so far, from Spark's list. Each type that fails gives
// way to the next that can hold what was read before.
class ColumnInference {
 public:
  void Add(std::string_view text, const CsvOptions& options) {
    while (!Fits(text, options)) id_ = Wider();
    has_values_ = true;
  }
  Type Finish() const {
    if (id_ == TypeId::kNull) return Type(TypeId::kString);
    if (id_ == TypeId::kDecimal) return Type::Decimal(digits_, 0);
    return Type(id_);
  }

 private:
  bool Fits(std::string_view text, const CsvOptions& options) {
    int64_t integer;
    double floating;
    int32_t days;
    bool truth;
    switch (id_) {
      case TypeId::kNull:
        return false;
      case TypeId::kInt:
        return ParseInt64(text, &integer) && integer == static_cast<int32_t>(integer);
      case TypeId::kLong:
        return ParseInt64(text, &integer);
      case TypeId::kDecimal:
        return FitsDecimal(text);
      case TypeId::kDouble:
        return ParseFloating(text, options.values, &floating);
      case TypeId::kDate:
        return ParseDate(text, /*strict=*/true, &days);
      case TypeId::kTimestamp:
        return ParseTimestamp(text, TypeId::kTimestamp, options.values, &integer);
      case TypeId::kBoolean:
        return ParseBoolean(text, &truth);
      default:
        return true;
    }
  }
  // Whole numbers of up to 38 digits.
  bool FitsDecimal(std::string_view text) {
    if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
    if (text.empty() || text.size() > 38) return false;
    if (!std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; })) return false;
    digits_ = std::max(digits_, static_cast<int>(text.size()));
    return true;
  }
  TypeId Wider() const {
    switch (id_) {
      case TypeId::kNull:
        return TypeId::kInt;
      case TypeId::kInt:
        return TypeId::kLong;
      case TypeId::kLong:
        return TypeId::kDecimal;
      case TypeId::kDecimal:
        return TypeId::kDouble;
      // Types that share no values with those before are only tried on a column's first value.
      case TypeId::kDouble:
        return has_values_ ? TypeId::kString : TypeId::kDate;
      case TypeId::kDate:
        return TypeId::kTimestamp;
      case TypeId::kTimestamp:
        return has_values_ ? TypeId::kString : TypeId::kBoolean;
      default:
        return TypeId::kString;
    }
  }

  TypeId id_ = TypeId::kNull;
  bool has_values_ = false;
  int digits_ = 20;  // of a DECIMAL: a BIGINT has 19 at most
};

class SchemaInference {
 public:
  explicit SchemaInference(const CsvOptions& options) : options_(options), splitter_(options) {}

  arrow::Status AddFile(Files& files, const std::string& path, int64_t* budget) {
    ARROW_ASSIGN_OR_RAISE(const auto file, TextFile::Open(files, path));
    LineReader lines(file, 0, file->size_bytes());
    bool is_first = true;
    while (*budget > 0) {
      ARROW_ASSIGN_OR_RAISE(const BufferPtr block,
                            options_.multi_line ? lines.Rest() : lines.NextBlock());
      if (block == nullptr) break;
      *budget -= block->size();
      splitter_.Reset();
      splitter_.SetText(
          {reinterpret_cast<const char*>(block->data()), static_cast<size_t>(block->size())});
      while (splitter_.NextRecord()) {
        splitter_.SplitAll(&fields_);
        if (names_.empty()) SetNames();
        if (!(is_first && options_.header)) AddRecord();
        is_first = false;
        if (!options_.infer_schema) return arrow::Status::OK();
      }
    }
    return arrow::Status::OK();
  }

  arrow::Result<Schema> Finish(const std::string& source) {
    if (names_.empty()) {
      return MakeError("CANNOT_INFER_SCHEMA", {{"source", source}, {"reason", "it has no rows"}});
    }
    if (names_.size() > kColumnsMax) {
      return MakeError("CANNOT_INFER_SCHEMA",
                       {{"source", source},
                        {"reason", "its first line has " + std::to_string(names_.size()) +
                                       " values; is the separator right?"}});
    }
    Schema schema;
    for (size_t i = 0; i < names_.size(); ++i) {
      schema.columns.push_back(
          {names_[i], options_.infer_schema ? columns_[i].Finish() : Type(TypeId::kString), true});
    }
    return schema;
  }

 private:
  // From the first record: its texts, or numbers. Names that repeat get their position behind.
  void SetNames() {
    for (size_t i = 0; i < fields_.size(); ++i) {
      std::string name(fields_[i].view());
      if (!options_.header || name.empty() || name == options_.null_value) {
        name = "_c" + std::to_string(i);
      }
      names_.push_back(std::move(name));
    }
    const std::vector<std::string> plain = names_;
    for (size_t i = 0; i < plain.size(); ++i) {
      const auto repeats = std::ranges::count_if(
          plain, [&](const std::string& name) { return EqualsIgnoreCase(name, plain[i]); });
      if (repeats > 1) names_[i] += std::to_string(i);
    }
    columns_.resize(names_.size());
  }

  void AddRecord() {
    for (size_t i = 0; i < std::min(fields_.size(), columns_.size()); ++i) {
      const CsvField& field = fields_[i];
      if (field.length == 0 || field.view() == options_.null_value) continue;
      columns_[i].Add(field.view(), options_);
    }
  }

  const CsvOptions& options_;
  RecordSplitter splitter_;
  std::vector<CsvField> fields_;
  std::vector<std::string> names_;
  std::vector<ColumnInference> columns_;
};

}  // namespace

arrow::Result<Schema> InferCsvSchema(Files& files, std::span<const std::string> paths,
                                     const CsvOptions& options) {
  if (paths.empty()) return MakeError("FILE_NOT_FOUND", {{"path", ""}});
  SchemaInference inference(options);
  int64_t budget = kSampleBytes;
  for (const std::string& path : paths) {
    if (budget <= 0) break;
    ARROW_RETURN_NOT_OK(inference.AddFile(files, path, &budget));
    if (!options.infer_schema) break;
  }
  return inference.Finish(paths[0]);
}

}  // namespace sabot
