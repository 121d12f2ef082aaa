#include "sabot/functions/aggregate/aggregate_loop.h"

#include "sabot/functions/resolve.h"

namespace sabot::aggregate {

bool TakesBack(const AggregateUpdate& update) {
  if (update.weights == nullptr) return false;
  bool any = false;
  ForEachRow(update.batch_rows, [&](int32_t row) { any |= update.weights[row] < 0; });
  return any;
}

arrow::Result<Type> NumericArgument(std::string_view name, std::span<const Type> arguments,
                                    bool takes_intervals) {
  if (arguments.size() != 1) return WrongNumArgs(name, "1", arguments.size());
  const Type& type = arguments[0];
  if (type.is_numeric()) return type;
  if (type.is_null() || type.is_string()) return Type(TypeId::kDouble);
  const bool is_interval =
      type.id() == TypeId::kYearMonthInterval || type.id() == TypeId::kDayTimeInterval;
  if (takes_intervals && is_interval) return type;
  return ArgumentMismatch(
      name, arguments,
      takes_intervals ? "a number or an interval is expected" : "a number is expected");
}

}  // namespace sabot::aggregate
