#include "sabot/base/env.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <set>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include "sabot/base/crash_point.h"
#include "sabot/base/error.h"
#include "sabot/base/real_env.h"

namespace sabot {
namespace {

constexpr int64_t kMilli = 1'000'000;

class RealFilesTest : public testing::Test {
 protected:
  RealFilesTest() {
    std::string pattern = testing::TempDir() + "/sabot_env_XXXXXX";
    folder_ = mkdtemp(pattern.data());
  }
  ~RealFilesTest() override {
    DisarmCrashPoint();
    std::filesystem::remove_all(folder_);
  }

  std::string Path(const std::string& name) const { return folder_ + "/" + name; }

  arrow::Status Write(const std::string& name, std::string_view content) {
    ARROW_ASSIGN_OR_RAISE(auto file, files_->OpenForWrite(Path(name)));
    ARROW_RETURN_NOT_OK(file->Append(content));
    ARROW_RETURN_NOT_OK(file->Sync());
    return file->Close();
  }

  std::vector<std::string> Names() {
    std::vector<std::string> names;
    for (const DirEntry& entry : files_->List(folder_).ValueOrDie()) names.push_back(entry.name);
    return names;
  }

  std::string folder_;
  Files* files_ = Env::Real().files;
};

TEST_F(RealFilesTest, ReadBackWhatWasAppended) {
  auto file = files_->OpenForWrite(Path("a")).ValueOrDie();
  ASSERT_TRUE(file->Append("hello, ").ok());
  ASSERT_TRUE(file->Append("world").ok());
  EXPECT_EQ(file->size(), 12);
  ASSERT_TRUE(file->Sync().ok());
  ASSERT_TRUE(file->Close().ok());
  ASSERT_TRUE(file->Close().ok());
  EXPECT_FALSE(file->Append("more").ok());
  EXPECT_EQ(files_->ReadAll(Path("a")).ValueOrDie(), "hello, world");
  EXPECT_EQ(files_->Size(Path("a")).ValueOrDie(), 12);

  auto reader = files_->OpenForRead(Path("a")).ValueOrDie();
  std::string part(5, '?');
  EXPECT_EQ(reader->ReadAt(7, part).ValueOrDie(), 5);
  EXPECT_EQ(part, "world");
  EXPECT_EQ(reader->ReadAt(10, part).ValueOrDie(), 2);
  EXPECT_EQ(part.substr(0, 2), "ld");
  EXPECT_EQ(reader->ReadAt(12, part).ValueOrDie(), 0);
  EXPECT_EQ(reader->Size().ValueOrDie(), 12);
}

TEST_F(RealFilesTest, OpenForWriteEmptiesTheFile) {
  ASSERT_TRUE(Write("a", "long content").ok());
  ASSERT_TRUE(Write("a", "short").ok());
  EXPECT_EQ(files_->ReadAll(Path("a")).ValueOrDie(), "short");
}

TEST_F(RealFilesTest, RenameReplacesAndAnOpenReaderKeepsTheOldFile) {
  ASSERT_TRUE(Write("old", "old").ok());
  ASSERT_TRUE(Write("new", "new").ok());
  auto reader = files_->OpenForRead(Path("old")).ValueOrDie();
  ASSERT_TRUE(files_->Rename(Path("new"), Path("old")).ok());
  EXPECT_EQ(files_->ReadAll(Path("old")).ValueOrDie(), "new");
  EXPECT_THAT(Names(), testing::ElementsAre("old"));
  std::string content(3, '?');
  EXPECT_EQ(reader->ReadAt(0, content).ValueOrDie(), 3);
  EXPECT_EQ(content, "old");
}

TEST_F(RealFilesTest, CreateExclusiveNeverReplaces) {
  ASSERT_TRUE(files_->CreateExclusive(Path("epoch-1"), "first").ok());
  const arrow::Status second = files_->CreateExclusive(Path("epoch-1"), "second");
  EXPECT_TRUE(IsFileExists(second)) << second;
  EXPECT_EQ(files_->ReadAll(Path("epoch-1")).ValueOrDie(), "first");
  EXPECT_THAT(Names(), testing::ElementsAre("epoch-1"));  // nothing staged is left behind
}

TEST_F(RealFilesTest, OneOfManyCreatorsWinsWithItsWholeContent) {
  for (int round = 0; round < 20; ++round) {
    const std::string path = Path("record-" + std::to_string(round));
    std::atomic<int> num_won{0};
    std::atomic<int> winner{-1};
    std::vector<std::thread> threads;
    for (int id = 0; id < 4; ++id) {
      threads.emplace_back([&, id] {
        const arrow::Status status =
            files_->CreateExclusive(path, std::string(10'000, static_cast<char>('a' + id)));
        if (status.ok()) {
          ++num_won;
          winner = id;
        } else {
          EXPECT_TRUE(IsFileExists(status)) << status;
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    ASSERT_EQ(num_won, 1);
    EXPECT_EQ(files_->ReadAll(path).ValueOrDie(),
              std::string(10'000, static_cast<char>('a' + winner)));
  }
}

TEST_F(RealFilesTest, FoldersAreCreatedWithParentsListedInOrderAndRemoved) {
  ASSERT_TRUE(files_->CreateDir(Path("x/y/z")).ok());
  ASSERT_TRUE(files_->CreateDir(Path("x/y/z")).ok());
  ASSERT_TRUE(Write("x/b", "12").ok());
  ASSERT_TRUE(Write("x/a", "1").ok());
  ASSERT_TRUE(files_->SyncDir(Path("x")).ok());
  const std::vector<DirEntry> entries = files_->List(Path("x")).ValueOrDie();
  ASSERT_EQ(entries.size(), 3);
  EXPECT_EQ(entries[0].name, "a");
  EXPECT_EQ(entries[0].size, 1);
  EXPECT_FALSE(entries[1].is_directory);
  EXPECT_EQ(entries[1].size, 2);
  EXPECT_EQ(entries[2].name, "y");
  EXPECT_TRUE(entries[2].is_directory);
  EXPECT_FALSE(files_->Remove(Path("x")).ok());  // not empty
  ASSERT_TRUE(files_->RemoveTree(Path("x")).ok());
  EXPECT_FALSE(files_->Exists(Path("x")).ValueOrDie());
  EXPECT_TRUE(files_->RemoveTree(Path("x")).ok());
  EXPECT_FALSE(files_->CreateDir("/proc/version/x").ok());
}

TEST_F(RealFilesTest, RemovingATreeLeavesWhatItsLinksLeadTo) {
  namespace fs = std::filesystem;
  ASSERT_TRUE(files_->CreateDir(Path("kept")).ok());
  ASSERT_TRUE(Write("kept/a", "1").ok());
  ASSERT_TRUE(files_->CreateDir(Path("x/y")).ok());
  fs::create_directory_symlink(Path("kept"), Path("x/y/folder"));
  fs::create_symlink(Path("kept/a"), Path("x/file"));
  fs::create_symlink(Path("none"), Path("x/nowhere"));
  fs::create_symlink(Path("x/itself"), Path("x/itself"));
  ASSERT_TRUE(files_->RemoveTree(Path("x")).ok());
  EXPECT_EQ(Names(), std::vector<std::string>{"kept"});
  EXPECT_EQ(files_->ReadAll(Path("kept/a")).ValueOrDie(), "1");
  for (const char* target : {"kept", "none", "link"}) {
    fs::create_symlink(Path(target), Path("link"));
    EXPECT_TRUE(files_->RemoveTree(Path("link")).ok()) << target;
    EXPECT_EQ(Names(), std::vector<std::string>{"kept"}) << target;
  }
  EXPECT_EQ(files_->ReadAll(Path("kept/a")).ValueOrDie(), "1");
}

TEST_F(RealFilesTest, ErrorsNameThePathAndAreToldApart) {
  const arrow::Status missing = files_->OpenForRead(Path("none")).status();
  EXPECT_TRUE(IsFileNotFound(missing));
  EXPECT_THAT(missing.message(), testing::HasSubstr(Path("none")));
  EXPECT_TRUE(IsFileNotFound(files_->Rename(Path("none"), Path("x"))));
  EXPECT_TRUE(IsFileNotFound(files_->Remove(Path("none"))));
  EXPECT_TRUE(IsFileNotFound(files_->List(Path("none")).status()));
  EXPECT_TRUE(IsFileNotFound(files_->CreateExclusive(Path("none/x"), "")));
  EXPECT_FALSE(files_->OpenForRead(folder_).ok());
  EXPECT_FALSE(files_->Rename(folder_, folder_ + "2").ok());
  EXPECT_FALSE(IsFileExists(missing) || IsOutOfDisk(missing));

  const arrow::Status io = FileError("fsync", "/data/x", EIO);
  EXPECT_TRUE(io.IsIOError());
  EXPECT_THAT(io.message(),
              testing::AllOf(testing::HasSubstr("fsync"), testing::HasSubstr("/data/x"),
                             testing::HasSubstr("Input/output error")));
}

TEST_F(RealFilesTest, AFullDiskIsAnErrorOfItsOwn) {
  auto file = files_->OpenForWrite("/dev/full").ValueOrDie();
  const arrow::Status full = file->Append("x");
  EXPECT_TRUE(IsOutOfDisk(full)) << full;
  EXPECT_EQ(GetErrorDetail(full)->error_class().name, "OUT_OF_DISK");
  EXPECT_THAT(full.message(), testing::HasSubstr("/dev/full"));
  EXPECT_EQ(file->size(), 0);
  // Final: what is in the file is unknown from now on.
  EXPECT_TRUE(IsOutOfDisk(file->Sync()));
  EXPECT_TRUE(IsOutOfDisk(file->Close()));
  EXPECT_TRUE(IsOutOfDisk(FileError("write", "x", EDQUOT)));
}

TEST_F(RealFilesTest, AFailedSyncIsFinal) {
  // A pipe cannot be synced: EINVAL.
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  auto file = files_->OpenForWrite("/dev/fd/" + std::to_string(ends[1])).ValueOrDie();
  ASSERT_TRUE(file->Append("x").ok());
  const arrow::Status failed = file->Sync();
  ASSERT_FALSE(failed.ok());
  EXPECT_EQ(file->Append("y"), failed);
  EXPECT_EQ(file->Sync(), failed);
  EXPECT_EQ(file->Close(), failed);
  char byte;
  ASSERT_EQ(read(ends[0], &byte, 1), 1);
  close(ends[0]);
  close(ends[1]);
}

TEST(Path, ParentOfAPath) {
  EXPECT_EQ(ParentPath("a/b/c"), "a/b");
  EXPECT_EQ(ParentPath("a/b/"), "a");
  EXPECT_EQ(ParentPath("a"), ".");
  EXPECT_EQ(ParentPath("/a"), "/");
  EXPECT_EQ(ParentPath("/"), "/");
  EXPECT_EQ(ParentPath("a//b"), "a");
}

TEST_F(RealFilesTest, CrashPointsKillTheProcessAtTheirCount) {
  const auto write_three = [&](std::string_view armed) {
    ASSERT_TRUE(ArmCrashPoint(armed).ok());
    ASSERT_TRUE(Write("1", "aabb").ok());
    ASSERT_TRUE(Write("2", "aabb").ok());
    ASSERT_TRUE(files_->Rename(Path("2"), Path("3")).ok());
  };
  EXPECT_EXIT(write_three("write:2"), testing::KilledBySignal(SIGKILL), "");
  EXPECT_EQ(files_->ReadAll(Path("1")).ValueOrDie(), "aabb");
  EXPECT_EQ(files_->ReadAll(Path("2")).ValueOrDie(), "aa");  // torn
  EXPECT_EXIT(write_three("fsync"), testing::KilledBySignal(SIGKILL), "");
  EXPECT_EXIT(write_three("rename:1"), testing::KilledBySignal(SIGKILL), "");
  EXPECT_THAT(Names(), testing::ElementsAre("1", "2"));
  EXPECT_EXIT(write_three("rename:2"), testing::KilledBySignal(SIGKILL), "");
  EXPECT_THAT(Names(), testing::ElementsAre("1", "3"));
  write_three("rename:3");
}

TEST_F(RealFilesTest, WhatIsToSurviveIsSynced) {
  const auto num_syncs = [&](auto call) {
    // Hits until it fires, less those that we had to add.
    constexpr int kMany = 10;
    bool is_hit = false;
    EXPECT_TRUE(ArmCrashPoint(crash_point::kFsync, kMany, [&] { is_hit = true; }).ok());
    call();
    int num_left = 0;
    while (!is_hit) {
      CrashPoint(crash_point::kFsync);
      ++num_left;
    }
    return kMany - num_left;
  };
  // Content and folder.
  EXPECT_EQ(num_syncs([&] { EXPECT_TRUE(files_->CreateExclusive(Path("x"), "1").ok()); }), 2);
  EXPECT_EQ(num_syncs([&] { EXPECT_TRUE(files_->SyncDir(folder_).ok()); }), 1);
  EXPECT_EQ(num_syncs([&] { EXPECT_TRUE(Write("y", "1").ok()); }), 1);
}

TEST(CrashPoint, RunsItsHandlerOnceAndOnlyAtItsName) {
  int num_hits = 0;
  ASSERT_TRUE(ArmCrashPoint(crash_point::kSinkCommit, 2, [&] { ++num_hits; }).ok());
  CrashPoint(crash_point::kSourceAck);
  CrashPoint(crash_point::kSinkCommit);
  EXPECT_EQ(num_hits, 0);
  CrashPoint(crash_point::kSinkCommit);
  EXPECT_EQ(num_hits, 1);
  EXPECT_FALSE(AreCrashPointsArmed());
  CrashPoint(crash_point::kSinkCommit);
  EXPECT_EQ(num_hits, 1);
}

TEST(CrashPoint, RefusesWhatItDoesNotKnow) {
  for (const std::string_view text :
       {"", "writ", "write:", "write:x", "write:0", "write:-1", "write:1x"}) {
    const arrow::Status status = ArmCrashPoint(text);
    EXPECT_FALSE(status.ok()) << text;
    EXPECT_THAT(status.message(), testing::HasSubstr("sink_commit"));
    EXPECT_FALSE(AreCrashPointsArmed());
  }
}

TEST(CrashPoint, IsReadFromTheEnvironmentBeforeMain) {
  const std::string self = std::filesystem::read_symlink("/proc/self/exe");
  const auto exit_code = [&](const std::string& point, const std::string& test) {
    const std::string command = "SABOT_CRASH_POINT=" + point + " '" + self +
                                "' --gtest_filter=" + test + " >/dev/null 2>&1";
    return WEXITSTATUS(std::system(command.c_str()));
  };
  const std::string test = "RealFilesTest.ReadBackWhatWasAppended";  // two writes
  EXPECT_EQ(exit_code("write:2", test), 128 + SIGKILL);
  EXPECT_EQ(exit_code("write:3", test), 0);
  EXPECT_EQ(exit_code("typo", test), 64);
}

TEST(RealClock, MonotonicTimeAdvancesAndWallTimeIsOfThisCentury) {
  Clock& clock = *Env::Real().clock;
  const int64_t begin = clock.MonotonicNanos();
  clock.SleepNanos(2 * kMilli);
  EXPECT_GE(clock.MonotonicNanos() - begin, 2 * kMilli);
  EXPECT_GT(clock.NowMicros(), 1'700'000'000'000'000);
  EXPECT_LT(clock.NowMicros(), 4'000'000'000'000'000);
}

TEST(RealRandom, DoesNotRepeat) {
  std::set<uint64_t> seen;
  for (int i = 0; i < 1000; ++i) seen.insert(Env::Real().random->NextU64());
  EXPECT_EQ(seen.size(), 1000);
}

TEST(RealThreads, ReturnsWhatTheWorkReturned) {
  Threads& threads = *Env::Real().threads;
  auto good = threads.Post([] { return arrow::Status::OK(); });
  auto bad = threads.Post([] { return arrow::Status::IOError("no"); });
  EXPECT_TRUE(good->Wait().ok());
  EXPECT_TRUE(bad->Wait().IsIOError());
  EXPECT_TRUE(good->is_done() && bad->is_done());
  EXPECT_FALSE(good->Cancel());
}

TEST(RealThreads, OnDoneSeesAFinishedJob) {
  for (int round = 0; round < 200; ++round) {
    std::atomic<bool> is_posted{false}, is_told{false}, was_done{false};
    std::shared_ptr<Job> job;
    job = Env::Real().threads->Post([] { return arrow::Status::OK(); },
                                    [&] {
                                      while (!is_posted) std::this_thread::yield();
                                      was_done = job->is_done();
                                      is_told = true;
                                    });
    is_posted = true;
    while (!is_told) std::this_thread::yield();
    ASSERT_TRUE(was_done);
  }
}

TEST(RealThreads, JobsRunBesideEachOtherUpToTheLimit) {
  const std::unique_ptr<Threads> threads = internal::MakeRealThreads(3);
  std::atomic<int> num_running{0}, num_at_once_max{0};
  std::vector<std::shared_ptr<Job>> jobs;
  for (int i = 0; i < 30; ++i) {
    jobs.push_back(threads->Post([&] {
      const int now = ++num_running;
      int seen = num_at_once_max;
      while (now > seen && !num_at_once_max.compare_exchange_weak(seen, now)) {
      }
      Env::Real().clock->SleepNanos(2 * kMilli);
      --num_running;
      return arrow::Status::OK();
    }));
  }
  for (const auto& job : jobs) EXPECT_TRUE(job->Wait().ok());
  EXPECT_EQ(num_at_once_max, 3);
}

TEST(RealThreads, TimersWaitAndComeInOrder) {
  const std::unique_ptr<Threads> threads = internal::MakeRealThreads(1);
  Clock& clock = *Env::Real().clock;
  const int64_t begin = clock.MonotonicNanos();
  std::vector<int> order;  // of one thread
  const auto log = [&](int id) {
    return [&order, id] {
      order.push_back(id);
      return arrow::Status::OK();
    };
  };
  auto late = threads->PostAfter(30 * kMilli, log(3));
  auto early = threads->PostAfter(10 * kMilli, log(2));
  auto now = threads->Post(log(1));
  ASSERT_TRUE(early->Wait().ok());
  EXPECT_GE(clock.MonotonicNanos() - begin, 10 * kMilli);
  ASSERT_TRUE(late->Wait().ok());
  EXPECT_GE(clock.MonotonicNanos() - begin, 30 * kMilli);
  EXPECT_THAT(order, testing::ElementsAre(1, 2, 3));
}

TEST(RealThreads, ACancelledJobNeverRuns) {
  std::atomic<int> num_run{0}, num_told{0};
  std::shared_ptr<Job> left;
  {
    const std::unique_ptr<Threads> threads = internal::MakeRealThreads(1);
    const auto count = [&] {
      ++num_run;
      return arrow::Status::OK();
    };
    auto cancelled = threads->PostAfter(3'600'000 * kMilli, count, [&] { ++num_told; });
    EXPECT_FALSE(cancelled->is_done());
    EXPECT_TRUE(cancelled->Cancel());
    EXPECT_TRUE(cancelled->is_done());
    EXPECT_TRUE(cancelled->Wait().IsCancelled());
    EXPECT_EQ(num_told, 1);
    EXPECT_FALSE(cancelled->Cancel());
    left = threads->PostAfter(3'600'000 * kMilli, count, [&] { ++num_told; });
  }
  EXPECT_TRUE(left->Wait().IsCancelled());
  EXPECT_EQ(num_run, 0);
  EXPECT_EQ(num_told, 2);
}

}  // namespace
}  // namespace sabot
