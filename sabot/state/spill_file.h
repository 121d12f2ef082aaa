#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "arrow/result.h"

#include "sabot/base/env.h"
#include "sabot/base/waker.h"
#include "sabot/vector/state_piece.h"

namespace sabot {

struct SpillOptions {
  /// Where temporary files go; made if missing. Files are named spill-<writer>-<number>.tmp and
  /// go with their last handle.
  std::string folder;
  /// LZ4 blocks: about 4 GB/s to read. Off: as they are.
  bool compress = true;
  /// Fired when a write is done, from the I/O pool. May be null.
  std::shared_ptr<Waker> on_written;
};

/// A PageWriter over temporary files, written on the I/O pool; one file a Write. The bytes are
/// freed as soon as they are in the file. Every block of 256 KiB has its CRC-32C: Read of damaged
/// bytes is an IO_ERROR. A full disk is OUT_OF_DISK, by SpilledRun::status(). Read waits for the
/// write, so call it on the I/O pool or after is_written().
arrow::Result<std::unique_ptr<PageWriter>> MakeSpillFileWriter(const Env& env,
                                                               SpillOptions options);

}  // namespace sabot
