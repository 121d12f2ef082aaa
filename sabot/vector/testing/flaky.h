#pragma once

#include <cstdint>
#include <memory>

#include "sabot/base/waker.h"
#include "sabot/vector/operator.h"

namespace sabot::testing {

/// How often a call answers otherwise than it would: one in so many; 0: never.
struct FlakyOptions {
  uint64_t seed = 0;
  uint64_t more_one_in = 3;     ///< kMore with nothing
  uint64_t blocked_one_in = 5;  ///< kBlocked; the waker fires at once
  uint64_t memory_one_in = 0;   ///< kNeedsMemory
};

/// The operator or source inside, with answers of waiting thrown in before its own: a driver that
/// does not repeat the call as it was is found out. waker: the task's.
std::unique_ptr<Operator> MakeFlaky(std::unique_ptr<Operator> inner, FlakyOptions options,
                                    Waker* waker);
std::unique_ptr<Source> MakeFlaky(std::unique_ptr<Source> inner, FlakyOptions options,
                                  Waker* waker);

}  // namespace sabot::testing
