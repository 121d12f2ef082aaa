#include "sabot/planner/planner.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "sabot/base/error.h"

namespace sabot {
namespace {

arrow::Status StreamRefusal(std::string operation, std::string reason, std::string alternative) {
  return MakeError("STREAM_UNSUPPORTED",
                   {{"operation", std::move(operation)},
                    {"reason", std::move(reason)},
                    {"alternative", alternative}},
                   {}, alternative);
}

/// The length of the windows that the expression gives the start of: tumble(time, size) over the
/// stream's event time.
std::optional<int64_t> TumbleSizeOf(const ExpressionPtr& expression, ColumnId event_time) {
  const auto* call = expression->As<FunctionCall>();
  if (call == nullptr || call->function != "tumble") return std::nullopt;
  const auto* time = call->arguments[0]->As<ColumnRef>();
  const auto* size = call->arguments[1]->As<LiteralValue>();
  if (time == nullptr || time->id != event_time || size == nullptr) return std::nullopt;
  return std::get<int64_t>(size->value.value);
}

class Planner {
 public:
  arrow::Result<PhysicalPtr> Plan(const LogicalPtr& plan) {
    return std::visit([&](const auto& step) { return PlanStep(plan, step); }, plan->step);
  }

 private:
  arrow::Result<std::vector<PhysicalPtr>> PlanInputs(const LogicalPtr& plan) {
    std::vector<PhysicalPtr> inputs;
    for (const LogicalPtr& input : plan->inputs) {
      ARROW_ASSIGN_OR_RAISE(inputs.emplace_back(), Plan(input));
    }
    return inputs;
  }

  arrow::Result<PhysicalPtr> Same(const LogicalPtr& plan, PhysicalStep step) {
    ARROW_ASSIGN_OR_RAISE(std::vector<PhysicalPtr> inputs, PlanInputs(plan));
    return MakePhysical(std::move(step), std::move(inputs), plan->output);
  }

  arrow::Result<PhysicalPtr> PlanStep(const LogicalPtr& plan, const LogicalScan& scan) {
    return MakePhysical(PhysicalScan{scan.table, scan.ordinals, scan.columns, scan.bounds}, {},
                        plan->output);
  }
  arrow::Result<PhysicalPtr> PlanStep(const LogicalPtr& plan, const LogicalValues& values) {
    return MakePhysical(PhysicalValues{values.columns, values.rows}, {}, plan->output);
  }
  arrow::Result<PhysicalPtr> PlanStep(const LogicalPtr& plan, const LogicalFilter& filter) {
    return Same(plan, PhysicalFilter{filter.condition});
  }

  arrow::Result<PhysicalPtr> PlanStep(const LogicalPtr& plan, const LogicalProject& project) {
    ARROW_ASSIGN_OR_RAISE(std::vector<PhysicalPtr> inputs, PlanInputs(plan));
    // The event time keeps its role under another id.
    for (const NamedExpression& named : project.expressions) {
      const auto* column = named.expression->As<ColumnRef>();
      if (column != nullptr && event_time_.has_value() && column->id == event_time_->column) {
        event_time_->column = named.column.id;
        break;
      }
    }
    return MakePhysical(PhysicalProject{project.expressions}, std::move(inputs), plan->output);
  }

  arrow::Result<PhysicalPtr> PlanStep(const LogicalPtr& plan, const LogicalAggregate& aggregate) {
    if (IsUnbounded(plan)) return PlanWindow(plan, aggregate);
    return Same(plan, PhysicalHashAggregate{aggregate.keys, aggregate.aggregates});
  }

  arrow::Result<PhysicalPtr> PlanWindow(const LogicalPtr& plan, const LogicalAggregate& aggregate) {
    ARROW_ASSIGN_OR_RAISE(PhysicalPtr input, Plan(plan->input()));
    if (!event_time_.has_value()) {
      return MakeError("STREAM_NEEDS_EVENT_TIME", {{"operation", "an aggregate"}}, {},
                       "call event_time(column, delay) on the stream first");
    }
    PhysicalWindowAggregate window{aggregate.keys, -1, 0, event_time_->lateness_us,
                                   aggregate.aggregates};
    PhysicalExchange exchange{ExchangeMode::kHash, {}};
    for (size_t i = 0; i < aggregate.keys.size(); ++i) {
      const auto size = TumbleSizeOf(aggregate.keys[i].expression, event_time_->column);
      if (size.has_value() && window.window_key < 0) {
        window.window_key = static_cast<int>(i);
        window.size_us = *size;
      } else {
        exchange.keys.push_back(aggregate.keys[i].expression);
      }
    }
    if (window.window_key < 0) {
      return StreamRefusal("an aggregate without a window of its event time",
                           "its groups would never be final", "GROUP BY window(time, '1 hour')");
    }
    if (aggregated_) {
      return StreamRefusal("an aggregate over another",
                           "the first one's windows end its event time",
                           "one aggregate, its output to files, and a second query over those");
    }
    aggregated_ = true;
    // Without other keys the windows themselves are spread.
    if (exchange.keys.empty()) {
      exchange.keys.push_back(aggregate.keys[static_cast<size_t>(window.window_key)].expression);
    }
    std::vector<OutputColumn> passed = input->output;
    PhysicalPtr exchanged =
        MakePhysical(std::move(exchange), {std::move(input)}, std::move(passed));
    return MakePhysical(std::move(window), {std::move(exchanged)}, plan->output);
  }

  arrow::Result<PhysicalPtr> PlanStep(const LogicalPtr& plan, const LogicalJoin& join) {
    if (IsUnbounded(plan)) {
      return StreamRefusal("a join", "a running stream has one input",
                           "a join of a table with what the stream has written");
    }
    return Same(plan, PhysicalHashJoin{join.kind, join.left_keys, join.right_keys, join.residual});
  }

  arrow::Result<PhysicalPtr> PlanStep(const LogicalPtr& plan, const LogicalSort& sort) {
    if (IsUnbounded(plan)) {
      return StreamRefusal("ORDER BY", "the last row never comes",
                           "a sort of what the stream has written");
    }
    if (sort.limit >= 0) return Same(plan, PhysicalTopN{sort.keys, sort.limit, sort.offset});
    return Same(plan, PhysicalSort{sort.keys});
  }

  arrow::Result<PhysicalPtr> PlanStep(const LogicalPtr& plan, const LogicalLimit& limit) {
    return Same(plan, PhysicalLimit{limit.count, limit.offset});
  }

  arrow::Result<PhysicalPtr> PlanStep(const LogicalPtr& plan, const LogicalUnion& all) {
    if (IsUnbounded(plan)) {
      return StreamRefusal("UNION", "inputs are read one after another",
                           "one stream over all the files or topics");
    }
    return Same(plan, PhysicalUnion{all.columns, all.sources});
  }

  arrow::Result<PhysicalPtr> PlanStep(const LogicalPtr& plan, const LogicalEventTime& event_time) {
    // Over a table all rows are there: event time declares nothing.
    if (!IsUnbounded(plan)) return Plan(plan->input());
    ARROW_ASSIGN_OR_RAISE(PhysicalPtr input, Plan(plan->input()));
    // Known once the input is planned.
    if (event_time_.has_value()) {
      return StreamRefusal("a second event_time()", "a stream has one event time",
                           "one event_time() on the source");
    }
    event_time_ = event_time;
    return MakePhysical(PhysicalEventTime{event_time.column, event_time.delay_us},
                        {std::move(input)}, plan->output);
  }

  arrow::Result<PhysicalPtr> PlanStep(const LogicalPtr& plan, const LogicalSink& sink) {
    return Same(plan, PhysicalSink{sink.sink});
  }
  arrow::Result<PhysicalPtr> PlanStep(const LogicalPtr&, const LogicalMatch&) {
    return InternalError("a graph pattern reached the planner");
  }
  arrow::Result<PhysicalPtr> PlanStep(const LogicalPtr& plan, const LogicalExpand& expand) {
    return Same(plan, PhysicalExpand{expand.from, expand.source, expand.destination,
                                     expand.direction, expand.to});
  }
  arrow::Result<PhysicalPtr> PlanStep(const LogicalPtr& plan, const LogicalShortestPath& path) {
    return Same(plan, PhysicalShortestPath{path.from, path.to, path.source, path.destination,
                                           path.direction, path.max_hops, path.path});
  }

  std::optional<LogicalEventTime> event_time_;
  bool aggregated_ = false;
};

}  // namespace

arrow::Result<PhysicalPlan> MakePhysicalPlan(const LogicalPlan& plan) {
  ARROW_ASSIGN_OR_RAISE(PhysicalPtr root, Planner().Plan(plan.root));
  return PhysicalPlan{NumberNodes(root), plan.settings};
}

}  // namespace sabot
