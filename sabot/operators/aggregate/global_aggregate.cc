#include <mutex>
#include <unordered_map>

#include "sabot/base/error.h"
#include "sabot/operators/aggregate/aggregate_program.h"
#include "sabot/operators/aggregate/hash_aggregate.h"

namespace sabot::internal {
namespace {

/// Bytes of the states of a task: few, one a call.
class SmallStateHeap final : public StateHeap {
 public:
  explicit SmallStateHeap(std::shared_ptr<MemoryConsumer> memory) : memory_(std::move(memory)) {}
  ~SmallStateHeap() override { memory_->Release(bytes_); }

  arrow::Result<StringView> Store(std::string_view text) override {
    const StringView view(text);
    if (view.is_inline()) return view;
    const auto size = static_cast<int64_t>(text.size());
    if (!memory_->TryReserve(size)) {
      return OutOfMemoryError(*memory_->budget(), memory_->name(), size);
    }
    bytes_ += size;
    auto copy = std::make_unique<char[]>(text.size());
    std::memcpy(copy.get(), text.data(), text.size());
    const StringView stored(std::string_view(copy.get(), text.size()));
    texts_[stored.pointer] = std::move(copy);
    return stored;
  }
  void Free(const StringView& view) override {
    if (view.is_inline()) return;
    bytes_ -= view.length;
    memory_->Release(view.length);
    texts_.erase(view.pointer);
  }
  int64_t size_bytes() const override { return bytes_; }

 private:
  const std::shared_ptr<MemoryConsumer> memory_;
  std::unordered_map<const char*, std::unique_ptr<char[]>> texts_;
  int64_t bytes_ = 0;
};

/// One row of states, all empty at first.
struct States {
  States(const RowLayout* layout, std::shared_ptr<MemoryConsumer> memory)
      : row(static_cast<size_t>(layout->row_size()) / 8 + 1), heap(std::move(memory)) {}

  uint8_t* data() { return reinterpret_cast<uint8_t*>(row.data()); }

  std::vector<uint64_t> row;
  SmallStateHeap heap;
};

/// What the tasks share: the program, and the states of those that ended.
struct Total {
  std::shared_ptr<const AggregateProgram> program;
  RowLayout layout;
  std::mutex mutex;
  std::vector<std::unique_ptr<States>> states;
  bool is_read = false;
};

// One task gives the one row there is.
class TotalReader final : public Source {
 public:
  TotalReader(std::shared_ptr<Total> total, std::shared_ptr<MemoryConsumer> memory)
      : total_(std::move(total)), memory_(std::move(memory)) {}

  arrow::Result<Progress> Poll(Output* output) override {
    const std::lock_guard lock(total_->mutex);
    if (std::exchange(total_->is_read, true)) return Progress::kDone;
    const RowLayout& layout = total_->layout;
    States sum(&layout, memory_);
    uint8_t* into[] = {sum.data()};
    for (const auto& states : total_->states) {
      uint8_t* from[] = {states->data()};
      ARROW_RETURN_NOT_OK(total_->program->Combine(layout, into, from, &sum.heap));
    }
    output->batch.set_num_rows(1);
    for (size_t i = 0; i < total_->program->size(); ++i) {
      ARROW_ASSIGN_OR_RAISE(output->batch.columns().emplace_back(),
                            total_->program->Finalize(i, layout, into, pool_));
    }
    return Progress::kDone;
  }

 private:
  const std::shared_ptr<Total> total_;
  const std::shared_ptr<MemoryConsumer> memory_;
  BufferPool pool_;
};

class GlobalAggregate final : public Operator {
 public:
  GlobalAggregate(std::shared_ptr<Total> total, std::unique_ptr<AggregateInputs> inputs,
                  std::shared_ptr<MemoryConsumer> memory)
      : total_(std::move(total)),
        inputs_(std::move(inputs)),
        memory_(std::move(memory)),
        states_(std::make_unique<States>(&total_->layout, memory_)) {
    for (size_t i = 0; i < total_->program->num_states(); ++i) {
      state_of_.push_back(states_->data() + total_->layout.slot_offset(i));
    }
  }

  arrow::Result<Progress> Push(int /*port*/, Batch& input, Output* /*output*/) override {
    ARROW_RETURN_NOT_OK(inputs_->Evaluate(input));
    ARROW_RETURN_NOT_OK(inputs_->UpdateOne(state_of_, &states_->heap));
    return Progress::kNeedsInput;
  }

  arrow::Result<Progress> OnMarker(Marker& marker, Output* /*output*/) override {
    if (marker.kind == Marker::kEnd && states_ != nullptr) {
      const std::lock_guard lock(total_->mutex);
      total_->states.push_back(std::move(states_));
    }
    return Progress::kNeedsInput;
  }

  std::unique_ptr<Source> Remainder() override {
    return std::make_unique<TotalReader>(total_, memory_);
  }

 private:
  const std::shared_ptr<Total> total_;
  const std::unique_ptr<AggregateInputs> inputs_;
  const std::shared_ptr<MemoryConsumer> memory_;
  std::unique_ptr<States> states_;  // null once handed over
  std::vector<uint8_t*> state_of_;
};

class GlobalAggregateFactory final : public OperatorFactory {
 public:
  GlobalAggregateFactory(std::shared_ptr<Total> total, Layout layout, const QueryContext& query)
      : total_(std::move(total)), layout_(std::move(layout)), query_(query) {}

  arrow::Result<std::unique_ptr<Operator>> Make(const TaskContext& context) override {
    ARROW_ASSIGN_OR_RAISE(std::shared_ptr<MemoryConsumer> memory,
                          context.memory->MakeConsumer("aggregate"));
    ARROW_ASSIGN_OR_RAISE(std::unique_ptr<AggregateInputs> inputs,
                          AggregateInputs::Make(total_->program.get(), layout_, query_));
    return std::make_unique<GlobalAggregate>(total_, std::move(inputs), std::move(memory));
  }

 private:
  const std::shared_ptr<Total> total_;
  const Layout layout_;
  const QueryContext query_;
};

}  // namespace

arrow::Result<std::unique_ptr<OperatorFactory>> MakeGlobalAggregate(
    const PhysicalHashAggregate& step, const PhysicalNode& node, const QueryContext& query) {
  auto total = std::make_shared<Total>();
  ARROW_ASSIGN_OR_RAISE(AggregateProgram program, AggregateProgram::Make(step.aggregates, query));
  ARROW_ASSIGN_OR_RAISE(total->layout, RowLayout::Make({.slots = program.slots()}));
  total->program = std::make_shared<const AggregateProgram>(std::move(program));
  return std::make_unique<GlobalAggregateFactory>(std::move(total), node.inputs[0]->layout(),
                                                  query);
}

}  // namespace sabot::internal
