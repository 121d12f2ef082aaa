#include "sabot/functions/scalar/interval_field.h"

#include "sabot/datetime/calendar.h"
#include "sabot/functions/kernels.h"

namespace sabot {
namespace {

// What whole kGreater leave, in whole kUnit; kGreater 0: all of it.
template <typename Result, typename Interval, int64_t kGreater, int64_t kUnit>
arrow::Status Field(const KernelInput& input, Vector* result) {
  const Vector interval[] = {input.arguments[1]};
  const KernelInput of_interval{.arguments = interval,
                                .rows = input.rows,
                                .num_rows = input.num_rows,
                                .result_type = input.result_type,
                                .pool = input.pool};
  MapUnary<Result, Interval>(of_interval, result, [](Interval value) {
    const int64_t rest = kGreater == 0 ? int64_t{value} : int64_t{value} % (kGreater + !kGreater);
    return static_cast<Result>(rest / kUnit);
  });
  return arrow::Status::OK();
}

struct NamedField {
  std::string_view names;  // each between commas
  TypeId interval;
  Type type;
  Kernel kernel;
};

}  // namespace

std::optional<ResolvedFunction> FindIntervalField(std::string_view name, const Type& interval) {
  using enum TypeId;
  static const NamedField kFields[] = {
      {",YEAR,Y,YEARS,YR,YRS,", kYearMonthInterval, Type(kInt), &Field<int32_t, int32_t, 0, 12>},
      {",MONTH,MON,MONS,MONTHS,", kYearMonthInterval, Type(kByte), &Field<int8_t, int32_t, 12, 1>},
      {",DAY,D,DAYS,", kDayTimeInterval, Type(kInt), &Field<int32_t, int64_t, 0, kMicrosPerDay>},
      {",HOUR,H,HOURS,HR,HRS,", kDayTimeInterval, Type(kByte),
       &Field<int8_t, int64_t, kMicrosPerDay, kMicrosPerHour>},
      {",MINUTE,M,MIN,MINS,MINUTES,", kDayTimeInterval, Type(kByte),
       &Field<int8_t, int64_t, kMicrosPerHour, kMicrosPerMinute>},
      {",SECOND,S,SEC,SECONDS,SECS,", kDayTimeInterval, Type::Decimal(8, 6),
       &Field<int64_t, int64_t, kMicrosPerMinute, 1>},
  };
  for (const NamedField& field : kFields) {
    const bool is_named = field.names.find("," + std::string(name) + ",") != std::string_view::npos;
    if (!is_named || field.interval != interval.id()) continue;
    return ResolvedFunction{
        .arguments = {Type(kString), interval}, .result = field.type, .kernel = field.kernel};
  }
  return std::nullopt;
}

}  // namespace sabot
