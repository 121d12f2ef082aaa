#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "sabot/formats/csv/csv_options.h"

namespace sabot {

/// A value of a record as it stands in the text, quotes and escapes taken off.
struct CsvField {
  const char* data = nullptr;
  uint32_t length = 0;
  bool is_quoted = false;
  bool is_missing = false;  ///< the record ends before it

  std::string_view view() const { return {data, length}; }
};

/// What is wrong with a record's shape.
enum class CsvProblem : uint8_t { kNone, kTooFewFields, kTooManyFields, kOpenQuote };

/// Splits text into records and fields. Fields point into the text, or into memory of the splitter
/// that lives until the next Reset.
class RecordSplitter {
 public:
  explicit RecordSplitter(const CsvOptions& options) : options_(options) {}

  /// Begin a text of whole records, which outlives the fields. Records end with '\n', in a text of
  /// multi_line whose first line ends with a lone '\r' with that.
  void SetText(std::string_view text);
  /// Drop the memory of unescaped fields.
  void Reset() { unescaped_.clear(); }

  /// Move to the next record that is neither blank nor a comment. False: there is none.
  bool NextRecord();
  /// The record's text, without its line end. Of a record with quotes over several lines: known
  /// after Split.
  std::string_view record() const { return record_; }
  /// Where the record begins, in bytes of the text.
  int64_t record_offset() const { return record_.data() - begin_; }

  /// Split the record: value i goes to fields[slots[i] * stride] if slots[i] >= 0. Slots past the
  /// record's end get is_missing.
  CsvProblem Split(const std::vector<int>& slots, CsvField* fields, int64_t stride);
  /// All values of the record.
  CsvProblem SplitAll(std::vector<CsvField>* fields);

 private:
  template <typename Sink>
  CsvProblem SplitInto(Sink&& sink);
  template <typename Sink>
  void SplitPlain(std::string_view line, Sink&& sink);
  // A field that begins with a quote, at `at`; moves behind its separator.
  const char* QuotedField(const char* at, const char* end, CsvField* field, bool* is_open);
  CsvField Trimmed(CsvField field) const;

  const CsvOptions options_;
  const char* begin_ = nullptr;
  const char* at_ = nullptr;
  const char* end_ = nullptr;
  bool has_quotes_ = false;
  char line_end_ = '\n';
  std::string_view record_;
  std::vector<std::unique_ptr<char[]>> unescaped_;
};

}  // namespace sabot
