#include "sabot/formats/glob.h"

#include <algorithm>

#include <fmt/format.h>

#include "sabot/base/error.h"

namespace sabot {
namespace {

// Does a class ("[a-z]", "[!x]") at pattern[at] match c? Moves `at` past it; false and unmoved if
// the bracket is never closed, so that it stands for itself.
bool MatchClass(std::string_view pattern, size_t* at, char c, bool* matches) {
  size_t i = *at + 1;
  const bool is_negated = i < pattern.size() && (pattern[i] == '!' || pattern[i] == '^');
  if (is_negated) ++i;
  bool found = false;
  for (bool is_first = true; i < pattern.size(); is_first = false) {
    if (pattern[i] == ']' && !is_first) {
      *at = i + 1;
      *matches = found != is_negated && c != '/';
      return true;
    }
    if (pattern[i] == '\\' && i + 1 < pattern.size()) ++i;
    const auto low = static_cast<unsigned char>(pattern[i++]);
    auto high = low;
    if (i + 1 < pattern.size() && pattern[i] == '-' && pattern[i + 1] != ']') {
      high = static_cast<unsigned char>(pattern[i + 1]);
      i += 2;
    }
    const auto byte = static_cast<unsigned char>(c);
    if (low <= byte && byte <= high) found = true;
  }
  return false;
}

// One pattern without alternatives. `*` remembers where it stood, and takes one more character
// whenever what follows fails: linear in the product of both lengths.
bool MatchSimple(std::string_view pattern, std::string_view name) {
  size_t p = 0;
  size_t n = 0;
  size_t star = pattern.npos;
  size_t star_name = 0;
  while (n < name.size()) {
    if (p < pattern.size()) {
      size_t next = p;
      bool matches = false;
      if (pattern[p] == '*') {
        star = p++;
        star_name = n;
        continue;
      }
      if (pattern[p] == '?') {
        next = p + 1;
        matches = name[n] != '/';
      } else if (pattern[p] == '[' && MatchClass(pattern, &next, name[n], &matches)) {
      } else {
        if (pattern[p] == '\\' && p + 1 < pattern.size()) ++next;
        matches = pattern[next] == name[n];
        ++next;
      }
      if (matches) {
        p = next;
        ++n;
        continue;
      }
    }
    if (star == pattern.npos || name[star_name] == '/') return false;
    p = star + 1;
    n = ++star_name;
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

constexpr size_t kAlternativesMax = 10'000;

// "a{b,c}d" -> "abd", "acd"; nested braces too. A brace that is never closed stands for itself.
void ExpandBraces(const std::string& pattern, std::vector<std::string>* out) {
  if (out->size() >= kAlternativesMax) return;
  size_t open = 0;
  while (open < pattern.size() && pattern[open] != '{') open += pattern[open] == '\\' ? 2 : 1;
  std::vector<size_t> cuts{open};
  int depth = 0;
  for (size_t i = open; i < pattern.size(); ++i) {
    if (pattern[i] == '\\') {
      ++i;
    } else if (pattern[i] == '{') {
      ++depth;
    } else if (pattern[i] == ',' && depth == 1) {
      cuts.push_back(i);
    } else if (pattern[i] == '}' && --depth == 0) {
      cuts.push_back(i);
      break;
    }
  }
  if (open >= pattern.size() || depth != 0) {
    out->push_back(pattern);
    return;
  }
  for (size_t i = 0; i + 1 < cuts.size(); ++i) {
    ExpandBraces(pattern.substr(0, open) + pattern.substr(cuts[i] + 1, cuts[i + 1] - cuts[i] - 1) +
                     pattern.substr(cuts.back() + 1),
                 out);
  }
}

bool HasWildcard(std::string_view text) { return text.find_first_of("*?[{\\") != text.npos; }
// "_date=2024-01-01" is the folder of a value.
bool IsHidden(std::string_view name) {
  return name.starts_with('.') || (name.starts_with('_') && name.find('=') == name.npos);
}

std::string Join(const std::string& folder, const std::string& name) {
  if (folder.empty()) return name;
  return folder.ends_with('/') ? folder + name : folder + '/' + name;
}

constexpr int kFolderDepthMax = 64;  // links may make a ring

class Expansion {
 public:
  explicit Expansion(Files& files) : files_(files) {}

  // Every file below a folder, for a path that names one.
  arrow::Status AddFolder(const std::string& folder, int depth) {
    if (depth > kFolderDepthMax) return arrow::Status::OK();
    ARROW_ASSIGN_OR_RAISE(const std::vector<DirEntry> entries, files_.List(folder));
    for (const DirEntry& entry : entries) {
      if (IsHidden(entry.name)) continue;
      const std::string path = Join(folder, entry.name);
      if (entry.is_directory) {
        ARROW_RETURN_NOT_OK(AddFolder(path, depth + 1));
      } else {
        found_.push_back(path);
      }
    }
    return arrow::Status::OK();
  }

  // A path without wildcards.
  arrow::Status AddPath(const std::string& path) {
    ARROW_ASSIGN_OR_RAISE(const bool exists, files_.Exists(path));
    if (!exists) return arrow::Status::OK();
    const auto listed = files_.List(path);
    if (listed.ok()) return AddFolder(path, 0);
    found_.push_back(path);
    return arrow::Status::OK();
  }

  // `base` exists; `rest` is what of the pattern is still to be matched, part by part.
  arrow::Status Match(const std::string& base, std::string_view rest) {
    while (rest.starts_with('/')) rest.remove_prefix(1);
    if (rest.empty()) return AddPath(base);
    const size_t slash = std::min(rest.find('/'), rest.size());
    const std::string_view part = rest.substr(0, slash);
    rest.remove_prefix(slash);
    if (!HasWildcard(part)) return Match(Join(base, std::string(part)), rest);
    const auto entries = files_.List(base.empty() ? "." : base);
    if (!entries.ok()) return arrow::Status::OK();  // no folder: nothing in it matches
    for (const DirEntry& entry : *entries) {
      // A hidden name is taken only if the pattern says so in its first character.
      if (IsHidden(entry.name) && part[0] != entry.name[0]) continue;
      if (MatchSimple(part, entry.name)) {
        ARROW_RETURN_NOT_OK(Match(Join(base, entry.name), rest));
      }
    }
    return arrow::Status::OK();
  }

  std::vector<std::string> Finish() {
    std::ranges::sort(found_);
    const auto repeated = std::ranges::unique(found_);
    found_.erase(repeated.begin(), repeated.end());
    return std::move(found_);
  }

 private:
  Files& files_;
  std::vector<std::string> found_;
};

}  // namespace

bool GlobMatches(std::string_view pattern, std::string_view name) {
  std::vector<std::string> patterns;
  ExpandBraces(std::string(pattern), &patterns);
  return std::ranges::any_of(patterns,
                             [&](const std::string& one) { return MatchSimple(one, name); });
}

std::string_view WithoutFileScheme(std::string_view path) {
  if (!path.starts_with("file:")) return path;
  path.remove_prefix(5);
  return path.starts_with("//") ? path.substr(2) : path;
}

arrow::Result<std::string> LocalPath(std::string_view path, std::string_view action) {
  const std::string_view local = WithoutFileScheme(path);
  const size_t scheme = path.find("://");
  if (local.size() < path.size() || scheme == path.npos) return std::string(local);
  return UnsupportedError(fmt::format("{} {}:// paths", action, path.substr(0, scheme)),
                          "a local path or file:///path");
}

arrow::Result<std::vector<std::string>> ExpandPaths(Files& files, const std::string& path) {
  ARROW_ASSIGN_OR_RAISE(const std::string local, LocalPath(path, "Reading"));
  Expansion expansion(files);
  if (local.empty()) return MakeError("FILE_NOT_FOUND", {{"path", path}});
  // As it stands first: names may hold brackets and braces.
  ARROW_RETURN_NOT_OK(expansion.AddPath(local));
  std::vector<std::string> found = expansion.Finish();
  if (found.empty() && HasWildcard(local)) {
    std::vector<std::string> patterns;
    ExpandBraces(local, &patterns);
    for (const std::string& pattern : patterns) {
      const bool is_absolute = pattern.starts_with('/');
      ARROW_RETURN_NOT_OK(expansion.Match(is_absolute ? "/" : "", pattern));
    }
    found = expansion.Finish();
  }
  if (found.empty()) return MakeError("FILE_NOT_FOUND", {{"path", path}});
  return found;
}

}  // namespace sabot
