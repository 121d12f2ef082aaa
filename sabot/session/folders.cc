#include "sabot/session/folders.h"

#include <cerrno>
#include <filesystem>
#include <ranges>
#include <system_error>
#include <vector>

#include <unistd.h>

#include "sabot/base/env.h"
#include "sabot/base/error.h"

namespace sabot {

namespace fs = std::filesystem;

std::string CanonicalPath(const std::string& path) {
  std::error_code error;
  const fs::path absolute = fs::absolute(path, error);
  if (error) return path;
  const fs::path place = fs::weakly_canonical(absolute, error);
  std::string text = (error ? absolute.lexically_normal() : place).string();
  while (text.size() > 1 && text.ends_with('/')) text.pop_back();
  return text;
}

arrow::Status CheckWritable(const std::string& folder, const std::string& path) {
  const auto refused = [&](const std::string& place, const std::error_code& error) {
    return MakeError("FOLDER_NOT_WRITABLE",
                     {{"path", path}, {"message", error.message() + ": " + place}});
  };
  std::vector<std::string> missing;  // innermost first
  std::string existing = folder;
  std::error_code error;
  while (!fs::exists(existing, error) && !error && existing != ParentPath(existing)) {
    missing.push_back(existing);
    existing = ParentPath(existing);
  }
  if (!error && !fs::is_directory(existing, error)) {
    error = std::make_error_code(std::errc::not_a_directory);
  }
  if (!error && access(existing.c_str(), W_OK | X_OK) != 0) {
    error = std::error_code(errno, std::generic_category());
  }
  if (error) return refused(existing, error);
  for (const std::string& made : missing | std::views::reverse) {
    fs::create_directory(made, error);
    if (error) return refused(ParentPath(made), error);
    // Whoever writes into it finds it there, and takes its name for safe.
    ARROW_RETURN_NOT_OK(Env::Real().files->SyncDir(ParentPath(made)));
  }
  return arrow::Status::OK();
}

}  // namespace sabot
