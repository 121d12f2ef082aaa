#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "sabot/base/crash_point.h"
#include "sabot/base/simulated_machine.h"

namespace sabot::internal {
namespace {

// One call of a file port: its fate, its line in the trace.
class Call {
 public:
  Call(SimulatedMachine* machine, FileOperation operation, std::string_view name, std::string path)
      : machine_(machine), name_(name), path_(std::move(path)), fate_(machine->Begin(operation)) {}

  /// Dies here if it is the fate of this call.
  void MaybeCrash() {
    if (!fate_.crash) return;
    machine_->Trace(fmt::format("{} {}", name_, path_));
    machine_->Die(*fate_.crash, fate_.where);
    throw SimulatedCrash{fate_.where};
  }
  bool comes_about() const { return fate_.comes_about; }
  bool fails() const { return fate_.error_number != 0; }

  /// error_number: the program's own fault; it comes before what fate has in store.
  arrow::Status End(int error_number = 0, std::string_view note = {}) {
    if (error_number == 0) error_number = fate_.error_number;
    machine_->Trace(fmt::format("{} {}{} -> {}", name_, path_, note,
                                error_number == 0 ? "ok" : std::strerror(error_number)));
    return error_number == 0 ? arrow::Status::OK() : FileError(name_, path_, error_number);
  }

 private:
  SimulatedMachine* machine_;
  std::string_view name_;
  std::string path_;
  SimulatedMachine::Fate fate_;
};

// Open handles die with the process that holds them.
arrow::Status CheckLife(SimulatedMachine* machine, int64_t life) {
  ARROW_RETURN_NOT_OK(machine->CheckUp());
  if (life != machine->life()) {
    return arrow::Status::IOError("this file was open in a process that crashed");
  }
  return arrow::Status::OK();
}

class SimulatedWritableFile final : public WritableFile {
 public:
  SimulatedWritableFile(SimulatedMachine* machine, std::string path, InodePtr inode)
      : machine_(machine),
        path_(std::move(path)),
        inode_(std::move(inode)),
        life_(machine->life()) {}

  arrow::Status Append(std::string_view bytes) override {
    ARROW_RETURN_NOT_OK(CheckUsable("write"));
    Call call(machine_, FileOperation::kAppend, "write", path_);
    const std::string note = fmt::format(" {} bytes", bytes.size());
    const int64_t num_free = machine_->options().disk_bytes - machine_->disk().num_bytes();
    if (static_cast<int64_t>(bytes.size()) > num_free) {
      inode_->content.append(bytes.substr(0, static_cast<size_t>(std::max<int64_t>(num_free, 0))));
      return Final(call.End(ENOSPC, note));
    }
    if (call.fails()) {
      inode_->content.append(bytes.substr(0, machine_->fault_numbers().Below(bytes.size() + 1)));
      return Final(call.End(0, note));
    }
    const std::string_view half = bytes.substr(0, bytes.size() / 2);
    inode_->content.append(half);
    call.MaybeCrash();
    CrashPoint(crash_point::kWrite);
    inode_->content.append(bytes.substr(half.size()));
    size_ += static_cast<int64_t>(bytes.size());
    return call.End(0, note);
  }

  arrow::Status Sync() override {
    ARROW_RETURN_NOT_OK(CheckUsable("fsync"));
    Call call(machine_, FileOperation::kSync, "fsync", path_);
    call.MaybeCrash();
    CrashPoint(crash_point::kFsync);
    // An error comes with the bytes lost: they stay readable until the crash, as in the page cache.
    if (!call.fails()) inode_->num_synced = inode_->content.size();
    return Final(call.End());
  }

  arrow::Status Close() override {
    if (is_closed_) return arrow::Status::OK();
    ARROW_RETURN_NOT_OK(CheckLife(machine_, life_));
    is_closed_ = true;
    Call call(machine_, FileOperation::kClose, "close", path_);
    call.MaybeCrash();
    const arrow::Status status = call.End();
    return first_error_.ok() ? Final(status) : first_error_;
  }

  int64_t size() const override { return size_; }

 private:
  arrow::Status CheckUsable(std::string_view operation) const {
    ARROW_RETURN_NOT_OK(CheckLife(machine_, life_));
    if (!first_error_.ok()) return first_error_;
    return is_closed_ ? FileError(operation, path_, EBADF) : arrow::Status::OK();
  }
  arrow::Status Final(arrow::Status status) {
    if (!status.ok()) first_error_ = status;
    return status;
  }

  SimulatedMachine* const machine_;
  const std::string path_;
  const InodePtr inode_;
  const int64_t life_;
  int64_t size_ = 0;
  bool is_closed_ = false;
  arrow::Status first_error_;
};

class SimulatedReadableFile final : public ReadableFile {
 public:
  SimulatedReadableFile(SimulatedMachine* machine, std::string path, InodePtr inode)
      : machine_(machine),
        path_(std::move(path)),
        inode_(std::move(inode)),
        life_(machine->life()) {}

  arrow::Result<int64_t> ReadAt(int64_t offset, std::span<char> bytes) override {
    ARROW_RETURN_NOT_OK(CheckLife(machine_, life_));
    Call call(machine_, FileOperation::kRead, "read", path_);
    call.MaybeCrash();
    const size_t begin = std::min(static_cast<size_t>(offset), inode_->content.size());
    const size_t num_read = std::min(bytes.size(), inode_->content.size() - begin);
    ARROW_RETURN_NOT_OK(call.End(0, fmt::format(" {} bytes at {}", num_read, offset)));
    std::memcpy(bytes.data(), inode_->content.data() + begin, num_read);
    return static_cast<int64_t>(num_read);
  }

  arrow::Result<int64_t> Size() override {
    ARROW_RETURN_NOT_OK(CheckLife(machine_, life_));
    Call call(machine_, FileOperation::kStat, "stat", path_);
    call.MaybeCrash();
    ARROW_RETURN_NOT_OK(call.End());
    return static_cast<int64_t>(inode_->content.size());
  }

 private:
  SimulatedMachine* const machine_;
  const std::string path_;
  const InodePtr inode_;
  const int64_t life_;
};

class SimulatedFiles final : public Files {
 public:
  explicit SimulatedFiles(SimulatedMachine* machine) : machine_(machine) {}

  arrow::Result<std::unique_ptr<WritableFile>> OpenForWrite(const std::string& raw_path) override {
    ARROW_RETURN_NOT_OK(machine_->CheckUp());
    const std::string path = SimulatedDisk::Normalized(raw_path);
    Call call(machine_, FileOperation::kOpenForWrite, "open for write", path);
    call.MaybeCrash();
    if (const int error = CheckParent(path)) return call.End(error);
    if (disk().IsDirectory(path)) return call.End(EISDIR);
    auto inode = std::make_shared<Inode>();
    if (call.comes_about()) disk().Change({{path, inode}});
    ARROW_RETURN_NOT_OK(call.End());
    return std::make_unique<SimulatedWritableFile>(machine_, path, inode);
  }

  arrow::Result<std::unique_ptr<ReadableFile>> OpenForRead(const std::string& raw_path) override {
    ARROW_RETURN_NOT_OK(machine_->CheckUp());
    const std::string path = SimulatedDisk::Normalized(raw_path);
    Call call(machine_, FileOperation::kOpenForRead, "open for read", path);
    call.MaybeCrash();
    const InodePtr inode = disk().Find(path);
    if (disk().IsDirectory(path)) return call.End(EISDIR);
    if (inode == nullptr) return call.End(ENOENT);
    ARROW_RETURN_NOT_OK(call.End());
    return std::make_unique<SimulatedReadableFile>(machine_, path, inode);
  }

  // The steps of the real one, so that a crash between them leaves what it would there.
  arrow::Status CreateExclusive(const std::string& raw_path, std::string_view content) override {
    ARROW_RETURN_NOT_OK(machine_->CheckUp());
    const std::string path = SimulatedDisk::Normalized(raw_path);
    const std::string folder = ParentPath(path);
    Call call(machine_, FileOperation::kCreateExclusive, "create exclusive", path);
    if (const int error = CheckParent(path)) return call.End(error);
    const int64_t num_free = machine_->options().disk_bytes - disk().num_bytes();
    if (static_cast<int64_t>(content.size()) > num_free) return call.End(ENOSPC);

    const std::string staged =
        fmt::format("{}/.{}.{:016x}.tmp", folder, path.substr(path.rfind('/') + 1),
                    machine_->program_numbers().Next());
    auto inode = std::make_shared<Inode>();
    disk().Change({{SimulatedDisk::Normalized(staged), inode}});
    inode->content = content.substr(0, content.size() / 2);
    CrashPoint(crash_point::kWrite);
    inode->content = content;
    CrashPoint(crash_point::kFsync);
    inode->num_synced = content.size();
    const bool is_free = disk().Find(path) == nullptr && !disk().IsDirectory(path);
    CrashPoint(crash_point::kRename);
    if (is_free && call.comes_about()) disk().Change({{path, inode}});
    call.MaybeCrash();
    CrashPoint(crash_point::kRename);
    disk().Change({{SimulatedDisk::Normalized(staged), nullptr}});
    if (!is_free) return call.End(EEXIST);
    if (call.fails()) return call.End();
    CrashPoint(crash_point::kFsync);
    disk().SyncDir(folder);
    return call.End();
  }

  arrow::Status Rename(const std::string& raw_from, const std::string& raw_to) override {
    ARROW_RETURN_NOT_OK(machine_->CheckUp());
    const std::string from = SimulatedDisk::Normalized(raw_from);
    const std::string to = SimulatedDisk::Normalized(raw_to);
    Call call(machine_, FileOperation::kRename, "rename", fmt::format("{} to {}", from, to));
    const InodePtr inode = disk().Find(from);
    if (inode == nullptr && !disk().IsDirectory(from)) return call.End(ENOENT);
    if (disk().IsDirectory(from) || disk().IsDirectory(to)) return call.End(EISDIR);
    if (const int error = CheckParent(to)) return call.End(error);
    call.MaybeCrash();
    CrashPoint(crash_point::kRename);
    if (call.comes_about() && from != to) disk().Change({{from, nullptr}, {to, inode}});
    CrashPoint(crash_point::kRename);
    return call.End();
  }

  arrow::Status Remove(const std::string& raw_path) override {
    ARROW_RETURN_NOT_OK(machine_->CheckUp());
    const std::string path = SimulatedDisk::Normalized(raw_path);
    Call call(machine_, FileOperation::kRemove, "remove", path);
    call.MaybeCrash();
    if (disk().Find(path) == nullptr) return call.End(ENOENT);
    if (disk().IsDirectory(path) && !disk().List(path).empty()) return call.End(ENOTEMPTY);
    if (call.comes_about()) disk().Change({{path, nullptr}});
    return call.End();
  }

  arrow::Result<std::vector<DirEntry>> List(const std::string& raw_path) override {
    ARROW_RETURN_NOT_OK(machine_->CheckUp());
    const std::string path = SimulatedDisk::Normalized(raw_path);
    Call call(machine_, FileOperation::kList, "list", path);
    call.MaybeCrash();
    if (!disk().IsDirectory(path)) {
      return call.End(disk().Find(path) == nullptr ? ENOENT : ENOTDIR);
    }
    ARROW_RETURN_NOT_OK(call.End());
    return disk().List(path);
  }

  arrow::Status CreateDir(const std::string& raw_path) override {
    ARROW_RETURN_NOT_OK(machine_->CheckUp());
    const std::string path = SimulatedDisk::Normalized(raw_path);
    if (!disk().IsDirectory(ParentPath(path))) ARROW_RETURN_NOT_OK(CreateDir(ParentPath(path)));
    Call call(machine_, FileOperation::kCreateDir, "mkdir", path);
    call.MaybeCrash();
    if (disk().IsDirectory(path)) return call.End();
    if (disk().Find(path) != nullptr) return call.End(EEXIST);
    if (call.comes_about()) disk().Change({{path, std::make_shared<Inode>(Inode{true})}});
    return call.End();
  }

  arrow::Status SyncDir(const std::string& raw_path) override {
    ARROW_RETURN_NOT_OK(machine_->CheckUp());
    const std::string path = SimulatedDisk::Normalized(raw_path);
    Call call(machine_, FileOperation::kSyncDir, "fsync folder", path);
    if (!disk().IsDirectory(path)) return call.End(ENOENT);
    call.MaybeCrash();
    CrashPoint(crash_point::kFsync);
    if (call.comes_about()) disk().SyncDir(path);
    return call.End();
  }

  arrow::Result<bool> Exists(const std::string& raw_path) override {
    ARROW_RETURN_NOT_OK(machine_->CheckUp());
    const std::string path = SimulatedDisk::Normalized(raw_path);
    Call call(machine_, FileOperation::kStat, "stat", path);
    call.MaybeCrash();
    ARROW_RETURN_NOT_OK(call.End());
    return disk().IsDirectory(path) || disk().Find(path) != nullptr;
  }

  arrow::Result<int64_t> Size(const std::string& raw_path) override {
    ARROW_RETURN_NOT_OK(machine_->CheckUp());
    const std::string path = SimulatedDisk::Normalized(raw_path);
    Call call(machine_, FileOperation::kStat, "stat", path);
    call.MaybeCrash();
    const InodePtr inode = disk().Find(path);
    if (inode == nullptr) return call.End(ENOENT);
    ARROW_RETURN_NOT_OK(call.End());
    return static_cast<int64_t>(inode->content.size());
  }

 private:
  SimulatedDisk& disk() { return machine_->disk(); }
  int CheckParent(const std::string& path) {
    const std::string parent = ParentPath(path);
    if (disk().IsDirectory(parent)) return 0;
    return disk().Find(parent) == nullptr ? ENOENT : ENOTDIR;
  }

  SimulatedMachine* const machine_;
};

}  // namespace

std::unique_ptr<Files> MakeSimulatedFiles(SimulatedMachine* machine) {
  return std::make_unique<SimulatedFiles>(machine);
}

}  // namespace sabot::internal
