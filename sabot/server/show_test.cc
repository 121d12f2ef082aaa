#include "sabot/server/show.h"

#include <gtest/gtest.h>

namespace sabot::server {
namespace {

TEST(Show, AlignsRightWhenItTruncates) {
  const ShowTable table{{"id", "name"}, {{"1", "a"}, {"10", "abc def ghi"}}, false};
  EXPECT_EQ(RenderShow(table, 20),
            "+---+-----------+\n"
            "| id|       name|\n"
            "+---+-----------+\n"
            "|  1|          a|\n"
            "| 10|abc def ghi|\n"
            "+---+-----------+\n");
  EXPECT_EQ(RenderShow(table, 0),
            "+---+-----------+\n"
            "|id |name       |\n"
            "+---+-----------+\n"
            "|1  |a          |\n"
            "|10 |abc def ghi|\n"
            "+---+-----------+\n");
}

TEST(Show, CutsLongCellsAndSaysWhatIsMissing) {
  const ShowTable table{{"c"}, {{"123456789012345678901"}, {"12345678901234567890"}}, true};
  EXPECT_EQ(RenderShow(table, 20),
            "+--------------------+\n"
            "|                   c|\n"
            "+--------------------+\n"
            "|12345678901234567...|\n"
            "|12345678901234567890|\n"
            "+--------------------+\n"
            "only showing top 2 rows");
  EXPECT_EQ(RenderShow({{"c"}, {{"abcdef"}}, true}, 3),
            "+---+\n|  c|\n+---+\n|abc|\n+---+\nonly showing top 1 row");
}

TEST(Show, CountsWideCharactersTwiceAndEscapesControls) {
  const ShowTable table{{"c"}, {{"日本"}, {"a\nb\t"}}, false};
  EXPECT_EQ(RenderShow(table, 20),
            "+------+\n"
            "|     c|\n"
            "+------+\n"
            "|  日本|\n"
            "|a\\nb\\t|\n"
            "+------+\n");
}

TEST(Show, HasNoRowsOrNoColumns) {
  EXPECT_EQ(RenderShow({{"a"}, {}, false}, 20), "+---+\n|  a|\n+---+\n+---+\n");
  EXPECT_EQ(RenderShow({{}, {{}, {}}, false}, 20), "++\n||\n++\n||\n||\n++\n");
  EXPECT_EQ(RenderVertical({{"a"}, {}, false}, 20), "(0 rows)");
}

TEST(Show, ListsARowVertically) {
  EXPECT_EQ(RenderVertical({{"a", "name"}, {{"1", "x"}, {"2", "long text"}}, true}, 0),
            "-RECORD 0---------\n"
            " a    | 1         \n"
            " name | x         \n"
            "-RECORD 1---------\n"
            " a    | 2         \n"
            " name | long text \n"
            "only showing top 2 rows");
}

TEST(Show, EscapesHtml) {
  EXPECT_EQ(RenderHtml({{"a"}, {{"<b>&\""}}, true}, 20),
            "<table border='1'>\n<tr><th>a</th></tr>\n"
            "<tr><td>&lt;b&gt;&amp;&quot;</td></tr>\n</table>\nonly showing top 1 row\n");
}

TEST(CellText, PrintsNestedValuesAndWallClocks) {
  const TimeZone zone = *TimeZone::Find("Europe/Berlin");
  const TypedValue noon{Type(TypeId::kTimestamp), int64_t{1372680000000000}};
  EXPECT_EQ(CellText(noon, TimeZone()), "2013-07-01 12:00:00");
  EXPECT_EQ(CellText(noon, zone), "2013-07-01 14:00:00");
  const TypedValue list{Type::Array(noon.type),
                        std::vector<TypedValue>{noon, TypedValue::Null(noon.type)}};
  EXPECT_EQ(CellText(list, zone), "[2013-07-01 14:00:00, NULL]");
  const TypedValue wall{Type(TypeId::kTimestampNtz), int64_t{1372680000000000}};
  EXPECT_EQ(CellText(wall, zone), "2013-07-01 12:00:00");
  EXPECT_EQ(CellText({Type(TypeId::kBinary), std::string("ab")}, zone), "[61 62]");
  EXPECT_EQ(CellText(TypedValue::Null(), zone), "NULL");
}

}  // namespace
}  // namespace sabot::server
