#include <cmath>
#include <cstring>
#include <limits>
#include <map>
#include <optional>
#include <random>
#include <tuple>

#include <gtest/gtest.h>

#include "sabot/base/simulation.h"
#include "sabot/state/keyed_table.h"
#include "sabot/state/spill_file.h"
#include "sabot/vector/key_hash.h"

// Random operations on a table of small pages and partitions, and the same on a std::map.

namespace sabot {
namespace {

template <typename T>
T Ok(arrow::Result<T> result) {
  EXPECT_TRUE(result.ok()) << result.status().ToString();
  return std::move(result).ValueOrDie();
}
void Ok(const arrow::Status& status) { EXPECT_TRUE(status.ok()) << status.ToString(); }

const Type kInt(TypeId::kInt);
const Type kDouble(TypeId::kDouble);
const Type kString(TypeId::kString);

// -0.0 and NaN stand for themselves in batches; in the model they are one value each.
struct Key {
  std::optional<int32_t> number;
  std::optional<std::string> text;
  std::optional<double> real;

  std::tuple<std::optional<int32_t>, std::optional<std::string>, bool, std::optional<double>>
  Normal() const {
    const bool is_nan = real.has_value() && std::isnan(*real);
    return {number, text, is_nan, is_nan || !real ? std::optional<double>() : *real + 0.0};
  }
  friend bool operator<(const Key& left, const Key& right) {
    return left.Normal() < right.Normal();
  }
};

struct State {
  int64_t count = 0;
  std::optional<std::string> latest;
  std::string bytes;

  friend bool operator==(const State&, const State&) = default;
};
using Model = std::map<Key, State>;

RowSchema Schema() {
  return {.keys = {{kInt}, {kString}, {kDouble}},
          .columns = {kString},
          .slots = {StateSlot{}, StateSlot{.size = 16, .has_bytes = true}}};
}

// The same without bytes of states, so that snapshots share pages instead of copying them.
RowSchema SharingSchema() {
  RowSchema schema = Schema();
  schema.slots.pop_back();
  return schema;
}

class Pieces : public SnapshotWriter {
 public:
  arrow::Status Add(StatePiece piece) override {
    pieces.push_back(std::move(piece));
    return {};
  }
  std::vector<StatePiece> pieces;
};

class Trial {
 public:
  Trial(uint32_t seed, bool has_bytes)
      : random_(seed), has_bytes_(has_bytes), machine_({.seed = seed}) {
    memory_ = Ok(budget_.MakeConsumer("trial"));
    options_ = {.memory = memory_,
                .partition_bytes_max = 1 << (12 + Pick(3)),
                .page_bytes = 1 << (9 + Pick(2))};
    table_ = NewTable();
    writer_ = Ok(MakeSpillFileWriter(machine_.env(), {.folder = "/spill"}));
  }
  ~Trial() {
    snapshots_.clear();
    table_.reset();
    EXPECT_EQ(budget_.reserved_bytes(), 0);
  }

  void Run(int num_steps) {
    for (int step = 0; step < num_steps && !::testing::Test::HasFailure(); ++step) {
      switch (Pick(14)) {
        case 0:
          Erase();
          break;
        case 1:
          EraseScanned();
          break;
        case 2:
          TakeSnapshot();
          break;
        case 3:
          CheckSnapshot();
          break;
        case 4:
          RestoreIntoOwners();
          break;
        case 5:
          Spill();
          break;
        case 6:
          SplitAndExtract();
          break;
        case 7:
          if (Pick(20) == 0) Clear();
          break;
        case 8:
          Find();
          break;
        case 9:
          WriteScanned();
          break;
        default:
          Upsert();
      }
      if (step % 10 == 0) Check();
    }
    Check();
  }

 private:
  struct TakenSnapshot {
    std::vector<StatePiece> pieces;
    Model model;
  };

  uint32_t Pick(uint32_t bound) { return static_cast<uint32_t>(random_() % bound); }
  std::unique_ptr<KeyedTable> NewTable() {
    return Ok(KeyedTable::Make(has_bytes_ ? Schema() : SharingSchema(), options_));
  }

  std::string RandomText() {
    // Around the border of 12 bytes, now and then longer than a page.
    const size_t length = Pick(50) == 0 ? 600 + Pick(1000) : Pick(20);
    return std::string(length, static_cast<char>('a' + Pick(3)));
  }
  Key RandomKey() {
    Key key;
    if (Pick(8) != 0) key.number = static_cast<int32_t>(Pick(25)) - 3;
    if (Pick(8) != 0) key.text = RandomText();
    const double reals[] = {0.0, -0.0, std::numeric_limits<double>::quiet_NaN(), 2.5};
    if (Pick(8) != 0) key.real = reals[Pick(4)];
    return key;
  }

  struct KeyBatch {
    std::vector<Key> keys;
    std::vector<Vector> vectors;
    std::vector<uint16_t> selection;
    Rows rows;
  };
  KeyBatch ToVectors(std::vector<Key> keys) {
    KeyBatch batch;
    VectorBuilder numbers(kInt), texts(kString), reals(kDouble);
    for (const Key& key : keys) {
      numbers.Append(key.number ? TypedValue::Int(*key.number) : TypedValue::Null(kInt));
      texts.Append(key.text ? TypedValue::String(*key.text) : TypedValue::Null(kString));
      reals.Append(key.real ? TypedValue::Double(*key.real) : TypedValue::Null(kDouble));
    }
    batch.vectors.push_back(numbers.Finish());
    batch.vectors.push_back(texts.Finish());
    batch.vectors.push_back(reals.Finish());
    const auto size = static_cast<int32_t>(keys.size());
    if (Pick(3) == 0) {  // the same as a dictionary, by codes that go backwards
      BufferPtr codes = Buffer::Allocate(size * 4 + 4);
      std::vector<Key> reversed;
      for (int32_t i = 0; i < size; ++i) {
        reinterpret_cast<uint32_t*>(codes->data())[i] = static_cast<uint32_t>(size - 1 - i);
        reversed.push_back(keys[static_cast<size_t>(size - 1 - i)]);
      }
      for (Vector& vector : batch.vectors) {
        vector = Vector::Dictionary(codes, std::make_shared<Vector>(vector), size);
      }
      keys = std::move(reversed);
    }
    batch.keys = std::move(keys);
    batch.rows = {nullptr, size};
    if (Pick(3) == 0) {
      for (int32_t i = 0; i < size; ++i) {
        if (Pick(2) == 0) batch.selection.push_back(static_cast<uint16_t>(i));
      }
      batch.rows = {batch.selection.data(), static_cast<int32_t>(batch.selection.size())};
    }
    return batch;
  }
  KeyBatch RandomBatch(uint32_t size_max) {
    std::vector<Key> keys;
    const uint32_t size = Pick(size_max);
    for (uint32_t i = 0; i < size; ++i) keys.push_back(RandomKey());
    return ToVectors(std::move(keys));
  }

  int64_t& CountOf(uint8_t* row) {
    return *reinterpret_cast<int64_t*>(row + table_->layout().slot_offset(0));
  }
  StringView& BytesOf(const KeyedTable& table, uint8_t* row) {
    return *reinterpret_cast<StringView*>(row + table.layout().slot_offset(1));
  }
  void SetBytes(KeyedTable& table, uint8_t* row, std::string_view bytes) {
    if (!has_bytes_) return;
    StringView& slot = BytesOf(table, row);
    const StringView stored = table.StoreBytes(bytes);
    table.FreeBytes(slot);
    slot = stored;
  }
  std::string RowBytes(const KeyedTable& table, uint8_t* row) {
    return has_bytes_ ? std::string(BytesOf(table, row).view()) : "";
  }

  void Upsert() {
    const KeyBatch batch = RandomBatch(200);
    KeyRows keys(&table_->layout());
    Ok(keys.Assign(batch.vectors, batch.rows));
    RowRefs refs;
    // Memory for a part of it, sometimes.
    if (Pick(4) == 0) budget_.set_limit_bytes(budget_.reserved_bytes() + Pick(4000));
    int32_t from = 0;
    while (true) {
      const int32_t to = Ok(table_->FindOrInsert(keys, from, &refs));
      ASSERT_EQ(refs.done.count, to - from);
      size_t num_inserted = 0;
      ForEachRow(refs.done, [&](int32_t i) {
        const bool is_new = !model_.contains(batch.keys[static_cast<size_t>(i)]);
        State& state = model_[batch.keys[static_cast<size_t>(i)]];
        if (is_new) {
          ASSERT_LT(num_inserted, refs.inserted.size());
          ASSERT_EQ(refs.inserted[num_inserted++], i);
        }
        ASSERT_EQ(CountOf(refs[i]), state.count);
        state.count += i + 1;
        CountOf(refs[i]) += i + 1;
        if (Pick(3) == 0) {
          const std::string text = RandomText();
          const bool is_null = Pick(5) == 0;
          table_->SetString(0, refs[i], text, is_null);
          state.latest = is_null ? std::optional<std::string>() : text;
        }
        if (has_bytes_ && Pick(3) == 0) {
          state.bytes = RandomText();
          SetBytes(*table_, refs[i], state.bytes);
        }
      });
      ASSERT_EQ(num_inserted, refs.inserted.size());
      budget_.set_limit_bytes(MemoryBudget::kUnlimited);
      if (to == batch.rows.count) break;
      from = to;
    }
  }

  void Find() {
    const KeyBatch batch = RandomBatch(100);
    KeyRows keys(&table_->layout());
    Ok(keys.Assign(batch.vectors, batch.rows));
    RowRefs refs;
    table_->Find(keys, &refs);
    for (int32_t i = 0; i < batch.rows.count; ++i) {
      const auto at = model_.find(batch.keys[static_cast<size_t>(batch.rows[i])]);
      uint8_t* row = refs[batch.rows[i]];
      ASSERT_EQ(row != nullptr, at != model_.end());
      if (row == nullptr) continue;
      ASSERT_EQ(CountOf(row), at->second.count);
    }
    if (!Ok(table_->FindForWrite(keys, &refs))) return;
    for (int32_t i = 0; i < batch.rows.count; ++i) {
      const auto at = model_.find(batch.keys[static_cast<size_t>(batch.rows[i])]);
      if (at == model_.end()) continue;
      at->second.count += 5;
      CountOf(refs[batch.rows[i]]) += 5;
    }
  }

  void Erase() {
    const KeyBatch batch = RandomBatch(60);
    KeyRows keys(&table_->layout());
    Ok(keys.Assign(batch.vectors, batch.rows));
    int64_t num_erased = 0;
    for (int32_t i = 0; i < batch.rows.count; ++i) {
      num_erased +=
          static_cast<int64_t>(model_.erase(batch.keys[static_cast<size_t>(batch.rows[i])]));
    }
    ASSERT_EQ(Ok(table_->Erase(keys)), num_erased);
  }

  std::vector<Key> KeysOf(const KeyedTable& table, const std::vector<uint8_t*>& rows) {
    const Vector numbers = Ok(table.GatherKey(0, rows, pool_));
    const Vector texts = Ok(table.GatherKey(1, rows, pool_));
    const Vector reals = Ok(table.GatherKey(2, rows, pool_));
    std::vector<Key> keys(rows.size());
    for (size_t i = 0; i < rows.size(); ++i) {
      const auto at = static_cast<int32_t>(i);
      if (!numbers.IsNull(at)) keys[i].number = numbers.data<int32_t>()[i];
      if (!texts.IsNull(at)) keys[i].text = texts.data<StringView>()[i].view();
      if (!reals.IsNull(at)) keys[i].real = reals.data<double>()[i];
      EXPECT_FALSE(keys[i].real == 0.0 && std::signbit(*keys[i].real));
    }
    return keys;
  }

  void EraseScanned() {
    ScanCursor cursor;
    std::vector<uint8_t*> rows;
    for (uint32_t skip = Pick(3); skip > 0; --skip) table_->Scan(&cursor, 40, &rows);
    table_->Scan(&cursor, static_cast<int32_t>(Pick(150)) + 1, &rows);
    for (const Key& key : KeysOf(*table_, rows)) ASSERT_EQ(model_.erase(key), 1u);
    Ok(table_->EraseRows(rows));
  }

  void WriteScanned() {
    ScanCursor cursor;
    std::vector<uint8_t*> rows;
    table_->ScanForWrite(&cursor, static_cast<int32_t>(Pick(300)) + 1, &rows);
    const std::vector<Key> keys = KeysOf(*table_, rows);
    for (size_t i = 0; i < rows.size(); ++i) {
      CountOf(rows[i]) += 3;
      model_[keys[i]].count += 3;
    }
  }

  Model ModelOf(const KeyedTable& table) {
    Model model;
    ScanCursor cursor;
    std::vector<uint8_t*> rows;
    while (table.Scan(&cursor, static_cast<int32_t>(Pick(90)) + 1, &rows) > 0) {
      const std::vector<Key> keys = KeysOf(table, rows);
      const Vector latest = Ok(table.GatherColumn(0, rows, pool_));
      for (size_t i = 0; i < rows.size(); ++i) {
        State state{CountOf(rows[i]), {}, RowBytes(table, rows[i])};
        if (!latest.IsNull(static_cast<int32_t>(i))) {
          state.latest = latest.data<StringView>()[i].view();
        }
        EXPECT_TRUE(model.emplace(keys[i], state).second) << "a key twice";
      }
    }
    return model;
  }
  void ExpectEqual(const Model& got, const Model& want) {
    ASSERT_EQ(got.size(), want.size());
    for (auto left = got.begin(), right = want.begin(); left != got.end(); ++left, ++right) {
      ASSERT_FALSE(left->first < right->first || right->first < left->first);
      ASSERT_EQ(left->second, right->second);
    }
  }
  void Check() {
    ASSERT_EQ(table_->num_rows(), static_cast<int64_t>(model_.size()));
    ExpectEqual(ModelOf(*table_), model_);
  }

  void TakeSnapshot() {
    Pieces pieces;
    Ok(table_->Snapshot(++epoch_, "rows", pieces));
    snapshots_.push_back({std::move(pieces.pieces), model_});
    if (snapshots_.size() > 4) snapshots_.erase(snapshots_.begin() + Pick(4));
  }
  void CheckSnapshot() {
    if (snapshots_.empty()) return;
    const size_t index = Pick(static_cast<uint32_t>(snapshots_.size()));
    auto restored = NewTable();
    for (const StatePiece& piece : snapshots_[index].pieces) Ok(restored->RestorePiece(piece, {}));
    ExpectEqual(ModelOf(*restored), snapshots_[index].model);
    if (Pick(2) == 0) snapshots_.erase(snapshots_.begin() + static_cast<ptrdiff_t>(index));
  }
  // As a job restarted with other parallelism: every row has one owner.
  void RestoreIntoOwners() {
    Pieces pieces;
    Ok(table_->Snapshot(++epoch_, "rows", pieces));
    const uint32_t counts[] = {1, 2, 3, 5};
    const uint32_t num_owners = counts[Pick(4)];
    Model all;
    for (uint32_t owner = 0; owner < num_owners; ++owner) {
      const KeyGroupRange groups = KeyGroupsOfTask(owner, num_owners);
      auto restored = NewTable();
      for (const StatePiece& piece : pieces.pieces) {
        if (piece.groups.Overlaps(groups)) Ok(restored->RestorePiece(piece, groups));
      }
      Model part = ModelOf(*restored);
      const size_t expected = all.size() + part.size();
      all.merge(part);
      ASSERT_EQ(all.size(), expected) << "a row has two owners";
    }
    ExpectEqual(all, model_);
  }

  KeyedTable::Combine Add(KeyedTable* into_table) {
    return [this, into_table](std::span<uint8_t* const> into, std::span<uint8_t* const> from) {
      for (size_t i = 0; i < into.size(); ++i) {
        CountOf(into[i]) += CountOf(from[i]);
        SetBytes(*into_table, into[i], RowBytes(*into_table, from[i]));
      }
    };
  }
  void Spill() {
    const int64_t largest = table_->LargestPartition();
    if (largest < 0) return;
    const int64_t num_rows = table_->partition_num_rows(static_cast<size_t>(largest));
    const SpilledPartition spilled =
        Ok(table_->SpillPartition(static_cast<size_t>(largest), *writer_));
    EXPECT_EQ(spilled.num_rows, num_rows);
    EXPECT_EQ(table_->num_rows(), static_cast<int64_t>(model_.size()) - num_rows);
    // Some of its keys come again before the spilled rows are read back.
    std::vector<Key> keys;
    for (const auto& [key, state] : model_) {
      if (Pick(10) == 0) keys.push_back(key);
    }
    KeyBatch batch = ToVectors(std::move(keys));
    KeyRows rows(&table_->layout());
    Ok(rows.Assign(batch.vectors, batch.rows));
    RowRefs refs;
    Ok(table_->FindOrInsert(rows, 0, &refs));
    for (uint16_t i : refs.inserted) {
      CountOf(refs[i]) = 100;
      model_[batch.keys[i]].count += 100;
      // Combine cannot tell which is later, so the column is as it was.
      const State& state = model_[batch.keys[i]];
      table_->SetString(0, refs[i], state.latest.value_or(""), !state.latest.has_value());
    }
    const auto image = Ok(table_->ReadSpilled(spilled));
    size_t next = 0;
    if (Pick(3) == 0) budget_.set_limit_bytes(budget_.reserved_bytes() + Pick(3000));
    while (true) {
      const Progress progress = Ok(table_->MergeImage(
          *image, &next, static_cast<int32_t>(Pick(100)) + 1, Add(table_.get())));
      if (progress == Progress::kDone) break;
      if (progress == Progress::kNeedsMemory) budget_.set_limit_bytes(MemoryBudget::kUnlimited);
    }
    budget_.set_limit_bytes(MemoryBudget::kUnlimited);
  }

  void SplitAndExtract() {
    const int bits = static_cast<int>(Pick(4)) + 1;
    ASSERT_TRUE(Ok(table_->SplitTo(bits)));
    auto other = Ok(table_->Extract({Pick(1u << bits), bits}));
    EXPECT_EQ(table_->num_rows() + other->num_rows(), static_cast<int64_t>(model_.size()));
    if (Pick(2) == 0) table_.swap(other);
    // `other` may be the part or the rest; a part takes rows of its range alone, so merge into a
    // new table.
    auto merged = NewTable();
    for (const KeyedTable* part : {table_.get(), other.get()}) {
      ScanCursor cursor;
      while (Ok(merged->MergeFrom(*part, &cursor, static_cast<int32_t>(Pick(200)) + 1,
                                  Add(merged.get()))) != Progress::kDone) {
      }
    }
    table_ = std::move(merged);
  }

  void Clear() {
    table_->Clear();
    model_.clear();
  }

  std::mt19937 random_;
  bool has_bytes_;
  Simulation machine_;
  MemoryBudget budget_;
  std::shared_ptr<MemoryConsumer> memory_;
  KeyedTableOptions options_;
  std::unique_ptr<KeyedTable> table_;
  std::unique_ptr<PageWriter> writer_;
  BufferPool pool_;
  Model model_;
  std::vector<TakenSnapshot> snapshots_;
  Epoch epoch_ = 0;
};

TEST(KeyedTableModel, DoesAsAMapDoes) {
  for (uint32_t seed = 0; seed < 60 && !HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Trial(seed, false).Run(100);
  }
}

TEST(KeyedTableModel, DoesAsAMapDoesWithBytesOfStates) {
  for (uint32_t seed = 1000; seed < 1040 && !HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Trial(seed, true).Run(100);
  }
}

}  // namespace
}  // namespace sabot
