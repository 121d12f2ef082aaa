#include "sabot/vector/large_memory.h"

#include <cstring>
#include <new>

#include <sys/mman.h>

namespace sabot {
namespace {

#if defined(__SANITIZE_ADDRESS__)
constexpr int64_t kMappedFrom = INT64_MAX;  // the sanitizer watches the ends of its own blocks only
#else
constexpr int64_t kMappedFrom = 64 << 10;
#endif
constexpr int64_t kSystemPage = 4 << 10;

int64_t RoundUp(int64_t size) { return (size + kSystemPage - 1) / kSystemPage * kSystemPage; }

}  // namespace

uint8_t* AllocateLarge(int64_t size, int64_t alignment) {
  if (size < kMappedFrom) {
    return static_cast<uint8_t*>(::operator new(static_cast<size_t>(size),
                                                std::align_val_t(static_cast<size_t>(alignment))));
  }
  const int64_t kept = RoundUp(size);
  // The system aligns to its own pages only: map more, and give back what stands before and behind.
  const int64_t spare = alignment > kSystemPage ? alignment - kSystemPage : 0;
  void* mapped = ::mmap(nullptr, static_cast<size_t>(kept + spare), PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED) throw std::bad_alloc();
  auto* begin = static_cast<uint8_t*>(mapped);
  const auto mask = static_cast<uintptr_t>(alignment - 1);
  const auto before = static_cast<int64_t>(-reinterpret_cast<uintptr_t>(begin) & mask);
  if (before > 0) ::munmap(begin, static_cast<size_t>(before));
  if (before < spare) {
    ::munmap(begin + before + kept, static_cast<size_t>(spare - before));
  }
  // A hint, so its failure is none.
  if (alignment >= kHugePage) ::madvise(begin + before, static_cast<size_t>(kept), MADV_HUGEPAGE);
  return begin + before;
}

uint8_t* AllocateZeroed(int64_t size, int64_t alignment) {
  uint8_t* data = AllocateLarge(size, alignment);
  // The system's own pages are.
  if (size < kMappedFrom) std::memset(data, 0, static_cast<size_t>(size));
  return data;
}

void FreeLarge(uint8_t* data, int64_t size, int64_t alignment) {
  if (data == nullptr) return;
  if (size < kMappedFrom) {
    ::operator delete(data, std::align_val_t(static_cast<size_t>(alignment)));
  } else {
    ::munmap(data, static_cast<size_t>(RoundUp(size)));
  }
}

}  // namespace sabot
