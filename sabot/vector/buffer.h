#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace sabot {

/// A block of memory with a count of its users (shared_ptr). Either its own, 64-byte aligned, or
/// borrowed from an owner it keeps alive (an Arrow buffer, a state page, a mapped file). Written
/// only by the one who acquired it, before it is shared.
class Buffer {
 public:
  /// Memory of its own; content is not initialised.
  static std::shared_ptr<Buffer> Allocate(int64_t size);
  /// Memory of its own that holds these bytes.
  static std::shared_ptr<Buffer> Copy(std::string_view bytes);
  /// A view of memory that `owner` keeps alive; never written.
  static std::shared_ptr<Buffer> Borrow(const void* data, int64_t size,
                                        std::shared_ptr<const void> owner);
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  ~Buffer();

  uint8_t* data() { return data_; }
  const uint8_t* data() const { return data_; }
  /// Bytes.
  int64_t size() const { return size_; }

 private:
  Buffer(uint8_t* data, int64_t size, std::shared_ptr<const void> owner, bool is_own)
      : data_(data), size_(size), owner_(std::move(owner)), is_own_(is_own) {}

  uint8_t* data_;
  int64_t size_;
  std::shared_ptr<const void> owner_;
  bool is_own_;
};

using BufferPtr = std::shared_ptr<Buffer>;

/// Gives buffers out and takes them back by itself: a buffer nobody else holds any more is given
/// again. So an operator's output costs no allocation as long as nobody retains it, and a batch
/// that is retained simply keeps its buffers. One thread.
class BufferPool {
 public:
  /// A buffer of at least `size` bytes that nobody else uses; content is not initialised.
  BufferPtr Acquire(int64_t size);
  /// Bytes held by the pool, in use or not.
  int64_t size_bytes() const { return size_bytes_; }

 private:
  std::vector<BufferPtr> buffers_;
  size_t next_ = 0;
  int64_t size_bytes_ = 0;
};

}  // namespace sabot
