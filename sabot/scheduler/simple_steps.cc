#include "sabot/scheduler/simple_steps.h"

#include <algorithm>

#include <fmt/format.h>

#include "sabot/base/error.h"

namespace sabot {
namespace {

class ValuesSource final : public Source {
 public:
  ValuesSource(const PhysicalValues& values, size_t num_rows, int32_t batch_size)
      : values_(values), num_rows_(num_rows), batch_size_(static_cast<size_t>(batch_size)) {}

  arrow::Result<Progress> Poll(Output* output) override {
    const size_t end = std::min(num_rows_, next_ + batch_size_);
    for (size_t column = 0; column < values_.columns.size() && next_ < end; ++column) {
      VectorBuilder builder(values_.columns[column].type);
      for (size_t row = next_; row < end; ++row) {
        builder.Append(values_.rows[row][column]);
      }
      output->batch.columns().push_back(builder.Finish());
    }
    output->batch.set_num_rows(static_cast<int32_t>(end - next_));
    next_ = end;
    return next_ < num_rows_ ? Progress::kMore : Progress::kDone;
  }

 private:
  const PhysicalValues& values_;
  const size_t num_rows_;
  const size_t batch_size_;
  size_t next_ = 0;
};

class ColumnMap final : public Operator {
 public:
  explicit ColumnMap(std::vector<int> positions) : positions_(std::move(positions)) {}

  arrow::Result<Progress> Push(int /*port*/, Batch& input, Output* output) override {
    for (const int position : positions_) {
      output->batch.columns().push_back(input.column(static_cast<size_t>(position)));
    }
    output->batch.CopyShape(input);
    return Progress::kNeedsInput;
  }

 private:
  const std::vector<int> positions_;
};

}  // namespace

arrow::Result<std::unique_ptr<Source>> MakeValuesSource(const PhysicalValues& values,
                                                        uint32_t task_index, int32_t batch_size) {
  for (const std::vector<TypedValue>& row : values.rows) {
    if (row.size() != values.columns.size()) {
      return InternalError(fmt::format("a row of VALUES has {} columns instead of {}", row.size(),
                                       values.columns.size()));
    }
  }
  const size_t num_rows = task_index == 0 ? values.rows.size() : 0;
  return std::make_unique<ValuesSource>(values, num_rows, batch_size);
}

std::unique_ptr<Operator> MakeColumnMap(std::vector<int> positions) {
  return std::make_unique<ColumnMap>(std::move(positions));
}

arrow::Result<std::vector<int>> UnionPositions(const PhysicalNode& node, size_t index) {
  const auto& step = *node.As<PhysicalUnion>();
  if (step.sources.size() != node.inputs.size()) {
    return InternalError("a union has not one list of columns for each input");
  }
  const Layout layout = node.inputs[index]->layout();
  std::vector<int> positions;
  for (const ColumnId id : step.sources[index]) {
    positions.push_back(layout.Find(id));
    if (positions.back() < 0) {
      return InternalError(fmt::format("input {} of a union has no column #{}", index, id));
    }
  }
  return positions;
}

}  // namespace sabot
