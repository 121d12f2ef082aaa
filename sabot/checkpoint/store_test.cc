#include "sabot/checkpoint/store.h"

#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sabot/base/error.h"
#include "sabot/base/simulation.h"

namespace sabot {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::unique_ptr<EpochPieces> PiecesOf(const std::string& word) {
  auto pieces = std::make_unique<EpochPieces>();
  EXPECT_TRUE(pieces->WriterFor(3)
                  ->Add({.name = "low",
                         .groups = {0, 64},
                         .content = {Buffer::Copy(word), Buffer::Copy("!")}})
                  .ok());
  EXPECT_TRUE(pieces->WriterFor(3)->Add({.name = "high", .groups = {64, 128}}).ok());
  EXPECT_TRUE(pieces->WriterFor(5)
                  ->Add({.name = "offset", .split = 7, .content = {Buffer::Copy("42")}})
                  .ok());
  return pieces;
}

std::string ClassOf(const arrow::Status& status) {
  const ErrorDetail* detail = GetErrorDetail(status);
  return detail == nullptr ? status.ToString() : std::string(detail->error_class().name);
}

std::vector<std::string> NamesOf(const std::vector<CheckpointPiece>& pieces, uint32_t id,
                                 KeyGroupRange owned) {
  std::vector<std::string> names;
  const auto reader = ReadPieces(pieces, id, owned);
  EXPECT_EQ(reader->owned_groups(), owned);
  while (const auto piece = *reader->Next()) names.push_back(piece->name);
  return names;
}

TEST(CheckpointStore, GivesBackWhatWasHandedOver) {
  Simulation simulation;
  auto store = *CheckpointStore::Open(simulation.env(), "job");
  EXPECT_FALSE(store->LatestEpoch()->has_value());
  ASSERT_TRUE(store->Complete(1, *PiecesOf("one")).ok());
  ASSERT_TRUE(store->Complete(2, *PiecesOf("two")).ok());
  EXPECT_EQ(**store->LatestEpoch(), 2U);
  const auto pieces = store->Load(2);
  ASSERT_TRUE(pieces.ok()) << pieces.status().ToString();
  ASSERT_EQ(pieces->size(), 3U);
  EXPECT_EQ((*pieces)[0].operator_id, 3U);
  EXPECT_EQ((*pieces)[0].piece.name, "low");
  EXPECT_EQ((*pieces)[0].piece.groups, (KeyGroupRange{0, 64}));
  EXPECT_FALSE((*pieces)[0].piece.split.has_value());
  EXPECT_EQ((*pieces)[0].piece.Bytes(), "two!");
  EXPECT_EQ((*pieces)[1].piece.Bytes(), "");
  EXPECT_EQ((*pieces)[2].piece.split, 7U);
  EXPECT_EQ((*pieces)[2].piece.Bytes(), "42");
  EXPECT_THAT(NamesOf(*pieces, 3, {63, 64}), ElementsAre("low"));
  EXPECT_THAT(NamesOf(*pieces, 3, {63, 65}), ElementsAre("low", "high"));
  EXPECT_THAT(NamesOf(*pieces, 5, {127, 128}), ElementsAre("offset"));
  EXPECT_THAT(NamesOf(*pieces, 4, {}), ElementsAre());
}

TEST(CheckpointStore, LetsOnlyTheNewestGenerationComplete) {
  Simulation simulation;
  auto old = *CheckpointStore::Open(simulation.env(), "job");
  ASSERT_TRUE(old->Complete(1, *PiecesOf("one")).ok());
  auto young = *CheckpointStore::Open(simulation.env(), "job");
  EXPECT_EQ(young->generation(), old->generation() + 1);
  EXPECT_EQ(ClassOf(old->Complete(2, *PiecesOf("old"))), "CHECKPOINT_FENCED");
  EXPECT_EQ(**young->LatestEpoch(), 1U);
  ASSERT_TRUE(young->Complete(2, *PiecesOf("young")).ok());
  EXPECT_EQ(ClassOf(young->Complete(2, *PiecesOf("again"))), "CHECKPOINT_FENCED");
  EXPECT_EQ((*young->Load(2))[0].piece.Bytes(), "young!");
}

TEST(CheckpointStore, RefusesTheCheckpointsOfAnotherJobAndLeavesThatOneAlone) {
  Simulation simulation;
  const auto open = [&](std::string job) {
    return CheckpointStore::Open(simulation.env(), "folder", std::move(job));
  };
  auto store = *open("count\n  filter a\n  scan");
  ASSERT_TRUE(open("sum\n  scan").ok()) << "without an epoch the folder is nobody's";
  store = *open("count\n  filter a\n  scan");
  ASSERT_TRUE(store->Complete(1, *PiecesOf("one")).ok());
  const auto refused = open("count\n  filter b\n  scan");
  ASSERT_EQ(ClassOf(refused.status()), "CHECKPOINT_INCOMPATIBLE");
  EXPECT_NE(refused.status().message().find("`filter a` where this one has `filter b`"),
            std::string::npos)
      << refused.status().message();
  EXPECT_EQ(ClassOf(open("count").status()), "CHECKPOINT_INCOMPATIBLE");
  EXPECT_TRUE(store->Complete(2, *PiecesOf("two")).ok()) << "nobody has taken its place";
  EXPECT_TRUE(open("count\n  filter a\n  scan").ok());
}

TEST(CheckpointStore, KeepsTheEpochBeforeAndRemovesTheRest) {
  Simulation simulation;
  auto store = *CheckpointStore::Open(simulation.env(), "job");
  for (Epoch epoch = 1; epoch <= 4; ++epoch) {
    ASSERT_TRUE(store->Complete(epoch, *PiecesOf("x")).ok());
    EXPECT_FALSE(*store->IsCommitted(epoch));
    ASSERT_TRUE(store->MarkCommitted(epoch).ok());
    ASSERT_TRUE(store->MarkCommitted(epoch).ok());
    EXPECT_TRUE(*store->IsCommitted(epoch));
  }
  EXPECT_TRUE(store->Load(3).ok());
  EXPECT_TRUE(store->Load(4).ok());
  EXPECT_FALSE(store->Load(2).ok());
  // A generation, and record, marker, manifest, data of two epochs.
  EXPECT_EQ(simulation.env().files->List("job")->size(), 1U + 2 * 4);
}

TEST(CheckpointStore, FindsDamage) {
  Simulation simulation;
  Files* const files = simulation.env().files;
  auto store = *CheckpointStore::Open(simulation.env(), "job");
  ASSERT_TRUE(store->Complete(1, *PiecesOf("one")).ok());
  for (const DirEntry& entry : *files->List("job")) {
    if (entry.name.starts_with("generation")) continue;
    const std::string path = "job/" + entry.name;
    const std::string whole = *files->ReadAll(path);
    for (size_t at = 0; at < whole.size(); ++at) {
      std::string bad = whole;
      bad[at] = static_cast<char>(bad[at] ^ 1);
      auto file = *files->OpenForWrite(path);
      ASSERT_TRUE(file->Append(bad).ok());
      EXPECT_EQ(ClassOf(store->Load(1).status()), "CHECKPOINT_CORRUPT") << path << " " << at;
    }
    auto cut = *files->OpenForWrite(path);
    ASSERT_TRUE(cut->Append(whole.substr(0, whole.size() / 2)).ok());
    EXPECT_EQ(ClassOf(store->Load(1).status()), "CHECKPOINT_CORRUPT") << path;
    auto file = *files->OpenForWrite(path);
    ASSERT_TRUE(file->Append(whole).ok());
  }
  EXPECT_TRUE(store->Load(1).ok());
}

// Whenever the power fails, a completed epoch is there, whole, and an incomplete one is not.
TEST(CheckpointStore, SurvivesPowerLossAtEveryOperation) {
  constexpr int64_t kTries = 8;  // what is lost is drawn anew each time
  for (int64_t attempt = kTries;; ++attempt) {
    const int64_t operation = attempt / kTries;
    Simulation simulation({.seed = static_cast<uint64_t>(attempt)});
    Epoch completed = 0;
    bool has_crashed = false;
    simulation.CrashAtOperation(operation);
    try {
      auto store = *CheckpointStore::Open(simulation.env(), "job");
      for (Epoch epoch = 1; epoch <= 3; ++epoch) {
        ASSERT_TRUE(store->Complete(epoch, *PiecesOf(std::to_string(epoch))).ok());
        completed = epoch;
        ASSERT_TRUE(store->MarkCommitted(epoch).ok());
      }
    } catch (const SimulatedCrash&) {
      has_crashed = true;
    }
    if (!has_crashed) break;
    simulation.Restart();
    auto store = *CheckpointStore::Open(simulation.env(), "job");
    const Epoch latest = store->LatestEpoch()->value_or(0);
    EXPECT_GE(latest, completed) << operation;
    EXPECT_LE(latest, completed + 1) << operation;
    if (latest > 0) {
      const auto pieces = store->Load(latest);
      ASSERT_TRUE(pieces.ok()) << operation << " " << pieces.status().ToString();
      EXPECT_EQ((*pieces)[0].piece.Bytes(), std::to_string(latest) + "!");
    }
    ASSERT_TRUE(store->Complete(latest + 1, *PiecesOf("after")).ok());
    ASSERT_TRUE(store->MarkCommitted(latest + 1).ok());
  }
}

}  // namespace
}  // namespace sabot
