#include "sabot/formats/csv/csv_options.h"
#include "sabot/formats/text/column_parser.h"
#include "sabot/formats/text/text_writer.h"

namespace sabot {
namespace {

class CsvWriter final : public TextWriter {
 public:
  CsvWriter(std::unique_ptr<WritableFile> file, const Schema& schema, CsvOptions options)
      : TextWriter(std::move(file), schema), options_(std::move(options)) {
    if (!options_.header) return;
    for (const TypeField& column : schema.columns) {
      if (&column != &schema.columns.front()) text()->push_back(options_.separator);
      AppendText(column.name);
    }
    text()->push_back('\n');
  }

 private:
  arrow::Status AppendRow(const Batch& batch, int32_t row) override {
    for (size_t i = 0; i < batch.num_columns(); ++i) {
      if (i > 0) text()->push_back(options_.separator);
      const Vector& column = batch.column(i);
      if (column.IsNull(row)) {
        text()->append(options_.null_value);
      } else if (column.kind() != Kind::kView16) {
        value_.clear();
        AppendScalarText(column, row, options_.values, &value_);
        AppendText(value_);
      } else {
        const Vector& source = column.is_dictionary() ? *column.dictionary() : column;
        const StringView& view = source.data<StringView>()[column.ValueIndex(row)];
        if (view.length == 0) {
          // Empty is not NULL: both would be nothing between two separators.
          text()->append(options_.empty_value);
        } else {
          AppendText(view.view());
        }
      }
    }
    text()->push_back('\n');
    return arrow::Status::OK();
  }

  void AppendText(std::string_view value) {
    const bool is_plain =
        !value.empty() && !options_.quote_all && value != options_.null_value &&
        !IsSpace(value.front()) && !IsSpace(value.back()) &&
        (options_.comment == '\0' || value.front() != options_.comment) &&
        std::ranges::none_of(value, [&](char c) {
          return c == options_.separator || c == options_.quote || c == '\n' || c == '\r';
        });
    if (is_plain || options_.quote == '\0') {
      text()->append(value);
      return;
    }
    text()->push_back(options_.quote);
    for (char c : value) {
      const bool is_special = c == options_.quote || (c == options_.escape && c != '\0');
      if (is_special) text()->push_back(options_.escape != '\0' ? options_.escape : options_.quote);
      text()->push_back(c);
    }
    text()->push_back(options_.quote);
  }
  static bool IsSpace(char c) { return c == ' ' || c == '\t'; }

  const CsvOptions options_;
  std::string value_;
};

}  // namespace

arrow::Result<std::unique_ptr<FileWriter>> MakeCsvWriter(std::unique_ptr<WritableFile> file,
                                                         const Schema& schema,
                                                         const CsvOptions& options) {
  for (const TypeField& column : schema.columns) {
    ARROW_RETURN_NOT_OK(CheckTextType(column, "CSV"));
  }
  return std::make_unique<CsvWriter>(std::move(file), schema, options);
}

}  // namespace sabot
