#include "sabot/server/arrow_stream.h"

#include <fmt/format.h>

#include "arrow/array.h"
#include "arrow/buffer.h"
#include "arrow/io/memory.h"
#include "arrow/ipc/reader.h"
#include "arrow/ipc/writer.h"
#include "arrow/record_batch.h"
#include "arrow/type.h"

#include "sabot/base/error.h"

namespace sabot::server {
namespace {

using ArrowType = std::shared_ptr<arrow::DataType>;

/// The type with every zoned timestamp in the given zone.
ArrowType InZone(const ArrowType& type, const std::string& zone) {
  const auto field_in_zone = [&](const std::shared_ptr<arrow::Field>& field) {
    return field->WithType(InZone(field->type(), zone));
  };
  switch (type->id()) {
    case arrow::Type::TIMESTAMP: {
      const auto& timestamp = static_cast<const arrow::TimestampType&>(*type);
      return timestamp.timezone().empty() ? type : arrow::timestamp(timestamp.unit(), zone);
    }
    case arrow::Type::LIST:
      return arrow::list(field_in_zone(type->field(0)));
    case arrow::Type::STRUCT: {
      arrow::FieldVector fields;
      for (const auto& field : type->fields()) fields.push_back(field_in_zone(field));
      return arrow::struct_(fields);
    }
    case arrow::Type::MAP: {
      const auto& map = static_cast<const arrow::MapType&>(*type);
      return std::make_shared<arrow::MapType>(field_in_zone(map.key_field()),
                                              field_in_zone(map.item_field()));
    }
    default:
      return type;
  }
}

/// The same buffers under another type of the same layout.
std::shared_ptr<arrow::ArrayData> WithType(const arrow::ArrayData& data, const ArrowType& type) {
  auto typed = std::make_shared<arrow::ArrayData>(data);
  typed->type = type;
  for (size_t i = 0; i < typed->child_data.size(); ++i) {
    typed->child_data[i] =
        WithType(*typed->child_data[i], type->field(static_cast<int>(i))->type());
  }
  return typed;
}

arrow::Result<std::shared_ptr<arrow::RecordBatch>> WithSchema(
    const arrow::RecordBatch& batch, const std::shared_ptr<arrow::Schema>& schema) {
  std::vector<std::shared_ptr<arrow::Array>> columns;
  for (int i = 0; i < batch.num_columns(); ++i) {
    const auto& column = batch.column(i);
    const ArrowType& type = schema->field(i)->type();
    columns.push_back(
        column->type()->Equals(type) ? column : arrow::MakeArray(WithType(*column->data(), type)));
  }
  return arrow::RecordBatch::Make(schema, batch.num_rows(), std::move(columns));
}

arrow::Status Malformed(const arrow::Status& status) {
  if (GetErrorDetail(status) != nullptr) return status;
  return MakeError("MALFORMED_FILE", {{"path", "the body of createDataFrame"},
                                      {"format", "Arrow"},
                                      {"message", status.message()}});
}

/// Names and nullability of `declared` over the types that came.
arrow::Result<std::shared_ptr<arrow::Schema>> Renamed(const arrow::Schema& schema,
                                                      const Schema& declared) {
  if (schema.num_fields() != static_cast<int>(declared.size())) {
    return MakeError("SCHEMA_MISMATCH",
                     {{"source", "createDataFrame"},
                      {"message", fmt::format("{} columns came, {} are declared",
                                              schema.num_fields(), declared.size())}});
  }
  arrow::FieldVector fields;
  for (int i = 0; i < schema.num_fields(); ++i) {
    const TypeField& column = declared.columns[static_cast<size_t>(i)];
    fields.push_back(arrow::field(column.name, schema.field(i)->type(), column.nullable));
  }
  return arrow::schema(std::move(fields));
}

}  // namespace

arrow::Result<std::string> WriteStream(
    const Schema& schema, const std::vector<std::shared_ptr<arrow::RecordBatch>>& batches,
    const std::string& time_zone) {
  ARROW_ASSIGN_OR_RAISE(const auto plain, ToArrow(schema));
  arrow::FieldVector fields;
  for (const auto& field : plain->fields()) {
    fields.push_back(field->WithType(InZone(field->type(), time_zone)));
  }
  const auto zoned = arrow::schema(std::move(fields));
  ARROW_ASSIGN_OR_RAISE(const auto sink, arrow::io::BufferOutputStream::Create());
  ARROW_ASSIGN_OR_RAISE(const auto writer, arrow::ipc::MakeStreamWriter(sink, zoned));
  std::shared_ptr<arrow::RecordBatch> all = batches[0];
  if (batches.size() > 1) {
    ARROW_ASSIGN_OR_RAISE(all, arrow::ConcatenateRecordBatches(batches));
  }
  ARROW_ASSIGN_OR_RAISE(all, WithSchema(*all, zoned));
  ARROW_RETURN_NOT_OK(writer->WriteRecordBatch(*all));
  ARROW_RETURN_NOT_OK(writer->Close());
  ARROW_ASSIGN_OR_RAISE(const auto buffer, sink->Finish());
  return buffer->ToString();
}

arrow::Result<std::shared_ptr<arrow::RecordBatchReader>> ReadStreams(
    const std::vector<std::string_view>& streams, const std::optional<Schema>& declared) {
  std::vector<std::shared_ptr<arrow::RecordBatch>> batches;
  std::shared_ptr<arrow::Schema> schema;
  for (const std::string_view stream : streams) {
    // The table lives on in the session; its buffers point into this copy.
    const auto bytes = arrow::Buffer::FromString(std::string(stream));
    auto reader =
        arrow::ipc::RecordBatchStreamReader::Open(std::make_shared<arrow::io::BufferReader>(bytes));
    if (!reader.ok()) return Malformed(reader.status());
    if (schema == nullptr) {
      schema = (*reader)->schema();
      if (declared.has_value()) {
        ARROW_ASSIGN_OR_RAISE(schema, Renamed(*schema, *declared));
      }
    }
    while (true) {
      auto next = (*reader)->Next();
      if (!next.ok()) return Malformed(next.status());
      if (*next == nullptr) break;
      // Sizes of buffers, before anything is read of them; the values are checked on registration.
      const arrow::Status valid = (*next)->Validate();
      if (!valid.ok()) return Malformed(valid);
      if ((*next)->num_columns() != schema->num_fields()) {
        return Malformed(arrow::Status::Invalid("its parts differ in columns"));
      }
      for (int i = 0; i < schema->num_fields(); ++i) {
        if (!(*next)->column(i)->type()->Equals(schema->field(i)->type())) {
          return Malformed(arrow::Status::Invalid("its parts differ in types"));
        }
        if (schema->field(i)->nullable() || (*next)->column(i)->null_count() == 0) continue;
        return MakeError("SCHEMA_MISMATCH",
                         {{"source", "createDataFrame"},
                          {"message", fmt::format("`{}` is declared NOT NULL and has a null",
                                                  schema->field(i)->name())}});
      }
      batches.push_back(arrow::RecordBatch::Make(schema, (*next)->num_rows(), (*next)->columns()));
    }
  }
  if (schema == nullptr) {
    if (!declared.has_value()) return Malformed(arrow::Status::Invalid("it is empty"));
    ARROW_ASSIGN_OR_RAISE(schema, ToArrow(*declared));
  }
  return arrow::RecordBatchReader::Make(std::move(batches), schema);
}

}  // namespace sabot::server
