#include "sabot/base/error.h"

#include <algorithm>
#include <cctype>
#include <numeric>
#include <utility>

#include <fmt/format.h>

#include "sabot/base/utf8.h"

namespace sabot {
namespace {

// Of a text like "<a>.{ Use <b>.}": the part in braces is left out if a parameter in it is empty.
std::string FillIn(std::string_view text, const std::vector<ErrorParameter>& parameters) {
  std::string filled;
  size_t at = 0;
  if (const size_t open = text.find('{'); open != text.npos) {
    const size_t close = text.find('}', open);
    const std::string_view optional = text.substr(open + 1, close - open - 1);
    const bool is_empty = std::ranges::any_of(parameters, [&](const ErrorParameter& p) {
      return p.value.empty() && optional.find(fmt::format("<{}>", p.name)) != optional.npos;
    });
    return FillIn(text.substr(0, open), parameters) +
           (is_empty ? std::string() : FillIn(optional, parameters)) +
           FillIn(text.substr(close + 1), parameters);
  }
  while (at < text.size()) {
    const size_t open = text.find('<', at);
    const size_t close = open == text.npos ? text.npos : text.find('>', open);
    if (close == text.npos) break;
    const std::string_view name = text.substr(open + 1, close - open - 1);
    const auto found = std::find_if(parameters.begin(), parameters.end(),
                                    [&](const ErrorParameter& p) { return p.name == name; });
    filled.append(text.substr(at, open - at));
    filled.append(found == parameters.end() ? text.substr(open, close + 1 - open)
                                            : std::string_view(found->value));
    at = close + 1;
  }
  return filled.append(text.substr(at));
}

arrow::StatusCode CodeOf(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kUnsupported:
      return arrow::StatusCode::NotImplemented;
    case ErrorKind::kConnector:
      return arrow::StatusCode::IOError;
    case ErrorKind::kResource:
      return arrow::StatusCode::OutOfMemory;
    case ErrorKind::kCancelled:
      return arrow::StatusCode::Cancelled;
    case ErrorKind::kInternal:
      return arrow::StatusCode::UnknownError;
    default:
      return arrow::StatusCode::Invalid;
  }
}

arrow::Status FromDetail(std::shared_ptr<ErrorDetail> detail) {
  std::string message = fmt::format("[{}] {}", detail->error_class().name,
                                    FillIn(detail->error_class().text, detail->parameters()));
  const arrow::StatusCode code = CodeOf(detail->error_class().kind);
  return arrow::Status(code, std::move(message), std::move(detail));
}

bool IsContinuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

std::string Lowered(std::string_view text) {
  std::string lowered(text);
  for (char& c : lowered) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return lowered;
}

constexpr std::string_view kCut = "\u2026";  // in place of what is left out: one column wide

/// What of a line is shown: all of it, or of a long one so much around the place that a person
/// finds it again. Ends between code points.
std::pair<size_t, size_t> PartShown(std::string_view text, size_t begin, size_t end, size_t at) {
  constexpr size_t kLineBytesMax = 120;
  constexpr size_t kBytesBefore = 50;
  if (end - begin <= kLineBytesMax) return {begin, end};
  size_t from = at - begin > kBytesBefore ? at - kBytesBefore : begin;
  size_t to = std::min(end, from + kLineBytesMax);
  if (to == end) from = end - kLineBytesMax;
  while (from > begin && IsContinuation(text[from])) --from;
  while (to < end && IsContinuation(text[to])) ++to;
  return {from, to};
}

size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = std::exchange(row[0], i);
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = std::exchange(row[j], std::min({substituted, row[j] + 1, row[j - 1] + 1}));
    }
  }
  return row[b.size()];
}

}  // namespace

std::string ErrorDetail::ToString() const { return std::string(error_class_->name); }

const ErrorClass* FindErrorClass(std::string_view name) {
  const auto classes = ErrorClasses();
  const auto found = std::lower_bound(
      classes.begin(), classes.end(), name,
      [](const ErrorClass& error_class, std::string_view key) { return error_class.name < key; });
  return found != classes.end() && found->name == name ? &*found : nullptr;
}

arrow::Status MakeError(std::string_view error_class, std::vector<ErrorParameter> parameters,
                        Span span, std::string hint) {
  const ErrorClass* found = FindErrorClass(error_class);
  if (found == nullptr) {
    return InternalError(fmt::format("the error class {} is not in the catalog", error_class));
  }
  // Values of the data stand in them, and a STRING may hold any bytes.
  for (ErrorParameter& parameter : parameters) parameter.value = ToUtf8(parameter.value);
  return FromDetail(std::make_shared<ErrorDetail>(found, std::move(parameters), span,
                                                  std::move(hint), std::string()));
}

arrow::Status InternalError(std::string message) {
  return FromDetail(
      std::make_shared<ErrorDetail>(FindErrorClass("INTERNAL_ERROR"),
                                    std::vector<ErrorParameter>{{"message", std::move(message)}},
                                    Span{}, std::string(), std::string()));
}

arrow::Status UnsupportedError(std::string feature, std::string alternative, Span span) {
  // The hint is a copy: arguments are evaluated in any order, so a move could empty the parameter.
  return MakeError("UNSUPPORTED_FEATURE",
                   {{"feature", std::move(feature)}, {"alternative", alternative}}, span,
                   alternative);
}

const ErrorDetail* GetErrorDetail(const arrow::Status& status) {
  const auto& detail = status.detail();
  if (detail == nullptr || std::string_view(detail->type_id()) != ErrorDetail::kTypeId) {
    return nullptr;
  }
  return static_cast<const ErrorDetail*>(detail.get());
}

arrow::Status WithSpan(const arrow::Status& status, Span span) {
  const ErrorDetail* detail = GetErrorDetail(status);
  if (detail == nullptr || detail->span().is_known()) return status;
  return FromDetail(std::make_shared<ErrorDetail>(&detail->error_class(), detail->parameters(),
                                                  span, detail->hint(), detail->statement()));
}

arrow::Status WithStatement(const arrow::Status& status, std::string_view statement) {
  const ErrorDetail* detail = GetErrorDetail(status);
  if (detail == nullptr || !detail->statement().empty()) return status;
  return FromDetail(std::make_shared<ErrorDetail>(&detail->error_class(), detail->parameters(),
                                                  detail->span(), detail->hint(),
                                                  std::string(statement)));
}

arrow::Status Catalogued(const arrow::Status& status) {
  if (status.ok() || GetErrorDetail(status) != nullptr) return status;
  switch (status.code()) {
    case arrow::StatusCode::IOError:
    case arrow::StatusCode::AlreadyExists:
      return MakeError("IO_ERROR", {{"message", status.message()}});
    case arrow::StatusCode::OutOfMemory:
      return MakeError("OUT_OF_MEMORY", {{"message", status.message()}});
    case arrow::StatusCode::Cancelled:
      return MakeError("OPERATION_CANCELED", {{"message", status.message()}});
    default:
      return InternalError(status.ToStringWithoutContextLines());
  }
}

TextPosition PositionOf(std::string_view text, uint32_t offset) {
  TextPosition position;
  for (char c : text.substr(0, offset)) {
    if (c == '\n') {
      ++position.line;
      position.column = 1;
    } else if (!IsContinuation(c)) {
      ++position.column;
    }
  }
  return position;
}

std::string RenderError(const arrow::Status& status) {
  const ErrorDetail* detail = GetErrorDetail(status);
  if (detail == nullptr) return status.message();
  std::string text =
      fmt::format("{} (SQLSTATE {})", status.message(), detail->error_class().sqlstate);
  const std::string& statement = detail->statement();
  const Span span = detail->span();
  if (!span.is_known() || span.begin > statement.size()) {
    if (!detail->hint().empty()) text.append("\n  ").append(detail->hint());
    return text;
  }
  const size_t line_begin =
      span.begin == 0 ? 0 : statement.rfind('\n', span.begin - 1) + 1;  // npos + 1 = 0
  size_t line_end = std::min(statement.find('\n', span.begin), statement.size());
  if (line_end > span.begin && statement[line_end - 1] == '\r') --line_end;
  const auto [shown_begin, shown_end] = PartShown(statement, line_begin, line_end, span.begin);
  const std::string_view before = shown_begin > line_begin ? kCut : "";
  const std::string_view behind = shown_end < line_end ? kCut : "";
  const std::string_view line =
      std::string_view(statement).substr(shown_begin, shown_end - shown_begin);
  const TextPosition position = PositionOf(statement, span.begin);
  const size_t marked_end = std::clamp<size_t>(span.end, span.begin, shown_end);
  const std::string_view marked =
      std::string_view(statement).substr(span.begin, marked_end - span.begin);
  const auto num_marked =
      std::count_if(marked.begin(), marked.end(), [](char c) { return !IsContinuation(c); });
  const std::string prefix = fmt::format("  at {}:{}   ", position.line, position.column);
  text.append("\n").append(prefix).append(before).append(line).append(behind).append("\n");
  text.append(prefix.size() + (before.empty() ? 0 : 1), ' ');
  // A tab stands under a tab, or else the caret would depend on how wide the terminal draws it.
  for (char c : line.substr(0, span.begin - shown_begin)) {
    if (!IsContinuation(c)) text.push_back(c == '\t' ? '\t' : ' ');
  }
  text.append(static_cast<size_t>(std::max<int64_t>(num_marked, 1)), '^');
  if (!detail->hint().empty()) text.append(" ").append(detail->hint());
  return text;
}

std::vector<std::string> NearestNames(std::string_view name, std::span<const std::string> known,
                                      size_t count) {
  const std::string wanted = Lowered(name);
  std::vector<std::pair<size_t, std::string>> ranked;
  for (const std::string& candidate : known) {
    const size_t distance = EditDistance(wanted, Lowered(candidate));
    if (distance <= std::max<size_t>(2, wanted.size() / 2))
      ranked.emplace_back(distance, candidate);
  }
  std::sort(ranked.begin(), ranked.end());
  ranked.erase(std::unique(ranked.begin(), ranked.end()), ranked.end());
  std::vector<std::string> nearest;
  for (auto& [distance, candidate] : ranked) {
    if (nearest.size() == count) break;
    nearest.push_back(std::move(candidate));
  }
  return nearest;
}

}  // namespace sabot
