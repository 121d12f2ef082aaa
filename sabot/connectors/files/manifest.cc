#include "sabot/connectors/files/manifest.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "sabot/base/error.h"

namespace sabot {
namespace {

constexpr std::string_view kFirstLine = "sabot manifest 1";

template <typename T>
bool ParseNumber(std::string_view text, T* number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *number);
  return error == std::errc() && end == text.data() + text.size();
}

// The text up to the separator, which is taken away with it.
std::string_view TakeUntil(char separator, std::string_view* text) {
  const size_t at = std::min(text->find(separator), text->size());
  const std::string_view part = text->substr(0, at);
  text->remove_prefix(std::min(at + 1, text->size()));
  return part;
}

bool DecodeLine(std::string_view line, ManifestFile* file) {
  file->name = TakeUntil('\t', &line);
  return !file->name.empty() && file->name.find('/') == std::string::npos &&
         ParseNumber(TakeUntil('\t', &line), &file->size_bytes) &&
         ParseNumber(TakeUntil('\t', &line), &file->num_rows) && line.empty();
}

}  // namespace

std::string EncodeManifest(const std::vector<ManifestFile>& files) {
  std::string text(kFirstLine);
  text += '\n';
  for (const ManifestFile& file : files) {
    text += fmt::format("{}\t{}\t{}\n", file.name, file.size_bytes, file.num_rows);
  }
  return text;
}

arrow::Result<std::vector<ManifestFile>> DecodeManifest(std::string_view text,
                                                        const std::string& path) {
  const auto malformed = [&](std::string message) {
    return MakeError("MALFORMED_FILE",
                     {{"path", path}, {"format", "manifest"}, {"message", std::move(message)}});
  };
  if (!text.ends_with('\n')) return malformed("its last line has no end");
  if (TakeUntil('\n', &text) != kFirstLine) {
    return malformed(fmt::format("its first line is not '{}'", kFirstLine));
  }
  std::vector<ManifestFile> files;
  while (!text.empty()) {
    const std::string_view line = TakeUntil('\n', &text);
    if (!DecodeLine(line, &files.emplace_back())) {
      return malformed(fmt::format("'{}' is not a name, bytes and rows", line));
    }
  }
  return files;
}

std::string ManifestFolder(const std::string& folder) { return folder + "/_manifest"; }

std::string ManifestPath(const std::string& folder, Epoch epoch) {
  return fmt::format("{}/{}", ManifestFolder(folder), epoch);
}

arrow::Result<std::optional<std::vector<std::string>>> ListCommitted(Files& files,
                                                                     const std::string& folder) {
  ARROW_ASSIGN_OR_RAISE(const bool exists, files.Exists(ManifestFolder(folder)));
  if (!exists) return std::nullopt;
  ARROW_ASSIGN_OR_RAISE(const std::vector<DirEntry> entries, files.List(ManifestFolder(folder)));
  std::vector<Epoch> epochs;
  for (const DirEntry& entry : entries) {
    Epoch epoch = 0;
    // A crash may leave a hidden file of CreateExclusive.
    if (ParseNumber(entry.name, &epoch)) epochs.push_back(epoch);
  }
  std::ranges::sort(epochs);
  std::vector<std::string> paths;
  for (const Epoch epoch : epochs) {
    const std::string path = ManifestPath(folder, epoch);
    ARROW_ASSIGN_OR_RAISE(const std::string text, files.ReadAll(path));
    ARROW_ASSIGN_OR_RAISE(const std::vector<ManifestFile> listed, DecodeManifest(text, path));
    for (const ManifestFile& file : listed) paths.push_back(folder + "/" + file.name);
  }
  return paths;
}

}  // namespace sabot
