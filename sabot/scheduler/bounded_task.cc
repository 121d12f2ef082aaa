#include "sabot/scheduler/bounded_task.h"

#include <algorithm>
#include <string>

#include "sabot/base/error.h"

namespace sabot {
namespace {

// The one epoch of a query that ends.
constexpr Epoch kOnlyEpoch = 1;

}  // namespace

BoundedTask::BoundedTask(BoundedShared* shared, uint32_t index) : shared_(shared), index_(index) {}

BoundedTask::~BoundedTask() { End(); }

void BoundedTask::Prepare(std::unique_ptr<PageWriter> page_writer) {
  const QueryContext& query = shared_->context;
  context_.task_index = index_;
  context_.num_tasks = shared_->plan->num_tasks;
  context_.batch_size = query.batch_size;
  context_.env = query.env;
  context_.memory = query.memory;
  context_.waker = waker().get();
  context_.is_cancelled = shared_->state->is_cancelled();
  // Time of day means nothing to a query that ends: all its input is there.
  context_.set_timer = [](int64_t) {};
  memory_ = std::make_unique<TaskMemory>(shared_->broker.get(), index_, &context_, waker(),
                                         std::move(page_writer));
}

Task::State BoundedTask::Run() {
  arrow::Result<State> state = RunTurn();
  if (!state.ok()) {
    shared_->state->Fail(state.status());
    state = State::kFinished;
  }
  if (*state != State::kFinished) return *state;
  // A job under way uses what the query owns; it wakes this task when done.
  if (commit_job_ != nullptr && !commit_job_->is_done() && !commit_job_->Cancel()) {
    return State::kBlocked;
  }
  End();
  return State::kFinished;
}

void BoundedTask::OnException(const std::string& message) {
  shared_->state->Fail(message == "std::bad_alloc"
                           ? MakeError("OUT_OF_MEMORY", {{"message", message}})
                           : InternalError("a task threw: " + message));
  End();
}

// Once: what it held is gone before anyone hears of the end.
void BoundedTask::End() {
  if (has_ended_) return;
  has_ended_ = true;
  CloseSegment();
  memory_.reset();
  shared_->broker->End(index_);
  shared_->results->End(index_);
  shared_->state->EndTask();
}

arrow::Result<Task::State> BoundedTask::RunTurn() {
  TurnBudget budget = TurnBudget::Start(*context_.env.clock);
  while (true) {
    if (context_.is_cancelled->load()) return State::kFinished;
    if (segment_index_ == shared_->plan->segments.size()) return State::kFinished;
    if (!is_segment_open_) ARROW_RETURN_NOT_OK(OpenSegment());
    ARROW_RETURN_NOT_OK(memory_->SpillIfAsked(Holders(), NumCalls()));
    const Phase& phase = segment().phases[phase_index_];
    ARROW_ASSIGN_OR_RAISE(const Stop stop, RunPhase(phase, &budget));
    memory_->Publish(Holders(), NumCalls());
    if (stop == Stop::kYield) return State::kReady;
    if (stop == Stop::kBlocked) return State::kBlocked;
    has_phase_begun_ = false;
    has_arrived_ = false;
    ++num_phases_;
    if (++phase_index_ == segment().phases.size()) {
      CloseSegment();
      phase_index_ = 0;
      ++segment_index_;
    }
  }
}

arrow::Status BoundedTask::OpenSegment() {
  const Segment& segment = this->segment();
  std::vector<ChainStep> steps;
  for (const SegmentStep& step : segment.steps) {
    ARROW_ASSIGN_OR_RAISE(std::unique_ptr<Operator> made, step.make(context_));
    steps.push_back({.op = made.get(), .next = step.next, .counters = step.counters});
    operators_.push_back(std::move(made));
  }
  chain_ = std::make_unique<Chain>(std::move(steps), context_.env.clock, context_.is_cancelled);
  chain_->set_poll_hook([this](uint64_t split) {
    if (split != 0) shared_->results->Advance(index_, {num_phases_, split});
  });
  is_segment_open_ = true;
  return arrow::Status::OK();
}

void BoundedTask::CloseSegment() {
  if (chain_ != nullptr) num_calls_before_ += chain_->num_calls();
  chain_.reset();
  source_.reset();
  // Those that hold rows of others go first.
  while (!operators_.empty()) operators_.pop_back();
  is_segment_open_ = false;
}

arrow::Result<BoundedTask::Stop> BoundedTask::RunPhase(const Phase& phase, TurnBudget* budget) {
  if (!has_phase_begun_) shared_->results->Advance(index_, {num_phases_, 0});
  if (!has_arrived_) {
    arrow::Result<Stop> stop = Stop::kPhaseDone;
    switch (phase.kind) {
      case Phase::kRead:
        stop = Read(phase, budget);
        break;
      case Phase::kEnd:
        stop = SendMarker({.kind = Marker::kEnd}, phase.index, budget);
        break;
      case Phase::kRemainder:
        stop = ReadRemainder(phase, budget);
        break;
      case Phase::kStage:
        stop = SendMarker({.kind = Marker::kBarrier, .value = kOnlyEpoch}, phase.index, budget);
        if (stop.ok() && *stop == Stop::kPhaseDone) {
          ARROW_RETURN_NOT_OK(
              operators_[static_cast<size_t>(phase.index)]->Snapshot(kOnlyEpoch, shared_->staged));
        }
        break;
      case Phase::kCommit:
        stop = Commit();
        break;
    }
    ARROW_RETURN_NOT_OK(stop.status());
    if (*stop != Stop::kPhaseDone) return *stop;
    has_arrived_ = true;
    if (phase.countdown != nullptr) phase.countdown->Arrive();
  }
  if (phase.countdown != nullptr && !phase.countdown->IsOpenElseWake(waker())) {
    return Stop::kBlocked;
  }
  return Stop::kPhaseDone;
}

arrow::Result<BoundedTask::Stop> BoundedTask::Read(const Phase& phase, TurnBudget* budget) {
  const SegmentSource& source = segment().sources[static_cast<size_t>(phase.index)];
  if (!has_phase_begun_) {
    has_phase_begun_ = true;
    if (source.is_single && index_ != 0) return Stop::kPhaseDone;
    if (chain_->is_done(source.target) || chain_->is_closed(source.target)) return Stop::kPhaseDone;
    ARROW_ASSIGN_OR_RAISE(source_, source.make(context_));
    chain_->StartPoll(source_.get(), source.target, source.counters);
  }
  if (source_ == nullptr) return Stop::kPhaseDone;
  return PollToEnd(source_.get(), source.target, source.counters, budget);
}

arrow::Result<BoundedTask::Stop> BoundedTask::ReadRemainder(const Phase& phase,
                                                            TurnBudget* budget) {
  const ChainStep& step = chain_->steps()[static_cast<size_t>(phase.index)];
  if (!has_phase_begun_) {
    has_phase_begun_ = true;
    if (chain_->is_closed(phase.index)) return Stop::kPhaseDone;
    source_ = step.op->Remainder();
    if (source_ == nullptr) return Stop::kPhaseDone;
    chain_->StartPoll(source_.get(), step.next, step.counters);
  }
  return PollToEnd(source_.get(), step.next, step.counters, budget);
}

arrow::Result<BoundedTask::Stop> BoundedTask::PollToEnd(Source* source, int step,
                                                        NodeCounters* counters,
                                                        TurnBudget* budget) {
  while (true) {
    ARROW_ASSIGN_OR_RAISE(const Stop stop, RunChain(budget));
    if (stop != Stop::kPhaseDone) return stop;
    const bool is_closed =
        step != ChainStep::kNone && (chain_->is_done(step) || chain_->is_closed(step));
    if (chain_->is_poll_done() || is_closed) {
      source_.reset();
      return Stop::kPhaseDone;
    }
    chain_->StartPoll(source, step, counters);
    if (budget->is_spent) return Stop::kYield;
  }
}

arrow::Result<BoundedTask::Stop> BoundedTask::SendMarker(Marker marker, int step,
                                                         TurnBudget* budget) {
  if (!has_phase_begun_) {
    has_phase_begun_ = true;
    if (chain_->is_closed(step)) return Stop::kPhaseDone;
    chain_->StartMarker(marker, step, /*forward=*/false);
  }
  return RunChain(budget);
}

arrow::Result<BoundedTask::Stop> BoundedTask::Commit() {
  if (index_ != 0 || shared_->committer == nullptr) return Stop::kPhaseDone;
  if (commit_job_ == nullptr) {
    // On the I/O pool: a commit renames and syncs files.
    commit_job_ = context_.env.threads->Post(
        [this] {
          const std::unique_ptr<SnapshotReader> staged = shared_->staged.Read();
          return shared_->committer->Commit(kOnlyEpoch, *staged);
        },
        [waker = waker()] { waker->Fire(); });
  }
  if (!commit_job_->is_done()) return Stop::kBlocked;
  ARROW_RETURN_NOT_OK(commit_job_->Wait());
  return Stop::kPhaseDone;
}

arrow::Result<BoundedTask::Stop> BoundedTask::RunChain(TurnBudget* budget) {
  while (true) {
    ARROW_ASSIGN_OR_RAISE(const ChainState state, chain_->Run(budget));
    switch (state) {
      case ChainState::kIdle:
        return Stop::kPhaseDone;
      case ChainState::kYield:
        return Stop::kYield;
      case ChainState::kBlocked:
        return Stop::kBlocked;
      case ChainState::kNeedsMemory: {
        ARROW_ASSIGN_OR_RAISE(const Stop stop, OnNeedsMemory());
        if (stop != Stop::kPhaseDone) return stop;
        break;  // again, at once
      }
    }
  }
}

// kPhaseDone: repeat the call that was refused.
arrow::Result<BoundedTask::Stop> BoundedTask::OnNeedsMemory() {
  ARROW_ASSIGN_OR_RAISE(const TaskMemory::Verdict verdict,
                        memory_->OnRefused(Holders(), NumCalls()));
  switch (verdict) {
    case TaskMemory::Verdict::kRetry:
      return Stop::kPhaseDone;
    case TaskMemory::Verdict::kYield:
      return Stop::kYield;
    case TaskMemory::Verdict::kBlocked:
      return Stop::kBlocked;
    case TaskMemory::Verdict::kFail:
      break;
  }
  // A consumer that is slow to take results will free them in the end.
  if (!shared_->results->is_empty()) return Stop::kBlocked;
  const int step = chain_->current_step();
  return shared_->broker->OutOfMemory(
      step == ChainStep::kNone ? "a scan" : segment().steps[static_cast<size_t>(step)].name);
}

std::vector<Stateful*> BoundedTask::Holders() const {
  std::vector<Stateful*> holders;
  if (source_ != nullptr) holders.push_back(source_.get());
  for (const auto& held : operators_) holders.push_back(held.get());
  return holders;
}

int64_t BoundedTask::NumCalls() const {
  return num_calls_before_ + (chain_ != nullptr ? chain_->num_calls() : 0);
}

}  // namespace sabot
