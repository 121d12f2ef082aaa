#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sabot/base/crash_point.h"
#include "sabot/base/error.h"
#include "sabot/session/folders.h"
#include "sabot/session/session.h"

namespace sabot {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

std::string ClassOf(const arrow::Status& status) {
  const ErrorDetail* detail = GetErrorDetail(status);
  return detail == nullptr ? status.ToString() : std::string(detail->error_class().name);
}

class WriteFilesTest : public ::testing::Test {
 protected:
  WriteFilesTest() {
    std::string pattern = testing::TempDir() + "/sabot_write_XXXXXX";
    folder_ = mkdtemp(pattern.data());
    fs::permissions(folder_, fs::perms::all);
  }
  ~WriteFilesTest() override { fs::remove_all(folder_); }

  std::string Path(const std::string& name) const { return folder_ + "/" + name; }
  void MakeFile(const std::string& name) const { std::ofstream(Path(name)) << "x"; }

  arrow::Status Write(const std::string& query, const std::string& path, bool overwrite,
                      const WaitHook& hook = nullptr) {
    const auto session = *Session::Make({{"sabot.threads", "1"}});
    syntax::WriteFiles write;
    write.format = "parquet";
    write.path = path;
    write.overwrite = overwrite;
    ARROW_ASSIGN_OR_RAISE(const auto rows, session->Sql(query));
    write.query = rows->relation();
    return session->Run(syntax::MakeStatement(std::move(write)), {}, hook).status();
  }

  std::string ValueIn(const std::string& path) {
    const auto session = *Session::Make({});
    const auto query = *session->Sql("SELECT max(a) AS a FROM parquet.`" + path + "`");
    const auto rows = *query->Execute();
    return (**rows->Next()).column(0).ValueAt(0).ToText();
  }

  std::vector<std::string> Names() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder_)) {
      names.push_back(entry.path().filename().string());
    }
    return names;
  }

  std::string folder_;
};

constexpr char kLong[] = "SELECT sum(id * 0) + 1 AS a FROM range(20000000)";

TEST_F(WriteFilesTest, OfTwoWritersOfANewFolderOneIsTold) {
  arrow::Status other = arrow::Status::Invalid("not run");
  const arrow::Status status = Write(kLong, Path("x"), false, [&] {
    if (!fs::exists(Path("x"))) other = Write("SELECT 2 AS a", Path("x"), false);
    return arrow::Status::OK();
  });
  EXPECT_TRUE(other.ok()) << other.ToString();
  EXPECT_EQ(ClassOf(status), "FILE_ALREADY_EXISTS") << status.ToString();
  EXPECT_EQ(ValueIn(Path("x")), "2");
  EXPECT_THAT(Names(), testing::ElementsAre("x"));
}

TEST_F(WriteFilesTest, AnEmptyFolderOrAFileMadeMeanwhileIsKept) {
  const auto write = [&](const std::string& name, auto make) {
    return ClassOf(Write(kLong, Path(name), false, [&] {
      make();
      return arrow::Status::OK();
    }));
  };
  EXPECT_EQ(write("x", [&] { fs::create_directory(Path("x")); }), "FILE_ALREADY_EXISTS");
  EXPECT_TRUE(fs::is_empty(Path("x")));
  EXPECT_EQ(write("y", [&] { MakeFile("y"); }), "FILE_ALREADY_EXISTS");
  EXPECT_TRUE(fs::is_regular_file(Path("y")));
}

TEST_F(WriteFilesTest, TheLaterOfTwoThatOverwriteWins) {
  arrow::Status other = arrow::Status::Invalid("not run");
  ASSERT_TRUE(Write(kLong, Path("x"), true, [&] {
                if (!fs::exists(Path("x"))) other = Write("SELECT 2 AS a", Path("x"), true);
                return arrow::Status::OK();
              }).ok());
  EXPECT_TRUE(other.ok()) << other.ToString();
  EXPECT_EQ(ValueIn(Path("x")), "1");
  EXPECT_THAT(Names(), testing::ElementsAre("x"));
}

TEST_F(WriteFilesTest, AtEveryMomentThereIsAFolder) {
  ASSERT_TRUE(Write("SELECT 1 AS a", Path("x"), true).ok());
  std::atomic<bool> is_done{false};
  int64_t num_missing = 0;
  std::thread reader([&] {
    while (!is_done.load()) num_missing += access(Path("x").c_str(), F_OK) == 0 ? 0 : 1;
  });
  for (int i = 0; i < 50; ++i) EXPECT_TRUE(Write("SELECT 1 AS a", Path("x"), true).ok());
  is_done.store(true);
  reader.join();
  EXPECT_EQ(num_missing, 0);
}

TEST_F(WriteFilesTest, AFolderThatIsReplacedKeepsItsPermissions) {
  fs::create_directory(Path("x"));
  ASSERT_EQ(chmod(Path("x").c_str(), 02710), 0);
  ASSERT_TRUE(Write("SELECT 3 AS a", Path("x"), true).ok());
  struct stat info;
  ASSERT_EQ(stat(Path("x").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 02710U);
  EXPECT_EQ(ValueIn(Path("x")), "3");
}

TEST_F(WriteFilesTest, WhatAKilledWriterLeftGoesAfterADay) {
  const auto now = fs::file_time_type::clock::now();
  const auto make = [&](const std::string& name, std::chrono::hours age, std::chrono::hours last) {
    fs::create_directories(Path(name + "/.staging"));
    MakeFile(name + "/.staging/file");
    fs::last_write_time(Path(name + "/.staging/file"), now - last);
    fs::last_write_time(Path(name + "/.staging"), now - age);
    fs::last_write_time(Path(name), now - age);
  };
  using std::chrono::hours;
  make(".x.0123456789abcdef.new", hours(25), hours(25));
  const std::vector<std::string> kept = {
      ".x.0000000000000001.new",  // young
      ".x.0000000000000002.new",  // old, and still written
      ".x.0000000000000003.old",  // rows that were replaced
      ".y.0000000000000004.new",  // of another folder
      ".x.000000000000005.new",   // not ours
      ".x.000000000000000g.new",
  };
  make(kept[0], hours(23), hours(23));
  make(kept[1], hours(25), hours(23));
  for (size_t i = 2; i < kept.size(); ++i) make(kept[i], hours(25), hours(25));
  ASSERT_TRUE(Write("SELECT 1 AS a", Path("x"), false).ok());
  std::vector<std::string> expected = kept;
  expected.push_back("x");
  EXPECT_THAT(Names(), testing::UnorderedElementsAreArray(expected));
}

TEST_F(WriteFilesTest, AMountPointIsRefusedBeforeAnyRow) {
  const arrow::Status status = Write("SELECT 1 / 0 AS a", "/proc", true);
  EXPECT_EQ(ClassOf(status), "FOLDER_NOT_WRITABLE") << status.ToString();
  if (getuid() == 0) {
    EXPECT_THAT(status.message(), HasSubstr("mount point"));
  }
}

// In a process without the rights of the superuser.
void BecomeNobody() {
  if (getuid() == 0 && setuid(65534) != 0) _exit(3);
}

TEST_F(WriteFilesTest, AnOldFolderThatCannotBeRemovedIsNoFailure) {
  fs::create_directories(Path("x/locked"));
  MakeFile("x/locked/file");
  ASSERT_EQ(chmod(Path("x").c_str(), 0777), 0);
  ASSERT_EQ(chmod(Path("x/locked").c_str(), 0555), 0);
  EXPECT_EXIT(
      {
        BecomeNobody();
        const arrow::Status status = Write("SELECT 4 AS a", Path("x"), true);
        std::fputs(status.ToString().c_str(), stderr);
        _exit(status.ok() ? 0 : 1);
      },
      testing::ExitedWithCode(0), "");
  EXPECT_EQ(ValueIn(Path("x")), "4");
}

TEST_F(WriteFilesTest, TheFolderThatRefusesIsNamed) {
  fs::create_directory(Path("locked"));
  ASSERT_EQ(chmod(Path("locked").c_str(), 0555), 0);
  EXPECT_EXIT(
      {
        BecomeNobody();
        const arrow::Status status = Write("SELECT 1 / 0 AS a", Path("locked/a/b"), false);
        std::fputs(status.ToString().c_str(), stderr);
        _exit(ClassOf(status) == "FOLDER_NOT_WRITABLE" ? 0 : 1);
      },
      testing::ExitedWithCode(0), "Permission denied: .*/locked\\.");
}

TEST_F(WriteFilesTest, FoldersThatAreMadeAreSynced) {
  int num_syncs = 0;
  const auto count = [&](const std::string& name) {
    constexpr int kMany = 10;
    bool is_hit = false;
    EXPECT_TRUE(ArmCrashPoint(crash_point::kFsync, kMany, [&] { is_hit = true; }).ok());
    EXPECT_TRUE(CheckWritable(Path(name), Path(name)).ok());
    num_syncs = kMany;
    for (; !is_hit; --num_syncs) CrashPoint(crash_point::kFsync);
    return num_syncs;
  };
  EXPECT_EQ(count("a/b/c"), 3);
  EXPECT_TRUE(fs::is_directory(Path("a/b/c")));
  EXPECT_EQ(count("a/b/c"), 0);
  EXPECT_EQ(count("a/d"), 1);
}

}  // namespace
}  // namespace sabot
