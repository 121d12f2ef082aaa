#include "sabot/connectors/files/sink.h"

#include <numeric>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sabot/base/codec.h"
#include "sabot/base/crash_point.h"
#include "sabot/base/error.h"
#include "sabot/base/simulation.h"
#include "sabot/connectors/files/files.h"
#include "sabot/connectors/files/manifest.h"
#include "sabot/formats/file.h"
#include "sabot/formats/testing/file_rows.h"
#include "sabot/vector/testing/test_rows.h"

namespace sabot {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

const Schema& OneColumn() {
  static const Schema schema{{{.name = "n", .type = Type(TypeId::kLong)}}};
  return schema;
}

SinkDescription Description(const std::string& path, const std::string& format) {
  return {.connector = "files", .format = format, .path = path, .schema = OneColumn()};
}

/// What one snapshot of all tasks staged: bytes a piece.
class Staged final : public SnapshotWriter, public SnapshotReader {
 public:
  arrow::Status Add(StatePiece piece) override {
    pieces.push_back(std::move(piece));
    return arrow::Status::OK();
  }
  arrow::Result<std::optional<StatePiece>> Next() override {
    if (next == pieces.size()) return std::nullopt;
    return pieces[next++];
  }
  KeyGroupRange owned_groups() const override { return {}; }

  std::string ToText() const {
    std::vector<std::string> contents;
    for (const StatePiece& piece : pieces) {
      contents.push_back(piece.Bytes());
    }
    return EncodeToString(contents);
  }
  static Staged FromText(const std::string& text) {
    Staged staged;
    for (const std::string& bytes : *DecodeFromString<std::vector<std::string>>(text)) {
      (void)staged.Add({.name = "files", .content = {Buffer::Copy(bytes)}});
    }
    return staged;
  }

  std::vector<StatePiece> pieces;
  size_t next = 0;
};

arrow::Status PushRows(Operator& op, const std::vector<int64_t>& values) {
  Batch batch = testing::MakeLongs(values);
  Output output;
  ARROW_ASSIGN_OR_RAISE(const Progress progress, op.Push(0, batch, &output));
  EXPECT_EQ(progress, Progress::kNeedsInput);
  EXPECT_TRUE(output.empty());
  return arrow::Status::OK();
}

arrow::Status SendBarrier(Operator& op, Epoch epoch, Clock* clock) {
  Marker marker{.kind = Marker::kBarrier, .value = static_cast<int64_t>(epoch)};
  Output output;
  while (true) {
    ARROW_ASSIGN_OR_RAISE(const Progress progress, op.OnMarker(marker, &output));
    if (progress == Progress::kNeedsInput) return arrow::Status::OK();
    EXPECT_EQ(progress, Progress::kBlocked);
    clock->SleepNanos(100'000);
  }
}

std::vector<int64_t> RowsIn(Files& files, const std::vector<std::string>& paths) {
  std::vector<int64_t> rows;
  for (const std::string& path : paths) {
    const std::string text = files.ReadAll(path).ValueOrDie();
    size_t begin = 0;
    while (begin < text.size()) {
      const size_t end = text.find('\n', begin);
      // {"n":12}
      rows.push_back(std::stoll(text.substr(begin + 5, end - begin - 6)));
      begin = end + 1;
    }
  }
  std::ranges::sort(rows);
  return rows;
}

// ---- A stream that dies anywhere

constexpr Epoch kEpochs = 4;
constexpr int64_t kRowsAnEpoch = 6;

/// The rest of the stream: a job of two tasks whose checkpoints are files `checkpoint/<epoch>`.
arrow::Status RunStream(const Env& env) {
  Files& files = *env.files;
  ARROW_RETURN_NOT_OK(files.CreateDir("checkpoint"));
  ARROW_RETURN_NOT_OK(files.SyncDir("."));
  ARROW_ASSIGN_OR_RAISE(const auto sink, OpenFileSink(Description("out/rows", "json"), env));
  ARROW_ASSIGN_OR_RAISE(const auto committer, sink->MakeCommitter(env));
  Epoch done = 0;
  while (true) {
    ARROW_ASSIGN_OR_RAISE(const bool exists, files.Exists(fmt::format("checkpoint/{}", done + 1)));
    if (!exists) break;
    ++done;
  }
  if (done > 0) {
    ARROW_ASSIGN_OR_RAISE(const std::string text,
                          files.ReadAll(fmt::format("checkpoint/{}", done)));
    Staged staged = Staged::FromText(text);
    ARROW_RETURN_NOT_OK(committer->Commit(done, staged));
  }
  std::vector<std::unique_ptr<Operator>> tasks;
  for (uint32_t task = 0; task < 2; ++task) {
    TaskContext context{.task_index = task, .num_tasks = 2, .is_unbounded = true, .env = env};
    ARROW_ASSIGN_OR_RAISE(tasks.emplace_back(), sink->MakeOperator(context));
  }
  for (Epoch epoch = done + 1; epoch <= kEpochs; ++epoch) {
    const int64_t first = static_cast<int64_t>(epoch - 1) * kRowsAnEpoch;
    for (int64_t row = first; row < first + kRowsAnEpoch; row += 2) {
      // Task 1 has nothing in the second epoch.
      Operator& task = *tasks[epoch == 2 ? 0 : static_cast<size_t>(row / 2 % 2)];
      ARROW_RETURN_NOT_OK(PushRows(task, {row, row + 1}));
    }
    Staged staged;
    for (const auto& task : tasks) {
      ARROW_RETURN_NOT_OK(SendBarrier(*task, epoch, env.clock));
      ARROW_RETURN_NOT_OK(task->Snapshot(epoch, staged));
    }
    ARROW_RETURN_NOT_OK(
        files.CreateExclusive(fmt::format("checkpoint/{}", epoch), staged.ToText()));
    ARROW_RETURN_NOT_OK(committer->Commit(epoch, staged));
  }
  return arrow::Status::OK();
}

void ExpectEveryRowOnce(Files& files) {
  std::vector<int64_t> expected(kEpochs * kRowsAnEpoch);
  std::iota(expected.begin(), expected.end(), 0);
  const auto committed = ListCommitted(files, "out/rows").ValueOrDie();
  ASSERT_TRUE(committed.has_value());
  EXPECT_EQ(RowsIn(files, *committed), expected);
  // Who knows no manifests sees the same.
  std::vector<std::string> parts;
  for (const DirEntry& entry : files.List("out/rows").ValueOrDie()) {
    if (!entry.name.starts_with('.') && !entry.name.starts_with('_')) {
      parts.push_back("out/rows/" + entry.name);
    }
  }
  EXPECT_EQ(RowsIn(files, parts), expected);
  EXPECT_THAT(files.List("out/rows/.staging").ValueOrDie(), IsEmpty());
}

// Lives until the stream has ended. Returns whether the first life died.
bool RunLives(Simulation& simulation) {
  bool died = false;
  for (int life = 0; life < 5; ++life) {
    try {
      const arrow::Status status = RunStream(simulation.env());
      EXPECT_TRUE(status.ok()) << status.ToString();
      return died;
    } catch (const SimulatedCrash&) {
      died = true;
    }
    simulation.Restart();
  }
  ADD_FAILURE() << "it never ends";
  return died;
}

TEST(FileSink, AStreamsFirstEpochWithoutRowsLeavesOneFileAndLaterOnesNone) {
  Simulation simulation({.seed = 1});
  const Env& env = simulation.env();
  const auto sink = OpenFileSink(Description("rows", "json"), env).ValueOrDie();
  const auto committer = sink->MakeCommitter(env).ValueOrDie();
  std::vector<std::unique_ptr<Operator>> tasks;
  for (uint32_t task = 0; task < 2; ++task) {
    TaskContext context{.task_index = task, .num_tasks = 2, .is_unbounded = true, .env = env};
    tasks.push_back(sink->MakeOperator(context).ValueOrDie());
  }
  for (Epoch epoch = 1; epoch <= 3; ++epoch) {
    Staged staged;
    for (const auto& task : tasks) {
      ASSERT_TRUE(SendBarrier(*task, epoch, env.clock).ok());
      ASSERT_TRUE(task->Snapshot(epoch, staged).ok());
    }
    ASSERT_TRUE(committer->Commit(epoch, staged).ok());
    const auto committed = ListCommitted(*env.files, "rows").ValueOrDie();
    EXPECT_THAT(committed, ::testing::Optional(ElementsAre("rows/part-00001-00000.json")));
  }
}

TEST(FileSink, ACrashAtAnyFileOperationLosesAndDoublesNothing) {
  for (const CrashKind kind : {CrashKind::kProcess, CrashKind::kPower}) {
    bool died = true;
    for (int64_t operation = 1; died && operation < 1000; ++operation) {
      SCOPED_TRACE(fmt::format("crash {} at operation {}", static_cast<int>(kind), operation));
      Simulation simulation({.seed = static_cast<uint64_t>(operation)});
      simulation.CrashAtOperation(operation, kind);
      died = RunLives(simulation);
      // Or the look at the files would be what dies.
      simulation.Crash(kind);
      simulation.Restart();
      ExpectEveryRowOnce(*simulation.env().files);
      if (::testing::Test::HasFailure()) return;
      EXPECT_TRUE(died || operation > 50);
    }
    EXPECT_FALSE(died);
  }
}

TEST(FileSink, ACrashAroundACommitLosesAndDoublesNothing) {
  bool died = true;
  for (int64_t count = 1; died; ++count) {
    Simulation simulation({.seed = static_cast<uint64_t>(count)});
    simulation.CrashAtPoint(crash_point::kSinkCommit, count);
    died = RunLives(simulation);
    ExpectEveryRowOnce(*simulation.env().files);
    EXPECT_EQ(died, count <= 12) << count;
  }
  DisarmCrashPoint();
}

TEST(FileSink, RepeatedCrashesLoseAndDoubleNothing) {
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    Simulation simulation({.seed = seed, .crash_one_in = 90});
    while (true) {
      try {
        const arrow::Status status = RunStream(simulation.env());
        ASSERT_TRUE(status.ok()) << status.ToString();
        break;
      } catch (const SimulatedCrash&) {
        simulation.Restart();
      }
    }
    while (true) {
      try {
        ExpectEveryRowOnce(*simulation.env().files);
        break;
      } catch (const SimulatedCrash&) {
        simulation.Restart();
      }
    }
  }
}

// ---- Bounded writes

class BoundedWrite : public ::testing::Test {
 protected:
  arrow::Status Open(const std::string& format, OptionList options = {}) {
    SinkDescription description = Description(folder_.PathOf("out/deep"), format);
    description.options = std::move(options);
    ARROW_ASSIGN_OR_RAISE(sink_, OpenFileSink(description, env_));
    ARROW_ASSIGN_OR_RAISE(committer_, sink_->MakeCommitter(env_));
    return arrow::Status::OK();
  }
  std::unique_ptr<Operator> Task(uint32_t task) {
    TaskContext context{.task_index = task, .num_tasks = 2, .env = env_};
    return sink_->MakeOperator(context).ValueOrDie();
  }
  std::vector<std::string> Names() {
    std::vector<std::string> names;
    for (const DirEntry& entry : env_.files->List(folder_.PathOf("out/deep")).ValueOrDie()) {
      names.push_back(entry.name);
    }
    return names;
  }

  TestFolder folder_;
  Env env_ = Env::Real();
  std::shared_ptr<Sink> sink_;
  std::unique_ptr<Committer> committer_;
};

TEST_F(BoundedWrite, EveryFormatReadsBack) {
  for (const std::string format : {"parquet", "csv", "json"}) {
    OptionList options;
    if (format == "csv") options = {{"header", "true"}};
    ASSERT_TRUE(env_.files->RemoveTree(folder_.PathOf("out")).ok());
    ASSERT_TRUE(Open(format, options).ok());
    auto first = Task(0);
    auto second = Task(1);
    ASSERT_TRUE(PushRows(*second, {3, 4}).ok());
    ASSERT_TRUE(PushRows(*first, {1}).ok());
    ASSERT_TRUE(PushRows(*first, {2}).ok());
    Staged staged;
    for (Operator* task : {second.get(), first.get()}) {
      ASSERT_TRUE(SendBarrier(*task, 1, env_.clock).ok());
      ASSERT_TRUE(task->Snapshot(1, staged).ok());
    }
    EXPECT_THAT(Names(), ElementsAre(".staging", "_manifest"));
    ASSERT_TRUE(committer_->Commit(1, staged).ok());
    EXPECT_THAT(Names(), ElementsAre("_SUCCESS", "_manifest", "part-00001-00000." + format,
                                     "part-00001-00001." + format));
    staged.next = 0;
    ASSERT_TRUE(committer_->Commit(1, staged).ok());  // changes nothing
    TableDescription table{.connector = "files",
                           .format = format,
                           .paths = {folder_.PathOf("out/deep")},
                           .options = options};
    table = MakeFilesConnector()->Describe(table, env_).ValueOrDie();
    ASSERT_EQ(table.paths.size(), 2U);
    FileOptions file_options;
    for (const auto& [key, value] : options) file_options.values.emplace(key, value);
    std::vector<TextRow> rows;
    for (const std::string& path : table.paths) {
      const auto read = ReadFile(**FindFileFormat(format), path, file_options, "n bigint");
      ASSERT_TRUE(read.ok()) << read.status().ToString();
      rows.insert(rows.end(), read->begin(), read->end());
    }
    EXPECT_THAT(rows, ElementsAre(TextRow{"1"}, TextRow{"2"}, TextRow{"3"}, TextRow{"4"}));
  }
}

TEST_F(BoundedWrite, NoRowsLeaveOneFileWithTheSchema) {
  ASSERT_TRUE(Open("parquet").ok());
  Staged staged;
  for (uint32_t task = 0; task < 2; ++task) {
    auto op = Task(task);
    ASSERT_TRUE(SendBarrier(*op, 1, env_.clock).ok());
    ASSERT_TRUE(op->Snapshot(1, staged).ok());
  }
  ASSERT_TRUE(committer_->Commit(1, staged).ok());
  const auto committed = ListCommitted(*env_.files, folder_.PathOf("out/deep")).ValueOrDie();
  ASSERT_EQ(committed->size(), 1U);
  EXPECT_THAT(ReadFile(ParquetFormat(), (*committed)[0]).ValueOrDie(), IsEmpty());
  const std::vector<std::string> paths = *committed;
  EXPECT_EQ(ParquetFormat().InferSchema(*env_.files, paths, {}).ValueOrDie().columns[0].name, "n");
}

TEST_F(BoundedWrite, ARowOfWeightTwoIsWrittenTwiceAndOneTakenBackRefused) {
  ASSERT_TRUE(Open("json").ok());
  auto op = Task(0);
  const Type type(TypeId::kLong);
  Batch batch = testing::MakeBatch({type}, {{TypedValue::Long(7)}, {TypedValue::Long(8)}}, {2, 1});
  Output output;
  ASSERT_TRUE(op->Push(0, batch, &output).ok());
  Staged staged;
  ASSERT_TRUE(SendBarrier(*op, 1, env_.clock).ok());
  ASSERT_TRUE(op->Snapshot(1, staged).ok());
  ASSERT_TRUE(committer_->Commit(1, staged).ok());
  const std::string folder = folder_.PathOf("out/deep");
  EXPECT_THAT(RowsIn(*env_.files, *ListCommitted(*env_.files, folder).ValueOrDie()),
              ElementsAre(7, 7, 8));
  const std::string text = env_.files->ReadAll(ManifestPath(folder, 1)).ValueOrDie();
  EXPECT_EQ(DecodeManifest(text, "m").ValueOrDie()[0].num_rows, 3);
  Batch taken_back = testing::MakeBatch({type}, {{TypedValue::Long(7)}}, {-1});
  EXPECT_EQ(ErrorName(op->Push(0, taken_back, &output).status()), "STREAM_UNSUPPORTED");
}

TEST_F(BoundedWrite, TheFolderOfAnotherQueryIsNotTouched) {
  const auto write = [&](int64_t value) {
    EXPECT_TRUE(Open("json").ok());
    auto op = Task(0);
    EXPECT_TRUE(PushRows(*op, {value, value + 1000}).ok());
    Staged staged;
    EXPECT_TRUE(SendBarrier(*op, 1, env_.clock).ok());
    EXPECT_TRUE(op->Snapshot(1, staged).ok());
    return committer_->Commit(1, staged);
  };
  ASSERT_TRUE(write(1).ok());
  EXPECT_EQ(ErrorName(write(12345)), "FILE_ALREADY_EXISTS");
  EXPECT_THAT(
      RowsIn(*env_.files, *ListCommitted(*env_.files, folder_.PathOf("out/deep")).ValueOrDie()),
      ElementsAre(1, 1001));
}

TEST_F(BoundedWrite, AStagedFileThatIsGoneIsAnError) {
  ASSERT_TRUE(Open("json").ok());
  auto op = Task(0);
  ASSERT_TRUE(PushRows(*op, {1}).ok());
  Staged staged;
  ASSERT_TRUE(SendBarrier(*op, 1, env_.clock).ok());
  ASSERT_TRUE(op->Snapshot(1, staged).ok());
  const std::string staging = folder_.PathOf("out/deep/.staging");
  const std::string name = env_.files->List(staging).ValueOrDie()[0].name;
  ASSERT_TRUE(env_.files->Remove(staging + "/" + name).ok());
  EXPECT_EQ(ErrorName(committer_->Commit(1, staged)), "IO_ERROR");
  EXPECT_FALSE(env_.files->Exists(ManifestPath(folder_.PathOf("out/deep"), 1)).ValueOrDie());
}

TEST_F(BoundedWrite, RefusesWhatItCannotWrite) {
  EXPECT_EQ(ErrorName(OpenFileSink(Description("s3://bucket/x", "json"), env_).status()),
            "UNSUPPORTED_FEATURE");
  EXPECT_EQ(ErrorName(OpenFileSink(Description("x", "xlsx"), env_).status()),
            "UNSUPPORTED_FEATURE");
  EXPECT_EQ(ErrorName(Open("parquet", {{"compressoin", "zstd"}})), "CONFIG_INVALID");
}

// ---- Manifests

TEST(Manifest, ReadsBackAndRefusesDamage) {
  const std::vector<ManifestFile> files{{"part-00001-00000.json", 12, 3}, {"b", 0, 0}};
  const std::string text = EncodeManifest(files);
  EXPECT_EQ(text, "sabot manifest 1\npart-00001-00000.json\t12\t3\nb\t0\t0\n");
  EXPECT_EQ(DecodeManifest(text, "m").ValueOrDie(), files);
  for (const std::string damaged :
       {"", "sabot manifest 2\n", "sabot manifest 1", "sabot manifest 1\na\t1\n",
        "sabot manifest 1\na\t1\t2\t3\n", "sabot manifest 1\na/b\t1\t2\n",
        "sabot manifest 1\na\t1x\t2\n", "sabot manifest 1\na\t1\t2"}) {
    EXPECT_EQ(ErrorName(DecodeManifest(damaged, "m").status()), "MALFORMED_FILE") << damaged;
  }
}

TEST(Manifest, EpochsComeInOrderAndStraysAreLeftOut) {
  const TestFolder folder;
  Files& files = LocalFiles();
  const std::string path = folder.PathOf("out");
  EXPECT_EQ(ListCommitted(files, path).ValueOrDie(), std::nullopt);
  ASSERT_TRUE(files.CreateDir(ManifestFolder(path)).ok());
  for (const Epoch epoch : {Epoch{10}, Epoch{9}}) {
    ASSERT_TRUE(files
                    .CreateExclusive(ManifestPath(path, epoch),
                                     EncodeManifest({{fmt::format("f{}", epoch), 1, 1}}))
                    .ok());
  }
  ASSERT_TRUE(files.CreateExclusive(ManifestFolder(path) + "/.9.17.tmp", "half").ok());
  EXPECT_THAT(*ListCommitted(files, path).ValueOrDie(), ElementsAre(path + "/f9", path + "/f10"));
}

}  // namespace
}  // namespace sabot
