#include "parquet/metadata.h"

#include <new>

#include "arrow/io/interfaces.h"
#include "arrow/type.h"
#include "parquet/arrow/reader.h"
#include "parquet/arrow/schema.h"
#include "parquet/exception.h"
#include "parquet/file_reader.h"
#include "parquet/properties.h"
#include "parquet/schema.h"

#include "sabot/base/error.h"
#include "sabot/formats/arrow_files.h"
#include "sabot/formats/parquet/parquet_file.h"
#include "sabot/types/identifier.h"

namespace sabot::parquet_internal {
namespace {

LeafForm FormOfTime(const parquet::ColumnDescriptor& column) {
  if (column.physical_type() == parquet::Type::INT96) return LeafForm::kI96;
  const auto& logical = column.logical_type();
  if (column.physical_type() != parquet::Type::INT64 || logical == nullptr ||
      !logical->is_timestamp()) {
    return LeafForm::kNone;
  }
  switch (static_cast<const parquet::TimestampLogicalType&>(*logical).time_unit()) {
    case parquet::LogicalType::TimeUnit::MILLIS:
      return LeafForm::kI64Thousand;
    case parquet::LogicalType::TimeUnit::MICROS:
      return LeafForm::kI64;
    case parquet::LogicalType::TimeUnit::NANOS:
      return LeafForm::kI64PerThousand;
    default:
      return LeafForm::kNone;
  }
}

LeafForm FormOfDuration(arrow::TimeUnit::type unit) {
  switch (unit) {
    case arrow::TimeUnit::SECOND:
      return LeafForm::kI64Million;
    case arrow::TimeUnit::MILLI:
      return LeafForm::kI64Thousand;
    case arrow::TimeUnit::NANO:
      return LeafForm::kI64PerThousand;
    default:
      return LeafForm::kI64;
  }
}

LeafForm FormOfDecimal(const parquet::ColumnDescriptor& column, Kind kind) {
  const bool is_wide = kind == Kind::kI128;
  switch (column.physical_type()) {
    case parquet::Type::INT32:
      return is_wide ? LeafForm::kI32ToI128 : LeafForm::kI32ToI64;
    case parquet::Type::INT64:
      return is_wide ? LeafForm::kI64ToI128 : LeafForm::kI64;
    case parquet::Type::FIXED_LEN_BYTE_ARRAY:
      if (column.type_length() < 1 || column.type_length() > 16) return LeafForm::kNone;
      return is_wide ? LeafForm::kFixedToI128 : LeafForm::kFixedToI64;
    default:
      return LeafForm::kNone;
  }
}

// type: what Arrow calls the column, after the schema that its writer may have stored.
LeafForm FormOf(const parquet::ColumnDescriptor& column, const arrow::DataType& type, Kind kind) {
  const parquet::Type::type stored = column.physical_type();
  const auto if_stored = [&](parquet::Type::type expected, LeafForm form) {
    return stored == expected ? form : LeafForm::kNone;
  };
  switch (type.id()) {
    case arrow::Type::BOOL:
      return if_stored(parquet::Type::BOOLEAN, LeafForm::kBoolean);
    case arrow::Type::INT8:
      return if_stored(parquet::Type::INT32, LeafForm::kI32ToI8);
    case arrow::Type::UINT8:
    case arrow::Type::INT16:
      return if_stored(parquet::Type::INT32, LeafForm::kI32ToI16);
    case arrow::Type::UINT16:
    case arrow::Type::INT32:
    case arrow::Type::DATE32:
    case arrow::Type::DATE64:
      return if_stored(parquet::Type::INT32, LeafForm::kI32);
    case arrow::Type::UINT32:
      if (stored == parquet::Type::INT32) return LeafForm::kU32ToI64;
      return if_stored(parquet::Type::INT64, LeafForm::kI64);
    case arrow::Type::INT64:
      return if_stored(parquet::Type::INT64, LeafForm::kI64);
    case arrow::Type::UINT64:
      return if_stored(parquet::Type::INT64, LeafForm::kU64ToI128);
    case arrow::Type::FLOAT:
      return if_stored(parquet::Type::FLOAT, LeafForm::kF32);
    case arrow::Type::DOUBLE:
      return if_stored(parquet::Type::DOUBLE, LeafForm::kF64);
    case arrow::Type::DECIMAL32:
    case arrow::Type::DECIMAL64:
    case arrow::Type::DECIMAL128:
    case arrow::Type::DECIMAL256:
      return FormOfDecimal(column, kind);
    case arrow::Type::TIMESTAMP:
      return FormOfTime(column);
    case arrow::Type::DURATION:
      return if_stored(parquet::Type::INT64,
                       FormOfDuration(static_cast<const arrow::DurationType&>(type).unit()));
    case arrow::Type::STRING:
    case arrow::Type::LARGE_STRING:
    case arrow::Type::STRING_VIEW:
    case arrow::Type::BINARY:
    case arrow::Type::LARGE_BINARY:
    case arrow::Type::BINARY_VIEW:
      return if_stored(parquet::Type::BYTE_ARRAY, LeafForm::kBytes);
    case arrow::Type::FIXED_SIZE_BINARY:
      return column.type_length() > 0
                 ? if_stored(parquet::Type::FIXED_LEN_BYTE_ARRAY, LeafForm::kFixedBytes)
                 : LeafForm::kNone;
    case arrow::Type::DICTIONARY:
      return FormOf(column, *static_cast<const arrow::DictionaryType&>(type).value_type(), kind);
    default:
      return LeafForm::kNone;
  }
}

void CollectLeaves(const parquet::arrow::SchemaField& field, std::vector<int>* leaves) {
  if (field.is_leaf()) leaves->push_back(field.column_index);
  for (const auto& child : field.children) CollectLeaves(child, leaves);
}

// Names and types of nested fields; whether they may be NULL is a promise, not a layout.
bool HasSameLayout(const Type& left, const Type& right) {
  const auto is_bytes = [](const Type& type) {
    return type.is_string() || type.id() == TypeId::kBinary;
  };
  // Old writers do not mark text as such; the bytes are the same.
  if (is_bytes(left) && is_bytes(right)) return true;
  if (!left.is_nested()) return left == right;
  if (left.id() != right.id() || left.fields().size() != right.fields().size()) return false;
  for (size_t i = 0; i < left.fields().size(); ++i) {
    const TypeField& a = left.fields()[i];
    const TypeField& b = right.fields()[i];
    if (left.id() == TypeId::kStruct && !EqualsIgnoreCase(a.name, b.name)) return false;
    if (!HasSameLayout(a.type, b.type)) return false;
  }
  return true;
}

bool IsImpalaTime(const parquet::FileMetaData& metadata, const parquet::arrow::SchemaField& field) {
  return field.is_leaf() && field.level_info.rep_level == 0 &&
         metadata.schema()->Column(field.column_index)->physical_type() == parquet::Type::INT96;
}

// Times of 96 bits are instants, though the file cannot say so.
arrow::Result<Type> TypeOf(const parquet::FileMetaData& metadata,
                           const parquet::arrow::SchemaField& field) {
  if (IsImpalaTime(metadata, field)) return Type(TypeId::kTimestamp);
  return FromArrow(*field.field->type());
}

}  // namespace

arrow::Status Guarded(const std::string& path, const std::function<arrow::Status()>& work) {
  arrow::Status status;
  try {
    status = work();
  } catch (const parquet::ParquetStatusException& error) {
    status = error.status();
  } catch (const std::bad_alloc&) {
    return MakeError("OUT_OF_MEMORY", {{"message", "reading " + path}});
  } catch (const std::exception& error) {
    status = arrow::Status::Invalid(error.what());
  }
  return FileReadError(status, "Parquet", path);
}

arrow::Result<std::shared_ptr<const ParquetMetadata>> ParquetMetadata::Read(
    Files& files, const std::string& path) {
  auto result = std::make_shared<ParquetMetadata>();
  result->path_ = path;
  ARROW_ASSIGN_OR_RAISE(result->file_, OpenForArrow(files, path));
  const auto reader = parquet::ParquetFileReader::Open(result->file_);
  result->metadata_ = reader->metadata();
  auto manifest = std::make_shared<parquet::arrow::SchemaManifest>();
  ARROW_RETURN_NOT_OK(parquet::arrow::SchemaManifest::Make(
      result->metadata_->schema(), result->metadata_->key_value_metadata(),
      parquet::default_arrow_reader_properties(), manifest.get()));
  for (int i = 0; i < result->metadata_->num_row_groups(); ++i) {
    const int64_t num_rows = result->metadata_->RowGroup(i)->num_rows();
    if (num_rows < 0) return arrow::Status::Invalid("a row group of negative length");
  }
  result->manifest_ = std::move(manifest);
  return result;
}

arrow::Result<Schema> ParquetMetadata::OwnSchema() const {
  Schema schema;
  for (const auto& field : manifest_->schema_fields) {
    ARROW_ASSIGN_OR_RAISE(Type type, TypeOf(*metadata_, field));
    schema.columns.push_back({field.field->name(), std::move(type), field.field->nullable()});
  }
  return schema;
}

arrow::Result<ColumnSource> ParquetMetadata::Locate(const TypeField& column) const {
  ColumnSource source;
  const auto& fields = manifest_->schema_fields;
  for (size_t i = 0; i < fields.size(); ++i) {
    if (!EqualsIgnoreCase(fields[i].field->name(), column.name)) continue;
    const bool is_exact = fields[i].field->name() == column.name;
    if (source.field < 0 || is_exact) source.field = static_cast<int>(i);
    if (is_exact) break;
  }
  if (source.field < 0) return source;
  const parquet::arrow::SchemaField& field = fields[static_cast<size_t>(source.field)];
  ARROW_ASSIGN_OR_RAISE(const Type type, TypeOf(*metadata_, field));
  if (!HasSameLayout(type, column.type)) {
    return MakeError("SCHEMA_MISMATCH",
                     {{"source", path_},
                      {"message", "column " + QuoteIfNeeded(column.name) + " is " + type.ToSql() +
                                      " there, not " + column.type.ToSql()}});
  }
  CollectLeaves(field, &source.leaves);
  source.leaf.type = column.type;
  if (field.is_leaf() && field.level_info.rep_level == 0 && field.level_info.def_level <= 1) {
    const parquet::ColumnDescriptor* descriptor = metadata_->schema()->Column(field.column_index);
    source.leaf_index = field.column_index;
    source.leaf.form = FormOf(*descriptor, *field.field->type(), column.type.kind());
    source.leaf.is_optional = field.level_info.def_level == 1;
    source.leaf.type_length = descriptor->type_length();
    source.leaf.descriptor = descriptor;
  }
  return source;
}

std::unique_ptr<parquet::ParquetFileReader> ParquetMetadata::OpenReader() const {
  return parquet::ParquetFileReader::Open(file_, parquet::default_reader_properties(), metadata_);
}

}  // namespace sabot::parquet_internal
