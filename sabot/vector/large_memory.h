#pragma once

#include <cstdint>

namespace sabot {

constexpr int64_t kHugePage = 2 << 20;

/// A block of `size` bytes at an address that is a multiple of `alignment`, a power of two. Blocks
/// from 64 KiB on come from the system one by one and go back to it when they are freed: from a
/// heap they would stay with the process as holes between smaller blocks, and a query held to a
/// budget would take twice what is counted. Alignment kHugePage asks for huge pages, which save
/// random accesses most of their TLB misses, and first ones most page faults.
uint8_t* AllocateLarge(int64_t size, int64_t alignment);
/// The same, all bytes 0; large blocks page by page when they are touched.
uint8_t* AllocateZeroed(int64_t size, int64_t alignment);
/// size and alignment: as they were asked for. Null: nothing happens.
void FreeLarge(uint8_t* data, int64_t size, int64_t alignment);

}  // namespace sabot
