#include <limits>
#include <numeric>

#include "arrow/array.h"
#include "arrow/array/data.h"
#include "arrow/array/util.h"
#include "arrow/buffer.h"
#include "arrow/record_batch.h"
#include "arrow/type.h"

#include "sabot/base/error.h"
#include "sabot/base/utf8.h"
#include "sabot/formats/arrow/convert.h"
#include "sabot/types/int128.h"

namespace sabot {
namespace {

using ArrayDataPtr = std::shared_ptr<arrow::ArrayData>;
using ArrowBufferPtr = std::shared_ptr<arrow::Buffer>;

constexpr int32_t kNullPosition = -1;

// Keeps a buffer of ours alive for as long as Arrow reads it.
class SharedBuffer final : public arrow::Buffer {
 public:
  SharedBuffer(BufferPtr buffer, int64_t size)
      : arrow::Buffer(buffer->data(), size), buffer_(std::move(buffer)) {}

 private:
  BufferPtr buffer_;
};

// Row i of the array is row positions[i] of the vector; kNullPosition: NULL.
class ToArray {
 public:
  ToArray(const Vector& vector, std::span<const int32_t> positions)
      : vector_(vector),
        source_(vector.is_dictionary() ? *vector.dictionary() : vector),
        positions_(positions),
        count_(static_cast<int64_t>(positions.size())) {}

  arrow::Result<ArrayDataPtr> Convert();

 private:
  // Where row i's value stands in source_, or kNullPosition.
  arrow::Status Resolve() {
    at_.resize(positions_.size());
    ARROW_ASSIGN_OR_RAISE(validity_, arrow::AllocateEmptyBitmap(count_));
    uint8_t* bits = validity_->mutable_data();
    for (size_t i = 0; i < positions_.size(); ++i) {
      const int32_t row = positions_[i];
      const bool is_null = row == kNullPosition || vector_.IsNull(row);
      at_[i] = is_null ? kNullPosition : vector_.ValueIndex(row);
      if (is_null) {
        ++null_count_;
      } else {
        bits[i >> 3] = static_cast<uint8_t>(bits[i >> 3] | (1U << (i & 7)));
      }
    }
    if (null_count_ == 0) validity_ = nullptr;
    return arrow::Status::OK();
  }

  template <typename From, typename To>
  arrow::Result<ArrowBufferPtr> Values() {
    ARROW_ASSIGN_OR_RAISE(ArrowBufferPtr values,
                          arrow::AllocateBuffer(count_ * static_cast<int64_t>(sizeof(To))));
    const From* from = source_.data<From>();
    To* to = reinterpret_cast<To*>(values->mutable_data());
    for (size_t i = 0; i < at_.size(); ++i) {
      to[i] = at_[i] == kNullPosition ? To{} : static_cast<To>(from[at_[i]]);
    }
    return values;
  }

  arrow::Result<ArrowBufferPtr> Booleans() {
    ARROW_ASSIGN_OR_RAISE(ArrowBufferPtr values, arrow::AllocateEmptyBitmap(count_));
    uint8_t* bits = values->mutable_data();
    const auto* from = source_.data<uint8_t>();
    for (size_t i = 0; i < at_.size(); ++i) {
      if (at_[i] != kNullPosition && from[at_[i]] != 0) {
        bits[i >> 3] = static_cast<uint8_t>(bits[i >> 3] | (1U << (i & 7)));
      }
    }
    return values;
  }

  arrow::Result<ArrayDataPtr> Strings(std::shared_ptr<arrow::DataType> type) {
    const auto* views = source_.data<StringView>();
    int64_t size = 0;
    for (int32_t at : at_) size += at == kNullPosition ? 0 : int64_t{views[at].length};
    if (size > std::numeric_limits<int32_t>::max()) return TooLong();
    ARROW_ASSIGN_OR_RAISE(ArrowBufferPtr offsets, arrow::AllocateBuffer((count_ + 1) * 4));
    ARROW_ASSIGN_OR_RAISE(ArrowBufferPtr text, arrow::AllocateBuffer(size));
    auto* to = reinterpret_cast<int32_t*>(offsets->mutable_data());
    char* target = reinterpret_cast<char*>(text->mutable_data());
    int32_t end = 0;
    to[0] = 0;
    for (size_t i = 0; i < at_.size(); ++i) {
      if (at_[i] != kNullPosition) {
        const StringView& view = views[at_[i]];
        if (view.length > 0) std::memcpy(target + end, view.data(), view.length);
        end += static_cast<int32_t>(view.length);
      }
      to[i + 1] = end;
    }
    if (type->id() == arrow::Type::STRING) ARROW_RETURN_NOT_OK(ReplaceInvalidText(to, &text));
    return arrow::ArrayData::Make(std::move(type), count_,
                                  {validity_, std::move(offsets), std::move(text)}, null_count_);
  }

  // The text between offsets[i] and offsets[i + 1] is row i's. What is no UTF-8 becomes U+FFFD:
  // readers of Arrow and Parquet refuse the whole array otherwise.
  arrow::Status ReplaceInvalidText(int32_t* offsets, ArrowBufferPtr* text) {
    const auto* data = reinterpret_cast<const char*>((*text)->data());
    const auto piece = [&](size_t i, int32_t begin) {
      return std::string_view(data + begin, static_cast<size_t>(offsets[i + 1] - begin));
    };
    const auto begins_inside = [&](size_t i) {
      return offsets[i] < offsets[i + 1] && (static_cast<uint8_t>(data[offsets[i]]) & 0xC0) == 0x80;
    };
    // Together they are text if each is, and none begins within a code point.
    bool is_text = IsUtf8({data, static_cast<size_t>(offsets[at_.size()])});
    for (size_t i = 0; is_text && i < at_.size(); ++i) is_text = !begins_inside(i);
    if (is_text) return arrow::Status::OK();
    std::string replaced;
    int32_t begin = 0;
    for (size_t i = 0; i < at_.size(); ++i) {
      replaced.append(ToUtf8(piece(i, begin)));
      begin = offsets[i + 1];
      if (replaced.size() > std::numeric_limits<int32_t>::max()) return TooLong();
      offsets[i + 1] = static_cast<int32_t>(replaced.size());
    }
    *text = arrow::Buffer::FromString(std::move(replaced));
    return arrow::Status::OK();
  }

  arrow::Result<ArrayDataPtr> Lists(std::shared_ptr<arrow::DataType> type) {
    const auto* lists = source_.data<ListView>();
    ARROW_ASSIGN_OR_RAISE(ArrowBufferPtr offsets, arrow::AllocateBuffer((count_ + 1) * 4));
    auto* to = reinterpret_cast<int32_t*>(offsets->mutable_data());
    std::vector<int32_t> elements;
    to[0] = 0;
    for (size_t i = 0; i < at_.size(); ++i) {
      if (at_[i] != kNullPosition) {
        const ListView list = lists[at_[i]];
        const size_t begin = elements.size();
        if (begin + list.length > std::numeric_limits<int32_t>::max()) return TooLong();
        elements.resize(begin + list.length);
        std::iota(elements.begin() + static_cast<int64_t>(begin), elements.end(),
                  static_cast<int32_t>(list.offset));
      }
      to[i + 1] = static_cast<int32_t>(elements.size());
    }
    ARROW_ASSIGN_OR_RAISE(ArrayDataPtr child, ToArray(*source_.children()[0], elements).Convert());
    if (type->id() == arrow::Type::MAP) child->type = type->field(0)->type();
    return arrow::ArrayData::Make(std::move(type), count_, {validity_, std::move(offsets)},
                                  {std::move(child)}, null_count_);
  }

  arrow::Result<ArrayDataPtr> Struct(std::shared_ptr<arrow::DataType> type) {
    std::vector<ArrayDataPtr> children;
    for (const auto& child : source_.children()) {
      ARROW_ASSIGN_OR_RAISE(ArrayDataPtr converted, ToArray(*child, at_).Convert());
      children.push_back(std::move(converted));
    }
    return arrow::ArrayData::Make(std::move(type), count_, {validity_}, std::move(children),
                                  null_count_);
  }

  arrow::Result<ArrowBufferPtr> CalendarIntervals() {
    using Interval = arrow::MonthDayNanoIntervalType::MonthDayNanos;
    ARROW_ASSIGN_OR_RAISE(ArrowBufferPtr values,
                          arrow::AllocateBuffer(count_ * static_cast<int64_t>(sizeof(Interval))));
    auto* to = reinterpret_cast<Interval*>(values->mutable_data());
    const auto& children = source_.children();
    for (size_t i = 0; i < at_.size(); ++i) {
      to[i] = {};
      if (at_[i] == kNullPosition) continue;
      const auto part = [&](size_t child) {
        const TypedValue value = children[child]->ValueAt(at_[i]);
        return value.is_null() ? int64_t{0} : std::get<int64_t>(value.value);
      };
      to[i].months = static_cast<int32_t>(part(0));
      to[i].days = static_cast<int32_t>(part(1));
      if (__builtin_mul_overflow(part(2), int64_t{1000}, &to[i].nanoseconds)) {
        return MakeError("CAST_OVERFLOW", {{"value", std::to_string(part(2)) + " microseconds"},
                                           {"sourceType", "\"INTERVAL\""},
                                           {"targetType", "Arrow's nanoseconds"}});
      }
    }
    return values;
  }

  static arrow::Status TooLong() {
    return MakeError("OUT_OF_MEMORY",
                     {{"message", "one Arrow array holds at most 2 GB of text and 2^31 elements"}});
  }

  arrow::Result<ArrowBufferPtr> FixedWidth();

  const Vector& vector_;
  const Vector& source_;
  const std::span<const int32_t> positions_;
  const int64_t count_;
  std::vector<int32_t> at_;
  ArrowBufferPtr validity_;
  int64_t null_count_ = 0;
};

arrow::Result<ArrowBufferPtr> ToArray::FixedWidth() {
  switch (vector_.kind()) {
    case Kind::kBool:
      return Booleans();
    case Kind::kI8:
      return Values<int8_t, int8_t>();
    case Kind::kI16:
      return Values<int16_t, int16_t>();
    case Kind::kI32:
      return Values<int32_t, int32_t>();
    case Kind::kI64:
      return vector_.type().is_decimal() ? Values<int64_t, Int128>() : Values<int64_t, int64_t>();
    case Kind::kI128:
      return Values<Int128, Int128>();
    case Kind::kF32:
      return Values<float, float>();
    case Kind::kF64:
      return Values<double, double>();
    case Kind::kStruct:
      return CalendarIntervals();
    default:
      return InternalError("a kind without fixed width");
  }
}

arrow::Result<ArrayDataPtr> ToArray::Convert() {
  ARROW_ASSIGN_OR_RAISE(std::shared_ptr<arrow::DataType> type, ToArrow(vector_.type()));
  if (vector_.type().is_null()) {
    return arrow::ArrayData::Make(std::move(type), count_, {nullptr}, count_);
  }
  ARROW_RETURN_NOT_OK(Resolve());
  switch (vector_.kind()) {
    case Kind::kView16:
      return Strings(std::move(type));
    case Kind::kList:
      return Lists(std::move(type));
    case Kind::kStruct:
      if (vector_.type().id() == TypeId::kStruct) return Struct(std::move(type));
      break;
    default:
      break;
  }
  ARROW_ASSIGN_OR_RAISE(ArrowBufferPtr values, FixedWidth());
  return arrow::ArrayData::Make(std::move(type), count_, {validity_, std::move(values)},
                                null_count_);
}

// Do values and bits lie as Arrow wants them?
bool HasArrowLayout(const Vector& vector) {
  if (!vector.is_flat() || vector.type().is_decimal()) return false;
  switch (vector.kind()) {
    case Kind::kI8:
    case Kind::kI16:
    case Kind::kI32:
    case Kind::kI64:
    case Kind::kF32:
    case Kind::kF64:
      return true;
    default:
      return false;
  }
}

}  // namespace

arrow::Result<std::shared_ptr<arrow::Array>> ToArrow(const Vector& vector, Rows rows) {
  if (rows.selection == nullptr && HasArrowLayout(vector)) {
    ARROW_ASSIGN_OR_RAISE(std::shared_ptr<arrow::DataType> type, ToArrow(vector.type()));
    ArrowBufferPtr validity;
    if (vector.validity() != nullptr) {
      validity =
          std::make_shared<SharedBuffer>(vector.validity_buffer(), (int64_t{rows.count} + 7) / 8);
    }
    ArrowBufferPtr values = std::make_shared<SharedBuffer>(
        vector.values(), int64_t{rows.count} * KindWidth(vector.kind()));
    return arrow::MakeArray(arrow::ArrayData::Make(std::move(type), rows.count,
                                                   {std::move(validity), std::move(values)}));
  }
  std::vector<int32_t> positions(static_cast<size_t>(rows.count));
  for (int32_t i = 0; i < rows.count; ++i) positions[static_cast<size_t>(i)] = rows[i];
  ARROW_ASSIGN_OR_RAISE(ArrayDataPtr data, ToArray(vector, positions).Convert());
  return arrow::MakeArray(std::move(data));
}

arrow::Result<std::vector<int32_t>> WeightedPositions(const Batch& batch) {
  std::vector<int32_t> positions;
  const Rows rows = batch.rows();
  positions.reserve(static_cast<size_t>(rows.count));
  for (int32_t i = 0; i < rows.count; ++i) {
    const int64_t weight = batch.weight(rows[i]);
    if (weight < 0) {
      return InternalError("a row of weight " + std::to_string(weight) +
                           " reached an output of plain rows: its changelog was not consolidated");
    }
    if (static_cast<int64_t>(positions.size()) + weight > std::numeric_limits<int32_t>::max()) {
      return MakeError("OUT_OF_MEMORY", {{"message", "a batch stands for more than 2^31 rows"}});
    }
    positions.insert(positions.end(), static_cast<size_t>(weight), rows[i]);
  }
  return positions;
}

arrow::Result<std::shared_ptr<arrow::RecordBatch>> ToArrow(const Batch& batch,
                                                           const Schema& schema) {
  if (batch.num_columns() != schema.size()) {
    return InternalError("a batch of " + std::to_string(batch.num_columns()) +
                         " columns does not fit a schema of " + std::to_string(schema.size()));
  }
  ARROW_ASSIGN_OR_RAISE(std::shared_ptr<arrow::Schema> arrow_schema, ToArrow(schema));
  int64_t num_rows = batch.num_active_rows();
  std::vector<int32_t> positions;
  if (batch.weights() != nullptr) {
    ARROW_ASSIGN_OR_RAISE(positions, WeightedPositions(batch));
    num_rows = static_cast<int64_t>(positions.size());
  }
  arrow::ArrayVector columns;
  for (const Vector& column : batch.columns()) {
    std::shared_ptr<arrow::Array> array;
    if (batch.weights() != nullptr) {
      ARROW_ASSIGN_OR_RAISE(ArrayDataPtr data, ToArray(column, positions).Convert());
      array = arrow::MakeArray(std::move(data));
    } else {
      ARROW_ASSIGN_OR_RAISE(array, ToArrow(column, batch.rows()));
    }
    // The same layout under the schema's names and nullability.
    const auto& type = arrow_schema->field(static_cast<int>(columns.size()))->type();
    if (!array->type()->Equals(*type)) {
      if (column.type().kind() != schema.columns[columns.size()].type.kind()) {
        return InternalError("a column of " + column.type().ToSql() + " where the schema has " +
                             schema.columns[columns.size()].type.ToSql());
      }
      ARROW_ASSIGN_OR_RAISE(array, array->View(type));
    }
    columns.push_back(std::move(array));
  }
  return arrow::RecordBatch::Make(std::move(arrow_schema), num_rows, std::move(columns));
}

}  // namespace sabot
