#include "sabot/state/extent.h"

#include <cstring>
#include <new>
#include <utility>

#include "sabot/vector/large_memory.h"

namespace sabot::internal {

std::shared_ptr<Extent> Extent::Make(int64_t size, int64_t alignment,
                                     std::shared_ptr<MemoryConsumer> payer,
                                     std::shared_ptr<Extent> previous, bool is_forced) {
  if (payer != nullptr) {
    if (is_forced) {
      payer->ForceReserve(size);
    } else if (!payer->TryReserve(size)) {
      return nullptr;
    }
  }
  std::shared_ptr<Extent> extent(new Extent());
  extent->data_ = AllocateLarge(size, alignment);
  extent->size_ = size;
  extent->alignment_ = alignment;
  extent->payer_ = std::move(payer);
  extent->previous_ = std::move(previous);
  return extent;
}

Extent::~Extent() {
  // One after the other: a chain of thousands must not become as deep a recursion.
  std::shared_ptr<Extent> previous = std::move(previous_);
  while (previous != nullptr && previous.use_count() == 1) {
    std::shared_ptr<Extent> before = std::move(previous->previous_);
    previous = std::move(before);
  }
  FreeLarge(data_, size_, alignment_);
  if (payer_ != nullptr) payer_->Release(size_);
}

namespace {
constexpr int64_t kReserveStep = 64 << 10;
}  // namespace

StringView StateBytes::Store(std::string_view bytes) {
  if (bytes.size() <= StringView::kInlineSize) return StringView(bytes);
  auto* piece = static_cast<Piece*>(::operator new(sizeof(Piece) + bytes.size()));
  piece->previous = nullptr;
  piece->next = first_;
  if (first_ != nullptr) first_->previous = piece;
  first_ = piece;
  used_bytes_ += static_cast<int64_t>(sizeof(Piece) + bytes.size());
  Settle();
  char* target = reinterpret_cast<char*>(piece + 1);
  std::memcpy(target, bytes.data(), bytes.size());
  return StringView(std::string_view(target, bytes.size()));
}

void StateBytes::Free(const StringView& view) {
  if (view.is_inline()) return;
  auto* piece = reinterpret_cast<Piece*>(const_cast<char*>(view.pointer)) - 1;
  if (piece->previous != nullptr) piece->previous->next = piece->next;
  if (piece->next != nullptr) piece->next->previous = piece->previous;
  if (first_ == piece) first_ = piece->next;
  used_bytes_ -= static_cast<int64_t>(sizeof(Piece) + view.length);
  ::operator delete(piece);
  Settle();
}

void StateBytes::Clear() {
  while (first_ != nullptr) ::operator delete(std::exchange(first_, first_->next));
  used_bytes_ = 0;
  Settle();
}

void StateBytes::Settle() {
  if (payer_ == nullptr) return;
  const int64_t wanted = (used_bytes_ + kReserveStep - 1) / kReserveStep * kReserveStep;
  if (wanted > reserved_bytes_) {
    payer_->ForceReserve(wanted - reserved_bytes_);
    reserved_bytes_ = wanted;
  } else if (wanted < reserved_bytes_ - kReserveStep || used_bytes_ == 0) {
    payer_->Release(reserved_bytes_ - wanted);
    reserved_bytes_ = wanted;
  }
}

}  // namespace sabot::internal
