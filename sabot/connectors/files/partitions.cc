#include "sabot/connectors/files/partitions.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "sabot/base/error.h"
#include "sabot/base/utf8.h"
#include "sabot/formats/glob.h"
#include "sabot/formats/text/text_value.h"
#include "sabot/types/identifier.h"

namespace sabot::internal {
namespace {

constexpr std::string_view kNullText = "__HIVE_DEFAULT_PARTITION__";

// Folders and name of a path; "//" and "/./" are "/".
std::vector<std::string_view> PartsOf(std::string_view path) {
  std::vector<std::string_view> parts;
  while (!path.empty()) {
    const size_t slash = std::min(path.find('/'), path.size());
    if (slash > 0 && path.substr(0, slash) != ".") parts.push_back(path.substr(0, slash));
    path.remove_prefix(std::min(slash + 1, path.size()));
  }
  return parts;
}

// "%41" is A; a percent sign that no two digits follow is itself.
std::string Unescaped(std::string_view text) {
  const auto digit = [](char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
  };
  std::string plain;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool is_escape =
        text[i] == '%' && i + 2 < text.size() && digit(text[i + 1]) >= 0 && digit(text[i + 2]) >= 0;
    plain.push_back(is_escape ? static_cast<char>(digit(text[i + 1]) * 16 + digit(text[i + 2]))
                              : text[i]);
    if (is_escape) i += 2;
  }
  return ToUtf8(plain);
}

// nullopt: the text is none of the type.
std::optional<TypedValue> Parse(const std::string& text, const Type& type,
                                const TextValueOptions& options = {}) {
  int64_t integer = 0;
  double floating = 0;
  int32_t days = 0;
  bool truth = false;
  Int128 unscaled = 0;
  switch (type.id()) {
    case TypeId::kString:
    case TypeId::kBinary:
      return TypedValue{type, text};
    case TypeId::kByte:
    case TypeId::kShort:
    case TypeId::kInt:
    case TypeId::kLong: {
      const int bits = type.id() == TypeId::kByte    ? 8
                       : type.id() == TypeId::kShort ? 16
                       : type.id() == TypeId::kInt   ? 32
                                                     : 64;
      if (!ParseInt64(text, &integer)) return std::nullopt;
      const int64_t above = integer >> (bits - 1);
      if (above != 0 && above != -1) return std::nullopt;
      return TypedValue{type, integer};
    }
    case TypeId::kDecimal:
      if (!ParseDecimal(text, type.precision(), type.scale(), &unscaled)) return std::nullopt;
      if (type.kind() == Kind::kI64) return TypedValue{type, static_cast<int64_t>(unscaled)};
      return TypedValue{type, unscaled};
    case TypeId::kFloat:
    case TypeId::kDouble:
      if (!ParseFloating(text, {}, &floating)) return std::nullopt;
      if (type.id() == TypeId::kFloat) floating = static_cast<float>(floating);
      return TypedValue{type, floating};
    case TypeId::kBoolean:
      if (!ParseBoolean(text, &truth)) return std::nullopt;
      return TypedValue{type, truth};
    case TypeId::kDate:
      if (!ParseDate(text, /*strict=*/true, &days)) return std::nullopt;
      return TypedValue{type, int64_t{days}};
    case TypeId::kTimestamp:
    case TypeId::kTimestampNtz:
      if (!ParseTimestamp(text, type.id(), options, &integer)) return std::nullopt;
      return TypedValue{type, integer};
    default:
      return std::nullopt;
  }
}

Type TypeOf(const std::string& text) {
  if (text == kNullText) return Type();
  for (const Type& type : {Type(TypeId::kInt), Type(TypeId::kLong)}) {
    if (Parse(text, type).has_value()) return type;
  }
  const size_t digits = text.size() - (text.starts_with('-') ? 1 : 0);
  const bool is_whole =
      digits > 0 && text.find_first_not_of("0123456789", text.size() - digits) == std::string::npos;
  if (is_whole && digits <= 38) return Type::Decimal(static_cast<int>(digits), 0);
  double number;
  if (ParseDouble(text, &number)) return Type(TypeId::kDouble);
  if (Parse(text, Type(TypeId::kDate)).has_value()) return Type(TypeId::kDate);
  return Type(TypeId::kString);
}

// The narrowest type that reads what either does.
Type Wider(const Type& left, const Type& right) {
  if (left.is_null() || left == right) return right;
  if (right.is_null()) return left;
  if (!left.is_numeric() || !right.is_numeric()) return Type(TypeId::kString);
  if (left.id() == TypeId::kDouble || right.id() == TypeId::kDouble) return Type(TypeId::kDouble);
  if (!left.is_decimal() && !right.is_decimal()) return Type(TypeId::kLong);
  // A BIGINT has 19 digits at most.
  return Type::Decimal(std::max({left.is_decimal() ? left.precision() : 20,
                                 right.is_decimal() ? right.precision() : 20}),
                       0);
}

/// Reads what the file has and fills in the rest.
class PartitionedReader final : public FileReader {
 public:
  PartitionedReader(std::unique_ptr<FileReader> reader, std::vector<int> columns,
                    std::shared_ptr<const PartitionedSchema> schema)
      : reader_(std::move(reader)), columns_(std::move(columns)), schema_(std::move(schema)) {}

  arrow::Result<bool> Next(BufferPool& pool, Batch* batch) override {
    Batch from_file;
    ARROW_ASSIGN_OR_RAISE(const bool has_rows, reader_->Next(pool, &from_file));
    counters_ = reader_->counters();
    if (!has_rows) return false;
    size_t next = 0;
    for (const int column : columns_) {
      const auto at = static_cast<size_t>(column);
      batch->columns().push_back(schema_->file_column[at] >= 0
                                     ? std::move(from_file.columns()[next++])
                                     : Vector::Constant(schema_->value[at], from_file.num_rows()));
    }
    batch->set_num_rows(from_file.num_rows());
    return true;
  }

 private:
  std::unique_ptr<FileReader> reader_;
  std::vector<int> columns_;
  std::shared_ptr<const PartitionedSchema> schema_;
};

class PartitionedFile final : public DataFile {
 public:
  PartitionedFile(std::shared_ptr<const DataFile> file, Schema table, PartitionedSchema schema)
      : file_(std::move(file)),
        table_(std::move(table)),
        schema_(std::make_shared<const PartitionedSchema>(std::move(schema))) {}

  const Schema& schema() const override { return table_; }
  arrow::Result<FileStatistics> Statistics() const override {
    ARROW_ASSIGN_OR_RAISE(FileStatistics statistics, file_->Statistics());
    if (statistics.columns.empty()) return statistics;
    std::vector<FileColumnStatistics> columns;
    for (size_t i = 0; i < table_.size(); ++i) {
      const int column = schema_->file_column[i];
      const TypedValue& value = schema_->value[i];
      columns.push_back(column >= 0 ? std::move(statistics.columns[static_cast<size_t>(column)])
                                    : FileColumnStatistics{
                                          .min = value,
                                          .max = value,
                                          .null_count = value.is_null() ? statistics.num_rows : 0});
    }
    statistics.columns = std::move(columns);
    return statistics;
  }
  std::vector<FileMorsel> Morsels() const override { return file_->Morsels(); }
  arrow::Result<std::unique_ptr<FileReader>> MakeReader(const FileMorsel& morsel,
                                                        const ReadRequest& request) const override {
    ARROW_RETURN_NOT_OK(CheckRequest(request, table_));
    ReadRequest of_file{.batch_size = request.batch_size};
    const auto file_column = [&](int column) {
      return schema_->file_column[static_cast<size_t>(column)];
    };
    for (const int column : request.columns) {
      if (file_column(column) >= 0) of_file.columns.push_back(file_column(column));
    }
    for (ColumnBound bound : request.bounds) {
      bound.column = file_column(bound.column);
      if (bound.column >= 0) of_file.bounds.push_back(std::move(bound));
    }
    ARROW_ASSIGN_OR_RAISE(auto reader, file_->MakeReader(morsel, of_file));
    return std::make_unique<PartitionedReader>(std::move(reader), request.columns, schema_);
  }

 private:
  const std::shared_ptr<const DataFile> file_;
  const Schema table_;
  const std::shared_ptr<const PartitionedSchema> schema_;
};

}  // namespace

std::string BaseOf(const std::string& given, const std::string& path) {
  const size_t depth = PartsOf(WithoutFileScheme(given)).size();
  const std::vector<std::string_view> parts = PartsOf(path);
  if (depth >= parts.size()) return "";
  std::string base = path.starts_with('/') ? "/" : "";
  for (size_t i = 0; i < depth; ++i) base.append(i == 0 ? "" : "/").append(parts[i]);
  return base.empty() ? "." : base;
}

bool IsBelow(const std::string& base, const std::string& path) {
  const std::vector<std::string_view> folders = PartsOf(base);
  const std::vector<std::string_view> parts = PartsOf(path);
  return parts.size() > folders.size() && std::equal(folders.begin(), folders.end(), parts.begin());
}

std::vector<FolderValue> FolderValues(const std::string& base, const std::string& path) {
  const std::vector<std::string_view> base_parts = PartsOf(base);
  const std::vector<std::string_view> parts = PartsOf(path);
  std::vector<FolderValue> values;
  if (base.empty() || !IsBelow(base, path)) return values;
  for (size_t i = base_parts.size(); i + 1 < parts.size(); ++i) {
    const size_t equals = parts[i].find('=');
    if (equals == parts[i].npos || equals == 0 || equals + 1 == parts[i].size()) continue;
    values.push_back(
        {Unescaped(parts[i].substr(0, equals)), Unescaped(parts[i].substr(equals + 1))});
  }
  return values;
}

arrow::Result<std::vector<TypeField>> InferPartitions(const std::string& base,
                                                      std::span<const std::string> paths) {
  std::vector<TypeField> columns;
  bool is_first = true;
  for (const std::string& path : paths) {
    const std::vector<FolderValue> values = FolderValues(base, path);
    if (is_first) {
      for (const FolderValue& value : values) columns.push_back({value.column, Type(), true});
      is_first = false;
    }
    const bool agrees =
        std::ranges::equal(columns, values, [](const TypeField& column, const FolderValue& value) {
          return EqualsIgnoreCase(column.name, value.column);
        });
    if (!agrees) {
      const auto names = [](const std::string& file, const std::vector<std::string>& list) {
        return fmt::format("{} has [{}]", file, fmt::join(list, ", "));
      };
      std::vector<std::string> first, other;
      for (const TypeField& column : columns) first.push_back(column.name);
      for (const FolderValue& value : values) other.push_back(value.column);
      return MakeError(
          "CONFLICTING_PARTITION_COLUMN_NAMES",
          {{"distinctPartColLists", names(paths.front(), first) + ", " + names(path, other)}});
    }
    for (size_t i = 0; i < values.size(); ++i) {
      columns[i].type = Wider(columns[i].type, TypeOf(values[i].text));
    }
  }
  for (TypeField& column : columns) {
    if (column.type.is_null()) column.type = Type(TypeId::kString);
  }
  return columns;
}

arrow::Result<PartitionedSchema> MatchPartitions(const Schema& table, const std::string& base,
                                                 const std::string& path,
                                                 const FileOptions& options) {
  const TextValueOptions of_text{.wall_clock_to_utc = options.wall_clock_to_utc};
  const std::vector<FolderValue> values = FolderValues(base, path);
  PartitionedSchema schema;
  for (const TypeField& column : table.columns) {
    const auto found = std::ranges::find_if(values, [&](const FolderValue& value) {
      return EqualsIgnoreCase(value.column, column.name);
    });
    schema.value.emplace_back();
    if (found == values.end()) {
      schema.file_column.push_back(static_cast<int>(schema.of_file.size()));
      schema.of_file.columns.push_back(column);
      continue;
    }
    schema.file_column.push_back(-1);
    if (found->text == kNullText) {
      schema.value.back() = TypedValue::Null(column.type);
      continue;
    }
    std::optional<TypedValue> value = Parse(found->text, column.type, of_text);
    if (!value.has_value()) {
      return MakeError("CAST_INVALID_INPUT",
                       {{"expression", fmt::format("'{}' of the folder {}={}", found->text,
                                                   found->column, found->text)},
                        {"sourceType", "\"STRING\""},
                        {"targetType", "\"" + column.type.ToSql() + "\""}});
    }
    schema.value.back() = *std::move(value);
  }
  return schema;
}

bool MayMatchFolders(const PartitionedSchema& schema, std::span<const ColumnBound> bounds) {
  return std::ranges::all_of(bounds, [&](const ColumnBound& bound) {
    const auto column = static_cast<size_t>(bound.column);
    if (column >= schema.value.size() || schema.file_column[column] >= 0) return true;
    const TypedValue& value = schema.value[column];
    if (bound.comparison == Comparison::kIsNull) return value.is_null();
    if (bound.comparison == Comparison::kIsNotNull) return !value.is_null();
    return !value.is_null() && MayMatch(bound, value, value);
  });
}

std::shared_ptr<const DataFile> WithPartitions(std::shared_ptr<const DataFile> file, Schema table,
                                               PartitionedSchema schema) {
  return std::make_shared<const PartitionedFile>(std::move(file), std::move(table),
                                                 std::move(schema));
}

}  // namespace sabot::internal
