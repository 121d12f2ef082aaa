#include "sabot/vector/vector.h"

#include <algorithm>
#include <cstring>

namespace sabot {
namespace {

BufferPtr NewBitmap(int64_t num_bits, BufferPool& pool) {
  return pool.Acquire(std::max<int64_t>(NumWords(num_bits), 1) * 8);
}

uint64_t* Words(const BufferPtr& buffer) { return reinterpret_cast<uint64_t*>(buffer->data()); }

// Position i of the result takes value source(i).
template <typename T, typename SourceOf>
void CopyValues(const uint8_t* values, int32_t count, SourceOf source_of, uint8_t* target) {
  const T* from = reinterpret_cast<const T*>(values);
  T* to = reinterpret_cast<T*>(target);
  for (int32_t i = 0; i < count; ++i) to[i] = from[source_of(i)];
}

template <typename SourceOf>
void CopyByWidth(int width, const uint8_t* values, int32_t count, SourceOf source_of,
                 uint8_t* target) {
  switch (width) {
    case 1:
      return CopyValues<uint8_t>(values, count, source_of, target);
    case 2:
      return CopyValues<uint16_t>(values, count, source_of, target);
    case 4:
      return CopyValues<uint32_t>(values, count, source_of, target);
    case 8:
      return CopyValues<uint64_t>(values, count, source_of, target);
    case 16:
      return CopyValues<Int128>(values, count, source_of, target);
    default:
      SABOT_DCHECK(width == 0);
  }
}

template <typename SourceOf>
BufferPtr GatherBits(const uint64_t* bits, int32_t count, SourceOf source_of, BufferPool& pool) {
  BufferPtr gathered = NewBitmap(count, pool);
  uint64_t* target = Words(gathered);
  std::memset(target, 0, static_cast<size_t>(std::max<int64_t>(NumWords(count), 1)) * 8);
  for (int32_t i = 0; i < count; ++i) {
    if (GetBit(bits, source_of(i))) SetBit(target, i);
  }
  return gathered;
}

}  // namespace

Vector Vector::Flat(const Type& type, int32_t size, BufferPool& pool) {
  Vector vector;
  vector.type_ = type;
  vector.kind_ = type.kind();
  vector.size_ = size;
  vector.values_ = pool.Acquire(std::max<int64_t>(int64_t{size} * KindWidth(vector.kind_), 16));
  return vector;
}

Vector Vector::Constant(const TypedValue& value, int32_t size) {
  VectorBuilder builder(value.type);
  builder.Append(value);
  Vector vector = builder.Finish();
  vector.encoding_ = Encoding::kConstant;
  vector.size_ = size;
  return vector;
}

Vector Vector::Dictionary(BufferPtr codes, std::shared_ptr<const Vector> dictionary, int32_t size,
                          BufferPtr validity) {
  SABOT_DCHECK(dictionary->is_flat());
  Vector vector;
  vector.type_ = dictionary->type_;
  vector.kind_ = dictionary->kind_;
  vector.encoding_ = Encoding::kDictionary;
  vector.size_ = size;
  vector.values_ = std::move(codes);
  vector.validity_ = std::move(validity);
  vector.dictionary_ = std::move(dictionary);
  return vector;
}

Vector Vector::Wrap(const Type& type, int32_t size, BufferPtr values, BufferPtr validity,
                    std::vector<BufferPtr> heaps) {
  Vector vector;
  vector.type_ = type;
  vector.kind_ = type.kind();
  vector.size_ = size;
  vector.values_ = std::move(values);
  vector.validity_ = std::move(validity);
  vector.heaps_ = std::move(heaps);
  return vector;
}

uint64_t* Vector::MutableValidity(BufferPool& pool) {
  if (validity_ == nullptr) {
    const int32_t num_bits = is_constant() ? 1 : size_;
    validity_ = NewBitmap(num_bits, pool);
    SetAll(Words(validity_), num_bits);
  }
  return Words(validity_);
}

void Vector::AddHeap(BufferPtr heap) {
  if (std::find(heaps_.begin(), heaps_.end(), heap) == heaps_.end())
    heaps_.push_back(std::move(heap));
}

void Vector::AddHeapsOf(const Vector& other) {
  for (const BufferPtr& heap : other.heaps_) AddHeap(heap);
  if (other.dictionary_ != nullptr) AddHeapsOf(*other.dictionary_);
}

bool Vector::IsNull(int32_t row) const {
  if (validity_ != nullptr && !GetBit(validity(), is_constant() ? 0 : row)) return true;
  return is_dictionary() && dictionary_->IsNull(static_cast<int32_t>(codes()[row]));
}

TypedValue Vector::ValueAt(int32_t row) const {
  if (IsNull(row)) return TypedValue::Null(type_);
  if (is_dictionary()) return dictionary_->ValueAt(static_cast<int32_t>(codes()[row]));
  const int32_t at = ValueIndex(row);
  switch (kind_) {
    case Kind::kBool:
      return {type_, data<uint8_t>()[at] != 0};
    case Kind::kI8:
      return {type_, int64_t{data<int8_t>()[at]}};
    case Kind::kI16:
      return {type_, int64_t{data<int16_t>()[at]}};
    case Kind::kI32:
      return {type_, int64_t{data<int32_t>()[at]}};
    case Kind::kI64:
      return {type_, data<int64_t>()[at]};
    case Kind::kI128:
      return {type_, data<Int128>()[at]};
    case Kind::kF32:
      return {type_, static_cast<double>(data<float>()[at])};
    case Kind::kF64:
      return {type_, data<double>()[at]};
    case Kind::kView16:
      return {type_, std::string(data<StringView>()[at].view())};
    case Kind::kList: {
      const ListView list = data<ListView>()[at];
      std::vector<TypedValue> elements;
      const Vector& child = *children_[0];
      for (uint32_t i = list.offset; i < list.offset + list.length; ++i) {
        TypedValue element = child.ValueAt(static_cast<int32_t>(i));
        if (type_.id() != TypeId::kMap) {
          elements.push_back(std::move(element));
          continue;
        }
        auto& entry = std::get<std::vector<TypedValue>>(element.value);
        for (TypedValue& part : entry) elements.push_back(std::move(part));
      }
      return {type_, std::move(elements)};
    }
    case Kind::kStruct: {
      std::vector<TypedValue> fields;
      for (const auto& child : children_) fields.push_back(child->ValueAt(at));
      return {type_, std::move(fields)};
    }
    case Kind::kAny16:
      break;
  }
  return TypedValue::Null(type_);
}

Vector Vector::Flattened(Rows rows, BufferPool& pool) const {
  if (is_flat()) return *this;
  const Vector& source = is_dictionary() ? *dictionary_ : *this;
  // The code of a row that is null itself means nothing.
  const uint64_t* coded = is_dictionary() ? validity() : nullptr;
  const auto has_value = [&](int32_t row) { return coded == nullptr || GetBit(coded, row); };
  Vector flat = Flat(type_, size_, pool);
  flat.heaps_ = source.heaps_;
  flat.children_ = source.children_;
  if (kind_ == Kind::kStruct) {
    std::vector<int32_t> order(static_cast<size_t>(size_), 0);
    ForEachRow(rows, [&](int32_t row) {
      if (has_value(row)) order[static_cast<size_t>(row)] = ValueIndex(row);
    });
    for (auto& child : flat.children_) {
      child = std::make_shared<Vector>(child->Take(order, pool));
    }
  } else {
    const auto copy = [&]<typename T>(T) {
      const T* from = reinterpret_cast<const T*>(source.values_->data());
      T* to = reinterpret_cast<T*>(flat.values_->data());
      if (is_constant()) {
        ForEachRow(rows, [&](int32_t row) { to[row] = from[0]; });
      } else {
        const uint32_t* code = codes();
        ForEachRow(rows, [&](int32_t row) { to[row] = has_value(row) ? from[code[row]] : T{}; });
      }
    };
    switch (KindWidth(kind_)) {
      case 1:
        copy(uint8_t{});
        break;
      case 2:
        copy(uint16_t{});
        break;
      case 4:
        copy(uint32_t{});
        break;
      case 8:
        copy(uint64_t{});
        break;
      default:
        copy(Int128{});
        break;
    }
  }
  if (may_have_nulls()) {
    uint64_t* bits = flat.MutableValidity(pool);
    ForEachRow(rows, [&](int32_t row) {
      if (IsNull(row)) ClearBit(bits, row);
    });
  }
  return flat;
}

Vector Vector::Take(std::span<const int32_t> order, BufferPool& pool) const {
  const auto count = static_cast<int32_t>(order.size());
  const auto source_of = [&](int32_t i) { return order[static_cast<size_t>(i)]; };
  Vector taken = *this;
  taken.size_ = count;
  if (is_constant()) return taken;
  if (validity_ != nullptr) taken.validity_ = GatherBits(validity(), count, source_of, pool);
  if (is_dictionary()) {
    taken.values_ = pool.Acquire(std::max<int64_t>(int64_t{count} * 4, 16));
    CopyValues<uint32_t>(values_->data(), count, source_of, taken.values_->data());
    return taken;
  }
  if (kind_ == Kind::kStruct) {
    for (auto& child : taken.children_) child = std::make_shared<Vector>(child->Take(order, pool));
    return taken;
  }
  const int width = KindWidth(kind_);
  taken.values_ = pool.Acquire(std::max<int64_t>(int64_t{count} * width, 16));
  CopyByWidth(width, values_->data(), count, source_of, taken.values_->data());
  return taken;
}

Vector Vector::Gather(Rows rows, BufferPool& pool) const {
  if (rows.selection == nullptr) return Slice(0, rows.count, pool);
  std::vector<int32_t> order(rows.selection, rows.selection + rows.count);
  return Take(order, pool);
}

Vector Vector::Slice(int32_t offset, int32_t count, BufferPool& pool) const {
  if (offset == 0 && count == size_) return *this;
  Vector slice = *this;
  slice.size_ = count;
  if (is_constant()) return slice;
  if (validity_ != nullptr) {
    slice.validity_ = NewBitmap(count, pool);
    CopyBits(validity_->data(), offset, count, Words(slice.validity_));
  }
  if (!is_dictionary() && kind_ == Kind::kStruct) {
    for (auto& child : slice.children_) {
      child = std::make_shared<Vector>(child->Slice(offset, count, pool));
    }
    return slice;
  }
  const int64_t width = is_dictionary() ? 4 : KindWidth(kind_);
  slice.values_ = Buffer::Borrow(values_->data() + offset * width, count * width, values_);
  return slice;
}

Vector Vector::WithType(const Type& type) const {
  SABOT_DCHECK(type.kind() == kind_ || type_.is_null());
  Vector vector = *this;
  vector.type_ = type;
  return vector;
}

Vector Vector::AsConstant(int32_t size) const {
  SABOT_DCHECK(!is_dictionary());
  Vector vector = *this;
  vector.encoding_ = Encoding::kConstant;
  vector.size_ = size;
  return vector;
}

StringView StringWriter::Write(std::string_view text) {
  if (text.size() <= StringView::kInlineSize) return StringView(text);
  char* target = Reserve(static_cast<uint32_t>(text.size()));
  std::memcpy(target, text.data(), text.size());
  return StringView(std::string_view(target, text.size()));
}

char* StringWriter::Reserve(uint32_t size) {
  constexpr int64_t kChunkSize = 32 * 1024;
  if (chunks_.empty() || used_ + size > chunks_.back()->size()) {
    chunks_.push_back(pool_->Acquire(std::max<int64_t>(kChunkSize, size)));
    used_ = 0;
  }
  char* target = reinterpret_cast<char*>(chunks_.back()->data()) + used_;
  used_ += size;
  return target;
}

void StringWriter::AttachTo(Vector* vector) {
  for (BufferPtr& chunk : chunks_) vector->AddHeap(std::move(chunk));
  chunks_.clear();
  used_ = 0;
}

Vector VectorBuilder::Finish() {
  BufferPool pool;
  const int32_t size = this->size();
  Vector vector = Vector::Flat(type_, size, pool);
  std::memset(vector.values()->data(), 0,
              static_cast<size_t>(size) * static_cast<size_t>(KindWidth(vector.kind())));
  StringWriter strings(pool);
  std::vector<VectorBuilder> children;
  if (vector.kind() == Kind::kStruct && type_.id() == TypeId::kCalendarInterval) {
    for (TypeId id : {TypeId::kInt, TypeId::kInt, TypeId::kLong}) children.emplace_back(Type(id));
  } else if (type_.id() == TypeId::kMap) {
    children.emplace_back(Type::Struct({type_.fields().begin(), type_.fields().end()}));
  } else {
    for (const TypeField& field : type_.fields()) children.emplace_back(field.type);
  }
  for (int32_t row = 0; row < size; ++row) {
    TypedValue& value = values_[static_cast<size_t>(row)];
    if (value.is_null()) {
      ClearBit(vector.MutableValidity(pool), row);
      if (vector.kind() == Kind::kView16) vector.mutable_data<StringView>()[row] = StringView();
      if (vector.kind() == Kind::kStruct) {
        for (VectorBuilder& child : children) child.Append(TypedValue::Null(child.type_));
      }
      continue;
    }
    const auto integer = [&] {
      const auto* wide = std::get_if<Int128>(&value.value);
      return wide != nullptr ? static_cast<int64_t>(*wide) : std::get<int64_t>(value.value);
    };
    switch (vector.kind()) {
      case Kind::kBool:
        vector.mutable_data<uint8_t>()[row] = std::get<bool>(value.value);
        break;
      case Kind::kI8:
        vector.mutable_data<int8_t>()[row] = static_cast<int8_t>(integer());
        break;
      case Kind::kI16:
        vector.mutable_data<int16_t>()[row] = static_cast<int16_t>(integer());
        break;
      case Kind::kI32:
        vector.mutable_data<int32_t>()[row] = static_cast<int32_t>(integer());
        break;
      case Kind::kI64:
        vector.mutable_data<int64_t>()[row] = integer();
        break;
      case Kind::kI128: {
        const auto* wide = std::get_if<Int128>(&value.value);
        vector.mutable_data<Int128>()[row] = wide != nullptr ? *wide : Int128{integer()};
        break;
      }
      case Kind::kF32:
        vector.mutable_data<float>()[row] = static_cast<float>(std::get<double>(value.value));
        break;
      case Kind::kF64:
        vector.mutable_data<double>()[row] = std::get<double>(value.value);
        break;
      case Kind::kView16:
        vector.mutable_data<StringView>()[row] = strings.Write(std::get<std::string>(value.value));
        break;
      case Kind::kList: {
        auto& elements = std::get<std::vector<TypedValue>>(value.value);
        ListView list{static_cast<uint32_t>(children[0].size()), 0};
        if (type_.id() == TypeId::kMap) {
          list.length = static_cast<uint32_t>(elements.size() / 2);
          for (size_t i = 0; i + 1 < elements.size(); i += 2) {
            children[0].Append(
                {children[0].type_, std::vector<TypedValue>{elements[i], elements[i + 1]}});
          }
        } else {
          list.length = static_cast<uint32_t>(elements.size());
          for (TypedValue& element : elements) children[0].Append(std::move(element));
        }
        vector.mutable_data<ListView>()[row] = list;
        break;
      }
      case Kind::kStruct: {
        auto& fields = std::get<std::vector<TypedValue>>(value.value);
        for (size_t i = 0; i < children.size(); ++i) children[i].Append(std::move(fields[i]));
        break;
      }
      case Kind::kAny16:
        SABOT_DCHECK(false);
        break;
    }
  }
  strings.AttachTo(&vector);
  std::vector<std::shared_ptr<const Vector>> finished;
  for (VectorBuilder& child : children)
    finished.push_back(std::make_shared<Vector>(child.Finish()));
  vector.set_children(std::move(finished));
  values_.clear();
  return vector;
}

}  // namespace sabot
