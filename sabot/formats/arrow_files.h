#pragma once

#include <memory>
#include <string>

#include "arrow/result.h"
#include "arrow/type_fwd.h"

#include "sabot/base/env.h"

namespace arrow::io {
class OutputStream;
class RandomAccessFile;
}  // namespace arrow::io

namespace sabot {

/// A file of our port as Arrow reads it: positioned reads into buffers of Arrow's pool, from any
/// thread. Not a mapping: a file truncated under a mapping kills the process, here it is an error.
arrow::Result<std::shared_ptr<arrow::io::RandomAccessFile>> OpenForArrow(Files& files,
                                                                         const std::string& path);
/// A file of our port as Arrow writes it.
std::shared_ptr<arrow::io::OutputStream> WrapForArrow(std::unique_ptr<WritableFile> file);

/// An error of Arrow's or ours while a file was read: ours passes, an I/O error stays one, anything
/// else is MALFORMED_FILE.
arrow::Status FileReadError(const arrow::Status& status, std::string_view format,
                            const std::string& path);

}  // namespace sabot
