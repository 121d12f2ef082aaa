#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <utility>

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sabot/base/crash_point.h"
#include "sabot/base/real_env.h"

namespace sabot {
namespace {

// The file descriptor of an open file; closed at the end of its scope, errors lost.
class Descriptor {
 public:
  explicit Descriptor(int number = -1) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor() {
    if (number_ >= 0) close(number_);
  }
  int number() const { return number_; }
  bool is_open() const { return number_ >= 0; }
  int Release() { return std::exchange(number_, -1); }

 private:
  int number_;
};

arrow::Result<Descriptor> Open(const std::string& path, int flags) {
  while (true) {
    const int number = open(path.c_str(), flags | O_CLOEXEC, 0666);
    if (number >= 0) return Descriptor(number);
    if (errno != EINTR) return FileError("open", path, errno);
  }
}

// Linux reports a lost write once, to whoever syncs next, and then calls the pages clean. So nobody
// may ask twice.
arrow::Status SyncDescriptor(int number, const std::string& path) {
  CrashPoint(crash_point::kFsync);
  while (fsync(number) != 0) {
    if (errno != EINTR) return FileError("fsync", path, errno);
  }
  return arrow::Status::OK();
}

arrow::Status WriteAll(int number, const std::string& path, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t num_written = write(number, bytes.data(), bytes.size());
    if (num_written >= 0) {
      bytes.remove_prefix(static_cast<size_t>(num_written));
    } else if (errno != EINTR) {
      return FileError("write", path, errno);
    }
  }
  return arrow::Status::OK();
}

class RealWritableFile final : public WritableFile {
 public:
  RealWritableFile(Descriptor descriptor, std::string path)
      : descriptor_(std::move(descriptor)), path_(std::move(path)) {}

  arrow::Status Append(std::string_view bytes) override {
    ARROW_RETURN_NOT_OK(CheckUsable("write"));
    if (AreCrashPointsArmed()) {
      // In halves, so that who dies here leaves a torn write behind.
      const std::string_view half = bytes.substr(0, bytes.size() / 2);
      ARROW_RETURN_NOT_OK(Final(WriteAll(descriptor_.number(), path_, half)));
      CrashPoint(crash_point::kWrite);
      ARROW_RETURN_NOT_OK(Final(WriteAll(descriptor_.number(), path_, bytes.substr(half.size()))));
    } else {
      ARROW_RETURN_NOT_OK(Final(WriteAll(descriptor_.number(), path_, bytes)));
    }
    size_ += static_cast<int64_t>(bytes.size());
    return arrow::Status::OK();
  }

  arrow::Status Sync() override {
    ARROW_RETURN_NOT_OK(CheckUsable("fsync"));
    return Final(SyncDescriptor(descriptor_.number(), path_));
  }

  arrow::Status Close() override {
    if (!descriptor_.is_open()) return arrow::Status::OK();
    // The descriptor is gone whatever close says, EINTR included; a second close could hit another
    // thread's file.
    if (close(descriptor_.Release()) != 0 && errno != EINTR) {
      return Final(FileError("close", path_, errno));
    }
    return first_error_;
  }

  int64_t size() const override { return size_; }

 private:
  arrow::Status CheckUsable(std::string_view operation) const {
    if (!first_error_.ok()) return first_error_;
    return descriptor_.is_open() ? arrow::Status::OK() : FileError(operation, path_, EBADF);
  }
  arrow::Status Final(arrow::Status status) {
    if (!status.ok()) first_error_ = status;
    return status;
  }

  Descriptor descriptor_;
  std::string path_;
  int64_t size_ = 0;
  arrow::Status first_error_;
};

class RealReadableFile final : public ReadableFile {
 public:
  RealReadableFile(Descriptor descriptor, std::string path)
      : descriptor_(std::move(descriptor)), path_(std::move(path)) {}

  arrow::Result<int64_t> ReadAt(int64_t offset, std::span<char> bytes) override {
    size_t num_read = 0;
    while (num_read < bytes.size()) {
      const ssize_t count = pread(descriptor_.number(), bytes.data() + num_read,
                                  bytes.size() - num_read, offset + static_cast<int64_t>(num_read));
      if (count == 0) break;
      if (count > 0) {
        num_read += static_cast<size_t>(count);
      } else if (errno != EINTR) {
        return FileError("read", path_, errno);
      }
    }
    return static_cast<int64_t>(num_read);
  }

  arrow::Result<int64_t> Size() override {
    struct stat info;
    if (fstat(descriptor_.number(), &info) != 0) return FileError("stat", path_, errno);
    return static_cast<int64_t>(info.st_size);
  }

 private:
  Descriptor descriptor_;
  std::string path_;
};

class RealFiles final : public Files {
 public:
  // List follows links, out of the tree, and leaves out those that lead nowhere; this unlinks them.
  arrow::Status RemoveTree(const std::string& path) override {
    std::error_code error;
    std::filesystem::remove_all(path, error);
    return error ? FileError("remove", path, error.value()) : arrow::Status::OK();
  }

  arrow::Result<std::unique_ptr<WritableFile>> OpenForWrite(const std::string& path) override {
    ARROW_ASSIGN_OR_RAISE(Descriptor descriptor, Open(path, O_WRONLY | O_CREAT | O_TRUNC));
    return std::make_unique<RealWritableFile>(std::move(descriptor), path);
  }

  arrow::Result<std::unique_ptr<ReadableFile>> OpenForRead(const std::string& path) override {
    ARROW_ASSIGN_OR_RAISE(Descriptor descriptor, Open(path, O_RDONLY));
    // A folder opens like a file, and only reading it fails.
    struct stat info;
    if (fstat(descriptor.number(), &info) != 0) return FileError("stat", path, errno);
    if (S_ISDIR(info.st_mode)) return FileError("open", path, EISDIR);
    return std::make_unique<RealReadableFile>(std::move(descriptor), path);
  }

  arrow::Status CreateExclusive(const std::string& path, std::string_view content) override {
    // A hard link fails if its name is taken and appears with the whole content: O_EXCL would show
    // an empty file first.
    const std::string folder = ParentPath(path);
    const std::string staged =
        fmt::format("{}/.{}.{:016x}.tmp", folder, path.substr(path.rfind('/') + 1),
                    Env::Real().random->NextU64());
    const arrow::Status status = StageAndLink(staged, path, content);
    const bool is_removed = unlink(staged.c_str()) == 0 || errno == ENOENT;
    ARROW_RETURN_NOT_OK(status);
    if (!is_removed) return FileError("unlink", staged, errno);
    return SyncDir(folder);
  }

  arrow::Status Rename(const std::string& from, const std::string& to) override {
    struct stat info;
    if (stat(from.c_str(), &info) != 0) return FileError("rename", from, errno);
    if (S_ISDIR(info.st_mode)) return FileError("rename", from, EISDIR);
    CrashPoint(crash_point::kRename);
    if (rename(from.c_str(), to.c_str()) != 0) {
      return FileError("rename", fmt::format("{} to {}", from, to), errno);
    }
    CrashPoint(crash_point::kRename);
    return arrow::Status::OK();
  }

  arrow::Status Remove(const std::string& path) override {
    return remove(path.c_str()) == 0 ? arrow::Status::OK() : FileError("remove", path, errno);
  }

  arrow::Result<std::vector<DirEntry>> List(const std::string& path) override {
    const std::unique_ptr<DIR, int (*)(DIR*)> folder(opendir(path.c_str()), closedir);
    if (folder == nullptr) return FileError("list", path, errno);
    std::vector<DirEntry> entries;
    while (true) {
      errno = 0;
      const dirent* entry = readdir(folder.get());
      if (entry == nullptr) break;
      const std::string_view name = entry->d_name;
      if (name == "." || name == "..") continue;
      struct stat info;
      if (fstatat(dirfd(folder.get()), entry->d_name, &info, 0) != 0) {
        // Gone since it was read, or a link to nowhere.
        if (errno == ENOENT) continue;
        return FileError("stat", fmt::format("{}/{}", path, name), errno);
      }
      const bool is_directory = S_ISDIR(info.st_mode);
      entries.push_back({std::string(name), is_directory, is_directory ? 0 : info.st_size});
    }
    if (errno != 0) return FileError("list", path, errno);
    std::sort(entries.begin(), entries.end(),
              [](const DirEntry& left, const DirEntry& right) { return left.name < right.name; });
    return entries;
  }

  arrow::Status CreateDir(const std::string& path) override {
    if (mkdir(path.c_str(), 0777) == 0) return arrow::Status::OK();
    if (errno == ENOENT && ParentPath(path) != path) {
      ARROW_RETURN_NOT_OK(CreateDir(ParentPath(path)));
      if (mkdir(path.c_str(), 0777) == 0) return arrow::Status::OK();
    }
    const int error_number = errno;
    struct stat info;
    if (error_number == EEXIST && stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode)) {
      return arrow::Status::OK();
    }
    return FileError("mkdir", path, error_number);
  }

  arrow::Status SyncDir(const std::string& path) override {
    ARROW_ASSIGN_OR_RAISE(const Descriptor descriptor, Open(path, O_RDONLY | O_DIRECTORY));
    return SyncDescriptor(descriptor.number(), path);
  }

  arrow::Result<bool> Exists(const std::string& path) override {
    struct stat info;
    if (stat(path.c_str(), &info) == 0) return true;
    if (errno == ENOENT || errno == ENOTDIR) return false;
    return FileError("stat", path, errno);
  }

  arrow::Result<int64_t> Size(const std::string& path) override {
    struct stat info;
    if (stat(path.c_str(), &info) != 0) return FileError("stat", path, errno);
    return static_cast<int64_t>(info.st_size);
  }

 private:
  arrow::Status StageAndLink(const std::string& staged, const std::string& path,
                             std::string_view content) {
    ARROW_ASSIGN_OR_RAISE(const std::unique_ptr<WritableFile> file, OpenForWrite(staged));
    ARROW_RETURN_NOT_OK(file->Append(content));
    ARROW_RETURN_NOT_OK(file->Sync());
    ARROW_RETURN_NOT_OK(file->Close());
    CrashPoint(crash_point::kRename);
    if (link(staged.c_str(), path.c_str()) != 0) return FileError("link", path, errno);
    CrashPoint(crash_point::kRename);
    return arrow::Status::OK();
  }
};

}  // namespace

namespace internal {

std::unique_ptr<Files> MakeRealFiles() { return std::make_unique<RealFiles>(); }

}  // namespace internal
}  // namespace sabot
