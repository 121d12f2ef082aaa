#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "arrow/result.h"

#include "sabot/session/session.h"

namespace sabot::server {

/// spark.conf of one session: the options of the Sabot session, Spark's keys that its clients read,
/// and what the user set besides. Thread-safe.
class SparkConfig {
 public:
  explicit SparkConfig(std::shared_ptr<Session> session) : session_(std::move(session)) {}

  /// Errors: CONFIG_INVALID for a key whose value decides what rows mean and of which one value is
  /// built. Keys nobody knows are kept, as Spark keeps them.
  arrow::Status Set(const std::string& key, const std::string& value);
  /// Errors: SQL_CONF_NOT_FOUND.
  arrow::Result<std::string> Get(const std::string& key) const;
  std::optional<std::string> Find(const std::string& key) const;
  arrow::Status Unset(const std::string& key);
  /// Every key that has a value, ordered.
  std::map<std::string, std::string> All() const;
  bool IsModifiable(const std::string& key) const;
  /// What the user set, for a session that begins as a copy.
  std::map<std::string, std::string> overlay() const;

 private:
  std::shared_ptr<Session> session_;
  mutable std::mutex mutex_;
  std::map<std::string, std::string> overlay_;  // guarded by mutex_
};

}  // namespace sabot::server
