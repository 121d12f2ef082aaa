"""One plan: ten questions, each asked in every front end that can ask it, are one logical and one physical plan."""

import pytest

from sabot import Sabot
from sabot.expressions import call, col, expr, lit

TABLES = {
    "flights": "SELECT * FROM VALUES (1, 'UA', 'EWR', 'IAH', 1400, 2, DATE '2013-01-01'), "
               "(2, 'AA', 'JFK', 'MIA', 1089, NULL, DATE '2013-01-01'), (3, 'B6', 'JFK', 'BQN', 1576, -1, DATE '2013-01-02'), "
               "(4, 'UA', 'LGA', 'IAH', 1416, 4, DATE '2013-01-02') AS t(id, carrier, origin, dest, distance, delay, day)",
    "airlines": "SELECT * FROM VALUES ('UA', 'United'), ('AA', 'American'), ('DL', 'Delta') AS t(carrier, name)",
    "airports": "SELECT * FROM VALUES ('EWR', 'Newark'), ('JFK', 'Kennedy'), ('LGA', 'La Guardia'), ('IAH', 'Houston'), "
                "('MIA', 'Miami'), ('BQN', 'Aguadilla') AS t(faa, name)",
}
GRAPH = """
    CREATE PROPERTY GRAPH routes
    VERTEX TABLES (airports KEY (faa) LABEL Airport)
    EDGE TABLES (flights KEY (id) SOURCE KEY (origin) REFERENCES airports (faa)
                 DESTINATION KEY (dest) REFERENCES airports (faa) LABEL FLIES)"""


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tables")
    with Sabot() as session:
        for name, text in TABLES.items():
            session.sql(text).write_parquet(str(folder / name))
            session.read(str(folder / name), "parquet").create_view(name)
        session.sql(GRAPH)
        session.folder = folder
        yield session


@pytest.fixture(scope="module")
def spark(engine):
    """The stock client in this process, with the same files under the same names."""
    from sabot.spark import SparkSession

    session = SparkSession.builder.getOrCreate()
    for name in TABLES:
        session.read.parquet(str(engine.folder / name)).createOrReplaceTempView(name)
    return session


def plan_of(query) -> str:
    return after_analysis(query.explain("all"))


def after_analysis(text: str) -> str:
    """Of an EXPLAIN of all stages the optimized logical and the physical plan. Columns are numbered by their place."""
    sections = text[text.index("== Optimized Logical Plan =="):]
    assert "== Physical Plan ==" in sections
    return sections.strip()


QUESTIONS = {
    "filter and project": (
        "SELECT id, distance * 2 AS twice FROM flights WHERE delay > 0",
        lambda e: e.table("flights").filter(col("delay") > 0).select("id", (col("distance") * 2).alias("twice")),
        lambda s, f: s.table("flights").filter(f.col("delay") > 0).select("id", (f.col("distance") * 2).alias("twice"))),
    "a total": (
        "SELECT count(*) AS n, sum(distance) AS miles FROM flights",
        lambda e: e.table("flights").agg(call("count").alias("n"), call("sum", col("distance")).alias("miles")),
        lambda s, f: s.table("flights").agg(f.count(f.lit(1)).alias("n"), f.sum("distance").alias("miles"))),
    "groups": (
        "SELECT origin, count(*) AS n, avg(delay) AS delay FROM flights WHERE carrier <> 'DL' GROUP BY origin",
        lambda e: e.table("flights").filter(col("carrier") != "DL").group_by("origin")
        .agg(call("count").alias("n"), call("avg", col("delay")).alias("delay")),
        lambda s, f: s.table("flights").filter(f.col("carrier") != "DL").groupBy("origin")
        .agg(f.count(f.lit(1)).alias("n"), f.avg("delay").alias("delay"))),
    "groups kept by their aggregate": (
        "SELECT carrier, max(distance) AS far FROM flights GROUP BY carrier HAVING max(distance) > 1400",
        lambda e: e.table("flights").group_by("carrier").agg(call("max", col("distance")).alias("far"))
        .filter(col("far") > 1400),
        lambda s, f: s.table("flights").groupBy("carrier").agg(f.max("distance").alias("far"))
        .filter(f.col("far") > 1400)),
    "an inner join": (
        "SELECT id, name FROM flights JOIN airlines USING (carrier)",
        lambda e: e.table("flights").join(e.table("airlines"), "carrier").select("id", "name"),
        lambda s, f: s.table("flights").join(s.table("airlines"), "carrier").select("id", "name")),
    "a left join and a filter": (
        "SELECT id, name FROM flights LEFT JOIN airlines USING (carrier) WHERE distance >= 1400",
        lambda e: e.table("flights").join(e.table("airlines"), "carrier", "left").filter(col("distance") >= 1400)
        .select("id", "name"),
        lambda s, f: s.table("flights").join(s.table("airlines"), "carrier", "left").filter(f.col("distance") >= 1400)
        .select("id", "name")),
    "an anti join": (
        "SELECT name FROM airlines LEFT ANTI JOIN flights USING (carrier)",
        lambda e: e.table("airlines").join(e.table("flights"), "carrier", "anti").select("name"),
        lambda s, f: s.table("airlines").join(s.table("flights"), "carrier", "left_anti").select("name")),
    "a join, groups and the first of them": (
        "SELECT name, sum(distance) AS miles FROM flights JOIN airlines USING (carrier) GROUP BY name "
        "ORDER BY miles DESC LIMIT 2",
        lambda e: e.table("flights").join(e.table("airlines"), "carrier").group_by("name")
        .agg(call("sum", col("distance")).alias("miles")).sort("miles", descending=True).limit(2),
        lambda s, f: s.table("flights").join(s.table("airlines"), "carrier").groupBy("name")
        .agg(f.sum("distance").alias("miles")).orderBy(f.col("miles").desc()).limit(2)),
    "distinct rows of a union": (
        "SELECT DISTINCT * FROM (SELECT origin AS faa FROM flights UNION ALL SELECT dest FROM flights)",
        lambda e: e.table("flights").select(col("origin").alias("faa"))
        .union_all(e.table("flights").select("dest")).distinct(),
        lambda s, f: s.table("flights").select(f.col("origin").alias("faa"))
        .union(s.table("flights").select("dest")).distinct()),
    "a case over dates": (
        "SELECT id, CASE WHEN delay > 3 THEN 'late' ELSE 'fine' END AS how FROM flights WHERE day >= DATE '2013-01-02'",
        lambda e: e.table("flights").filter(col("day") >= call("make_date", lit(2013), lit(1), lit(2)))
        .select("id", expr("CASE WHEN delay > 3 THEN 'late' ELSE 'fine' END").alias("how")),
        lambda s, f: s.table("flights").filter(f.col("day") >= f.make_date(f.lit(2013), f.lit(1), f.lit(2)))
        .select("id", f.when(f.col("delay") > 3, "late").otherwise("fine").alias("how"))),
}


@pytest.mark.parametrize("question", QUESTIONS)
def test_sql_and_fluent_calls_are_one_plan(engine, question):
    text, fluent, _ = QUESTIONS[question]
    in_sql, in_calls = engine.sql(text), fluent(engine)
    assert plan_of(in_calls) == plan_of(in_sql)
    assert in_calls.has_same_plan(in_sql)
    assert sorted(in_calls.collect(), key=repr) == sorted(in_sql.collect(), key=repr)


@pytest.mark.parametrize("question", QUESTIONS)
def test_sql_and_pyspark_are_one_plan(engine, spark, question):
    from pyspark.sql import functions

    text, _, calls = QUESTIONS[question]
    frame = calls(spark, functions)
    assert after_analysis(frame._explain_string(extended=True)) == plan_of(engine.sql(text))
    assert frame.sameSemantics(spark.sql(text))


# Cypher asks of the graph what SQL asks of its tables. NULL is its greatest value, so DESC begins with it.
GRAPH_QUESTIONS = {
    "nodes": ("MATCH (a:Airport) WHERE a.name <> 'Miami' RETURN a.faa AS faa",
              "SELECT faa FROM airports WHERE name <> 'Miami'"),
    "nodes counted": ("MATCH (a:Airport) RETURN count(*) AS n", "SELECT count(*) AS n FROM airports"),
    "the last of the nodes": ("MATCH (a:Airport) RETURN a.name AS name ORDER BY name DESC LIMIT 2",
                              "SELECT name FROM airports ORDER BY name DESC NULLS FIRST LIMIT 2"),
    "distinct names": ("MATCH (a:Airport) RETURN DISTINCT a.name AS name", "SELECT DISTINCT name FROM airports"),
}


@pytest.mark.parametrize("question", GRAPH_QUESTIONS)
def test_cypher_and_sql_are_one_plan(engine, question):
    in_cypher, in_sql = (ask(text) for ask, text in zip((engine.graph.cypher, engine.sql), GRAPH_QUESTIONS[question]))
    assert plan_of(in_cypher) == plan_of(in_sql)
    assert in_cypher.has_same_plan(in_sql)


def test_different_questions_are_different_plans(engine):
    plans = {plan_of(engine.sql(text)) for text, *_ in QUESTIONS.values()}
    assert len(plans) == len(QUESTIONS)
    one, other = (engine.sql(f"SELECT id FROM flights WHERE delay > {bound}") for bound in (0, 1))
    assert not one.has_same_plan(other)
