#include "sabot/formats/json/json_options.h"
#include "sabot/formats/json/json_tape.h"
#include "sabot/formats/text/text_writer.h"

namespace sabot {
namespace {

class JsonWriter final : public TextWriter {
 public:
  JsonWriter(std::unique_ptr<WritableFile> file, const Schema& schema, JsonOptions options)
      : TextWriter(std::move(file), schema), options_(std::move(options)) {}

 private:
  arrow::Status AppendRow(const Batch& batch, int32_t row) override {
    bool is_first = true;
    text()->push_back('{');
    for (size_t i = 0; i < batch.num_columns(); ++i) {
      AppendField(schema().columns[i].name, batch.column(i), row, &is_first);
    }
    text()->append("}\n");
    return arrow::Status::OK();
  }

  // A field that is NULL is left out, as Spark does.
  void AppendField(const std::string& name, const Vector& vector, int32_t row, bool* is_first) {
    if (options_.ignore_null_fields && vector.IsNull(row)) return;
    if (!*is_first) text()->push_back(',');
    *is_first = false;
    AppendJsonString(name, text());
    text()->push_back(':');
    AppendValue(vector, row);
  }

  void AppendValue(const Vector& vector, int32_t row) {
    if (vector.IsNull(row)) {
      text()->append("null");
      return;
    }
    const Vector& source = vector.is_dictionary() ? *vector.dictionary() : vector;
    const int32_t at = vector.ValueIndex(row);
    switch (vector.type().id()) {
      case TypeId::kString:
        return AppendJsonString(source.data<StringView>()[at].view(), text());
      case TypeId::kDate:
      case TypeId::kTimestamp:
      case TypeId::kTimestampNtz:
        text()->push_back('"');
        AppendScalarText(vector, row, options_.values, text());
        text()->push_back('"');
        return;
      case TypeId::kFloat:
      case TypeId::kDouble:
        return AppendFloating(vector, row);
      case TypeId::kStruct: {
        bool is_first = true;
        text()->push_back('{');
        for (size_t i = 0; i < source.children().size(); ++i) {
          AppendField(vector.type().fields()[i].name, *source.children()[i], at, &is_first);
        }
        text()->push_back('}');
        return;
      }
      case TypeId::kArray:
      case TypeId::kMap:
        return AppendList(vector.type(), source, source.data<ListView>()[at]);
      default:
        return AppendScalarText(vector, row, options_.values, text());
    }
  }

  // JSON has no numbers for NaN and infinities: names in quotes.
  void AppendFloating(const Vector& vector, int32_t row) {
    const size_t begin = text()->size();
    AppendScalarText(vector, row, options_.values, text());
    const char last = text()->back();
    if (last >= '0' && last <= '9') return;
    text()->insert(begin, 1, '"');
    text()->push_back('"');
  }

  void AppendList(const Type& type, const Vector& source, ListView list) {
    const Vector& child = *source.children()[0];
    const bool is_map = type.id() == TypeId::kMap;
    text()->push_back(is_map ? '{' : '[');
    for (uint32_t i = 0; i < list.length; ++i) {
      if (i > 0) text()->push_back(',');
      const auto element = static_cast<int32_t>(list.offset + i);
      if (is_map) {
        const int32_t entry = child.ValueIndex(element);
        const Vector& entries = child.is_dictionary() ? *child.dictionary() : child;
        AppendValue(*entries.children()[0], entry);
        text()->push_back(':');
        AppendValue(*entries.children()[1], entry);
      } else {
        AppendValue(child, element);
      }
    }
    text()->push_back(is_map ? '}' : ']');
  }

  const JsonOptions options_;
};

}  // namespace

std::unique_ptr<FileWriter> MakeJsonWriter(std::unique_ptr<WritableFile> file, const Schema& schema,
                                           const JsonOptions& options) {
  return std::make_unique<JsonWriter>(std::move(file), schema, options);
}

}  // namespace sabot
