#include <cmath>

#include "sabot/functions/aggregate/aggregate_loop.h"
#include "sabot/functions/families.h"

/// stddev and variance, by count, mean and sum of squared distances from the mean, which never
/// subtracts large numbers from each other. Source: Chan, Golub, LeVeque, "Updating Formulae and a
/// Pairwise Algorithm for Computing Sample Variances", 1979, formula 2.1. Rows cannot be taken
/// back: a count of 0 would have no mean to hold what a partial state still owes.
namespace sabot {
namespace {

struct Moments {
  double count;
  double mean;
  double squares;  // sum of (value - mean)^2

  bool Add(double value, int64_t weight) {
    if (weight == 1) {
      count += 1;
      const double delta = value - mean;
      const double step = delta / count;
      mean += step;
      squares += delta * (delta - step);
      return true;
    }
    return weight > 0 && Merge({static_cast<double>(weight), value, 0});
  }

  bool Merge(const Moments& other) {
    if (other.count == 0) return true;
    const double total = count + other.count;
    const double delta = other.mean - mean;
    const double step = delta / total;
    mean += step * other.count;
    squares += other.squares + delta * step * count * other.count;
    count = total;
    return true;
  }
};

arrow::Status Refuse() {
  return UnsupportedError("Taking rows back from stddev or variance",
                          "sums of the values and of their squares, which take rows back");
}

// A sample's variance has one degree of freedom less: of one value there is none.
template <bool kIsSample, bool kIsRoot>
arrow::Status FinalizeMoments(std::span<const uint8_t* const> states, BufferPool& pool,
                              Vector* result) {
  aggregate::FinalizeEach<Moments, double>(
      states, pool, result, [](const Moments& moments, double* value) {
        const double divisor = moments.count - (kIsSample ? 1 : 0);
        if (divisor <= 0) return false;
        const double variance = moments.squares / divisor;
        *value = kIsRoot ? std::sqrt(variance) : variance;
        return true;
      });
  return arrow::Status::OK();
}

constexpr std::string_view NameOf(bool is_sample, bool is_root) {
  if (is_root) return is_sample ? "stddev_samp" : "stddev_pop";
  return is_sample ? "var_samp" : "var_pop";
}

template <bool kIsSample, bool kIsRoot>
arrow::Result<ResolvedAggregate> ResolveMoments(std::span<const Type> arguments,
                                                const EvaluationSettings&) {
  ARROW_RETURN_NOT_OK(
      aggregate::NumericArgument(NameOf(kIsSample, kIsRoot), arguments, /*takes_intervals=*/false));
  ResolvedAggregate resolved;
  resolved.arguments = {Type(TypeId::kDouble)};
  resolved.result = Type(TypeId::kDouble);
  aggregate::SetKernels<Moments, double, Refuse>(&resolved);
  resolved.finalize = FinalizeMoments<kIsSample, kIsRoot>;
  return resolved;
}

}  // namespace

std::span<const AggregateFunction> MomentAggregates() {
  static const AggregateFunction kFunctions[] = {
      {.name = "stddev_samp",
       .doc = {.signature = "stddev_samp(expr NUMERIC) -> DOUBLE",
               .summary = "The standard deviation of a sample; NULL of fewer than two values.",
               .example = {"stddev_samp(col) FROM VALUES (1), (2), (3) AS t(col)", "1.0"}},
       .resolve = ResolveMoments<true, true>,
       .aliases = {"stddev", "std"}},
      {.name = "stddev_pop",
       .doc = {.signature = "stddev_pop(expr NUMERIC) -> DOUBLE",
               .summary = "The standard deviation of a whole population; NULL of no value.",
               .example = {"stddev_pop(col) FROM VALUES (1), (2), (3) AS t(col)",
                           "0.816496580927726"}},
       .resolve = ResolveMoments<false, true>},
      {.name = "var_samp",
       .doc = {.signature = "var_samp(expr NUMERIC) -> DOUBLE",
               .summary = "The variance of a sample; NULL of fewer than two values.",
               .example = {"var_samp(col) FROM VALUES (1), (2), (3) AS t(col)", "1.0"}},
       .resolve = ResolveMoments<true, false>,
       .aliases = {"variance"}},
      {.name = "var_pop",
       .doc = {.signature = "var_pop(expr NUMERIC) -> DOUBLE",
               .summary = "The variance of a whole population; NULL of no value.",
               .example = {"var_pop(col) FROM VALUES (1), (2), (3) AS t(col)",
                           "0.6666666666666666"}},
       .resolve = ResolveMoments<false, false>},
  };
  return kFunctions;
}

}  // namespace sabot
