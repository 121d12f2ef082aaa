#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "sabot/expression/kernel.h"

namespace sabot {

/// What a user reads about a function. The example runs as a test: SELECT <expression> gives
/// <result>.
struct FunctionDoc {
  struct Example {
    std::string_view expression;
    std::string_view result;  ///< as a printed cell
  };
  std::string_view signature;  ///< "tumble(ts TIMESTAMP, size INTERVAL) -> TIMESTAMP"
  std::string_view summary;
  Example example;
};

/// A scalar function of the registry. A function lives in its family's file, which lists it
/// (functions/scalar/<family>.cc).
struct ScalarFunction {
  std::string_view name;  ///< lower case; operators by their sign
  FunctionDoc doc;
  /// Choose the overload for the types given. Implicit casts follow Spark's ANSI precedence.
  /// Errors: WRONG_NUM_ARGS, DATATYPE_MISMATCH.
  arrow::Result<ResolvedFunction> (*resolve)(std::span<const Type> arguments,
                                             const EvaluationSettings& settings);
  std::vector<std::string_view> aliases = {};
  /// Instead of `resolve` where the literals are known and the result's type depends on them (the
  /// name of a field). constants: one an argument, its value if it is a literal, else null.
  arrow::Result<ResolvedFunction> (*resolve_with)(std::span<const Type> arguments,
                                                  std::span<const TypedValue* const> constants,
                                                  const EvaluationSettings& settings) = nullptr;
};

/// Bytes of an aggregate's state within a row of a KeyedTable.
struct AggregateUpdate {
  uint8_t* const* rows;               ///< rows[i]: the table row that batch row i belongs to
  uint32_t offset;                    ///< of the state within the table row, 8-byte aligned
  std::span<const Vector> arguments;  ///< flat or constant; of resolved types
  Rows batch_rows;                    ///< active rows; rows[] is indexed by batch position
  const int64_t* weights = nullptr;   ///< by batch position; null: all 1
  class StateHeap* heap = nullptr;    ///< where states of variable size keep their bytes
};

/// One overload of an aggregate function: a state of fixed size and its kernels. All work in place
/// on table rows.
struct ResolvedAggregate {
  std::vector<Type> arguments;
  Type result;
  bool nullable = true;      ///< may the result be NULL (sum of nothing)
  uint32_t state_bytes = 8;  ///< multiple of 8; zero bytes are the empty state
  bool has_heap = false;     ///< keeps strings: the state begins with a StringView into `heap`
  bool takes_back = false;   ///< accepts negative weights (count, sum, avg); min and max do not
  arrow::Status (*update)(const AggregateUpdate& update) = nullptr;
  /// The same where all rows belong to one state, as in an aggregate without groups: several times
  /// faster. `rows` and `offset` are not read.
  arrow::Status (*update_one)(uint8_t* state, const AggregateUpdate& update) = nullptr;
  /// target += source: two states of the same group.
  arrow::Status (*combine)(uint8_t* target, const uint8_t* source, class StateHeap* heap) = nullptr;
  /// states[i] -> row i of *result, which is flat and sized; strings are copied into its heaps.
  arrow::Status (*finalize)(std::span<const uint8_t* const> states, BufferPool& pool,
                            Vector* result) = nullptr;
};

struct AggregateFunction {
  std::string_view name;
  FunctionDoc doc;
  arrow::Result<ResolvedAggregate> (*resolve)(std::span<const Type> arguments,
                                              const EvaluationSettings& settings);
  std::vector<std::string_view> aliases = {};
};

}  // namespace sabot
