#include "sabot/state/spill_file.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <utility>
#include <vector>

#include "arrow/util/compression.h"

#include "sabot/base/crc32c.h"
#include "sabot/base/error.h"

namespace sabot {
namespace {

constexpr int64_t kBlockBytes = 256 << 10;

// Where a block of kBlockBytes (the last: fewer) stands in the file.
struct Block {
  int64_t offset;
  int32_t stored_bytes;
  int32_t raw_bytes;
  bool is_compressed;
  uint32_t crc;  // of the stored bytes
};

struct SharedFolder {
  Env env;
  SpillOptions options;
  std::string prefix;  // of this writer's files: others may write to the folder too
  std::atomic<uint64_t> next_number{0};
};

arrow::Status DamagedError(const std::string& path) {
  return MakeError("IO_ERROR", {{"message", "The temporary file " + path + " is damaged"}});
}

// What the job on the I/O pool and the handles share; the last of them removes the file.
class SpillFile {
 public:
  SpillFile(std::shared_ptr<SharedFolder> folder, std::string path)
      : folder_(std::move(folder)), path_(std::move(path)) {}
  ~SpillFile() {
    if (!is_made_) return;
    // A destructor neither blocks nor can report: nobody is left who could be told, and a file that
    // stays goes with its folder.
    folder_->env.threads->Post(
        [folder = folder_, path = path_] { return folder->env.files->Remove(path); });
  }

  arrow::Status Write(const std::vector<BufferPtr>& content) {
    ARROW_RETURN_NOT_OK(folder_->env.files->CreateDir(folder_->options.folder));
    is_made_ = true;
    ARROW_ASSIGN_OR_RAISE(const std::unique_ptr<WritableFile> file,
                          folder_->env.files->OpenForWrite(path_));
    std::unique_ptr<arrow::util::Codec> codec;
    if (folder_->options.compress) {
      ARROW_ASSIGN_OR_RAISE(codec, arrow::util::Codec::Create(arrow::Compression::LZ4));
    }
    std::string raw;
    std::string packed;
    const auto end_block = [&]() -> arrow::Status {
      if (raw.empty()) return arrow::Status::OK();
      std::string_view stored = raw;
      if (codec != nullptr) {
        const auto size = static_cast<int64_t>(raw.size());
        const auto* input = reinterpret_cast<const uint8_t*>(raw.data());
        packed.resize(static_cast<size_t>(codec->MaxCompressedLen(size, input)));
        ARROW_ASSIGN_OR_RAISE(const int64_t length,
                              codec->Compress(size, input, static_cast<int64_t>(packed.size()),
                                              reinterpret_cast<uint8_t*>(packed.data())));
        if (length < size) stored = std::string_view(packed).substr(0, static_cast<size_t>(length));
      }
      blocks_.push_back({file->size(), static_cast<int32_t>(stored.size()),
                         static_cast<int32_t>(raw.size()), stored.data() == packed.data(),
                         Crc32c(stored)});
      ARROW_RETURN_NOT_OK(file->Append(stored));
      raw.clear();
      return arrow::Status::OK();
    };
    for (const BufferPtr& part : content) {
      std::string_view left(reinterpret_cast<const char*>(part->data()),
                            static_cast<size_t>(part->size()));
      while (!left.empty()) {
        const size_t size = std::min(left.size(), static_cast<size_t>(kBlockBytes) - raw.size());
        raw.append(left.substr(0, size));
        left.remove_prefix(size);
        if (static_cast<int64_t>(raw.size()) == kBlockBytes) ARROW_RETURN_NOT_OK(end_block());
      }
    }
    ARROW_RETURN_NOT_OK(end_block());
    // Not synced: nobody reads the file after a crash.
    return file->Close();
  }

  arrow::Status Read(int64_t offset, std::span<uint8_t> target) {
    // Opened each time: a sort may have thousands of runs, a process has not as many open files.
    ARROW_ASSIGN_OR_RAISE(const std::unique_ptr<ReadableFile> file,
                          folder_->env.files->OpenForRead(path_));
    std::unique_ptr<arrow::util::Codec> codec;
    std::string stored;
    std::string raw;
    while (!target.empty()) {
      const Block& block = blocks_[static_cast<size_t>(offset / kBlockBytes)];
      stored.resize(static_cast<size_t>(block.stored_bytes));
      ARROW_ASSIGN_OR_RAISE(const int64_t got, file->ReadAt(block.offset, stored));
      if (got != block.stored_bytes || Crc32c(stored) != block.crc) return DamagedError(path_);
      std::string_view bytes = stored;
      if (block.is_compressed) {
        if (codec == nullptr) {
          ARROW_ASSIGN_OR_RAISE(codec, arrow::util::Codec::Create(arrow::Compression::LZ4));
        }
        raw.resize(static_cast<size_t>(block.raw_bytes));
        ARROW_ASSIGN_OR_RAISE(
            const int64_t length,
            codec->Decompress(block.stored_bytes, reinterpret_cast<const uint8_t*>(stored.data()),
                              block.raw_bytes, reinterpret_cast<uint8_t*>(raw.data())));
        if (length != block.raw_bytes) return DamagedError(path_);
        bytes = raw;
      }
      bytes.remove_prefix(static_cast<size_t>(offset % kBlockBytes));
      const size_t size = std::min(bytes.size(), target.size());
      std::memcpy(target.data(), bytes.data(), size);
      target = target.subspan(size);
      offset += static_cast<int64_t>(size);
    }
    return arrow::Status::OK();
  }

 private:
  std::shared_ptr<SharedFolder> folder_;
  std::string path_;
  bool is_made_ = false;
  std::vector<Block> blocks_;  // written by the job, read once it is done
};

class FileRun final : public SpilledRun {
 public:
  FileRun(std::shared_ptr<SpillFile> file, std::shared_ptr<Job> job, int64_t size_bytes)
      : file_(std::move(file)), job_(std::move(job)), size_bytes_(size_bytes) {}

  int64_t size_bytes() const override { return size_bytes_; }
  bool is_written() const override { return job_->is_done(); }
  arrow::Status status() const override {
    return job_->is_done() ? job_->Wait() : arrow::Status::OK();
  }
  arrow::Result<BufferPtr> Read(int64_t offset, int64_t size) override {
    ARROW_RETURN_NOT_OK(job_->Wait());
    if (offset < 0 || size < 0 || offset > size_bytes_ - size) {
      return InternalError("a spilled run was read past its end");
    }
    BufferPtr buffer = Buffer::Allocate(size);
    ARROW_RETURN_NOT_OK(file_->Read(offset, {buffer->data(), static_cast<size_t>(size)}));
    return buffer;
  }

 private:
  std::shared_ptr<SpillFile> file_;
  std::shared_ptr<Job> job_;
  int64_t size_bytes_;
};

class SpillFileWriter final : public PageWriter {
 public:
  SpillFileWriter(const Env& env, SpillOptions options)
      : folder_(std::make_shared<SharedFolder>()) {
    folder_->env = env;
    folder_->options = std::move(options);
    folder_->prefix =
        folder_->options.folder + "/spill-" + std::to_string(env.random->NextU64()) + "-";
  }

  arrow::Result<std::shared_ptr<SpilledRun>> Write(std::vector<BufferPtr> content) override {
    int64_t size = 0;
    for (const BufferPtr& part : content) size += part->size();
    const uint64_t number = folder_->next_number.fetch_add(1);
    auto file =
        std::make_shared<SpillFile>(folder_, folder_->prefix + std::to_string(number) + ".tmp");
    // Moved out of the job and dropped in it, so the bytes are free as soon as they are in the
    // file.
    auto bytes = std::make_shared<std::vector<BufferPtr>>(std::move(content));
    std::function<void()> on_done;
    if (folder_->options.on_written != nullptr) {
      on_done = [waker = folder_->options.on_written] { waker->Fire(); };
    }
    std::shared_ptr<Job> job = folder_->env.threads->Post(
        [file, bytes] {
          const arrow::Status status = file->Write(*bytes);
          bytes->clear();
          return status;
        },
        std::move(on_done));
    return std::make_shared<FileRun>(std::move(file), std::move(job), size);
  }

 private:
  std::shared_ptr<SharedFolder> folder_;
};

}  // namespace

arrow::Result<std::unique_ptr<PageWriter>> MakeSpillFileWriter(const Env& env,
                                                               SpillOptions options) {
  if (options.folder.empty()) return InternalError("spilling needs a folder");
  return std::make_unique<SpillFileWriter>(env, std::move(options));
}

}  // namespace sabot
