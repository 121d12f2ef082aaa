#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "arrow/result.h"

#include "sabot/base/fields.h"
#include "sabot/vector/state_piece.h"

namespace sabot {

/// Where a piece stands in the data file of its epoch.
struct ManifestEntry {
  uint32_t operator_id = 0;
  std::string name;
  uint32_t groups_begin = 0;
  uint32_t groups_end = kNumKeyGroups;
  bool has_split = false;
  uint64_t split = 0;
  int64_t offset = 0;
  int64_t size = 0;
  uint32_t crc = 0;  ///< CRC-32C of the bytes
  static constexpr auto Fields() {
    return std::tuple{Field{"operator_id", &ManifestEntry::operator_id},
                      Field{"name", &ManifestEntry::name},
                      Field{"groups_begin", &ManifestEntry::groups_begin},
                      Field{"groups_end", &ManifestEntry::groups_end},
                      Field{"has_split", &ManifestEntry::has_split},
                      Field{"split", &ManifestEntry::split},
                      Field{"offset", &ManifestEntry::offset},
                      Field{"size", &ManifestEntry::size},
                      Field{"crc", &ManifestEntry::crc}};
  }
};

struct Manifest {
  uint64_t generation = 0;
  uint64_t epoch = 0;
  uint32_t num_key_groups = kNumKeyGroups;
  std::string data_file;
  std::vector<ManifestEntry> entries;
  std::string job;  ///< what the state is of, as CheckpointStore::Open was given it
  static constexpr auto Fields() {
    return std::tuple{Field{"generation", &Manifest::generation},
                      Field{"epoch", &Manifest::epoch},
                      Field{"num_key_groups", &Manifest::num_key_groups},
                      Field{"data_file", &Manifest::data_file},
                      Field{"entries", &Manifest::entries},
                      Field{"job", &Manifest::job}};
  }
};

/// The record that makes an epoch exist.
struct EpochRecord {
  uint64_t generation = 0;
  uint64_t epoch = 0;
  std::string manifest_file;
  static constexpr auto Fields() {
    return std::tuple{Field{"generation", &EpochRecord::generation},
                      Field{"epoch", &EpochRecord::epoch},
                      Field{"manifest_file", &EpochRecord::manifest_file}};
  }
};

/// Eight bytes that say what the file is, the codec's bytes, and their CRC-32C (little endian).
std::string Seal(std::string_view magic, std::string_view body);
/// The body. CHECKPOINT_CORRUPT with `path` if magic, length or checksum are wrong.
arrow::Result<std::string> Unseal(std::string_view magic, std::string_view bytes,
                                  const std::string& path);

inline constexpr std::string_view kManifestMagic = "SABOTCM1";
inline constexpr std::string_view kRecordMagic = "SABOTCR1";

}  // namespace sabot
