#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sabot/functions/function.h"

namespace sabot {

/// All functions by name, without regard to case. Immutable once made; one a process.
class FunctionRegistry final : public FunctionResolver {
 public:
  /// The built-in functions, filled on first use from the ordered list of families in registry.cc.
  static const FunctionRegistry& Default();

  ~FunctionRegistry() override;

  /// Null if there is none. At most 50 ns.
  const ScalarFunction* FindScalar(std::string_view name) const;
  const AggregateFunction* FindAggregate(std::string_view name) const;

  arrow::Result<ResolvedFunction> Resolve(
      std::string_view name, std::span<const Type> arguments, const EvaluationSettings& settings,
      std::span<const TypedValue* const> constants = {}) const override;
  arrow::Result<ResolvedFunction> ResolveCast(const Type& from, const Type& to, bool is_try,
                                              const EvaluationSettings& settings) const override;
  arrow::Result<ResolvedAggregate> ResolveAggregate(std::string_view name,
                                                    std::span<const Type> arguments,
                                                    const EvaluationSettings& settings) const;

  std::span<const ScalarFunction> scalars() const;
  std::span<const AggregateFunction> aggregates() const;
  /// Known names, for suggestions and SHOW FUNCTIONS, sorted.
  std::vector<std::string> Names() const;

 private:
  FunctionRegistry();
  struct Index;
  std::unique_ptr<Index> index_;
};

}  // namespace sabot
