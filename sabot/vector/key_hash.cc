#include "sabot/vector/key_hash.h"

#include <string>
#include <vector>

#include "sabot/base/error.h"
#include "sabot/base/hash.h"
#include "sabot/vector/nested_codec.h"
#include "sabot/vector/value_index.h"

namespace sabot {
namespace {

uint64_t HashOne(const StringView& text) { return HashOf(text.view()); }
template <typename T>
uint64_t HashOne(T value) {
  return HashOf(value);
}

// kCombine: not the first column.
template <typename T, bool kCombine>
void HashColumn(const Vector& keys, Rows rows, uint64_t* hashes) {
  const auto put = [&](int32_t row, uint64_t hash) {
    hashes[row] = kCombine ? CombineHashes(hashes[row], hash) : hash;
  };
  // Few long texts behind many codes: hash each once.
  if (keys.is_dictionary() && keys.kind() == Kind::kView16 &&
      keys.dictionary()->size() <= rows.count) {
    const Vector& dictionary = *keys.dictionary();
    std::vector<uint64_t> known(static_cast<size_t>(dictionary.size()));
    for (int32_t i = 0; i < dictionary.size(); ++i) {
      known[static_cast<size_t>(i)] =
          dictionary.IsNull(i) ? kNullHash : HashOne(dictionary.data<T>()[i]);
    }
    ForEachRow(rows, [&](int32_t row) {
      const bool is_null = keys.validity() != nullptr && !GetBit(keys.validity(), row);
      put(row, is_null ? kNullHash : known[keys.codes()[row]]);
    });
    return;
  }
  WithValueIndex(keys, [&](const Vector& values, auto index_of) {
    const T* data = values.data<T>();
    if (!keys.may_have_nulls()) {
      ForEachRow(rows, [&](int32_t row) { put(row, HashOne(data[index_of(row)])); });
    } else {
      ForEachRow(rows, [&](int32_t row) {
        put(row, keys.IsNull(row) ? kNullHash : HashOne(data[index_of(row)]));
      });
    }
  });
}

template <bool kCombine>
arrow::Status HashNested(const Vector& keys, Rows rows, uint64_t* hashes) {
  std::string bytes;
  for (int32_t i = 0; i < rows.count; ++i) {
    const int32_t row = rows[i];
    uint64_t hash = kNullHash;
    if (!keys.IsNull(row)) {
      bytes.clear();
      ARROW_RETURN_NOT_OK(EncodeNested(keys, row, true, &bytes));
      hash = HashOf(std::string_view(bytes));
    }
    hashes[row] = kCombine ? CombineHashes(hashes[row], hash) : hash;
  }
  return arrow::Status::OK();
}

template <bool kCombine>
arrow::Status HashOneKey(const Vector& keys, Rows rows, uint64_t* hashes) {
  switch (keys.kind()) {
    case Kind::kBool:
    case Kind::kI8:
      HashColumn<int8_t, kCombine>(keys, rows, hashes);
      break;
    case Kind::kI16:
      HashColumn<int16_t, kCombine>(keys, rows, hashes);
      break;
    case Kind::kI32:
      HashColumn<int32_t, kCombine>(keys, rows, hashes);
      break;
    case Kind::kI64:
      HashColumn<int64_t, kCombine>(keys, rows, hashes);
      break;
    case Kind::kI128:
      HashColumn<Int128, kCombine>(keys, rows, hashes);
      break;
    case Kind::kF32:
      HashColumn<float, kCombine>(keys, rows, hashes);
      break;
    case Kind::kF64:
      HashColumn<double, kCombine>(keys, rows, hashes);
      break;
    case Kind::kView16:
      HashColumn<StringView, kCombine>(keys, rows, hashes);
      break;
    case Kind::kList:
    case Kind::kStruct:
      return HashNested<kCombine>(keys, rows, hashes);
    case Kind::kAny16:
      return UnsupportedError("a key of type ANY", "cast it to a type of its own first");
  }
  return arrow::Status::OK();
}

}  // namespace

arrow::Status HashKeys(std::span<const Vector> keys, Rows rows, std::span<uint64_t> hashes) {
  if (keys.empty()) {
    ForEachRow(rows, [&](int32_t row) { hashes[static_cast<size_t>(row)] = kNullHash; });
    return arrow::Status::OK();
  }
  ARROW_RETURN_NOT_OK(HashOneKey<false>(keys[0], rows, hashes.data()));
  for (const Vector& key : keys.subspan(1)) {
    ARROW_RETURN_NOT_OK(HashOneKey<true>(key, rows, hashes.data()));
  }
  return arrow::Status::OK();
}

}  // namespace sabot
