#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "sabot/vector/vector.h"

namespace sabot {

/// Numbers the groups of a batch without hashing, where every key is a dictionary, a constant or an
/// integer of a small range: a code is a place in an array of groups. Two codes may be one group (a
/// dictionary may hold a value twice), never one code two groups.
class GroupCodes {
 public:
  static constexpr uint32_t kCodesMax = 8192;

  explicit GroupCodes(size_t num_keys) : coders_(num_keys) {}

  /// Codes of the active rows, or false if the keys do not suit.
  bool Assign(std::span<const Vector> keys, Rows rows);
  /// Did the latest Assign give codes another meaning than the one before?
  bool is_renumbered() const { return is_renumbered_; }
  /// Codes are below it.
  uint32_t num_codes() const { return num_codes_; }
  /// By batch position.
  const uint32_t* codes() const { return codes_.data(); }

 private:
  // How the values of one key become codes; the last code is NULL's.
  struct Coder {
    std::shared_ptr<const Vector> dictionary;
    bool is_constant = false;
    bool is_window = false;
    int64_t base = 0;
    int64_t width = 0;
    uint32_t num_codes = 0;
  };
  bool Prepare(const Vector& key, Rows rows, Coder* coder);
  bool PrepareWindow(const Vector& key, Rows rows, Coder* coder);
  void Add(const Vector& key, Rows rows, const Coder& coder, bool is_first);

  std::vector<Coder> coders_;
  std::vector<uint32_t> codes_;
  uint32_t num_codes_ = 0;
  bool is_renumbered_ = true;
  int num_failures_ = 0;
  int num_skipped_ = 0;
};

}  // namespace sabot
