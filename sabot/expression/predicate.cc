#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include "sabot/expression/evaluator.h"
#include "sabot/expression/node.h"
#include "sabot/expression/value_order.h"

namespace sabot {
namespace {

using internal::NodePtr;
using internal::SelectionWriter;

// One condition of a conjunction.
class Conjunct {
 public:
  virtual ~Conjunct() = default;
  /// Add those of the rows that pass; *passed has room for all.
  virtual arrow::Status Narrow(const Batch& batch, Rows rows, SelectionWriter* passed) = 0;
};

class ExpressionConjunct final : public Conjunct {
 public:
  explicit ExpressionConjunct(NodePtr node) : node_(std::move(node)) {}

  arrow::Status Narrow(const Batch& batch, Rows rows, SelectionWriter* passed) override {
    Vector condition;
    ARROW_RETURN_NOT_OK(node_->Evaluate(batch, rows, &condition));
    internal::ForEachBoolean(condition, rows, [&](int32_t row, bool value, bool is_valid) {
      passed->Add(row, value & is_valid);
    });
    return arrow::Status::OK();
  }

 private:
  NodePtr node_;
};

enum class Comparator : uint8_t {
  kEqual,
  kNotEqual,
  kLess,
  kLessOrEqual,
  kGreater,
  kGreaterOrEqual
};

struct ComparatorNames {
  std::string_view name;
  Comparator comparator;
  Comparator flipped;  // with left and right exchanged
};
constexpr std::array<ComparatorNames, 6> kComparators = {{
    {"=", Comparator::kEqual, Comparator::kEqual},
    {"<>", Comparator::kNotEqual, Comparator::kNotEqual},
    {"<", Comparator::kLess, Comparator::kGreater},
    {"<=", Comparator::kLessOrEqual, Comparator::kGreaterOrEqual},
    {">", Comparator::kGreater, Comparator::kLess},
    {">=", Comparator::kGreaterOrEqual, Comparator::kLessOrEqual},
}};

// column <comparator> literal over numbers: from flat values to positions, no vector of booleans
// between. Any other encoding goes the general way.
class ComparisonConjunct final : public Conjunct {
 public:
  ComparisonConjunct(int column, Comparator comparator, const TypedValue& value, NodePtr general)
      : column_(static_cast<size_t>(column)),
        comparator_(comparator),
        constant_(Vector::Constant(value, 1)),
        general_(std::move(general)) {}

  arrow::Status Narrow(const Batch& batch, Rows rows, SelectionWriter* passed) override {
    const Vector& column = batch.column(column_);
    if (!column.is_flat()) return general_.Narrow(batch, rows, passed);
    switch (column.kind()) {
      case Kind::kI8:
        return NarrowKind<int8_t>(column, rows, passed);
      case Kind::kI16:
        return NarrowKind<int16_t>(column, rows, passed);
      case Kind::kI32:
        return NarrowKind<int32_t>(column, rows, passed);
      case Kind::kI64:
        return NarrowKind<int64_t>(column, rows, passed);
      case Kind::kI128:
        return NarrowKind<Int128>(column, rows, passed);
      case Kind::kF32:
        return NarrowKind<float>(column, rows, passed);
      case Kind::kF64:
        return NarrowKind<double>(column, rows, passed);
      default:
        return general_.Narrow(batch, rows, passed);
    }
  }

 private:
  template <typename T>
  arrow::Status NarrowKind(const Vector& column, Rows rows, SelectionWriter* passed) const {
    const T* const values = column.data<T>();
    const T constant = constant_.data<T>()[0];
    const auto select = [&](auto compare) {
      // By value, so that the count stays in a register through the loop.
      SelectionWriter local = *passed;
      if (const uint64_t* bits = column.validity(); bits != nullptr) {
        ForEachRow(rows, [&](int32_t row) {
          local.Add(row, compare(values[row], constant) & GetBit(bits, row));
        });
      } else {
        ForEachRow(rows, [&](int32_t row) { local.Add(row, compare(values[row], constant)); });
      }
      *passed = std::move(local);
    };
    switch (comparator_) {
      case Comparator::kEqual:
        select(IsEqual());
        break;
      case Comparator::kNotEqual:
        select(IsNotEqual());
        break;
      case Comparator::kLess:
        select(IsLess());
        break;
      case Comparator::kLessOrEqual:
        select(IsLessOrEqual());
        break;
      case Comparator::kGreater:
        select(IsGreater());
        break;
      case Comparator::kGreaterOrEqual:
        select(IsGreaterOrEqual());
        break;
    }
    return arrow::Status::OK();
  }

  size_t column_;
  Comparator comparator_;
  Vector constant_;
  ExpressionConjunct general_;
};

class ConjunctionPredicate final : public Predicate {
 public:
  ConjunctionPredicate(std::unique_ptr<BufferPool> pool,
                       std::vector<std::unique_ptr<Conjunct>> conjuncts)
      : pool_(std::move(pool)), conjuncts_(std::move(conjuncts)) {}

  arrow::Status Select(Batch* batch) override {
    Rows rows = batch->rows();
    const int32_t count_before = rows.count;
    BufferPtr buffer;
    for (const auto& conjunct : conjuncts_) {
      if (rows.count == 0) break;
      SelectionWriter passed(rows.count, *pool_);
      ARROW_RETURN_NOT_OK(conjunct->Narrow(*batch, rows, &passed));
      if (passed.count() == rows.count) continue;
      rows = passed.rows();
      buffer = passed.buffer();
    }
    if (rows.count < count_before) batch->SetSelection(std::move(buffer), rows.count);
    return arrow::Status::OK();
  }

 private:
  std::unique_ptr<BufferPool> pool_;
  std::vector<std::unique_ptr<Conjunct>> conjuncts_;
};

void CollectConjuncts(const ExpressionPtr& condition, std::vector<ExpressionPtr>* conjuncts) {
  const auto* call = condition->As<FunctionCall>();
  if (call == nullptr || call->function != "and") {
    conjuncts->push_back(condition);
    return;
  }
  for (const ExpressionPtr& argument : call->arguments) CollectConjuncts(argument, conjuncts);
}

// A comparison of a column with a literal of its type that is not NULL, else null.
std::unique_ptr<Conjunct> MakeComparison(const ExpressionPtr& condition, const Layout& layout,
                                         NodePtr* general) {
  const auto* call = condition->As<FunctionCall>();
  if (call == nullptr || call->arguments.size() != 2) return nullptr;
  const auto* names =
      std::ranges::find(kComparators, std::string_view(call->function), &ComparatorNames::name);
  if (names == kComparators.end()) return nullptr;
  const bool is_flipped = call->arguments[0]->As<ColumnRef>() == nullptr;
  const ExpressionPtr& left = call->arguments[is_flipped ? 1 : 0];
  const ExpressionPtr& right = call->arguments[is_flipped ? 0 : 1];
  const auto* column = left->As<ColumnRef>();
  const auto* literal = right->As<LiteralValue>();
  if (column == nullptr || literal == nullptr || literal->value.is_null()) return nullptr;
  if (left->type != right->type) return nullptr;
  TypedValue value = literal->value;
  value.type = right->type;
  return std::make_unique<ComparisonConjunct>(layout.Find(column->id),
                                              is_flipped ? names->flipped : names->comparator,
                                              value, std::move(*general));
}

}  // namespace

arrow::Result<std::unique_ptr<Predicate>> MakePredicate(const ExpressionPtr& condition,
                                                        const Layout& layout,
                                                        const FunctionResolver& resolver,
                                                        const EvaluationSettings& settings) {
  auto pool = std::make_unique<BufferPool>();
  const internal::CompileContext context{layout, resolver, settings, *pool};
  std::vector<ExpressionPtr> parts;
  CollectConjuncts(condition, &parts);
  std::vector<std::unique_ptr<Conjunct>> conjuncts;
  for (const ExpressionPtr& part : parts) {
    ARROW_ASSIGN_OR_RAISE(NodePtr node, internal::CompileAs(part, Type(TypeId::kBoolean), context));
    auto comparison = MakeComparison(part, layout, &node);
    conjuncts.push_back(comparison != nullptr
                            ? std::move(comparison)
                            : std::make_unique<ExpressionConjunct>(std::move(node)));
  }
  return std::make_unique<ConjunctionPredicate>(std::move(pool), std::move(conjuncts));
}

}  // namespace sabot
