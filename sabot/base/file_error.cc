// Parts of env.h that real and simulated files share.
#include <cerrno>

#include <fmt/format.h>

#include "sabot/base/env.h"
#include "sabot/base/error.h"

namespace sabot {
namespace {

bool IsClass(const arrow::Status& status, std::string_view name) {
  const ErrorDetail* detail = GetErrorDetail(status);
  return detail != nullptr && detail->error_class().name == name;
}

std::string Join(const std::string& folder, const std::string& name) {
  return folder.ends_with('/') ? folder + name : folder + '/' + name;
}

}  // namespace

arrow::Status FileError(std::string_view operation, const std::string& path, int error_number) {
  const std::string text = std::generic_category().message(error_number);
  switch (error_number) {
    case ENOENT:
      return MakeError("FILE_NOT_FOUND", {{"path", path}});
    case EEXIST:
      return MakeError("FILE_ALREADY_EXISTS", {{"path", path}});
    case ENOSPC:
    case EDQUOT:
      return MakeError("OUT_OF_DISK",
                       {{"path", path}, {"message", fmt::format("{}: {}", operation, text)}});
    default:
      return MakeError("IO_ERROR", {{"message", fmt::format("{} of {} failed: {} (errno {})",
                                                            operation, path, text, error_number)}});
  }
}

bool IsFileNotFound(const arrow::Status& status) { return IsClass(status, "FILE_NOT_FOUND"); }
bool IsFileExists(const arrow::Status& status) { return IsClass(status, "FILE_ALREADY_EXISTS"); }
bool IsOutOfDisk(const arrow::Status& status) { return IsClass(status, "OUT_OF_DISK"); }

std::string ParentPath(std::string_view path) {
  while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  const size_t slash = path.rfind('/');
  if (slash == path.npos) return ".";
  std::string_view parent = path.substr(0, slash);
  while (parent.ends_with('/')) parent.remove_suffix(1);
  return parent.empty() ? "/" : std::string(parent);
}

arrow::Result<std::string> Files::ReadAll(const std::string& path) {
  ARROW_ASSIGN_OR_RAISE(const std::unique_ptr<ReadableFile> file, OpenForRead(path));
  ARROW_ASSIGN_OR_RAISE(const int64_t size, file->Size());
  std::string content(static_cast<size_t>(size), '\0');
  ARROW_ASSIGN_OR_RAISE(const int64_t num_read, file->ReadAt(0, content));
  content.resize(static_cast<size_t>(num_read));
  return content;
}

arrow::Status Files::RemoveTree(const std::string& path) {
  ARROW_ASSIGN_OR_RAISE(const bool exists, Exists(path));
  if (!exists) return arrow::Status::OK();
  const arrow::Result<std::vector<DirEntry>> entries = List(path);
  // Not a folder: then it is a file, and Remove says so if it is neither.
  if (entries.ok()) {
    for (const DirEntry& entry : *entries) {
      const std::string child = Join(path, entry.name);
      ARROW_RETURN_NOT_OK(entry.is_directory ? RemoveTree(child) : Remove(child));
    }
  }
  return Remove(path);
}

}  // namespace sabot
