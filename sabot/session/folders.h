#pragma once

#include <string>

#include "arrow/status.h"

namespace sabot {

/// Absolute, without links, "." and "..", as far as the path exists: equal for equal places.
std::string CanonicalPath(const std::string& path);

/// Make the folder with its parents, unless it is there, and see that files can be made in it.
/// path: what the user wrote, for the message. Errors: FOLDER_NOT_WRITABLE.
arrow::Status CheckWritable(const std::string& folder, const std::string& path);

}  // namespace sabot
