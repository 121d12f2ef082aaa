#include <array>

#include "sabot/base/error.h"
#include "sabot/base/spark_hash.h"
#include "sabot/functions/families.h"
#include "sabot/functions/scalar/row_loop.h"
#include "sabot/text/utf8.h"

/// Values as other texts or numbers: characters, hexadecimal, base 64, checksums and Spark's
/// hashes.
namespace sabot {
namespace {

const Type kString(TypeId::kString);
const Type kBinary(TypeId::kBinary);
const Type kInt(TypeId::kInt);
const Type kLong(TypeId::kLong);

using Types = std::span<const Type>;
using Settings = const EvaluationSettings&;

arrow::Status Ascii(const KernelInput& input, Vector* result) {
  MapRows<int32_t, StringView>(input, result, [](const StringView& text) {
    return text.length == 0 ? 0 : static_cast<int32_t>(CodePointAt(text.view(), 0));
  });
  return arrow::Status::OK();
}

// Of the number's last byte, as Latin-1 has it; '' of a negative number.
arrow::Status Chr(const KernelInput& input, Vector* result) {
  std::string text;
  MapTexts<int64_t>(input, result, [&](StringWriter& writer, int64_t code) {
    text.clear();
    if (code >= 0) AppendCodePoint(static_cast<char32_t>(code & 0xFF), &text);
    return writer.Write(text);
  });
  return arrow::Status::OK();
}

constexpr char kHexDigits[] = "0123456789ABCDEF";

arrow::Status HexOfBytes(const KernelInput& input, Vector* result) {
  std::string text;
  MapTexts<StringView>(input, result, [&](StringWriter& writer, const StringView& bytes) {
    text.clear();
    for (const char c : bytes.view()) {
      const auto byte = static_cast<uint8_t>(c);
      text.append({kHexDigits[byte >> 4], kHexDigits[byte & 15]});
    }
    return writer.Write(text);
  });
  return arrow::Status::OK();
}

arrow::Status HexOfLong(const KernelInput& input, Vector* result) {
  MapTexts<int64_t>(input, result, [](StringWriter& writer, int64_t value) {
    char digits[16];
    auto bits = static_cast<uint64_t>(value);
    size_t at = sizeof(digits);
    do {
      digits[--at] = kHexDigits[bits & 15];
      bits >>= 4;
    } while (bits != 0);
    return writer.Write(std::string_view(digits + at, sizeof(digits) - at));
  });
  return arrow::Status::OK();
}

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

// NULL if a character is no digit; an odd number of digits begins with half a byte.
arrow::Status Unhex(const KernelInput& input, Vector* result) {
  StringWriter writer(input.pool);
  std::string bytes;
  MapRowsOrNull<StringView, StringView>(input, result,
                                        [&](const StringView& text, StringView* out) {
                                          bytes.clear();
                                          int high = text.length % 2 == 1 ? 0 : -1;
                                          for (const char c : text.view()) {
                                            const int value = HexValue(c);
                                            if (value < 0) return false;
                                            if (high < 0) {
                                              high = value;
                                            } else {
                                              bytes.push_back(static_cast<char>(high * 16 + value));
                                              high = -1;
                                            }
                                          }
                                          *out = writer.Write(bytes);
                                          return true;
                                        });
  writer.AttachTo(result);
  return arrow::Status::OK();
}

constexpr std::string_view kBase64Digits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

arrow::Status Base64(const KernelInput& input, Vector* result) {
  std::string text;
  MapTexts<StringView>(input, result, [&](StringWriter& writer, const StringView& value) {
    const std::string_view bytes = value.view();
    text.clear();
    for (size_t at = 0; at < bytes.size(); at += 3) {
      const size_t count = std::min<size_t>(3, bytes.size() - at);
      uint32_t group = 0;
      for (size_t i = 0; i < 3; ++i) {
        group = group << 8 | (i < count ? static_cast<uint8_t>(bytes[at + i]) : 0u);
      }
      for (size_t i = 0; i < 4; ++i) {
        text.push_back(i <= count ? kBase64Digits[group >> (18 - 6 * i) & 63] : '=');
      }
    }
    return writer.Write(text);
  });
  return arrow::Status::OK();
}

// Line breaks and blanks are passed over; anything else that is no digit is an error.
bool DecodeBase64(std::string_view text, std::string* bytes) {
  bytes->clear();
  uint32_t group = 0;
  int num_digits = 0;
  int num_padding = 0;
  for (const char c : text) {
    if (c == ' ' || (c >= '\t' && c <= '\r')) continue;
    if (c == '=') {
      ++num_padding;
      continue;
    }
    const size_t digit = kBase64Digits.find(c);
    if (digit == std::string_view::npos || num_padding > 0) return false;
    group = group << 6 | static_cast<uint32_t>(digit);
    if (++num_digits == 4) {
      for (const int shift : {16, 8, 0}) bytes->push_back(static_cast<char>(group >> shift));
      group = 0;
      num_digits = 0;
    }
  }
  if (num_digits == 1 || (num_padding > 0 && num_digits + num_padding != 4)) return false;
  if (num_digits >= 2) bytes->push_back(static_cast<char>(group >> (num_digits == 2 ? 4 : 10)));
  if (num_digits == 3) bytes->push_back(static_cast<char>(group >> 2));
  return true;
}

arrow::Status Unbase64(const KernelInput& input, Vector* result) {
  std::string bytes;
  return TryMapTexts<StringView>(
      input, result, [&](StringWriter& writer, const StringView& text, StringView* out) {
        if (!DecodeBase64(text.view(), &bytes)) {
          return MakeError("CONVERSION_INVALID_INPUT",
                           {{"str", "'" + std::string(text.view()) + "'"},
                            {"fmt", "'BASE64'"},
                            {"targetType", "\"BINARY\""}});
        }
        *out = writer.Write(bytes);
        return arrow::Status::OK();
      });
}

// IEEE 802.3's polynomial, reflected: zlib's and Java's CRC32.
constexpr auto kCrcTable = [] {
  std::array<uint32_t, 256> table{};
  for (uint32_t i = 0; i < 256; ++i) {
    uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ ((crc & 1) != 0 ? 0xEDB88320u : 0u);
    table[i] = crc;
  }
  return table;
}();

arrow::Status Crc32(const KernelInput& input, Vector* result) {
  MapRows<int64_t, StringView>(input, result, [](const StringView& bytes) {
    uint32_t crc = ~0u;
    for (const char c : bytes.view())
      crc = crc >> 8 ^ kCrcTable[(crc ^ static_cast<uint8_t>(c)) & 255];
    return int64_t{~crc};
  });
  return arrow::Status::OK();
}

// ---- Spark's hash and xxhash64: the hash of one value is the seed of the next

struct Murmur3 {
  using Value = int32_t;
  static constexpr Value kSeed = kSparkHashSeed;
  static Value Int(int32_t value, Value seed) { return SparkHashInt(value, seed); }
  static Value Long(int64_t value, Value seed) { return SparkHashLong(value, seed); }
  static Value Float(float value, Value seed) { return SparkHashFloat(value, seed); }
  static Value Double(double value, Value seed) { return SparkHashDouble(value, seed); }
  static Value Bytes(std::string_view value, Value seed) { return SparkHashBytes(value, seed); }
};
struct XxHash64 {
  using Value = int64_t;
  static constexpr Value kSeed = kSparkXxHashSeed;
  static Value Int(int32_t value, Value seed) { return SparkXxHashInt(value, seed); }
  static Value Long(int64_t value, Value seed) { return SparkXxHashLong(value, seed); }
  static Value Float(float value, Value seed) { return SparkXxHashFloat(value, seed); }
  static Value Double(double value, Value seed) { return SparkXxHashDouble(value, seed); }
  static Value Bytes(std::string_view value, Value seed) { return SparkXxHashBytes(value, seed); }
};

// The fewest bytes of two's complement, big-endian: Java's BigInteger.toByteArray.
std::string ShortestBytes(Int128 value) {
  std::string bytes;
  for (int shift = 120; shift >= 0; shift -= 8) {
    const auto byte = static_cast<char>(static_cast<uint8_t>(value >> shift));
    if (bytes.empty() && shift > 0) {
      const bool next_is_negative = (value >> (shift - 1) & 1) != 0;
      if ((byte == 0 && !next_is_negative) || (byte == '\xFF' && next_is_negative)) continue;
    }
    bytes.push_back(byte);
  }
  return bytes;
}

template <typename Hash>
typename Hash::Value HashValue(const Vector& vector, int32_t row, typename Hash::Value seed) {
  if (vector.IsNull(row)) return seed;
  const int32_t at = vector.ValueIndex(row);
  const Vector& values = vector.is_dictionary() ? *vector.dictionary() : vector;
  switch (values.kind()) {
    case Kind::kBool:
      return Hash::Int(values.data<uint8_t>()[at], seed);
    case Kind::kI8:
      return Hash::Int(values.data<int8_t>()[at], seed);
    case Kind::kI16:
      return Hash::Int(values.data<int16_t>()[at], seed);
    case Kind::kI32:
      return Hash::Int(values.data<int32_t>()[at], seed);
    case Kind::kI64:
      return Hash::Long(values.data<int64_t>()[at], seed);
    case Kind::kI128:
      return Hash::Bytes(ShortestBytes(values.data<Int128>()[at]), seed);
    case Kind::kF32:
      return Hash::Float(values.data<float>()[at], seed);
    case Kind::kF64:
      return Hash::Double(values.data<double>()[at], seed);
    case Kind::kView16:
      return Hash::Bytes(values.data<StringView>()[at].view(), seed);
    case Kind::kList: {
      const ListView list = values.data<ListView>()[at];
      for (uint32_t i = list.offset; i < list.offset + list.length; ++i) {
        seed = HashValue<Hash>(*values.children()[0], static_cast<int32_t>(i), seed);
      }
      return seed;
    }
    case Kind::kStruct:
      for (const auto& child : values.children()) seed = HashValue<Hash>(*child, at, seed);
      return seed;
    case Kind::kAny16:
      break;
  }
  return seed;
}

template <typename Hash>
arrow::Status HashRows(const KernelInput& input, Vector* result) {
  *result = Vector::Flat(input.result_type, input.num_rows, input.pool);
  auto* out = result->mutable_data<typename Hash::Value>();
  ForEachRow(input.rows, [&](int32_t row) {
    typename Hash::Value hash = Hash::kSeed;
    for (const Vector& argument : input.arguments) hash = HashValue<Hash>(argument, row, hash);
    out[row] = hash;
  });
  return arrow::Status::OK();
}

template <typename Hash>
arrow::Result<ResolvedFunction> ResolveHash(std::string_view name, Types types, const Type& type) {
  if (types.empty()) return WrongNumArgs(name, "at least 1", 0);
  for (const Type& argument : types) {
    // Maps that are equal may list their entries in different orders.
    if (argument.id() == TypeId::kMap || argument.id() >= TypeId::kVariant) {
      return ArgumentMismatch(name, types, "a type that is no MAP is expected");
    }
  }
  ResolvedFunction overload = Overload({types.begin(), types.end()}, type, HashRows<Hash>);
  overload.null_rule = NullRule::kOwn;
  overload.never_null = true;
  return overload;
}

}  // namespace

std::span<const ScalarFunction> EncodingFunctions() {
  static const ScalarFunction kFunctions[] = {
      {.name = "ascii",
       .doc = {.signature = "ascii(text STRING) -> INT",
               .summary = "The code point of the first character; 0 of an empty text.",
               .example = {"ascii('222')", "50"}},
       .resolve =
           [](Types types, Settings) {
             return ChooseOverload("ascii", types, std::array{Overload({kString}, kInt, Ascii)});
           }},
      {.name = "chr",
       .doc = {.signature = "chr(code BIGINT) -> STRING",
               .summary = "The character of this code, modulo 256.",
               .example = {"chr(65)", "A"}},
       .resolve =
           [](Types types, Settings) {
             return ChooseOverload("chr", types, std::array{Overload({kLong}, kString, Chr)});
           },
       .aliases = {"char"}},
      {.name = "hex",
       .doc = {.signature = "hex(value BIGINT | STRING | BINARY) -> STRING",
               .summary = "The number or the bytes in hexadecimal.",
               .example = {"hex(17)", "11"}},
       .resolve =
           [](Types types, Settings) {
             return ChooseOverload("hex", types,
                                   std::array{Overload({kLong}, kString, HexOfLong),
                                              Overload({kString}, kString, HexOfBytes),
                                              Overload({kBinary}, kString, HexOfBytes)});
           }},
      {.name = "unhex",
       .doc = {.signature = "unhex(text STRING) -> BINARY",
               .summary = "The bytes written in hexadecimal; NULL if it is not.",
               .example = {"CAST(unhex('537061726B2053514C') AS STRING)", "Spark SQL"}},
       .resolve =
           [](Types types, Settings) {
             return ChooseOverload("unhex", types,
                                   std::array{Nullable(Overload({kString}, kBinary, Unhex))});
           }},
      {.name = "base64",
       .doc = {.signature = "base64(bytes BINARY | STRING) -> STRING",
               .summary = "The bytes in base 64.",
               .example = {"base64('Spark SQL')", "U3BhcmsgU1FM"}},
       .resolve =
           [](Types types, Settings) {
             return ChooseOverload("base64", types,
                                   std::array{Overload({kBinary}, kString, Base64),
                                              Overload({kString}, kString, Base64)});
           }},
      {.name = "unbase64",
       .doc = {.signature = "unbase64(text STRING) -> BINARY",
               .summary = "The bytes written in base 64.",
               .example = {"CAST(unbase64('U3BhcmsgU1FM') AS STRING)", "Spark SQL"}},
       .resolve =
           [](Types types, Settings) {
             return ChooseOverload("unbase64", types,
                                   std::array{Throwing(Overload({kString}, kBinary, Unbase64))});
           }},
      {.name = "crc32",
       .doc = {.signature = "crc32(bytes BINARY | STRING) -> BIGINT",
               .summary = "The cyclic redundancy check of the bytes.",
               .example = {"crc32('Spark')", "1557323817"}},
       .resolve =
           [](Types types, Settings) {
             return ChooseOverload(
                 "crc32", types,
                 std::array{Overload({kBinary}, kLong, Crc32), Overload({kString}, kLong, Crc32)});
           }},
      {.name = "hash",
       .doc = {.signature = "hash(value ANY, ...) -> INT",
               .summary = "Spark's Murmur3 hash; NULLs do not change it.",
               .example = {"hash('Spark', array(123), 2)", "-1321691492"}},
       .resolve = [](Types types, Settings) { return ResolveHash<Murmur3>("hash", types, kInt); }},
      {.name = "xxhash64",
       .doc = {.signature = "xxhash64(value ANY, ...) -> BIGINT",
               .summary = "The hash XXH64 with seed 42; NULLs do not change it.",
               .example = {"xxhash64('Spark', array(123), 2)", "5602566077635097486"}},
       .resolve = [](Types types,
                     Settings) { return ResolveHash<XxHash64>("xxhash64", types, kLong); }},
  };
  return kFunctions;
}

}  // namespace sabot
