#include "sabot/plan/text.h"

namespace sabot {

std::string_view ToText(Comparison comparison) {
  switch (comparison) {
    case Comparison::kEqual:
      return "=";
    case Comparison::kLess:
      return "<";
    case Comparison::kLessEqual:
      return "<=";
    case Comparison::kGreater:
      return ">";
    case Comparison::kGreaterEqual:
      return ">=";
    case Comparison::kIsNull:
      return "is null";
    case Comparison::kIsNotNull:
      return "is not null";
  }
  return "?";
}

std::string_view ToText(JoinKind kind) {
  switch (kind) {
    case JoinKind::kInner:
      return "inner";
    case JoinKind::kLeft:
      return "left";
    case JoinKind::kSemi:
      return "semi";
    case JoinKind::kAnti:
      return "anti";
  }
  return "?";
}

std::string_view ToText(MatchDirection direction) {
  switch (direction) {
    case MatchDirection::kOutgoing:
      return "outgoing";
    case MatchDirection::kIncoming:
      return "incoming";
    case MatchDirection::kUndirected:
      return "undirected";
  }
  return "?";
}

std::string_view ToText(ExchangeMode mode) {
  switch (mode) {
    case ExchangeMode::kForward:
      return "forward";
    case ExchangeMode::kHash:
      return "hash";
    case ExchangeMode::kBroadcast:
      return "broadcast";
    case ExchangeMode::kRebalance:
      return "rebalance";
  }
  return "?";
}

std::string ToText(const OutputColumn& column) {
  return fmt::format("{}#{}", column.name, column.id);
}

std::string ToText(const NamedExpression& named) {
  const auto* reference = named.expression->As<ColumnRef>();
  if (reference != nullptr && reference->id == named.column.id) return ToText(named.column);
  return fmt::format("{} AS {}", ToText(named.expression), ToText(named.column));
}

std::string ToText(const AggregateCall& call) {
  std::string arguments;
  for (const ExpressionPtr& argument : call.arguments) {
    arguments.append(arguments.empty() ? "" : ", ").append(ToText(argument));
  }
  if (call.arguments.empty()) arguments = "*";
  std::string text =
      fmt::format("{}({}{})", call.function, call.distinct ? "DISTINCT " : "", arguments);
  if (call.filter != nullptr) text.append(fmt::format(" FILTER {}", ToText(call.filter)));
  return fmt::format("{} AS {}", text, ToText(call.column));
}

std::string ToText(const SortKey& key) {
  return fmt::format("{}{}{}", ToText(key.expression), key.ascending ? "" : " DESC",
                     key.nulls_first == key.ascending ? ""
                     : key.nulls_first                ? " NULLS FIRST"
                                                      : " NULLS LAST");
}

std::string ToText(const ColumnBound& bound) {
  const bool has_value =
      bound.comparison != Comparison::kIsNull && bound.comparison != Comparison::kIsNotNull;
  return fmt::format("${} {}{}", bound.column, ToText(bound.comparison),
                     has_value ? " " + bound.value.ToSql() : "");
}

std::string ToText(const TableDescription& table) {
  std::string text = table.is_unbounded ? "stream " : "";
  text.append(table.format.empty() ? table.connector : table.format);
  if (!table.paths.empty()) text.append(fmt::format(" '{}'", table.paths.front()));
  if (table.paths.size() > 1) text.append(fmt::format(" and {} more", table.paths.size() - 1));
  return text;
}

std::string ToText(const SinkDescription& sink) {
  return fmt::format("{} '{}'", sink.format.empty() ? sink.connector : sink.format, sink.path);
}

}  // namespace sabot
