#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "sabot/analyzer/binder.h"
#include "sabot/analyzer/literals.h"
#include "sabot/analyzer/view.h"
#include "sabot/base/error.h"
#include "sabot/expression/evaluator.h"
#include "sabot/functions/resolve.h"
#include "sabot/plan/ids.h"
#include "sabot/types/identifier.h"

namespace sabot::analyzer {
namespace {

constexpr int kMaxDepth = 1000;
constexpr int64_t kMaxRelations = 10'000;

int64_t NumSteps(const LogicalPtr& plan) {
  int64_t count = 1;
  for (const LogicalPtr& input : plan->inputs) count += NumSteps(input);
  return count;
}

OptionList ToList(const syntax::Options& options) {
  OptionList list;
  for (const auto& [key, value] : options) list.emplace_back(ToLowerAscii(key), value);
  std::sort(list.begin(), list.end());
  return list;
}

constexpr std::string_view kFormats[] = {"parquet", "csv", "json", "arrow"};

std::string FormatOfPath(std::string_view path) {
  const size_t dot = path.rfind('.');
  std::string suffix =
      dot == std::string_view::npos ? std::string() : ToLowerAscii(path.substr(dot + 1));
  if (suffix == "gz" || suffix == "zst") return FormatOfPath(path.substr(0, dot));
  if (suffix == "jsonl" || suffix == "ndjson") return "json";
  if (suffix == "feather" || suffix == "ipc") return "arrow";
  if (suffix == "tsv") return "csv";
  return std::find(std::begin(kFormats), std::end(kFormats), suffix) == std::end(kFormats) ? ""
                                                                                           : suffix;
}

/// Gives every column that a plan puts out itself a new id; references follow.
class Refresher {
 public:
  explicit Refresher(ColumnId* next) : next_(next) {}
  template <typename T>
  void Apply(T* value) {
    if constexpr (std::is_same_v<T, ColumnId>) {
      *value = New(*value);
    } else if constexpr (std::is_same_v<T, ExpressionPtr>) {
      if (*value != nullptr) {
        *value = RewriteExpression(*value, [&](const ExpressionPtr& node) {
          const auto* column = node->As<ColumnRef>();
          return column == nullptr ? node
                                   : MakeColumn(New(column->id), column->name, node->type,
                                                node->nullable, node->span);
        });
      }
    } else if constexpr (sabot::internal::IsVector<T>::value) {
      for (auto& element : *value) Apply(&element);
    } else if constexpr (HasFields<T>) {
      ForEachField<T>([&](int, std::string_view, auto member) { Apply(&(value->*member)); });
    }
  }
  LogicalPtr Copy(const LogicalPtr& plan) {
    std::vector<LogicalPtr> inputs;
    for (const LogicalPtr& input : plan->inputs) inputs.push_back(Copy(input));
    LogicalStep step = plan->step;
    std::visit([&](auto& typed) { Apply(&typed); }, step);
    return MakeLogical(std::move(step), std::move(inputs));
  }

 private:
  ColumnId New(ColumnId old) {
    const auto [found, added] = ids_.try_emplace(old, *next_);
    if (added) ++*next_;
    return found->second;
  }
  ColumnId* next_;
  std::map<ColumnId, ColumnId> ids_;
};

}  // namespace

LogicalPtr Binder::FreshCopy(const LogicalPtr& plan) { return Refresher(&next_id_).Copy(plan); }

arrow::Status Binder::CountRelations(int64_t count, Span span) {
  num_relations_ += count;
  if (num_relations_ <= kMaxRelations) return arrow::Status::OK();
  return UnsupportedError(
      fmt::format("a statement of more than {} relations, with those of its views", kMaxRelations),
      "the rows of a view written to files, read from there", span);
}

arrow::Result<Relation> Binder::ResolveRelation(const syntax::RelationPtr& relation) {
  ARROW_RETURN_NOT_OK(CountRelations(1, relation->span));
  if (++depth_ > kMaxDepth) {
    return MakeError("PLAN_TOO_DEEP", {{"limit", std::to_string(kMaxDepth)}}, relation->span);
  }
  auto resolved =
      std::visit([&](const auto& node) { return Bind(*relation, node); }, relation->node);
  --depth_;
  if (!resolved.ok()) return WithSpan(resolved.status(), relation->span);
  const size_t num_ids = relation->plan_ids.size();
  for (size_t i = 0; i < num_ids; ++i) {
    const auto below = static_cast<int>(num_ids - 1 - i);
    frames_[relation->plan_ids[i]].push_back({depth_ + below, resolved->scope});
  }
  return resolved;
}

arrow::Result<Relation> Binder::Scan(TableDescription table, const std::string& qualifier,
                                     Span span) {
  ARROW_ASSIGN_OR_RAISE(Connector * connector, context_.connectors->Find(table.connector));
  // Wall clocks in text that names no zone are the session's.
  const bool is_text = table.format == "csv" || table.format == "json";
  const bool has_zone =
      std::ranges::count(table.options, "timezone", &OptionList::value_type::first);
  if (table.connector == "files" && is_text && !has_zone && context_.settings.time_zone != "UTC") {
    table.options.emplace_back("timezone", context_.settings.time_zone);
    std::ranges::sort(table.options);
  }
  auto described = connector->Describe(std::move(table), context_.env);
  if (!described.ok()) return WithSpan(described.status(), span);
  LogicalScan scan;
  scan.table = std::move(*described);
  for (const TypeField& field : scan.table.schema.columns) {
    scan.ordinals.push_back(static_cast<int>(scan.ordinals.size()));
    scan.columns.push_back({NewId(), field.name, field.type, field.nullable});
  }
  LogicalPtr plan = MakeLogical(std::move(scan));
  Scope scope = Scope::Of(plan, qualifier);
  return Relation{std::move(plan), std::move(scope)};
}

arrow::Result<Relation> Binder::Bind(const syntax::Relation& relation, const syntax::Table& table) {
  const std::string& name = table.parts.back();
  if (table.parts.size() == 1) {
    for (auto common = commons_.rbegin(); common != commons_.rend(); ++common) {
      const auto found = common->find(ToLowerAscii(name));
      if (found == common->end()) continue;
      // A common table expression sees only those declared before it.
      std::vector<std::map<std::string, syntax::RelationPtr>> outer(commons_.begin(),
                                                                    common.base());
      const syntax::RelationPtr query = found->second;
      outer.back().erase(found->first);
      std::swap(outer, commons_);
      auto resolved = ResolveRelation(query);
      std::swap(outer, commons_);
      if (!resolved.ok()) return resolved;
      for (ScopeColumn& column : resolved->scope.columns) column.qualifier = name;
      return resolved;
    }
  }
  if (table.parts.size() == 2 && std::find(std::begin(kFormats), std::end(kFormats),
                                           ToLowerAscii(table.parts[0])) != std::end(kFormats)) {
    return Bind(
        relation,
        syntax::Files{
            .format = ToLowerAscii(table.parts[0]), .paths = {name}, .options = {}, .schema = {}});
  }
  if (table.parts.size() > 1) {
    return UnsupportedError(fmt::format("the qualified table name {}", Quoted(table.parts)),
                            "a table or view of the session by its bare name, or format.`path`",
                            relation.span);
  }
  auto entry = context_.catalog->Find(name);
  if (!entry.ok()) return WithSpan(entry.status(), relation.span);
  ARROW_RETURN_NOT_OK(CheckRecursion(name, relation.span));
  if (const auto* description = std::get_if<TableDescription>(&entry->definition)) {
    return Scan(*description, name, relation.span);
  }
  const auto& body = std::get<std::shared_ptr<const ViewBody>>(entry->definition);
  if (const auto* query_view = dynamic_cast<const QueryView*>(body.get())) {
    return BindView(name, *query_view, relation.span);
  }
  const auto* view = dynamic_cast<const PlanView*>(body.get());
  if (view == nullptr) return InternalError(fmt::format("the view {} has a foreign body", name));
  ARROW_RETURN_NOT_OK(CountRelations(NumSteps(view->plan()), relation.span));
  LogicalPtr plan = FreshCopy(view->plan());
  Scope scope = Scope::Of(plan, name);
  return Relation{std::move(plan), std::move(scope)};
}

arrow::Result<Relation> Binder::Bind(const syntax::Relation& relation, const syntax::Files& files) {
  TableDescription table;
  table.connector = "files";
  table.format = ToLowerAscii(files.format);
  syntax::Options options = files.options;
  if (table.format.empty() && !files.paths.empty()) {
    table.format = FormatOfPath(files.paths[0]);
    // FROM 'x.csv' leaves no room for options, and means what the file looks like; csv.`x` is
    // Spark's form, with its defaults.
    if (table.format == "csv" && options.empty() && !files.schema.has_value()) {
      options = {{"header", "true"}, {"inferschema", "true"}};
    }
  }
  if (std::find(std::begin(kFormats), std::end(kFormats), table.format) == std::end(kFormats)) {
    const std::string what =
        table.format.empty()
            ? fmt::format("the file '{}'", files.paths.empty() ? "" : files.paths[0])
            : fmt::format("the file format {}", table.format);
    std::string instead = fmt::format("a file of {}", fmt::join(kFormats, ", "));
    if (table.format.empty() && !files.paths.empty()) {
      instead += fmt::format("; of a folder or another name, the format before it: parquet.`{}`",
                             files.paths[0]);
    }
    return UnsupportedError(what, std::move(instead), relation.span);
  }
  table.paths = files.paths;
  table.options = ToList(options);
  if (files.schema.has_value()) table.schema = *files.schema;
  table.is_unbounded = files.is_stream;
  return Scan(std::move(table), {}, relation.span);
}

arrow::Result<Relation> Binder::Bind(const syntax::Relation& relation,
                                     const syntax::External& external) {
  TableDescription table;
  table.connector = ToLowerAscii(external.system);
  table.options = ToList(external.options);
  if (external.schema.has_value()) table.schema = *external.schema;
  table.is_unbounded = true;
  return Scan(std::move(table), {}, relation.span);
}

arrow::Result<Relation> Binder::Bind(const syntax::Relation& relation,
                                     const syntax::Memory& memory) {
  TableDescription table;
  table.connector = "memory";
  table.paths = {memory.id};
  table.is_unbounded = memory.is_stream;
  return Scan(std::move(table), {}, relation.span);
}

arrow::Result<Relation> Binder::Bind(const syntax::Relation& relation,
                                     const syntax::TableFunction& function) {
  if (ToLowerAscii(function.name) != "range") {
    return MakeError("UNRESOLVED_ROUTINE", {{"routineName", Quoted({function.name})}},
                     relation.span, "the one table function is range(start, end, step)");
  }
  std::vector<int64_t> bounds;
  for (const syntax::ExpressionPtr& argument : function.arguments) {
    ARROW_ASSIGN_OR_RAISE(const TypedValue value, ConstantOf(argument, "range"));
    const auto* number = std::get_if<int64_t>(&value.value);
    if (number == nullptr || !value.type.is_integer()) {
      return MakeError("DATATYPE_MISMATCH",
                       {{"sqlExpr", NameOf(argument)}, {"message", "range takes whole numbers"}},
                       argument->span);
    }
    bounds.push_back(*number);
  }
  if (bounds.empty() || bounds.size() > 4) {
    return MakeError("WRONG_NUM_ARGS",
                     {{"functionName", "`range`"},
                      {"expectedNum", "1 to 4"},
                      {"actualNum", std::to_string(bounds.size())}},
                     relation.span);
  }
  const int64_t start = bounds.size() == 1 ? 0 : bounds[0];
  const int64_t end = bounds.size() == 1 ? bounds[0] : bounds[1];
  const int64_t step = bounds.size() < 3 ? 1 : bounds[2];
  if (step == 0) {
    return MakeError("INVALID_PARAMETER_VALUE",
                     {{"parameter", "step"}, {"functionName", "`range`"}, {"message", "it is 0"}},
                     relation.span);
  }
  TableDescription table;
  table.connector = "range";
  table.options = {{"end", std::to_string(end)},
                   {"start", std::to_string(start)},
                   {"step", std::to_string(step)}};
  return Scan(std::move(table), {}, relation.span);
}

arrow::Result<Relation> Binder::Bind(const syntax::Relation& relation,
                                     const syntax::Values& values) {
  const Scope nothing;
  const size_t width = values.rows.empty() ? 0 : values.rows[0].size();
  std::vector<std::vector<ExpressionPtr>> rows;
  for (const auto& row : values.rows) {
    if (row.size() != width) {
      return MakeError("NUM_COLUMNS_MISMATCH",
                       {{"operator", "VALUES"},
                        {"firstNumColumns", std::to_string(width)},
                        {"invalidOrdinalNum", std::to_string(rows.size() + 1)},
                        {"invalidNumColumns", std::to_string(row.size())}},
                       row.empty() ? relation.span : row[0]->span);
    }
    ARROW_ASSIGN_OR_RAISE(rows.emplace_back(), ResolveAll(row, {.columns = &nothing}));
  }
  LogicalValues step;
  step.rows.resize(rows.size());
  for (size_t i = 0; i < width; ++i) {
    std::vector<Type> types;
    for (const auto& row : rows) types.push_back(row[i]->type);
    const std::optional<Type> common = LeastCommonType(types);
    if (!common.has_value()) {
      return MakeError("TYPE_MISMATCH_IN_SET_OPERATION",
                       {{"operator", "VALUES"},
                        {"ordinal", std::to_string(i + 1)},
                        {"firstType", types.front().ToSql()},
                        {"otherType", types.back().ToSql()}},
                       relation.span);
    }
    bool nullable = false;
    for (size_t row = 0; row < rows.size(); ++row) {
      ARROW_ASSIGN_OR_RAISE(ExpressionPtr cast, CastIfNeeded(rows[row][i], *common));
      auto value = EvaluateConstant(cast, *context_.functions, context_.settings);
      if (!value.ok()) return WithSpan(value.status(), values.rows[row][i]->span);
      nullable = nullable || value->is_null();
      step.rows[row].push_back(std::move(*value));
    }
    step.columns.push_back({NewId(), fmt::format("col{}", i + 1), *common, nullable});
  }
  LogicalPtr plan = MakeLogical(std::move(step));
  Scope scope = Scope::Of(plan);
  return Relation{std::move(plan), std::move(scope)};
}

arrow::Result<Relation> Binder::Bind(const syntax::Relation&, const syntax::With& with) {
  const size_t depth = commons_.size();
  for (const syntax::With::Common& common : with.commons) {
    syntax::RelationPtr query = common.query;
    if (!common.columns.empty()) {
      query = syntax::MakeRelation(syntax::SubqueryAlias{query, common.name, common.columns},
                                   common.span);
    }
    commons_.push_back({{ToLowerAscii(common.name), std::move(query)}});
  }
  auto resolved = ResolveRelation(with.input);
  commons_.resize(depth);
  return resolved;
}

arrow::Result<Relation> Binder::Bind(const syntax::Relation&, const syntax::Filter& filter) {
  ARROW_ASSIGN_OR_RAISE(const Relation input, ResolveRelation(filter.input));
  return WithLeftOut(input, [&](Relation rows) -> arrow::Result<Relation> {
    ARROW_ASSIGN_OR_RAISE(ExpressionPtr condition,
                          ResolveCondition(filter.condition, {.columns = &rows.scope}));
    ARROW_ASSIGN_OR_RAISE(rows.plan, WithoutNullTimes(std::move(rows.plan)));
    rows.plan = MakeLogical(LogicalFilter{std::move(condition)}, {std::move(rows.plan)});
    return rows;
  });
}

arrow::Result<Relation> Binder::Bind(const syntax::Relation&, const syntax::Limit& limit) {
  ARROW_ASSIGN_OR_RAISE(Relation input, ResolveRelation(limit.input));
  const bool is_below = limit.count.value_or(0) < 0;
  if (is_below || limit.offset < 0) {
    const int64_t wrong = is_below ? *limit.count : limit.offset;
    return MakeError("INVALID_LIMIT", {{"clause", is_below ? "LIMIT" : "OFFSET"},
                                       {"message", fmt::format("it is {}", wrong)}});
  }
  input.plan =
      MakeLogical(LogicalLimit{limit.count.value_or(-1), limit.offset}, {std::move(input.plan)});
  return input;
}

arrow::Result<LogicalPtr> Binder::LimitBy(LogicalPtr plan, const syntax::ExpressionPtr& limit,
                                          const syntax::ExpressionPtr& offset) {
  const auto count_of = [&](const syntax::ExpressionPtr& expression,
                            const char* clause) -> arrow::Result<int64_t> {
    ARROW_ASSIGN_OR_RAISE(const TypedValue value, ConstantOf(expression, clause));
    const auto* number = std::get_if<int64_t>(&value.value);
    if (number == nullptr || !value.type.is_integer() || *number < 0) {
      return MakeError("INVALID_LIMIT",
                       {{"clause", clause}, {"message", fmt::format("it is {}", value.ToSql())}},
                       expression->span);
    }
    return *number;
  };
  LogicalLimit step;
  if (limit != nullptr) {
    ARROW_ASSIGN_OR_RAISE(step.count, count_of(limit, "LIMIT"));
  }
  if (offset != nullptr) {
    ARROW_ASSIGN_OR_RAISE(step.offset, count_of(offset, "OFFSET"));
  }
  if (step.count < 0 && step.offset == 0) return plan;
  return MakeLogical(step, {std::move(plan)});
}

arrow::Result<Relation> Binder::Bind(const syntax::Relation& relation,
                                     const syntax::SubqueryAlias& alias) {
  ARROW_ASSIGN_OR_RAISE(Relation input, ResolveRelation(alias.input));
  wider_.erase(input.plan);
  Relation renamed{input.plan, {}};
  for (ScopeColumn& column : input.scope.columns) {
    if (!column.is_hidden) renamed.scope.columns.push_back({alias.name, column.column});
  }
  if (alias.columns.empty()) return renamed;
  if (alias.columns.size() != renamed.scope.columns.size()) {
    return AliasesMismatch(alias.name, alias.columns.size(), renamed.scope.columns.size(),
                           relation.span);
  }
  LogicalProject project;
  for (size_t i = 0; i < alias.columns.size(); ++i) {
    OutputColumn& column = renamed.scope.columns[i].column;
    const ExpressionPtr value = MakeColumn(column);
    column.name = alias.columns[i];
    project.expressions.push_back({column, value});
  }
  renamed.plan = MakeLogical(std::move(project), {std::move(renamed.plan)});
  return renamed;
}

arrow::Result<Relation> Binder::Bind(const syntax::Relation& relation,
                                     const syntax::EventTime& event_time) {
  ARROW_ASSIGN_OR_RAISE(Relation input, ResolveRelation(event_time.input));
  ARROW_ASSIGN_OR_RAISE(const auto found,
                        FindColumn(input.scope, {event_time.column}, relation.span));
  if (!found.has_value()) return UnresolvedColumn(input.scope, {event_time.column}, relation.span);
  const Type& type = found->column.type;
  if (type.id() != TypeId::kTimestamp && type.id() != TypeId::kTimestampNtz) {
    return MakeError("DATATYPE_MISMATCH",
                     {{"sqlExpr", event_time.column},
                      {"message", fmt::format("event time is a TIMESTAMP, not {}", type.ToSql())}},
                     relation.span);
  }
  if (event_time.delay_us < 0 || event_time.lateness_us < 0) {
    return MakeError("WINDOW_INVALID", {{"message", "delay and lateness are at least 0"}},
                     relation.span);
  }
  input.plan =
      MakeLogical(LogicalEventTime{found->column.id, event_time.delay_us, event_time.lateness_us},
                  {std::move(input.plan)});
  return input;
}

}  // namespace sabot::analyzer
