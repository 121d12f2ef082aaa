#include "sabot/base/error.h"
#include "sabot/formats/csv/csv_options.h"
#include "sabot/formats/json/json_decoder.h"
#include "sabot/formats/json/json_options.h"
#include "sabot/formats/options.h"
#include "sabot/formats/text/line_reader.h"
#include "sabot/types/identifier.h"

namespace sabot {

arrow::Result<JsonOptions> ReadJsonOptions(const FileOptions& options) {
  OptionReader reader("json", options);
  JsonOptions json;
  json.mode = ReadBadRecordMode(&reader);
  json.corrupt_column = reader.Text("columnNameOfCorruptRecord", json.corrupt_column);
  json.primitives_as_string = reader.Bool("primitivesAsString", json.primitives_as_string);
  json.ignore_null_fields = reader.Bool("ignoreNullFields", json.ignore_null_fields);
  json.values.positive_infinity = "INF";
  json.values.negative_infinity = "-INF";
  json.values.wall_clock_to_utc = options.wall_clock_to_utc;
  json.values.utc_to_wall_clock = options.utc_to_wall_clock;
  if (reader.Bool("multiLine", false)) {
    reader.RefuseUnsupported("multiLine", "one JSON object a line");
  }
  CheckTimeFormats(&reader);
  const std::string compression = reader.Text("compression", "none");
  if (compression != "none" && compression != "uncompressed" && !compression.empty()) {
    reader.RefuseUnsupported("compression", "files that end in .gz are read; write without");
  }
  ARROW_RETURN_NOT_OK(reader.Finish());
  return json;
}

namespace {

constexpr int64_t kMorselBytes = 4 * 1024 * 1024;
constexpr int64_t kSampleBytes = 32 * 1024 * 1024;

struct OpenFile {
  std::shared_ptr<const TextFile> text;
  Schema schema;
  JsonOptions options;
};

// The lines of a block, one by one, without blank ones.
class Lines {
 public:
  explicit Lines(const BufferPtr& block)
      : begin_(reinterpret_cast<const char*>(block->data())),
        rest_(begin_, static_cast<size_t>(block->size())) {}

  bool Next(std::string_view* line) {
    while (!rest_.empty()) {
      const size_t end = std::min(rest_.find('\n'), rest_.size());
      *line = rest_.substr(0, end);
      rest_.remove_prefix(std::min(end + 1, rest_.size()));
      if (line->find_first_not_of(" \t\r") != line->npos) return true;
    }
    return false;
  }
  std::string_view TextBefore(std::string_view line) const {
    return {begin_, static_cast<size_t>(line.data() - begin_)};
  }

 private:
  const char* begin_;
  std::string_view rest_;
};

class JsonReader final : public FileReader {
 public:
  JsonReader(std::shared_ptr<const OpenFile> file, const FileMorsel& morsel, ReadRequest request)
      : file_(std::move(file)),
        request_(std::move(request)),
        lines_(file_->text, morsel.begin, morsel.end),
        decoder_(MakeDecoder()) {
    request_.batch_size = std::min(request_.batch_size, kVectorSize);
  }

  arrow::Result<bool> Next(BufferPool& pool, Batch* batch) override {
    while (decoder_.num_rows() < request_.batch_size) {
      if (decoder_.has_rest()) {
        const auto appended = decoder_.AppendRest(file_->text->path(), request_.batch_size);
        if (!appended.ok()) return WithLine(appended, line_);
        continue;
      }
      if (block_ == nullptr || !block_lines_->Next(&line_)) {
        ARROW_ASSIGN_OR_RAISE(block_, lines_.NextBlock());
        counters_.bytes_read = lines_.bytes_read();
        if (block_ == nullptr) break;
        block_lines_.emplace(block_);
        continue;
      }
      const auto appended = decoder_.AppendLines(line_, file_->text->path(), request_.batch_size);
      if (!appended.ok()) return WithLine(appended, line_);
    }
    counters_.bad_records = decoder_.num_bad_records();
    if (decoder_.num_rows() == 0) return false;
    ARROW_ASSIGN_OR_RAISE(Batch decoded, decoder_.Finish(pool));
    for (int position : positions_) {
      batch->columns().push_back(decoded.column(static_cast<size_t>(position)));
    }
    batch->set_num_rows(decoded.num_rows());
    counters_.rows_read += decoded.num_rows();
    return true;
  }

 private:
  // Of the columns asked for, each once.
  JsonDecoder MakeDecoder() {
    Schema schema;
    int corrupt_column = -1;
    std::vector<int> position_of(file_->schema.size(), -1);
    for (int column : request_.columns) {
      int& position = position_of[static_cast<size_t>(column)];
      if (position < 0) {
        position = static_cast<int>(schema.size());
        const TypeField& field = file_->schema.columns[static_cast<size_t>(column)];
        if (field.type.is_string() && EqualsIgnoreCase(field.name, file_->options.corrupt_column)) {
          corrupt_column = position;
        }
        schema.columns.push_back(field);
      }
      positions_.push_back(position);
    }
    return JsonDecoder(std::move(schema), file_->options.mode, corrupt_column,
                       file_->options.values);
  }

  arrow::Status WithLine(const arrow::Status& status, std::string_view line) {
    const ErrorDetail* detail = GetErrorDetail(status);
    if (detail == nullptr || detail->error_class().name != "BAD_RECORD") return status;
    std::vector<ErrorParameter> parameters = detail->parameters();
    ARROW_ASSIGN_OR_RAISE(const int64_t number,
                          lines_.LineNumberAfter(block_lines_->TextBefore(line)));
    for (ErrorParameter& parameter : parameters) {
      if (parameter.name == "position") {
        parameter.value = "line " + std::to_string(number) + ", " + parameter.value;
      }
    }
    return MakeError("BAD_RECORD", std::move(parameters));
  }

  std::shared_ptr<const OpenFile> file_;
  ReadRequest request_;
  std::vector<int> positions_;  // in the decoder's schema, of the columns asked for
  LineReader lines_;
  JsonDecoder decoder_;
  BufferPtr block_;
  std::optional<Lines> block_lines_;
  std::string_view line_;  // of the block, whose rows are being appended
};

class JsonFile final : public DataFile {
 public:
  explicit JsonFile(std::shared_ptr<const OpenFile> file) : file_(std::move(file)) {}
  const Schema& schema() const override { return file_->schema; }
  arrow::Result<FileStatistics> Statistics() const override {
    return FileStatistics{.size_bytes = file_->text->size_bytes()};
  }
  std::vector<FileMorsel> Morsels() const override {
    return file_->text->Morsels(kMorselBytes, /*is_splittable=*/true);
  }
  arrow::Result<std::unique_ptr<FileReader>> MakeReader(const FileMorsel& morsel,
                                                        const ReadRequest& request) const override {
    ARROW_RETURN_NOT_OK(CheckRequest(request, file_->schema));
    return std::make_unique<JsonReader>(file_, morsel, request);
  }

 private:
  std::shared_ptr<const OpenFile> file_;
};

class Json final : public FileFormat {
 public:
  std::string_view name() const override { return "json"; }
  arrow::Status CheckOptions(const FileOptions& options) const override {
    return ReadJsonOptions(options).status();
  }

  arrow::Result<Schema> InferSchema(Files& files, std::span<const std::string> paths,
                                    const FileOptions& options) const override {
    ARROW_ASSIGN_OR_RAISE(const JsonOptions json, ReadJsonOptions(options));
    if (paths.empty()) return MakeError("FILE_NOT_FOUND", {{"path", ""}});
    JsonSchemaInference inference(json.primitives_as_string);
    int64_t budget = kSampleBytes;
    bool has_bad_records = false;
    for (const std::string& path : paths) {
      if (budget <= 0) break;
      ARROW_ASSIGN_OR_RAISE(const auto text, TextFile::Open(files, path));
      LineReader reader(text, 0, text->size_bytes());
      while (budget > 0) {
        ARROW_ASSIGN_OR_RAISE(const BufferPtr block, reader.NextBlock());
        if (block == nullptr) break;
        budget -= block->size();
        Lines lines(block);
        for (std::string_view line; lines.Next(&line);) {
          if (!inference.Add(line)) has_bad_records = true;
        }
      }
    }
    Schema schema = inference.Finish();
    // Records that are no JSON show themselves, as in Spark.
    if (has_bad_records && json.mode == BadRecordMode::kPermissive &&
        schema.Find(json.corrupt_column) == -1) {
      const auto at =
          std::ranges::lower_bound(schema.columns, json.corrupt_column, {}, &TypeField::name);
      schema.columns.insert(at, {json.corrupt_column, Type(TypeId::kString), true});
    }
    if (schema.columns.empty()) {
      return MakeError("CANNOT_INFER_SCHEMA",
                       {{"source", paths[0]}, {"reason", "it has no JSON objects"}});
    }
    return schema;
  }

  arrow::Result<std::shared_ptr<const DataFile>> Open(Files& files, const std::string& path,
                                                      const Schema& schema,
                                                      const FileOptions& options) const override {
    auto file = std::make_shared<OpenFile>();
    ARROW_ASSIGN_OR_RAISE(file->options, ReadJsonOptions(options));
    ARROW_RETURN_NOT_OK(CheckJsonSchema(schema));
    ARROW_ASSIGN_OR_RAISE(file->text, TextFile::Open(files, path));
    file->schema = schema;
    return std::make_shared<const JsonFile>(std::move(file));
  }

  arrow::Result<std::unique_ptr<FileWriter>> MakeWriter(std::unique_ptr<WritableFile> file,
                                                        const Schema& schema,
                                                        const FileOptions& options) const override {
    ARROW_ASSIGN_OR_RAISE(const JsonOptions json, ReadJsonOptions(options));
    ARROW_RETURN_NOT_OK(CheckJsonSchema(schema));
    return MakeJsonWriter(std::move(file), schema, json);
  }
};

}  // namespace

const FileFormat& JsonFormat() {
  static const Json format;
  return format;
}

}  // namespace sabot
