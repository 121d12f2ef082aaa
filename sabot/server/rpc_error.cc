#include "sabot/server/rpc_error.h"

#include <algorithm>
#include <random>

#include <fmt/format.h>

#include "spark/connect/base.pb.h"

#include "sabot/base/error.h"

namespace sabot::server {
namespace {

/// Trailers share 8 KiB with the rest, in base64; the whole text is in FetchErrorDetails.
constexpr size_t kTrailerTextMax = 1024;

// google.rpc.Status and ErrorInfo are three fields each; their generated code is not installed with
// gRPC. Fields are written as protobuf's wire format defines: tag, length, bytes.
void AppendVarint(std::string* out, uint64_t value) {
  for (; value > 0x7F; value >>= 7) out->push_back(static_cast<char>(value | 0x80));
  out->push_back(static_cast<char>(value));
}

void AppendBytes(std::string* out, int field, std::string_view bytes) {
  AppendVarint(out, static_cast<uint64_t>(field) << 3 | 2);
  AppendVarint(out, bytes.size());
  out->append(bytes);
}

void AppendJsonString(std::string* json, std::string_view text) {
  json->push_back('"');
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      json->append(1, '\\').push_back(c);
    } else if (static_cast<unsigned char>(c) < 0x20) {
      json->append(fmt::format("\\u{:04x}", static_cast<unsigned>(c)));
    } else {
      json->push_back(c);
    }
  }
  json->push_back('"');
}

std::string JsonList(const std::vector<std::string>& texts) {
  std::string json = "[";
  for (const std::string& text : texts) {
    if (json.size() > 1) json.push_back(',');
    AppendJsonString(&json, text);
  }
  return json + "]";
}

std::string JsonObject(const std::vector<ErrorParameter>& parameters) {
  std::string json = "{";
  for (const ErrorParameter& parameter : parameters) {
    if (json.size() > 1) json.push_back(',');
    AppendJsonString(&json, parameter.name);
    json.push_back(':');
    AppendJsonString(&json, parameter.value);
  }
  return json + "}";
}

std::string Shortened(std::string text) {
  if (text.size() <= kTrailerTextMax) return text;
  size_t end = kTrailerTextMax;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end) + "...";
}

/// Characters among bytes [begin, end) of UTF-8 text.
size_t NumCharacters(std::string_view text, size_t begin, size_t end) {
  return static_cast<size_t>(std::count_if(text.begin() + begin, text.begin() + end, [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

/// The part of the statement that is at fault, with its position: Spark's "== SQL … ==".
std::string ContextText(const ErrorDetail& detail, const std::string& message) {
  const Span span = detail.span();
  const std::string& statement = detail.statement();
  std::string text;
  if (span.is_known() && span.begin <= statement.size() && !statement.empty()) {
    const TextPosition position = PositionOf(statement, span.begin);
    const size_t begin = span.begin == 0 ? 0 : statement.rfind('\n', span.begin - 1) + 1;
    const size_t end = std::min(statement.find('\n', span.begin), statement.size());
    const size_t marked_end = std::clamp<size_t>(span.end, span.begin, end);
    text = fmt::format(
        "== SQL (line {}, position {}) ==\n{}\n{}{}", position.line, position.column,
        statement.substr(begin, end - begin),
        std::string(static_cast<size_t>(position.column - 1), ' '),
        std::string(std::max<size_t>(1, NumCharacters(statement, span.begin, marked_end)), '^'));
  }
  // The way out may stand in the message already.
  if (!detail.hint().empty() && message.find(detail.hint()) == message.npos) {
    text.append(text.empty() ? "" : "\n").append(detail.hint());
  }
  return text;
}

/// "[CLASS] message SQLSTATE: 42703", then the context.
std::string MessageOf(const ErrorDetail& detail, const std::string& message) {
  std::string text = fmt::format("{} SQLSTATE: {}", message, detail.error_class().sqlstate);
  const std::string context = ContextText(detail, message);
  if (!context.empty()) text.append("\n").append(context);
  return text;
}

bool IsOneOf(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::string ParameterOf(const ErrorDetail& detail, std::string_view name) {
  for (const ErrorParameter& parameter : detail.parameters()) {
    if (parameter.name == name) return parameter.value;
  }
  return {};
}

/// Errors of data: Spark's classes derive from Java's of the same meaning.
std::vector<std::string> ExecutionClasses(const ErrorDetail& detail) {
  const std::string_view name = detail.error_class().name;
  if (IsOneOf(name, {"ARITHMETIC_OVERFLOW", "CAST_OVERFLOW", "DIVIDE_BY_ZERO", "REMAINDER_BY_ZERO",
                     "NUMERIC_VALUE_OUT_OF_RANGE"})) {
    return {"org.apache.spark.SparkArithmeticException", "java.lang.ArithmeticException"};
  }
  if (name.starts_with("INVALID_ARRAY_INDEX")) {
    return {"org.apache.spark.SparkArrayIndexOutOfBoundsException",
            "java.lang.ArrayIndexOutOfBoundsException"};
  }
  const std::string target = ParameterOf(detail, "targetType");
  const bool is_time = target.find("DATE") != target.npos || target.find("TIME") != target.npos;
  if (name == "CAST_INVALID_INPUT" && !is_time) {
    return {"org.apache.spark.SparkNumberFormatException", "java.lang.NumberFormatException",
            "java.lang.IllegalArgumentException"};
  }
  if (is_time || name.starts_with("DATETIME") || name == "CANNOT_PARSE_TIMESTAMP") {
    return {"org.apache.spark.SparkDateTimeException", "java.time.DateTimeException"};
  }
  return {"org.apache.spark.SparkRuntimeException"};
}

}  // namespace

RpcStatus MakeRpcStatus(int code, std::string message) {
  RpcStatus status{code, std::move(message), {}};
  AppendVarint(&status.details, 1 << 3);
  AppendVarint(&status.details, static_cast<uint64_t>(code));
  AppendBytes(&status.details, 2, status.message);
  return status;
}

std::vector<std::string> ExceptionClasses(const arrow::Status& status) {
  const arrow::Status catalogued = Catalogued(status);
  const ErrorDetail* detail = GetErrorDetail(catalogued);
  const std::string_view name = detail->error_class().name;
  std::vector<std::string> classes;
  switch (detail->error_class().kind) {
    case ErrorKind::kParse:
      classes = {"org.apache.spark.sql.catalyst.parser.ParseException",
                 "org.apache.spark.sql.AnalysisException"};
      break;
    case ErrorKind::kAnalysis:
      if (name == "SQL_CONF_NOT_FOUND" || name == "CONFIG_NOT_FOUND") {
        classes = {"org.apache.spark.SparkNoSuchElementException"};
      } else if (name == "CONFIG_INVALID") {
        classes = {"org.apache.spark.SparkIllegalArgumentException",
                   "java.lang.IllegalArgumentException"};
      } else if (name == "CONNECT_INVALID_PLAN.CANNOT_PARSE") {
        classes = {"org.apache.spark.sql.connect.common.InvalidPlanInput"};
      } else if (name.starts_with("INVALID_HANDLE") || name.starts_with("INVALID_CURSOR")) {
        classes = {"org.apache.spark.SparkSQLException"};
      } else {
        classes = {"org.apache.spark.sql.AnalysisException"};
      }
      break;
    case ErrorKind::kExecution:
      classes = ExecutionClasses(*detail);
      break;
    case ErrorKind::kUnsupported:
      classes = {"org.apache.spark.SparkUnsupportedOperationException",
                 "java.lang.UnsupportedOperationException"};
      break;
    default:
      classes = {"org.apache.spark.SparkException"};
  }
  for (const char* base : {"java.lang.Exception", "java.lang.Throwable", "java.lang.Object"}) {
    classes.emplace_back(base);
  }
  return classes;
}

RpcStatus ToRpcStatus(const arrow::Status& status, const std::string& error_id) {
  const arrow::Status catalogued = Catalogued(status);
  const ErrorDetail* detail = GetErrorDetail(catalogued);
  const std::vector<std::string> classes = ExceptionClasses(catalogued);
  std::string parameters = JsonObject(detail->parameters());
  if (parameters.size() > kTrailerTextMax) parameters = "{}";
  std::string info;
  AppendBytes(&info, 1, classes[0]);
  AppendBytes(&info, 2, "org.apache.spark");
  for (const auto& [key, value] :
       {std::pair<std::string, std::string>{"classes", JsonList(classes)},
        {"errorClass", std::string(detail->error_class().name)},
        {"sqlState", std::string(detail->error_class().sqlstate)},
        {"messageParameters", parameters},
        {"errorId", error_id}}) {
    std::string entry;
    AppendBytes(&entry, 1, key);
    AppendBytes(&entry, 2, value);
    AppendBytes(&info, 3, entry);
  }
  std::string any;
  AppendBytes(&any, 1, "type.googleapis.com/google.rpc.ErrorInfo");
  AppendBytes(&any, 2, info);
  RpcStatus result =
      MakeRpcStatus(kInternalCode, Shortened(MessageOf(*detail, catalogued.message())));
  AppendBytes(&result.details, 3, any);
  return result;
}

RpcStatus ErrorLog::Add(const arrow::Status& status) {
  const std::string error_id = MakeUuid();
  const std::lock_guard lock(mutex_);
  errors_.emplace_back(error_id, Catalogued(status));
  if (errors_.size() > kErrorsMax) errors_.pop_front();
  return ToRpcStatus(status, error_id);
}

void ErrorLog::Fetch(const std::string& error_id,
                     ::spark::connect::FetchErrorDetailsResponse* response) const {
  const std::lock_guard lock(mutex_);
  const auto found = std::find_if(errors_.begin(), errors_.end(),
                                  [&](const auto& entry) { return entry.first == error_id; });
  if (found == errors_.end()) return;
  const arrow::Status& status = found->second;
  const ErrorDetail* detail = GetErrorDetail(status);
  response->set_root_error_idx(0);
  auto* error = response->add_errors();
  for (std::string& name : ExceptionClasses(status)) {
    error->add_error_type_hierarchy(std::move(name));
  }
  error->set_message(MessageOf(*detail, status.message()));
  auto* throwable = error->mutable_spark_throwable();
  throwable->set_error_class(std::string(detail->error_class().name));
  throwable->set_sql_state(std::string(detail->error_class().sqlstate));
  for (const ErrorParameter& parameter : detail->parameters()) {
    (*throwable->mutable_message_parameters())[parameter.name] = parameter.value;
  }
  const Span span = detail->span();
  if (!span.is_known() || span.end > detail->statement().size()) return;
  auto* context = throwable->add_query_contexts();
  context->set_context_type(::spark::connect::FetchErrorDetailsResponse::QueryContext::SQL);
  // Spark counts characters, both ends inclusive.
  const std::string& statement = detail->statement();
  context->set_start_index(static_cast<int32_t>(NumCharacters(statement, 0, span.begin)));
  context->set_stop_index(static_cast<int32_t>(NumCharacters(statement, 0, span.end)) - 1);
  context->set_fragment(statement.substr(span.begin, span.end - span.begin));
  context->set_summary(ContextText(*detail, status.message()));
}

std::string MakeUuid() {
  thread_local std::mt19937_64 random = [] {
    std::random_device device;
    return std::mt19937_64(uint64_t{device()} << 32 | device());
  }();
  const uint64_t high = (random() & ~uint64_t{0xF000}) | 0x4000;
  const uint64_t low = (random() & ~(uint64_t{3} << 62)) | uint64_t{2} << 62;
  return fmt::format("{:08x}-{:04x}-{:04x}-{:04x}-{:012x}", high >> 32, high >> 16 & 0xFFFF,
                     high & 0xFFFF, low >> 48, low & 0xFFFFFFFFFFFF);
}

}  // namespace sabot::server
