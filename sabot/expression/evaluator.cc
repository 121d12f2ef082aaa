#include "sabot/expression/evaluator.h"

#include <algorithm>
#include <utility>

#include "sabot/base/error.h"
#include "sabot/expression/node.h"

namespace sabot {
namespace internal {
namespace {

class ColumnNode final : public Node {
 public:
  ColumnNode(Type type, int index) : Node(std::move(type)), index_(static_cast<size_t>(index)) {}
  arrow::Status Evaluate(const Batch& batch, Rows /*rows*/, Vector* result) override {
    *result = batch.column(index_);
    return arrow::Status::OK();
  }

 private:
  size_t index_;
};

class ConstantNode final : public Node {
 public:
  explicit ConstantNode(TypedValue value)
      : Node(value.type), value_(std::move(value)), vector_(Vector::Constant(value_, 1)) {}

  arrow::Status Evaluate(const Batch& batch, Rows /*rows*/, Vector* result) override {
    if (vector_.size() != batch.num_rows()) vector_ = vector_.AsConstant(batch.num_rows());
    *result = vector_;
    return arrow::Status::OK();
  }
  const TypedValue* constant() const override { return &value_; }

 private:
  TypedValue value_;
  Vector vector_;
};

Batch OneRow() {
  Batch batch;
  batch.set_num_rows(1);
  return batch;
}

bool AllConstant(const std::vector<NodePtr>& nodes) {
  return std::ranges::all_of(nodes,
                             [](const NodePtr& node) { return node->constant() != nullptr; });
}

// A value instead of a node over constants. If it cannot be computed the node stays: no row may
// ever need it.
NodePtr Folded(NodePtr node, bool has_constant_arguments) {
  if (!has_constant_arguments) return node;
  Vector value;
  if (!node->Evaluate(OneRow(), {nullptr, 1}, &value).ok()) return node;
  TypedValue folded = value.ValueAt(0);
  folded.type = node->type();
  return MakeConstantNode(std::move(folded));
}

// Values of both types are held alike and mean the same.
bool IsSameForKernels(const Type& left, const Type& right) {
  if (left == right) return true;
  if (left.id() != right.id() || !left.is_nested()) return false;
  return std::ranges::equal(
      left.fields(), right.fields(),
      [](const TypeField& a, const TypeField& b) { return IsSameForKernels(a.type, b.type); });
}

arrow::Result<NodePtr> CastNode(NodePtr argument, const Type& to, bool is_try, Span span,
                                const CompileContext& context) {
  if (argument->type().is_null()) return MakeConstantNode(TypedValue::Null(to));
  auto resolved = context.resolver.ResolveCast(argument->type(), to, is_try, context.settings);
  if (!resolved.ok()) return WithSpan(resolved.status(), span);
  const bool is_constant = argument->constant() != nullptr;
  std::vector<NodePtr> arguments;
  arguments.push_back(std::move(argument));
  ARROW_ASSIGN_OR_RAISE(NodePtr node,
                        MakeCallNode(std::move(*resolved), std::move(arguments), span, context));
  return Folded(std::move(node), is_constant);
}

NodePtr LazyNode(const ResolvedFunction& function, std::vector<NodePtr> arguments,
                 BufferPool& pool) {
  switch (function.laziness) {
    case Laziness::kAnd:
    case Laziness::kOr:
      return MakeAndOrNode(function.laziness == Laziness::kAnd, std::move(arguments), pool);
    case Laziness::kCoalesce:
      return MakeCoalesceNode(function.result, std::move(arguments), pool);
    default: {
      std::vector<CaseBranch> branches;
      branches.push_back({std::move(arguments[0]), std::move(arguments[1])});
      return MakeCaseNode(function.result, std::move(branches), std::move(arguments[2]),
                          function.laziness == Laziness::kIfNotNull, pool);
    }
  }
}

arrow::Result<NodePtr> CompileCall(const FunctionCall& call, Span span,
                                   const CompileContext& context) {
  std::vector<Type> types;
  for (const ExpressionPtr& argument : call.arguments) types.push_back(argument->type);
  auto resolved =
      context.resolver.Resolve(call.function, types, context.settings, ConstantsOf(call.arguments));
  if (!resolved.ok()) return WithSpan(resolved.status(), span);
  std::vector<NodePtr> arguments;
  for (size_t i = 0; i < types.size(); ++i) {
    ARROW_ASSIGN_OR_RAISE(NodePtr argument,
                          CompileAs(call.arguments[i], resolved->arguments[i], context));
    arguments.push_back(std::move(argument));
  }
  const bool is_foldable = resolved->is_deterministic && AllConstant(arguments);
  if (resolved->laziness != Laziness::kEager) {
    return Folded(LazyNode(*resolved, std::move(arguments), context.pool), is_foldable);
  }
  ARROW_ASSIGN_OR_RAISE(NodePtr node,
                        MakeCallNode(std::move(*resolved), std::move(arguments), span, context));
  return Folded(std::move(node), is_foldable);
}

arrow::Result<NodePtr> CompileCase(const CaseWhen& cases, const Type& type,
                                   const CompileContext& context) {
  std::vector<CaseBranch> branches;
  bool is_foldable = true;
  const auto see = [&](const NodePtr& node) {
    is_foldable = is_foldable && node->constant() != nullptr;
  };
  for (const auto& [condition, value] : cases.branches) {
    CaseBranch branch;
    ARROW_ASSIGN_OR_RAISE(branch.condition, CompileAs(condition, Type(TypeId::kBoolean), context));
    ARROW_ASSIGN_OR_RAISE(branch.value, CompileAs(value, type, context));
    see(branch.condition), see(branch.value);
    branches.push_back(std::move(branch));
  }
  ARROW_ASSIGN_OR_RAISE(NodePtr otherwise, CompileAs(cases.otherwise, type, context));
  see(otherwise);
  return Folded(MakeCaseNode(type, std::move(branches), std::move(otherwise), false, context.pool),
                is_foldable);
}

}  // namespace

NodePtr MakeConstantNode(TypedValue value) {
  return std::make_unique<ConstantNode>(std::move(value));
}

arrow::Result<NodePtr> Compile(const ExpressionPtr& expression, const CompileContext& context) {
  if (const auto* literal = expression->As<LiteralValue>()) {
    TypedValue value = literal->value;
    value.type = expression->type;
    return MakeConstantNode(std::move(value));
  }
  if (const auto* column = expression->As<ColumnRef>()) {
    const int index = context.layout.Find(column->id);
    if (index < 0) return InternalError("Column " + ToText(expression) + " is not in the layout");
    return std::make_unique<ColumnNode>(expression->type, index);
  }
  if (const auto* call = expression->As<FunctionCall>()) {
    return CompileCall(*call, expression->span, context);
  }
  if (const auto* cast = expression->As<CastTo>()) {
    ARROW_ASSIGN_OR_RAISE(NodePtr argument, Compile(cast->argument, context));
    if (argument->type() == expression->type) return argument;
    return CastNode(std::move(argument), expression->type, cast->is_try, expression->span, context);
  }
  return CompileCase(std::get<CaseWhen>(expression->node), expression->type, context);
}

arrow::Result<NodePtr> CompileAs(const ExpressionPtr& expression, const Type& type,
                                 const CompileContext& context) {
  ARROW_ASSIGN_OR_RAISE(NodePtr node, Compile(expression, context));
  if (IsSameForKernels(node->type(), type)) return node;
  return CastNode(std::move(node), type, false, expression->span, context);
}

}  // namespace internal

namespace {

class NodeEvaluator final : public Evaluator {
 public:
  NodeEvaluator(std::unique_ptr<BufferPool> pool, internal::NodePtr root)
      : pool_(std::move(pool)), root_(std::move(root)) {}

  arrow::Status Evaluate(const Batch& batch, Vector* result) override {
    return root_->Evaluate(batch, batch.rows(), result);
  }
  arrow::Status Evaluate(const Batch& batch, Rows rows, Vector* result) override {
    return root_->Evaluate(batch, rows, result);
  }

 private:
  std::unique_ptr<BufferPool> pool_;
  internal::NodePtr root_;
};

}  // namespace

int Layout::Find(ColumnId id) const {
  const auto found = std::ranges::find(ids, id);
  return found == ids.end() ? -1 : static_cast<int>(found - ids.begin());
}

arrow::Result<std::unique_ptr<Evaluator>> MakeEvaluator(const ExpressionPtr& expression,
                                                        const Layout& layout,
                                                        const FunctionResolver& resolver,
                                                        const EvaluationSettings& settings) {
  auto pool = std::make_unique<BufferPool>();
  const internal::CompileContext context{layout, resolver, settings, *pool};
  ARROW_ASSIGN_OR_RAISE(internal::NodePtr root, internal::Compile(expression, context));
  return std::make_unique<NodeEvaluator>(std::move(pool), std::move(root));
}

arrow::Result<TypedValue> EvaluateConstant(const ExpressionPtr& expression,
                                           const FunctionResolver& resolver,
                                           const EvaluationSettings& settings) {
  ARROW_ASSIGN_OR_RAISE(auto evaluator, MakeEvaluator(expression, {}, resolver, settings));
  Batch batch;
  batch.set_num_rows(1);
  Vector result;
  ARROW_RETURN_NOT_OK(evaluator->Evaluate(batch, &result));
  TypedValue value = result.ValueAt(0);
  value.type = expression->type;
  return value;
}

}  // namespace sabot
