#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "arrow/status.h"

#include "sabot/base/span.h"

namespace sabot {

/// Who can act on an error, and which Python exception it becomes.
enum class ErrorKind : uint8_t {
  kParse,        ///< the text is not a statement: ParseError
  kAnalysis,     ///< a name, type or option is wrong: AnalysisError
  kExecution,    ///< the data is at fault (overflow, bad cast): ExecutionError
  kUnsupported,  ///< a feature that is not built: UnsupportedError
  kConnector,    ///< a file, broker or network: ConnectorError
  kResource,     ///< memory or disk: ResourceError
  kCancelled,    ///< the user asked for it: CancelledError
  kInternal,     ///< a bug of ours: InternalError
};

/// One row of the catalog of error classes (error_classes.cc). Names and SQLSTATEs are Spark's,
/// where Spark has the class.
struct ErrorClass {
  std::string_view name;      ///< "UNRESOLVED_COLUMN.WITH_SUGGESTION"
  std::string_view sqlstate;  ///< five characters
  ErrorKind kind;
  std::string_view text;  ///< message with <parameter> placeholders
};

/// All classes, ordered by name.
std::span<const ErrorClass> ErrorClasses();
/// Null if there is no such class.
const ErrorClass* FindErrorClass(std::string_view name);

struct ErrorParameter {
  std::string name;
  std::string value;
  friend bool operator==(const ErrorParameter&, const ErrorParameter&) = default;
};

/// What every error of Sabot carries from the layer that found it to SQL, Spark Connect and Python.
class ErrorDetail final : public arrow::StatusDetail {
 public:
  static constexpr const char* kTypeId = "sabot::ErrorDetail";

  ErrorDetail(const ErrorClass* error_class, std::vector<ErrorParameter> parameters, Span span,
              std::string hint, std::string statement)
      : error_class_(error_class),
        parameters_(std::move(parameters)),
        span_(span),
        hint_(std::move(hint)),
        statement_(std::move(statement)) {}

  const char* type_id() const override { return kTypeId; }
  /// The class alone: arrow::Status appends this to its message, which already says everything.
  std::string ToString() const override;

  const ErrorClass& error_class() const { return *error_class_; }
  const std::vector<ErrorParameter>& parameters() const { return parameters_; }
  Span span() const { return span_; }
  const std::string& hint() const { return hint_; }
  /// The text that span() points into; empty until the session adds it.
  const std::string& statement() const { return statement_; }

 private:
  const ErrorClass* error_class_;
  std::vector<ErrorParameter> parameters_;
  Span span_;
  std::string hint_;
  std::string statement_;
};

/// Make the status of a catalogued error. A class that is not catalogued becomes INTERNAL_ERROR.
/// hint: what to do about it, shown beside the caret ("did you mean `id`?").
arrow::Status MakeError(std::string_view error_class, std::vector<ErrorParameter> parameters = {},
                        Span span = {}, std::string hint = {});

/// A bug of ours, found at run time: the query fails, the process lives on.
arrow::Status InternalError(std::string message);

/// A feature that is not built. alternative: the nearest thing that works.
arrow::Status UnsupportedError(std::string feature, std::string alternative, Span span = {});

/// The detail of a status made by MakeError, else null.
const ErrorDetail* GetErrorDetail(const arrow::Status& status);

/// The same error with a position, unless it has one already. Statuses without our detail pass
/// unchanged.
arrow::Status WithSpan(const arrow::Status& status, Span span);
/// The same error with the statement its span points into.
arrow::Status WithStatement(const arrow::Status& status, std::string_view statement);
/// Any status as a catalogued error: a foreign one (Arrow's own) becomes IO_ERROR, OUT_OF_MEMORY or
/// INTERNAL_ERROR.
arrow::Status Catalogued(const arrow::Status& status);

/// Line and column (both from 1; columns count code points) of a byte offset.
struct TextPosition {
  int32_t line = 1;
  int32_t column = 1;
};
TextPosition PositionOf(std::string_view text, uint32_t offset);

/// The error as a person reads it, with the line of the statement that is at fault:
///   [CLASS] message (SQLSTATE 42703)
///     at 2:7   WHERE o.custmer_id = 7
///                    ^^^^^^^^^^^^ did you mean `customer_id`?
/// A span over several lines is marked to the end of its first. A message alone if it is not ours.
std::string RenderError(const arrow::Status& status);

/// Up to `count` of the known names nearest to `name` by edit distance, best first; only plausible
/// ones.
std::vector<std::string> NearestNames(std::string_view name, std::span<const std::string> known,
                                      size_t count = 3);

}  // namespace sabot
