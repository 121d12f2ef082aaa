#include "sabot/session/folders.h"

#include <cerrno>
#include <filesystem>
#include <system_error>

#include <unistd.h>

#include "sabot/base/error.h"

namespace sabot {

std::string CanonicalPath(const std::string& path) {
  std::error_code error;
  const std::filesystem::path absolute = std::filesystem::absolute(path, error);
  if (error) return path;
  const std::filesystem::path place = std::filesystem::weakly_canonical(absolute, error);
  std::string text = (error ? absolute.lexically_normal() : place).string();
  while (text.size() > 1 && text.ends_with('/')) text.pop_back();
  return text;
}

arrow::Status CheckWritable(const std::string& folder, const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (!error && !std::filesystem::is_directory(folder, error)) {
    error = std::make_error_code(std::errc::not_a_directory);
  }
  if (!error && access(folder.c_str(), W_OK | X_OK) != 0) {
    error = std::error_code(errno, std::generic_category());
  }
  if (!error) return arrow::Status::OK();
  return MakeError("FOLDER_NOT_WRITABLE", {{"path", path}, {"message", error.message()}});
}

}  // namespace sabot
