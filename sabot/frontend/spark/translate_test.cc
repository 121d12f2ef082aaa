#include "sabot/frontend/spark/translate.h"

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include "spark/connect/commands.pb.h"
#include "spark/connect/relations.pb.h"

#include "sabot/base/error.h"
#include "sabot/syntax/print.h"

namespace sabot::spark {
namespace {

namespace proto = ::spark::connect;
using testing::HasSubstr;

/// Answers every question with something that shows up in the printed tree.
Surroundings Answers() {
  Surroundings surroundings;
  surroundings.parse_query = [](std::string_view text) {
    return syntax::MakeRelation(syntax::Table{{"sql: " + std::string(text)}});
  };
  surroundings.parse_expression = [](std::string_view text) {
    return syntax::MakeExpression(syntax::Name{{"expr: " + std::string(text)}, {}});
  };
  surroundings.local_rows = [](const auto& streams, const auto& schema) {
    std::string id;
    for (const auto stream : streams) id.append(stream).append(";");
    if (schema.has_value()) id.append(schema->ToDdl());
    return syntax::MakeRelation(syntax::Memory{id});
  };
  surroundings.cached_artifact = [](const std::string& hash) -> arrow::Result<std::string> {
    return "artifact " + hash;
  };
  return surroundings;
}

template <typename Message>
Message Parse(const std::string& text) {
  Message message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message)) << text;
  return message;
}

arrow::Result<syntax::RelationPtr> Translate(const std::string& text, PlanTexts* texts = nullptr) {
  PlanTexts ignored;
  const Surroundings surroundings = Answers();
  return ToRelation(Parse<proto::Relation>(text), surroundings,
                    texts == nullptr ? &ignored : texts);
}

std::string Printed(const std::string& text) {
  const auto relation = Translate(text);
  return relation.ok() ? Print(*relation) : relation.status().message();
}

/// The error a relation is refused with.
std::string Refused(const std::string& text) {
  const auto relation = Translate(text);
  return relation.ok() ? "accepted: " + Print(*relation) : relation.status().message();
}

const std::string kTable = R"(input { read { named_table { unparsed_identifier: "t" } } })";

/// A projection of one expression over table t, printed.
std::string PrintedExpression(const std::string& expression) {
  return Printed("project { " + kTable + " expressions { " + expression + " } }");
}

std::string Attribute(const std::string& name) {
  return "unresolved_attribute { unparsed_identifier: \"" + name + "\" }";
}

TEST(SparkRelation, KeepsTheOrderOfSteps) {
  const std::string filter = "filter { " + kTable + " condition { " + Attribute("a") + " } }";
  EXPECT_EQ(
      Printed(filter),
      Print(syntax::MakeRelation(syntax::Filter{syntax::MakeRelation(syntax::Table{{"t"}}),
                                                syntax::MakeExpression(syntax::Name{{"a"}, {}})})));
  const auto relation =
      Translate("limit { limit: 3 input { offset { offset: 2 " + kTable + " } } }");
  ASSERT_TRUE(relation.ok());
  const auto* limit = (*relation)->As<syntax::Limit>();
  ASSERT_NE(limit, nullptr);
  EXPECT_EQ(limit->count, 3);
  EXPECT_EQ(limit->offset, 0);
  const auto* offset = limit->input->As<syntax::Limit>();
  ASSERT_NE(offset, nullptr);
  EXPECT_FALSE(offset->count.has_value());
  EXPECT_EQ(offset->offset, 2);
}

TEST(SparkRelation, CarriesPlanIds) {
  const auto relation = Translate(
      R"(common { plan_id: 7 } project { input { common { plan_id: 3 }
         read { named_table { unparsed_identifier: "t" } } }
         expressions { unresolved_attribute { unparsed_identifier: "a" plan_id: 3 } } })");
  ASSERT_TRUE(relation.ok());
  EXPECT_THAT((*relation)->plan_ids, testing::ElementsAre(7));
  const auto* project = (*relation)->As<syntax::Project>();
  ASSERT_NE(project, nullptr);
  EXPECT_THAT(project->input->plan_ids, testing::ElementsAre(3));
  EXPECT_EQ(project->expressions[0]->As<syntax::Name>()->plan_id, 3);
}

TEST(SparkRelation, ReadsFilesWithOptionsInLowerCase) {
  const auto relation = Translate(
      R"(read { data_source { format: "CSV" schema: "a INT, b STRING" paths: "file:///x.csv"
         options { key: "Header" value: "True" } options { key: "path" value: "/y.csv" } } })");
  ASSERT_TRUE(relation.ok()) << relation.status();
  const auto* files = (*relation)->As<syntax::Files>();
  ASSERT_NE(files, nullptr);
  EXPECT_EQ(files->format, "csv");
  EXPECT_THAT(files->paths, testing::ElementsAre("/y.csv", "file:///x.csv"));
  EXPECT_EQ(files->options, (syntax::Options{{"header", "True"}}));
  ASSERT_TRUE(files->schema.has_value());
  EXPECT_EQ(files->schema->ToDdl(), "a INT, b STRING");
}

TEST(SparkRelation, ReadsSchemasOfTheClientsJson) {
  const auto relation = Translate(
      R"(read { data_source { paths: "x" schema: "{\"type\":\"struct\",\"fields\":[{\"name\":\"a\",\"type\":\"long\",\"nullable\":false,\"metadata\":{}},{\"name\":\"m\",\"type\":{\"type\":\"map\",\"keyType\":\"string\",\"valueType\":{\"type\":\"array\",\"elementType\":\"decimal(10,2)\",\"containsNull\":false},\"valueContainsNull\":true},\"nullable\":true,\"metadata\":{}}]}" } })");
  ASSERT_TRUE(relation.ok()) << relation.status();
  const auto* files = (*relation)->As<syntax::Files>();
  EXPECT_EQ(files->format, "parquet");
  EXPECT_EQ(
      *files->schema,
      (Schema{{{"a", Type(TypeId::kLong), false},
               {"m", Type::Map(Type(TypeId::kString), Type::Array(Type::Decimal(10, 2), false)),
                true}}}));
}

TEST(SparkRelation, JoinsByTypeConditionAndColumns) {
  const auto joined = [](const std::string& rest) {
    return Translate(
        R"(join { left { read { named_table { unparsed_identifier: "l" } } }
           right { read { named_table { unparsed_identifier: "r" } } } )" +
        rest + "}");
  };
  const auto type_of = [&](const std::string& name) {
    const auto relation = joined("join_type: " + name + " using_columns: \"k\"");
    EXPECT_TRUE(relation.ok());
    const auto* join = (*relation)->As<syntax::Join>();
    EXPECT_THAT(join->using_columns, testing::ElementsAre("k"));
    EXPECT_THAT(join->left->As<syntax::Table>()->parts, testing::ElementsAre("l"));
    return join->type;
  };
  EXPECT_EQ(type_of("JOIN_TYPE_INNER"), syntax::JoinType::kInner);
  EXPECT_EQ(type_of("JOIN_TYPE_LEFT_OUTER"), syntax::JoinType::kLeft);
  EXPECT_EQ(type_of("JOIN_TYPE_RIGHT_OUTER"), syntax::JoinType::kRight);
  EXPECT_EQ(type_of("JOIN_TYPE_FULL_OUTER"), syntax::JoinType::kFull);
  EXPECT_EQ(type_of("JOIN_TYPE_LEFT_SEMI"), syntax::JoinType::kSemi);
  EXPECT_EQ(type_of("JOIN_TYPE_LEFT_ANTI"), syntax::JoinType::kAnti);
  // df.join(other) without a condition pairs every row with every row.
  EXPECT_EQ((*joined("join_type: JOIN_TYPE_INNER"))->As<syntax::Join>()->type,
            syntax::JoinType::kCross);
  EXPECT_THAT(joined("").status().message(), HasSubstr("CONNECT_INVALID_PLAN"));
}

TEST(SparkRelation, UnitesByNameOrPosition) {
  const auto united = Translate(
      R"(set_op { set_op_type: SET_OP_TYPE_UNION is_all: true by_name: true
         left_input { read { named_table { unparsed_identifier: "l" } } }
         right_input { read { named_table { unparsed_identifier: "r" } } } })");
  ASSERT_TRUE(united.ok());
  const auto* set = (*united)->As<syntax::SetOperator>();
  EXPECT_TRUE(set->all);
  EXPECT_TRUE(set->by_name);
  EXPECT_EQ(set->operation, syntax::SetOperation::kUnion);
  EXPECT_THAT(set->right->As<syntax::Table>()->parts, testing::ElementsAre("r"));
}

TEST(SparkRelation, AHintAddsItsPlanIdToWhatItIsAbout) {
  const auto relation = Translate(
      R"(common { plan_id: 7 } hint { name: "x" input { common { plan_id: 3 } range { end: 1 } } })");
  ASSERT_TRUE(relation.ok());
  EXPECT_THAT((*relation)->plan_ids, testing::ElementsAre(3, 7));
}

TEST(SparkRelation, DeduplicatesByKeys) {
  const auto all = Translate("deduplicate { all_columns_as_keys: true " + kTable + " }");
  ASSERT_NE((*all)->As<syntax::Distinct>(), nullptr);
  EXPECT_TRUE((*all)->As<syntax::Distinct>()->keys.empty());
  const auto relation = Translate("deduplicate { column_names: \"b\" " + kTable + " }");
  ASSERT_TRUE(relation.ok());
  EXPECT_THAT((*relation)->As<syntax::Distinct>()->keys, testing::ElementsAre("b"));
}

TEST(SparkRelation, SortsWithNullsWhereTheyAreAskedFor) {
  const auto relation = Translate(
      "sort { " + kTable + " order { child { " + Attribute("a") +
      " } direction: SORT_DIRECTION_DESCENDING null_ordering: SORT_NULLS_LAST } order { child { " +
      Attribute("b") + " } direction: SORT_DIRECTION_ASCENDING } }");
  ASSERT_TRUE(relation.ok());
  const auto* sort = (*relation)->As<syntax::Sort>();
  ASSERT_EQ(sort->keys.size(), 2U);
  EXPECT_FALSE(sort->keys[0].ascending);
  EXPECT_EQ(sort->keys[0].nulls_first, false);
  EXPECT_TRUE(sort->keys[1].ascending);
  EXPECT_FALSE(sort->keys[1].nulls_first.has_value());
}

TEST(SparkRelation, GathersTextsAndParameters) {
  PlanTexts texts;
  const auto relation = Translate(
      R"(sql { query: "SELECT :a" named_arguments { key: "a" value { literal { integer: 3 } } } })",
      &texts);
  ASSERT_TRUE(relation.ok());
  EXPECT_THAT((*relation)->As<syntax::Table>()->parts, testing::ElementsAre("sql: SELECT :a"));
  EXPECT_THAT(texts.statements, testing::ElementsAre("SELECT :a"));
  EXPECT_EQ(texts.parameters.at("a"), TypedValue::Int(3));
  EXPECT_THAT(Refused(R"(sql { query: "SELECT ?" pos_arguments { literal { integer: 3 } } })"),
              HasSubstr("args={"));
}

TEST(SparkRelation, RefusesOneParameterWithTwoValues) {
  const auto select = [](int value) {
    return R"(sql { query: "SELECT :a" args { key: "a" value { integer: )" + std::to_string(value) +
           " } } }";
  };
  const auto both = [&](int left, int right) {
    return "set_op { set_op_type: SET_OP_TYPE_UNION left_input { " + select(left) +
           " } right_input { " + select(right) + " } }";
  };
  EXPECT_THAT(Refused(both(1, 1)), HasSubstr("accepted"));
  EXPECT_THAT(Refused(both(1, 2)), HasSubstr("different values of :a"));
}

TEST(SparkRelation, TakesUploadedRowsWholeAndInPieces) {
  EXPECT_EQ(Printed(R"(local_relation { data: "rows" schema: "a INT" })"),
            Print(syntax::MakeRelation(syntax::Memory{"rows;a INT"})));
  EXPECT_EQ(Printed(R"(chunked_cached_local_relation { dataHashes: "1" dataHashes: "2" })"),
            Print(syntax::MakeRelation(syntax::Memory{"artifact 1;artifact 2;"})));
  EXPECT_THAT(Refused("local_relation { }"), HasSubstr("CONNECT_INVALID_PLAN"));
}

TEST(SparkRelation, MakesViewsOfDataFramesInSql) {
  const auto relation = Translate(
      R"(with_relations { root { sql { query: "q" } } references { subquery_alias { alias: "d"
         input { read { named_table { unparsed_identifier: "t" } } } } } })");
  ASSERT_TRUE(relation.ok());
  const auto* with = (*relation)->As<syntax::With>();
  ASSERT_NE(with, nullptr);
  ASSERT_EQ(with->commons.size(), 1U);
  EXPECT_EQ(with->commons[0].name, "d");
}

TEST(SparkRelation, LeavesHintsAndPartitionsAlone) {
  const std::string table = Printed(R"(read { named_table { unparsed_identifier: "t" } })");
  EXPECT_EQ(Printed("hint { name: \"broadcast\" " + kTable + " }"), table);
  EXPECT_EQ(Printed("repartition { num_partitions: 4 " + kTable + " }"), table);
}

TEST(SparkRelation, DropsByNameOrByTheFrameOfTheColumn) {
  const auto relation =
      Translate("drop { " + kTable + " column_names: \"x\" columns { " + Attribute("t.a") +
                R"( } columns { unresolved_attribute { unparsed_identifier: "a" plan_id: 1 } } })");
  ASSERT_TRUE(relation.ok());
  const auto* drop = (*relation)->As<syntax::Drop>();
  EXPECT_THAT(drop->columns, testing::ElementsAre("x", "a"));
  ASSERT_EQ(drop->references.size(), 1U);
  EXPECT_EQ(drop->references[0].plan_id, 1);
}

TEST(SparkRelation, RefusesByTheNameOfTheMethod) {
  EXPECT_THAT(Refused("sample { " + kTable + " }"), HasSubstr("DataFrame.sample"));
  EXPECT_THAT(Refused("tail { limit: 1 " + kTable + " }"), HasSubstr("DataFrame.tail"));
  EXPECT_THAT(Refused("drop_na { " + kTable + " }"), HasSubstr("DataFrame.dropna"));
  EXPECT_THAT(Refused("map_partitions { " + kTable + " }"), HasSubstr("mapInPandas"));
  EXPECT_THAT(Refused("aggregate { group_type: GROUP_TYPE_PIVOT " + kTable + " }"),
              HasSubstr("pivot"));
  EXPECT_THAT(Refused(R"(read { is_streaming: true data_source { format: "rate" } })"),
              HasSubstr("readStream"));
  EXPECT_THAT(Refused(""), HasSubstr("CONNECT_INVALID_PLAN"));
}

TEST(SparkRelation, RefusesPlansThatAreTooDeep) {
  const auto chain = [](int length) {
    proto::Relation relation;
    proto::Relation* inner = &relation;
    for (int i = 0; i < length; ++i) {
      inner->mutable_limit()->set_limit(1);
      inner = inner->mutable_limit()->mutable_input();
    }
    inner->mutable_range()->set_end(1);
    PlanTexts texts;
    const Surroundings surroundings = Answers();
    return ToRelation(relation, surroundings, &texts).status();
  };
  EXPECT_TRUE(chain(syntax::kNestingMax - 1).ok());
  EXPECT_THAT(chain(syntax::kNestingMax).message(), HasSubstr("PLAN_TOO_DEEP"));
}

TEST(SparkExpression, NamesOperatorsAsTheTreeDoes) {
  const auto call = [](const std::string& name, int arguments) {
    std::string text = "unresolved_function { function_name: \"" + name + "\" ";
    for (int i = 0; i < arguments; ++i) text += "arguments { " + Attribute("a") + " } ";
    const auto relation = Translate("project { expressions { " + text + " } } }");
    EXPECT_TRUE(relation.ok());
    const auto* called = (*relation)->As<syntax::Select>()->projection[0]->As<syntax::Call>();
    EXPECT_EQ(called->arguments.size(), static_cast<size_t>(arguments));
    return called->function;
  };
  EXPECT_EQ(call("==", 2), "=");
  EXPECT_EQ(call("!", 1), "not");
  EXPECT_EQ(call("<=>", 2), "<=>");
  EXPECT_EQ(call("upper", 1), "upper");
}

TEST(SparkExpression, MakesCasesOfWhen) {
  const auto relation = Translate(
      "project { expressions { unresolved_function { function_name: \"when\" arguments { " +
      Attribute("c") + " } arguments { literal { integer: 1 } } arguments { " + Attribute("d") +
      " } arguments { literal { integer: 2 } } arguments { literal { integer: 3 } } } } }");
  ASSERT_TRUE(relation.ok());
  const auto* cases = (*relation)->As<syntax::Select>()->projection[0]->As<syntax::Case>();
  ASSERT_NE(cases, nullptr);
  ASSERT_EQ(cases->branches.size(), 2U);
  EXPECT_EQ(cases->branches[1].first->As<syntax::Name>()->parts[0], "d");
  ASSERT_NE(cases->otherwise, nullptr);
  EXPECT_EQ(std::get<TypedValue>(cases->otherwise->As<syntax::Literal>()->value),
            TypedValue::Int(3));
}

TEST(SparkExpression, KeepsDistinctCastsAndAliases) {
  const auto relation = Translate(
      "project { expressions { alias { name: \"n\" expr { unresolved_function { is_distinct: true "
      "function_name: \"count\" arguments { cast { eval_mode: EVAL_MODE_TRY type_str: \"int\" "
      "expr { " +
      Attribute("a") + " } } } } } } } }");
  ASSERT_TRUE(relation.ok());
  const auto* alias = (*relation)->As<syntax::Select>()->projection[0]->As<syntax::Alias>();
  ASSERT_NE(alias, nullptr);
  EXPECT_EQ(alias->name, "n");
  const auto* call = alias->argument->As<syntax::Call>();
  EXPECT_TRUE(call->distinct);
  const auto* cast = call->arguments[0]->As<syntax::Cast>();
  EXPECT_TRUE(cast->is_try);
  EXPECT_EQ(cast->type, Type(TypeId::kInt));
}

TEST(SparkExpression, TakesStarsOfItsOwnInputOnly) {
  const auto star = [](const std::string& inside) {
    return Refused(R"(project { input { common { plan_id: 3 } range { end: 1 } }
                      expressions { unresolved_star { )" +
                   inside + " } } }");
  };
  EXPECT_THAT(star(""), HasSubstr("accepted"));
  EXPECT_THAT(star("plan_id: 3"), HasSubstr("accepted"));
  EXPECT_THAT(star("unparsed_target: \"t.*\""), HasSubstr("accepted"));
  EXPECT_THAT(star("plan_id: 4"), HasSubstr("another DataFrame"));
  // A filter has the columns of its input; a projection has columns of its own.
  EXPECT_THAT(Refused(R"(project { input { filter { input { common { plan_id: 3 } range { end: 1 } }
                condition { literal { boolean: true } } } }
                expressions { unresolved_star { plan_id: 3 } } })"),
              HasSubstr("accepted"));
  EXPECT_THAT(Refused(R"(project { input { offset { offset: 1 input { common { plan_id: 3 } range {
                end: 2 } } } } expressions { unresolved_star { plan_id: 3 } } })"),
              HasSubstr("accepted"));
  EXPECT_THAT(
      Refused(R"(project { input { project { input { common { plan_id: 3 } range { end: 1 } } } }
                expressions { unresolved_star { plan_id: 3 } } })"),
      HasSubstr("another DataFrame"));
}

TEST(SparkExpression, ReachesFieldsByNameAndElementsByIndex) {
  const auto extract = [](const std::string& key) {
    const auto relation =
        Translate("project { expressions { unresolved_extract_value { child { " + Attribute("a") +
                  " } extraction { literal { " + key + " } } } } }");
    EXPECT_TRUE(relation.ok());
    return (*relation)->As<syntax::Select>()->projection[0]->As<syntax::Call>()->function;
  };
  EXPECT_EQ(extract("string: \"x\""), "getfield");
  EXPECT_EQ(extract("integer: 0"), "getitem");
}

TEST(SparkExpression, RefusesWhatIsNotBuilt) {
  EXPECT_THAT(PrintedExpression("window { }"), HasSubstr("Column.over"));
  EXPECT_THAT(PrintedExpression("unresolved_regex { col_name: \"x\" }"), HasSubstr("colRegex"));
  EXPECT_THAT(PrintedExpression("lambda_function { }"), HasSubstr("lambdas"));
  EXPECT_THAT(PrintedExpression("common_inline_user_defined_function { }"),
              HasSubstr("Python function"));
  EXPECT_THAT(PrintedExpression("alias { name: \"a\" name: \"b\" }"), HasSubstr("several names"));
  EXPECT_THAT(PrintedExpression(""), HasSubstr("CONNECT_INVALID_PLAN"));
}

TypedValue Value(const std::string& text) {
  const auto value = ToValue(Parse<proto::Expression::Literal>(text));
  EXPECT_TRUE(value.ok()) << value.status();
  return value.ok() ? *value : TypedValue();
}

TEST(SparkLiteral, HasItsType) {
  EXPECT_EQ(Value("byte: 5").ToSql(), (TypedValue{Type(TypeId::kByte), int64_t{5}}).ToSql());
  EXPECT_EQ(Value("short: 5").type, Type(TypeId::kShort));
  EXPECT_EQ(Value("long: 5"), TypedValue::Long(5));
  EXPECT_EQ(Value("double: 1.5"), TypedValue::Double(1.5));
  EXPECT_EQ(Value("date: 1").ToText(), "1970-01-02");
  EXPECT_EQ(Value("timestamp: 1000000").type, Type(TypeId::kTimestamp));
  EXPECT_EQ(Value("timestamp_ntz: 1000000").type, Type(TypeId::kTimestampNtz));
  EXPECT_EQ(Value("day_time_interval: 7").type, Type(TypeId::kDayTimeInterval));
  EXPECT_EQ(Value("year_month_interval: 7").type, Type(TypeId::kYearMonthInterval));
  EXPECT_TRUE(Value("null { integer { } }").is_null());
  EXPECT_EQ(Value("null { integer { } }").type, Type(TypeId::kInt));
}

TEST(SparkLiteral, KeepsDecimalsExactly) {
  EXPECT_EQ(Value(R"(decimal { value: "1.50" precision: 10 scale: 2 })").ToText(), "1.50");
  EXPECT_EQ(Value(R"(decimal { value: "1.50" })").type, Type::Decimal(3, 2));
  // PySpark sends (10,0) beside every text.
  const auto value_of = [](const std::string& text) {
    return Value("decimal { precision: 10 scale: 0 value: \"" + text + "\" }");
  };
  EXPECT_EQ(value_of("1.10"), (TypedValue{Type::Decimal(10, 2), int64_t{110}}));
  EXPECT_EQ(value_of("-0.05"), (TypedValue{Type::Decimal(10, 2), int64_t{-5}}));
  EXPECT_EQ(value_of("12345678901.5"), (TypedValue{Type::Decimal(12, 1), int64_t{123456789015}}));
  EXPECT_EQ(value_of("0.0000000000001"), (TypedValue{Type::Decimal(13, 13), int64_t{1}}));
  EXPECT_EQ(value_of("1E+2"), (TypedValue{Type::Decimal(10, 0), int64_t{100}}));
  EXPECT_EQ(value_of("1.5E-3"), (TypedValue{Type::Decimal(10, 4), int64_t{15}}));
  EXPECT_EQ(Value(R"(decimal { value: "100" })").type, Type::Decimal(3, 0));
  EXPECT_EQ(Value(R"(decimal { value: "0" })").type, Type::Decimal(1, 0));
  const TypedValue wide =
      Value(R"(decimal { value: "-12345678901234567890.5" precision: 21 scale: 1 })");
  EXPECT_EQ(wide.ToText(), "-12345678901234567890.5");
  EXPECT_FALSE(
      ToValue(Parse<proto::Expression::Literal>(R"(decimal { value: "1" precision: 99 scale: 2 })"))
          .ok());
}

TEST(SparkLiteral, NestsArraysMapsAndStructs) {
  EXPECT_EQ(Value("array { element_type { integer { } } elements { integer: 1 } elements { null { "
                  "integer { } } } }")
                .ToText(),
            "[1, NULL]");
  EXPECT_EQ(Value("specialized_array { longs { values: 4 values: 5 } }").type,
            Type::Array(Type(TypeId::kLong), false));
  EXPECT_EQ(Value(R"(map { keys { string: "k" } values { integer: 1 } })").ToText(), "{k -> 1}");
  EXPECT_EQ(Value(R"(struct { struct_type { struct { fields { name: "x" data_type { integer { } }
                     nullable: true } } } elements { integer: 1 } })")
                .ToText(),
            "{1}");
  EXPECT_FALSE(ToValue(Parse<proto::Expression::Literal>(R"(map { keys { string: "k" } })")).ok());
}

TEST(SparkIdentifier, SplitsAtDotsOutsideOfBackticks) {
  using testing::ElementsAre;
  EXPECT_THAT(*ParseIdentifier("a"), ElementsAre("a"));
  EXPECT_THAT(*ParseIdentifier("a.b"), ElementsAre("a", "b"));
  EXPECT_THAT(*ParseIdentifier("`a.b`.c d"), ElementsAre("a.b", "c d"));
  EXPECT_THAT(*ParseIdentifier("`a``b`"), ElementsAre("a`b"));
  for (const char* broken : {"`a", "`a`b", "a`b", "a..b", "a.", ".a"}) {
    EXPECT_FALSE(ParseIdentifier(broken).ok()) << broken;
  }
}

arrow::Result<syntax::StatementPtr> Command(const std::string& text) {
  PlanTexts texts;
  const Surroundings surroundings = Answers();
  return ToStatement(Parse<proto::Command>(text), surroundings, &texts);
}

TEST(SparkCommand, WritesFiles) {
  const auto statement = Command(
      "write_operation { source: \"CSV\" path: \"/out\" mode: SAVE_MODE_OVERWRITE options { "
      "key: \"Header\" value: \"true\" } " +
      kTable + " }");
  ASSERT_TRUE(statement.ok()) << statement.status();
  const auto* write = (*statement)->As<syntax::WriteFiles>();
  ASSERT_NE(write, nullptr);
  EXPECT_EQ(write->format, "csv");
  EXPECT_EQ(write->path, "/out");
  EXPECT_TRUE(write->overwrite);
  EXPECT_EQ(write->options, (syntax::Options{{"header", "true"}}));
  const auto careful =
      Command("write_operation { path: \"/out\" mode: SAVE_MODE_ERROR_IF_EXISTS " + kTable + " }");
  EXPECT_FALSE((*careful)->As<syntax::WriteFiles>()->overwrite);
  EXPECT_EQ((*careful)->As<syntax::WriteFiles>()->format, "parquet");
}

TEST(SparkCommand, MakesViews) {
  const auto statement =
      Command("create_dataframe_view { name: \"v\" replace: true " + kTable + " }");
  ASSERT_TRUE(statement.ok());
  const auto* view = (*statement)->As<syntax::CreateView>();
  ASSERT_NE(view, nullptr);
  EXPECT_EQ(view->name, "v");
  EXPECT_TRUE(view->replace);
}

TEST(SparkCommand, RefusesTheRestByName) {
  const auto refused = [](const std::string& text) { return Command(text).status().message(); };
  EXPECT_THAT(refused("write_operation { path: \"/o\" mode: SAVE_MODE_APPEND " + kTable + " }"),
              HasSubstr("append"));
  EXPECT_THAT(refused("write_operation { partitioning_columns: \"a\" " + kTable + " }"),
              HasSubstr("partitionBy"));
  EXPECT_THAT(refused("write_operation { table { table_name: \"x\" } " + kTable + " }"),
              HasSubstr("saveAsTable"));
  EXPECT_THAT(refused("create_dataframe_view { is_global: true " + kTable + " }"),
              HasSubstr("createGlobalTempView"));
  EXPECT_THAT(refused("register_function { }"), HasSubstr("udf"));
  EXPECT_THAT(refused("ml_command { }"), HasSubstr("pyspark.ml"));
  EXPECT_THAT(refused(""), HasSubstr("CONNECT_INVALID_PLAN"));
}

}  // namespace
}  // namespace sabot::spark
