#include <algorithm>
#include <filesystem>
#include <limits>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include "sabot/base/codec.h"
#include "sabot/base/error.h"
#include "sabot/base/hash.h"
#include "sabot/connectors/files/scan.h"
#include "sabot/eventtime/split_board.h"

namespace sabot::internal {
namespace {

constexpr std::string_view kPieceName = "position";
// Readers hold decoded pages: of many files only so many stay open.
constexpr size_t kOpenReadersMax = 64;

/// Where a stream stands in one file: behind that many of its morsels, and of the next one behind
/// that many rows as its reader gives them, which is fewer than it holds if bounds let parts be
/// skipped.
struct SavedPosition {
  std::string path;        ///< absolute
  int64_t size_bytes = 0;  ///< of the file
  int64_t morsels_done = 0;
  int64_t rows_done = 0;
  bool has_ended = false;
  static constexpr auto Fields() {
    return std::tuple{Field{"path", &SavedPosition::path},
                      Field{"size_bytes", &SavedPosition::size_bytes},
                      Field{"morsels_done", &SavedPosition::morsels_done},
                      Field{"rows_done", &SavedPosition::rows_done},
                      Field{"has_ended", &SavedPosition::has_ended}};
  }
};

// However a start spells the path: `in`, `./in` and `/data/in` are one folder.
std::string KnownAs(const std::string& path) {
  std::error_code failed;
  const std::filesystem::path absolute = std::filesystem::absolute(path, failed);
  return failed ? path : absolute.lexically_normal().string();
}

arrow::Status NotTheFileThatWasRead(const std::string& path, std::string message) {
  return MakeError("CHECKPOINT_INCOMPATIBLE", {{"path", path}, {"message", std::move(message)}}, {},
                   "bring the file back, or start in a new checkpoint folder");
}

class FileStreamSource final : public Source {
 public:
  FileStreamSource(std::shared_ptr<FilesScan> scan, const TaskContext& context)
      : scan_(std::move(scan)), batch_size_(context.batch_size), board_(context.splits) {
    for (size_t i = context.task_index; i < scan_->files().size(); i += context.num_tasks) {
      const ScannedFile& file = scan_->files()[i];
      std::string path = KnownAs(file.path);
      const uint64_t number = HashOf(path);
      splits_.push_back({.file = &file, .path = std::move(path), .number = number});
      if (board_ != nullptr) board_->AddSteady(splits_.back().number);
    }
  }

  arrow::Result<Progress> Poll(Output* output) override {
    if (current_ == nullptr || current_->has_ended || TimeOf(*current_) > others_time_) Choose();
    if (current_ == nullptr) return Progress::kDone;
    if (current_->reader == nullptr) {
      ARROW_ASSIGN_OR_RAISE(const bool is_open, OpenMorsel(current_));
      if (!is_open) return Progress::kMore;
    }
    ARROW_ASSIGN_OR_RAISE(const bool has_rows, current_->reader->Next(pool_, &output->batch));
    if (has_rows) {
      Take(&output->batch);
      return Progress::kMore;
    }
    scan_->Finish(*current_->reader);
    current_->reader.reset();
    ++current_->morsels_done;
    current_->rows_done = 0;
    return Progress::kMore;
  }

  arrow::Status Snapshot(Epoch /*epoch*/, SnapshotWriter& writer) override {
    for (const Split& split : splits_) {
      ARROW_ASSIGN_OR_RAISE(const FileStatistics statistics, split.file->file->Statistics());
      const std::string bytes = EncodeToString(SavedPosition{
          split.path, statistics.size_bytes, split.morsels_done, split.rows_done, split.has_ended});
      ARROW_RETURN_NOT_OK(writer.Add({.name = std::string(kPieceName),
                                      .split = split.number,
                                      .content = {Buffer::Copy(bytes)}}));
    }
    return arrow::Status::OK();
  }

  arrow::Status Restore(SnapshotReader& reader) override {
    // The files may be dealt out to another number of tasks now, and there may be new ones.
    std::unordered_map<std::string, Split*> by_path;  // null: another task's
    for (const ScannedFile& file : scan_->files()) by_path.emplace(KnownAs(file.path), nullptr);
    for (Split& split : splits_) by_path[split.path] = &split;
    while (true) {
      ARROW_ASSIGN_OR_RAISE(const std::optional<StatePiece> piece, reader.Next());
      if (!piece.has_value()) return arrow::Status::OK();
      if (piece->name != kPieceName) continue;
      ARROW_ASSIGN_OR_RAISE(const SavedPosition saved,
                            DecodeFromString<SavedPosition>(piece->Bytes()));
      if (saved.rows_done < 0 || saved.morsels_done < 0) {
        return CodecError("a position in a file is negative");
      }
      const auto found = by_path.find(saved.path);
      if (found != by_path.end()) {
        if (found->second != nullptr) ARROW_RETURN_NOT_OK(Restore(saved, found->second));
      } else if (!saved.has_ended) {
        return NotTheFileThatWasRead(saved.path, "it was read in part and is not there any more");
      }
    }
  }

 private:
  struct Split {
    const ScannedFile* file = nullptr;
    std::string path;  // absolute
    uint64_t number = 0;
    int64_t morsels_done = 0;
    int64_t rows_done = 0;
    bool has_ended = false;
    std::unique_ptr<FileReader> reader;  // of the morsel under way, if it is open
    int64_t rows_to_skip = 0;            // of the morsel: given before
  };

  int64_t TimeOf(const Split& split) const {
    return board_ == nullptr ? SplitBoard::kNone : board_->TimeOf(split.number);
  }

  // The split that is furthest behind; of several the first. It is read until it has passed the
  // others, whose times stand still meanwhile.
  void Choose() {
    current_ = nullptr;
    others_time_ = std::numeric_limits<int64_t>::max();
    int64_t least = others_time_;
    for (Split& split : splits_) {
      if (split.has_ended) continue;
      const int64_t time = TimeOf(split);
      if (current_ == nullptr || time < least) {
        others_time_ = least;
        least = time;
        current_ = &split;
      } else {
        others_time_ = std::min(others_time_, time);
      }
    }
  }

  // False: the file has no further morsel.
  arrow::Result<bool> OpenMorsel(Split* split) {
    const std::vector<FileMorsel>& morsels = split->file->morsels;
    if (split->morsels_done >= static_cast<int64_t>(morsels.size())) {
      split->has_ended = true;
      if (board_ != nullptr) board_->End(split->number);
      return false;
    }
    CloseOne();
    ARROW_ASSIGN_OR_RAISE(
        split->reader,
        scan_->Open(*split->file, morsels[static_cast<size_t>(split->morsels_done)], batch_size_));
    split->rows_to_skip = split->rows_done;
    return true;
  }

  // If too many readers are open: the one that is needed last.
  void CloseOne() {
    size_t num_open = 0;
    Split* last = nullptr;
    for (Split& split : splits_) {
      if (split.reader == nullptr) continue;
      ++num_open;
      if (last == nullptr || TimeOf(split) > TimeOf(*last)) last = &split;
    }
    if (num_open < kOpenReadersMax) return;
    scan_->CountBytes(*last->reader);
    last->reader.reset();
  }

  void Take(Batch* batch) {
    if (current_->rows_to_skip > 0) {
      const auto skipped =
          static_cast<int32_t>(std::min<int64_t>(current_->rows_to_skip, batch->num_rows()));
      current_->rows_to_skip -= skipped;
      if (skipped == batch->num_rows()) {
        batch->Clear();
        return;
      }
      *batch = batch->SliceActive(skipped, batch->num_rows() - skipped, pool_);
    }
    current_->rows_done += batch->num_rows();
    batch->set_split(current_->number);
    scan_->CountRows(batch->num_rows());
  }

  arrow::Status Restore(const SavedPosition& saved, Split* split) {
    ARROW_ASSIGN_OR_RAISE(const FileStatistics statistics, split->file->file->Statistics());
    if (!saved.has_ended && statistics.size_bytes != saved.size_bytes) {
      return NotTheFileThatWasRead(saved.path,
                                   fmt::format("it was read in part when it had {} bytes; now it "
                                               "has {}",
                                               saved.size_bytes, statistics.size_bytes));
    }
    split->morsels_done = saved.morsels_done;
    split->rows_done = saved.rows_done;
    split->has_ended = saved.has_ended;
    if (saved.has_ended && board_ != nullptr) board_->End(split->number);
    return arrow::Status::OK();
  }

  const std::shared_ptr<FilesScan> scan_;
  const int32_t batch_size_;
  SplitBoard* const board_;
  BufferPool pool_;
  std::vector<Split> splits_;
  Split* current_ = nullptr;
  int64_t others_time_ = 0;  // least of the other splits' times
};

}  // namespace

std::unique_ptr<Source> MakeFileStreamSource(std::shared_ptr<FilesScan> scan,
                                             const TaskContext& context) {
  return std::make_unique<FileStreamSource>(std::move(scan), context);
}

}  // namespace sabot::internal
