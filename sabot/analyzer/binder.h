#pragma once

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "sabot/analyzer/analyzer.h"
#include "sabot/analyzer/scope.h"

namespace sabot::analyzer {

struct BoundPattern;
struct OpenedPattern;
struct Pattern;
struct Reading;

/// The aggregates of one block: collected while its expressions are resolved below the aggregation,
/// then referred to by column.
struct Aggregation {
  std::vector<NamedExpression> keys;
  /// Keys that a name can find: the alias of a window() key, a select item named in GROUP BY.
  std::vector<std::pair<std::string, ExpressionPtr>> key_names;
  std::vector<AggregateCall> calls;
};

class QueryView;

/// What an expression sees.
struct ExpressionScope {
  const Scope* columns = nullptr;
  /// Null: aggregates are not allowed here.
  Aggregation* aggregation = nullptr;
  /// Names that hide columns: output names in ORDER BY, HAVING.
  const std::vector<std::pair<std::string, ExpressionPtr>>* aliases = nullptr;
  /// Aliases first (ORDER BY), or only what no column has (HAVING, GROUP BY).
  bool aliases_first = false;
  /// One of items that are no aggregation: withColumn().
  bool is_select_list = false;
};

/// Resolves one statement. Its parts stand in the files named.
class Binder {
 public:
  explicit Binder(const AnalyzerContext& context)
      : context_(context), parameters_(&context.parameters) {}

  arrow::Result<Relation> ResolveRelation(const syntax::RelationPtr& relation);
  /// What is resolved is to be the view of that name, and may not read it.
  void DefineView(const std::string& name);

 private:
  // expressions.cc
  arrow::Result<ExpressionPtr> Resolve(const syntax::ExpressionPtr& expression,
                                       const ExpressionScope& scope);
  arrow::Result<ExpressionPtr> ResolveNode(const syntax::Expression& expression,
                                           const syntax::Name& name, const ExpressionScope& scope);
  arrow::Result<ExpressionPtr> ResolveNode(const syntax::Expression& expression,
                                           const syntax::Literal& literal,
                                           const ExpressionScope& scope);
  arrow::Result<ExpressionPtr> ResolveNode(const syntax::Expression& expression,
                                           const syntax::Star& star, const ExpressionScope& scope);
  arrow::Result<ExpressionPtr> ResolveNode(const syntax::Expression& expression,
                                           const syntax::Parameter& parameter,
                                           const ExpressionScope& scope);
  arrow::Result<ExpressionPtr> ResolveNode(const syntax::Expression& expression,
                                           const syntax::Call& call, const ExpressionScope& scope);
  arrow::Result<ExpressionPtr> ResolveNode(const syntax::Expression& expression,
                                           const syntax::Cast& cast, const ExpressionScope& scope);
  arrow::Result<ExpressionPtr> ResolveNode(const syntax::Expression& expression,
                                           const syntax::Case& branches,
                                           const ExpressionScope& scope);
  arrow::Result<ExpressionPtr> ResolveNode(const syntax::Expression& expression,
                                           const syntax::Alias& alias,
                                           const ExpressionScope& scope);
  arrow::Result<ExpressionPtr> ResolveNode(const syntax::Expression& expression,
                                           const syntax::HasLabels& labels,
                                           const ExpressionScope& scope);
  arrow::Result<std::vector<ExpressionPtr>> ResolveAll(
      const std::vector<syntax::ExpressionPtr>& expressions, const ExpressionScope& scope);
  arrow::Result<ExpressionPtr> ResolveCondition(const syntax::ExpressionPtr& condition,
                                                const ExpressionScope& scope);
  arrow::Result<ExpressionPtr> ResolveAggregate(const syntax::Expression& expression,
                                                const syntax::Call& call,
                                                const ExpressionScope& scope);
  arrow::Result<ExpressionPtr> ResolveWindow(const syntax::Expression& expression,
                                             const syntax::Call& call,
                                             const ExpressionScope& scope);
  /// The plan without the rows that no window has: those whose time, in a window() resolved since
  /// the last call, is NULL. It stands below the step that holds the window(), as in Spark.
  arrow::Result<LogicalPtr> WithoutNullTimes(LogicalPtr plan, bool is_grouped = false);
  /// A call of a function that is no aggregate, struct(*): the columns in sight by their names in
  /// the star's place. Else the expression itself.
  syntax::ExpressionPtr WithStarsExpanded(const syntax::ExpressionPtr& expression,
                                          const Scope& scope) const;
  arrow::Result<ExpressionPtr> ResolveFields(ExpressionPtr value,
                                             const std::vector<std::string>& parts, size_t used,
                                             Span span);
  /// The call of a function with its arguments cast to the overload's types.
  arrow::Result<ExpressionPtr> MakeFunctionCall(std::string function,
                                                std::vector<ExpressionPtr> arguments, Span span);
  arrow::Result<ExpressionPtr> CastIfNeeded(ExpressionPtr expression, const Type& type);
  arrow::Result<TypedValue> ConstantOf(const syntax::ExpressionPtr& expression,
                                       std::string_view clause);

  // relations.cc
  arrow::Result<Relation> Bind(const syntax::Relation& relation, const syntax::Table& table);
  arrow::Result<Relation> Bind(const syntax::Relation& relation, const syntax::Files& files);
  arrow::Result<Relation> Bind(const syntax::Relation& relation, const syntax::External& external);
  arrow::Result<Relation> Bind(const syntax::Relation& relation, const syntax::Memory& memory);
  arrow::Result<Relation> Bind(const syntax::Relation& relation,
                               const syntax::TableFunction& function);
  arrow::Result<Relation> Bind(const syntax::Relation& relation, const syntax::Values& values);
  arrow::Result<Relation> Bind(const syntax::Relation& relation, const syntax::With& with);
  arrow::Result<Relation> Bind(const syntax::Relation& relation, const syntax::Project& project);
  arrow::Result<Relation> Bind(const syntax::Relation& relation, const syntax::Filter& filter);
  arrow::Result<Relation> Bind(const syntax::Relation& relation, const syntax::Limit& limit);
  arrow::Result<Relation> Bind(const syntax::Relation& relation,
                               const syntax::SubqueryAlias& alias);
  arrow::Result<Relation> Bind(const syntax::Relation& relation,
                               const syntax::EventTime& event_time);
  arrow::Result<Relation> Scan(TableDescription table, const std::string& qualifier, Span span);
  arrow::Result<LogicalPtr> LimitBy(LogicalPtr plan, const syntax::ExpressionPtr& limit,
                                    const syntax::ExpressionPtr& offset);

  // dataframe.cc
  arrow::Result<Relation> Bind(const syntax::Relation& relation, const syntax::WithColumns& with);
  arrow::Result<Relation> Bind(const syntax::Relation& relation,
                               const syntax::WithColumnsRenamed& with);
  arrow::Result<Relation> Bind(const syntax::Relation& relation, const syntax::Drop& drop);
  arrow::Result<Relation> Bind(const syntax::Relation& relation, const syntax::Distinct& distinct);
  /// The column that df["a"] means, as the scope has it: of the nearest occurrence of the frame
  /// that still shows it, as Spark does. Errors: AMBIGUOUS_COLUMN_REFERENCE if two are as near,
  /// CANNOT_RESOLVE_DATAFRAME_COLUMN if none shows it: a column of the same name is another one.
  arrow::Result<FoundColumn> FindInFrame(const Scope& scope, const syntax::Name& name,
                                         Span span) const;
  ColumnId OriginOf(ColumnId id) const;
  /// The relation is a projection of `input`: remember which columns it left out.
  Relation Projected(Relation relation, const Relation& input);
  /// A step that keeps the columns, over a relation. Its expressions may name columns that the
  /// projection below left out, as in Spark: df.select("a").orderBy("b").
  using Step = std::function<arrow::Result<Relation>(const Relation& input)>;
  arrow::Result<Relation> WithLeftOut(const Relation& input, const Step& step);

  // views.cc
  arrow::Result<Relation> BindView(const std::string& name, const QueryView& view, Span span);
  /// Errors: RECURSIVE_VIEW if the name is of a view that is being resolved.
  arrow::Status CheckRecursion(const std::string& name, Span span) const;

  // joins.cc
  arrow::Result<Relation> Bind(const syntax::Relation& relation, const syntax::Join& join);
  arrow::Result<Relation> Bind(const syntax::Relation& relation, const syntax::SetOperator& set);

  // select.cc
  arrow::Result<Relation> Bind(const syntax::Relation& relation, const syntax::Select& select);
  arrow::Result<Relation> Bind(const syntax::Relation& relation, const syntax::Ordered& ordered);
  arrow::Result<Relation> Bind(const syntax::Relation& relation,
                               const syntax::Aggregate& aggregate);
  arrow::Result<Relation> Bind(const syntax::Relation& relation, const syntax::Sort& sort);
  arrow::Result<Relation> Bind(const syntax::Relation& relation, const syntax::Return& result);
  struct Block;
  arrow::Result<Block> BlockOf(const syntax::Select& select);
  arrow::Result<Relation> BindBlock(const Block& block);
  struct Item;
  /// The fields of a column that is a struct: s.*
  arrow::Status ResolveFieldStar(const syntax::Expression& item, const syntax::Star& star,
                                 const ExpressionScope& scope, std::vector<Item>* items);
  arrow::Result<std::vector<Item>> ResolveItems(const std::vector<syntax::ExpressionPtr>& items,
                                                const ExpressionScope& scope);
  arrow::Status ResolveGroupKeys(const Block& block, const Scope& scope, Aggregation* aggregation);
  /// Put key columns in the place of key expressions. Errors: MISSING_AGGREGATION for what is
  /// neither key nor aggregate.
  arrow::Result<ExpressionPtr> AboveAggregation(const ExpressionPtr& expression,
                                                const Aggregation& aggregation, Span span);
  OutputColumn OutputOf(const ExpressionPtr& expression, std::string name);

  // match.cc
  arrow::Result<Relation> Bind(const syntax::Relation& relation, const syntax::Match& match);
  /// A table of the graph.
  arrow::Result<Relation> OpenTable(const syntax::Relation& relation, const std::string& table);
  arrow::Result<OpenedPattern> OpenTables(const syntax::Relation& relation, const Pattern& pattern,
                                          const PropertyGraph& graph, const Reading& reading);
  /// The columns of a key in those types; casts are added to the table's plan.
  arrow::Result<std::vector<ColumnId>> KeyAs(const std::vector<OutputColumn>& key,
                                             const std::vector<Type>& types, LogicalPtr* table);
  arrow::Result<BoundPattern> BindPattern(const syntax::Relation& relation, const Pattern& pattern,
                                          const PropertyGraph& graph);
  arrow::Result<BoundPattern> BindReading(const syntax::Relation& relation, const Pattern& pattern,
                                          const PropertyGraph& graph, const Reading& reading);
  /// The edges whose ends, columns of theirs, are keys of the vertex table: a path goes from node
  /// to node.
  arrow::Result<LogicalPtr> BetweenNodes(const syntax::Relation& relation,
                                         const NodeMapping& vertex, LogicalPtr edges,
                                         const std::vector<ColumnId>& ends);
  /// The rows of all readings; a property that a table does not have is NULL there.
  arrow::Result<BoundPattern> UniteReadings(const Pattern& pattern,
                                            std::vector<BoundPattern> readings, Span span);
  /// No rows, with the columns that the variables could have.
  arrow::Result<BoundPattern> BindImpossible(const syntax::Relation& relation,
                                             const Pattern& pattern, const PropertyGraph& graph);
  /// A node of an earlier clause is named again: its rows meet by their keys.
  arrow::Status JoinNode(const GraphVariable& known, const GraphVariable& again, LogicalJoin* join);
  /// Variables of an earlier clause are the nodes they were.
  arrow::Status KeepBoundNodes(const Scope& before, Pattern* pattern) const;

  // cypher.cc
  /// RETURN * is RETURN of every variable, by name.
  static arrow::Result<std::vector<syntax::ExpressionPtr>> ExpandStars(
      const std::vector<syntax::ExpressionPtr>& items, const Scope& scope);
  /// What WITH passes on under a name stays the node or path it was.
  arrow::Status PassOnVariables(const std::vector<syntax::ExpressionPtr>& items, const Scope& input,
                                Scope* output);
  /// What Cypher computes in its own way; null: as SQL does.
  arrow::Result<ExpressionPtr> ResolveCypherCall(const syntax::Expression& expression,
                                                 const syntax::Call& call,
                                                 const std::string& function,
                                                 const ExpressionScope& scope);
  /// An operator of resolved operands.
  arrow::Result<ExpressionPtr> ApplyInCypher(const std::string& function,
                                             std::vector<ExpressionPtr> arguments, Span span);
  /// text =~ pattern: of the whole text.
  arrow::Result<ExpressionPtr> MatchesWhole(ExpressionPtr text, ExpressionPtr pattern, Span span);
  /// A function of a variable of the pattern: length(p), labels(n). Null: it is none.
  arrow::Result<ExpressionPtr> ResolveOfVariable(const syntax::Call& call,
                                                 const std::string& function,
                                                 const GraphVariable& variable,
                                                 const ExpressionScope& scope, Span span);
  /// A path of fixed length as a value: the keys of its nodes.
  arrow::Result<ExpressionPtr> ResolvePath(const GraphVariable& path, const Scope& scope,
                                           Span span);
  /// A comparison in which values of unlike types are different and have no order.
  arrow::Result<ExpressionPtr> CompareInCypher(const std::string& function, ExpressionPtr left,
                                               ExpressionPtr right, Span span);
  arrow::Result<ExpressionPtr> IsInList(ExpressionPtr value, ExpressionPtr list, Span span);
  arrow::Result<ExpressionPtr> IsOneOf(const ExpressionPtr& value,
                                       const std::vector<ExpressionPtr>& elements, Span span);

  // cypher_functions.cc
  /// A function that Cypher has for itself. Null: it is none.
  arrow::Result<ExpressionPtr> ResolveCypherFunction(const syntax::Call& call,
                                                     const std::string& function,
                                                     const ExpressionScope& scope, Span span);
  arrow::Result<ExpressionPtr> TryCast(ExpressionPtr value, const Type& type);
  arrow::Result<ExpressionPtr> ElementOf(ExpressionPtr list, ExpressionPtr index, Span span);

  ColumnId NewId() { return next_id_++; }
  /// A copy of a plan with ids of its own, so that it can stand twice in a tree.
  LogicalPtr FreshCopy(const LogicalPtr& plan);
  /// Common tables and views that each use the one before twice make a tree of any size from a
  /// short text. Errors: UNSUPPORTED_FEATURE beyond a size that nobody writes.
  arrow::Status CountRelations(int64_t count, Span span);

  const AnalyzerContext& context_;
  const std::map<std::string, TypedValue>* parameters_;  // of the statement, or the view within
  std::vector<std::string> views_;                       // being resolved, outermost first
  bool is_cypher_ = false;                               // in a RETURN and the clauses before it
  ColumnId next_id_ = 1;
  std::vector<ExpressionPtr> window_times_;  // of the window() calls of the step at hand
  int depth_ = 0;
  int64_t num_relations_ = 0;  // resolved so far, each use of a common table or view anew
  std::vector<std::map<std::string, syntax::RelationPtr>>
      commons_;  // WITH, innermost last; names in lower case
  /// A relation with a plan id of Spark Connect, as it stands in the tree.
  struct Frame {
    int depth = 0;
    Scope scope;
  };
  /// By plan id, in the order they were resolved: a frame joined with one derived from it occurs
  /// twice.
  std::map<int64_t, std::vector<Frame>> frames_;
  /// By a plan that leaves columns of its input out: the same rows with those columns. In their
  /// scope what stands in the plan hides them.
  std::map<LogicalPtr, Relation> wider_;
  /// Columns that Spark takes for the same though a step computes them anew (of the first input of
  /// a union, beside the keys of dropDuplicates): the new id, the old one.
  std::map<ColumnId, ColumnId> origins_;
};

}  // namespace sabot::analyzer
