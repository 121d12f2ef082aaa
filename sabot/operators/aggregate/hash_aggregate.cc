#include "sabot/operators/aggregate/hash_aggregate.h"

#include <algorithm>
#include <bit>

#include "sabot/operators/aggregate/group_codes.h"
#include "sabot/operators/aggregate/group_store.h"

namespace sabot {
namespace {

using internal::GroupStore;

/// What the tasks share.
struct Groups {
  RowSchema schema;
  KeyedTableOptions options;  // without memory
  std::shared_ptr<const AggregateProgram> program;
  std::shared_ptr<GroupStore> store = std::make_shared<GroupStore>();
};

// Partitions and pages small beside the memory there is: a partition must fit twice to be split,
// and spilling one must leave the others.
KeyedTableOptions TableOptions(const QueryContext& query) {
  const int64_t share = query.memory->limit_bytes() / std::max<uint32_t>(query.num_tasks, 1);
  KeyedTableOptions options;
  options.partition_bytes_max = std::clamp<int64_t>(share / 32, 8 << 10, 16 << 20);
  options.page_bytes = static_cast<int32_t>(
      std::bit_floor(static_cast<uint64_t>(std::clamp<int64_t>(share / 1024, 1 << 10, 16 << 10))));
  return options;
}

class HashAggregate final : public Operator {
 public:
  HashAggregate(std::shared_ptr<const Groups> groups, const TaskContext& context,
                std::unique_ptr<KeyedTable> table,
                std::vector<std::unique_ptr<Evaluator>> key_evaluators,
                std::unique_ptr<AggregateInputs> inputs)
      : groups_(std::move(groups)),
        context_(context),
        table_(std::move(table)),
        heap_(table_.get()),
        key_evaluators_(std::move(key_evaluators)),
        inputs_(std::move(inputs)),
        keys_(key_evaluators_.size()),
        key_rows_(&table_->layout()),
        codes_(key_evaluators_.size()) {}

  arrow::Result<Progress> Push(int /*port*/, Batch& input, Output* /*output*/) override {
    if (input.empty()) return Progress::kNeedsInput;
    if (!is_open_) {
      for (size_t i = 0; i < keys_.size(); ++i) {
        ARROW_RETURN_NOT_OK(key_evaluators_[i]->Evaluate(input, &keys_[i]));
      }
      ARROW_RETURN_NOT_OK(inputs_->Evaluate(input));
      is_open_ = true;
      next_ = 0;
      mode_ = codes_.Assign(keys_, input.rows()) ? kByCode : kUnhashed;
    }
    if (mode_ == kByCode) {
      ARROW_ASSIGN_OR_RAISE(const bool is_done, AddByCode(input.rows()));
      if (is_done) {
        is_open_ = false;
        return Progress::kNeedsInput;
      }
      // The table takes what there is memory for, row by row.
      mode_ = kUnhashed;
    }
    if (mode_ == kUnhashed) {
      ARROW_RETURN_NOT_OK(key_rows_.Assign(keys_, input.rows()));
      mode_ = kHashed;
    }
    return AddByHash();
  }

  arrow::Result<Progress> OnMarker(Marker& marker, Output* /*output*/) override {
    if (marker.kind != Marker::kEnd || table_ == nullptr) return Progress::kNeedsInput;
    groups_->store->Add(std::move(table_), std::move(spilled_));
    return Progress::kNeedsInput;
  }

  std::unique_ptr<Source> Remainder() override {
    return internal::MakeGroupReader(groups_->store, groups_->program, context_);
  }

  int64_t spillable_bytes() const override {
    if (table_ == nullptr) return groups_->store->spillable_bytes();
    return table_->size_bytes();
  }

  arrow::Result<int64_t> Spill(int64_t bytes_wanted, PageWriter& writer) override {
    if (table_ == nullptr) return groups_->store->Spill(bytes_wanted, writer);
    known_groups_.clear();
    return internal::SpillLargest(table_.get(), bytes_wanted, writer, &spilled_);
  }

 private:
  // How the groups of the open batch are found.
  enum Mode : uint8_t { kByCode, kUnhashed, kHashed };

  // False: memory refused, and nothing was added.
  arrow::Result<bool> AddByCode(Rows rows) {
    if (codes_.is_renumbered() || known_groups_.size() != codes_.num_codes()) {
      known_groups_.assign(codes_.num_codes(), nullptr);
    }
    const uint32_t* codes = codes_.codes();
    const auto num_positions = static_cast<size_t>(rows[rows.count - 1] + 1);
    if (group_of_.size() < num_positions) group_of_.resize(num_positions);
    bool is_complete = true;
    const auto look_up = [&] {
      ForEachRow(rows, [&](int32_t row) {
        uint8_t* group = known_groups_[codes[row]];
        is_complete &= group != nullptr;
        group_of_[static_cast<size_t>(row)] = group;
      });
    };
    look_up();
    if (!is_complete) {
      ARROW_ASSIGN_OR_RAISE(const bool is_known, LookUpCodes(rows));
      if (!is_known) return false;
      look_up();
    }
    ARROW_RETURN_NOT_OK(inputs_->Update(0, rows.count, group_of_.data(), table_->layout(), &heap_));
    return true;
  }

  // The groups of all codes of the batch, each looked up once by the first row that has it. Groups
  // known before are looked up again, for inserting may move them.
  arrow::Result<bool> LookUpCodes(Rows rows) {
    const uint32_t* codes = codes_.codes();
    known_groups_.assign(codes_.num_codes(), nullptr);
    is_seen_.assign(codes_.num_codes(), 0);
    first_rows_.clear();
    ForEachRow(rows, [&](int32_t row) {
      if (is_seen_[codes[row]] != 0) return;
      is_seen_[codes[row]] = 1;
      first_rows_.push_back(static_cast<uint16_t>(row));
    });
    const Rows firsts{first_rows_.data(), static_cast<int32_t>(first_rows_.size())};
    ARROW_RETURN_NOT_OK(key_rows_.Assign(keys_, firsts));
    ARROW_ASSIGN_OR_RAISE(const int32_t to, table_->FindOrInsert(key_rows_, 0, &refs_));
    if (to < firsts.count) {
      known_groups_.clear();
      return false;
    }
    for (const uint16_t row : first_rows_) known_groups_[codes[row]] = refs_[row];
    return true;
  }

  arrow::Result<Progress> AddByHash() {
    known_groups_.clear();
    const int32_t from = next_;
    ARROW_ASSIGN_OR_RAISE(next_, table_->FindOrInsert(key_rows_, from, &refs_));
    if (next_ > from) {
      ARROW_RETURN_NOT_OK(inputs_->Update(from, next_, refs_.row.data(), table_->layout(), &heap_));
    }
    if (next_ < key_rows_.num_rows()) return Progress::kNeedsMemory;
    is_open_ = false;
    return Progress::kNeedsInput;
  }

  const std::shared_ptr<const Groups> groups_;
  const TaskContext& context_;
  std::unique_ptr<KeyedTable> table_;  // null once handed over
  TableStateHeap heap_;
  std::vector<std::unique_ptr<Evaluator>> key_evaluators_;
  std::unique_ptr<AggregateInputs> inputs_;
  std::vector<SpilledPartition> spilled_;

  // The batch under way.
  bool is_open_ = false;
  Mode mode_ = kUnhashed;
  int32_t next_ = 0;  // active row
  std::vector<Vector> keys_;
  KeyRows key_rows_;
  RowRefs refs_;

  GroupCodes codes_;
  std::vector<uint8_t*> known_groups_;  // by code; empty once rows may have moved
  std::vector<uint8_t*> group_of_;      // by batch position
  std::vector<uint8_t> is_seen_;        // by code
  std::vector<uint16_t> first_rows_;
};

class HashAggregateFactory final : public OperatorFactory {
 public:
  HashAggregateFactory(std::shared_ptr<const Groups> groups, std::vector<NamedExpression> keys,
                       Layout layout, const QueryContext& query)
      : groups_(std::move(groups)),
        keys_(std::move(keys)),
        layout_(std::move(layout)),
        query_(query) {}

  arrow::Result<std::unique_ptr<Operator>> Make(const TaskContext& context) override {
    KeyedTableOptions options = groups_->options;
    ARROW_ASSIGN_OR_RAISE(options.memory, context.memory->MakeConsumer("hash aggregate"));
    ARROW_ASSIGN_OR_RAISE(std::unique_ptr<KeyedTable> table,
                          KeyedTable::Make(groups_->schema, std::move(options)));
    // While it is empty and costs nothing: what is spilled must be of a part's range or finer.
    ARROW_RETURN_NOT_OK(table->SplitTo(GroupStore::kPartBits).status());
    std::vector<std::unique_ptr<Evaluator>> evaluators;
    for (const NamedExpression& key : keys_) {
      ARROW_ASSIGN_OR_RAISE(
          evaluators.emplace_back(),
          MakeEvaluator(key.expression, layout_, *query_.functions, query_.settings));
    }
    ARROW_ASSIGN_OR_RAISE(std::unique_ptr<AggregateInputs> inputs,
                          AggregateInputs::Make(groups_->program.get(), layout_, query_));
    return std::make_unique<HashAggregate>(groups_, context, std::move(table),
                                           std::move(evaluators), std::move(inputs));
  }

 private:
  const std::shared_ptr<const Groups> groups_;
  const std::vector<NamedExpression> keys_;
  const Layout layout_;
  const QueryContext query_;
};

}  // namespace

arrow::Result<std::unique_ptr<OperatorFactory>> MakeHashAggregate(const PhysicalHashAggregate& step,
                                                                  const PhysicalNode& node,
                                                                  const QueryContext& query) {
  if (step.keys.empty()) return internal::MakeGlobalAggregate(step, node, query);
  auto groups = std::make_shared<Groups>();
  ARROW_ASSIGN_OR_RAISE(AggregateProgram program, AggregateProgram::Make(step.aggregates, query));
  for (const NamedExpression& key : step.keys) {
    groups->schema.keys.push_back(
        {key.expression->type, key.expression->nullable || key.column.nullable});
  }
  groups->schema.slots = program.slots();
  groups->options = TableOptions(query);
  groups->program = std::make_shared<const AggregateProgram>(std::move(program));
  return std::make_unique<HashAggregateFactory>(std::move(groups), step.keys,
                                                node.inputs[0]->layout(), query);
}

}  // namespace sabot
