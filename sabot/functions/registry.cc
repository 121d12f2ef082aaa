#include "sabot/functions/registry.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#include "sabot/base/check.h"
#include "sabot/base/error.h"
#include "sabot/functions/families.h"
#include "sabot/functions/resolve.h"

namespace sabot {
namespace {

// All families, in the order in which SHOW FUNCTIONS and the manual group them.
using ScalarFamily = std::span<const ScalarFunction> (*)();
constexpr ScalarFamily kScalarFamilies[] = {
    &ArithmeticFunctions, &ComparisonFunctions,     &ConditionalFunctions, &MathFunctions,
    &RoundingFunctions,   &BitwiseFunctions,        &StringFunctions,      &StringSearchFunctions,
    &RegexFunctions,      &StringPartsFunctions,    &EncodingFunctions,    &DateFunctions,
    &TimestampFunctions,  &DateTimeFormatFunctions, &CollectionFunctions,
};
using AggregateFamily = std::span<const AggregateFunction> (*)();
constexpr AggregateFamily kAggregateFamilies[] = {
    &CountAggregates, &SumAggregates,     &ExtremeAggregates,
    &PickAggregates,  &BooleanAggregates, &MomentAggregates,
};

constexpr size_t kNameWords = 4;

// A name in lower case, padded with zeros: four words to hash and compare. Longer ones are none of
// ours.
struct NameKey {
  uint64_t words[kNameWords] = {};
  friend bool operator==(const NameKey&, const NameKey&) = default;
};

// The eight characters at once: upper-case ASCII letters get bit 0x20.
constexpr uint64_t Lowered(uint64_t word) {
  constexpr uint64_t kOnes = 0x0101010101010101;
  const uint64_t low_bits = word & (0x7F * kOnes);
  const uint64_t from_a = low_bits + (0x80 - 'A') * kOnes;
  const uint64_t after_z = low_bits + (0x7F - 'Z') * kOnes;
  const uint64_t is_upper = (from_a ^ after_z) & ~word & (0x80 * kOnes);
  return word | (is_upper >> 2);
}
static_assert(Lowered(0x5B5A41407A61C1FF) == 0x5B7A61407A61C1FF);

bool MakeKey(std::string_view name, NameKey* key) {
  if (name.size() > sizeof(key->words)) return false;
  size_t word = 0;
  for (; name.size() >= 8; name.remove_prefix(8)) {
    std::memcpy(&key->words[word++], name.data(), 8);
  }
  if (!name.empty()) std::memcpy(&key->words[word], name.data(), name.size());
  for (uint64_t& part : key->words) part = Lowered(part);
  return true;
}

uint64_t HashOf(const NameKey& key) {
  uint64_t hash = 0;
  for (const uint64_t word : key.words) {
    hash = (std::rotl(hash, 23) ^ word) * 0x9E3779B97F4A7C15;
  }
  return hash ^ (hash >> 32);
}

}  // namespace

struct FunctionRegistry::Index {
  struct Slot {
    NameKey key;
    const ScalarFunction* scalar = nullptr;
    const AggregateFunction* aggregate = nullptr;
    bool is_used() const { return scalar != nullptr || aggregate != nullptr; }
  };

  // Open addressing at a quarter full: most look-ups see one slot.
  const Slot* Find(std::string_view name) const {
    NameKey key;
    if (!MakeKey(name, &key)) return nullptr;
    for (uint64_t at = HashOf(key) & mask;; at = (at + 1) & mask) {
      const Slot& slot = slots[at];
      if (!slot.is_used()) return nullptr;
      if (slot.key == key) return &slot;
    }
  }

  Slot& FindOrInsert(std::string_view name) {
    NameKey key;
    const bool fits = MakeKey(name, &key);
    SABOT_DCHECK(fits);
    static_cast<void>(fits);
    uint64_t at = HashOf(key) & mask;
    while (slots[at].is_used() && slots[at].key != key) at = (at + 1) & mask;
    slots[at].key = key;
    return slots[at];
  }

  std::vector<ScalarFunction> scalars;
  std::vector<AggregateFunction> aggregates;
  std::vector<Slot> slots;
  uint64_t mask = 0;
};

FunctionRegistry::FunctionRegistry() : index_(std::make_unique<Index>()) {
  size_t num_names = 0;
  const auto collect = [&](const auto& families, auto* functions) {
    for (const auto& family : families) {
      for (const auto& function : family()) {
        num_names += 1 + function.aliases.size();
        functions->push_back(function);
      }
    }
  };
  collect(kScalarFamilies, &index_->scalars);
  collect(kAggregateFamilies, &index_->aggregates);
  index_->slots.resize(std::bit_ceil(4 * num_names));
  index_->mask = index_->slots.size() - 1;

  const auto insert = [&](const auto& function, auto Index::Slot::* member) {
    const auto insert_name = [&](std::string_view name) {
      Index::Slot& slot = index_->FindOrInsert(name);
      SABOT_DCHECK(slot.*member == nullptr);  // a name stands for one function
      slot.*member = &function;
    };
    insert_name(function.name);
    for (const std::string_view alias : function.aliases) insert_name(alias);
  };
  for (const ScalarFunction& function : index_->scalars) insert(function, &Index::Slot::scalar);
  for (const AggregateFunction& function : index_->aggregates) {
    insert(function, &Index::Slot::aggregate);
  }
}

FunctionRegistry::~FunctionRegistry() = default;

const FunctionRegistry& FunctionRegistry::Default() {
  static const FunctionRegistry registry;
  return registry;
}

const ScalarFunction* FunctionRegistry::FindScalar(std::string_view name) const {
  const Index::Slot* slot = index_->Find(name);
  return slot == nullptr ? nullptr : slot->scalar;
}

const AggregateFunction* FunctionRegistry::FindAggregate(std::string_view name) const {
  const Index::Slot* slot = index_->Find(name);
  return slot == nullptr ? nullptr : slot->aggregate;
}

namespace {
arrow::Status UnresolvedRoutine(const FunctionRegistry& registry, std::string_view name) {
  const std::vector<std::string> known = registry.Names();
  std::string hint;
  for (const std::string& nearest : NearestNames(name, known)) {
    hint += hint.empty() ? "did you mean `" : ", `";
    hint += nearest + "`";
  }
  if (!hint.empty()) hint += "?";
  return MakeError("UNRESOLVED_ROUTINE", {{"routineName", "`" + std::string(name) + "`"}}, {},
                   std::move(hint));
}
}  // namespace

arrow::Result<ResolvedFunction> FunctionRegistry::Resolve(
    std::string_view name, std::span<const Type> arguments, const EvaluationSettings& settings,
    std::span<const TypedValue* const> constants) const {
  const ScalarFunction* function = FindScalar(name);
  if (function == nullptr) return UnresolvedRoutine(*this, name);
  if (function->resolve_with == nullptr) return function->resolve(arguments, settings);
  if (constants.size() == arguments.size()) {
    return function->resolve_with(arguments, constants, settings);
  }
  const std::vector<const TypedValue*> unknown(arguments.size(), nullptr);
  return function->resolve_with(arguments, unknown, settings);
}

arrow::Result<ResolvedFunction> FunctionRegistry::ResolveCast(
    const Type& from, const Type& to, bool is_try, const EvaluationSettings& settings) const {
  return ResolveCastKernel(from, to, is_try, settings);
}

arrow::Result<ResolvedAggregate> FunctionRegistry::ResolveAggregate(
    std::string_view name, std::span<const Type> arguments,
    const EvaluationSettings& settings) const {
  const AggregateFunction* function = FindAggregate(name);
  if (function == nullptr) return UnresolvedRoutine(*this, name);
  return function->resolve(arguments, settings);
}

std::span<const ScalarFunction> FunctionRegistry::scalars() const { return index_->scalars; }
std::span<const AggregateFunction> FunctionRegistry::aggregates() const {
  return index_->aggregates;
}

std::vector<std::string> FunctionRegistry::Names() const {
  std::vector<std::string> names;
  const auto add = [&](const auto& functions) {
    for (const auto& function : functions) {
      names.emplace_back(function.name);
      for (const std::string_view alias : function.aliases) names.emplace_back(alias);
    }
  };
  add(index_->scalars);
  add(index_->aggregates);
  std::ranges::sort(names);
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

}  // namespace sabot
