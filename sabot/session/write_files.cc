#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include "sabot/base/error.h"
#include "sabot/connectors/files/sink.h"
#include "sabot/session/commands.h"
#include "sabot/session/folders.h"

namespace sabot {
namespace {

namespace fs = std::filesystem;

/// Is a path itself, or below the folder?
bool IsWithin(const std::string& path, const std::string& folder) {
  return path == folder || (path.starts_with(folder) && path[folder.size()] == '/');
}

bool ReadsFrom(const LogicalNode& node, const std::string& folder) {
  if (const auto* scan = node.As<LogicalScan>(); scan != nullptr) {
    if (scan->table.connector != "files") return false;
    return std::ranges::any_of(scan->table.paths, [&](const std::string& path) {
      const std::string place = CanonicalPath(path);
      return IsWithin(place, folder) || IsWithin(folder, place);
    });
  }
  return std::ranges::any_of(node.inputs,
                             [&](const LogicalPtr& input) { return ReadsFrom(*input, folder); });
}

/// The folders of one write. What is left of it goes when this does.
class Replacement {
 public:
  Replacement(const Env& env, std::string target) : env_(env), target_(std::move(target)) {
    const fs::path path = target_;
    const std::string hidden = fmt::format("{}/.{}.{:016x}", ParentPath(target_),
                                           path.filename().string(), env_.random->NextU64());
    made_ = hidden + ".new";
    replaced_ = hidden + ".old";
  }
  ~Replacement() { static_cast<void>(env_.files->RemoveTree(made_)); }

  /// Where the rows go first.
  const std::string& made() const { return made_; }

  /// Put what was made in the target's place. A process that dies between the two renamings leaves
  /// the old content under its hidden name.
  arrow::Status Swap() {
    std::error_code error;
    const bool exists = fs::exists(fs::symlink_status(target_, error));
    if (exists) {
      fs::rename(target_, replaced_, error);
      if (error) return FileError("replace", target_, error.value());
    }
    fs::rename(made_, target_, error);
    if (error) {
      std::error_code ignored;
      if (exists) fs::rename(replaced_, target_, ignored);
      return FileError("replace", target_, error.value());
    }
    ARROW_RETURN_NOT_OK(env_.files->SyncDir(ParentPath(target_)));
    return exists ? env_.files->RemoveTree(replaced_) : arrow::Status::OK();
  }

 private:
  const Env& env_;
  const std::string target_;
  std::string made_;
  std::string replaced_;
};

}  // namespace

arrow::Result<std::shared_ptr<const Query>> RunWriteFiles(const syntax::WriteFiles& write,
                                                          Span span,
                                                          const CommandContext& context) {
  ARROW_ASSIGN_OR_RAISE(LogicalPlan plan, Analyze(write.query, context.analyzer));
  ARROW_RETURN_NOT_OK(CheckDistinctNames(SchemaOf(plan.root)));
  const Env& env = context.analyzer.env;
  ARROW_ASSIGN_OR_RAISE(std::string folder, FolderOfSink(write.path));
  folder = CanonicalPath(folder);
  ARROW_ASSIGN_OR_RAISE(const bool exists, env.files->Exists(folder));
  if (exists && !write.overwrite) {
    return MakeError("FILE_ALREADY_EXISTS", {{"path", write.path}}, span,
                     "choose another path, or overwrite");
  }
  if (exists && ReadsFrom(*plan.root, folder)) {
    return MakeError("UNSUPPORTED_OVERWRITE.PATH", {{"path", write.path}}, span);
  }
  ARROW_RETURN_NOT_OK(CheckWritable(ParentPath(folder), write.path));
  Replacement replacement(env, folder);
  SinkDescription sink;
  sink.connector = "files";
  sink.format = write.format;
  sink.path = replacement.made();
  for (const auto& [key, value] : write.options) sink.options.emplace_back(key, value);
  sink.schema = SchemaOf(plan.root);
  plan.root = MakeLogical(LogicalSink{std::move(sink)}, {std::move(plan.root)});
  ARROW_ASSIGN_OR_RAISE(const auto query,
                        MakeLazyQuery(context.core, std::move(plan), nullptr, context.text));
  {
    ARROW_ASSIGN_OR_RAISE(const auto stream, query->Execute());
    while (true) {
      ARROW_ASSIGN_OR_RAISE(const auto batch, stream->Next(context.hook));
      if (!batch.has_value()) break;
    }
  }
  ARROW_RETURN_NOT_OK(replacement.Swap());
  return MakeCommandResult(nullptr, {}, {});
}

}  // namespace sabot
