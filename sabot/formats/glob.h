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

/// The files a path names, ordered: itself; the matches of a pattern; for a folder all files below
/// it, except names that begin with '.', and with '_' unless they hold a '=' (folders too).
/// "file:///x" is "/x". Errors: FILE_NOT_FOUND if there is none, UNSUPPORTED_FEATURE for other
/// schemes.
arrow::Result<std::vector<std::string>> ExpandPaths(Files& files, const std::string& path);

}  // namespace sabot
