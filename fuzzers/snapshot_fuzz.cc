#include <cstring>

#include "fuzzers/driver.h"

#include "sabot/base/crc32c.h"
#include "sabot/state/keyed_table.h"

// Pieces of keyed tables as checkpoints hold them: what restores can be read row by row. Half of
// the mutants get checksums that fit, so that what lies behind the checksums is reached too
// (docs/formats/keyed_table_snapshot.md).
namespace sabot {
namespace {

RowSchema SchemaOf(size_t number) {
  const Type text(TypeId::kString);
  const Type list = Type::Array(text);
  switch (number % 3) {
    case 0:
      return {.keys = {{Type(TypeId::kLong)}}, .columns = {}, .slots = {{}, {}}};
    case 1:
      return {.keys = {{text}, {Type(TypeId::kInt)}}, .columns = {text, list}, .slots = {{}}};
    default:
      return {.keys = {{list}}, .columns = {Type(TypeId::kDouble)}, .slots = {{16, 8, true}}};
  }
}

TypedValue ValueOf(const Type& type, int64_t i) {
  if (i % 7 == 3) return TypedValue::Null(type);
  switch (type.id()) {
    case TypeId::kString:
      return TypedValue::String(i % 2 == 0 ? "short" + std::to_string(i)
                                           : "a text that stands in a chunk " + std::to_string(i));
    case TypeId::kArray:
      return {type, std::vector<TypedValue>(static_cast<size_t>(i % 3),
                                            TypedValue::String("element " + std::to_string(i)))};
    case TypeId::kDouble:
      return TypedValue::Double(static_cast<double>(i) / 4);
    default:
      return {type, i};
  }
}

Vector Column(const Type& type, int64_t count, int64_t salt) {
  VectorBuilder builder(type);
  for (int64_t i = 0; i < count; ++i) builder.Append(ValueOf(type, i + salt));
  return builder.Finish();
}

class Pieces final : public SnapshotWriter {
 public:
  arrow::Status Add(StatePiece piece) override {
    std::string bytes;
    for (const BufferPtr& part : piece.content) {
      bytes.append(reinterpret_cast<const char*>(part->data()), static_cast<size_t>(part->size()));
    }
    texts.push_back(std::move(bytes));
    return arrow::Status::OK();
  }
  std::vector<std::string> texts;
};

arrow::Result<std::string> SnapshotOf(size_t number, bool is_small) {
  KeyedTableOptions options;
  options.page_bytes = 1 << 10;
  ARROW_ASSIGN_OR_RAISE(auto table, KeyedTable::Make(SchemaOf(number), options));
  const int64_t count = is_small ? 5 : 60;
  std::vector<Vector> columns;
  for (const KeyColumn& key : table->layout().schema().keys) {
    columns.push_back(Column(key.type, count, 1));
  }
  KeyRows keys(&table->layout());
  ARROW_RETURN_NOT_OK(keys.Assign(columns, {nullptr, static_cast<int32_t>(count)}));
  RowRefs refs;
  ARROW_RETURN_NOT_OK(table->FindOrInsert(keys, 0, &refs).status());
  std::vector<uint8_t*> rows;
  for (const uint16_t position : refs.inserted) rows.push_back(refs[position]);
  for (size_t i = 0; i < table->layout().num_columns(); ++i) {
    const auto size = static_cast<int64_t>(rows.size());
    ARROW_RETURN_NOT_OK(
        table->SetColumn(i, Column(table->layout().schema().columns[i], size, 5), rows));
  }
  Pieces pieces;
  ARROW_RETURN_NOT_OK(table->Snapshot(1, "groups", pieces));
  return pieces.texts.at(0);
}

template <typename T>
T Read(const std::string& bytes, size_t at) {
  T value{};
  if (at + sizeof(T) <= bytes.size()) std::memcpy(&value, bytes.data() + at, sizeof(T));
  return value;
}
void Write(std::string* bytes, size_t at, uint32_t value) {
  if (at + 4 <= bytes->size()) std::memcpy(bytes->data() + at, &value, 4);
}

/// Makes the checksums of pages, chunks and header fit what is there, as far as it holds together.
void FixChecksums(std::string* bytes) {
  const auto header = Read<uint32_t>(*bytes, 8);
  const auto row_size = Read<uint32_t>(*bytes, 24);
  const auto first_row = Read<uint32_t>(*bytes, 28);
  const auto num_pages = Read<uint32_t>(*bytes, 56);
  const auto num_chunks = Read<uint32_t>(*bytes, 60);
  if (header > bytes->size() || num_pages > 1'000 || num_chunks > 1'000) return;
  uint64_t at = header;
  const auto checksum = [&](uint64_t size) {
    return Crc32c(std::string_view(*bytes).substr(at, size));
  };
  for (uint32_t page = 0; page < num_pages; ++page) {
    const size_t entry = 72 + size_t{page} * 8;
    const uint64_t size = first_row + uint64_t{Read<uint32_t>(*bytes, entry)} * row_size;
    if (size > bytes->size() - at) return;
    Write(bytes, entry + 4, checksum(size));
    at += size;
  }
  for (uint32_t chunk = 0; chunk < num_chunks; ++chunk) {
    const size_t entry = 72 + size_t{num_pages} * 8 + size_t{chunk} * 24;
    const auto size = Read<uint64_t>(*bytes, entry + 8);
    if (size > bytes->size() - at) return;
    Write(bytes, entry + 16, checksum(size));
    at += size;
  }
  Write(bytes, 12, 0);
  Write(bytes, 12, Crc32c(std::string_view(*bytes).substr(0, header)));
}

arrow::Status RestoreAndRead(const std::string& bytes, size_t number) {
  ARROW_ASSIGN_OR_RAISE(auto table, KeyedTable::Make(SchemaOf(number)));
  StatePiece piece{.name = "groups"};
  piece.content.push_back(Buffer::Allocate(static_cast<int64_t>(bytes.size())));
  std::memcpy(piece.content[0]->data(), bytes.data(), bytes.size());
  ARROW_RETURN_NOT_OK(table->RestorePiece(piece, {}));
  BufferPool pool;
  ScanCursor cursor;
  std::vector<uint8_t*> rows;
  while (table->Scan(&cursor, 100, &rows) > 0) {
    for (size_t i = 0; i < table->layout().num_keys(); ++i) {
      ARROW_ASSIGN_OR_RAISE(const Vector keys, table->GatherKey(i, rows, pool));
      for (int32_t row = 0; row < keys.size(); ++row) (void)keys.ValueAt(row).ToText();
    }
    for (size_t i = 0; i < table->layout().num_columns(); ++i) {
      ARROW_ASSIGN_OR_RAISE(const Vector values, table->GatherColumn(i, rows, pool));
      for (int32_t row = 0; row < values.size(); ++row) (void)values.ValueAt(row).ToText();
    }
  }
  return arrow::Status::OK();
}

}  // namespace
}  // namespace sabot

int main(int argc, char** argv) {
  using namespace sabot;
  std::vector<std::string> corpus;
  for (size_t number = 0; number < 6; ++number) {
    auto bytes = SnapshotOf(number, number >= 3);
    if (!bytes.ok()) {
      std::cerr << bytes.status().ToString() << "\n";
      return 2;
    }
    corpus.push_back(*std::move(bytes));
  }
  size_t schema = 0;
  return fuzz::Run(
      "snapshot_fuzz", argc, argv,
      [&](fuzz::Random& random) {
        schema = random() % corpus.size();
        std::string mutant = corpus[schema];
        // Changes that keep the length reach further than those that do not.
        if (random() % 4 == 0) {
          mutant = fuzz::MutateBytes(std::move(mutant), corpus, random);
        } else {
          for (uint64_t i = 0; i <= random() % 3; ++i) {
            mutant[random() % mutant.size()] ^= static_cast<char>(1 << (random() % 8));
          }
        }
        if (random() % 4 != 0) FixChecksums(&mutant);
        return mutant;
      },
      [&](const std::string& mutant) { return RestoreAndRead(mutant, schema); });
}
