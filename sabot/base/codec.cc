#include "sabot/base/codec.h"

#include "sabot/base/error.h"

namespace sabot {

arrow::Status CodecError(std::string message) {
  return MakeError("CODEC_ERROR", {{"message", std::move(message)}});
}

arrow::Result<uint64_t> Decoder::Varint() {
  uint64_t value = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    if (bytes_.empty()) return CodecError("the bytes end inside a number");
    const auto byte = static_cast<uint8_t>(bytes_.front());
    bytes_.remove_prefix(1);
    if (shift == 63 && byte > 1) break;
    value |= static_cast<uint64_t>(byte & 0x7F) << shift;
    if (byte < 0x80) return value;
  }
  return CodecError("a number is longer than 64 bits");
}

arrow::Result<Decoder> Decoder::Part() {
  ARROW_ASSIGN_OR_RAISE(const uint64_t size, Varint());
  ARROW_ASSIGN_OR_RAISE(const std::string_view part, Raw(size));
  if (depth_ + 1 > kMaxCodecDepth) return CodecError("the data nests too deeply");
  return Decoder(part, depth_ + 1);
}

arrow::Result<std::string_view> Decoder::Raw(size_t size) {
  if (size > bytes_.size()) return CodecError("a part is longer than the bytes left");
  const std::string_view part = bytes_.substr(0, size);
  bytes_.remove_prefix(size);
  return part;
}

}  // namespace sabot
