#include "sabot/base/simulation.h"

#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sabot/base/crash_point.h"

namespace sabot {
namespace {

constexpr int64_t kSecond = 1'000'000'000;

arrow::Status Write(Files* files, const std::string& path, std::string_view content, bool sync) {
  ARROW_ASSIGN_OR_RAISE(auto file, files->OpenForWrite(path));
  // In pieces, so that a crash can come between them.
  ARROW_RETURN_NOT_OK(file->Append(content.substr(0, content.size() / 2)));
  ARROW_RETURN_NOT_OK(file->Append(content.substr(content.size() / 2)));
  if (sync) ARROW_RETURN_NOT_OK(file->Sync());
  return file->Close();
}

struct ReplaceSteps {
  bool sync = true;
  bool sync_dir = true;
};

arrow::Status Replace(Files* files, const std::string& path, std::string_view content,
                      ReplaceSteps steps = {}) {
  ARROW_RETURN_NOT_OK(Write(files, path + ".tmp", content, steps.sync));
  ARROW_RETURN_NOT_OK(files->Rename(path + ".tmp", path));
  return steps.sync_dir ? files->SyncDir(ParentPath(path)) : arrow::Status::OK();
}

std::string ContentOr(Files* files, const std::string& path, const std::string& otherwise) {
  const arrow::Result<std::string> content = files->ReadAll(path);
  if (IsFileNotFound(content.status())) return otherwise;
  return content.ValueOrDie();
}

// Some of everything; every outcome goes to the trace.
void RunSomeProgram(Simulation* simulation) {
  const Env env = simulation->env();
  (void)env.files->CreateDir("data/deep");
  std::vector<std::shared_ptr<Job>> jobs;
  for (int id = 0; id < 12; ++id) {
    const std::string path = "data/" + std::to_string(id);
    jobs.push_back(
        env.threads->PostAfter(static_cast<int64_t>(env.random->NextU64() % 3) * 1000, [env, path] {
          return Replace(env.files, path, std::string(1 + env.random->NextU64() % 2000, 'x'));
        }));
  }
  for (const auto& job : jobs) (void)job->Wait();
  (void)env.files->CreateExclusive("data/record", "1");
  (void)env.files->List("data");
}

TEST(Simulation, TheSameSeedGivesTheSameTrace) {
  const auto run = [](uint64_t seed) {
    Simulation simulation({.seed = seed,
                           .io_error_one_in = 20,
                           .torn_write_one_in = 20,
                           .crash_one_in = 200,
                           .slow_one_in = 10});
    for (int life = 0; life < 3; ++life) {
      try {
        RunSomeProgram(&simulation);
        simulation.Crash();
      } catch (const SimulatedCrash&) {
      }
      simulation.Restart();
    }
    EXPECT_GT(simulation.num_operations(), 100);
    return std::pair(simulation.trace(), simulation.trace_hash());
  };
  std::set<uint64_t> hashes;
  for (uint64_t seed = 0; seed < 20; ++seed) {
    const auto first = run(seed);
    const auto again = run(seed);
    EXPECT_EQ(first.first, again.first);
    EXPECT_EQ(first.second, again.second);
    hashes.insert(first.second);
  }
  EXPECT_EQ(hashes.size(), 20);
}

TEST(Simulation, FilesBehaveLikeRealOnes) {
  Simulation simulation;
  Files* files = simulation.env().files;
  ASSERT_TRUE(files->CreateDir("a/b").ok());
  ASSERT_TRUE(Write(files, "a/b/x", "hello", false).ok());
  ASSERT_TRUE(Write(files, "a/b/./y", "", false).ok());
  EXPECT_EQ(files->ReadAll("a//b/x").ValueOrDie(), "hello");
  EXPECT_EQ(files->Size("a/b/x").ValueOrDie(), 5);
  auto reader = files->OpenForRead("a/b/x").ValueOrDie();
  std::string part(10, '?');
  EXPECT_EQ(reader->ReadAt(3, part).ValueOrDie(), 2);
  EXPECT_EQ(part.substr(0, 3), "lo?");
  EXPECT_EQ(reader->ReadAt(9, part).ValueOrDie(), 0);
  ASSERT_TRUE(files->Rename("a/b/x", "a/b/y").ok());
  EXPECT_EQ(files->ReadAll("a/b/y").ValueOrDie(), "hello");
  EXPECT_TRUE(IsFileNotFound(files->ReadAll("a/b/x").status()));
  EXPECT_TRUE(IsFileNotFound(files->Rename("a/b/x", "a/b/z")));
  EXPECT_TRUE(IsFileNotFound(files->OpenForWrite("nowhere/x").status()));
  EXPECT_FALSE(files->Remove("a/b").ok());
  const auto entries = files->List("a").ValueOrDie();
  ASSERT_EQ(entries.size(), 1);
  EXPECT_EQ(entries[0].name, "b");
  EXPECT_TRUE(entries[0].is_directory);
  ASSERT_TRUE(files->RemoveTree("a").ok());
  EXPECT_FALSE(files->Exists("a").ValueOrDie());
}

TEST(Simulation, UnsyncedBytesAreLostWithThePowerAndOnlyThen) {
  std::set<size_t> lengths;
  for (uint64_t seed = 0; seed < 60; ++seed) {
    Simulation simulation({.seed = seed});
    Files* files = simulation.env().files;
    auto file = files->OpenForWrite("log").ValueOrDie();
    ASSERT_TRUE(file->Append("durable").ok());
    ASSERT_TRUE(file->Sync().ok());
    ASSERT_TRUE(files->SyncDir(".").ok());
    ASSERT_TRUE(file->Append(" but not this").ok());
    simulation.Crash(seed < 5 ? CrashKind::kProcess : CrashKind::kPower);
    simulation.Restart();
    const std::string content = files->ReadAll("log").ValueOrDie();
    if (seed < 5) {
      EXPECT_EQ(content, "durable but not this");
    } else {
      EXPECT_EQ(content.substr(0, 7), "durable");
      lengths.insert(content.size());
    }
    EXPECT_FALSE(file->Append("from a dead process").ok());
    EXPECT_FALSE(file->Sync().ok());
    EXPECT_EQ(files->ReadAll("log").ValueOrDie(), content);
  }
  EXPECT_GT(lengths.size(), 5);
  EXPECT_EQ(*lengths.begin(), 7);
}

TEST(Simulation, NamesAreLostUnlessTheirFolderWasSynced) {
  std::set<std::string> seen;
  for (uint64_t seed = 0; seed < 40; ++seed) {
    Simulation simulation({.seed = seed});
    Files* files = simulation.env().files;
    ASSERT_TRUE(Replace(files, "x", "old").ok());
    ASSERT_TRUE(Replace(files, "x", "new", {.sync_dir = false}).ok());
    simulation.Crash();
    simulation.Restart();
    seen.insert(ContentOr(files, "x", "none"));
  }
  EXPECT_THAT(seen, testing::ElementsAre("new", "old"));
}

// A file system may write a folder back in any order: who needs one name before another syncs it.
TEST(Simulation, NamesThatWereNotSyncedSurviveInAnyCombination) {
  std::set<std::string> seen;
  for (uint64_t seed = 0; seed < 60; ++seed) {
    Simulation simulation({.seed = seed});
    Files* files = simulation.env().files;
    for (const char* name : {"1", "2", "3"}) ASSERT_TRUE(Write(files, name, "abcd", true).ok());
    simulation.Crash();
    simulation.Restart();
    std::string names;
    for (const DirEntry& entry : files->List(".").ValueOrDie()) names += entry.name;
    seen.insert(names);
  }
  EXPECT_THAT(seen, testing::ElementsAre("", "1", "12", "123", "13", "2", "23", "3"));
}

TEST(Simulation, AnUnsyncedFolderTakesItsFilesAlong) {
  std::set<bool> seen;
  for (uint64_t seed = 0; seed < 20; ++seed) {
    Simulation simulation({.seed = seed});
    Files* files = simulation.env().files;
    ASSERT_TRUE(files->CreateDir("d").ok());
    ASSERT_TRUE(Replace(files, "d/x", "abcd").ok());
    simulation.Crash();
    simulation.Restart();
    const bool has_folder = files->Exists("d").ValueOrDie();
    EXPECT_EQ(files->Exists("d/x").ValueOrDie(), has_folder);
    seen.insert(has_folder);
  }
  EXPECT_EQ(seen.size(), 2);
}

// The protocol of env.h, with the power lost at each of its operations: old or new, never a part;
// and new once it said OK. Returns how often that failed.
int CountBrokenReplacements(ReplaceSteps steps) {
  int num_broken = 0;
  for (uint64_t seed = 0; seed < 30; ++seed) {
    for (int crash_at = 1; crash_at <= 9; ++crash_at) {
      Simulation simulation({.seed = seed});
      Files* files = simulation.env().files;
      EXPECT_TRUE(Replace(files, "x", "old content").ok());
      simulation.CrashAtOperation(crash_at);
      bool is_acknowledged = false;
      try {
        is_acknowledged = Replace(files, "x", "new content", steps).ok();
        simulation.Crash();
      } catch (const SimulatedCrash&) {
      }
      EXPECT_TRUE(simulation.is_down());
      simulation.Restart();
      const std::string content = ContentOr(files, "x", "none");
      const bool is_good =
          content == "new content" || (content == "old content" && !is_acknowledged);
      num_broken += is_good ? 0 : 1;
    }
  }
  return num_broken;
}

TEST(Simulation, FindsEveryMissingSync) {
  EXPECT_EQ(CountBrokenReplacements({}), 0);
  EXPECT_GT(CountBrokenReplacements({.sync = false}), 0);
  EXPECT_GT(CountBrokenReplacements({.sync_dir = false}), 0);
}

TEST(Simulation, CreateExclusiveIsAllOrNothing) {
  std::set<std::string> seen;
  for (uint64_t seed = 0; seed < 30; ++seed) {
    for (const std::string_view point :
         {crash_point::kWrite, crash_point::kFsync, crash_point::kRename}) {
      for (const int64_t count : {1, 2, 3}) {
        Simulation simulation({.seed = seed});
        Files* files = simulation.env().files;
        bool is_acknowledged = false;
        simulation.CrashAtPoint(point, count);
        try {
          is_acknowledged = files->CreateExclusive("record", "content").ok();
          DisarmCrashPoint();
          simulation.Crash();
        } catch (const SimulatedCrash& crash) {
          EXPECT_EQ(crash.where, point);
        }
        simulation.Restart();
        const std::string content = ContentOr(files, "record", "none");
        EXPECT_TRUE(!is_acknowledged || content == "content") << content;
        seen.insert(content);
        // Whoever comes next sees either that it is there, or makes it.
        const arrow::Status again = files->CreateExclusive("record", "other");
        EXPECT_EQ(IsFileExists(again), content == "content");
        EXPECT_EQ(files->ReadAll("record").ValueOrDie(), content == "none" ? "other" : "content");
      }
    }
  }
  EXPECT_THAT(seen, testing::ElementsAre("content", "none"));
}

TEST(Simulation, FailsTheNthOperationOnce) {
  Simulation simulation;
  Files* files = simulation.env().files;
  simulation.FailNth(FileOperation::kSync, 2);
  auto file = files->OpenForWrite("x").ValueOrDie();
  ASSERT_TRUE(file->Append("one").ok());
  ASSERT_TRUE(file->Sync().ok());
  ASSERT_TRUE(file->Append("two").ok());
  const arrow::Status failed = file->Sync();
  EXPECT_TRUE(failed.IsIOError());
  // Final, as the kernel may have dropped the pages.
  EXPECT_EQ(file->Sync(), failed);
  EXPECT_EQ(file->Append("three"), failed);
  EXPECT_EQ(file->Close(), failed);
  auto other = files->OpenForWrite("y").ValueOrDie();
  EXPECT_TRUE(other->Sync().ok());
  simulation.FailNth(FileOperation::kOpenForRead, 1, EACCES);
  EXPECT_THAT(files->ReadAll("x").status().message(), testing::HasSubstr("Permission denied"));
  EXPECT_EQ(files->ReadAll("x").ValueOrDie(), "onetwo");
}

TEST(Simulation, AFailedSyncKeepsNothing) {
  std::set<std::string> seen;
  for (uint64_t seed = 0; seed < 60; ++seed) {
    Simulation simulation({.seed = seed});
    Files* files = simulation.env().files;
    auto file = files->OpenForWrite("x").ValueOrDie();
    ASSERT_TRUE(file->Append("abc").ok());
    ASSERT_TRUE(files->SyncDir(".").ok());
    simulation.FailNth(FileOperation::kSync, 1);
    ASSERT_TRUE(file->Sync().IsIOError());
    simulation.Crash();
    simulation.Restart();
    seen.insert(files->ReadAll("x").ValueOrDie());
  }
  EXPECT_GE(seen.size(), 4);
  EXPECT_TRUE(seen.contains(""));
}

TEST(Simulation, ATornWriteLeavesAPrefix) {
  std::set<std::string> seen;
  for (uint64_t seed = 0; seed < 40; ++seed) {
    Simulation simulation({.seed = seed});
    Files* files = simulation.env().files;
    auto file = files->OpenForWrite("x").ValueOrDie();
    simulation.FailNth(FileOperation::kAppend, 1);
    EXPECT_TRUE(file->Append("abc").IsIOError());
    EXPECT_EQ(file->size(), 0);
    seen.insert(files->ReadAll("x").ValueOrDie());
  }
  EXPECT_THAT(seen, testing::ElementsAre("", "a", "ab", "abc"));
}

TEST(Simulation, TheDiskCanBeFullAndBeFreedAgain) {
  Simulation simulation({.disk_bytes = 10});
  Files* files = simulation.env().files;
  ASSERT_TRUE(Write(files, "x", "12345678", true).ok());
  auto file = files->OpenForWrite("y").ValueOrDie();
  EXPECT_TRUE(IsOutOfDisk(file->Append("123")));
  EXPECT_EQ(files->Size("y").ValueOrDie(), 2);
  EXPECT_TRUE(IsOutOfDisk(files->CreateExclusive("z", "1")));
  ASSERT_TRUE(files->Remove("x").ok());
  EXPECT_TRUE(files->CreateExclusive("z", "1").ok());
}

TEST(Simulation, TimePassesOnlyWhenItIsWaitedFor) {
  Simulation simulation({.start_micros = 5'000'000});
  const Env env = simulation.env();
  EXPECT_LT(env.clock->NowMicros(), 5'001'000);
  std::vector<std::string> order;
  const auto log = [&](std::string name) {
    return [&order, name] {
      order.push_back(name);
      return arrow::Status::OK();
    };
  };
  env.threads->PostAfter(3600 * kSecond, log("hour"));
  env.threads->PostAfter(2 * kSecond, log("2 s"));
  auto soon = env.threads->PostAfter(kSecond, log("1 s"));
  auto never = env.threads->PostAfter(kSecond, log("never"));
  EXPECT_TRUE(never->Cancel());
  EXPECT_TRUE(soon->Wait().ok());
  EXPECT_THAT(order, testing::ElementsAre("1 s"));
  EXPECT_NEAR(env.clock->MonotonicNanos(), kSecond, kSecond / 100);
  env.clock->SleepNanos(2 * kSecond);
  EXPECT_THAT(order, testing::ElementsAre("1 s", "2 s"));
  EXPECT_NEAR(env.clock->MonotonicNanos(), 3 * kSecond, kSecond / 100);
  simulation.RunUntilIdle();
  EXPECT_THAT(order, testing::ElementsAre("1 s", "2 s", "hour"));
  EXPECT_NEAR(env.clock->NowMicros(), 3'605'000'000, 10'000);
}

TEST(Simulation, TheSeedChoosesTheOrderOfJobs) {
  std::set<std::string> orders;
  for (uint64_t seed = 0; seed < 100; ++seed) {
    Simulation simulation({.seed = seed});
    const Env env = simulation.env();
    std::string order;
    for (const char name : {'a', 'b', 'c'}) {
      env.threads->Post([&order, name] {
        order.push_back(name);
        return arrow::Status::OK();
      });
    }
    simulation.RunUntilIdle();
    orders.insert(order);
  }
  EXPECT_EQ(orders.size(), 6);
}

TEST(Simulation, AJobThatWaitsForAnotherIsABug) {
  Simulation simulation;
  const Env env = simulation.env();
  auto inner = env.threads->Post([] { return arrow::Status::OK(); });
  auto outer = env.threads->PostAfter(kSecond, [&] {
    auto late = env.threads->Post([] { return arrow::Status::OK(); });
    return late->Wait();
  });
  EXPECT_TRUE(inner->Wait().ok());
  EXPECT_FALSE(outer->Wait().ok());
}

TEST(Simulation, NothingRunsInADeadProcess) {
  Simulation simulation;
  const Env env = simulation.env();
  int num_run = 0;
  const auto count = [&] {
    ++num_run;
    return arrow::Status::OK();
  };
  auto waiting = env.threads->PostAfter(kSecond, count);
  auto dies = env.threads->Post([&] {
    CrashPoint(crash_point::kSinkCommit);
    return count();
  });
  simulation.CrashAtPoint(crash_point::kSinkCommit, 1, CrashKind::kProcess);
  EXPECT_THROW((void)dies->Wait(), SimulatedCrash);
  EXPECT_FALSE(waiting->Wait().ok());
  env.threads->Post(count);
  EXPECT_FALSE(env.files->Exists("x").ok());
  simulation.RunUntilIdle();
  simulation.Restart();
  simulation.RunUntilIdle();
  EXPECT_EQ(num_run, 0);
  EXPECT_TRUE(env.threads->Post(count)->Wait().ok());
  EXPECT_EQ(num_run, 1);
  EXPECT_FALSE(AreCrashPointsArmed());
}

}  // namespace
}  // namespace sabot
