"""A Cypher query as a part of a larger one: the other parts keep SQL's rules."""

import pytest

from sabot import Sabot
from sabot.expressions import col


@pytest.fixture(scope="module")
def engine():
    with Sabot() as session:
        yield session


def test_sql_beside_cypher_may_name_an_earlier_item(engine):
    cypher = engine.graph.cypher("RETURN 1 AS a")
    sql = engine.sql("SELECT 1 AS a, a + 1 AS b")
    assert cypher.join(sql, "a").collect() == [(1, 2)]
    assert sql.join(cypher, "a").collect() == [(1, 2)]
    assert cypher.union_all(sql.select("b")).collect() == [(1,), (2,)]


def test_steps_over_cypher_compare_as_sql_does(engine):
    rows = engine.graph.cypher("RETURN 1 AS Number, '1' AS text, 1 = '1' AS same")
    assert rows.select((col("number") == col("TEXT")).alias("equal"), "same").collect() == [(True, False)]


def test_the_clauses_of_cypher_keep_its_rules(engine):
    text = "WITH 1 AS a, '1' AS b, 2 AS A WHERE a <> b WITH a, b, A WHERE A = 2 RETURN a = b AS same, A"
    assert engine.graph.cypher(text).collect() == [(False, 2)]
