#include "sabot/vector/buffer.h"

#include <algorithm>
#include <atomic>
#include <cstring>

#include "sabot/vector/large_memory.h"

namespace sabot {
namespace {

constexpr int64_t kAlignment = 64;
// Kernels may read a whole vector register past the last value.
constexpr int64_t kPadding = 64;

}  // namespace

BufferPtr Buffer::Allocate(int64_t size) {
  uint8_t* data = AllocateLarge(size + kPadding, kAlignment);
  return BufferPtr(new Buffer(data, size, nullptr, true));
}

BufferPtr Buffer::Copy(std::string_view bytes) {
  BufferPtr copy = Allocate(static_cast<int64_t>(bytes.size()));
  if (!bytes.empty()) std::memcpy(copy->data(), bytes.data(), bytes.size());
  return copy;
}

BufferPtr Buffer::Borrow(const void* data, int64_t size, std::shared_ptr<const void> owner) {
  return BufferPtr(new Buffer(const_cast<uint8_t*>(static_cast<const uint8_t*>(data)), size,
                              std::move(owner), false));
}

Buffer::~Buffer() {
  if (is_own_) FreeLarge(data_, size_ + kPadding, kAlignment);
}

BufferPtr BufferPool::Acquire(int64_t size) {
  // Sizes in a pool are few (columns x a vector's width), so a short walk from the last hit finds
  // one.
  for (size_t i = 0; i < buffers_.size(); ++i) {
    next_ = next_ + 1 < buffers_.size() ? next_ + 1 : 0;
    BufferPtr& buffer = buffers_[next_];
    if (buffer->size() < size || buffer->size() > 4 * size + 256 || buffer.use_count() != 1)
      continue;
    // Pairs with the release of the last other user, which may have been another thread.
    std::atomic_thread_fence(std::memory_order_acquire);
    return buffer;
  }
  buffers_.push_back(Buffer::Allocate(size));
  size_bytes_ += size;
  return buffers_.back();
}

}  // namespace sabot
