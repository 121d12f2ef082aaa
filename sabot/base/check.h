#pragma once

#include <cstdio>
#include <cstdlib>

/// A condition only a bug of ours can break. Checked in builds with assertions (preset dev, asan),
/// gone in a release; where user data could break it, return an InternalError instead.
#if defined(SABOT_ASSERTIONS) && SABOT_ASSERTIONS
#define SABOT_DCHECK(condition)                                                          \
  do {                                                                                   \
    if (!(condition)) {                                                                  \
      std::fprintf(stderr, "%s:%d: check failed: %s\n", __FILE__, __LINE__, #condition); \
      std::abort();                                                                      \
    }                                                                                    \
  } while (false)
#else
#define SABOT_DCHECK(condition) \
  do {                          \
  } while (false && (condition))
#endif
