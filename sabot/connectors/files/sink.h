#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "arrow/result.h"

#include "sabot/catalog/table.h"

namespace sabot {

/// Files in a folder, each epoch's rows exactly once, whenever the process dies.
///
///   .staging/<run>-<epoch>-<task>     rows of an epoch as they come; synced at its barrier
///   part-<epoch>-<task>.<format>      the same, once the epoch is committed
///   _manifest/<epoch>                 names the epoch's files; created when they are all there
///   _SUCCESS                          the end of a bounded write
///
/// A task writes one file an epoch, or none if it has no rows; task 0 always writes one in the
/// first epoch, so that the folder has a schema. Commit renames what was staged, then creates the
/// manifest; doing so again changes nothing. Readers take the files of the manifests; one that does
/// not know them sees each file whole or not at all. Before its first file a run removes staged
/// files of earlier runs: by then those of recorded epochs have been committed. So one query at a
/// time writes to a folder; a manifest of another query under the same epoch is
/// FILE_ALREADY_EXISTS.
///
/// A row of weight n is written n times. Errors: UNSUPPORTED_FEATURE for a path that is not local
/// or an unknown format, CONFIG_INVALID for options, STREAM_UNSUPPORTED for a row that is taken
/// back, IO_ERROR, OUT_OF_DISK.
arrow::Result<std::shared_ptr<Sink>> OpenFileSink(const SinkDescription& sink, const Env& env);

/// The folder that a sink's path names: "file:///x/" is "/x". Errors: UNSUPPORTED_FEATURE for a
/// path that is not local, CONFIG_INVALID for an empty one.
arrow::Result<std::string> FolderOfSink(std::string_view path);

}  // namespace sabot
