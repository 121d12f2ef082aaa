#pragma once

#include <bit>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "arrow/result.h"
#include "arrow/status.h"

#include "sabot/base/fields.h"

/// The binary codec of plain data with Fields(): plans, messages, manifests. Layout:
/// docs/formats/codec.md.
///
///   struct   := varint field_count, then per field: varint id, varint byte_length, payload
///   integer  := zigzag varint (bool, enums and unsigned too: as their 64-bit value); double := 8
///   bytes little endian string   := its bytes; vector := varint count, then per element varint
///   byte_length, payload optional, pointer := nothing if absent, else one byte 1 and the payload
///   variant  := varint index of the alternative, then the payload
///
/// A reader skips ids it does not know and leaves members whose id is missing as they were. Bad
/// bytes are CODEC_ERROR, never a crash: lengths are checked before anything is allocated, and
/// nesting ends at kMaxCodecDepth.
namespace sabot {

inline constexpr int kMaxCodecDepth = 2400;

class Encoder {
 public:
  void Varint(uint64_t value) {
    while (value >= 0x80) {
      bytes_.push_back(static_cast<char>(value | 0x80));
      value >>= 7;
    }
    bytes_.push_back(static_cast<char>(value));
  }
  void Raw(std::string_view bytes) { bytes_.append(bytes); }
  std::string Take() && { return std::move(bytes_); }
  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

class Decoder {
 public:
  explicit Decoder(std::string_view bytes, int depth = 0) : bytes_(bytes), depth_(depth) {}

  arrow::Result<uint64_t> Varint();
  /// The next length-prefixed part, as a decoder one level deeper.
  arrow::Result<Decoder> Part();
  arrow::Result<std::string_view> Raw(size_t size);
  std::string_view Rest() { return std::exchange(bytes_, {}); }
  bool at_end() const { return bytes_.empty(); }
  size_t remaining() const { return bytes_.size(); }
  int depth() const { return depth_; }

 private:
  std::string_view bytes_;
  int depth_;
};

/// CODEC_ERROR with the reason.
arrow::Status CodecError(std::string message);

/// Types with a form of their own (Type, TypedValue, …) specialise this with static Encode(const
/// T&, Encoder&) and Decode(Decoder&, T*).
template <typename T>
struct CodecOf;

template <typename T>
concept HasCodec =
    requires(const T& value, Encoder& encoder) { CodecOf<T>::Encode(value, encoder); };

template <typename T>
void Encode(const T& value, Encoder& encoder);
template <typename T>
arrow::Status Decode(Decoder& decoder, T* value);

namespace internal {

inline uint64_t ZigZag(int64_t value) {
  return (static_cast<uint64_t>(value) << 1) ^ static_cast<uint64_t>(value >> 63);
}
inline int64_t UnZigZag(uint64_t value) {
  return static_cast<int64_t>(value >> 1) ^ -static_cast<int64_t>(value & 1);
}

template <typename T>
void EncodePart(const T& value, Encoder& encoder) {
  Encoder part;
  Encode(value, part);
  encoder.Varint(part.bytes().size());
  encoder.Raw(part.bytes());
}

template <typename T>
struct IsVector : std::false_type {};
template <typename T>
struct IsVector<std::vector<T>> : std::true_type {};
template <typename T>
struct IsOptional : std::false_type {};
template <typename T>
struct IsOptional<std::optional<T>> : std::true_type {};
template <typename T>
struct IsSharedPtr : std::false_type {};
template <typename T>
struct IsSharedPtr<std::shared_ptr<T>> : std::true_type {};
template <typename T>
struct IsVariant : std::false_type {};
template <typename... Ts>
struct IsVariant<std::variant<Ts...>> : std::true_type {};
template <typename T>
struct IsPair : std::false_type {};
template <typename A, typename B>
struct IsPair<std::pair<A, B>> : std::true_type {};

template <size_t Index = 0, typename... Ts>
arrow::Status DecodeAlternative(uint64_t index, Decoder& decoder, std::variant<Ts...>* value) {
  if constexpr (Index == sizeof...(Ts)) {
    return CodecError("unknown alternative " + std::to_string(index));
  } else {
    if (index != Index) return DecodeAlternative<Index + 1>(index, decoder, value);
    std::variant_alternative_t<Index, std::variant<Ts...>> alternative{};
    ARROW_RETURN_NOT_OK(Decode(decoder, &alternative));
    value->template emplace<Index>(std::move(alternative));
    return arrow::Status::OK();
  }
}

template <HasFields T>
void EncodeFields(const T& value, Encoder& encoder) {
  uint64_t count = 0;
  ForEachField<T>([&](int, std::string_view, auto) { ++count; });
  encoder.Varint(count);
  ForEachField<T>([&](int id, std::string_view, auto member) {
    encoder.Varint(static_cast<uint64_t>(id));
    EncodePart(value.*member, encoder);
  });
}

template <HasFields T>
arrow::Status DecodeFields(Decoder& decoder, T* value) {
  ARROW_ASSIGN_OR_RAISE(const uint64_t count, decoder.Varint());
  for (uint64_t i = 0; i < count; ++i) {
    ARROW_ASSIGN_OR_RAISE(const uint64_t id, decoder.Varint());
    ARROW_ASSIGN_OR_RAISE(Decoder part, decoder.Part());
    arrow::Status status;
    ForEachField<T>([&](int field_id, std::string_view, auto member) {
      if (static_cast<uint64_t>(field_id) == id) status = Decode(part, &(value->*member));
    });
    ARROW_RETURN_NOT_OK(status);
  }
  return arrow::Status::OK();
}

template <typename T>
arrow::Status DecodeVector(Decoder& decoder, std::vector<T>* value) {
  ARROW_ASSIGN_OR_RAISE(const uint64_t count, decoder.Varint());
  // Each element takes at least its length byte, so a count beyond the bytes left is a lie.
  if (count > decoder.remaining()) return CodecError("a list is longer than its bytes");
  value->clear();
  for (uint64_t i = 0; i < count; ++i) {
    ARROW_ASSIGN_OR_RAISE(Decoder part, decoder.Part());
    T element{};
    ARROW_RETURN_NOT_OK(Decode(part, &element));
    value->push_back(std::move(element));
  }
  return arrow::Status::OK();
}

}  // namespace internal

template <typename T>
void Encode(const T& value, Encoder& encoder) {
  if constexpr (HasCodec<T>) {
    CodecOf<T>::Encode(value, encoder);
  } else if constexpr (std::is_enum_v<T> || std::integral<T>) {
    encoder.Varint(internal::ZigZag(static_cast<int64_t>(value)));
  } else if constexpr (std::is_same_v<T, double>) {
    const uint64_t bits = std::bit_cast<uint64_t>(value);
    encoder.Raw({reinterpret_cast<const char*>(&bits), sizeof(bits)});
  } else if constexpr (std::is_same_v<T, std::string>) {
    encoder.Raw(value);
  } else if constexpr (std::is_same_v<T, std::monostate>) {
  } else if constexpr (internal::IsVector<T>::value) {
    encoder.Varint(value.size());
    for (const auto& element : value) internal::EncodePart(element, encoder);
  } else if constexpr (internal::IsOptional<T>::value || internal::IsSharedPtr<T>::value) {
    if (value) {
      encoder.Raw(std::string_view("\1", 1));
      Encode<std::remove_cvref_t<decltype(*value)>>(*value, encoder);
    }
  } else if constexpr (internal::IsVariant<T>::value) {
    encoder.Varint(value.index());
    std::visit([&](const auto& alternative) { Encode(alternative, encoder); }, value);
  } else if constexpr (internal::IsPair<T>::value) {
    internal::EncodePart(value.first, encoder);
    internal::EncodePart(value.second, encoder);
  } else {
    internal::EncodeFields(value, encoder);
  }
}

template <typename T>
arrow::Status Decode(Decoder& decoder, T* value) {
  if constexpr (HasCodec<T>) {
    return CodecOf<T>::Decode(decoder, value);
  } else if constexpr (std::is_enum_v<T> || std::integral<T>) {
    ARROW_ASSIGN_OR_RAISE(const uint64_t bits, decoder.Varint());
    *value = static_cast<T>(internal::UnZigZag(bits));
    return arrow::Status::OK();
  } else if constexpr (std::is_same_v<T, double>) {
    uint64_t bits = 0;
    ARROW_ASSIGN_OR_RAISE(const std::string_view raw, decoder.Raw(sizeof(bits)));
    std::memcpy(&bits, raw.data(), sizeof(bits));
    *value = std::bit_cast<double>(bits);
    return arrow::Status::OK();
  } else if constexpr (std::is_same_v<T, std::string>) {
    *value = std::string(decoder.Rest());
    return arrow::Status::OK();
  } else if constexpr (std::is_same_v<T, std::monostate>) {
    return arrow::Status::OK();
  } else if constexpr (internal::IsVector<T>::value) {
    return internal::DecodeVector(decoder, value);
  } else if constexpr (internal::IsOptional<T>::value) {
    value->reset();
    if (decoder.at_end()) return arrow::Status::OK();
    ARROW_RETURN_NOT_OK(decoder.Raw(1).status());
    return Decode(decoder, &value->emplace());
  } else if constexpr (internal::IsSharedPtr<T>::value) {
    value->reset();
    if (decoder.at_end()) return arrow::Status::OK();
    ARROW_RETURN_NOT_OK(decoder.Raw(1).status());
    auto element = std::make_shared<std::remove_const_t<typename T::element_type>>();
    ARROW_RETURN_NOT_OK(Decode(decoder, element.get()));
    *value = std::move(element);
    return arrow::Status::OK();
  } else if constexpr (internal::IsVariant<T>::value) {
    ARROW_ASSIGN_OR_RAISE(const uint64_t index, decoder.Varint());
    return internal::DecodeAlternative(index, decoder, value);
  } else if constexpr (internal::IsPair<T>::value) {
    ARROW_ASSIGN_OR_RAISE(Decoder first, decoder.Part());
    ARROW_RETURN_NOT_OK(Decode(first, &value->first));
    ARROW_ASSIGN_OR_RAISE(Decoder second, decoder.Part());
    return Decode(second, &value->second);
  } else {
    return internal::DecodeFields(decoder, value);
  }
}

template <typename T>
std::string EncodeToString(const T& value) {
  Encoder encoder;
  Encode(value, encoder);
  return std::move(encoder).Take();
}

template <typename T>
arrow::Result<T> DecodeFromString(std::string_view bytes) {
  Decoder decoder(bytes);
  T value{};
  ARROW_RETURN_NOT_OK(Decode(decoder, &value));
  if (!decoder.at_end()) return CodecError("bytes are left over");
  return value;
}

}  // namespace sabot
