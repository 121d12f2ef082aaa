#include <algorithm>

#include <fmt/format.h>

#include "sabot/base/error.h"
#include "sabot/frontend/spark/translator.h"
#include "sabot/types/identifier.h"

// Clients before 4.0 fill fields that 4.2 calls deprecated; they are served too.
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

namespace sabot::spark {

using syntax::MakeRelation;
using syntax::RelationPtr;

arrow::Status Malformed(std::string what) {
  return MakeError("CONNECT_INVALID_PLAN.CANNOT_PARSE", {{"message", std::move(what)}});
}

namespace {

/// The relation and those below it up to the first that has other columns.
std::vector<int64_t> PlanIdsOfSameColumns(const proto::Relation& relation) {
  std::vector<int64_t> ids;
  const proto::Relation* at = &relation;
  while (true) {
    if (at->common().has_plan_id()) ids.push_back(at->common().plan_id());
    switch (at->rel_type_case()) {
      case proto::Relation::kFilter:
        at = &at->filter().input();
        break;
      case proto::Relation::kSort:
        at = &at->sort().input();
        break;
      case proto::Relation::kLimit:
        at = &at->limit().input();
        break;
      case proto::Relation::kOffset:
        at = &at->offset().input();
        break;
      case proto::Relation::kDeduplicate:
        at = &at->deduplicate().input();
        break;
      case proto::Relation::kHint:
        at = &at->hint().input();
        break;
      case proto::Relation::kRepartition:
        at = &at->repartition().input();
        break;
      default:
        return ids;
    }
  }
}

/// Methods that exist in Spark and not here: the relation's field, the method, what works instead.
struct Refusal {
  proto::Relation::RelTypeCase kind;
  const char* method;
  const char* alternative;
};

constexpr const char* kSelectInstead = "select or spark.sql with the same expressions";
constexpr const char* kAggregateInstead = "groupBy().agg() with the functions wanted";
constexpr const char* kPythonInstead = "built-in functions, or toPandas() and pandas";

constexpr Refusal kRefusals[] = {
    {proto::Relation::kSample, "DataFrame.sample", "filter on a condition, or limit"},
    {proto::Relation::kTail, "DataFrame.tail", "orderBy descending and limit"},
    {proto::Relation::kUnpivot, "DataFrame.unpivot", "a union of selects"},
    {proto::Relation::kToSchema, "DataFrame.to", "select with casts"},
    {proto::Relation::kMapPartitions, "DataFrame.mapInPandas and mapInArrow", kPythonInstead},
    {proto::Relation::kCollectMetrics, "DataFrame.observe", kAggregateInstead},
    {proto::Relation::kParse, "DataFrameReader.csv and json of a DataFrame", "a file"},
    {proto::Relation::kGroupMap, "GroupedData.applyInPandas", kPythonInstead},
    {proto::Relation::kCoGroupMap, "GroupedData.cogroup", kPythonInstead},
    {proto::Relation::kWithWatermark, "DataFrame.withWatermark",
     "engine.stream of the sabot package with event_time()"},
    {proto::Relation::kApplyInPandasWithState, "GroupedData.applyInPandasWithState",
     "engine.stream of the sabot package"},
    {proto::Relation::kCachedRemoteRelation, "DataFrame.checkpoint", "createOrReplaceTempView"},
    {proto::Relation::kCommonInlineUserDefinedTableFunction, "a Python table function",
     "createDataFrame of its rows"},
    {proto::Relation::kAsOfJoin, "an as-of join", "join on equality of keys"},
    {proto::Relation::kCommonInlineUserDefinedDataSource, "a Python data source",
     "createDataFrame of its rows"},
    {proto::Relation::kTranspose, "DataFrame.transpose", "toPandas().T"},
    {proto::Relation::kUnresolvedTableValuedFunction, "a table-valued function",
     "spark.range or createDataFrame"},
    {proto::Relation::kLateralJoin, "DataFrame.lateralJoin", "join"},
    {proto::Relation::kFillNa, "DataFrame.fillna", "withColumn with coalesce"},
    {proto::Relation::kDropNa, "DataFrame.dropna", "filter with isNotNull"},
    {proto::Relation::kReplace, "DataFrame.replace", "withColumn with when"},
    {proto::Relation::kSummary, "DataFrame.summary", kAggregateInstead},
    {proto::Relation::kCrosstab, "DataFrame.crosstab", "groupBy of both columns and count"},
    {proto::Relation::kDescribe, "DataFrame.describe", kAggregateInstead},
    {proto::Relation::kCov, "DataFrame.cov", kAggregateInstead},
    {proto::Relation::kCorr, "DataFrame.corr", kAggregateInstead},
    {proto::Relation::kApproxQuantile, "DataFrame.approxQuantile", kAggregateInstead},
    {proto::Relation::kFreqItems, "DataFrame.freqItems", "groupBy and count"},
    {proto::Relation::kSampleBy, "DataFrame.sampleBy", "filter on a condition"},
    {proto::Relation::kCatalog, "spark.catalog", "SHOW TABLES, DESCRIBE or DROP VIEW in spark.sql"},
    {proto::Relation::kMlRelation, "pyspark.ml", "toPandas() and a Python library"},
    {proto::Relation::kShowString, "show() inside of a plan", "show() of the whole plan"},
    {proto::Relation::kHtmlString, "an HTML table inside of a plan", "the whole plan's"},
};

arrow::Status Refuse(const proto::Relation& relation) {
  for (const Refusal& refusal : kRefusals) {
    if (refusal.kind == relation.rel_type_case()) {
      return UnsupportedError(refusal.method, refusal.alternative);
    }
  }
  if (relation.rel_type_case() == proto::Relation::REL_TYPE_NOT_SET) {
    return Malformed("a relation of no known kind");
  }
  return UnsupportedError(
      fmt::format("relation {} of Spark Connect", static_cast<int>(relation.rel_type_case())),
      kSelectInstead);
}

arrow::Result<syntax::JoinType> ToJoinType(proto::Join::JoinType type) {
  switch (type) {
    case proto::Join::JOIN_TYPE_INNER:
      return syntax::JoinType::kInner;
    case proto::Join::JOIN_TYPE_FULL_OUTER:
      return syntax::JoinType::kFull;
    case proto::Join::JOIN_TYPE_LEFT_OUTER:
      return syntax::JoinType::kLeft;
    case proto::Join::JOIN_TYPE_RIGHT_OUTER:
      return syntax::JoinType::kRight;
    case proto::Join::JOIN_TYPE_LEFT_ANTI:
      return syntax::JoinType::kAnti;
    case proto::Join::JOIN_TYPE_LEFT_SEMI:
      return syntax::JoinType::kSemi;
    case proto::Join::JOIN_TYPE_CROSS:
      return syntax::JoinType::kCross;
    default:
      return Malformed("a join of no known type");
  }
}

}  // namespace

arrow::Result<RelationPtr> Translator::Translate(const proto::Relation& relation) {
  if (++depth_ > syntax::kNestingMax) {
    return MakeError("PLAN_TOO_DEEP", {{"limit", std::to_string(syntax::kNestingMax)}});
  }
  auto translated = TranslateKind(relation);
  --depth_;
  if (!translated.ok()) return translated;
  if ((*translated)->height > syntax::kNestingMax) {
    return MakeError("PLAN_TOO_DEEP", {{"limit", std::to_string(syntax::kNestingMax)}});
  }
  if (!relation.common().has_plan_id()) return translated;
  syntax::Relation named = **translated;
  named.plan_ids.push_back(relation.common().plan_id());
  return std::make_shared<const syntax::Relation>(std::move(named));
}

arrow::Result<RelationPtr> Translator::TranslateKind(const proto::Relation& relation) {
  const auto translate_input = [&](const auto& message) -> arrow::Result<RelationPtr> {
    if (!message.has_input()) return Malformed("a relation without its input");
    ARROW_ASSIGN_OR_RAISE(RelationPtr input, Translate(message.input()));
    star_plan_ids_ = PlanIdsOfSameColumns(message.input());
    return input;
  };
  switch (relation.rel_type_case()) {
    case proto::Relation::kRead:
      return TranslateRead(relation.read());
    case proto::Relation::kSql:
      return TranslateSql(relation.sql());
    case proto::Relation::kWithRelations:
      return TranslateWithRelations(relation.with_relations());
    case proto::Relation::kLocalRelation:
      return TranslateLocal(relation.local_relation());
    case proto::Relation::kCachedLocalRelation:
      return TranslateCached(relation.cached_local_relation());
    case proto::Relation::kChunkedCachedLocalRelation:
      return TranslateCached(relation.chunked_cached_local_relation());
    case proto::Relation::kRange:
      return TranslateRange(relation.range());
    case proto::Relation::kJoin:
      return TranslateJoin(relation.join());
    case proto::Relation::kSetOp:
      return TranslateSetOperation(relation.set_op());
    case proto::Relation::kProject: {
      // Without an input: one row without columns.
      if (!relation.project().has_input()) {
        ARROW_ASSIGN_OR_RAISE(auto alone, TranslateAll(relation.project().expressions()));
        return MakeRelation(syntax::Select{.projection = std::move(alone)});
      }
      ARROW_ASSIGN_OR_RAISE(RelationPtr input, translate_input(relation.project()));
      ARROW_ASSIGN_OR_RAISE(auto expressions, TranslateAll(relation.project().expressions()));
      return MakeRelation(syntax::Project{std::move(input), std::move(expressions)});
    }
    case proto::Relation::kFilter: {
      ARROW_ASSIGN_OR_RAISE(RelationPtr input, translate_input(relation.filter()));
      if (!relation.filter().has_condition()) return Malformed("a filter without a condition");
      ARROW_ASSIGN_OR_RAISE(auto condition, Translate(relation.filter().condition()));
      return MakeRelation(syntax::Filter{std::move(input), std::move(condition)});
    }
    case proto::Relation::kSort:
      return TranslateSort(relation.sort());
    case proto::Relation::kLimit: {
      ARROW_ASSIGN_OR_RAISE(RelationPtr input, translate_input(relation.limit()));
      return MakeRelation(syntax::Limit{std::move(input), relation.limit().limit(), 0});
    }
    case proto::Relation::kOffset: {
      ARROW_ASSIGN_OR_RAISE(RelationPtr input, translate_input(relation.offset()));
      return MakeRelation(syntax::Limit{std::move(input), {}, relation.offset().offset()});
    }
    case proto::Relation::kAggregate:
      return TranslateAggregate(relation.aggregate());
    case proto::Relation::kDeduplicate:
      return TranslateDeduplicate(relation.deduplicate());
    case proto::Relation::kDrop:
      return TranslateDrop(relation.drop());
    case proto::Relation::kSubqueryAlias: {
      ARROW_ASSIGN_OR_RAISE(RelationPtr input, translate_input(relation.subquery_alias()));
      return MakeRelation(
          syntax::SubqueryAlias{std::move(input), relation.subquery_alias().alias(), {}});
    }
    case proto::Relation::kToDf: {
      ARROW_ASSIGN_OR_RAISE(RelationPtr input, translate_input(relation.to_df()));
      const auto& names = relation.to_df().column_names();
      return MakeRelation(
          syntax::SubqueryAlias{std::move(input), "toDF", {names.begin(), names.end()}});
    }
    case proto::Relation::kWithColumns: {
      ARROW_ASSIGN_OR_RAISE(RelationPtr input, translate_input(relation.with_columns()));
      syntax::WithColumns with{std::move(input), {}};
      for (const auto& alias : relation.with_columns().aliases()) {
        if (alias.name_size() != 1) return Malformed("a column of withColumns without one name");
        ARROW_ASSIGN_OR_RAISE(auto value, Translate(alias.expr()));
        with.columns.emplace_back(alias.name(0), std::move(value));
      }
      return MakeRelation(std::move(with));
    }
    case proto::Relation::kWithColumnsRenamed: {
      const auto& renamed = relation.with_columns_renamed();
      ARROW_ASSIGN_OR_RAISE(RelationPtr input, translate_input(renamed));
      syntax::WithColumnsRenamed with{std::move(input), {}};
      for (const auto& [from, to] : renamed.rename_columns_map())
        with.renames.emplace_back(from, to);
      for (const auto& rename : renamed.renames()) {
        with.renames.emplace_back(rename.col_name(), rename.new_col_name());
      }
      return MakeRelation(std::move(with));
    }
    // How rows are spread over tasks is the planner's choice, and hints bind nobody: as in Spark,
    // the rows are the same without.
    case proto::Relation::kRepartition:
      return translate_input(relation.repartition());
    case proto::Relation::kRepartitionByExpression:
      return translate_input(relation.repartition_by_expression());
    case proto::Relation::kHint:
      return translate_input(relation.hint());
    default:
      return Refuse(relation);
  }
}

arrow::Result<RelationPtr> Translator::TranslateRead(const proto::Read& read) {
  if (read.is_streaming()) {
    return UnsupportedError("spark.readStream", "engine.stream of the sabot package");
  }
  if (read.has_data_source()) return TranslateDataSource(read.data_source());
  if (!read.has_named_table()) return Malformed("a read of nothing");
  if (!read.named_table().options().empty()) {
    return UnsupportedError("options of spark.read.table", "spark.read.format(…).options(…).load");
  }
  ARROW_ASSIGN_OR_RAISE(auto parts, ParseIdentifier(read.named_table().unparsed_identifier()));
  return MakeRelation(syntax::Table{std::move(parts)});
}

arrow::Result<RelationPtr> Translator::TranslateJoin(const proto::Join& join) {
  if (!join.has_left() || !join.has_right()) return Malformed("a join without both inputs");
  syntax::Join result;
  ARROW_ASSIGN_OR_RAISE(result.left, Translate(join.left()));
  ARROW_ASSIGN_OR_RAISE(result.right, Translate(join.right()));
  star_plan_ids_.clear();
  ARROW_ASSIGN_OR_RAISE(result.type, ToJoinType(join.join_type()));
  if (join.has_join_condition()) {
    ARROW_ASSIGN_OR_RAISE(result.condition, Translate(join.join_condition()));
  }
  result.using_columns.assign(join.using_columns().begin(), join.using_columns().end());
  if (result.condition == nullptr && result.using_columns.empty() &&
      result.type == syntax::JoinType::kInner) {
    result.type = syntax::JoinType::kCross;
  }
  return MakeRelation(std::move(result));
}

arrow::Result<RelationPtr> Translator::TranslateSetOperation(const proto::SetOperation& operation) {
  if (!operation.has_left_input() || !operation.has_right_input()) {
    return Malformed("a set operation without both inputs");
  }
  syntax::SetOperator result;
  switch (operation.set_op_type()) {
    case proto::SetOperation::SET_OP_TYPE_UNION:
      result.operation = syntax::SetOperation::kUnion;
      break;
    case proto::SetOperation::SET_OP_TYPE_INTERSECT:
      result.operation = syntax::SetOperation::kIntersect;
      break;
    case proto::SetOperation::SET_OP_TYPE_EXCEPT:
      result.operation = syntax::SetOperation::kExcept;
      break;
    default:
      return Malformed("a set operation of no known kind");
  }
  if (operation.allow_missing_columns()) {
    return UnsupportedError("unionByName(allowMissingColumns=True)",
                            "withColumn(name, lit(None)) before unionByName");
  }
  result.all = operation.is_all();
  result.by_name = operation.by_name();
  ARROW_ASSIGN_OR_RAISE(result.left, Translate(operation.left_input()));
  ARROW_ASSIGN_OR_RAISE(result.right, Translate(operation.right_input()));
  return MakeRelation(std::move(result));
}

arrow::Result<RelationPtr> Translator::TranslateAggregate(const proto::Aggregate& aggregate) {
  if (!aggregate.has_input()) return Malformed("an aggregate without its input");
  switch (aggregate.group_type()) {
    case proto::Aggregate::GROUP_TYPE_GROUPBY:
      break;
    case proto::Aggregate::GROUP_TYPE_PIVOT:
      return UnsupportedError("GroupedData.pivot", "sum(when(key == value, x)) a value");
    case proto::Aggregate::GROUP_TYPE_ROLLUP:
    case proto::Aggregate::GROUP_TYPE_CUBE:
    case proto::Aggregate::GROUP_TYPE_GROUPING_SETS:
      return UnsupportedError("DataFrame.rollup, cube and groupingSets", "a union of groupBy");
    default:
      return Malformed("a grouping of no known kind");
  }
  syntax::Aggregate result;
  ARROW_ASSIGN_OR_RAISE(result.input, Translate(aggregate.input()));
  star_plan_ids_ = PlanIdsOfSameColumns(aggregate.input());
  ARROW_ASSIGN_OR_RAISE(result.keys, TranslateAll(aggregate.grouping_expressions()));
  ARROW_ASSIGN_OR_RAISE(result.aggregates, TranslateAll(aggregate.aggregate_expressions()));
  return MakeRelation(std::move(result));
}

arrow::Result<RelationPtr> Translator::TranslateDeduplicate(const proto::Deduplicate& deduplicate) {
  if (!deduplicate.has_input()) return Malformed("a deduplication without its input");
  if (deduplicate.within_watermark()) {
    return UnsupportedError("DataFrame.dropDuplicatesWithinWatermark", "dropDuplicates");
  }
  ARROW_ASSIGN_OR_RAISE(RelationPtr input, Translate(deduplicate.input()));
  if (deduplicate.all_columns_as_keys() || deduplicate.column_names().empty()) {
    return MakeRelation(syntax::Distinct{std::move(input)});
  }
  const auto& keys = deduplicate.column_names();
  return MakeRelation(syntax::Distinct{std::move(input), {keys.begin(), keys.end()}});
}

arrow::Result<RelationPtr> Translator::TranslateDrop(const proto::Drop& drop) {
  if (!drop.has_input()) return Malformed("a drop without its input");
  syntax::Drop result;
  ARROW_ASSIGN_OR_RAISE(result.input, Translate(drop.input()));
  result.columns.assign(drop.column_names().begin(), drop.column_names().end());
  for (const proto::Expression& column : drop.columns()) {
    if (!column.has_unresolved_attribute()) {
      return UnsupportedError("DataFrame.drop of an expression", "drop of columns by name");
    }
    const auto& attribute = column.unresolved_attribute();
    ARROW_ASSIGN_OR_RAISE(const auto parts, ParseIdentifier(attribute.unparsed_identifier()));
    if (attribute.has_plan_id()) {
      result.references.push_back({parts, attribute.plan_id()});
      continue;
    }
    result.columns.push_back(parts.back());
  }
  return MakeRelation(std::move(result));
}

arrow::Result<RelationPtr> Translator::TranslateSort(const proto::Sort& sort) {
  if (!sort.has_input()) return Malformed("a sort without its input");
  syntax::Sort result;
  ARROW_ASSIGN_OR_RAISE(result.input, Translate(sort.input()));
  star_plan_ids_ = PlanIdsOfSameColumns(sort.input());
  for (const auto& order : sort.order()) {
    ARROW_ASSIGN_OR_RAISE(result.keys.emplace_back(), TranslateSortKey(order));
  }
  return MakeRelation(std::move(result));
}

arrow::Result<RelationPtr> ToRelation(const proto::Relation& relation,
                                      const Surroundings& surroundings, PlanTexts* texts) {
  return Translator(surroundings, texts).Translate(relation);
}

}  // namespace sabot::spark
