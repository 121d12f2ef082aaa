#include "sabot/plan/logical/plan.h"

#include <algorithm>

#include "sabot/plan/check.h"
#include "sabot/plan/settings_codec.h"
#include "sabot/plan/tree.h"

namespace sabot {
namespace {

using Inputs = std::vector<LogicalPtr>;

std::vector<OutputColumn> Passed(const Inputs& inputs) { return inputs[0]->output; }

std::vector<OutputColumn> With(std::vector<OutputColumn> columns, const OutputColumn& last) {
  columns.push_back(last);
  return columns;
}

std::vector<OutputColumn> OutputOf(const LogicalScan& step, const Inputs&) { return step.columns; }
std::vector<OutputColumn> OutputOf(const LogicalValues& step, const Inputs&) {
  return step.columns;
}
std::vector<OutputColumn> OutputOf(const LogicalFilter&, const Inputs& in) { return Passed(in); }
std::vector<OutputColumn> OutputOf(const LogicalSort&, const Inputs& in) { return Passed(in); }
std::vector<OutputColumn> OutputOf(const LogicalLimit&, const Inputs& in) { return Passed(in); }
std::vector<OutputColumn> OutputOf(const LogicalEventTime&, const Inputs& in) { return Passed(in); }
std::vector<OutputColumn> OutputOf(const LogicalUnion& step, const Inputs&) { return step.columns; }
std::vector<OutputColumn> OutputOf(const LogicalSink&, const Inputs&) { return {}; }

std::vector<OutputColumn> OutputOf(const LogicalProject& step, const Inputs&) {
  std::vector<OutputColumn> output;
  for (const NamedExpression& named : step.expressions) output.push_back(named.column);
  return output;
}

std::vector<OutputColumn> OutputOf(const LogicalAggregate& step, const Inputs&) {
  std::vector<OutputColumn> output;
  for (const NamedExpression& key : step.keys) output.push_back(key.column);
  for (const AggregateCall& call : step.aggregates) output.push_back(call.column);
  return output;
}

std::vector<OutputColumn> OutputOf(const LogicalJoin& step, const Inputs& inputs) {
  std::vector<OutputColumn> output = Passed(inputs);
  if (step.kind == JoinKind::kSemi || step.kind == JoinKind::kAnti) return output;
  for (OutputColumn column : inputs[1]->output) {
    column.nullable = column.nullable || step.kind == JoinKind::kLeft;
    output.push_back(std::move(column));
  }
  return output;
}

std::vector<OutputColumn> OutputOf(const LogicalMatch& step, const Inputs&) {
  std::vector<OutputColumn> output;
  for (const MatchNode& node : step.nodes) {
    output.insert(output.end(), node.columns.begin(), node.columns.end());
  }
  for (const MatchRelationship& relationship : step.relationships) {
    if (relationship.is_shortest) {
      output.push_back(relationship.path);
    } else {
      output.insert(output.end(), relationship.columns.begin(), relationship.columns.end());
    }
  }
  return output;
}

std::vector<OutputColumn> OutputOf(const LogicalExpand& step, const Inputs& inputs) {
  return With(Passed(inputs), step.to);
}

std::vector<OutputColumn> OutputOf(const LogicalShortestPath& step, const Inputs& inputs) {
  return With(Passed(inputs), step.path);
}

}  // namespace

LogicalPtr MakeLogical(LogicalStep step, std::vector<LogicalPtr> inputs) {
  auto output = std::visit([&](const auto& typed) { return OutputOf(typed, inputs); }, step);
  return std::make_shared<const LogicalNode>(
      LogicalNode{std::move(step), std::move(inputs), std::move(output)});
}

bool IsUnbounded(const LogicalPtr& plan) {
  if (const auto* scan = plan->As<LogicalScan>()) return scan->table.is_unbounded;
  return std::any_of(plan->inputs.begin(), plan->inputs.end(),
                     [](const LogicalPtr& input) { return IsUnbounded(input); });
}

std::string ToText(const LogicalPtr& plan) {
  std::string text;
  internal::PrintTree<LogicalNode>(*internal::Renumbered<LogicalNode>(plan), 0, nullptr, &text);
  return text;
}

bool Equal(const LogicalPtr& left, const LogicalPtr& right) {
  return internal::EqualTrees<LogicalNode>(left, right);
}

LogicalPtr RewritePlan(const LogicalPtr& plan,
                       const std::function<LogicalPtr(const LogicalPtr&)>& rewrite) {
  std::vector<LogicalPtr> inputs;
  bool changed = false;
  for (const LogicalPtr& input : plan->inputs) {
    inputs.push_back(RewritePlan(input, rewrite));
    changed = changed || inputs.back() != input;
  }
  return rewrite(changed ? MakeLogical(plan->step, std::move(inputs)) : plan);
}

std::string EncodePlan(const LogicalPlan& plan) {
  Encoder encoder;
  encoder.Raw(kLogicalPlanMagic);
  internal::EncodePart(plan.settings, encoder);
  internal::EncodeTree<LogicalNode>(*plan.root, encoder);
  return std::move(encoder).Take();
}

arrow::Result<LogicalPlan> DecodePlan(std::string_view bytes) {
  Decoder decoder(bytes);
  ARROW_ASSIGN_OR_RAISE(const std::string_view magic, decoder.Raw(kLogicalPlanMagic.size()));
  if (magic != kLogicalPlanMagic) return CodecError("these bytes are no logical plan");
  LogicalPlan plan;
  ARROW_ASSIGN_OR_RAISE(Decoder settings, decoder.Part());
  ARROW_RETURN_NOT_OK(Decode(settings, &plan.settings));
  auto root = std::make_shared<LogicalNode>();
  ARROW_RETURN_NOT_OK(internal::DecodeTree<LogicalNode>(decoder, root.get()));
  if (!decoder.at_end()) return CodecError("bytes are left over");
  ARROW_RETURN_NOT_OK(internal::CheckTree<LogicalNode>(*root));
  plan.root = std::move(root);
  return plan;
}

}  // namespace sabot
