#pragma once

#include <cstdint>

namespace sabot {

/// A block of `size` bytes at an address that is a multiple of `alignment`, a power of two. Blocks
/// from 64 KiB on come from the system one by one and go back to it when they are freed: from a
/// heap they would stay with the process as holes between smaller blocks, and a query held to a
/// budget would take twice what is counted.
uint8_t* AllocateLarge(int64_t size, int64_t alignment);
/// size and alignment: as they were asked for. Null: nothing happens.
void FreeLarge(uint8_t* data, int64_t size, int64_t alignment);

}  // namespace sabot
