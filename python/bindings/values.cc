#include "python/bindings/values.h"

#include <algorithm>

#include <fmt/format.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/string_view.h>

#include "python/bindings/status.h"

namespace nb = nanobind;

namespace sabot::python {
namespace {

/// Python's own constructors, looked up once a process and never released: the interpreter outlives
/// no use of them.
struct Constructors {
  nb::object decimal = nb::module_::import_("decimal").attr("Decimal");
  nb::object date_from_ordinal = nb::module_::import_("datetime").attr("date").attr("fromordinal");
  nb::object timedelta = nb::module_::import_("datetime").attr("timedelta");
  nb::object epoch_utc =
      nb::module_::import_("datetime")
          .attr("datetime")(
              1970, 1, 1,
              nb::arg("tzinfo") = nb::module_::import_("datetime").attr("timezone").attr("utc"));
  nb::object epoch_naive = nb::module_::import_("datetime").attr("datetime")(1970, 1, 1);
  nb::object date_type = nb::module_::import_("datetime").attr("date");
  nb::object datetime_type = nb::module_::import_("datetime").attr("datetime");
};

const Constructors& Python() {
  static const auto* constructors = new Constructors();
  return *constructors;
}

constexpr int64_t kOrdinalOfEpoch = 719163;  // date(1970, 1, 1).toordinal()

nb::object Micros(int64_t micros) { return Python().timedelta(0, 0, micros); }

// Years before 1 and after 9999 are no Python dates; such values are given as text.
constexpr int64_t kDaysMin = 1 - kOrdinalOfEpoch, kDaysMax = 3652059 - kOrdinalOfEpoch;
constexpr int64_t kMicrosPerDay = 86'400'000'000;

nb::object ToPython(const TypedValue& value);

nb::object NestedToPython(const TypedValue& value) {
  const auto& elements = std::get<std::vector<TypedValue>>(value.value);
  if (value.type.id() == TypeId::kMap) {
    nb::dict map;
    for (size_t i = 0; i + 1 < elements.size(); i += 2)
      map[ToPython(elements[i])] = ToPython(elements[i + 1]);
    return map;
  }
  if (value.type.id() == TypeId::kStruct) {
    nb::dict fields;
    for (size_t i = 0; i < elements.size(); ++i)
      fields[value.type.fields()[i].name.c_str()] = ToPython(elements[i]);
    return fields;
  }
  nb::list list;
  for (const TypedValue& element : elements) list.append(ToPython(element));
  return list;
}

nb::object ToPython(const TypedValue& value) {
  if (value.is_null()) return nb::none();
  if (std::holds_alternative<std::vector<TypedValue>>(value.value)) {
    if (value.type.id() == TypeId::kCalendarInterval) return nb::str(value.ToText().c_str());
    return NestedToPython(value);
  }
  switch (value.type.id()) {
    case TypeId::kBoolean:
      return nb::bool_(std::get<bool>(value.value));
    case TypeId::kFloat:
    case TypeId::kDouble:
      return nb::float_(std::get<double>(value.value));
    case TypeId::kString: {
      // A STRING may hold any bytes, a str only text: U+FFFD for what is none.
      const auto& text = std::get<std::string>(value.value);
      PyObject* object =
          PyUnicode_DecodeUTF8(text.data(), static_cast<Py_ssize_t>(text.size()), "replace");
      if (object == nullptr) throw nb::python_error();
      return nb::steal(object);
    }
    case TypeId::kBinary: {
      const auto& bytes = std::get<std::string>(value.value);
      return nb::bytes(bytes.data(), bytes.size());
    }
    case TypeId::kDecimal:
      return Python().decimal(value.ToText());
    case TypeId::kDate: {
      const int64_t days = std::get<int64_t>(value.value);
      if (days < kDaysMin || days > kDaysMax) return nb::str(value.ToText().c_str());
      return Python().date_from_ordinal(days + kOrdinalOfEpoch);
    }
    case TypeId::kTimestamp:
    case TypeId::kTimestampNtz: {
      const int64_t micros = std::get<int64_t>(value.value);
      if (micros < kDaysMin * kMicrosPerDay || micros >= (kDaysMax + 1) * kMicrosPerDay) {
        return nb::str(value.ToText().c_str());
      }
      const bool is_naive = value.type.id() == TypeId::kTimestampNtz;
      return (is_naive ? Python().epoch_naive : Python().epoch_utc) + Micros(micros);
    }
    case TypeId::kDayTimeInterval:
      return Micros(std::get<int64_t>(value.value));
    default:
      return nb::int_(std::get<int64_t>(value.value));
  }
}

}  // namespace

void AppendRows(const Batch& batch, const Schema& schema, nb::list* rows) {
  const size_t width = schema.size();
  for (int32_t row = 0; row < batch.num_rows(); ++row) {
    PyObject* tuple = PyTuple_New(static_cast<Py_ssize_t>(width));
    if (tuple == nullptr) throw nb::python_error();
    nb::object owned = nb::steal(tuple);
    for (size_t i = 0; i < width; ++i) {
      PyTuple_SET_ITEM(tuple, static_cast<Py_ssize_t>(i),
                       ToPython(batch.column(i).ValueAt(row)).release().ptr());
    }
    rows->append(owned);
  }
}

namespace {

/// The elements of a list have one type; INT and BIGINT meet in BIGINT.
TypedValue ListFromPython(nb::handle list) {
  // A list may hold itself.
  struct Recursion {
    Recursion() {
      if (Py_EnterRecursiveCall(" in the list of a parameter") != 0) throw nb::python_error();
    }
    ~Recursion() { Py_LeaveRecursiveCall(); }
  } const recursion;
  std::vector<TypedValue> elements;
  Type type;
  for (const nb::handle element : list) {
    elements.push_back(FromPython(element));
    const Type& own = elements.back().type;
    if (own.is_null() || own == type) continue;
    const bool has_grown =
        type.is_null() || (type.id() == TypeId::kInt && own == Type(TypeId::kLong));
    const bool is_within = type == Type(TypeId::kLong) && own.id() == TypeId::kInt;
    if (!has_grown && !is_within) {
      throw nb::type_error(("a list of " + type.ToSql() + " and " + own.ToSql() +
                            " is no SQL value; its elements have one type")
                               .c_str());
    }
    if (has_grown) type = own;
  }
  for (TypedValue& element : elements) element.type = type;
  return {Type::Array(type, true), std::move(elements)};
}

}  // namespace

TypedValue FromPython(nb::handle value) {
  PyObject* object = value.ptr();
  if (PyList_Check(object) || PyTuple_Check(object)) return ListFromPython(value);
  if (value.is_none()) return TypedValue::Null();
  if (PyBool_Check(object)) return TypedValue::Boolean(object == Py_True);
  if (PyLong_Check(object)) {
    int overflow = 0;
    const long long number = PyLong_AsLongLongAndOverflow(object, &overflow);
    if (overflow != 0) throw nb::value_error("an int beyond 64 bits; pass a Decimal");
    return number >= INT32_MIN && number <= INT32_MAX
               ? TypedValue::Int(static_cast<int32_t>(number))
               : TypedValue::Long(number);
  }
  if (PyFloat_Check(object)) return TypedValue::Double(PyFloat_AS_DOUBLE(object));
  if (PyUnicode_Check(object)) {
    Py_ssize_t size = 0;
    const char* text = PyUnicode_AsUTF8AndSize(object, &size);
    if (text == nullptr) throw nb::python_error();  // a lone surrogate: UnicodeEncodeError
    return TypedValue::String(std::string(text, static_cast<size_t>(size)));
  }
  if (PyBytes_Check(object)) {
    return {Type(TypeId::kBinary),
            std::string(PyBytes_AS_STRING(object), static_cast<size_t>(PyBytes_GET_SIZE(object)))};
  }
  const Constructors& python = Python();
  if (nb::isinstance(value, python.decimal)) {
    const nb::object parts = value.attr("as_tuple")();
    const nb::object exponent = parts.attr("exponent");
    if (!PyLong_Check(exponent.ptr()))
      throw nb::value_error("NaN and Infinity are no DECIMAL; pass a float");
    const int scale = std::max<int>(0, -nb::cast<int>(exponent));
    const int digits = static_cast<int>(nb::len(nb::object(parts.attr("digits")))) +
                       std::max<int>(0, nb::cast<int>(exponent));
    const int precision = std::max<int>({digits, scale, 1});
    if (precision > 38) throw nb::value_error("a Decimal of more than 38 digits");
    const auto text = nb::cast<std::string>(nb::str(value));
    const Int128 unscaled = ValueOrRaise(DecimalFromString(text, precision, scale));
    const Type type = Type::Decimal(precision, scale);
    if (type.kind() == Kind::kI64) return {type, static_cast<int64_t>(unscaled)};
    return {type, unscaled};
  }
  if (nb::isinstance(value, python.datetime_type)) {
    const bool is_aware = !value.attr("tzinfo").is_none();
    const nb::object since = value - (is_aware ? python.epoch_utc : python.epoch_naive);
    const int64_t micros =
        (nb::cast<int64_t>(since.attr("days")) * 86400 + nb::cast<int64_t>(since.attr("seconds"))) *
            1'000'000 +
        nb::cast<int64_t>(since.attr("microseconds"));
    return {Type(is_aware ? TypeId::kTimestamp : TypeId::kTimestampNtz), micros};
  }
  if (nb::isinstance(value, python.date_type)) {
    return {Type(TypeId::kDate), nb::cast<int64_t>(value.attr("toordinal")()) - kOrdinalOfEpoch};
  }
  if (nb::isinstance(value, python.timedelta)) {
    const int64_t micros =
        (nb::cast<int64_t>(value.attr("days")) * 86400 + nb::cast<int64_t>(value.attr("seconds"))) *
            1'000'000 +
        nb::cast<int64_t>(value.attr("microseconds"));
    return {Type(TypeId::kDayTimeInterval), micros};
  }
  throw nb::type_error(
      fmt::format("a {} is no SQL value", nb::cast<std::string>(value.type().attr("__name__")))
          .c_str());
}

}  // namespace sabot::python
