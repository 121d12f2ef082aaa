#include "sabot/scheduler/stream_task.h"

#include <algorithm>

#include "sabot/base/error.h"

namespace sabot {

const TaskContext& StreamTask::AddContext(const TaskContext& common) {
  const size_t step = contexts_.size();
  TaskContext& context = contexts_.emplace_back(common);
  timers_.push_back(kNoTimer);
  context.waker = waker().get();
  context.splits = &splits_;
  context.set_timer = [this, step](int64_t clock_us) { SetTimer(step, clock_us); };
  return context;
}

void StreamTask::Prepare(std::unique_ptr<Source> source, uint32_t source_id, bool sends_barriers,
                         std::vector<Step> steps, std::unique_ptr<PageWriter> page_writer) {
  source_ = std::move(source);
  source_id_ = source_id;
  sends_barriers_ = sends_barriers;
  steps_ = std::move(steps);
  std::vector<ChainStep> chain_steps;
  for (const Step& step : steps_) {
    chain_steps.push_back({.op = step.op.get(), .next = step.next, .side = step.side});
  }
  while (steps_[static_cast<size_t>(last_step_)].next != ChainStep::kNone) {
    last_step_ = steps_[static_cast<size_t>(last_step_)].next;
  }
  const TaskContext& context = contexts_.front();
  chain_ = std::make_unique<Chain>(std::move(chain_steps), context.env.clock,
                                   shared_->state->is_cancelled());
  chain_->set_drained_hook(
      [this](int step, const Marker& marker) { return OnDrained(step, marker); });
  memory_ = std::make_unique<TaskMemory>(shared_->broker.get(), index_, &context, waker(),
                                         std::move(page_writer));
  taken_epoch_ = shared_->epochs->wanted();
}

void StreamTask::SetTimer(size_t step, int64_t clock_us) {
  if (clock_us >= timers_[step]) return;
  timers_[step] = clock_us;
  const Env& env = contexts_.front().env;
  const int64_t delay_us = std::max<int64_t>(clock_us - env.clock->NowMicros(), 0);
  env.threads->PostAfter(
      delay_us * 1000, [] { return arrow::Status::OK(); }, [waker = waker()] { waker->Fire(); });
}

Task::State StreamTask::Run() {
  arrow::Result<State> state = RunTurn();
  if (!state.ok()) {
    shared_->state->Fail(state.status());
    shared_->epochs->Notify();
    state = State::kFinished;
  }
  if (*state == State::kFinished) End();
  return *state;
}

void StreamTask::OnException(const std::string& message) {
  shared_->state->Fail(InternalError("a task threw: " + message));
  shared_->epochs->Notify();
  End();
}

void StreamTask::End() {
  if (has_ended_) return;
  has_ended_ = true;
  chain_.reset();
  source_.reset();
  ended_source_.reset();
  while (!steps_.empty()) steps_.pop_back();
  memory_.reset();
  shared_->broker->End(index_);
  shared_->state->EndTask();
}

arrow::Result<Task::State> StreamTask::RunTurn() {
  TurnBudget budget = TurnBudget::Start(*contexts_.front().env.clock);
  is_waiting_for_poll_ = false;
  ARROW_RETURN_NOT_OK(memory_->SpillIfAsked(Holders(), chain_->num_calls()));
  while (true) {
    if (shared_->state->is_cancelled()->load()) return State::kFinished;
    ARROW_ASSIGN_OR_RAISE(const ChainState state, chain_->Run(&budget));
    switch (state) {
      case ChainState::kIdle:
        break;
      case ChainState::kYield:
        memory_->Publish(Holders(), chain_->num_calls());
        return State::kReady;
      case ChainState::kNeedsMemory: {
        ARROW_ASSIGN_OR_RAISE(const State next, OnNeedsMemory());
        if (next == State::kFinished) continue;  // repeat at once
        return next;
      }
      case ChainState::kBlocked:
        if (!chain_->AbandonPoll()) return State::kBlocked;
        // Between polls there is room for barriers and timers.
        is_polling_ = false;
        is_waiting_for_poll_ = true;
        break;
    }
    AfterIdle();
    ARROW_ASSIGN_OR_RAISE(const bool is_started, StartNext());
    if (!is_started) {
      memory_->Publish(Holders(), chain_->num_calls());
      return shared_->epochs->is_finished() ? State::kFinished : State::kBlocked;
    }
    if (budget.is_spent) return State::kReady;
  }
}

// What was under way is through all operators.
void StreamTask::AfterIdle() {
  if (is_polling_) {
    is_polling_ = false;
    const bool is_closed = chain_->is_done(0) || chain_->is_closed(0);
    is_ending_ = chain_->is_poll_done() || is_closed;
  } else if (is_ending_ && !has_brought_end_ && source_ == nullptr) {
    has_brought_end_ = true;
    shared_->epochs->TaskEnded();
  }
  if (barrier_under_way_ != 0) {
    taken_epoch_ = barrier_under_way_;
    shared_->epochs->TaskDone(std::exchange(barrier_under_way_, 0));
  }
}

arrow::Result<bool> StreamTask::StartNext() {
  if (StartTimer()) return true;
  if ((sends_barriers_ || has_brought_end_) && StartBarrier()) return true;
  if (has_brought_end_) return false;
  if (is_ending_) {
    // The position at the end is part of every later epoch, so the source stays, unread.
    ended_source_ = std::move(source_);
    chain_->StartMarker({.kind = Marker::kEnd}, 0, /*forward=*/true);
    return true;
  }
  if (is_waiting_for_poll_) return false;
  is_polling_ = true;
  chain_->StartPoll(source_.get(), 0);
  return true;
}

bool StreamTask::StartTimer() {
  const int64_t now = contexts_.front().env.clock->NowMicros();
  for (size_t step = 0; step < timers_.size(); ++step) {
    if (timers_[step] > now) continue;
    timers_[step] = kNoTimer;
    // Context 0 is the source's, which takes no markers.
    if (step == 0 || has_brought_end_) continue;
    chain_->StartMarker({.kind = Marker::kTimer, .value = now}, static_cast<int>(step) - 1,
                        /*forward=*/false);
    return true;
  }
  return false;
}

bool StreamTask::StartBarrier() {
  const Epoch wanted = shared_->epochs->wanted();
  if (wanted <= taken_epoch_) return false;
  chain_->StartMarker({.kind = Marker::kBarrier, .value = static_cast<int64_t>(wanted)}, 0,
                      /*forward=*/true);
  return true;
}

arrow::Status StreamTask::OnDrained(int step, const Marker& marker) {
  if (marker.kind == Marker::kWatermark && step == last_step_) {
    watermark_.store(marker.value, std::memory_order_relaxed);
  }
  if (marker.kind != Marker::kBarrier) return arrow::Status::OK();
  const auto epoch = static_cast<Epoch>(marker.value);
  if (step == 0) {
    barrier_under_way_ = epoch;
    Source* const source = source_ != nullptr ? source_.get() : ended_source_.get();
    ARROW_RETURN_NOT_OK(source->Snapshot(epoch, *shared_->epochs->WriterFor(epoch, source_id_)));
  }
  const Step& held = steps_[static_cast<size_t>(step)];
  return held.op->Snapshot(epoch, *shared_->epochs->WriterFor(epoch, held.operator_id));
}

// kFinished here: repeat the call at once.
arrow::Result<Task::State> StreamTask::OnNeedsMemory() {
  ARROW_ASSIGN_OR_RAISE(const TaskMemory::Verdict verdict,
                        memory_->OnRefused(Holders(), chain_->num_calls()));
  switch (verdict) {
    case TaskMemory::Verdict::kRetry:
      return State::kFinished;
    case TaskMemory::Verdict::kYield:
      return State::kReady;
    case TaskMemory::Verdict::kBlocked:
      return State::kBlocked;
    case TaskMemory::Verdict::kFail:
      break;
  }
  const int step = chain_->current_step();
  return shared_->broker->OutOfMemory(
      step == ChainStep::kNone ? "a scan" : steps_[static_cast<size_t>(step)].name);
}

std::vector<Stateful*> StreamTask::Holders() const {
  std::vector<Stateful*> holders;
  if (source_ != nullptr) holders.push_back(source_.get());
  for (const Step& step : steps_) holders.push_back(step.op.get());
  return holders;
}

}  // namespace sabot
