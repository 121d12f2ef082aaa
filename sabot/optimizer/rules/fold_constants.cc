#include "sabot/expression/evaluator.h"
#include "sabot/optimizer/expressions.h"
#include "sabot/optimizer/rules.h"

namespace sabot::rules {
namespace {

const TypedValue* ValueOf(const ExpressionPtr& expression) {
  const auto* literal = expression->As<LiteralValue>();
  return literal == nullptr ? nullptr : &literal->value;
}

bool IsTrue(const ExpressionPtr& expression) {
  const TypedValue* value = ValueOf(expression);
  return value != nullptr && !value->is_null() && value->type.id() == TypeId::kBoolean &&
         std::get<bool>(value->value);
}
bool IsFalse(const ExpressionPtr& expression) {
  const TypedValue* value = ValueOf(expression);
  return value != nullptr && !value->is_null() && value->type.id() == TypeId::kBoolean &&
         !std::get<bool>(value->value);
}

constexpr std::pair<std::string_view, std::string_view> kOpposites[] = {
    {"=", "<>"}, {"<", ">="}, {">", "<="}};

class Folder {
 public:
  explicit Folder(const OptimizerContext& context) : context_(context) {}

  ExpressionPtr Fold(const ExpressionPtr& expression) const {
    if (expression == nullptr) return nullptr;
    return RewriteExpression(expression,
                             [this](const ExpressionPtr& node) { return FoldNode(node); });
  }

 private:
  ExpressionPtr FoldNode(const ExpressionPtr& node) const {
    if (const auto* call = node->As<FunctionCall>()) return FoldCall(node, *call);
    if (const auto* cast = node->As<CastTo>()) {
      return ValueOf(cast->argument) == nullptr ? node : Evaluated(node);
    }
    if (const auto* branches = node->As<CaseWhen>()) {
      // A leading branch that is always or never taken.
      if (IsTrue(branches->branches[0].first)) return branches->branches[0].second;
    }
    return node;
  }

  ExpressionPtr FoldCall(const ExpressionPtr& node, const FunctionCall& call) const {
    if (call.function == "and" || call.function == "or") {
      const bool is_and = call.function == "and";
      const auto absorbs = is_and ? IsFalse : IsTrue;
      const auto is_neutral = is_and ? IsTrue : IsFalse;
      if (call.arguments.size() != 2) return node;
      // The other side is not evaluated, so an error of its is none.
      for (const ExpressionPtr& argument : call.arguments) {
        if (absorbs(argument)) return argument;
      }
      if (is_neutral(call.arguments[0])) return call.arguments[1];
      if (is_neutral(call.arguments[1])) return call.arguments[0];
    }
    if (call.function == "not") {
      // One form for `a <> b` and NOT a = b. Comparisons order NaN too, so each has its opposite.
      const auto* compared = call.arguments[0]->As<FunctionCall>();
      for (const auto& [one, opposite] : kOpposites) {
        if (compared == nullptr) break;
        if (compared->function != one && compared->function != opposite) continue;
        FunctionCall turned = *compared;
        turned.function = compared->function == one ? opposite : one;
        return MakeExpression(std::move(turned), node->type, node->nullable, node->span);
      }
    }
    if (call.function == "getfield") {
      const auto* made = call.arguments[0]->As<FunctionCall>();
      const TypedValue* name = ValueOf(call.arguments[1]);
      if (made != nullptr && made->function == "named_struct" && name != nullptr &&
          !name->is_null()) {
        for (size_t i = 0; i + 1 < made->arguments.size(); i += 2) {
          const TypedValue* field = ValueOf(made->arguments[i]);
          if (field != nullptr && *field == *name) return made->arguments[i + 1];
        }
      }
    }
    for (const ExpressionPtr& argument : call.arguments) {
      if (ValueOf(argument) == nullptr) return node;
    }
    const auto resolved = context_.functions->Resolve(
        call.function, TypesOf(call.arguments), context_.settings, ConstantsOf(call.arguments));
    return resolved.ok() && resolved->is_deterministic ? Evaluated(node) : node;
  }

  // An error stays in the plan: it is one only if a row reaches it.
  ExpressionPtr Evaluated(const ExpressionPtr& node) const {
    auto value = EvaluateConstant(node, *context_.functions, context_.settings);
    if (!value.ok()) return node;
    value->type = node->type;
    return MakeLiteral(std::move(*value), node->span);
  }

  const OptimizerContext& context_;
};

}  // namespace

/// Evaluate what has only literals below it, drop what AND and OR make superfluous, turn NOT of a
/// comparison into the opposite one, take fields out of structs made in place. A filter that is
/// always true goes; one that never is becomes no rows.
arrow::Result<LogicalPtr> FoldConstants(const LogicalPtr& plan, const OptimizerContext& context) {
  const Folder folder(context);
  return RewritePlan(plan, [&](const LogicalPtr& node) -> LogicalPtr {
    LogicalStep step = node->step;
    if (auto* filter = std::get_if<LogicalFilter>(&step)) {
      filter->condition = folder.Fold(filter->condition);
      if (IsTrue(filter->condition)) return node->input();
      const TypedValue* value = ValueOf(filter->condition);
      if (value != nullptr && !IsUnbounded(node))
        return MakeLogical(LogicalValues{node->output, {}});
    } else if (auto* project = std::get_if<LogicalProject>(&step)) {
      for (NamedExpression& named : project->expressions)
        named.expression = folder.Fold(named.expression);
    } else if (auto* aggregate = std::get_if<LogicalAggregate>(&step)) {
      for (NamedExpression& key : aggregate->keys) key.expression = folder.Fold(key.expression);
      for (AggregateCall& call : aggregate->aggregates) {
        for (ExpressionPtr& argument : call.arguments) argument = folder.Fold(argument);
        call.filter = folder.Fold(call.filter);
      }
    } else if (auto* join = std::get_if<LogicalJoin>(&step)) {
      for (ExpressionPtr& key : join->left_keys) key = folder.Fold(key);
      for (ExpressionPtr& key : join->right_keys) key = folder.Fold(key);
      join->residual = folder.Fold(join->residual);
      if (join->residual != nullptr && IsTrue(join->residual)) join->residual = nullptr;
    } else if (auto* sort = std::get_if<LogicalSort>(&step)) {
      for (SortKey& key : sort->keys) key.expression = folder.Fold(key.expression);
      std::erase_if(sort->keys,
                    [](const SortKey& key) { return ValueOf(key.expression) != nullptr; });
      if (sort->keys.empty())
        return MakeLogical(LogicalLimit{sort->limit, sort->offset}, node->inputs);
    } else {
      return node;
    }
    return MakeLogical(std::move(step), node->inputs);
  });
}

}  // namespace sabot::rules
