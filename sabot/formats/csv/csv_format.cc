#include "sabot/base/error.h"
#include "sabot/formats/csv/csv_options.h"
#include "sabot/formats/csv/record_splitter.h"
#include "sabot/formats/text/column_parser.h"
#include "sabot/formats/text/line_reader.h"
#include "sabot/types/identifier.h"

namespace sabot {
namespace {

constexpr int64_t kMorselBytes = 4 * 1024 * 1024;

struct OpenFile {
  std::shared_ptr<const TextFile> text;
  Schema schema;
  CsvOptions options;
  int corrupt_column = -1;    // of the schema
  std::vector<int> value_of;  // position of a schema column's value in a record, -1 none
  int num_values = 0;         // of a record
};

class CsvReader final : public FileReader {
 public:
  CsvReader(std::shared_ptr<const OpenFile> file, const FileMorsel& morsel, ReadRequest request)
      : file_(std::move(file)),
        request_(std::move(request)),
        lines_(file_->text, morsel.begin, morsel.end),
        splitter_(file_->options),
        is_at_start_(morsel.begin == 0),
        slots_(static_cast<size_t>(file_->num_values), -1) {
    for (int column : request_.columns) {
      const int value = file_->value_of[static_cast<size_t>(column)];
      if (value >= 0 && slots_[static_cast<size_t>(value)] < 0) {
        slots_[static_cast<size_t>(value)] = num_slots_++;
      }
    }
    request_.batch_size = std::min(request_.batch_size, kVectorSize);
    fields_.resize(static_cast<size_t>(num_slots_) * static_cast<size_t>(request_.batch_size));
  }

  arrow::Result<bool> Next(BufferPool& pool, Batch* batch) override {
    while (true) {
      if (!has_block_) {
        ARROW_ASSIGN_OR_RAISE(block_,
                              file_->options.multi_line ? lines_.Rest() : lines_.NextBlock());
        counters_.bytes_read = lines_.bytes_read();
        if (block_ == nullptr) return false;
        has_block_ = true;
        splitter_.SetText(
            {reinterpret_cast<const char*>(block_->data()), static_cast<size_t>(block_->size())});
      }
      ARROW_ASSIGN_OR_RAISE(const int32_t count, SplitRecords());
      if (count == 0) {
        has_block_ = false;
        continue;
      }
      ARROW_RETURN_NOT_OK(MakeBatch(count, pool, batch));
      if (batch->num_rows() > 0) return true;
      batch->Clear();  // all were dropped
    }
  }

 private:
  // Up to batch_size records of the block into fields_.
  arrow::Result<int32_t> SplitRecords() {
    // Fields with escapes live in a piece of memory that goes along with the batch.
    splitter_.Reset();
    records_.clear();
    problems_.clear();
    int32_t count = 0;
    while (count < request_.batch_size && splitter_.NextRecord()) {
      if (is_at_start_) {
        is_at_start_ = false;
        if (file_->options.header) {
          if (file_->options.multi_line) splitter_.SplitAll(&header_);
          continue;
        }
      }
      // With no column asked for, records are only counted, as Spark does.
      const bool is_counted = request_.columns.empty() && !file_->options.multi_line;
      const CsvProblem problem =
          is_counted ? CsvProblem::kNone
                     : splitter_.Split(slots_, fields_.data() + count, request_.batch_size);
      records_.push_back(splitter_.record());
      problems_.push_back(problem);
      if (problem != CsvProblem::kNone && file_->options.mode == BadRecordMode::kFailFast) {
        return ShapeError(count);
      }
      ++count;
    }
    return count;
  }

  arrow::Status MakeBatch(int32_t count, BufferPool& pool, Batch* batch) {
    bad_.assign(static_cast<size_t>(count), 0);
    for (int32_t row = 0; row < count; ++row) {
      bad_[static_cast<size_t>(row)] = problems_[static_cast<size_t>(row)] != CsvProblem::kNone;
    }
    arrow::Status first_error;
    StringWriter strings(pool);
    bool has_copies = false;
    for (int column : request_.columns) {
      const Type& type = file_->schema.columns[static_cast<size_t>(column)].type;
      const int value = file_->value_of[static_cast<size_t>(column)];
      if (value < 0) {
        batch->columns().emplace_back();  // the corrupt record: once all others were read
        continue;
      }
      const CsvField* fields =
          fields_.data() + int64_t{slots_[static_cast<size_t>(value)]} * request_.batch_size;
      const bool is_text = type.kind() == Kind::kView16;
      Vector vector = ParseColumn(
          type, count, file_->options.values, pool,
          [&](int32_t row) -> std::optional<std::string_view> {
            const CsvField& field = fields[row];
            if (field.is_missing || IsNullText(field)) return std::nullopt;
            if (!is_text || IsInBlock(field)) return field.view();
            has_copies = true;
            return Copy(strings, field);
          },
          [&](int32_t row) {
            bad_[static_cast<size_t>(row)] = 1;
            if (first_error.ok() && file_->options.mode == BadRecordMode::kFailFast) {
              first_error = ValueError(row, fields[row], column);
            }
          });
      if (is_text) vector.AddHeap(block_);
      batch->columns().push_back(std::move(vector));
    }
    ARROW_RETURN_NOT_OK(first_error);
    if (has_copies) AttachCopies(&strings, pool, batch);
    batch->set_num_rows(count);
    FillCorruptRecords(count, pool, batch);
    DropBadRecords(pool, batch);
    counters_.rows_read += batch->num_rows();
    return arrow::Status::OK();
  }

  bool IsNullText(const CsvField& field) const {
    if (field.length == 0 && !field.is_quoted) return true;
    return field.view() == file_->options.null_value;
  }
  bool IsInBlock(const CsvField& field) const {
    const auto* data = reinterpret_cast<const uint8_t*>(field.data);
    return data >= block_->data() && data <= block_->data() + block_->size();
  }
  static std::string_view Copy(StringWriter& strings, const CsvField& field) {
    if (field.length <= StringView::kInlineSize) return field.view();
    char* target = strings.Reserve(field.length);
    std::memcpy(target, field.data, field.length);
    return {target, field.length};
  }
  static void AttachCopies(StringWriter* strings, BufferPool& pool, Batch* batch) {
    Vector holder = Vector::Flat(Type(TypeId::kString), 0, pool);
    strings->AttachTo(&holder);
    for (Vector& column : batch->columns()) {
      if (column.kind() == Kind::kView16) column.AddHeapsOf(holder);
    }
  }

  void FillCorruptRecords(int32_t count, BufferPool& pool, Batch* batch) {
    for (size_t i = 0; i < request_.columns.size(); ++i) {
      if (file_->value_of[static_cast<size_t>(request_.columns[i])] >= 0) continue;
      Vector vector = ParseColumn(
          Type(TypeId::kString), count, file_->options.values, pool,
          [&](int32_t row) -> std::optional<std::string_view> {
            if (bad_[static_cast<size_t>(row)] == 0) return std::nullopt;
            return records_[static_cast<size_t>(row)];
          },
          [](int32_t) {});
      vector.AddHeap(block_);
      batch->columns()[i] = std::move(vector);
    }
  }

  void DropBadRecords(BufferPool& pool, Batch* batch) {
    std::vector<uint16_t> good;
    for (size_t row = 0; row < bad_.size(); ++row) {
      if (bad_[row] == 0) good.push_back(static_cast<uint16_t>(row));
    }
    counters_.bad_records += static_cast<int64_t>(bad_.size() - good.size());
    if (good.size() == bad_.size() || file_->options.mode != BadRecordMode::kDropMalformed) return;
    const Rows rows{good.data(), static_cast<int32_t>(good.size())};
    for (Vector& column : batch->columns()) column = column.Gather(rows, pool);
    batch->set_num_rows(rows.count);
  }

  arrow::Status ShapeError(int32_t row) {
    std::string message = "a quote is never closed";
    if (problems_[static_cast<size_t>(row)] != CsvProblem::kOpenQuote) {
      const bool is_short = problems_[static_cast<size_t>(row)] == CsvProblem::kTooFewFields;
      message = std::string(is_short ? "fewer" : "more") + " values than the " +
                std::to_string(file_->num_values) + " columns";
    }
    return RecordError(records_[static_cast<size_t>(row)].data(), message);
  }
  arrow::Status ValueError(int32_t row, const CsvField& field, int column) {
    const TypeField& type = file_->schema.columns[static_cast<size_t>(column)];
    const char* at = IsInBlock(field) ? field.data : records_[static_cast<size_t>(row)].data();
    return RecordError(at, "'" + std::string(field.view().substr(0, 100)) + "' is no " +
                               type.type.ToSql() + " for column " + QuoteIfNeeded(type.name));
  }
  // file:line:column of a byte of the block.
  arrow::Status RecordError(const char* at, std::string message) {
    const char* begin = reinterpret_cast<const char*>(block_->data());
    const char* line = at;
    while (line > begin && line[-1] != '\n' && line[-1] != '\r') --line;
    ARROW_ASSIGN_OR_RAISE(const int64_t number,
                          lines_.LineNumberAfter({begin, static_cast<size_t>(at - begin)}));
    return MakeError("BAD_RECORD", {{"source", file_->text->path()},
                                    {"position", "line " + std::to_string(number) + ", column " +
                                                     std::to_string(at - line + 1)},
                                    {"message", std::move(message)}});
  }

  std::shared_ptr<const OpenFile> file_;
  ReadRequest request_;
  LineReader lines_;
  RecordSplitter splitter_;
  bool is_at_start_;
  std::vector<int> slots_;  // of a record's values; -1: not asked for
  int num_slots_ = 0;
  bool has_block_ = false;
  BufferPtr block_;
  std::vector<CsvField> fields_;  // slot by slot, batch_size each
  std::vector<CsvField> header_;
  std::vector<std::string_view> records_;
  std::vector<CsvProblem> problems_;
  std::vector<uint8_t> bad_;
};

class CsvFile final : public DataFile {
 public:
  explicit CsvFile(std::shared_ptr<const OpenFile> file) : file_(std::move(file)) {}
  const Schema& schema() const override { return file_->schema; }
  arrow::Result<FileStatistics> Statistics() const override {
    return FileStatistics{.size_bytes = file_->text->size_bytes()};
  }
  std::vector<FileMorsel> Morsels() const override {
    return file_->text->Morsels(kMorselBytes, !file_->options.multi_line);
  }
  arrow::Result<std::unique_ptr<FileReader>> MakeReader(const FileMorsel& morsel,
                                                        const ReadRequest& request) const override {
    ARROW_RETURN_NOT_OK(CheckRequest(request, file_->schema));
    return std::make_unique<CsvReader>(file_, morsel, request);
  }

 private:
  std::shared_ptr<const OpenFile> file_;
};

// The header's names are the schema's, one by one and without regard to case. A file without rows
// has no header.
arrow::Status CheckHeader(Files& files, const OpenFile& file) {
  CsvOptions options = file.options;
  options.infer_schema = false;
  const std::string& path = file.text->path();
  const auto header = InferCsvSchema(files, {&path, 1}, options);
  const ErrorDetail* detail = header.ok() ? nullptr : GetErrorDetail(header.status());
  if (detail != nullptr && detail->error_class().name == "CANNOT_INFER_SCHEMA") {
    return arrow::Status::OK();
  }
  ARROW_RETURN_NOT_OK(header);
  const auto mismatch = [&](std::string message) {
    return MakeError("SCHEMA_MISMATCH", {{"source", path}, {"message", std::move(message)}});
  };
  if (header->size() != static_cast<size_t>(file.num_values)) {
    return mismatch("its header has " + std::to_string(header->size()) + " columns, not " +
                    std::to_string(file.num_values));
  }
  for (size_t i = 0; i < file.schema.size(); ++i) {
    if (file.value_of[i] < 0) continue;
    const std::string& found = header->columns[static_cast<size_t>(file.value_of[i])].name;
    if (EqualsIgnoreCase(found, file.schema.columns[i].name)) continue;
    return mismatch("its header has " + QuoteIfNeeded(found) + " where " +
                    QuoteIfNeeded(file.schema.columns[i].name) + " is expected");
  }
  return arrow::Status::OK();
}

class Csv final : public FileFormat {
 public:
  std::string_view name() const override { return "csv"; }
  arrow::Status CheckOptions(const FileOptions& options) const override {
    return ReadCsvOptions(options).status();
  }
  arrow::Result<Schema> InferSchema(Files& files, std::span<const std::string> paths,
                                    const FileOptions& options) const override {
    ARROW_ASSIGN_OR_RAISE(const CsvOptions csv, ReadCsvOptions(options));
    return InferCsvSchema(files, paths, csv);
  }
  arrow::Result<std::shared_ptr<const DataFile>> Open(Files& files, const std::string& path,
                                                      const Schema& schema,
                                                      const FileOptions& options) const override {
    auto file = std::make_shared<OpenFile>();
    ARROW_ASSIGN_OR_RAISE(file->options, ReadCsvOptions(options));
    ARROW_ASSIGN_OR_RAISE(file->text, TextFile::Open(files, path));
    file->schema = schema;
    for (const TypeField& column : schema.columns) {
      ARROW_RETURN_NOT_OK(CheckTextType(column, "CSV"));
      const bool is_corrupt =
          column.type.is_string() && EqualsIgnoreCase(column.name, file->options.corrupt_column);
      file->value_of.push_back(is_corrupt ? -1 : file->num_values++);
    }
    if (file->options.header && !file->options.enforce_schema) {
      ARROW_RETURN_NOT_OK(CheckHeader(files, *file));
    }
    return std::make_shared<const CsvFile>(std::move(file));
  }
  arrow::Result<std::unique_ptr<FileWriter>> MakeWriter(std::unique_ptr<WritableFile> file,
                                                        const Schema& schema,
                                                        const FileOptions& options) const override {
    ARROW_ASSIGN_OR_RAISE(const CsvOptions csv, ReadCsvOptions(options));
    return MakeCsvWriter(std::move(file), schema, csv);
  }
};

}  // namespace

const FileFormat& CsvFormat() {
  static const Csv format;
  return format;
}

}  // namespace sabot
