#include "sabot/connectors/memory/sink.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sabot/base/error.h"
#include "sabot/vector/testing/test_rows.h"

namespace sabot {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::MakeBatch;
using testing::MakeLongs;

/// Nobody reads the pieces: the rows stay in the process.
class NoPieces final : public SnapshotWriter, public SnapshotReader {
 public:
  arrow::Status Add(StatePiece) override { return arrow::Status::OK(); }
  arrow::Result<std::optional<StatePiece>> Next() override { return std::nullopt; }
  KeyGroupRange owned_groups() const override { return {}; }
};

void Push(Operator& op, Batch batch) {
  Output output;
  ASSERT_EQ(op.Push(0, batch, &output).ValueOrDie(), Progress::kNeedsInput);
}

class MemorySinkTest : public ::testing::Test {
 protected:
  std::unique_ptr<Operator> Task(Sink& sink, uint32_t task) {
    TaskContext context;
    context.task_index = task;
    return sink.MakeOperator(context).ValueOrDie();
  }
  std::vector<int64_t> Rows() {
    std::vector<int64_t> rows;
    const auto table = store_->Find("t");
    if (!table.ok()) return rows;
    for (const auto& batch : (*table)->batches) {
      EXPECT_EQ(testing::FaultOf(*batch), "");
      EXPECT_FALSE(batch->has_selection());
      EXPECT_EQ(batch->weights(), nullptr);
      for (const int64_t row : testing::LongsOf(*batch)) rows.push_back(row);
    }
    return rows;
  }

  const Schema schema_{{{.name = "n", .type = Type(TypeId::kLong)}}};
  std::shared_ptr<MemoryStore> store_ = std::make_shared<MemoryStore>();
  NoPieces pieces_;
};

TEST_F(MemorySinkTest, RowsAreSeenOnceTheirEpochIsCommitted) {
  const auto sink = MakeMemorySink(store_, "t", schema_);
  const auto committer = sink->MakeCommitter({}).ValueOrDie();
  const auto first = Task(*sink, 0);
  const auto second = Task(*sink, 1);
  Push(*second, MakeLongs({3}));
  Push(*first, MakeLongs({1, 2}));
  ASSERT_TRUE(second->Snapshot(1, pieces_).ok());
  ASSERT_TRUE(first->Snapshot(1, pieces_).ok());
  Push(*first, MakeLongs({4}));  // of the next epoch
  ASSERT_TRUE(first->Snapshot(2, pieces_).ok());
  ASSERT_TRUE(second->Snapshot(2, pieces_).ok());
  EXPECT_THAT(Rows(), IsEmpty());
  ASSERT_TRUE(committer->Commit(1, pieces_).ok());
  EXPECT_THAT(Rows(), ElementsAre(1, 2, 3));
  const auto before = *store_->Find("t");
  ASSERT_TRUE(committer->Commit(1, pieces_).ok());  // changes nothing
  EXPECT_THAT(Rows(), ElementsAre(1, 2, 3));
  ASSERT_TRUE(committer->Commit(2, pieces_).ok());
  EXPECT_THAT(Rows(), ElementsAre(1, 2, 3, 4));
  EXPECT_EQ(before->batches.size(), 2U);  // a query keeps what it began with
  EXPECT_EQ((*store_->Find("t"))->schema.columns[0].name, "n");
}

TEST_F(MemorySinkTest, KeepsRowsAsOftenAsTheyCountWhateverTheirForm) {
  testing::Random random(3);
  const auto sink = MakeMemorySink(store_, "t", schema_);
  const auto committer = sink->MakeCommitter({}).ValueOrDie();
  const auto op = Task(*sink, 0);
  const Type type(TypeId::kLong);
  std::vector<int64_t> expected;
  for (int i = 0; i < 20; ++i) {
    Batch batch = testing::Disguise(
        MakeBatch({type}, {{TypedValue::Long(i)}, {TypedValue::Long(-i)}}, {i + 1, 1}), random);
    Push(*op, std::move(batch));
    expected.insert(expected.end(), static_cast<size_t>(i) + 1, i);
    expected.push_back(-i);
  }
  Push(*op, MakeBatch({type}, {{TypedValue::Long(5)}}, {5000}));
  expected.insert(expected.end(), 5000, 5);
  ASSERT_TRUE(op->Snapshot(1, pieces_).ok());
  ASSERT_TRUE(committer->Commit(1, pieces_).ok());
  EXPECT_EQ(Rows(), expected);
}

TEST_F(MemorySinkTest, RefusesARowThatIsTakenBack) {
  const auto op = Task(*MakeMemorySink(store_, "t", schema_), 0);
  Batch batch = MakeBatch({Type(TypeId::kLong)}, {{TypedValue::Long(1)}}, {-1});
  Output output;
  const auto pushed = op->Push(0, batch, &output);
  ASSERT_FALSE(pushed.ok());
  EXPECT_EQ(GetErrorDetail(pushed.status())->error_class().name, "STREAM_UNSUPPORTED");
}

TEST_F(MemorySinkTest, ACallbackThatFailsIsGivenTheEpochAgain) {
  auto registry = std::make_shared<ConsumerRegistry>();
  std::vector<Epoch> seen;
  bool fails = true;
  const std::string id = registry->Add([&](Epoch epoch, auto batches) {
    EXPECT_EQ(batches.size(), 1U);
    if (fails) return arrow::Status::IOError("not now");
    seen.push_back(epoch);
    return arrow::Status::OK();
  });
  const auto connector = MakeCallbackConnector(registry);
  const auto sink =
      connector->OpenSink({.connector = "callback", .path = id, .schema = schema_}, {})
          .ValueOrDie();
  const auto committer = sink->MakeCommitter({}).ValueOrDie();
  const auto op = Task(*sink, 0);
  Push(*op, MakeLongs({1}));
  ASSERT_TRUE(op->Snapshot(7, pieces_).ok());
  EXPECT_FALSE(committer->Commit(7, pieces_).ok());
  fails = false;
  EXPECT_TRUE(committer->Commit(7, pieces_).ok());
  EXPECT_TRUE(committer->Commit(7, pieces_).ok());
  EXPECT_THAT(seen, ElementsAre(7U));
  registry->Remove(id);
  const auto gone = connector->OpenSink({.connector = "callback", .path = id}, {});
  EXPECT_EQ(GetErrorDetail(gone.status())->error_class().name, "CONFIG_INVALID");
  EXPECT_EQ(GetErrorDetail(connector->Describe({}, {}).status())->error_class().name,
            "UNSUPPORTED_FEATURE");
}

}  // namespace
}  // namespace sabot
