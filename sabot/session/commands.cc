#include "sabot/session/commands.h"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include "sabot/base/error.h"

namespace sabot {
namespace {

using Result = arrow::Result<std::shared_ptr<const Query>>;
using Row = std::vector<TypedValue>;

TypeField Text(std::string name, bool nullable = false) {
  return {std::move(name), Type(TypeId::kString), nullable};
}
TypeField Flag(std::string name) { return {std::move(name), Type(TypeId::kBoolean), false}; }

std::shared_ptr<const Query> Nothing() { return MakeCommandResult(nullptr, {}, {}); }

/// SHOW's patterns: * for any characters, | between alternatives, no regard to case; SQL's % too.
bool MatchesOne(std::string_view pattern, std::string_view name) {
  if (pattern.empty()) return name.empty();
  if (pattern[0] == '*' || pattern[0] == '%') {
    for (size_t skip = 0; skip <= name.size(); ++skip) {
      if (MatchesOne(pattern.substr(1), name.substr(skip))) return true;
    }
    return false;
  }
  return !name.empty() &&
         std::tolower(static_cast<unsigned char>(pattern[0])) ==
             std::tolower(static_cast<unsigned char>(name[0])) &&
         MatchesOne(pattern.substr(1), name.substr(1));
}

bool Matches(std::string_view pattern, std::string_view name) {
  if (pattern.empty()) return true;
  while (true) {
    const size_t bar = pattern.find('|');
    if (MatchesOne(pattern.substr(0, bar), name)) return true;
    if (bar == std::string_view::npos) return false;
    pattern.remove_prefix(bar + 1);
  }
}

Result Run(const syntax::CreateView& create, Span, const CommandContext& context) {
  ARROW_ASSIGN_OR_RAISE(auto body, AnalyzeView(create, context.analyzer));
  ARROW_RETURN_NOT_OK(context.catalog->Create({create.name, std::move(body)}, create.replace));
  return Nothing();
}

Result Run(const syntax::CreatePropertyGraph& create, Span, const CommandContext& context) {
  ARROW_ASSIGN_OR_RAISE(PropertyGraph graph, AnalyzeGraph(create, context.analyzer));
  ARROW_RETURN_NOT_OK(context.catalog->CreateGraph(std::move(graph), create.replace));
  return Nothing();
}

Result Run(const syntax::DropObject& drop, Span span, const CommandContext& context) {
  const bool dropped = drop.kind == syntax::ObjectKind::kGraph
                           ? context.catalog->DropGraph(drop.name)
                           : context.catalog->Drop(drop.name);
  if (dropped || drop.if_exists) return Nothing();
  const arrow::Status missing = drop.kind == syntax::ObjectKind::kGraph
                                    ? context.catalog->FindGraph(drop.name).status()
                                    : context.catalog->Find(drop.name).status();
  return WithSpan(missing, span);
}

Result Run(const syntax::Show& show, Span, const CommandContext& context) {
  std::vector<Row> rows;
  const auto text = [](std::string_view value) { return TypedValue::String(std::string(value)); };
  switch (show.kind) {
    case syntax::ShowKind::kTables:
    case syntax::ShowKind::kViews: {
      for (const CatalogEntry& entry : context.catalog->Entries()) {
        if (show.kind == syntax::ShowKind::kViews && !entry.is_view()) continue;
        if (Matches(show.pattern, entry.name))
          rows.push_back({text(""), text(entry.name), TypedValue::Boolean(true)});
      }
      const char* name = show.kind == syntax::ShowKind::kViews ? "viewName" : "tableName";
      return MakeCommandResult(context.core, {{Text("namespace"), Text(name), Flag("isTemporary")}},
                               std::move(rows));
    }
    case syntax::ShowKind::kFunctions:
      for (const std::string& name : context.analyzer.functions->Names()) {
        if (Matches(show.pattern, name)) rows.push_back({text(name)});
      }
      return MakeCommandResult(context.core, {{Text("function")}}, std::move(rows));
    case syntax::ShowKind::kGraphs:
      for (const PropertyGraph& graph : context.catalog->Graphs()) {
        if (!Matches(show.pattern, graph.name)) continue;
        std::string labels;
        std::string types;
        for (const auto& node : graph.nodes)
          labels.append(labels.empty() ? "" : ", ").append(node.label);
        for (const auto& edge : graph.relationships)
          types.append(types.empty() ? "" : ", ").append(edge.type);
        rows.push_back({text(graph.name), text(labels), text(types)});
      }
      return MakeCommandResult(context.core,
                               {{Text("graph"), Text("labels"), Text("relationshipTypes")}},
                               std::move(rows));
    case syntax::ShowKind::kColumns: {
      ARROW_ASSIGN_OR_RAISE(
          const CatalogEntry entry,
          context.catalog->Find(show.table.empty() ? std::string() : show.table.back()));
      for (const TypeField& field : entry.schema().columns) rows.push_back({text(field.name)});
      return MakeCommandResult(context.core, {{Text("col_name")}}, std::move(rows));
    }
  }
  return Nothing();
}

Result Run(const syntax::Describe& describe, Span span, const CommandContext& context) {
  std::vector<Row> rows;
  if (!describe.function.empty()) {
    const FunctionRegistry& functions = *context.analyzer.functions;
    const ScalarFunction* scalar = functions.FindScalar(describe.function);
    const AggregateFunction* aggregate = functions.FindAggregate(describe.function);
    if (scalar == nullptr && aggregate == nullptr) {
      const auto nearest = NearestNames(describe.function, functions.Names());
      return MakeError(
          "UNRESOLVED_ROUTINE", {{"routineName", fmt::format("`{}`", describe.function)}}, span,
          nearest.empty() ? std::string() : fmt::format("did you mean `{}`?", nearest[0]));
    }
    const FunctionDoc& doc = scalar != nullptr ? scalar->doc : aggregate->doc;
    for (const std::string& line :
         {fmt::format("Function: {}", doc.signature), fmt::format("Usage: {}", doc.summary),
          fmt::format("Example: {} gives {}", doc.example.expression, doc.example.result)}) {
      rows.push_back({TypedValue::String(line)});
    }
    return MakeCommandResult(context.core, {{Text("function_desc")}}, std::move(rows));
  }
  Schema schema;
  if (describe.query != nullptr) {
    ARROW_ASSIGN_OR_RAISE(const auto query, context.make_query(describe.query));
    schema = query->schema();
  } else {
    // As a query, so that a table of files is found too.
    ARROW_ASSIGN_OR_RAISE(const auto query, context.make_query(syntax::MakeRelation(
                                                syntax::Table{describe.table}, span)));
    schema = query->schema();
  }
  for (const TypeField& field : schema.columns) {
    rows.push_back({TypedValue::String(field.name), TypedValue::String(field.type.ToSimpleString()),
                    TypedValue::Null(Type(TypeId::kString))});
  }
  return MakeCommandResult(context.core,
                           {{Text("col_name"), Text("data_type"), Text("comment", true)}},
                           std::move(rows));
}

Result Run(const syntax::Set& set, Span, const CommandContext& context) {
  Settings& settings = context.core->settings;
  if (set.reset) {
    if (set.key.empty()) {
      settings.ResetAll();
    } else {
      ARROW_RETURN_NOT_OK(settings.Reset(set.key));
    }
    return Nothing();
  }
  if (set.value.has_value()) ARROW_RETURN_NOT_OK(settings.Set(set.key, *set.value));
  std::vector<Row> rows;
  if (set.key.empty()) {
    for (const SessionOption& option : settings.List()) {
      rows.push_back({TypedValue::String(option.key), TypedValue::String(option.value),
                      TypedValue::String(option.description)});
    }
    return MakeCommandResult(context.core, {{Text("key"), Text("value"), Text("meaning")}},
                             std::move(rows));
  }
  ARROW_ASSIGN_OR_RAISE(std::string value, settings.Get(set.key));
  rows.push_back({TypedValue::String(set.key), TypedValue::String(std::move(value))});
  return MakeCommandResult(context.core, {{Text("key"), Text("value")}}, std::move(rows));
}

Result Run(const syntax::Explain& explain, Span span, const CommandContext& context) {
  const auto* inner = explain.statement->As<syntax::Query>();
  if (inner == nullptr) return UnsupportedError("EXPLAIN of a command", "EXPLAIN of a query", span);
  ARROW_ASSIGN_OR_RAISE(const auto query, context.make_query(inner->relation));
  const ExplainKind kind = explain.mode == syntax::ExplainMode::kAnalyze ? ExplainKind::kAnalyze
                           : explain.mode == syntax::ExplainMode::kExtended
                               ? ExplainKind::kAll
                               : ExplainKind::kPhysical;
  ARROW_ASSIGN_OR_RAISE(std::string text, query->Explain(kind, context.hook));
  if (kind == ExplainKind::kPhysical) text = "== Physical Plan ==\n" + text;
  return MakeCommandResult(context.core, {{Text("plan")}}, {{TypedValue::String(std::move(text))}});
}

Result Run(const syntax::WriteFiles& write, Span span, const CommandContext& context) {
  return RunWriteFiles(write, span, context);
}

Result Run(const syntax::Query& query, Span, const CommandContext& context) {
  return context.make_query(query.relation);
}

}  // namespace

Result RunCommand(const syntax::Statement& statement, const CommandContext& context) {
  return std::visit([&](const auto& node) { return Run(node, statement.span, context); },
                    statement.node);
}

}  // namespace sabot
