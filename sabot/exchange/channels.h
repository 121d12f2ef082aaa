#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "sabot/base/waker.h"
#include "sabot/vector/operator.h"

namespace sabot {

/// The channels that lead to one consumer. Thread-safe.
class Inbox {
 public:
  /// A batch or a marker.
  struct Item {
    Batch batch;
    Marker marker;
    int64_t bytes = 0;
  };

  Inbox(uint32_t num_channels, int64_t channel_bytes_max);

  /// False: the channel is full; the waker fires once something was taken from this inbox.
  bool TryPush(uint32_t channel, Batch* batch, const std::shared_ptr<Waker>& waker);
  void Push(uint32_t channel, const Marker& marker);
  /// The next item of a channel that is not held, in turn; none: the waker fires once there is one.
  std::optional<Item> TryTake(const std::vector<bool>& is_held, uint32_t* channel,
                              const std::shared_ptr<Waker>& waker);

 private:
  struct Channel {
    std::deque<Item> items;
    int64_t bytes = 0;
  };

  const int64_t channel_bytes_max_;
  std::mutex mutex_;
  std::vector<Channel> channels_;
  uint32_t next_ = 0;
  WakerList waiting_for_room_;
  WakerList waiting_for_items_;
};

}  // namespace sabot
