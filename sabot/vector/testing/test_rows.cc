#include "sabot/vector/testing/test_rows.h"

#include <algorithm>
#include <memory>

namespace sabot::testing {
namespace {

BufferPtr BufferOf(const void* data, size_t size) {
  BufferPtr buffer = Buffer::Allocate(static_cast<int64_t>(std::max<size_t>(size, 16)));
  if (size > 0) std::memcpy(buffer->data(), data, size);
  return buffer;
}

Vector VectorOf(const Type& type, const std::vector<TypedValue>& values) {
  VectorBuilder builder(type);
  for (const TypedValue& value : values) builder.Append(value);
  return builder.Finish();
}

// The values as a dictionary: each distinct one once, in an order of its own, with a value that no
// row uses.
Vector AsDictionary(const Type& type, const std::vector<TypedValue>& values, Random& random) {
  std::vector<TypedValue> distinct;
  for (const TypedValue& value : values) {
    if (std::find(distinct.begin(), distinct.end(), value) == distinct.end()) {
      distinct.push_back(value);
    }
  }
  std::shuffle(distinct.begin(), distinct.end(), random);
  std::vector<uint32_t> codes;
  for (const TypedValue& value : values) {
    codes.push_back(static_cast<uint32_t>(std::find(distinct.begin(), distinct.end(), value) -
                                          distinct.begin()));
  }
  return Vector::Dictionary(BufferOf(codes.data(), codes.size() * sizeof(uint32_t)),
                            std::make_shared<const Vector>(VectorOf(type, distinct)),
                            static_cast<int32_t>(values.size()));
}

Vector Encoded(const Type& type, const std::vector<TypedValue>& values, Random& random) {
  const auto size = static_cast<int32_t>(values.size());
  const bool is_same = std::all_of(values.begin(), values.end(),
                                   [&](const TypedValue& value) { return value == values[0]; });
  if (size > 0 && is_same && random() % 2 == 0) return Vector::Constant(values[0], size);
  if (size > 0 && random() % 2 == 0) return AsDictionary(type, values, random);
  return VectorOf(type, values);
}

}  // namespace

Batch MakeBatch(const std::vector<Type>& types, const std::vector<Row>& rows,
                const std::vector<int64_t>& weights) {
  Batch batch;
  for (size_t column = 0; column < types.size(); ++column) {
    std::vector<TypedValue> values;
    for (const Row& row : rows) values.push_back(row[column]);
    batch.columns().push_back(VectorOf(types[column], values));
  }
  batch.set_num_rows(static_cast<int32_t>(rows.size()));
  if (!weights.empty()) {
    batch.set_weights(BufferOf(weights.data(), weights.size() * sizeof(int64_t)));
  }
  return batch;
}

Batch MakeLongs(const std::vector<int64_t>& values) {
  std::vector<Row> rows;
  for (const int64_t value : values) rows.push_back({TypedValue::Long(value)});
  return MakeBatch({Type(TypeId::kLong)}, rows);
}

Batch Disguise(const Batch& batch, Random& random) {
  const Rows rows = batch.rows();
  const bool hides = random() % 2 == 0 && rows.count > 0 && rows.count < kVectorSize / 4;
  // Which active row stands at each position; a position that is not selected repeats some other.
  std::vector<int32_t> sources;
  std::vector<uint16_t> selection;
  const size_t size_max =
      std::min<size_t>(size_t{kVectorSize} * 3 / 4, static_cast<size_t>(rows.count) * 10 + 10);
  const uint64_t hidden_share = random() % 3 == 0 ? 16 : 2;
  for (int32_t i = 0; i < rows.count; ++i) {
    while (hides && random() % hidden_share != 0 && sources.size() < size_max) {
      sources.push_back(rows[static_cast<int32_t>(random() % static_cast<uint64_t>(rows.count))]);
    }
    selection.push_back(static_cast<uint16_t>(sources.size()));
    sources.push_back(rows[i]);
  }
  Batch result;
  for (const Vector& column : batch.columns()) {
    std::vector<TypedValue> values;
    for (const int32_t source : sources) values.push_back(column.ValueAt(source));
    result.columns().push_back(Encoded(column.type(), values, random));
  }
  result.CopyMetadata(batch);
  result.set_num_rows(static_cast<int32_t>(sources.size()));
  if (selection.size() < sources.size()) {
    result.SetSelection(BufferOf(selection.data(), selection.size() * sizeof(uint16_t)),
                        static_cast<int32_t>(selection.size()));
  }
  if (batch.weights() != nullptr || random() % 4 == 0) {
    std::vector<int64_t> weights;
    for (const int32_t source : sources) weights.push_back(batch.weight(source));
    result.set_weights(BufferOf(weights.data(), weights.size() * sizeof(int64_t)));
  }
  return result;
}

std::vector<std::string> TextRows(const Batch& batch) {
  std::vector<std::string> texts;
  ForEachRow(batch.rows(), [&](int32_t row) {
    std::string text;
    for (size_t column = 0; column < batch.num_columns(); ++column) {
      text += (column == 0 ? "" : "|") + batch.column(column).ValueAt(row).ToText();
    }
    const int64_t weight = batch.weight(row);
    for (int64_t i = 0; i < weight; ++i) texts.push_back(text);
    for (int64_t i = 0; i > weight; --i) texts.push_back("~" + text);
  });
  return texts;
}

std::vector<int64_t> LongsOf(const Batch& batch) {
  std::vector<int64_t> values;
  ForEachRow(batch.rows(), [&](int32_t row) {
    values.push_back(std::get<int64_t>(batch.column(0).ValueAt(row).value));
  });
  return values;
}

std::vector<Batch> Cut(const Batch& batch, int32_t size, Random* random) {
  std::vector<Batch> pieces;
  BufferPool pool;
  const Rows rows = batch.rows();
  for (int32_t begin = 0; begin < rows.count; begin += size) {
    std::vector<int32_t> order;
    for (int32_t i = begin; i < std::min(rows.count, begin + size); ++i) order.push_back(rows[i]);
    Batch piece = batch.Take(order, pool);
    pieces.push_back(random == nullptr ? std::move(piece) : Disguise(piece, *random));
  }
  return pieces;
}

std::string FaultOf(const Batch& batch) {
  for (size_t i = 0; i < batch.num_columns(); ++i) {
    const Vector& column = batch.column(i);
    if (column.size() != batch.num_rows())
      return "column " + std::to_string(i) + " has another length";
    if (!column.is_dictionary()) continue;
    const Rows rows = batch.rows();
    for (int32_t k = 0; k < rows.count; ++k) {
      const bool is_null = column.validity() != nullptr &&
                           (column.validity()[rows[k] / 64] >> (rows[k] % 64) & 1) == 0;
      if (!is_null &&
          column.codes()[rows[k]] >= static_cast<uint32_t>(column.dictionary()->size())) {
        return "column " + std::to_string(i) + " has a code beyond its dictionary";
      }
    }
  }
  const Rows rows = batch.rows();
  for (int32_t i = 0; i < rows.count; ++i) {
    if (rows[i] >= batch.num_rows()) return "a selected position is no row";
    if (i > 0 && rows[i] <= rows[i - 1]) return "the selection does not increase";
    if (batch.weight(rows[i]) == 0) return "an active row has weight 0";
  }
  return batch.num_rows() > kVectorSize ? "too many rows" : "";
}

}  // namespace sabot::testing
