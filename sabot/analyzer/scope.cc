#include "sabot/analyzer/scope.h"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "sabot/base/error.h"

namespace sabot::analyzer {

bool EqualNames(std::string_view left, std::string_view right) {
  return std::equal(
      left.begin(), left.end(), right.begin(), right.end(),
      [](unsigned char a, unsigned char b) { return std::tolower(a) == std::tolower(b); });
}

Scope Scope::Of(const LogicalPtr& plan, const std::string& qualifier) {
  Scope scope;
  for (const OutputColumn& column : plan->output) scope.columns.push_back({qualifier, column});
  return scope;
}

const GraphVariable* Scope::FindVariable(std::string_view name) const {
  for (const GraphVariable& variable : variables) {
    if (variable.name == name) return &variable;
  }
  return nullptr;
}

bool Scope::IsSameName(std::string_view left, std::string_view right) const {
  return is_cypher ? left == right : EqualNames(left, right);
}

std::vector<std::string> Scope::Names() const {
  std::vector<std::string> names;
  for (const ScopeColumn& candidate : columns) {
    if (candidate.is_hidden) continue;
    names.push_back(candidate.qualifier.empty()
                        ? candidate.column.name
                        : fmt::format("{}.{}", candidate.qualifier, candidate.column.name));
  }
  return names;
}

std::string Quoted(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts)
    text.append(text.empty() ? "`" : ".`").append(part).append("`");
  return text;
}

arrow::Result<std::optional<FoundColumn>> FindColumn(const Scope& scope,
                                                     const std::vector<std::string>& parts,
                                                     Span span) {
  // A qualified reading wins over a column with a field of that name, as in Spark.
  for (const size_t qualifier_parts : {size_t{1}, size_t{0}}) {
    if (parts.size() <= qualifier_parts) continue;
    std::vector<const ScopeColumn*> found;
    for (const ScopeColumn& candidate : scope.columns) {
      if (qualifier_parts == 1) {
        // A property is a column, whose name knows no case.
        if (!EqualNames(candidate.column.name, parts[1])) continue;
        if (!scope.IsSameName(candidate.qualifier, parts[0])) continue;
      } else {
        if (!scope.IsSameName(candidate.column.name, parts[0])) continue;
        if (candidate.is_hidden || (scope.is_cypher && candidate.is_property)) continue;
      }
      const bool is_same = std::any_of(found.begin(), found.end(), [&](const ScopeColumn* other) {
        return other->column.id == candidate.column.id;
      });
      if (!is_same) found.push_back(&candidate);
    }
    if (found.size() > 1) {
      std::vector<std::string> names;
      for (const ScopeColumn* column : found) {
        names.push_back(column->qualifier.empty()
                            ? Quoted({column->column.name})
                            : Quoted({column->qualifier, column->column.name}));
      }
      return MakeError("AMBIGUOUS_REFERENCE",
                       {{"name", Quoted(parts)},
                        {"referenceNames", fmt::format("[{}]", fmt::join(names, ", "))}},
                       span, "qualify it with the table's name or alias");
    }
    if (found.size() == 1) return FoundColumn{found[0]->column, qualifier_parts + 1};
  }
  return std::nullopt;
}

arrow::Status AliasesMismatch(const std::string& name, size_t num_names, size_t num_columns,
                              Span span) {
  const auto counted = [](size_t count, const char* what) {
    return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
  };
  return MakeError("COLUMN_ALIASES_MISMATCH",
                   {{"name", Quoted({name})},
                    {"aliases", counted(num_names, "name")},
                    {"columns", counted(num_columns, "column")}},
                   span);
}

arrow::Status UnresolvedColumn(const Scope& scope, const std::vector<std::string>& parts,
                               Span span) {
  const std::vector<std::string> known = scope.Names();
  std::string wanted = fmt::format("{}", fmt::join(parts, "."));
  std::vector<std::string> nearest = NearestNames(wanted, known, 5);
  if (nearest.empty() && parts.size() > 1) nearest = NearestNames(parts.back(), known, 5);
  if (nearest.empty()) {
    // A bare name is compared with bare names, and shown qualified.
    std::vector<std::string> bare;
    for (const ScopeColumn& candidate : scope.columns) bare.push_back(candidate.column.name);
    nearest = NearestNames(parts.back(), bare, 5);
  }
  const auto quote = [](const std::string& name) {
    const size_t dot = name.find('.');
    return dot == std::string::npos ? Quoted({name})
                                    : Quoted({name.substr(0, dot), name.substr(dot + 1)});
  };
  if (nearest.empty()) {
    std::string hint;
    if (!known.empty()) {
      hint = fmt::format(
          "there are {}",
          fmt::join(known.begin(),
                    known.begin() + static_cast<std::ptrdiff_t>(std::min<size_t>(known.size(), 8)),
                    ", "));
    }
    return MakeError("UNRESOLVED_COLUMN.WITHOUT_SUGGESTION", {{"objectName", Quoted(parts)}}, span,
                     std::move(hint));
  }
  std::vector<std::string> quoted;
  for (const std::string& name : nearest) quoted.push_back(quote(name));
  return MakeError(
      "UNRESOLVED_COLUMN.WITH_SUGGESTION",
      {{"objectName", Quoted(parts)}, {"proposal", fmt::format("{}", fmt::join(quoted, ", "))}},
      span, fmt::format("did you mean {}?", quoted[0]));
}

}  // namespace sabot::analyzer
