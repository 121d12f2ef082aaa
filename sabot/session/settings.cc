#include "sabot/session/settings.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <thread>

#include <fmt/format.h>

#include "sabot/base/error.h"
#include "sabot/datetime/time_zone.h"
#include "sabot/optimizer/optimizer.h"

namespace sabot {
namespace {

using Apply = arrow::Status (*)(const std::string& value, SettingValues* values);

struct Option {
  std::string_view key;
  std::string_view initial;
  std::string_view description;
  std::string_view expected;  ///< for the error text
  Apply apply;
};

arrow::Status Bad() { return arrow::Status::Invalid(""); }

template <typename Integer>
arrow::Status ParseNumber(const std::string& text, Integer min, Integer max, Integer* value) {
  Integer parsed = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), parsed);
  if (error != std::errc() || end != text.data() + text.size() || parsed < min || parsed > max)
    return Bad();
  *value = parsed;
  return arrow::Status::OK();
}

/// "96MiB", "2g", "1048576": binary units in any case.
arrow::Status ParseBytes(std::string text, int64_t* bytes) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || number < 0) return Bad();
  std::string_view unit(end, static_cast<size_t>(text.data() + text.size() - end));
  int shift = 0;
  if (!unit.empty()) {
    const size_t power = std::string_view("bkmgt").find(unit[0]);
    if (power == std::string_view::npos) return Bad();
    shift = static_cast<int>(power) * 10;
    unit.remove_prefix(1);
    if (!unit.empty() && unit != "b" && unit != "ib") return Bad();
  }
  if (number > (INT64_MAX >> shift)) return Bad();
  *bytes = number << shift;
  return arrow::Status::OK();
}

arrow::Status ParseBool(std::string text, bool* value) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  if (text != "true" && text != "false") return Bad();
  *value = text == "true";
  return arrow::Status::OK();
}

arrow::Status ParseRules(const std::string& text, std::set<std::string>* rules) {
  rules->clear();
  size_t begin = 0;
  while (begin <= text.size()) {
    const size_t end = std::min(text.find(',', begin), text.size());
    std::string name = text.substr(begin, end - begin);
    std::erase(name, ' ');
    begin = end + 1;
    if (name.empty()) continue;
    const auto known = OptimizerRules();
    const bool may = std::any_of(known.begin(), known.end(), [&](const OptimizerRule& rule) {
      return rule.name == name && !rule.is_required;
    });
    if (!may) return Bad();
    rules->insert(std::move(name));
  }
  return arrow::Status::OK();
}

constexpr Option kOptions[] = {
    {"sabot.batch.size", "2048", "Rows of a batch; smaller ones are for tests.",
     "a number from 1 to 2048",
     [](const std::string& text, SettingValues* values) {
       return ParseNumber<int32_t>(text, 1, kVectorSize, &values->batch_size);
     }},
    {"sabot.memory.limit", "0",
     "Bytes all queries of the process may hold (96MiB, 2g); 0: no limit.",
     "a size such as 512MiB, or 0",
     [](const std::string& text, SettingValues* values) {
       return ParseBytes(text, &values->memory_limit_bytes);
     }},
    {"sabot.optimizer.disabled", "",
     "Optimizer rules that are left out, by name, separated by commas.",
     "names of rules that may be left out",
     [](const std::string& text, SettingValues* values) {
       return ParseRules(text, &values->disabled_rules);
     }},
    {"sabot.spill.folder", "",
     "Folder for what does not fit into memory; empty: the system's folder for temporary files.",
     "a folder",
     [](const std::string& text, SettingValues* values) {
       values->spill_folder = text;
       return arrow::Status::OK();
     }},
    {"sabot.threads", "0", "Tasks a query is split into; 0: one a core.", "a number from 0 to 256",
     [](const std::string& text, SettingValues* values) {
       uint32_t threads = 0;
       ARROW_RETURN_NOT_OK(ParseNumber<uint32_t>(text, 0, 256, &threads));
       values->num_threads =
           threads > 0 ? threads : std::max(1U, std::thread::hardware_concurrency());
       return arrow::Status::OK();
     }},
    {"spark.sql.ansi.enabled", "true",
     "Errors for overflow, bad casts and division by zero. Only true is built.", "true",
     [](const std::string& text, SettingValues* values) {
       ARROW_RETURN_NOT_OK(ParseBool(text, &values->evaluation.ansi));
       return values->evaluation.ansi ? arrow::Status::OK() : Bad();
     }},
    {"spark.sql.session.timeZone", "UTC", "Zone that timestamps are read and shown in.",
     "a zone such as Europe/Berlin or +02:00",
     [](const std::string& text, SettingValues* values) {
       ARROW_RETURN_NOT_OK(TimeZone::Find(text).status());
       values->evaluation.time_zone = text;
       return arrow::Status::OK();
     }},
};

std::string Lower(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  return lower;
}

arrow::Result<const Option*> FindOption(const std::string& key) {
  std::vector<std::string> known;
  for (const Option& option : kOptions) {
    if (Lower(option.key) == Lower(key)) return &option;
    known.emplace_back(option.key);
  }
  const auto nearest = NearestNames(key, known, 1);
  return MakeError("CONFIG_NOT_FOUND", {{"key", key}}, {},
                   nearest.empty() ? "SET without a key shows all"
                                   : fmt::format("did you mean {}?", nearest[0]));
}

}  // namespace

Settings::Settings() { ResetAll(); }

void Settings::ResetAll() {
  const std::lock_guard lock(mutex_);
  for (const Option& option : kOptions) {
    texts_[std::string(option.key)] = std::string(option.initial);
    // What a fresh session has is valid.
    const arrow::Status status = option.apply(std::string(option.initial), &values_);
    SABOT_DCHECK(status.ok());
  }
}

arrow::Status Settings::Set(const std::string& key, const std::string& value) {
  ARROW_ASSIGN_OR_RAISE(const Option* option, FindOption(key));
  const std::lock_guard lock(mutex_);
  SettingValues changed = values_;
  if (!option->apply(value, &changed).ok()) {
    return MakeError("CONFIG_INVALID",
                     {{"key", std::string(option->key)},
                      {"value", fmt::format("'{}'", value)},
                      {"expected", fmt::format("expected {}", option->expected)}});
  }
  values_ = std::move(changed);
  texts_[std::string(option->key)] = value;
  return arrow::Status::OK();
}

arrow::Result<std::string> Settings::Get(const std::string& key) const {
  ARROW_ASSIGN_OR_RAISE(const Option* option, FindOption(key));
  const std::lock_guard lock(mutex_);
  return texts_.at(std::string(option->key));
}

arrow::Status Settings::Reset(const std::string& key) {
  ARROW_ASSIGN_OR_RAISE(const Option* option, FindOption(key));
  return Set(key, std::string(option->initial));
}

std::vector<SessionOption> Settings::List() const {
  const std::lock_guard lock(mutex_);
  std::vector<SessionOption> list;
  for (const Option& option : kOptions) {
    list.push_back({std::string(option.key), texts_.at(std::string(option.key)),
                    std::string(option.description)});
  }
  return list;
}

SettingValues Settings::values() const {
  const std::lock_guard lock(mutex_);
  return values_;
}

}  // namespace sabot
