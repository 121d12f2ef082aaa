#pragma once

#include <string>

#include "arrow/status.h"

namespace sabot {

/// Absolute, without links, "." and "..", as far as the path exists: equal for equal places.
std::string CanonicalPath(const std::string& path);

/// Make the folder with its parents, unless it is there, so that they survive a power loss, and see
/// that files can be made in it. path: what the user wrote. Errors: FOLDER_NOT_WRITABLE, whose
/// message names the folder that refuses.
arrow::Status CheckWritable(const std::string& folder, const std::string& path);

}  // namespace sabot
