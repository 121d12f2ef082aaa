#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "arrow/result.h"

#include "sabot/formats/file.h"

namespace sabot {

/// Reads the options of a format one by one and remembers the first that is wrong, so a reader of
/// twenty options checks for errors once. After the last option, Finish() refuses those nobody
/// asked for.
class OptionReader {
 public:
  OptionReader(std::string_view format, const FileOptions& options);

  bool Bool(std::string_view key, bool fallback);
  std::string Text(std::string_view key, std::string_view fallback);
  /// One character ("\t" may be spelled with a backslash); empty: none, which is '\0'.
  char Character(std::string_view key, char fallback);
  int64_t Integer(std::string_view key, int64_t fallback, int64_t min, int64_t max);
  /// The position in `names` of the option's value, compared without regard to case.
  int Choice(std::string_view key, std::span<const std::string_view> names, int fallback);
  bool Has(std::string_view key) const;
  /// Report that the option's value cannot be used.
  void Refuse(std::string_view key, std::string expected);
  /// Report that the option's value asks for something that is not built.
  void RefuseUnsupported(std::string_view key, std::string alternative);

  /// CONFIG_INVALID for the first wrong or unknown option; an unknown one is answered with the
  /// nearest names.
  arrow::Status Finish();

 private:
  const std::string* Find(std::string_view key);

  std::string format_;
  const FileOptions& options_;
  std::vector<std::string> known_;
  arrow::Status status_;
};

}  // namespace sabot
