#include "sabot/vector/nested_codec.h"

#include <algorithm>
#include <cstring>

#include "sabot/base/codec.h"
#include "sabot/base/error.h"
#include "sabot/base/hash.h"

namespace sabot {
namespace {

template <typename T>
void Put(T value, std::string* bytes) {
  bytes->append(reinterpret_cast<const char*>(&value), sizeof(T));
}

template <typename T>
T KeyForm(T value, bool is_key) {
  return is_key ? NormalizedKey(value) : value;
}

// The types of the children, as the vector of that type has them.
std::vector<Type> ChildTypes(const Type& type) {
  switch (type.id()) {
    case TypeId::kCalendarInterval:
      return {Type(TypeId::kInt), Type(TypeId::kInt), Type(TypeId::kLong)};
    case TypeId::kMap:
      return {Type::Struct({type.fields().begin(), type.fields().end()})};
    case TypeId::kPath:
      return {Type(TypeId::kNode)};
    default: {
      std::vector<Type> types;
      for (const TypeField& field : type.fields()) types.push_back(field.type);
      return types;
    }
  }
}

// Collects decoded values of one type, children in builders of their own.
class NestedBuilder {
 public:
  explicit NestedBuilder(const Type& type) : type_(type) {
    if (type.kind() != Kind::kList && type.kind() != Kind::kStruct) return;
    for (const Type& child : ChildTypes(type)) children_.emplace_back(child);
  }

  int32_t size() const { return static_cast<int32_t>(is_null_.size()); }

  void AppendNull() {
    is_null_.push_back(1);
    values_.append(static_cast<size_t>(KindWidth(type_.kind())), '\0');
    if (type_.kind() == Kind::kView16) texts_.emplace_back();
    if (type_.kind() == Kind::kStruct) {
      for (NestedBuilder& child : children_) child.AppendNull();
    }
  }

  // nesting follows the type, so recursion is as deep as the type.
  arrow::Status Append(Decoder& decoder) {
    ARROW_ASSIGN_OR_RAISE(const std::string_view tag, decoder.Raw(1));
    if (tag[0] == 0) {
      AppendNull();
      return arrow::Status::OK();
    }
    if (tag[0] != 1) return CodecError("a value is neither there nor NULL");
    is_null_.push_back(0);
    switch (type_.kind()) {
      case Kind::kView16: {
        ARROW_ASSIGN_OR_RAISE(const uint32_t length, Count(decoder));
        ARROW_ASSIGN_OR_RAISE(const std::string_view text, decoder.Raw(length));
        texts_.push_back(text);
        values_.append(16, '\0');
        return arrow::Status::OK();
      }
      case Kind::kList: {
        ARROW_ASSIGN_OR_RAISE(const uint32_t count, Count(decoder));
        const ListView list{static_cast<uint32_t>(children_[0].size()), count};
        values_.append(reinterpret_cast<const char*>(&list), sizeof(list));
        for (uint32_t i = 0; i < count; ++i) ARROW_RETURN_NOT_OK(children_[0].Append(decoder));
        return arrow::Status::OK();
      }
      case Kind::kStruct:
        for (NestedBuilder& child : children_) ARROW_RETURN_NOT_OK(child.Append(decoder));
        return arrow::Status::OK();
      default: {
        ARROW_ASSIGN_OR_RAISE(const std::string_view value,
                              decoder.Raw(static_cast<size_t>(KindWidth(type_.kind()))));
        values_.append(value);
        return arrow::Status::OK();
      }
    }
  }

  Vector Finish(BufferPool& pool) {
    const int32_t size = this->size();
    Vector vector = Vector::Flat(type_, size, pool);
    if (!values_.empty()) std::memcpy(vector.values()->data(), values_.data(), values_.size());
    if (type_.kind() == Kind::kView16) {
      StringWriter writer(pool);
      auto* views = vector.mutable_data<StringView>();
      for (int32_t i = 0; i < size; ++i) views[i] = writer.Write(texts_[static_cast<size_t>(i)]);
      writer.AttachTo(&vector);
    }
    for (int32_t i = 0; i < size; ++i) {
      if (is_null_[static_cast<size_t>(i)]) ClearBit(vector.MutableValidity(pool), i);
    }
    std::vector<std::shared_ptr<const Vector>> children;
    for (NestedBuilder& child : children_) {
      children.push_back(std::make_shared<Vector>(child.Finish(pool)));
    }
    vector.set_children(std::move(children));
    return vector;
  }

 private:
  static arrow::Result<uint32_t> Count(Decoder& decoder) {
    ARROW_ASSIGN_OR_RAISE(const std::string_view raw, decoder.Raw(4));
    uint32_t count;
    std::memcpy(&count, raw.data(), 4);
    // Every element takes a byte at least, so nothing is allocated for a lie.
    if (count > decoder.remaining()) return CodecError("a list or text is longer than its bytes");
    return count;
  }

  Type type_;
  std::string values_;
  std::vector<std::string_view> texts_;
  std::vector<uint8_t> is_null_;
  std::vector<NestedBuilder> children_;
};

}  // namespace

bool ContainsAny(const Type& type) {
  if (type.id() == TypeId::kAny) return true;
  return std::any_of(type.fields().begin(), type.fields().end(),
                     [](const TypeField& field) { return ContainsAny(field.type); });
}

arrow::Status EncodeNested(const Vector& vector, int32_t row, bool is_key, std::string* bytes) {
  if (vector.IsNull(row)) {
    bytes->push_back(0);
    return arrow::Status::OK();
  }
  if (vector.is_dictionary()) {
    return EncodeNested(*vector.dictionary(), vector.ValueIndex(row), is_key, bytes);
  }
  const int32_t at = vector.ValueIndex(row);
  bytes->push_back(1);
  switch (vector.kind()) {
    case Kind::kF32:
      Put(KeyForm(vector.data<float>()[at], is_key), bytes);
      break;
    case Kind::kF64:
      Put(KeyForm(vector.data<double>()[at], is_key), bytes);
      break;
    case Kind::kView16: {
      const StringView text = vector.data<StringView>()[at];
      Put(text.length, bytes);
      bytes->append(text.view());
      break;
    }
    case Kind::kList: {
      const ListView list = vector.data<ListView>()[at];
      Put(list.length, bytes);
      const Vector& child = *vector.children()[0];
      for (uint32_t i = list.offset; i < list.offset + list.length; ++i) {
        ARROW_RETURN_NOT_OK(EncodeNested(child, static_cast<int32_t>(i), is_key, bytes));
      }
      break;
    }
    case Kind::kStruct:
      for (const auto& child : vector.children()) {
        ARROW_RETURN_NOT_OK(EncodeNested(*child, at, is_key, bytes));
      }
      break;
    case Kind::kAny16:
      return UnsupportedError("a value of type ANY in a key or a stored row",
                              "cast it to a type of its own first");
    default: {
      const auto width = static_cast<size_t>(KindWidth(vector.kind()));
      bytes->append(
          reinterpret_cast<const char*>(vector.values()->data()) + static_cast<size_t>(at) * width,
          width);
    }
  }
  return arrow::Status::OK();
}

arrow::Result<Vector> DecodeNested(const Type& type, std::span<const std::string_view> encodings,
                                   const std::vector<bool>& is_null, BufferPool& pool) {
  NestedBuilder builder(type);
  for (size_t i = 0; i < encodings.size(); ++i) {
    if (is_null[i]) {
      builder.AppendNull();
      continue;
    }
    Decoder decoder(encodings[i]);
    ARROW_RETURN_NOT_OK(builder.Append(decoder));
    if (!decoder.at_end()) return CodecError("bytes are left over after a value");
  }
  return builder.Finish(pool);
}

}  // namespace sabot
