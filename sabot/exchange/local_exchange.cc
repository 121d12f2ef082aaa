#include "sabot/exchange/local_exchange.h"

#include <algorithm>
#include <cstring>

#include "sabot/base/error.h"
#include "sabot/exchange/channels.h"
#include "sabot/vector/key_hash.h"

namespace sabot {
namespace {

using Inboxes = std::vector<std::unique_ptr<Inbox>>;

class ExchangeSink final : public Operator {
 public:
  ExchangeSink(std::shared_ptr<Inboxes> inboxes, Partitioning partitioning, uint32_t producer,
               KeyColumns keys, std::shared_ptr<Waker> waker)
      : inboxes_(std::move(inboxes)),
        partitioning_(partitioning),
        producer_(producer),
        keys_of_(std::move(keys)),
        waker_(std::move(waker)),
        pending_(inboxes_->size()),
        next_(producer % inboxes_->size()) {
    const auto num_consumers = static_cast<uint32_t>(inboxes_->size());
    for (uint32_t consumer = 0; consumer < num_consumers; ++consumer) {
      const KeyGroupRange groups = KeyGroupsOfTask(consumer, num_consumers);
      for (uint32_t group = groups.begin; group < groups.end; ++group) owners_[group] = consumer;
    }
  }

  arrow::Result<Progress> Push(int /*port*/, Batch& input, Output* /*output*/) override {
    if (!is_dealt_) ARROW_RETURN_NOT_OK(Deal(input));
    is_dealt_ = true;
    bool is_left = false;
    for (size_t consumer = 0; consumer < pending_.size(); ++consumer) {
      Batch& batch = pending_[consumer];
      if (batch.empty()) continue;
      if ((*inboxes_)[consumer]->TryPush(producer_, &batch, waker_)) {
        batch.Clear();
      } else {
        is_left = true;
      }
    }
    if (is_left) return Progress::kBlocked;
    is_dealt_ = false;
    return Progress::kNeedsInput;
  }

  arrow::Result<Progress> OnMarker(Marker& marker, Output* /*output*/) override {
    if (marker.kind == Marker::kTimer) return Progress::kNeedsInput;
    for (const auto& inbox : *inboxes_) inbox->Push(producer_, marker);
    return Progress::kNeedsInput;
  }

 private:
  // A batch for each consumer that gets rows, into pending_.
  arrow::Status Deal(const Batch& input) {
    switch (partitioning_) {
      case Partitioning::kForward:
        pending_[producer_ % pending_.size()] = Dense(input);
        break;
      case Partitioning::kRebalance:
        pending_[next_] = Dense(input);
        next_ = (next_ + 1) % pending_.size();
        break;
      case Partitioning::kBroadcast: {
        const Batch dense = Dense(input);
        for (Batch& batch : pending_) batch = dense.Clone();
        break;
      }
      case Partitioning::kHash:
        return DealByHash(input);
    }
    return arrow::Status::OK();
  }

  Batch Dense(const Batch& input) {
    Batch dense = input.Clone();
    dense.Compact(pool_);
    return dense;
  }

  // A counting scatter: how many rows each consumer gets, then their positions side by side.
  arrow::Status DealByHash(const Batch& input) {
    ARROW_RETURN_NOT_OK(keys_of_(input, &keys_));
    const Rows rows = input.rows();
    hashes_.resize(static_cast<size_t>(input.num_rows()));
    ARROW_RETURN_NOT_OK(HashKeys(keys_, rows, hashes_));
    begins_.assign(pending_.size() + 1, 0);
    ForEachRow(rows, [&](int32_t row) { ++begins_[OwnerOf(row) + 1]; });
    for (size_t i = 1; i < begins_.size(); ++i) begins_[i] += begins_[i - 1];
    order_.resize(static_cast<size_t>(rows.count));
    ends_.assign(begins_.begin(), begins_.end() - 1);
    ForEachRow(rows, [&](int32_t row) { order_[ends_[OwnerOf(row)]++] = row; });
    for (size_t consumer = 0; consumer < pending_.size(); ++consumer) {
      const size_t count = begins_[consumer + 1] - begins_[consumer];
      if (count == 0) continue;
      pending_[consumer] =
          input.Take(std::span<const int32_t>(order_).subspan(begins_[consumer], count), pool_);
    }
    return arrow::Status::OK();
  }

  uint32_t OwnerOf(int32_t row) const {
    return owners_[KeyGroupOf(hashes_[static_cast<size_t>(row)])];
  }

  const std::shared_ptr<Inboxes> inboxes_;
  const Partitioning partitioning_;
  const uint32_t producer_;
  const KeyColumns keys_of_;
  const std::shared_ptr<Waker> waker_;
  uint32_t owners_[kNumKeyGroups] = {};
  BufferPool pool_;
  std::vector<Batch> pending_;  // what is still to go of the input at hand
  bool is_dealt_ = false;
  size_t next_;
  std::vector<Vector> keys_;
  std::vector<uint64_t> hashes_;
  std::vector<size_t> begins_;
  std::vector<size_t> ends_;
  std::vector<int32_t> order_;
};

class ExchangeSource final : public Source {
 public:
  ExchangeSource(std::shared_ptr<Inboxes> inboxes, uint32_t consumer, uint32_t num_channels,
                 KeyGroupRange groups, std::shared_ptr<Waker> waker)
      : inboxes_(std::move(inboxes)),
        inbox_(*(*inboxes_)[consumer]),
        groups_(groups),
        waker_(std::move(waker)),
        channels_(num_channels),
        is_held_(num_channels) {}

  arrow::Result<Progress> Poll(Output* output) override {
    // What the last item decided beyond its own marker: one marker a call.
    if (Decide(&output->marker)) return Progress::kMore;
    if (num_ended_ == channels_.size()) return Progress::kDone;
    uint32_t at = 0;
    std::optional<Inbox::Item> item = inbox_.TryTake(is_held_, &at, waker_);
    if (!item.has_value()) return Progress::kBlocked;
    Channel& channel = channels_[at];
    const Marker& marker = item->marker;
    switch (marker.kind) {
      case Marker::kNone:
        output->batch = std::move(item->batch);
        channel.is_idle = false;
        is_idle_ = false;
        break;
      case Marker::kWatermark:
        channel.watermark = std::max(channel.watermark, marker.value);
        channel.is_idle = false;
        is_idle_ = false;
        break;
      case Marker::kIdle:
        channel.is_idle = true;
        break;
      case Marker::kBarrier:
        // After its end a producer may bring one more; it counts as aligned already.
        if (channel.has_ended) break;
        if (num_held_ > 0 && barrier_ != marker.value) {
          return InternalError("two barriers at once in one exchange");
        }
        barrier_ = marker.value;
        is_held_[at] = true;
        ++num_held_;
        break;
      case Marker::kEnd:
        channel.has_ended = true;
        ++num_ended_;
        break;
      case Marker::kTimer:
        break;
    }
    Decide(&output->marker);
    return Progress::kMore;
  }

  arrow::Status Snapshot(Epoch /*epoch*/, SnapshotWriter& writer) override {
    const std::string_view bytes(reinterpret_cast<const char*>(&watermark_), sizeof(watermark_));
    return writer.Add({.name = "watermark", .groups = groups_, .content = {Buffer::Copy(bytes)}});
  }

  arrow::Status Restore(SnapshotReader& reader) override {
    // Of several former tasks: the lowest, as it held for all of them.
    std::optional<int64_t> lowest;
    while (true) {
      ARROW_ASSIGN_OR_RAISE(const std::optional<StatePiece> piece, reader.Next());
      if (!piece.has_value()) break;
      const std::string bytes = piece->Bytes();
      int64_t watermark = 0;
      if (piece->name != "watermark" || bytes.size() != sizeof(watermark)) {
        return MakeError("CHECKPOINT_INCOMPATIBLE",
                         {{"path", "an exchange"},
                          {"message", "its state is `" + piece->name + "`, not a watermark"}});
      }
      std::memcpy(&watermark, bytes.data(), sizeof(watermark));
      lowest = std::min(lowest.value_or(watermark), watermark);
    }
    if (lowest.has_value()) {
      for (Channel& channel : channels_) channel.watermark = *lowest;
    }
    return arrow::Status::OK();
  }

 private:
  static constexpr int64_t kNoWatermark = INT64_MIN;
  struct Channel {
    int64_t watermark = kNoWatermark;
    bool is_idle = false;
    bool has_ended = false;
  };

  // The marker that is due now, the barrier last: what came before it is settled by then.
  bool Decide(Marker* marker) {
    int64_t lowest = INT64_MAX;
    bool is_any_live = false;
    bool is_any_idle = false;
    for (const Channel& channel : channels_) {
      if (channel.has_ended) continue;
      if (channel.is_idle) {
        is_any_idle = true;
        continue;
      }
      is_any_live = true;
      lowest = std::min(lowest, channel.watermark);
    }
    if (is_any_live && lowest > watermark_) {
      watermark_ = lowest;
      *marker = {.kind = Marker::kWatermark, .value = lowest};
      return true;
    }
    if (!is_any_live && is_any_idle && !is_idle_) {
      is_idle_ = true;
      *marker = {.kind = Marker::kIdle};
      return true;
    }
    size_t num_aligned = num_held_;
    for (const Channel& channel : channels_) num_aligned += channel.has_ended ? 1 : 0;
    if (num_held_ > 0 && num_aligned == channels_.size()) {
      std::fill(is_held_.begin(), is_held_.end(), false);
      num_held_ = 0;
      *marker = {.kind = Marker::kBarrier, .value = barrier_};
      return true;
    }
    return false;
  }

  const std::shared_ptr<Inboxes> inboxes_;
  Inbox& inbox_;
  const KeyGroupRange groups_;
  const std::shared_ptr<Waker> waker_;
  std::vector<Channel> channels_;
  std::vector<bool> is_held_;
  size_t num_held_ = 0;
  size_t num_ended_ = 0;
  int64_t barrier_ = 0;
  int64_t watermark_ = kNoWatermark;
  bool is_idle_ = false;
};

class LocalExchangeImpl final : public LocalExchange {
 public:
  explicit LocalExchangeImpl(const LocalExchangeOptions& options)
      : options_(options), inboxes_(std::make_shared<Inboxes>()) {
    for (uint32_t i = 0; i < options.num_consumers; ++i) {
      inboxes_->push_back(
          std::make_unique<Inbox>(options.num_producers, options.channel_bytes_max));
    }
  }

  std::unique_ptr<Operator> MakeSink(uint32_t producer, KeyColumns keys,
                                     std::shared_ptr<Waker> waker) override {
    return std::make_unique<ExchangeSink>(inboxes_, options_.partitioning, producer,
                                          std::move(keys), std::move(waker));
  }
  std::unique_ptr<Source> MakeSource(uint32_t consumer, KeyGroupRange groups,
                                     std::shared_ptr<Waker> waker) override {
    return std::make_unique<ExchangeSource>(inboxes_, consumer, options_.num_producers, groups,
                                            std::move(waker));
  }

 private:
  const LocalExchangeOptions options_;
  const std::shared_ptr<Inboxes> inboxes_;
};

}  // namespace

std::shared_ptr<LocalExchange> LocalExchange::Make(const LocalExchangeOptions& options) {
  return std::make_shared<LocalExchangeImpl>(options);
}

}  // namespace sabot
