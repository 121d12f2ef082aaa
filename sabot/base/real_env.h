#pragma once

#include <memory>

#include "sabot/base/env.h"

namespace sabot::internal {

std::unique_ptr<Files> MakeRealFiles();

/// A pool of at most so many threads, each started when work waits and no thread is free.
/// Destroyed: what has not begun is cancelled, what runs is waited for.
std::unique_ptr<Threads> MakeRealThreads(int num_threads_max);

}  // namespace sabot::internal
