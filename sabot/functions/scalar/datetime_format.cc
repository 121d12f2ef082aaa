#include <optional>

#include "sabot/base/error.h"
#include "sabot/datetime/parse.h"
#include "sabot/datetime/pattern.h"
#include "sabot/functions/families.h"
#include "sabot/functions/scalar/local_time.h"

/// Dates and times from text and to text, by patterns. A pattern that is a literal is compiled once
/// a plan; one from rows, once as long as it stays the same.
namespace sabot {
namespace {

const Type kString(TypeId::kString);
const Type kLong(TypeId::kLong);
const Type kDate(TypeId::kDate);
const Type kTimestamp(TypeId::kTimestamp);
const Type kTimestampNtz(TypeId::kTimestampNtz);

using Types = std::span<const Type>;
using Settings = const EvaluationSettings&;
using Constants = std::span<const TypedValue* const>;
using Use = DateTimePattern::Use;

constexpr std::string_view kDefaultPattern = "yyyy-MM-dd HH:mm:ss";

struct PatternState final : ZoneState {
  std::optional<DateTimePattern> pattern;
};

template <Use kUse>
arrow::Result<std::shared_ptr<const KernelState>> BindPattern(Constants constants, Types,
                                                              Settings settings) {
  auto state = std::make_shared<PatternState>();
  ARROW_ASSIGN_OR_RAISE(state->zone, TimeZone::Find(settings.time_zone));
  state->now_us = settings.now_us;
  if (constants.size() < 2) {
    ARROW_ASSIGN_OR_RAISE(state->pattern, DateTimePattern::Make(kDefaultPattern, kUse));
  } else if (constants[1] != nullptr && !constants[1]->is_null()) {
    ARROW_ASSIGN_OR_RAISE(state->pattern,
                          DateTimePattern::Make(std::get<std::string>(constants[1]->value), kUse));
  }
  return state;
}

// The pattern of a row, from the second argument.
class RowPattern {
 public:
  RowPattern(const KernelInput& input, Use use)
      : bound_(static_cast<const PatternState*>(input.state)->pattern), use_(use) {
    if (!bound_.has_value()) texts_.emplace(input.arguments[1]);
  }
  arrow::Result<const DateTimePattern*> Of(int32_t row) {
    if (bound_.has_value()) return &*bound_;
    const std::string_view text = (*texts_)[row].view();
    if (!compiled_.has_value() || text != compiled_from_) {
      ARROW_ASSIGN_OR_RAISE(compiled_, DateTimePattern::Make(text, use_));
      compiled_from_ = text;
    }
    return &*compiled_;
  }

 private:
  const std::optional<DateTimePattern>& bound_;
  Use use_;
  std::optional<Operand<StringView>> texts_;
  std::optional<DateTimePattern> compiled_;
  std::string compiled_from_;
};

// ---- to text

// kUnit: microseconds in one of the argument: 1 of a TIMESTAMP, a second of from_unixtime's number.
template <int64_t kUnit>
arrow::Status Format(const KernelInput& input, Vector* result) {
  const TimeZone utc;
  const bool is_local = input.arguments[0].type().id() == TypeId::kTimestampNtz;
  const TimeZone& zone = is_local ? utc : ZoneOf(input).zone;
  RowPattern patterns(input, Use::kFormat);
  *result = Vector::Flat(input.result_type, input.num_rows, input.pool);
  auto* out = result->mutable_data<StringView>();
  StringWriter writer(input.pool);
  const Operand<int64_t> times(input.arguments[0]);
  for (int32_t i = 0; i < input.rows.count; ++i) {
    const int32_t row = input.rows[i];
    ARROW_ASSIGN_OR_RAISE(const DateTimePattern* pattern, patterns.Of(row));
    int64_t micros = 0;
    if (__builtin_mul_overflow(times[row], kUnit, &micros)) {
      return MakeError("DATETIME_OVERFLOW",
                       {{"operation", std::to_string(times[row]) + " seconds as a TIMESTAMP"}});
    }
    out[row] = writer.Write(pattern->Format(micros, zone));
  }
  writer.AttachTo(result);
  return arrow::Status::OK();
}

// ---- from text

arrow::Status CannotParse(std::string_view text, std::string_view function) {
  const std::string_view alternative = function == "to_date" ? "try_to_date" : "try_to_timestamp";
  return MakeError("CANNOT_PARSE_TIMESTAMP",
                   {{"message", "The text '" + std::string(text) + "' does not follow the format"},
                    {"func", std::string(alternative)}},
                   {}, "in " + std::string(function));
}

enum class Target : uint8_t { kDays, kMicros, kLocalMicros, kSeconds };

// A time in the target's unit; none: the text does not follow the pattern.
template <Target kTarget>
std::optional<int64_t> ParseOne(const DateTimePattern& pattern, std::string_view text,
                                const TimeZone& zone) {
  if constexpr (kTarget == Target::kDays || kTarget == Target::kLocalMicros) {
    const auto local = pattern.ParseLocal(text);
    if (!local.has_value()) return std::nullopt;
    return kTarget == Target::kDays ? DaysFromMicros(*local) : *local;
  } else {
    const auto micros = pattern.Parse(text, zone);
    if (!micros.has_value()) return std::nullopt;
    return kTarget == Target::kSeconds ? FloorDiv(*micros, kMicrosPerSecond) : *micros;
  }
}

// The same by CAST's rules, where no format is given.
template <Target kTarget>
std::optional<int64_t> ParseOne(std::string_view text, const ZoneState& state) {
  if constexpr (kTarget == Target::kDays) {
    return ParseDate(text);
  } else if constexpr (kTarget == Target::kLocalMicros) {
    return ParseTimestampNtz(text);
  } else {
    return ParseTimestamp(text, state.zone, state.now_us);
  }
}

template <Target kTarget, bool kHasFormat, OnFailure kOnFailure>
arrow::Status Parse(const KernelInput& input, Vector* result) {
  using Result = std::conditional_t<kTarget == Target::kDays, int32_t, int64_t>;
  const ZoneState& state = ZoneOf(input);
  std::optional<RowPattern> patterns;
  if (kHasFormat) patterns.emplace(input, Use::kParse);
  *result = Vector::Flat(input.result_type, input.num_rows, input.pool);
  auto* out = result->mutable_data<Result>();
  const Operand<StringView> texts(input.arguments[0]);
  for (int32_t i = 0; i < input.rows.count; ++i) {
    const int32_t row = input.rows[i];
    const std::string_view text = texts[row].view();
    std::optional<int64_t> value;
    if constexpr (kHasFormat) {
      ARROW_ASSIGN_OR_RAISE(const DateTimePattern* pattern, patterns->Of(row));
      value = ParseOne<kTarget>(*pattern, text, state.zone);
    } else {
      value = ParseOne<kTarget>(text, state);
    }
    out[row] = static_cast<Result>(value.value_or(0));
    if (value.has_value()) continue;
    if constexpr (kOnFailure == OnFailure::kNull) {
      ClearBit(result->MutableValidity(input.pool), row);
    } else if constexpr (kHasFormat) {
      return CannotParse(text, kTarget == Target::kDays ? "to_date" : "to_timestamp");
    } else {
      return MakeError("CAST_INVALID_INPUT",
                       {{"expression", "'" + std::string(text) + "'"},
                        {"sourceType", "\"STRING\""},
                        {"targetType", "\"" + input.result_type.ToSql() + "\""}});
    }
  }
  return arrow::Status::OK();
}

// What is a date or time already is cast.
arrow::Status Same(const KernelInput& input, Vector* result) {
  *result = input.arguments[0].WithType(input.result_type);
  return arrow::Status::OK();
}

template <Target kTarget, OnFailure kOnFailure>
arrow::Result<ResolvedFunction> ResolveParse(std::string_view name, Types types,
                                             const Type& result) {
  if (types.size() == 1 && types[0].is_datetime()) return Overload({result}, result, Same);
  const auto finish = [](ResolvedFunction overload) {
    overload.can_throw = true;
    overload.always_nullable = kOnFailure == OnFailure::kNull;
    return overload;
  };
  return ChooseOverload(
      name, types,
      std::array{finish(Overload({kString}, result, Parse<kTarget, false, kOnFailure>, BindZone)),
                 finish(Overload({kString, kString}, result, Parse<kTarget, true, kOnFailure>,
                                 BindPattern<Use::kParse>))});
}

// ---- seconds since 1970

arrow::Status SecondsOf(const KernelInput& input, Vector* result) {
  MapUnary<int64_t, int64_t>(input, result,
                             [](int64_t micros) { return FloorDiv(micros, kMicrosPerSecond); });
  return arrow::Status::OK();
}

arrow::Status SecondsNow(const KernelInput& input, Vector* result) {
  *result = Vector::Constant(TypedValue::Long(FloorDiv(ZoneOf(input).now_us, kMicrosPerSecond)),
                             input.num_rows);
  return arrow::Status::OK();
}

arrow::Result<ResolvedFunction> ResolveUnixTimestamp(Types types, Settings) {
  constexpr std::string_view kName = "unix_timestamp";
  if (types.empty()) {
    ResolvedFunction now = Overload({}, kLong, SecondsNow, BindZone);
    now.never_null = true;
    return now;
  }
  if (types[0].is_datetime() && types.size() <= 2) {
    // A format says nothing about what is no text.
    if (types.size() == 2) return Overload({kTimestamp, kString}, kLong, SecondsOf);
    return Overload({kTimestamp}, kLong, SecondsOf);
  }
  constexpr Kernel kKernel = Parse<Target::kSeconds, true, OnFailure::kError>;
  return ChooseOverload(
      kName, types,
      std::array{Throwing(Overload({kString}, kLong, kKernel, BindPattern<Use::kParse>)),
                 Throwing(Overload({kString, kString}, kLong, kKernel, BindPattern<Use::kParse>))});
}

}  // namespace

std::span<const ScalarFunction> DateTimeFormatFunctions() {
  static const ScalarFunction kFunctions[] = {
      {.name = "to_date",
       .doc = {.signature = "to_date(text STRING[, format STRING]) -> DATE",
               .summary = "The date a text gives, by a format or as CAST reads it.",
               .example = {"to_date('12/31/2016', 'MM/dd/yyyy')", "2016-12-31"}},
       .resolve =
           [](Types types, Settings) {
             return ResolveParse<Target::kDays, OnFailure::kError>("to_date", types, kDate);
           }},
      {.name = "try_to_date",
       .doc = {.signature = "try_to_date(text STRING[, format STRING]) -> DATE",
               .summary = "As to_date, but NULL where that fails.",
               .example = {"try_to_date('foo', 'yyyy-MM-dd')", "NULL"}},
       .resolve =
           [](Types types, Settings) {
             return ResolveParse<Target::kDays, OnFailure::kNull>("try_to_date", types, kDate);
           }},
      {.name = "to_timestamp",
       .doc = {.signature = "to_timestamp(text STRING[, format STRING]) -> TIMESTAMP",
               .summary = "The time a text gives, by a format or as CAST reads it.",
               .example = {"to_timestamp('2016-12-31', 'yyyy-MM-dd')", "2016-12-31 00:00:00"}},
       .resolve =
           [](Types types, Settings) {
             return ResolveParse<Target::kMicros, OnFailure::kError>("to_timestamp", types,
                                                                     kTimestamp);
           },
       .aliases = {"to_timestamp_ltz"}},
      {.name = "try_to_timestamp",
       .doc = {.signature = "try_to_timestamp(text STRING[, format STRING]) -> TIMESTAMP",
               .summary = "As to_timestamp, but NULL where that fails.",
               .example = {"try_to_timestamp('foo', 'yyyy-MM-dd')", "NULL"}},
       .resolve =
           [](Types types, Settings) {
             return ResolveParse<Target::kMicros, OnFailure::kNull>("try_to_timestamp", types,
                                                                    kTimestamp);
           }},
      {.name = "to_timestamp_ntz",
       .doc = {.signature = "to_timestamp_ntz(text STRING[, format STRING]) -> TIMESTAMP_NTZ",
               .summary = "The wall clock a text gives.",
               .example = {"to_timestamp_ntz('2016-12-31', 'yyyy-MM-dd')", "2016-12-31 00:00:00"}},
       .resolve =
           [](Types types, Settings) {
             return ResolveParse<Target::kLocalMicros, OnFailure::kError>("to_timestamp_ntz", types,
                                                                          kTimestampNtz);
           }},
      {.name = "date_format",
       .doc = {.signature = "date_format(time TIMESTAMP, format STRING) -> STRING",
               .summary = "The time in the session's zone, by a pattern.",
               .example = {"date_format(TIMESTAMP '2016-04-08 00:00:00', 'y')", "2016"}},
       .resolve =
           [](Types types, Settings) {
             constexpr KernelBinder kBind = BindPattern<Use::kFormat>;
             return ChooseOverload(
                 "date_format", types,
                 std::array{
                     Throwing(Overload({kTimestamp, kString}, kString, Format<1>, kBind)),
                     Throwing(Overload({kTimestampNtz, kString}, kString, Format<1>, kBind))});
           }},
      {.name = "from_unixtime",
       .doc = {.signature = "from_unixtime(seconds BIGINT[, format STRING]) -> STRING",
               .summary = "The time so many seconds after 1970-01-01 UTC, by a pattern.",
               .example = {"length(from_unixtime(0, 'yyyy-MM-dd HH:mm:ss'))", "19"}},
       .resolve =
           [](Types types, Settings) {
             constexpr KernelBinder kBind = BindPattern<Use::kFormat>;
             return ChooseOverload(
                 "from_unixtime", types,
                 std::array{Throwing(Overload({kLong}, kString, Format<kMicrosPerSecond>, kBind)),
                            Throwing(Overload({kLong, kString}, kString, Format<kMicrosPerSecond>,
                                              kBind))});
           }},
      {.name = "unix_timestamp",
       .doc = {.signature = "unix_timestamp([time STRING | TIMESTAMP[, format STRING]]) -> BIGINT",
               .summary = "Seconds since 1970-01-01 UTC, of now or of the time.",
               .example = {"unix_timestamp(TIMESTAMP '1970-01-02 00:00:00Z')", "86400"}},
       .resolve = ResolveUnixTimestamp,
       .aliases = {"to_unix_timestamp"}},
  };
  return kFunctions;
}

}  // namespace sabot
