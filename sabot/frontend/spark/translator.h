#pragma once

#include <string>
#include <utility>
#include <vector>

#include "spark/connect/commands.pb.h"
#include "spark/connect/relations.pb.h"

#include "sabot/frontend/spark/translate.h"

namespace sabot::spark {

namespace proto = ::spark::connect;

/// A message without a part it must have.
arrow::Status Malformed(std::string what);

/// Walks one plan.
class Translator {
 public:
  Translator(const Surroundings& surroundings, PlanTexts* texts)
      : surroundings_(surroundings), texts_(texts) {}

  arrow::Result<syntax::RelationPtr> Translate(const proto::Relation& relation);
  arrow::Result<syntax::ExpressionPtr> Translate(const proto::Expression& expression);
  arrow::Result<syntax::StatementPtr> Translate(const proto::Command& command);

 private:
  using RelationResult = arrow::Result<syntax::RelationPtr>;
  using ExpressionResult = arrow::Result<syntax::ExpressionPtr>;

  // relations.cc
  RelationResult TranslateKind(const proto::Relation& relation);
  RelationResult TranslateRead(const proto::Read& read);
  RelationResult TranslateJoin(const proto::Join& join);
  RelationResult TranslateSetOperation(const proto::SetOperation& operation);
  RelationResult TranslateAggregate(const proto::Aggregate& aggregate);
  RelationResult TranslateDeduplicate(const proto::Deduplicate& deduplicate);
  RelationResult TranslateDrop(const proto::Drop& drop);
  RelationResult TranslateSort(const proto::Sort& sort);
  // sources.cc
  RelationResult TranslateSql(const proto::SQL& sql);
  RelationResult TranslateWithRelations(const proto::WithRelations& with);
  RelationResult TranslateLocal(const proto::LocalRelation& local);
  RelationResult TranslateCached(const proto::CachedLocalRelation& cached);
  RelationResult TranslateCached(const proto::ChunkedCachedLocalRelation& cached);
  RelationResult TranslateDataSource(const proto::Read::DataSource& source);
  RelationResult TranslateRange(const proto::Range& range);
  // expressions.cc
  ExpressionResult TranslateKind(const proto::Expression& expression);
  ExpressionResult TranslateAttribute(const proto::Expression::UnresolvedAttribute& attribute);
  ExpressionResult TranslateStar(const proto::Expression::UnresolvedStar& star);
  ExpressionResult TranslateCall(const std::string& name, bool is_distinct,
                                 const google::protobuf::RepeatedPtrField<proto::Expression>& of);
  ExpressionResult TranslateCast(const proto::Expression::Cast& cast);
  ExpressionResult TranslateAlias(const proto::Expression::Alias& alias);
  arrow::Result<syntax::SortKey> TranslateSortKey(const proto::Expression::SortOrder& order);
  arrow::Result<std::vector<syntax::ExpressionPtr>> TranslateAll(
      const google::protobuf::RepeatedPtrField<proto::Expression>& expressions);
  // commands.cc
  arrow::Result<syntax::StatementPtr> TranslateWrite(const proto::WriteOperation& write);

  /// Remember a parameter of spark.sql(). Errors: UNSUPPORTED_FEATURE if two texts of the plan
  /// give one name two values.
  arrow::Status AddParameter(const std::string& name, const proto::Expression::Literal& literal);
  void AddStatement(const std::string& text);

  const Surroundings& surroundings_;
  PlanTexts* texts_;
  int depth_ = 0;
  /// Ids of the relations with the very columns that the expressions at hand are about: whose
  /// df["*"] means all of them.
  std::vector<int64_t> star_plan_ids_;
};

}  // namespace sabot::spark
