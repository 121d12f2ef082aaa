#include "sabot/operators/stream/event_time.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "sabot/base/codec.h"
#include "sabot/base/error.h"
#include "sabot/eventtime/pane.h"
#include "sabot/eventtime/split_board.h"
#include "sabot/vector/bitmap.h"

namespace sabot {
namespace {

constexpr std::string_view kPieceName = "event_time";

/// A split as a checkpoint keeps it.
struct SavedSplit {
  int64_t max_time = SplitBoard::kNone;
  bool has_ended = false;
  static constexpr auto Fields() {
    return std::tuple{Field{"max_time", &SavedSplit::max_time},
                      Field{"has_ended", &SavedSplit::has_ended}};
  }
};

/// Values of a flat or constant column of event times.
struct TimeColumn {
  const int64_t* values;
  const uint64_t* validity;
  bool is_constant;

  explicit TimeColumn(const Vector& column)
      : values(column.data<int64_t>()),
        validity(column.validity()),
        is_constant(column.is_constant()) {}
  bool Has(int32_t row) const {
    return validity == nullptr || GetBit(validity, is_constant ? 0 : row);
  }
  int64_t operator[](int32_t row) const { return values[is_constant ? 0 : row]; }
};

class EventTime final : public Operator {
 public:
  EventTime(int column, int64_t delay_us, const TaskContext& context)
      : column_(static_cast<size_t>(column)),
        delay_us_(delay_us),
        clock_(context.env.clock),
        set_timer_(context.set_timer),
        board_(context.splits != nullptr ? context.splits : &own_board_) {}

  arrow::Result<Progress> Push(int /*port*/, Batch& input, Output* output) override {
    const Vector times_vector = input.column(column_).is_dictionary()
                                    ? input.column(column_).Flattened(input.rows(), pool_)
                                    : input.column(column_);
    const TimeColumn times(times_vector);
    const Rows rows = input.rows();
    const Stretch stretch = StretchFrom(times, rows, input.split());
    board_->Observe(input.split(), stretch.max_time, NowMicros());
    ArmTimer();
    const int32_t begin = next_row_;
    const bool is_all = stretch.end == rows.count;
    next_row_ = is_all ? 0 : stretch.end;
    if (is_all && begin == 0) {
      output->batch = std::move(input);
    } else if (stretch.end > begin) {
      output->batch = input.SliceActive(begin, stretch.end - begin, pool_);
    }
    output->batch.set_times(stretch.min_time, stretch.max_time);
    Announce(output);
    return is_all ? Progress::kNeedsInput : Progress::kMore;
  }

  arrow::Result<Progress> OnMarker(Marker& marker, Output* output) override {
    switch (marker.kind) {
      case Marker::kWatermark:
        marker.kind = Marker::kNone;
        break;
      case Marker::kIdle:
        is_idle_ = true;
        break;
      case Marker::kTimer:
        OnTimer(marker.value, output);
        break;
      default:
        break;
    }
    return Progress::kNeedsInput;
  }

  arrow::Status Snapshot(Epoch /*epoch*/, SnapshotWriter& writer) override {
    for (const auto& [number, split] : board_->splits()) {
      const std::string bytes = EncodeToString(SavedSplit{split.max_time, split.has_ended});
      ARROW_RETURN_NOT_OK(writer.Add(
          {.name = std::string(kPieceName), .split = number, .content = {Buffer::Copy(bytes)}}));
    }
    return arrow::Status::OK();
  }

  arrow::Status Restore(SnapshotReader& reader) override {
    // Another task's split would hold this one's watermark for ever: a source that has named its
    // splits has them all.
    const bool are_named = !board_->splits().empty();
    while (true) {
      ARROW_ASSIGN_OR_RAISE(const std::optional<StatePiece> piece, reader.Next());
      if (!piece.has_value()) break;
      if (are_named && piece->split.has_value() && !board_->splits().contains(*piece->split)) {
        continue;
      }
      if (piece->name != kPieceName || !piece->split.has_value()) continue;
      ARROW_ASSIGN_OR_RAISE(const SavedSplit saved, DecodeFromString<SavedSplit>(piece->Bytes()));
      board_->Restore(*piece->split, saved.max_time, NowMicros());
      if (saved.has_ended) board_->End(*piece->split);
    }
    ArmTimer();
    return arrow::Status::OK();
  }

 private:
  // Active rows from next_row_ to `end`, with the bounds of their times.
  struct Stretch {
    int32_t end = 0;
    int64_t min_time = Batch::kNoTime;
    int64_t max_time = Batch::kNoTime;
  };
  static_assert(Batch::kNoTime == SplitBoard::kNone);

  // The rows up to the first one that would be earlier than the watermark the others make.
  Stretch StretchFrom(const TimeColumn& times, Rows rows, uint64_t split) const {
    Stretch stretch{.end = next_row_};
    const Limits limits = LimitsOf(split);
    int64_t greatest = limits.own;
    for (int32_t i = next_row_; i < rows.count; ++i, stretch.end = i) {
      if (!times.Has(rows[i])) continue;
      const int64_t time = times[rows[i]];
      if (time < greatest) {
        const int64_t watermark = WatermarkOf(std::min(greatest, limits.others));
        if (time < watermark && watermark > watermark_) break;
      }
      greatest = std::max(greatest, time);
      stretch.max_time = std::max(stretch.max_time, time);
      stretch.min_time =
          stretch.min_time == Batch::kNoTime ? time : std::min(stretch.min_time, time);
    }
    return stretch;
  }

  // How far the split itself is, and the minimum over the other live ones.
  struct Limits {
    int64_t own = SplitBoard::kNone;
    int64_t others = INT64_MAX;
  };
  Limits LimitsOf(uint64_t split) const {
    Limits limits;
    for (const auto& [number, other] : board_->splits()) {
      if (number == split) {
        limits.own = other.max_time;
      } else if (!other.is_idle && !other.has_ended) {
        limits.others = std::min(limits.others, other.max_time);
      }
    }
    return limits;
  }

  // No time gives none: the sum ends at the least number.
  int64_t WatermarkOf(int64_t time) const { return AddSaturated(time, -delay_us_); }

  // The watermark as it is now, if that is news.
  void Announce(Output* output) {
    const int64_t watermark = WatermarkOf(board_->MinimumOfLive());
    const bool advances = watermark > watermark_;
    // After Idle the same watermark says that rows come again.
    if (!advances && (!is_idle_ || !board_->has_live())) return;
    watermark_ = std::max(watermark, watermark_);
    is_idle_ = false;
    if (watermark_ == SplitBoard::kNone) return;
    output->marker = {.kind = Marker::kWatermark, .value = watermark_};
  }

  void OnTimer(int64_t clock_us, Output* output) {
    is_timer_set_ = false;
    board_->MarkIdle(clock_us, kSplitIdleAfterUs);
    ArmTimer();
    if (board_->has_live()) {
      Announce(output);
    } else if (!is_idle_) {
      is_idle_ = true;
      output->marker = {.kind = Marker::kIdle};
    }
  }

  void ArmTimer() {
    if (is_timer_set_ || !set_timer_) return;
    const std::optional<int64_t> at = board_->NextIdleAt(kSplitIdleAfterUs);
    if (!at.has_value()) return;
    is_timer_set_ = true;
    set_timer_(*at);
  }

  int64_t NowMicros() const { return clock_ == nullptr ? 0 : clock_->NowMicros(); }

  const size_t column_;
  const int64_t delay_us_;
  Clock* const clock_;
  const std::function<void(int64_t)> set_timer_;
  BufferPool pool_;
  SplitBoard own_board_;
  SplitBoard* const board_;
  int64_t watermark_ = SplitBoard::kNone;  // the latest that went out
  int32_t next_row_ = 0;                   // of a batch that is under way
  bool is_idle_ = false;
  bool is_timer_set_ = false;
};

class EventTimeFactory final : public OperatorFactory {
 public:
  EventTimeFactory(int column, int64_t delay_us) : column_(column), delay_us_(delay_us) {}

  arrow::Result<std::unique_ptr<Operator>> Make(const TaskContext& context) override {
    return std::make_unique<EventTime>(column_, delay_us_, context);
  }

 private:
  const int column_;
  const int64_t delay_us_;
};

}  // namespace

arrow::Result<std::unique_ptr<OperatorFactory>> MakeEventTime(const PhysicalEventTime& step,
                                                              const PhysicalNode& node,
                                                              const QueryContext& /*query*/) {
  const PhysicalNode& input = *node.inputs[0];
  const int column = input.layout().Find(step.column);
  if (column < 0) return InternalError("the event time is no column of its input");
  const Type& type = input.output[static_cast<size_t>(column)].type;
  if (type.id() != TypeId::kTimestamp && type.id() != TypeId::kTimestampNtz) {
    return MakeError(
        "DATATYPE_MISMATCH",
        {{"sqlExpr", input.output[static_cast<size_t>(column)].name},
         {"message", fmt::format("event time is a TIMESTAMP, but this is {}", type.ToSql())}},
        {}, "cast it to TIMESTAMP below event_time()");
  }
  return std::make_unique<EventTimeFactory>(column, step.delay_us);
}

}  // namespace sabot
