#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "arrow/result.h"

#include "sabot/base/env.h"

namespace sabot {

/// Does the pattern match all of the name? `*` any characters, `?` one, `[a-z]` and `[!a]` or
/// `[^a]` a class, `{a,b}` either; `\` takes the next character as it is. None of `*`, `?` and a
/// class matches '/'. Matching is by bytes.
bool GlobMatches(std::string_view pattern, std::string_view name);

/// The path without the "file:" or "file://" of a URL: "file:///x" and "file:/x" are "/x".
std::string_view WithoutFileScheme(std::string_view path);

/// The path on the local disk that a path or URL names. Errors: UNSUPPORTED_FEATURE for other
/// schemes than "file:"; `action` is what cannot be done there: "Reading".
arrow::Result<std::string> LocalPath(std::string_view path, std::string_view action);

/// The files a path names, ordered: itself; the matches of a pattern; for a folder all files below
/// it, except names that begin with '.', and with '_' unless they hold a '=' (folders too).
/// Errors: FILE_NOT_FOUND if there is none, those of LocalPath.
arrow::Result<std::vector<std::string>> ExpandPaths(Files& files, const std::string& path);

}  // namespace sabot
