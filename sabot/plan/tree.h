#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sabot/base/codec.h"
#include "sabot/base/error.h"
#include "sabot/plan/ids.h"
#include "sabot/plan/text.h"

/// What logical and physical trees have in common. Node: a struct with step, inputs and output.
namespace sabot::internal {

inline constexpr int kMaxPlanDepth = 400;

template <typename Node>
void RenumberTree(const Node& node, IdRenumbering& ids, std::shared_ptr<Node>* result) {
  auto copy = std::make_shared<Node>(node);
  for (auto& input : copy->inputs) {
    std::shared_ptr<Node> renumbered;
    RenumberTree<Node>(*input, ids, &renumbered);
    input = std::move(renumbered);
  }
  std::visit([&](auto& step) { ids.Apply(&step); }, copy->step);
  ids.Apply(&copy->output);
  *result = std::move(copy);
}

template <typename Node>
std::shared_ptr<const Node> Renumbered(const std::shared_ptr<const Node>& plan) {
  IdRenumbering ids;
  std::shared_ptr<Node> result;
  RenumberTree<Node>(*plan, ids, &result);
  return result;
}

template <typename Node>
void PrintTree(const Node& node, int depth, const std::function<std::string(const Node&)>& annotate,
               std::string* text) {
  text->append(static_cast<size_t>(depth) * 2, ' ');
  text->append(std::visit([](const auto& step) { return StepText(step); }, node.step));
  if (annotate) text->append(annotate(node));
  text->append("\n");
  for (const auto& input : node.inputs) PrintTree<Node>(*input, depth + 1, annotate, text);
}

template <typename Node>
void EncodeTree(const Node& node, Encoder& encoder) {
  EncodePart(node.step, encoder);
  EncodePart(node.output, encoder);
  encoder.Varint(node.inputs.size());
  for (const auto& input : node.inputs) {
    Encoder part;
    EncodeTree<Node>(*input, part);
    encoder.Varint(part.bytes().size());
    encoder.Raw(part.bytes());
  }
}

template <typename Node>
arrow::Status DecodeTree(Decoder& decoder, Node* node) {
  if (decoder.depth() > kMaxPlanDepth) return CodecError("the plan nests too deeply");
  ARROW_ASSIGN_OR_RAISE(Decoder step, decoder.Part());
  ARROW_RETURN_NOT_OK(Decode(step, &node->step));
  ARROW_ASSIGN_OR_RAISE(Decoder output, decoder.Part());
  ARROW_RETURN_NOT_OK(Decode(output, &node->output));
  ARROW_ASSIGN_OR_RAISE(const uint64_t num_inputs, decoder.Varint());
  if (num_inputs > decoder.remaining()) return CodecError("a step has more inputs than bytes");
  for (uint64_t i = 0; i < num_inputs; ++i) {
    ARROW_ASSIGN_OR_RAISE(Decoder part, decoder.Part());
    auto input = std::make_shared<Node>();
    ARROW_RETURN_NOT_OK(DecodeTree<Node>(part, input.get()));
    node->inputs.push_back(std::move(input));
  }
  return arrow::Status::OK();
}

/// Equal up to the ids of columns: renumbered alike, they have the same bytes.
template <typename Node>
bool EqualTrees(const std::shared_ptr<const Node>& left, const std::shared_ptr<const Node>& right) {
  if (left == nullptr || right == nullptr) return left == right;
  Encoder left_bytes;
  EncodeTree<Node>(*Renumbered<Node>(left), left_bytes);
  Encoder right_bytes;
  EncodeTree<Node>(*Renumbered<Node>(right), right_bytes);
  return left_bytes.bytes() == right_bytes.bytes();
}

}  // namespace sabot::internal
