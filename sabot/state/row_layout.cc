#include "sabot/state/row_layout.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "sabot/base/check.h"
#include "sabot/base/error.h"
#include "sabot/vector/nested_codec.h"

namespace sabot {
namespace {

int32_t RoundUp(int32_t value, int32_t unit) { return (value + unit - 1) / unit * unit; }

RowLayout::Field FieldOf(const Type& type) {
  RowLayout::Field field{.type = type, .kind = type.kind()};
  field.is_nested = field.kind == Kind::kList || field.kind == Kind::kStruct;
  if (field.is_nested) field.kind = Kind::kView16;
  return field;
}

// i128 stands at multiples of 8: a row is not more aligned than that.
int32_t AlignmentOf(Kind kind) { return std::min(KindWidth(kind), 8); }

// Gives each field a place from `offset` on, widest first so that there are no gaps; returns the
// end.
int32_t PlaceFields(std::vector<RowLayout::Field>* fields, int32_t offset) {
  std::vector<size_t> order(fields->size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t left, size_t right) {
    return KindWidth((*fields)[left].kind) > KindWidth((*fields)[right].kind);
  });
  for (size_t index : order) {
    RowLayout::Field& field = (*fields)[index];
    offset = RoundUp(offset, AlignmentOf(field.kind));
    field.offset = offset;
    offset += KindWidth(field.kind);
  }
  return offset;
}

}  // namespace

arrow::Result<RowLayout> RowLayout::Make(RowSchema schema, bool has_next) {
  RowLayout layout;
  const auto refuse_any = [](const Type& type) {
    if (!ContainsAny(type)) return arrow::Status::OK();
    return UnsupportedError("rows kept by a value of type " + type.ToSql(),
                            "cast it to a type of its own first");
  };
  for (const KeyColumn& key : schema.keys) {
    ARROW_RETURN_NOT_OK(refuse_any(key.type));
    layout.keys_.push_back(FieldOf(key.type));
  }
  for (const Type& type : schema.columns) {
    ARROW_RETURN_NOT_OK(refuse_any(type));
    layout.columns_.push_back(FieldOf(type));
  }

  int32_t offset = PlaceFields(&layout.keys_, 0);
  int32_t num_nullable = 0;
  for (size_t i = 0; i < layout.keys_.size(); ++i) {
    if (!schema.keys[i].nullable) continue;
    layout.keys_[i].null_offset = offset + num_nullable / 8;
    layout.keys_[i].null_mask = static_cast<uint8_t>(1 << (num_nullable % 8));
    ++num_nullable;
  }
  layout.key_size_ = RoundUp(offset + (num_nullable + 7) / 8, 8);

  offset = PlaceFields(&layout.columns_, layout.key_size_);
  for (const StateSlot& slot : schema.slots) {
    SABOT_DCHECK(slot.size > 0 && (slot.size >= 16 || !slot.has_bytes));
    offset = RoundUp(offset, slot.has_bytes ? 8 : slot.alignment);
    layout.slot_offsets_.push_back(offset);
    if (slot.has_bytes) layout.slot_strings_.push_back(offset);
    offset += slot.size;
  }
  for (size_t i = 0; i < layout.columns_.size(); ++i) {
    layout.columns_[i].null_offset = offset + static_cast<int32_t>(i) / 8;
    layout.columns_[i].null_mask = static_cast<uint8_t>(1 << (i % 8));
  }
  offset += (static_cast<int32_t>(layout.columns_.size()) + 7) / 8;
  if (has_next) {
    layout.next_offset_ = RoundUp(offset, 4);
    offset = layout.next_offset_ + 4;
  }
  // Never 0: a free row keeps a link in its first bytes.
  layout.row_size_ = std::max(RoundUp(offset, 8), 8);

  for (const Field& key : layout.keys_) {
    if (key.kind == Kind::kView16) layout.strings_.push_back(key.offset);
  }
  layout.num_key_strings_ = layout.strings_.size();
  for (const Field& column : layout.columns_) {
    if (column.kind == Kind::kView16) layout.strings_.push_back(column.offset);
  }
  layout.schema_ = std::move(schema);
  return layout;
}

std::string RowLayout::ToText() const {
  std::string text;
  for (const KeyColumn& key : schema_.keys) {
    text += "key " + key.type.ToSql() + (key.nullable ? "\n" : " NOT NULL\n");
  }
  for (const Type& type : schema_.columns) text += "column " + type.ToSql() + "\n";
  for (const StateSlot& slot : schema_.slots) {
    text += "slot " + std::to_string(slot.size) + " " + std::to_string(slot.alignment) +
            (slot.has_bytes ? " bytes\n" : "\n");
  }
  return text;
}

}  // namespace sabot
