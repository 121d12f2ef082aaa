#include <algorithm>

#include <fmt/format.h>

#include "sabot/base/error.h"
#include "sabot/frontend/spark/translator.h"
#include "sabot/frontend/spark/types.h"
#include "sabot/types/identifier.h"

// Relations that read something: SQL text, files, uploaded rows, ranges.
// Clients before 4.0 fill fields that 4.2 calls deprecated; they are served too.
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

namespace sabot::spark {

using syntax::MakeRelation;
using syntax::RelationPtr;

arrow::Status Translator::AddParameter(const std::string& name,
                                       const proto::Expression::Literal& literal) {
  ARROW_ASSIGN_OR_RAISE(TypedValue value, ToValue(literal));
  const auto [found, added] = texts_->parameters.try_emplace(name, value);
  if (added || found->second == value) return arrow::Status::OK();
  return UnsupportedError(
      fmt::format("one plan of several spark.sql() with different values of :{}", name),
      "parameters of different names");
}

void Translator::AddStatement(const std::string& text) {
  auto& statements = texts_->statements;
  if (std::find(statements.begin(), statements.end(), text) == statements.end()) {
    statements.push_back(text);
  }
}

arrow::Result<RelationPtr> Translator::TranslateSql(const proto::SQL& sql) {
  if (!sql.pos_args().empty() || !sql.pos_arguments().empty()) {
    return UnsupportedError("spark.sql(args=[…])", "spark.sql(\"… :name\", args={\"name\": …})");
  }
  for (const auto& [name, literal] : sql.args()) ARROW_RETURN_NOT_OK(AddParameter(name, literal));
  for (const auto& [name, expression] : sql.named_arguments()) {
    if (!expression.has_literal()) {
      return UnsupportedError("an argument of spark.sql() that is no literal", "a literal");
    }
    ARROW_RETURN_NOT_OK(AddParameter(name, expression.literal()));
  }
  AddStatement(sql.query());
  return surroundings_.parse_query(sql.query());
}

/// spark.sql("… {df}", df=df): the data frames are views of this one statement.
arrow::Result<RelationPtr> Translator::TranslateWithRelations(const proto::WithRelations& with) {
  syntax::With result;
  for (const proto::Relation& reference : with.references()) {
    if (!reference.has_subquery_alias()) {
      return UnsupportedError("a sub-query as an expression (DataFrame.scalar, DataFrame.exists)",
                              "a join");
    }
    const proto::SubqueryAlias& alias = reference.subquery_alias();
    ARROW_ASSIGN_OR_RAISE(RelationPtr query, Translate(alias.input()));
    result.commons.push_back({alias.alias(), {}, std::move(query), {}});
  }
  ARROW_ASSIGN_OR_RAISE(result.input, Translate(with.root()));
  if (result.commons.empty()) return result.input;
  return MakeRelation(std::move(result));
}

arrow::Result<RelationPtr> Translator::TranslateLocal(const proto::LocalRelation& local) {
  std::optional<Schema> schema;
  if (local.has_schema() && !local.schema().empty()) {
    ARROW_ASSIGN_OR_RAISE(schema, ParseSchemaText(local.schema()));
  }
  std::vector<std::string_view> streams;
  if (local.has_data()) streams.push_back(local.data());
  if (streams.empty() && !schema.has_value()) return Malformed("rows without data and schema");
  return surroundings_.local_rows(streams, schema);
}

arrow::Result<RelationPtr> Translator::TranslateCached(const proto::CachedLocalRelation& cached) {
  ARROW_ASSIGN_OR_RAISE(const std::string bytes, surroundings_.cached_artifact(cached.hash()));
  proto::LocalRelation local;
  if (!local.ParseFromString(bytes)) return Malformed("an artifact that holds no rows");
  return TranslateLocal(local);
}

arrow::Result<RelationPtr> Translator::TranslateCached(
    const proto::ChunkedCachedLocalRelation& cached) {
  std::optional<Schema> schema;
  if (cached.has_schemahash()) {
    ARROW_ASSIGN_OR_RAISE(const std::string text,
                          surroundings_.cached_artifact(cached.schemahash()));
    ARROW_ASSIGN_OR_RAISE(schema, ParseSchemaText(text));
  }
  std::vector<std::string> chunks;
  for (const std::string& hash : cached.datahashes()) {
    ARROW_ASSIGN_OR_RAISE(chunks.emplace_back(), surroundings_.cached_artifact(hash));
  }
  return surroundings_.local_rows({chunks.begin(), chunks.end()}, schema);
}

arrow::Result<RelationPtr> Translator::TranslateDataSource(const proto::Read::DataSource& source) {
  if (!source.predicates().empty()) {
    return UnsupportedError("DataFrameReader.jdbc", "spark.read.parquet or csv");
  }
  syntax::Files files;
  files.format = ToLowerAscii(source.has_format() ? source.format() : "parquet");
  for (const auto& [key, value] : source.options()) {
    const std::string name = ToLowerAscii(key);
    if (name == "path") {
      files.paths.push_back(value);
    } else {
      files.options[name] = value;
    }
  }
  files.paths.insert(files.paths.end(), source.paths().begin(), source.paths().end());
  if (files.paths.empty()) {
    return UnsupportedError(fmt::format("spark.read.format(\"{}\") without a path", files.format),
                            "load(path) of parquet, csv, json or arrow files");
  }
  if (source.has_schema() && !source.schema().empty()) {
    ARROW_ASSIGN_OR_RAISE(files.schema, ParseSchemaText(source.schema()));
  }
  return MakeRelation(std::move(files));
}

arrow::Result<RelationPtr> Translator::TranslateRange(const proto::Range& range) {
  syntax::TableFunction function{"range", {}};
  for (const int64_t bound : {range.has_start() ? range.start() : 0, range.end(), range.step()}) {
    function.arguments.push_back(syntax::MakeExpression(syntax::Literal{TypedValue::Long(bound)}));
  }
  return MakeRelation(std::move(function));
}

}  // namespace sabot::spark
