#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "sabot/expression/kernel.h"
#include "sabot/session/session.h"

namespace sabot {

/// What the options of a session mean once they are read.
struct SettingValues {
  EvaluationSettings evaluation;
  uint32_t num_threads = 1;
  int32_t batch_size = kVectorSize;
  int64_t memory_limit_bytes = 0;  ///< 0: no limit
  std::string spill_folder;
  std::set<std::string> disabled_rules;
};

/// The options of a session. Thread-safe.
class Settings {
 public:
  Settings();
  /// Errors: CONFIG_NOT_FOUND with the nearest key, CONFIG_INVALID with what is expected.
  arrow::Status Set(const std::string& key, const std::string& value);
  arrow::Result<std::string> Get(const std::string& key) const;
  arrow::Status Reset(const std::string& key);
  void ResetAll();
  /// All of them, ordered by key.
  std::vector<SessionOption> List() const;
  /// As they are now.
  SettingValues values() const;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::string> texts_;  // by key; guarded by mutex_
  SettingValues values_;                      // guarded by mutex_
};

}  // namespace sabot
