#include "sabot/exchange/channels.h"

#include "sabot/exchange/batch_bytes.h"

namespace sabot {

Inbox::Inbox(uint32_t num_channels, int64_t channel_bytes_max)
    : channel_bytes_max_(channel_bytes_max), channels_(num_channels) {}

bool Inbox::TryPush(uint32_t channel, Batch* batch, const std::shared_ptr<Waker>& waker) {
  {
    const std::lock_guard lock(mutex_);
    Channel& target = channels_[channel];
    if (target.bytes >= channel_bytes_max_) {
      waiting_for_room_.Add(waker);
      return false;
    }
    const int64_t bytes = BatchBytes(*batch);
    target.bytes += bytes;
    target.items.push_back({std::move(*batch), {}, bytes});
  }
  waiting_for_items_.FireAll();
  return true;
}

void Inbox::Push(uint32_t channel, const Marker& marker) {
  {
    const std::lock_guard lock(mutex_);
    std::deque<Item>& items = channels_[channel].items;
    // A later watermark says all that one in front of it says; so a channel without rows stays
    // short.
    if (marker.kind == Marker::kWatermark && !items.empty() &&
        items.back().marker.kind == Marker::kWatermark) {
      items.back().marker = marker;
    } else {
      items.push_back({{}, marker, 0});
    }
  }
  waiting_for_items_.FireAll();
}

std::optional<Inbox::Item> Inbox::TryTake(const std::vector<bool>& is_held, uint32_t* channel,
                                          const std::shared_ptr<Waker>& waker) {
  std::optional<Item> taken;
  {
    const std::lock_guard lock(mutex_);
    for (size_t i = 0; i < channels_.size() && !taken.has_value(); ++i) {
      const auto at = static_cast<uint32_t>((next_ + i) % channels_.size());
      if (is_held[at] || channels_[at].items.empty()) continue;
      taken = std::move(channels_[at].items.front());
      channels_[at].items.pop_front();
      channels_[at].bytes -= taken->bytes;
      *channel = at;
      next_ = at + 1;
    }
    if (!taken.has_value()) waiting_for_items_.Add(waker);
  }
  if (taken.has_value()) waiting_for_room_.FireAll();
  return taken;
}

}  // namespace sabot
