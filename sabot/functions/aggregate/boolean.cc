#include "sabot/functions/aggregate/aggregate_loop.h"
#include "sabot/functions/families.h"
#include "sabot/functions/resolve.h"

/// bool_and and bool_or. Both answers are counted, so that values can be taken back.
namespace sabot {
namespace {

struct Votes {
  int64_t num_true;
  int64_t num_false;

  bool Add(uint8_t value, int64_t weight) {
    num_true += value * weight;
    num_false += (1 - value) * weight;
    return true;
  }
  bool Merge(const Votes& other) {
    num_true += other.num_true;
    num_false += other.num_false;
    return true;
  }
};

// Votes are never refused.
arrow::Status Refuse() { return InternalError("a vote was refused"); }

template <bool kIsAnd>
arrow::Status FinalizeVotes(std::span<const uint8_t* const> states, BufferPool& pool,
                            Vector* result) {
  aggregate::FinalizeEach<Votes, uint8_t>(
      states, pool, result, [](const Votes& votes, uint8_t* value) {
        *value = kIsAnd ? votes.num_false == 0 : votes.num_true != 0;
        return votes.num_true != 0 || votes.num_false != 0;
      });
  return arrow::Status::OK();
}

template <bool kIsAnd>
arrow::Result<ResolvedAggregate> ResolveVotes(std::span<const Type> arguments,
                                              const EvaluationSettings&) {
  constexpr std::string_view kName = kIsAnd ? "bool_and" : "bool_or";
  if (arguments.size() != 1) return WrongNumArgs(kName, "1", arguments.size());
  if (arguments[0].id() != TypeId::kBoolean && !arguments[0].is_null()) {
    return ArgumentMismatch(kName, arguments, "a BOOLEAN is expected");
  }
  ResolvedAggregate resolved;
  resolved.arguments = {Type(TypeId::kBoolean)};
  resolved.result = Type(TypeId::kBoolean);
  resolved.takes_back = true;
  aggregate::SetKernels<Votes, uint8_t, Refuse>(&resolved);
  resolved.finalize = FinalizeVotes<kIsAnd>;
  return resolved;
}

}  // namespace

std::span<const AggregateFunction> BooleanAggregates() {
  static const AggregateFunction kFunctions[] = {
      {.name = "bool_and",
       .doc = {.signature = "bool_and(expr BOOLEAN) -> BOOLEAN",
               .summary = "Are all values true? NULL if there is none.",
               .example = {"bool_and(col) FROM VALUES (true), (NULL), (false) AS t(col)", "false"}},
       .resolve = ResolveVotes<true>,
       .aliases = {"every"}},
      {.name = "bool_or",
       .doc = {.signature = "bool_or(expr BOOLEAN) -> BOOLEAN",
               .summary = "Is any value true? NULL if there is none.",
               .example = {"bool_or(col) FROM VALUES (true), (NULL), (false) AS t(col)", "true"}},
       .resolve = ResolveVotes<false>,
       .aliases = {"some", "any"}},
  };
  return kFunctions;
}

}  // namespace sabot
