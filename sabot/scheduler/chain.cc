#include "sabot/scheduler/chain.h"

#include <algorithm>

#include <fmt/format.h>

#include "sabot/base/error.h"

namespace sabot {
namespace {

// Below this share of active rows, operators work on dense rows sooner than through a selection.
constexpr int64_t kCompactBelow = 8;

#if defined(SABOT_ASSERTIONS) && SABOT_ASSERTIONS
const char* FaultOf(const Batch& batch) {
  for (const Vector& column : batch.columns()) {
    if (column.size() != batch.num_rows()) return "a column of another length than the batch";
  }
  const Rows rows = batch.rows();
  for (int32_t i = 0; i < rows.count; ++i) {
    if (rows[i] >= batch.num_rows()) return "a selected position beyond the rows";
    if (i > 0 && rows[i] <= rows[i - 1]) return "a selection that does not increase";
    if (batch.weight(rows[i]) == 0) return "an active row of weight 0";
  }
  if (batch.num_rows() > kVectorSize) return "too many rows";
  return nullptr;
}
#else
const char* FaultOf(const Batch& /*batch*/) { return nullptr; }
#endif

}  // namespace

Chain::Chain(std::vector<ChainStep> steps, Clock* clock, const std::atomic<bool>* is_cancelled)
    : steps_(std::move(steps)),
      clock_(clock),
      is_cancelled_(is_cancelled),
      done_(steps_.size()),
      frames_(steps_.size() + 1) {
  for ([[maybe_unused]] size_t i = 0; i < steps_.size(); ++i) {
    SABOT_DCHECK(steps_[i].next == ChainStep::kNone || steps_[i].next > static_cast<int>(i));
    SABOT_DCHECK(steps_[i].side == ChainStep::kNone || steps_[i].side > static_cast<int>(i));
  }
}

bool Chain::is_closed(int step) const {
  if (!any_done_) return false;
  const ChainStep& at = steps_[static_cast<size_t>(step)];
  const auto is_shut = [&](int to) { return is_done(to) || is_closed(to); };
  if (at.next == ChainStep::kNone && at.side == ChainStep::kNone) return false;
  return (at.next == ChainStep::kNone || is_shut(at.next)) &&
         (at.side == ChainStep::kNone || is_shut(at.side));
}

int Chain::current_step() const {
  return depth_ == 0 ? ChainStep::kNone : frames_[static_cast<size_t>(depth_ - 1)].step;
}

Chain::Frame& Chain::Open(Frame::Kind kind, int step) {
  Frame& frame = frames_[static_cast<size_t>(depth_++)];
  frame.kind = kind;
  frame.stage = Frame::kCall;
  frame.progress = Progress::kMore;
  frame.forward = false;
  frame.step = step;
  frame.port = step == ChainStep::kNone ? 0 : steps_[static_cast<size_t>(step)].port;
  frame.source = nullptr;
  frame.counters = step == ChainStep::kNone ? nullptr : steps_[static_cast<size_t>(step)].counters;
  frame.input = nullptr;
  frame.marker = {};
  frame.output.Clear();
  return frame;
}

void Chain::StartPoll(Source* source, int step, NodeCounters* counters) {
  SABOT_DCHECK(depth_ == 0);
  Frame& frame = Open(Frame::kPoll, ChainStep::kNone);
  frame.source = source;
  frame.port = step;
  frame.counters = counters;
  poll_done_ = false;
}

bool Chain::AbandonPoll() {
  if (depth_ != 1 || frames_[0].kind != Frame::kPoll || frames_[0].stage != Frame::kCall)
    return false;
  depth_ = 0;
  return true;
}

void Chain::StartBatch(int port, Batch* batch, int step) {
  SABOT_DCHECK(depth_ == 0);
  if (batch->empty() || is_done(step) || is_closed(step)) return;
  OpenBatch(step, batch);
  frames_[0].port = port;
}

void Chain::StartMarker(Marker marker, int step, bool forward) {
  SABOT_DCHECK(depth_ == 0);
  Frame& frame = Open(Frame::kMarker, step);
  frame.marker = marker;
  frame.forward = forward;
}

arrow::Status Chain::Broken(int step, std::string_view what) const {
  return InternalError(fmt::format("step {} of a pipeline broke its contract: {}", step, what));
}

int Chain::TargetOf(const Frame& frame) const {
  if (frame.kind == Frame::kPoll) return frame.output.port == 0 ? frame.port : ChainStep::kNone;
  const ChainStep& step = steps_[static_cast<size_t>(frame.step)];
  if (frame.output.port == 0) return step.next;
  return frame.output.port == 1 ? step.side : ChainStep::kNone;
}

// Whether what its call may still give is of use to anyone.
bool Chain::IsWanted(const Frame& frame) const {
  if (!any_done_) return true;
  if (frame.kind == Frame::kPoll) {
    return frame.port == ChainStep::kNone || !(is_done(frame.port) || is_closed(frame.port));
  }
  if (frame.kind == Frame::kBatch && is_done(frame.step)) return false;
  return !is_closed(frame.step);
}

void Chain::OpenBatch(int step, Batch* batch) {
  if (batch->has_selection() && batch->num_active_rows() * kCompactBelow < batch->num_rows()) {
    batch->Compact(pool_);
  }
  Open(Frame::kBatch, step).input = batch;
}

arrow::Status Chain::Call(Frame& frame) {
  Output* output = &frame.output;
  output->Clear();
  arrow::Result<Progress> answer = Progress::kDone;
  if (frame.kind == Frame::kPoll) {
    answer = frame.source->Poll(output);
  } else if (frame.kind == Frame::kBatch) {
    answer = steps_[static_cast<size_t>(frame.step)].op->Push(frame.port, *frame.input, output);
  } else {
    answer = steps_[static_cast<size_t>(frame.step)].op->OnMarker(frame.marker, output);
  }
  ARROW_ASSIGN_OR_RAISE(frame.progress, std::move(answer));
  return Answered(frame);
}

arrow::Status Chain::Answered(Frame& frame) {
  const Output& output = frame.output;
  const int64_t rows = output.batch.num_active_rows();
  const int64_t now = clock_->MonotonicNanos();
  if (frame.counters != nullptr) frame.counters->Add(rows, rows > 0 ? 1 : 0, now - now_nanos_);
  now_nanos_ = now;
  rows_given_ = rows;
  if (frame.progress == Progress::kBlocked || frame.progress == Progress::kNeedsMemory) {
    if (!output.empty()) return Broken(frame.step, "it waits, but put something out");
    return arrow::Status::OK();
  }
  ++num_calls_;
  if (frame.kind == Frame::kPoll) {
    if (frame.progress == Progress::kNeedsInput) return Broken(frame.step, "a source wants input");
    poll_done_ = frame.progress == Progress::kDone;
    if (rows > 0 && poll_hook_) poll_hook_(output.batch.split());
  }
  if (const char* fault = FaultOf(output.batch)) return Broken(frame.step, fault);
  frame.stage = Frame::kGiveBatch;
  return arrow::Status::OK();
}

// One move of the topmost frame that is no call. Frames never move in memory, so the reference
// stays good while others open above.
arrow::Status Chain::Advance(Frame& frame) {
  switch (frame.stage) {
    case Frame::kCall:
      break;
    case Frame::kGiveBatch: {
      frame.stage = Frame::kGiveMarker;
      if (frame.output.batch.empty()) break;
      const int target = TargetOf(frame);
      if (target == ChainStep::kNone) {
        return Broken(frame.step,
                      fmt::format("nobody takes rows of its port {}", frame.output.port));
      }
      if (!is_done(target) && !is_closed(target)) OpenBatch(target, &frame.output.batch);
      break;
    }
    case Frame::kGiveMarker: {
      frame.stage = Frame::kAgain;
      if (frame.output.marker.kind == Marker::kNone) break;
      const int target = TargetOf(frame);
      if (target == ChainStep::kNone) return Broken(frame.step, "nobody takes its markers");
      Frame& below = Open(Frame::kMarker, target);
      below.marker = frame.output.marker;
      below.forward = true;
      break;
    }
    case Frame::kAgain:
      frame.output.Clear();
      if (frame.progress == Progress::kDone && frame.kind != Frame::kPoll) {
        done_[static_cast<size_t>(frame.step)] = true;
        any_done_ = true;
      }
      if (frame.kind == Frame::kPoll) {
        // Only what is empty and not the end is no answer.
        frame.stage = Frame::kEnd;
      } else if (frame.progress == Progress::kMore && IsWanted(frame)) {
        frame.stage = Frame::kCall;
      } else {
        frame.stage = frame.kind == Frame::kMarker ? Frame::kDrained : Frame::kEnd;
      }
      break;
    case Frame::kDrained:
      frame.stage = frame.forward ? Frame::kForward : Frame::kEnd;
      if (drained_hook_) ARROW_RETURN_NOT_OK(drained_hook_(frame.step, frame.marker));
      break;
    case Frame::kForward:
    case Frame::kForwardSide: {
      const ChainStep& step = steps_[static_cast<size_t>(frame.step)];
      const int target = frame.stage == Frame::kForward ? step.next : step.side;
      frame.stage = frame.stage == Frame::kForward ? Frame::kForwardSide : Frame::kEnd;
      if (frame.marker.kind == Marker::kNone || frame.marker.kind == Marker::kTimer) {
        frame.stage = Frame::kEnd;
      } else if (target != ChainStep::kNone) {
        Frame& below = Open(Frame::kMarker, target);
        below.marker = frame.marker;
        below.forward = true;
      }
      break;
    }
    case Frame::kEnd:
      --depth_;
      break;
  }
  return arrow::Status::OK();
}

arrow::Result<ChainState> Chain::Run(TurnBudget* budget) {
  now_nanos_ = clock_->MonotonicNanos();
  bool has_called = false;
  while (depth_ > 0) {
    Frame& frame = frames_[static_cast<size_t>(depth_ - 1)];
    if (frame.stage != Frame::kCall) {
      ARROW_RETURN_NOT_OK(Advance(frame));
      continue;
    }
    if (is_cancelled_->load(std::memory_order_relaxed)) return MakeError("OPERATION_CANCELED");
    if (!IsWanted(frame)) {
      frame.stage = frame.kind == Frame::kMarker ? Frame::kDrained : Frame::kEnd;
      continue;
    }
    // At least one call a run, or a turn that begins late would never end.
    if (has_called && budget->is_spent) return ChainState::kYield;
    has_called = true;
    ARROW_RETURN_NOT_OK(Call(frame));
    budget->Spend(rows_given_, now_nanos_);
    if (frame.stage != Frame::kCall) continue;
    return frame.progress == Progress::kBlocked ? ChainState::kBlocked : ChainState::kNeedsMemory;
  }
  return ChainState::kIdle;
}

}  // namespace sabot
