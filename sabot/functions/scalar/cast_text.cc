#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <optional>

#include "sabot/base/error.h"
#include "sabot/datetime/parse.h"
#include "sabot/functions/scalar/cast.h"
#include "sabot/types/identifier.h"
#include "sabot/types/interval_text.h"

namespace sabot {
namespace {

// Spark trims control characters and blanks; before integers and booleans DEL too.
std::string_view Trimmed(std::string_view text, bool with_delete) {
  const auto is_blank = [&](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte <= 0x20 || (with_delete && byte == 0x7F);
  };
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

template <typename T>
bool ParseInteger(std::string_view text, T* out) {
  text = Trimmed(text, true);
  if (!text.empty() && text.front() == '+') {
    text.remove_prefix(1);
    if (!text.empty() && text.front() == '-') return false;
  }
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *out);
  return error == std::errc() && end == text.data() + text.size();
}

bool ParseBoolean(std::string_view text, uint8_t* out) {
  text = Trimmed(text, true);
  const auto is_one_of = [&](std::initializer_list<std::string_view> words) {
    return std::ranges::any_of(words, [&](auto word) { return EqualsIgnoreCase(text, word); });
  };
  *out = is_one_of({"true", "t", "yes", "y", "1"}) ? 1 : 0;
  return *out != 0 || is_one_of({"false", "f", "no", "n", "0"});
}

// As Java's parseDouble: an optional suffix of the type; and Spark's words for what is no number.
template <typename T>
bool ParseFloating(std::string_view text, T* out) {
  text = Trimmed(text, false);
  std::string_view rest = text;
  const bool is_negative = !rest.empty() && rest.front() == '-';
  if (!rest.empty() && (is_negative || rest.front() == '+')) rest.remove_prefix(1);
  if (rest.empty()) return false;
  const bool is_digit = (rest.front() >= '0' && rest.front() <= '9') || rest.front() == '.';
  if (!is_digit) {
    if (EqualsIgnoreCase(rest, "inf") || EqualsIgnoreCase(rest, "infinity")) {
      *out = std::numeric_limits<T>::infinity();
    } else if (EqualsIgnoreCase(text, "nan")) {
      *out = std::numeric_limits<T>::quiet_NaN();
    } else {
      return false;
    }
  } else {
    const char last = static_cast<char>(rest.back() | 0x20);
    if (rest.size() > 1 && (last == 'd' || last == 'f')) rest.remove_suffix(1);
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), *out);
    if (error == std::errc::invalid_argument || end != rest.data() + rest.size()) return false;
    if (error == std::errc::result_out_of_range) {
      // Java gives the nearest all the same: infinity, zero or a subnormal number.
      const std::string copy(rest);
      *out = sizeof(T) == 4 ? std::strtof(copy.c_str(), nullptr)
                            : static_cast<T>(std::strtod(copy.c_str(), nullptr));
    }
  }
  if (is_negative) *out = -*out;
  return true;
}

template <OnFailure kOnFailure, typename T, typename Parse>
arrow::Status ParseKernel(const KernelInput& input, Vector* result, Parse parse) {
  return TryMapUnary<kOnFailure, T, StringView>(
      input, result, [&](const StringView& text, T* out) { return parse(text.view(), out); },
      [&](const StringView& text) { return CastInvalidInput(text.view(), input.result_type); });
}

template <typename T, OnFailure kOnFailure>
arrow::Status ToInteger(const KernelInput& input, Vector* result) {
  return ParseKernel<kOnFailure, T>(input, result, [](std::string_view text, T* out) {
    *out = 0;
    return ParseInteger(text, out);
  });
}
template <OnFailure kOnFailure>
arrow::Status ToBooleanKernel(const KernelInput& input, Vector* result) {
  return ParseKernel<kOnFailure, uint8_t>(input, result, &ParseBoolean);
}
template <typename T, OnFailure kOnFailure>
arrow::Status ToFloating(const KernelInput& input, Vector* result) {
  return ParseKernel<kOnFailure, T>(input, result, [](std::string_view text, T* out) {
    *out = 0;
    return ParseFloating(text, out);
  });
}

template <typename T, OnFailure kOnFailure>
arrow::Status ToDecimal(const KernelInput& input, Vector* result) {
  const Type& to = input.result_type;
  return TryMapUnary<kOnFailure, T, StringView>(
      input, result,
      [&](const StringView& text, T* out) {
        const auto parsed =
            DecimalFromString(Trimmed(text.view(), false), to.precision(), to.scale());
        *out = parsed.ok() ? static_cast<T>(*parsed) : T(0);
        return parsed.ok();
      },
      [&](const StringView& text) {
        // Malformed, or too large: the parser knows.
        const arrow::Status status =
            DecimalFromString(Trimmed(text.view(), false), to.precision(), to.scale()).status();
        const ErrorDetail* detail = GetErrorDetail(status);
        const bool malformed =
            detail != nullptr && detail->error_class().name == "CAST_INVALID_INPUT";
        return malformed ? CastInvalidInput(text.view(), to) : status;
      });
}

struct ZoneState final : KernelState {
  TimeZone zone;
  int64_t now_us = 0;
};
arrow::Result<std::shared_ptr<const KernelState>> BindZone(std::span<const TypedValue* const>,
                                                           std::span<const Type>,
                                                           const EvaluationSettings& settings) {
  auto state = std::make_shared<ZoneState>();
  ARROW_ASSIGN_OR_RAISE(state->zone, TimeZone::Find(settings.time_zone));
  state->now_us = settings.now_us;
  return state;
}

// Dates and times: the parser gives nothing for what is none.
template <typename T>
bool Found(const std::optional<T>& parsed, T* out) {
  *out = parsed.value_or(0);
  return parsed.has_value();
}
template <OnFailure kOnFailure>
arrow::Status ToDate(const KernelInput& input, Vector* result) {
  return ParseKernel<kOnFailure, int32_t>(input, result, [](std::string_view text, int32_t* out) {
    return Found(ParseDate(text), out);
  });
}
template <OnFailure kOnFailure>
arrow::Status ToTimestamp(const KernelInput& input, Vector* result) {
  const auto& state = *static_cast<const ZoneState*>(input.state);
  return ParseKernel<kOnFailure, int64_t>(input, result, [&](std::string_view text, int64_t* out) {
    return Found(ParseTimestamp(text, state.zone, state.now_us), out);
  });
}
template <OnFailure kOnFailure>
arrow::Status ToTimestampNtz(const KernelInput& input, Vector* result) {
  return ParseKernel<kOnFailure, int64_t>(input, result, [](std::string_view text, int64_t* out) {
    return Found(ParseTimestampNtz(text), out);
  });
}

template <OnFailure kOnFailure>
CastKernel FindParse(const Type& to) {
  switch (to.id()) {
    case TypeId::kBoolean:
      return {&ToBooleanKernel<kOnFailure>, true};
    case TypeId::kByte:
      return {&ToInteger<int8_t, kOnFailure>, true};
    case TypeId::kShort:
      return {&ToInteger<int16_t, kOnFailure>, true};
    case TypeId::kInt:
      return {&ToInteger<int32_t, kOnFailure>, true};
    case TypeId::kLong:
      return {&ToInteger<int64_t, kOnFailure>, true};
    case TypeId::kFloat:
      return {&ToFloating<float, kOnFailure>, true};
    case TypeId::kDouble:
      return {&ToFloating<double, kOnFailure>, true};
    case TypeId::kDecimal:
      if (to.kind() == Kind::kI64) return {&ToDecimal<int64_t, kOnFailure>, true};
      return {&ToDecimal<Int128, kOnFailure>, true};
    case TypeId::kDate:
      return {&ToDate<kOnFailure>, true};
    case TypeId::kTimestamp:
      return {&ToTimestamp<kOnFailure>, true, &BindZone};
    case TypeId::kTimestampNtz:
      return {&ToTimestampNtz<kOnFailure>, true};
    default:
      return {};
  }
}

// To text.

template <typename T, typename Print>
arrow::Status PrintKernel(const KernelInput& input, Vector* result, Print print) {
  StringWriter writer(input.pool);
  MapUnary<StringView, T>(input, result,
                          [&](const T& value) { return writer.Write(print(value)); });
  writer.AttachTo(result);
  return arrow::Status::OK();
}

arrow::Status PrintBoolean(const KernelInput& input, Vector* result) {
  MapUnary<StringView, uint8_t>(input, result, [](uint8_t value) {
    return StringView(value != 0 ? std::string_view("true") : std::string_view("false"));
  });
  return arrow::Status::OK();
}
template <typename T>
arrow::Status PrintInteger(const KernelInput& input, Vector* result) {
  char text[24];
  return PrintKernel<T>(input, result, [&](T value) {
    const auto written = std::to_chars(std::begin(text), std::end(text), value);
    return std::string_view(text, static_cast<size_t>(written.ptr - text));
  });
}
template <typename T>
arrow::Status PrintDecimal(const KernelInput& input, Vector* result) {
  const int scale = input.arguments[0].type().scale();
  return PrintKernel<T>(input, result, [=](T value) { return DecimalToString(value, scale); });
}
template <typename T, auto kPrint>
arrow::Status PrintWith(const KernelInput& input, Vector* result) {
  return PrintKernel<T>(input, result, kPrint);
}
arrow::Status PrintTimestamp(const KernelInput& input, Vector* result) {
  const TimeZone& zone = static_cast<const ZoneState*>(input.state)->zone;
  return PrintKernel<int64_t>(
      input, result, [&](int64_t micros) { return TimestampToString(zone.ToLocal(micros)); });
}

// What a cast makes of a part of a nested value: times by the session's clock, bytes as text, NULL
// as a cast writes it.
std::string PartText(const TypedValue& value, const TimeZone& zone) {
  if (value.is_null()) return "null";
  if (value.type.id() == TypeId::kTimestamp) {
    return TimestampToString(zone.ToLocal(std::get<int64_t>(value.value)));
  }
  if (const auto* text = std::get_if<std::string>(&value.value)) return *text;
  const auto* parts = std::get_if<std::vector<TypedValue>>(&value.value);
  if (parts == nullptr || value.type.id() == TypeId::kCalendarInterval) return value.ToText();
  const bool is_map = value.type.id() == TypeId::kMap;
  const bool is_list = value.type.id() == TypeId::kArray;
  std::string text = is_list ? "[" : "{";
  for (size_t i = 0; i < parts->size(); ++i) {
    if (i > 0) text.append(is_map && i % 2 == 1 ? " -> " : ", ");
    text.append(PartText((*parts)[i], zone));
  }
  return text.append(is_list ? "]" : "}");
}

// Arrays, maps, structs and calendar intervals. Rows under nulls have no text.
arrow::Status PrintNested(const KernelInput& input, Vector* result) {
  const TimeZone& zone = static_cast<const ZoneState*>(input.state)->zone;
  *result = Vector::Flat(input.result_type, input.num_rows, input.pool);
  StringWriter writer(input.pool);
  auto* const out = result->mutable_data<StringView>();
  const Vector& argument = input.arguments[0];
  ForEachRow(input.rows, [&](int32_t row) {
    out[row] =
        argument.IsNull(row) ? StringView() : writer.Write(PartText(argument.ValueAt(row), zone));
  });
  writer.AttachTo(result);
  return arrow::Status::OK();
}

}  // namespace

CastKernel ParseCast(const Type& to, OnFailure on_failure) {
  return on_failure == OnFailure::kNull ? FindParse<OnFailure::kNull>(to)
                                        : FindParse<OnFailure::kError>(to);
}

CastKernel PrintCast(const Type& from) {
  switch (from.id()) {
    case TypeId::kBoolean:
      return {&PrintBoolean};
    case TypeId::kByte:
      return {&PrintInteger<int8_t>};
    case TypeId::kShort:
      return {&PrintInteger<int16_t>};
    case TypeId::kInt:
      return {&PrintInteger<int32_t>};
    case TypeId::kLong:
      return {&PrintInteger<int64_t>};
    case TypeId::kFloat:
      return {&PrintWith<float, &FloatToString>};
    case TypeId::kDouble:
      return {&PrintWith<double, &DoubleToString>};
    case TypeId::kDecimal:
      if (from.kind() == Kind::kI64) return {&PrintDecimal<int64_t>};
      return {&PrintDecimal<Int128>};
    case TypeId::kDate:
      return {&PrintWith<int32_t, &DateToString>};
    case TypeId::kTimestamp:
      return {&PrintTimestamp, false, &BindZone};
    case TypeId::kTimestampNtz:
      return {&PrintWith<int64_t, &TimestampToString>};
    case TypeId::kYearMonthInterval:
      return {&PrintWith<int32_t, &YearMonthIntervalToString>};
    case TypeId::kDayTimeInterval:
      return {&PrintWith<int64_t, &DayTimeIntervalToString>};
    case TypeId::kBinary: {
      // Bytes as they are: a vector's strings may be any.
      return {[](const KernelInput& input, Vector* result) {
        *result = input.arguments[0].WithType(input.result_type);
        return arrow::Status::OK();
      }};
    }
    case TypeId::kCalendarInterval:
    case TypeId::kArray:
    case TypeId::kMap:
    case TypeId::kStruct:
      return {&PrintNested, false, &BindZone};
    default:
      return {};
  }
}

}  // namespace sabot
