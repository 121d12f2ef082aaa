#include "sabot/formats/options.h"

#include <charconv>

#include <fmt/format.h>

#include "sabot/base/error.h"
#include "sabot/types/identifier.h"

namespace sabot {

OptionReader::OptionReader(std::string_view format, const FileOptions& options)
    : format_(format), options_(options) {}

const std::string* OptionReader::Find(std::string_view key) {
  known_.emplace_back(key);
  for (const auto& [name, value] : options_.values) {
    if (EqualsIgnoreCase(name, key)) return &value;
  }
  return nullptr;
}

bool OptionReader::Has(std::string_view key) const {
  return std::ranges::any_of(options_.values,
                             [&](const auto& entry) { return EqualsIgnoreCase(entry.first, key); });
}

void OptionReader::Refuse(std::string_view key, std::string expected) {
  if (!status_.ok()) return;
  const std::string* value = Find(key);
  status_ =
      MakeError("CONFIG_INVALID", {{"key", fmt::format("{}.{}", format_, key)},
                                   {"value", fmt::format("'{}'", value == nullptr ? "" : *value)},
                                   {"expected", std::move(expected)}});
}

void OptionReader::RefuseUnsupported(std::string_view key, std::string alternative) {
  if (!status_.ok()) return;
  const std::string* value = Find(key);
  status_ = UnsupportedError(
      fmt::format("The {} option {} = '{}'", format_, key, value == nullptr ? "" : *value),
      std::move(alternative));
}

bool OptionReader::Bool(std::string_view key, bool fallback) {
  const std::string* value = Find(key);
  if (value == nullptr) return fallback;
  if (EqualsIgnoreCase(*value, "true")) return true;
  if (!EqualsIgnoreCase(*value, "false")) Refuse(key, "true or false");
  return false;
}

std::string OptionReader::Text(std::string_view key, std::string_view fallback) {
  const std::string* value = Find(key);
  return value == nullptr ? std::string(fallback) : *value;
}

char OptionReader::Character(std::string_view key, char fallback) {
  const std::string* value = Find(key);
  if (value == nullptr) return fallback;
  if (value->empty()) return '\0';
  if (*value == "\\t") return '\t';
  if (*value == "\\\\") return '\\';
  if (value->size() == 1 && static_cast<unsigned char>((*value)[0]) < 0x80) return (*value)[0];
  Refuse(key, "one ASCII character");
  return fallback;
}

int64_t OptionReader::Integer(std::string_view key, int64_t fallback, int64_t min, int64_t max) {
  const std::string* value = Find(key);
  if (value == nullptr) return fallback;
  int64_t number = 0;
  const char* end = value->data() + value->size();
  const auto [at, error] = std::from_chars(value->data(), end, number);
  if (error != std::errc() || at != end || number < min || number > max) {
    Refuse(key, fmt::format("a whole number from {} to {}", min, max));
    return fallback;
  }
  return number;
}

int OptionReader::Choice(std::string_view key, std::span<const std::string_view> names,
                         int fallback) {
  const std::string* value = Find(key);
  if (value == nullptr) return fallback;
  for (size_t index = 0; index < names.size(); ++index) {
    if (EqualsIgnoreCase(*value, names[index])) return static_cast<int>(index);
  }
  Refuse(key, fmt::format("one of {}", fmt::join(names, ", ")));
  return fallback;
}

arrow::Status OptionReader::Finish() {
  ARROW_RETURN_NOT_OK(status_);
  for (const auto& [name, value] : options_.values) {
    const auto is_it = [&](const std::string& key) { return EqualsIgnoreCase(key, name); };
    if (std::ranges::any_of(known_, is_it)) continue;
    const std::vector<std::string> nearest = NearestNames(name, known_);
    return MakeError(
        "CONFIG_INVALID",
        {{"key", fmt::format("{}.{}", format_, name)},
         {"value", fmt::format("'{}'", value)},
         {"expected", nearest.empty() ? fmt::format("there is no such option; known are {}",
                                                    fmt::join(known_, ", "))
                                      : fmt::format("there is no such option; did you mean {}",
                                                    fmt::join(nearest, " or "))}});
  }
  return arrow::Status::OK();
}

}  // namespace sabot
