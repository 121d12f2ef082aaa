#include "sabot/plan/physical/plan.h"

#include <algorithm>

#include "sabot/plan/check.h"
#include "sabot/plan/settings_codec.h"
#include "sabot/plan/tree.h"

namespace sabot {
namespace {

PhysicalPtr Numbered(const PhysicalPtr& plan, uint32_t* next) {
  auto copy = std::make_shared<PhysicalNode>(*plan);
  copy->id = (*next)++;
  for (PhysicalPtr& input : copy->inputs) input = Numbered(input, next);
  return copy;
}

PhysicalPtr WithoutPlaces(const PhysicalPtr& plan) {
  auto copy = std::make_shared<PhysicalNode>(*plan);
  if (auto* scan = std::get_if<PhysicalScan>(&copy->step)) {
    scan->table.paths.clear();
    scan->table.options.clear();
  } else if (auto* sink = std::get_if<PhysicalSink>(&copy->step)) {
    sink->sink.path.clear();
    sink->sink.options.clear();
  }
  for (PhysicalPtr& input : copy->inputs) input = WithoutPlaces(input);
  return copy;
}

}  // namespace

Layout PhysicalNode::layout() const {
  Layout layout;
  for (const OutputColumn& column : output) layout.ids.push_back(column.id);
  return layout;
}

PhysicalPtr MakePhysical(PhysicalStep step, std::vector<PhysicalPtr> inputs,
                         std::vector<OutputColumn> output) {
  return std::make_shared<const PhysicalNode>(
      PhysicalNode{std::move(step), std::move(inputs), std::move(output)});
}

PhysicalPtr NumberNodes(const PhysicalPtr& plan) {
  uint32_t next = 0;
  return Numbered(plan, &next);
}

std::string ToText(const PhysicalPtr& plan,
                   const std::function<std::string(const PhysicalNode&)>& annotate) {
  std::string text;
  internal::PrintTree<PhysicalNode>(*internal::Renumbered<PhysicalNode>(plan), 0, annotate, &text);
  return text;
}

std::string StateText(const PhysicalPtr& plan) {
  // What the clock says when a stream starts is among its literals.
  std::string text = ToText(WithoutPlaces(plan));
  for (const std::string_view type : {"DATE '", "TIMESTAMP '", "TIMESTAMP_NTZ '"}) {
    for (size_t at = text.find(type); at != text.npos; at = text.find(type, at)) {
      at += type.size();
      text.erase(at, std::min(text.find('\'', at), text.size()) - at);
    }
  }
  return text;
}

bool Equal(const PhysicalPtr& left, const PhysicalPtr& right) {
  return internal::EqualTrees<PhysicalNode>(left, right);
}

bool IsUnbounded(const PhysicalPtr& plan) {
  if (const auto* scan = plan->As<PhysicalScan>()) return scan->table.is_unbounded;
  return std::any_of(plan->inputs.begin(), plan->inputs.end(),
                     [](const PhysicalPtr& input) { return IsUnbounded(input); });
}

std::string EncodePlan(const PhysicalPlan& plan) {
  Encoder encoder;
  encoder.Raw(kPhysicalPlanMagic);
  internal::EncodePart(plan.settings, encoder);
  internal::EncodeTree<PhysicalNode>(*plan.root, encoder);
  return std::move(encoder).Take();
}

arrow::Result<PhysicalPlan> DecodePhysicalPlan(std::string_view bytes) {
  Decoder decoder(bytes);
  ARROW_ASSIGN_OR_RAISE(const std::string_view magic, decoder.Raw(kPhysicalPlanMagic.size()));
  if (magic != kPhysicalPlanMagic) return CodecError("these bytes are no physical plan");
  PhysicalPlan plan;
  ARROW_ASSIGN_OR_RAISE(Decoder settings, decoder.Part());
  ARROW_RETURN_NOT_OK(Decode(settings, &plan.settings));
  auto root = std::make_shared<PhysicalNode>();
  ARROW_RETURN_NOT_OK(internal::DecodeTree<PhysicalNode>(decoder, root.get()));
  if (!decoder.at_end()) return CodecError("bytes are left over");
  ARROW_RETURN_NOT_OK(internal::CheckTree<PhysicalNode>(*root));
  plan.root = NumberNodes(std::move(root));
  return plan;
}

}  // namespace sabot
