#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "arrow/status.h"

#include "sabot/base/waker.h"
#include "sabot/vector/operator.h"

namespace sabot {

/// Which consumer a row goes to.
enum class Partitioning : uint8_t {
  kForward,    ///< producer i feeds consumer i (modulo their number)
  kHash,       ///< the owner of the row's key group
  kBroadcast,  ///< all
  kRebalance,  ///< batch by batch in turn
};

/// The key columns of a batch, by which kHash deals its rows out. Valid until the next call.
using KeyColumns = std::function<arrow::Status(const Batch& batch, std::vector<Vector>* keys)>;

struct LocalExchangeOptions {
  uint32_t num_producers = 1;
  uint32_t num_consumers = 1;
  Partitioning partitioning = Partitioning::kForward;
  /// What one channel (a producer and a consumer) may hold; a batch more fits if it is below.
  int64_t channel_bytes_max = int64_t{1} << 20;
};

/// Moves batches between the tasks of one process: a bounded queue for each pair of them. Rows keep
/// their order in a channel, their weights, split and times. Thread-safe; lives as long as one of
/// its ends.
class LocalExchange {
 public:
  virtual ~LocalExchange() = default;
  static std::shared_ptr<LocalExchange> Make(const LocalExchangeOptions& options);

  /// The operator that ends the pipeline of a producer. kBlocked while a channel it needs is full;
  /// what fits elsewhere has gone. Markers go to all consumers and never wait. keys: for kHash.
  virtual std::unique_ptr<Operator> MakeSink(uint32_t producer, KeyColumns keys,
                                             std::shared_ptr<Waker> waker) = 0;
  /// The source that begins the pipeline of a consumer. Watermark: the minimum over the channels
  /// that are neither idle nor ended; Idle once all of those are. Barrier: once every channel has
  /// brought it or has ended; a channel that has is held back until then, its producer goes on
  /// until the channel is full. kDone once all have ended. State: the watermark given out, filed by
  /// `groups`.
  virtual std::unique_ptr<Source> MakeSource(uint32_t consumer, KeyGroupRange groups,
                                             std::shared_ptr<Waker> waker) = 0;
};

}  // namespace sabot
