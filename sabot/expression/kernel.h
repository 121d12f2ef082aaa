#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "arrow/result.h"

#include "sabot/vector/vector.h"

namespace sabot {

/// What a plan captures of its session, so that it means the same wherever and whenever it runs.
struct EvaluationSettings {
  std::string time_zone = "UTC";  ///< IANA name or offset
  bool ansi = true;               ///< errors instead of NULL or wrap-around
  int64_t now_us = 0;             ///< current_timestamp(), microseconds since 1970 UTC
  friend bool operator==(const EvaluationSettings&, const EvaluationSettings&) = default;
};

/// What a function prepares once a plan (a compiled pattern, a zone). Immutable, shared by tasks.
struct KernelState {
  virtual ~KernelState() = default;
};

struct KernelInput {
  std::span<const Vector> arguments;  ///< flat or constant, never dictionary
  Rows rows;                          ///< compute these; others are undefined
  int32_t num_rows = 0;               ///< size of the result
  const Type& result_type;
  BufferPool& pool;  ///< for the result and for scratch
  const KernelState* state = nullptr;
};

/// One function over one batch. Makes *result: flat of num_rows rows (or constant), with the nulls
/// it makes itself; to functions that propagate nulls the caller adds the arguments'. Errors: a
/// status by MakeError; the caller adds the position.
using Kernel = arrow::Status (*)(const KernelInput& input, Vector* result);

/// Prepare a call once a plan. constants[i]: the argument's value if it is a literal, else null.
using KernelBinder = arrow::Result<std::shared_ptr<const KernelState>> (*)(
    std::span<const TypedValue* const> constants, std::span<const Type> types,
    const EvaluationSettings& settings);

/// What a row with a null argument gives.
enum class NullRule : uint8_t {
  kPropagate,  ///< NULL; the kernel never sees to it, and functions that can throw never see such
               ///< rows
  kOwn,        ///< the kernel decides (coalesce, <=>, concat_ws); its result's validity is its own
};

/// How AND, OR, COALESCE, IF and NVL2 evaluate: later arguments only on rows that still need them.
enum class Laziness : uint8_t {
  kEager,
  kAnd,
  kOr,
  kCoalesce,
  kIf,         ///< argument 1 where argument 0 is true, else argument 2
  kIfNotNull,  ///< argument 1 where argument 0 is not null, else argument 2
};

/// One overload of a scalar function, chosen for argument types.
struct ResolvedFunction {
  std::vector<Type> arguments;  ///< the types the arguments are to be cast to
  Type result;
  /// Null for lazy ones, which the evaluator runs itself, and for casts that only change the type.
  Kernel kernel = nullptr;
  KernelBinder bind = nullptr;
  NullRule null_rule = NullRule::kPropagate;
  bool can_throw = false;  ///< never runs on rows or dictionary values nobody asked for
  bool is_deterministic = true;
  bool never_null = false;       ///< not nullable, whatever the arguments are
  bool always_nullable = false;  ///< may be NULL although no argument is (try_*, element access)
  Laziness laziness = Laziness::kEager;
};

/// Finds the overload of a function for argument types; implemented by functions/
/// (FunctionRegistry).
class FunctionResolver {
 public:
  virtual ~FunctionResolver() = default;
  /// constants[i]: the value of argument i if it is a literal, else null; empty: none is known.
  /// Some result types follow from them (field names of named_struct and getfield). Errors:
  /// UNRESOLVED_ROUTINE, WRONG_NUM_ARGS, DATATYPE_MISMATCH.
  virtual arrow::Result<ResolvedFunction> Resolve(
      std::string_view name, std::span<const Type> arguments, const EvaluationSettings& settings,
      std::span<const TypedValue* const> constants = {}) const = 0;
  /// The kernel of a cast; is_try: NULL instead of an error. Errors: DATATYPE_MISMATCH if there is
  /// no such cast.
  virtual arrow::Result<ResolvedFunction> ResolveCast(const Type& from, const Type& to, bool is_try,
                                                      const EvaluationSettings& settings) const = 0;
};

}  // namespace sabot
