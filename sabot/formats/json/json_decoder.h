#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "arrow/result.h"

#include "sabot/formats/text/text_value.h"
#include "sabot/types/schema.h"
#include "sabot/vector/batch.h"

namespace sabot {

/// Can all of the schema be read from JSON? Errors: UNSUPPORTED_DATATYPE.
arrow::Status CheckJsonSchema(const Schema& schema);

/// Decodes JSON objects, one a message or line, into batches of a schema. Keys are matched by name,
/// exactly; a missing key is NULL, an unknown one is skipped, and of a repeated key the last
/// counts. One thread.
///
///   JsonDecoder decoder(schema, BadRecordMode::kFailFast);
///   for (message : messages) ARROW_RETURN_NOT_OK(decoder.Append(message, "topic, offset 7"));
///   ARROW_ASSIGN_OR_RAISE(Batch batch, decoder.Finish(pool));
class JsonDecoder {
 public:
  /// schema: checked by CheckJsonSchema. mode: of records that cannot be read. corrupt_column:
  /// position of a STRING column that takes the text of such a record, -1 none.
  JsonDecoder(Schema schema, BadRecordMode mode, int corrupt_column = -1,
              TextValueOptions options = {});
  ~JsonDecoder();
  JsonDecoder(JsonDecoder&&) noexcept;
  JsonDecoder& operator=(JsonDecoder&&) noexcept;

  /// Read one object. source: where it comes from, for errors. False: the record was dropped. At
  /// most kVectorSize between two Finish calls. Errors: BAD_RECORD in kFailFast.
  arrow::Result<bool> Append(std::string_view text, std::string_view source);
  /// The same of a text that may also be a list of objects, each of which is a row. Of a long list
  /// rows stay behind once there are max_rows: AppendRest goes on.
  arrow::Status AppendLines(std::string_view text, std::string_view source, int32_t max_rows);
  bool has_rest() const;
  arrow::Status AppendRest(std::string_view source, int32_t max_rows);
  int32_t num_rows() const;
  /// Records so far that could not be read, dropped or kept.
  int64_t num_bad_records() const;
  /// The appended records as a batch; the decoder starts anew. Strings are copies: the messages may
  /// go.
  arrow::Result<Batch> Finish(BufferPool& pool);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

/// Folds JSON objects into the schema that reads them all: integers are BIGINT, others DOUBLE,
/// objects STRUCT, lists ARRAY, and what does not agree STRING; keys in alphabetical order, as
/// Spark infers.
class JsonSchemaInference {
 public:
  /// primitives_as_string: every value that is no object or list is STRING.
  explicit JsonSchemaInference(bool primitives_as_string = false);
  ~JsonSchemaInference();
  /// An object, or a list of them. False: the text is another, and what of it is no object counts
  /// for nothing.
  bool Add(std::string_view text);
  /// Columns that were only ever NULL are STRING.
  Schema Finish() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sabot
