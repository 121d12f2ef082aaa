#include "sabot/connectors/kafka/source.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "sabot/base/codec.h"
#include "sabot/base/error.h"
#include "sabot/connectors/kafka/decoder.h"
#include "sabot/eventtime/split_board.h"

namespace sabot::kafka {
namespace {

constexpr std::string_view kPieceName = "kafka_offset";
// A wake-up of librdkafka could be missed while a partition is drained: look again by then.
constexpr int64_t kLookAgainNanos = 100'000'000;

/// Where a task stands in a partition, as a checkpoint keeps it.
struct SavedPosition {
  std::string topic;
  int32_t partition = 0;
  int64_t offset = 0;
  static constexpr auto Fields() {
    return std::tuple{Field{"topic", &SavedPosition::topic},
                      Field{"partition", &SavedPosition::partition},
                      Field{"offset", &SavedPosition::offset}};
  }
};

uint64_t SplitOf(int32_t partition) { return static_cast<uint64_t>(partition) + 1; }

/// Fires a task's waker as long as there is a task.
struct WakerGate {
  std::mutex mutex;
  Waker* waker = nullptr;  // guarded by mutex

  void Fire() {
    const std::lock_guard lock(mutex);
    if (waker != nullptr) waker->Fire();
  }
};

class KafkaScan final : public Scan, public std::enable_shared_from_this<KafkaScan> {
 public:
  KafkaScan(Options options, std::shared_ptr<Client> client, std::vector<PartitionRange> partitions,
            ScanRequest request)
      : options_(std::move(options)),
        client_(std::move(client)),
        partitions_(std::move(partitions)),
        request_(std::move(request)) {
    progress_.morsels_total = static_cast<int64_t>(partitions_.size());
  }
  arrow::Result<std::unique_ptr<Source>> MakeSource(const TaskContext& context) override;
  const ScanProgress& progress() const override { return progress_; }
  int64_t max_tasks() const override { return static_cast<int64_t>(partitions_.size()); }

 private:
  friend class KafkaSource;
  const Options options_;
  const std::shared_ptr<Client> client_;
  const std::vector<PartitionRange> partitions_;
  const ScanRequest request_;
  ScanProgress progress_;
};

class KafkaSource final : public Source {
 public:
  KafkaSource(std::shared_ptr<KafkaScan> scan, std::unique_ptr<Decoder> decoder,
              const TaskContext& context)
      : scan_(std::move(scan)),
        decoder_(std::move(decoder)),
        batch_size_(context.batch_size),
        env_(context.env),
        board_(context.splits) {
    gate_->waker = context.waker;
    for (size_t i = context.task_index; i < scan_->partitions_.size(); i += context.num_tasks) {
      const PartitionRange& range = scan_->partitions_[i];
      splits_.push_back({.range = range, .position = range.begin});
      if (board_ != nullptr) board_->Add(SplitOf(range.partition), env_.clock->NowMicros());
    }
  }
  ~KafkaSource() override {
    const std::lock_guard lock(gate_->mutex);
    gate_->waker = nullptr;
  }

  arrow::Result<Progress> Poll(Output* output) override {
    bool is_done = true;
    // In turns, so that none waits for a busy one.
    for (size_t i = 0; i < splits_.size(); ++i) {
      Split& split = splits_[next_split_];
      next_split_ = (next_split_ + 1) % splits_.size();
      if (split.has_ended) continue;
      ARROW_RETURN_NOT_OK(ReadSome(&split, &output->batch));
      if (HasEnded(split)) End(&split);
      if (!output->batch.empty()) return Progress::kMore;
      is_done &= split.has_ended;
    }
    if (is_done) return Progress::kDone;
    LookAgainLater();
    return Progress::kBlocked;
  }

  arrow::Status Snapshot(Epoch /*epoch*/, SnapshotWriter& writer) override {
    for (const Split& split : splits_) {
      const std::string bytes = EncodeToString(
          SavedPosition{scan_->options_.topic, split.range.partition, split.position});
      ARROW_RETURN_NOT_OK(writer.Add({.name = std::string(kPieceName),
                                      .split = SplitOf(split.range.partition),
                                      .content = {Buffer::Copy(bytes)}}));
    }
    return arrow::Status::OK();
  }

  arrow::Status Restore(SnapshotReader& reader) override {
    bool has_any = false;
    std::vector<bool> is_known(splits_.size(), false);
    while (true) {
      ARROW_ASSIGN_OR_RAISE(const std::optional<StatePiece> piece, reader.Next());
      if (!piece.has_value()) break;
      if (piece->name != kPieceName) continue;
      ARROW_ASSIGN_OR_RAISE(const SavedPosition saved, Decode(*piece));
      has_any = true;
      for (size_t i = 0; i < splits_.size(); ++i) {
        if (splits_[i].range.partition != saved.partition) continue;
        splits_[i].position = saved.offset;
        is_known[i] = true;
      }
    }
    // A partition that was added since is read from its beginning.
    for (size_t i = 0; has_any && i < splits_.size(); ++i) {
      if (!is_known[i]) splits_[i].position = splits_[i].range.low;
    }
    return arrow::Status::OK();
  }

 private:
  struct Split {
    PartitionRange range;
    int64_t position = 0;
    std::unique_ptr<PartitionReader> reader;  // made by the first read
    bool has_ended = false;
  };

  arrow::Result<SavedPosition> Decode(const StatePiece& piece) const {
    ARROW_ASSIGN_OR_RAISE(SavedPosition saved, DecodeFromString<SavedPosition>(piece.Bytes()));
    if (saved.topic == scan_->options_.topic) return saved;
    return MakeError(
        "CHECKPOINT_INCOMPATIBLE",
        {{"path", piece.name},
         {"message", fmt::format("its offsets are of the topic {}, but this job reads {}",
                                 saved.topic, scan_->options_.topic)}});
  }

  arrow::Status ReadSome(Split* split, Batch* batch) {
    if (HasEnded(*split)) return arrow::Status::OK();
    if (split->reader == nullptr) {
      ARROW_ASSIGN_OR_RAISE(
          split->reader,
          PartitionReader::Open(scan_->client_, scan_->options_.topic, split->range.partition,
                                split->position, [gate = gate_] { gate->Fire(); }));
    }
    int64_t num_bytes = 0;
    const auto visit = [&](const rd_kafka_message_t& message) -> arrow::Status {
      // What came after the end was chosen is not asked for.
      if (split->range.end >= 0 && message.offset >= split->range.end) return arrow::Status::OK();
      num_bytes += static_cast<int64_t>(message.len + message.key_len);
      return decoder_->Append(message);
    };
    ARROW_RETURN_NOT_OK(split->reader->Read(batch_size_, 0, visit).status());
    split->position = split->reader->position();
    if (decoder_->num_rows() == 0) return arrow::Status::OK();
    ARROW_ASSIGN_OR_RAISE(*batch, decoder_->Finish(pool_));
    batch->set_split(SplitOf(split->range.partition));
    scan_->progress_.rows_read.fetch_add(batch->num_rows(), std::memory_order_relaxed);
    scan_->progress_.bytes_read.fetch_add(num_bytes, std::memory_order_relaxed);
    return arrow::Status::OK();
  }

  static bool HasEnded(const Split& split) {
    return split.range.end >= 0 && split.position >= split.range.end;
  }

  void End(Split* split) {
    split->has_ended = true;
    split->reader.reset();
    if (board_ != nullptr) board_->End(SplitOf(split->range.partition));
    scan_->progress_.morsels_done.fetch_add(1, std::memory_order_relaxed);
  }

  void LookAgainLater() {
    if (look_again_ != nullptr && !look_again_->is_done()) return;
    look_again_ = env_.threads->PostAfter(
        kLookAgainNanos, [] { return arrow::Status::OK(); }, [gate = gate_] { gate->Fire(); });
  }

  const std::shared_ptr<KafkaScan> scan_;
  const std::unique_ptr<Decoder> decoder_;
  const int32_t batch_size_;
  const Env env_;
  SplitBoard* const board_;
  const std::shared_ptr<WakerGate> gate_ = std::make_shared<WakerGate>();
  BufferPool pool_;
  std::vector<Split> splits_;
  size_t next_split_ = 0;
  std::shared_ptr<Job> look_again_;
};

arrow::Result<std::unique_ptr<Source>> KafkaScan::MakeSource(const TaskContext& context) {
  ARROW_ASSIGN_OR_RAISE(auto decoder, MakeDecoder(options_, request_));
  return std::make_unique<KafkaSource>(shared_from_this(), std::move(decoder), context);
}

}  // namespace

std::shared_ptr<Scan> MakeScan(Options options, std::shared_ptr<Client> client,
                               std::vector<PartitionRange> partitions, ScanRequest request) {
  return std::make_shared<KafkaScan>(std::move(options), std::move(client), std::move(partitions),
                                     std::move(request));
}

}  // namespace sabot::kafka
