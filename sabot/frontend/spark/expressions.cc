#include <algorithm>

#include <fmt/format.h>

#include "sabot/base/error.h"
#include "sabot/frontend/spark/translator.h"
#include "sabot/frontend/spark/types.h"
#include "sabot/types/identifier.h"

namespace sabot::spark {

using syntax::ExpressionPtr;
using syntax::MakeExpression;

namespace {

/// Operators and functions that Spark's client calls by another name than the tree does.
std::string NameInTree(const std::string& name) {
  if (name == "==") return "=";
  if (name == "!=") return "<>";
  if (name == "!") return "not";
  if (name == "bitwise_not") return "~";
  return name;
}

/// A literal in the form the SQL front end gives it, so that equal questions make equal trees.
ExpressionPtr LiteralOf(TypedValue value) {
  if (value.is_null() && value.type.is_null()) {
    return MakeExpression(syntax::Literal{syntax::Literal::Null{}});
  }
  if (const bool* flag = std::get_if<bool>(&value.value)) {
    return MakeExpression(syntax::Literal{*flag});
  }
  if (value.type.is_string() && !value.is_null()) {
    return MakeExpression(syntax::Literal{std::get<std::string>(std::move(value.value))});
  }
  return MakeExpression(syntax::Literal{std::move(value)});
}

arrow::Status Refuse(const proto::Expression& expression) {
  switch (expression.expr_type_case()) {
    case proto::Expression::kUnresolvedRegex:
      return UnsupportedError("DataFrame.colRegex", "select of the columns by name");
    case proto::Expression::kLambdaFunction:
    case proto::Expression::kUnresolvedNamedLambdaVariable:
      return UnsupportedError("functions of lambdas (transform, filter, aggregate)",
                              "explode and groupBy, or toPandas()");
    case proto::Expression::kWindow:
      return UnsupportedError("Column.over", "groupBy and a join with its result");
    case proto::Expression::kUpdateFields:
      return UnsupportedError("Column.withField and dropFields", "struct of the fields wanted");
    case proto::Expression::kCommonInlineUserDefinedFunction:
      return UnsupportedError("a Python function (udf, pandas_udf)",
                              "built-in functions, or toPandas() and pandas");
    case proto::Expression::kNamedArgumentExpression:
      return UnsupportedError("named arguments of functions", "arguments in their order");
    case proto::Expression::kMergeAction:
      return UnsupportedError("DataFrame.mergeInto", "a join and DataFrame.write");
    case proto::Expression::kTypedAggregateExpression:
      return UnsupportedError("a typed aggregate of Scala", "the aggregate functions");
    case proto::Expression::kSubqueryExpression:
      return UnsupportedError("a sub-query as an expression (DataFrame.scalar, DataFrame.exists)",
                              "a join");
    case proto::Expression::kSortOrder:
      return UnsupportedError("asc() and desc() outside of orderBy", "orderBy");
    case proto::Expression::EXPR_TYPE_NOT_SET:
      return Malformed("an expression of no known kind");
    default:
      return UnsupportedError(fmt::format("expression {} of Spark Connect",
                                          static_cast<int>(expression.expr_type_case())),
                              "expr(\"…\") with SQL");
  }
}

/// when(c1, v1).when(c2, v2).otherwise(v): conditions and values in turn, then the rest.
ExpressionPtr CaseOf(std::vector<ExpressionPtr> arguments) {
  syntax::Case result;
  size_t i = 0;
  for (; i + 1 < arguments.size(); i += 2) {
    result.branches.emplace_back(std::move(arguments[i]), std::move(arguments[i + 1]));
  }
  if (i < arguments.size()) result.otherwise = std::move(arguments[i]);
  return MakeExpression(std::move(result));
}

}  // namespace

arrow::Result<ExpressionPtr> Translator::Translate(const proto::Expression& expression) {
  ARROW_ASSIGN_OR_RAISE(ExpressionPtr translated, TranslateKind(expression));
  if (translated->height > syntax::kNestingMax) {
    return MakeError("PLAN_TOO_DEEP", {{"limit", std::to_string(syntax::kNestingMax)}});
  }
  return translated;
}

arrow::Result<ExpressionPtr> Translator::TranslateKind(const proto::Expression& expression) {
  switch (expression.expr_type_case()) {
    case proto::Expression::kLiteral: {
      ARROW_ASSIGN_OR_RAISE(TypedValue value, ToValue(expression.literal()));
      return LiteralOf(std::move(value));
    }
    case proto::Expression::kUnresolvedAttribute:
      return TranslateAttribute(expression.unresolved_attribute());
    case proto::Expression::kUnresolvedStar:
      return TranslateStar(expression.unresolved_star());
    case proto::Expression::kUnresolvedFunction: {
      const auto& function = expression.unresolved_function();
      return TranslateCall(function.function_name(), function.is_distinct(), function.arguments());
    }
    case proto::Expression::kCallFunction: {
      const auto& call = expression.call_function();
      ARROW_ASSIGN_OR_RAISE(auto parts, ParseIdentifier(call.function_name()));
      return TranslateCall(std::move(parts.back()), false, call.arguments());
    }
    case proto::Expression::kExpressionString:
      return surroundings_.parse_expression(expression.expression_string().expression());
    case proto::Expression::kAlias:
      return TranslateAlias(expression.alias());
    case proto::Expression::kCast:
      return TranslateCast(expression.cast());
    case proto::Expression::kUnresolvedExtractValue: {
      const auto& extract = expression.unresolved_extract_value();
      ARROW_ASSIGN_OR_RAISE(ExpressionPtr child, Translate(extract.child()));
      ARROW_ASSIGN_OR_RAISE(ExpressionPtr key, Translate(extract.extraction()));
      // A field of a struct or a map's value by a name; else an element.
      const bool is_name = extract.extraction().literal().has_string();
      return syntax::MakeCall(is_name ? "getfield" : "getitem", {std::move(child), std::move(key)});
    }
    default:
      return Refuse(expression);
  }
}

arrow::Result<ExpressionPtr> Translator::TranslateAttribute(
    const proto::Expression::UnresolvedAttribute& attribute) {
  if (attribute.is_metadata_column()) {
    return UnsupportedError("DataFrame.metadataColumn", "a column of the data");
  }
  syntax::Name name;
  ARROW_ASSIGN_OR_RAISE(name.parts, ParseIdentifier(attribute.unparsed_identifier()));
  if (attribute.has_plan_id()) name.plan_id = attribute.plan_id();
  return MakeExpression(std::move(name));
}

arrow::Result<ExpressionPtr> Translator::TranslateStar(
    const proto::Expression::UnresolvedStar& star) {
  if (star.has_plan_id() && std::find(star_plan_ids_.begin(), star_plan_ids_.end(),
                                      star.plan_id()) == star_plan_ids_.end()) {
    return UnsupportedError("df[\"*\"] of another DataFrame than the one selected from",
                            "alias(\"t\") and select(\"t.*\")");
  }
  if (!star.has_unparsed_target()) return MakeExpression(syntax::Star{});
  std::string_view target = star.unparsed_target();
  if (target.ends_with(".*")) target.remove_suffix(2);
  ARROW_ASSIGN_OR_RAISE(auto qualifier, ParseIdentifier(target));
  return MakeExpression(syntax::Star{std::move(qualifier)});
}

arrow::Result<ExpressionPtr> Translator::TranslateCall(
    const std::string& name, bool is_distinct,
    const google::protobuf::RepeatedPtrField<proto::Expression>& of) {
  ARROW_ASSIGN_OR_RAISE(auto arguments, TranslateAll(of));
  if (EqualsIgnoreCase(name, "when") && arguments.size() >= 2) return CaseOf(std::move(arguments));
  return MakeExpression(syntax::Call{NameInTree(name), std::move(arguments), is_distinct, nullptr});
}

arrow::Result<ExpressionPtr> Translator::TranslateCast(const proto::Expression::Cast& cast) {
  if (!cast.has_expr()) return Malformed("a cast of nothing");
  if (cast.eval_mode() == proto::Expression::Cast::EVAL_MODE_LEGACY) {
    return UnsupportedError("casts that wrap (spark.sql.ansi.enabled = false)", "try_cast");
  }
  syntax::Cast result;
  ARROW_ASSIGN_OR_RAISE(result.argument, Translate(cast.expr()));
  if (cast.has_type()) {
    ARROW_ASSIGN_OR_RAISE(result.type, ToType(cast.type()));
  } else {
    ARROW_ASSIGN_OR_RAISE(result.type, ParseTypeText(cast.type_str()));
  }
  result.is_try = cast.eval_mode() == proto::Expression::Cast::EVAL_MODE_TRY;
  return MakeExpression(std::move(result));
}

arrow::Result<ExpressionPtr> Translator::TranslateAlias(const proto::Expression::Alias& alias) {
  if (alias.name_size() != 1) {
    return UnsupportedError("an alias of several names", "one alias a column");
  }
  if (alias.has_metadata()) {
    return UnsupportedError("metadata of columns (alias(metadata=…))", "alias without metadata");
  }
  ARROW_ASSIGN_OR_RAISE(ExpressionPtr argument, Translate(alias.expr()));
  return MakeExpression(syntax::Alias{std::move(argument), alias.name(0)});
}

arrow::Result<syntax::SortKey> Translator::TranslateSortKey(
    const proto::Expression::SortOrder& order) {
  syntax::SortKey key;
  if (!order.has_child()) return Malformed("a sort key of nothing");
  ARROW_ASSIGN_OR_RAISE(key.expression, Translate(order.child()));
  key.ascending = order.direction() != proto::Expression::SortOrder::SORT_DIRECTION_DESCENDING;
  if (order.null_ordering() == proto::Expression::SortOrder::SORT_NULLS_FIRST) {
    key.nulls_first = true;
  } else if (order.null_ordering() == proto::Expression::SortOrder::SORT_NULLS_LAST) {
    key.nulls_first = false;
  }
  return key;
}

arrow::Result<std::vector<ExpressionPtr>> Translator::TranslateAll(
    const google::protobuf::RepeatedPtrField<proto::Expression>& expressions) {
  std::vector<ExpressionPtr> all;
  all.reserve(static_cast<size_t>(expressions.size()));
  for (const proto::Expression& expression : expressions) {
    ARROW_ASSIGN_OR_RAISE(all.emplace_back(), Translate(expression));
  }
  return all;
}

arrow::Result<std::vector<std::string>> ParseIdentifier(std::string_view text) {
  const auto broken = [&](const char* hint) {
    return MakeError("PARSE_SYNTAX_ERROR", {{"error", fmt::format("'{}'", text)}, {"hint", hint}});
  };
  std::vector<std::string> parts;
  size_t at = 0;
  while (true) {
    std::string part;
    if (at < text.size() && text[at] == '`') {
      for (++at;; ++at) {
        if (at >= text.size()) return broken(": a backtick is not closed");
        if (text[at] != '`') {
          part.push_back(text[at]);
        } else if (at + 1 < text.size() && text[at + 1] == '`') {
          part.push_back(text[at++]);
        } else {
          break;
        }
      }
      ++at;
      if (at < text.size() && text[at] != '.') return broken(": a dot must follow the backtick");
    } else {
      const size_t end = std::min(text.find('.', at), text.size());
      part = text.substr(at, end - at);
      if (part.find('`') != part.npos) return broken(": a backtick stands inside of a name");
      if (part.empty() && !(parts.empty() && end == text.size())) {
        return broken(": a name is empty");
      }
      at = end;
    }
    parts.push_back(std::move(part));
    if (at >= text.size()) return parts;
    ++at;
  }
}

}  // namespace sabot::spark
