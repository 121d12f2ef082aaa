#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "arrow/result.h"

#include "sabot/base/env.h"
#include "sabot/vector/state_piece.h"

namespace sabot {

/// A file of an epoch, as its manifest lists it.
struct ManifestFile {
  std::string name;  ///< in the folder
  int64_t size_bytes = 0;
  int64_t num_rows = 0;
  friend bool operator==(const ManifestFile&, const ManifestFile&) = default;
};

/// The manifest of one epoch: `_manifest/<epoch>` of a folder that a file sink writes
/// (docs/formats/file_manifest.md). Created once, never changed; it is there after all its files
/// are.
std::string EncodeManifest(const std::vector<ManifestFile>& files);
/// Errors: MALFORMED_FILE.
arrow::Result<std::vector<ManifestFile>> DecodeManifest(std::string_view text,
                                                        const std::string& path);

std::string ManifestFolder(const std::string& folder);
std::string ManifestPath(const std::string& folder, Epoch epoch);

/// The paths of the files of all committed epochs, in order of epochs; none: the folder has no
/// manifests, and was written by somebody else. Errors: MALFORMED_FILE.
arrow::Result<std::optional<std::vector<std::string>>> ListCommitted(Files& files,
                                                                     const std::string& folder);

}  // namespace sabot
