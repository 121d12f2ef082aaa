#pragma once

#include <cstdint>

namespace sabot {

inline constexpr uint64_t kSplitMixStep = 0x9E3779B97F4A7C15;

/// One well-mixed number for each state; with states kSplitMixStep apart, a generator of period
/// 2^64. One to one. Source: Steele, Lea, Flood, "Fast Splittable Pseudorandom Number Generators",
/// OOPSLA 2014 (variant 13 of Stafford's mixers).
constexpr uint64_t SplitMix(uint64_t state) {
  uint64_t mixed = state + kSplitMixStep;
  mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
  mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
  return mixed ^ (mixed >> 31);
}

}  // namespace sabot
