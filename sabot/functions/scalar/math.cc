#include <algorithm>
#include <cmath>
#include <numbers>
#include <string_view>

#include "sabot/functions/families.h"
#include "sabot/functions/kernels.h"
#include "sabot/functions/resolve.h"

namespace sabot {
namespace {

const Type kDouble(TypeId::kDouble);

// Functions of DOUBLE as plain C++ functions: those of <cmath> are overloaded, so each gets a name.
double Sqrt(double x) { return std::sqrt(x); }
// The C library's is off by one unit in the last place where the root is an integer: 27 gives more
// than 3. One step of Newton's method lands on the nearest double.
double Cbrt(double x) {
  const double root = std::cbrt(x);
  if (root == 0 || !std::isfinite(root)) return root;
  return root - std::fma(root * root, root, -x) / (3 * root * root);
}
double Exp(double x) { return std::exp(x); }
double Expm1(double x) { return std::expm1(x); }
double Sin(double x) { return std::sin(x); }
double Cos(double x) { return std::cos(x); }
double Tan(double x) { return std::tan(x); }
double Cot(double x) { return 1 / std::tan(x); }
double Asin(double x) { return std::asin(x); }
double Acos(double x) { return std::acos(x); }
double Atan(double x) { return std::atan(x); }
double Sinh(double x) { return std::sinh(x); }
double Cosh(double x) { return std::cosh(x); }
double Tanh(double x) { return std::tanh(x); }
double Asinh(double x) { return std::asinh(x); }
double Acosh(double x) { return std::acosh(x); }
double Atanh(double x) { return std::atanh(x); }
double Degrees(double x) { return x * (180.0 / std::numbers::pi); }
double Radians(double x) { return x * (std::numbers::pi / 180.0); }
double Rint(double x) { return std::nearbyint(x); }
double Signum(double x) { return x > 0 ? 1.0 : (x < 0 ? -1.0 : x); }
double Power(double x, double y) { return std::pow(x, y); }
double Atan2(double y, double x) { return std::atan2(y + 0.0, x + 0.0); }  // -0.0 as 0.0, as Spark
double Hypot(double x, double y) { return std::hypot(x, y); }

template <double (*kFunction)(double)>
arrow::Status UnaryKernel(const KernelInput& input, Vector* result) {
  MapUnary<double, double>(input, result, [](double x) { return kFunction(x); });
  return arrow::Status::OK();
}
template <double (*kFunction)(double, double)>
arrow::Status BinaryKernel(const KernelInput& input, Vector* result) {
  MapBinary<double, double, double>(input, result,
                                    [](double x, double y) { return kFunction(x, y); });
  return arrow::Status::OK();
}

// Logarithms have no value at or below their lower bound: NULL, as in Hive.
double Ln(double x) { return std::log(x); }
double Log10(double x) { return std::log10(x); }
double Log2(double x) { return std::log2(x); }
double Log1p(double x) { return std::log1p(x); }

arrow::Status Unreachable(double) { return arrow::Status::OK(); }

template <double (*kFunction)(double), int kLowerBound>
arrow::Status LogKernel(const KernelInput& input, Vector* result) {
  return TryMapUnary<OnFailure::kNull, double, double>(
      input, result,
      [](double x, double* out) {
        *out = kFunction(x);
        return !(x <= kLowerBound);
      },
      &Unreachable);
}
arrow::Status LogOfBase(const KernelInput& input, Vector* result) {
  return TryMapBinary<OnFailure::kNull, double, double, double>(
      input, result,
      [](double base, double x, double* out) {
        *out = std::log(x) / std::log(base);
        return !(base <= 0 || x <= 0);
      },
      [](double, double) { return arrow::Status::OK(); });
}

ResolvedFunction OfDoubles(size_t num_arguments, Kernel kernel, bool always_nullable = false) {
  return {.arguments = std::vector<Type>(num_arguments, kDouble),
          .result = kDouble,
          .kernel = kernel,
          .always_nullable = always_nullable};
}

// A function's name as a template argument, for the errors of its resolver.
template <size_t kSize>
struct Name {
  char text[kSize];
  consteval Name(const char (&literal)[kSize]) { std::copy_n(literal, kSize, text); }  // NOLINT
  constexpr std::string_view view() const { return {text, kSize - 1}; }
};

template <Name kName, Kernel kKernel, size_t kNumArguments, bool kAlwaysNullable = false>
arrow::Result<ResolvedFunction> Resolve(std::span<const Type> types, const EvaluationSettings&) {
  return ChooseOverload(kName.view(), types,
                        {{OfDoubles(kNumArguments, kKernel, kAlwaysNullable)}});
}

arrow::Result<ResolvedFunction> ResolveLog(std::span<const Type> types, const EvaluationSettings&) {
  return ChooseOverload("log", types,
                        {{OfDoubles(1, &LogKernel<&Ln, 0>, true), OfDoubles(2, &LogOfBase, true)}});
}

template <Name kName, double (*kFunction)(double)>
constexpr auto kUnary = &Resolve<kName, &UnaryKernel<kFunction>, 1>;
template <Name kName, double (*kFunction)(double, double)>
constexpr auto kBinary = &Resolve<kName, &BinaryKernel<kFunction>, 2>;
template <Name kName, double (*kFunction)(double), int kLowerBound>
constexpr auto kLog = &Resolve<kName, &LogKernel<kFunction, kLowerBound>, 1, true>;

// pi(), e().
template <int kWhich>
arrow::Status ConstantKernel(const KernelInput& input, Vector* result) {
  *result = Vector::Flat(input.result_type, input.num_rows, input.pool);
  double* const out = result->mutable_data<double>();
  constexpr double kValue = kWhich == 0 ? std::numbers::pi : std::numbers::e;
  ForEachRow(input.rows, [&](int32_t row) { out[row] = kValue; });
  return arrow::Status::OK();
}
template <Name kName, int kWhich>
constexpr auto kConstant = &Resolve<kName, &ConstantKernel<kWhich>, 0>;

const ScalarFunction kFunctions[] = {
    {"sqrt",
     {"sqrt(x DOUBLE) -> DOUBLE", "The square root.", {"sqrt(4)", "2.0"}},
     kUnary<"sqrt", &Sqrt>},
    {"cbrt",
     {"cbrt(x DOUBLE) -> DOUBLE", "The cube root.", {"cbrt(27.0)", "3.0"}},
     kUnary<"cbrt", &Cbrt>},
    {"exp",
     {"exp(x DOUBLE) -> DOUBLE", "e to the power of x.", {"exp(0)", "1.0"}},
     kUnary<"exp", &Exp>},
    {"expm1",
     {"expm1(x DOUBLE) -> DOUBLE", "exp(x) - 1, exact near 0.", {"expm1(0)", "0.0"}},
     kUnary<"expm1", &Expm1>},
    {"ln",
     {"ln(x DOUBLE) -> DOUBLE", "The natural logarithm; NULL for x <= 0.", {"ln(1)", "0.0"}},
     kLog<"ln", &Ln, 0>},
    {"log",
     {"log([base DOUBLE,] x DOUBLE) -> DOUBLE",
      "The logarithm, natural if no base is given; NULL at or below 0.",
      {"log(10, 100)", "2.0"}},
     &ResolveLog},
    {"log10",
     {"log10(x DOUBLE) -> DOUBLE", "The decimal logarithm; NULL for x <= 0.", {"log10(10)", "1.0"}},
     kLog<"log10", &Log10, 0>},
    {"log2",
     {"log2(x DOUBLE) -> DOUBLE", "The binary logarithm; NULL for x <= 0.", {"log2(2)", "1.0"}},
     kLog<"log2", &Log2, 0>},
    {"log1p",
     {"log1p(x DOUBLE) -> DOUBLE",
      "ln(1 + x), exact near 0; NULL for x <= -1.",
      {"log1p(0)", "0.0"}},
     kLog<"log1p", &Log1p, -1>},
    {"power",
     {"power(x DOUBLE, y DOUBLE) -> DOUBLE", "x to the power of y.", {"power(2, 3)", "8.0"}},
     kBinary<"power", &Power>,
     {"pow"}},
    {"sin", {"sin(x DOUBLE) -> DOUBLE", "The sine.", {"sin(0)", "0.0"}}, kUnary<"sin", &Sin>},
    {"cos", {"cos(x DOUBLE) -> DOUBLE", "The cosine.", {"cos(0)", "1.0"}}, kUnary<"cos", &Cos>},
    {"tan", {"tan(x DOUBLE) -> DOUBLE", "The tangent.", {"tan(0)", "0.0"}}, kUnary<"tan", &Tan>},
    {"cot",
     {"cot(x DOUBLE) -> DOUBLE", "The cotangent.", {"round(cot(1), 4)", "0.6421"}},
     kUnary<"cot", &Cot>},
    {"asin",
     {"asin(x DOUBLE) -> DOUBLE", "The inverse sine.", {"asin(0)", "0.0"}},
     kUnary<"asin", &Asin>},
    {"acos",
     {"acos(x DOUBLE) -> DOUBLE", "The inverse cosine.", {"acos(1)", "0.0"}},
     kUnary<"acos", &Acos>},
    {"atan",
     {"atan(x DOUBLE) -> DOUBLE", "The inverse tangent.", {"atan(0)", "0.0"}},
     kUnary<"atan", &Atan>},
    {"atan2",
     {"atan2(y DOUBLE, x DOUBLE) -> DOUBLE",
      "The angle of the point (x, y), from -pi to pi.",
      {"atan2(0, 0)", "0.0"}},
     kBinary<"atan2", &Atan2>},
    {"sinh",
     {"sinh(x DOUBLE) -> DOUBLE", "The hyperbolic sine.", {"sinh(0)", "0.0"}},
     kUnary<"sinh", &Sinh>},
    {"cosh",
     {"cosh(x DOUBLE) -> DOUBLE", "The hyperbolic cosine.", {"cosh(0)", "1.0"}},
     kUnary<"cosh", &Cosh>},
    {"tanh",
     {"tanh(x DOUBLE) -> DOUBLE", "The hyperbolic tangent.", {"tanh(0)", "0.0"}},
     kUnary<"tanh", &Tanh>},
    {"asinh",
     {"asinh(x DOUBLE) -> DOUBLE", "The inverse hyperbolic sine.", {"asinh(0)", "0.0"}},
     kUnary<"asinh", &Asinh>},
    {"acosh",
     {"acosh(x DOUBLE) -> DOUBLE", "The inverse hyperbolic cosine.", {"acosh(1)", "0.0"}},
     kUnary<"acosh", &Acosh>},
    {"atanh",
     {"atanh(x DOUBLE) -> DOUBLE", "The inverse hyperbolic tangent.", {"atanh(0)", "0.0"}},
     kUnary<"atanh", &Atanh>},
    {"degrees",
     {"degrees(x DOUBLE) -> DOUBLE", "Radians as degrees.", {"degrees(pi())", "180.0"}},
     kUnary<"degrees", &Degrees>},
    {"radians",
     {"radians(x DOUBLE) -> DOUBLE", "Degrees as radians.", {"radians(180)", "3.141592653589793"}},
     kUnary<"radians", &Radians>},
    {"rint",
     {"rint(x DOUBLE) -> DOUBLE", "The nearest whole number, ties to even.", {"rint(2.5D)", "2.0"}},
     kUnary<"rint", &Rint>},
    {"sign",
     {"sign(x DOUBLE) -> DOUBLE", "-1.0, 0.0 or 1.0 by the sign of x.", {"sign(-40)", "-1.0"}},
     kUnary<"sign", &Signum>,
     {"signum"}},
    {"hypot",
     {"hypot(x DOUBLE, y DOUBLE) -> DOUBLE",
      "The length of the vector (x, y), without overflow in between.",
      {"hypot(3, 4)", "5.0"}},
     kBinary<"hypot", &Hypot>},
    {"pi", {"pi() -> DOUBLE", "The number pi.", {"pi()", "3.141592653589793"}}, kConstant<"pi", 0>},
    {"e", {"e() -> DOUBLE", "Euler's number.", {"e()", "2.718281828459045"}}, kConstant<"e", 1>},
};

}  // namespace

std::span<const ScalarFunction> MathFunctions() { return kFunctions; }

}  // namespace sabot
