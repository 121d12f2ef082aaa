#include <limits>

#include "arrow/array.h"
#include "arrow/array/data.h"
#include "arrow/record_batch.h"
#include "arrow/type.h"
#include "arrow/util/float16.h"

#include "sabot/base/error.h"
#include "sabot/formats/arrow/convert.h"
#include "sabot/types/civil_date.h"
#include "sabot/types/int128.h"

namespace sabot {
namespace {

using arrow::ArrayData;

// Rows [offset, offset + count) of an array; offset counts from the beginning of its buffers.
class ToVector {
 public:
  ToVector(const ArrayData& data, int64_t offset, int32_t count, const Type& type, BufferPool& pool)
      : data_(data), offset_(offset), count_(count), type_(type), pool_(pool) {}

  arrow::Result<Vector> Convert();

 private:
  template <typename T>
  const T* Values(int buffer = 1) const {
    const auto& values = data_.buffers[static_cast<size_t>(buffer)];
    return values == nullptr ? nullptr : reinterpret_cast<const T*>(values->data()) + offset_;
  }

  Vector NewFlat() { return Vector::Flat(type_, count_, pool_); }

  // value i of the result is convert(value i of the array).
  template <typename From, typename To, typename Function>
  Vector Map(Function&& convert) {
    Vector vector = NewFlat();
    const From* from = Values<From>();
    To* to = vector.mutable_data<To>();
    for (int32_t i = 0; i < count_; ++i) to[i] = convert(from[i]);
    return vector;
  }
  template <typename From, typename To>
  Vector Widened() {
    return Map<From, To>([](From value) { return static_cast<To>(value); });
  }

  // The array's own values, if vectors may read them where they are.
  template <typename T>
  Vector Borrowed() {
    const T* values = Values<T>();
    // Kernels load as their type is aligned; memory of other libraries need not be.
    if (count_ == 0 || reinterpret_cast<uintptr_t>(values) % alignof(T) != 0) {
      Vector vector = NewFlat();
      if (count_ > 0) {
        std::memcpy(vector.mutable_data<T>(), static_cast<const void*>(values),
                    static_cast<size_t>(count_) * sizeof(T));
      }
      return vector;
    }
    return Vector::Wrap(
        type_, count_,
        Buffer::Borrow(values, int64_t{count_} * static_cast<int64_t>(sizeof(T)), data_.buffers[1]),
        nullptr);
  }

  bool IsValid(int32_t i) const {
    return data_.buffers[0] == nullptr ||
           ((data_.buffers[0]->data()[(offset_ + i) >> 3] >> ((offset_ + i) & 7)) & 1) != 0;
  }

  // Times of a unit that is coarser than microseconds by `factor`.
  arrow::Result<Vector> Coarser(int64_t factor) {
    Vector vector = NewFlat();
    const auto* from = Values<int64_t>();
    auto* to = vector.mutable_data<int64_t>();
    for (int32_t i = 0; i < count_; ++i) {
      if (__builtin_mul_overflow(from[i], factor, &to[i]) && IsValid(i)) {
        return MakeError("CAST_OVERFLOW", {{"value", std::to_string(from[i])},
                                           {"sourceType", data_.type->ToString()},
                                           {"targetType", "\"" + type_.ToSql() + "\""}});
      }
    }
    return vector;
  }
  arrow::Result<Vector> Times(arrow::TimeUnit::type unit) {
    switch (unit) {
      case arrow::TimeUnit::SECOND:
        return Coarser(1'000'000);
      case arrow::TimeUnit::MILLI:
        return Coarser(1000);
      case arrow::TimeUnit::NANO:
        return Map<int64_t, int64_t>([](int64_t value) { return FloorDiv(value, 1000); });
      default:
        return Borrowed<int64_t>();
    }
  }

  template <int kWidth>
  arrow::Result<Vector> Decimal() {
    if constexpr (kWidth == 8) return Borrowed<int64_t>();
    if (type_.kind() == Kind::kI128 && kWidth == 16) return Borrowed<Int128>();
    Vector vector = NewFlat();
    const uint8_t* from = data_.buffers[1] == nullptr ? nullptr : data_.buffers[1]->data();
    // Little-endian: the low half of a value that fits the precision is all of it.
    const auto narrow = [&]<typename To>(To* to) {
      for (int32_t i = 0; i < count_; ++i) {
        std::memcpy(&to[i], from + (offset_ + i) * kWidth, sizeof(To));
      }
    };
    if (type_.kind() == Kind::kI128) {
      narrow(vector.mutable_data<Int128>());
    } else {
      narrow(vector.mutable_data<int64_t>());
    }
    return vector;
  }

  template <typename Offset>
  arrow::Result<Vector> Strings() {
    Vector vector = NewFlat();
    auto* views = vector.mutable_data<StringView>();
    const auto* offsets = Values<Offset>();
    const auto& text = data_.buffers[2];
    const char* begin = text == nullptr ? "" : reinterpret_cast<const char*>(text->data());
    for (int32_t i = 0; i < count_; ++i) {
      const auto length = static_cast<int64_t>(offsets[i + 1]) - offsets[i];
      if (!IsValid(i)) {
        views[i] = StringView();
        continue;
      }
      if (length > std::numeric_limits<uint32_t>::max()) return TooLong();
      views[i] = StringView(std::string_view(begin + offsets[i], static_cast<size_t>(length)));
    }
    AddHeap(&vector, text);
    return vector;
  }
  Vector StringViews() {
    Vector vector = NewFlat();
    auto* views = vector.mutable_data<StringView>();
    const auto* from = Values<arrow::BinaryViewType::c_type>();
    for (int32_t i = 0; i < count_; ++i) {
      if (!IsValid(i)) {
        views[i] = StringView();
      } else if (from[i].is_inline()) {
        views[i] = StringView(std::string_view(reinterpret_cast<const char*>(from[i].inline_data()),
                                               static_cast<size_t>(from[i].size())));
      } else {
        const auto& heap = data_.buffers[static_cast<size_t>(from[i].ref.buffer_index) + 2];
        views[i] = StringView(
            std::string_view(reinterpret_cast<const char*>(heap->data()) + from[i].ref.offset,
                             static_cast<size_t>(from[i].size())));
      }
    }
    for (size_t i = 2; i < data_.buffers.size(); ++i) AddHeap(&vector, data_.buffers[i]);
    return vector;
  }
  Vector FixedStrings(int width) {
    Vector vector = NewFlat();
    auto* views = vector.mutable_data<StringView>();
    const auto& text = data_.buffers[1];
    for (int32_t i = 0; i < count_; ++i) {
      views[i] = IsValid(i)
                     ? StringView(std::string_view(
                           reinterpret_cast<const char*>(text->data()) + (offset_ + i) * width,
                           static_cast<size_t>(width)))
                     : StringView();
    }
    AddHeap(&vector, text);
    return vector;
  }
  static void AddHeap(Vector* vector, const std::shared_ptr<arrow::Buffer>& text) {
    if (text != nullptr) vector->AddHeap(Buffer::Borrow(text->data(), text->size(), text));
  }
  static arrow::Status TooLong() {
    return UnsupportedError("A value or list of more than 4 GB or 2^31 elements",
                            "smaller batches");
  }

  Vector Booleans() {
    Vector vector = NewFlat();
    auto* to = vector.mutable_data<uint8_t>();
    const uint8_t* bits = data_.buffers[1] == nullptr ? nullptr : data_.buffers[1]->data();
    for (int32_t i = 0; i < count_; ++i) {
      to[i] = (bits[(offset_ + i) >> 3] >> ((offset_ + i) & 7)) & 1;
    }
    return vector;
  }
  Vector Nulls() {
    Vector vector = NewFlat();
    std::memset(vector.values()->data(), 0, static_cast<size_t>(count_));
    uint64_t* bits = vector.MutableValidity(pool_);
    std::memset(bits, 0, static_cast<size_t>(std::max<int64_t>(NumWords(count_), 1)) * 8);
    return vector;
  }

  // The child's rows [begin, begin + length), flat: lists and structs index it directly.
  arrow::Result<std::shared_ptr<const Vector>> Child(const ArrayData& child, int64_t begin,
                                                     int64_t length, const Type& type) {
    if (length > std::numeric_limits<int32_t>::max()) return TooLong();
    ToVector converter(child, child.offset + begin, static_cast<int32_t>(length), type, pool_);
    ARROW_ASSIGN_OR_RAISE(Vector vector, converter.Convert());
    return std::make_shared<const Vector>(vector.Flattened(Rows{nullptr, vector.size()}, pool_));
  }

  // begin_of(i), end_of(i): the elements of list i in the child.
  template <typename Begin, typename End>
  arrow::Result<Vector> Lists(Begin&& begin_of, End&& end_of) {
    // The child may be far longer than what these rows use of it.
    int64_t first = std::numeric_limits<int64_t>::max();
    int64_t last = 0;
    for (int32_t i = 0; i < count_; ++i) {
      if (!IsValid(i) || begin_of(i) == end_of(i)) continue;
      first = std::min<int64_t>(first, begin_of(i));
      last = std::max<int64_t>(last, end_of(i));
    }
    if (last == 0) first = 0;
    Vector vector = NewFlat();
    auto* lists = vector.mutable_data<ListView>();
    for (int32_t i = 0; i < count_; ++i) {
      const bool is_empty = !IsValid(i) || begin_of(i) == end_of(i);
      lists[i] = is_empty ? ListView{}
                          : ListView{static_cast<uint32_t>(begin_of(i) - first),
                                     static_cast<uint32_t>(end_of(i) - begin_of(i))};
    }
    const auto fields = type_.fields();
    const Type element =
        type_.id() == TypeId::kMap ? Type::Struct({fields.begin(), fields.end()}) : fields[0].type;
    ARROW_ASSIGN_OR_RAISE(auto child, Child(*data_.child_data[0], first, last - first, element));
    vector.set_children({std::move(child)});
    return vector;
  }
  template <typename Offset>
  arrow::Result<Vector> OffsetLists() {
    const auto* offsets = Values<Offset>();
    return Lists([=](int32_t i) -> int64_t { return offsets[i]; },
                 [=](int32_t i) -> int64_t { return offsets[i + 1]; });
  }
  template <typename Offset>
  arrow::Result<Vector> ViewLists() {
    const auto* offsets = Values<Offset>();
    const auto* sizes = Values<Offset>(2);
    return Lists([=](int32_t i) -> int64_t { return offsets[i]; },
                 [=](int32_t i) -> int64_t { return int64_t{offsets[i]} + sizes[i]; });
  }

  arrow::Result<Vector> Struct() {
    Vector vector = NewFlat();
    std::vector<std::shared_ptr<const Vector>> children;
    for (size_t i = 0; i < data_.child_data.size(); ++i) {
      ARROW_ASSIGN_OR_RAISE(auto child,
                            Child(*data_.child_data[i], offset_, count_, type_.fields()[i].type));
      children.push_back(std::move(child));
    }
    vector.set_children(std::move(children));
    return vector;
  }

  Vector CalendarIntervals() {
    Vector vector = NewFlat();
    Vector months = Vector::Flat(Type(TypeId::kInt), count_, pool_);
    Vector days = Vector::Flat(Type(TypeId::kInt), count_, pool_);
    Vector micros = Vector::Flat(Type(TypeId::kLong), count_, pool_);
    const auto* from = Values<arrow::MonthDayNanoIntervalType::MonthDayNanos>();
    for (int32_t i = 0; i < count_; ++i) {
      months.mutable_data<int32_t>()[i] = from[i].months;
      days.mutable_data<int32_t>()[i] = from[i].days;
      micros.mutable_data<int64_t>()[i] = FloorDiv(from[i].nanoseconds, 1000);
    }
    vector.set_children({std::make_shared<const Vector>(std::move(months)),
                         std::make_shared<const Vector>(std::move(days)),
                         std::make_shared<const Vector>(std::move(micros))});
    return vector;
  }

  template <typename Index>
  void CopyCodes(uint32_t* codes) {
    const Index* from = Values<Index>();
    // Under a NULL anything may stand; a code must point into the dictionary all the same.
    for (int32_t i = 0; i < count_; ++i) codes[i] = IsValid(i) ? static_cast<uint32_t>(from[i]) : 0;
  }
  arrow::Result<Vector> Dictionary();
  arrow::Result<Vector> ByType();

  const ArrayData& data_;
  const int64_t offset_;
  const int32_t count_;
  const Type& type_;
  BufferPool& pool_;
};

arrow::Result<Vector> ToVector::Dictionary() {
  const ArrayData& values = *data_.dictionary;
  if (values.length == 0) {
    Type type = type_;
    Vector nulls = Vector::Constant(TypedValue::Null(std::move(type)), count_);
    return nulls;
  }
  ARROW_ASSIGN_OR_RAISE(auto dictionary, Child(values, 0, values.length, type_));
  BufferPtr codes = pool_.Acquire(std::max<int64_t>(int64_t{count_} * 4, 16));
  auto* target = reinterpret_cast<uint32_t*>(codes->data());
  switch (static_cast<const arrow::DictionaryType&>(*data_.type).index_type()->id()) {
    case arrow::Type::INT8:
    case arrow::Type::UINT8:
      CopyCodes<uint8_t>(target);
      break;
    case arrow::Type::INT16:
    case arrow::Type::UINT16:
      CopyCodes<uint16_t>(target);
      break;
    case arrow::Type::INT32:
    case arrow::Type::UINT32:
      CopyCodes<uint32_t>(target);
      break;
    default:
      CopyCodes<uint64_t>(target);
      break;
  }
  return Vector::Dictionary(std::move(codes), std::move(dictionary), count_);
}

arrow::Result<Vector> ToVector::ByType() {
  switch (data_.type->id()) {
    case arrow::Type::NA:
      return Nulls();
    case arrow::Type::BOOL:
      return Booleans();
    case arrow::Type::INT8:
      return Borrowed<int8_t>();
    case arrow::Type::INT16:
      return Borrowed<int16_t>();
    case arrow::Type::INT32:
    case arrow::Type::DATE32:
    case arrow::Type::INTERVAL_MONTHS:
      return Borrowed<int32_t>();
    case arrow::Type::INT64:
      return Borrowed<int64_t>();
    case arrow::Type::UINT8:
      return Widened<uint8_t, int16_t>();
    case arrow::Type::UINT16:
      return Widened<uint16_t, int32_t>();
    case arrow::Type::UINT32:
      return Widened<uint32_t, int64_t>();
    case arrow::Type::UINT64:
      return Widened<uint64_t, Int128>();
    case arrow::Type::HALF_FLOAT:
      return Map<uint16_t, float>(
          [](uint16_t bits) { return arrow::util::Float16::FromBits(bits).ToFloat(); });
    case arrow::Type::FLOAT:
      return Borrowed<float>();
    case arrow::Type::DOUBLE:
      return Borrowed<double>();
    case arrow::Type::DECIMAL32:
      return Widened<int32_t, int64_t>();
    case arrow::Type::DECIMAL64:
      return Decimal<8>();
    case arrow::Type::DECIMAL128:
      return Decimal<16>();
    case arrow::Type::DECIMAL256:
      return Decimal<32>();
    case arrow::Type::STRING:
    case arrow::Type::BINARY:
      return Strings<int32_t>();
    case arrow::Type::LARGE_STRING:
    case arrow::Type::LARGE_BINARY:
      return Strings<int64_t>();
    case arrow::Type::STRING_VIEW:
    case arrow::Type::BINARY_VIEW:
      return StringViews();
    case arrow::Type::FIXED_SIZE_BINARY:
      return FixedStrings(static_cast<const arrow::FixedSizeBinaryType&>(*data_.type).byte_width());
    case arrow::Type::DATE64:
      return Map<int64_t, int32_t>(
          [](int64_t millis) { return static_cast<int32_t>(FloorDiv(millis, 86'400'000)); });
    case arrow::Type::TIMESTAMP:
      return Times(static_cast<const arrow::TimestampType&>(*data_.type).unit());
    case arrow::Type::DURATION:
      return Times(static_cast<const arrow::DurationType&>(*data_.type).unit());
    case arrow::Type::INTERVAL_MONTH_DAY_NANO:
      return CalendarIntervals();
    case arrow::Type::DICTIONARY:
      return Dictionary();
    case arrow::Type::LIST:
    case arrow::Type::MAP:
      return OffsetLists<int32_t>();
    case arrow::Type::LARGE_LIST:
      return OffsetLists<int64_t>();
    case arrow::Type::LIST_VIEW:
      return ViewLists<int32_t>();
    case arrow::Type::LARGE_LIST_VIEW:
      return ViewLists<int64_t>();
    case arrow::Type::FIXED_SIZE_LIST: {
      const int64_t width = static_cast<const arrow::FixedSizeListType&>(*data_.type).list_size();
      return Lists([&](int32_t i) { return (offset_ + i) * width; },
                   [&](int32_t i) { return (offset_ + i + 1) * width; });
    }
    case arrow::Type::STRUCT:
      return Struct();
    default:
      return MakeError("UNSUPPORTED_DATATYPE", {{"typeName", data_.type->ToString()},
                                                {"message", "it cannot be read from Arrow"}});
  }
}

arrow::Result<Vector> ToVector::Convert() {
  ARROW_ASSIGN_OR_RAISE(Vector vector, ByType());
  if (vector.is_constant() || data_.type->id() == arrow::Type::NA) return vector;
  if (data_.buffers[0] == nullptr || data_.null_count == 0) return vector;
  const int64_t num_bytes = std::max<int64_t>(NumWords(count_), 1) * 8;
  BufferPtr validity = pool_.Acquire(num_bytes);
  auto* bits = reinterpret_cast<uint64_t*>(validity->data());
  CopyBits(data_.buffers[0]->data(), offset_, count_, bits);
  if (CountSetBits(bits, count_) != count_) vector.set_validity(std::move(validity));
  return vector;
}

}  // namespace

arrow::Status CheckForeign(const arrow::RecordBatch& batch, const std::string& source) {
  const arrow::Status status = batch.ValidateFull();
  if (status.ok()) return status;
  return MakeError("MALFORMED_FILE",
                   {{"path", source}, {"format", "Arrow"}, {"message", status.message()}});
}

arrow::Result<Vector> FromArrow(const arrow::Array& array, int64_t offset, int32_t count,
                                const Type& type, BufferPool& pool) {
  SABOT_DCHECK(offset >= 0 && offset + count <= array.length());
  ARROW_ASSIGN_OR_RAISE(const Type own_type, FromArrow(*array.type()));
  if (own_type.kind() != type.kind() || own_type.fields().size() != type.fields().size()) {
    return MakeError(
        "SCHEMA_MISMATCH",
        {{"source", "An Arrow array"}, {"message", own_type.ToSql() + " is not " + type.ToSql()}});
  }
  const ArrayData& data = *array.data();
  return ToVector(data, data.offset + offset, count, type, pool).Convert();
}

arrow::Result<Batch> FromArrow(const arrow::RecordBatch& batch, int64_t offset, int32_t count,
                               const Schema& schema, BufferPool& pool) {
  if (batch.num_columns() != static_cast<int>(schema.size())) {
    return MakeError("SCHEMA_MISMATCH",
                     {{"source", "An Arrow batch"},
                      {"message", std::to_string(batch.num_columns()) + " columns are not " +
                                      std::to_string(schema.size())}});
  }
  Batch result;
  for (int i = 0; i < batch.num_columns(); ++i) {
    ARROW_ASSIGN_OR_RAISE(Vector column,
                          FromArrow(*batch.column(i), offset, count,
                                    schema.columns[static_cast<size_t>(i)].type, pool));
    result.columns().push_back(std::move(column));
  }
  result.set_num_rows(count);
  return result;
}

}  // namespace sabot
