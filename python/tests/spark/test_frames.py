"""Columns taken from a frame (df.a), with the stock client in this process.

Every expectation is what Spark Connect 4 answers."""

import time
from decimal import Decimal

import pytest
from pyspark.errors import AnalysisException
from pyspark.sql import Row
from pyspark.sql import functions as F

from sabot.spark import SparkSession


@pytest.fixture(scope="module")
def spark():
    session = SparkSession.builder.create()
    yield session
    session.stop()


@pytest.fixture
def a(spark):
    return spark.createDataFrame([(1, 10), (2, 20), (3, 30)], "id int, v int")


def refused(name, frame):
    with pytest.raises(AnalysisException) as caught:
        frame.collect()
    assert caught.value.getCondition() == name


# ---- a frame joined with one derived from it

def test_join_with_its_aggregation(a):
    y = a.groupBy("id").agg(F.sum("v").alias("s"))
    assert sorted(a.join(y, a.id == y.id).select(a.id, y.s).collect()) == [(1, 10), (2, 20), (3, 30)]
    assert sorted(y.join(a, a.id == y.id).select(a.id, y.s).collect()) == [(1, 10), (2, 20), (3, 30)]


def test_join_with_a_filter_of_it(a):
    y = a.filter("id > 1")
    assert a.join(y, a.id == y.id).count() == 2
    assert y.join(a, a.id == y.id).count() == 2
    left = a.join(y, a.id == y.id, "left").select(a.id, y.v).orderBy(a.id)
    assert left.collect() == [(1, None), (2, 20), (3, 30)]
    assert left.schema["v"].nullable
    anti = a.join(y, a.id == y.id, "left_anti")
    assert anti.collect() == [(1, 10)]


def test_join_with_a_column_replaced(a):
    y = a.withColumn("v", F.col("v") + 1)
    assert sorted(a.join(y, "id").select(a.v, y.v).collect()) == [(10, 11), (20, 21), (30, 31)]
    assert sorted(a.join(y, a.v + 1 == y.v).select(a.id, y.v).collect()) == [(1, 11), (2, 21), (3, 31)]


def test_join_with_a_repartition_of_it(a):
    y = a.repartition(2)
    assert a.join(y, a.id == y.id).count() == 3
    assert sorted(y.select(y.id, a.v).collect()) == [(1, 10), (2, 20), (3, 30)]


def test_joined_with_itself_no_side_is_meant(a):
    refused("AMBIGUOUS_COLUMN_REFERENCE", a.join(a, a.id == a.id))
    b = a.alias("b")
    assert a.alias("x").join(b, F.col("x.id") == F.col("b.id")).count() == 3


def test_a_name_of_two_columns_is_ambiguous(a, spark):
    b = spark.createDataFrame([(1, "x")], "id int, w string")
    both = a.join(b, a.id == b.id)
    refused("AMBIGUOUS_REFERENCE", both.select(both.id))
    assert both.select(a.id, b.id, both.w).collect() == [(1, 1, "x")]
    assert both.drop(b.id).collect() == [Row(id=1, v=10, w="x")]
    assert both.drop(a.id).columns == ["v", "id", "w"]
    assert both.drop("id").columns == ["v", "w"]


# ---- a column that is no longer there

def test_a_replaced_column_is_not_the_one_of_the_frame(a):
    refused("CANNOT_RESOLVE_DATAFRAME_COLUMN", a.withColumn("v", F.lit(0)).select(a.v))
    assert a.withColumn("w", F.lit(0)).select(a.v).count() == 3
    assert a.withColumn("v", F.lit(0)).drop(a.v).columns == ["id", "v"]


def test_a_column_of_another_frame_is_refused(a, spark):
    other = spark.range(3)
    refused("CANNOT_RESOLVE_DATAFRAME_COLUMN", a.select(other.id))


def test_columns_of_a_frame_outlive_steps_that_keep_them(a, spark):
    assert sorted(a.dropDuplicates(["id"]).select(a.v).collect()) == [(10,), (20,), (30,)]
    assert a.dropDuplicates(["v"]).columns == ["id", "v"]
    refused("UNRESOLVED_COLUMN.WITH_SUGGESTION", a.dropDuplicates(["idd"]))
    more = spark.createDataFrame([(4, 40)], "id int, v int")
    assert sorted(a.union(more).select(a.v).collect()) == [(10,), (20,), (30,), (40,)]
    assert a.hint("broadcast").filter(a.id > 2).select(a.v).collect() == [(30,)]
    assert a.distinct().filter(a.id > 2).select(a.v).collect() == [(30,)]
    assert a.groupBy(a.id).agg(F.max(a.v)).filter(a.id > 2).collect() == [(3, 30)]


# ---- columns that a select left out

def test_filters_and_orders_by_columns_left_out(a):
    assert a.select("v").orderBy(F.desc("id")).collect() == [(30,), (20,), (10,)]
    assert a.select("v").filter("id > 1").orderBy(a.id.desc()).collect() == [(30,), (20,)]
    assert a.select("v").filter(a.id > 1).filter("id < 3").collect() == [(20,)]
    assert a.select((F.col("v") + 1).alias("w")).where(F.col("v") > 10).sort("id").collect() == [(21,), (31,)]
    assert a.withColumnRenamed("id", "n").filter("id = 2").collect() == [(2, 20)]
    assert a.drop("id").orderBy("id", ascending=False).columns == ["v"]
    assert a.select("v").select("v").filter("id = 2").collect() == [(20,)]
    assert a.groupBy("id").agg(F.sum("v").alias("s")).select("s").orderBy(F.desc("id")).collect() == [(30,), (20,), (10,)]
    joined = a.join(a.groupBy("id").agg(F.sum("v").alias("s")), "id").select("s")
    assert joined.filter("id > 1").orderBy(F.desc("v")).collect() == [(30,), (20,)]


def test_what_stands_in_the_frame_hides_what_was_left_out(a):
    swapped = a.select(F.col("v").alias("id"), (-F.col("id")).alias("n"))
    assert swapped.filter("id = 20 AND v = 20").collect() == [(20, -2)]
    assert swapped.filter(a.id == 2).collect() == [(20, -2)]
    replaced = a.withColumn("v", -F.col("v"))
    assert replaced.orderBy("v").collect() == [(3, -30), (2, -20), (1, -10)]
    assert replaced.filter(a.v > 10).orderBy(a.v).collect() == [(2, -20), (3, -30)]


def test_many_steps_over_many_columns_stay_cheap(spark):
    wide = spark.range(1).select(*[F.lit(i).alias(f"c{i}") for i in range(200)])
    for i in range(150):
        wide = wide.withColumn("c0", F.col("c0") + 1)
    started = time.process_time()
    assert wide.filter(F.col("c0") == 150).count() == 1
    assert time.process_time() - started < 2


def test_left_out_columns_end_where_the_rows_change(a):
    for frame in (a.select("v").limit(2), a.select("v").distinct(), a.select("v").union(a.select("v")),
                  a.select("v").alias("x"), a.groupBy("v").count()):
        refused("UNRESOLVED_COLUMN.WITH_SUGGESTION", frame.filter("id > 1"))
    a.select("v").createOrReplaceTempView("narrow")
    refused("UNRESOLVED_COLUMN.WITH_SUGGESTION", a.sparkSession.table("narrow").filter("id > 1"))
    refused("UNRESOLVED_COLUMN.WITH_SUGGESTION", a.select("v").select("id"))
    refused("UNRESOLVED_COLUMN.WITHOUT_SUGGESTION", a.select("v").filter("ident > 1"))


# ---- literals

def test_decimal_literals_keep_their_fraction(spark):
    prices = spark.sql("SELECT CAST(p AS DECIMAL(10,2)) AS p FROM (VALUES (1.40), (1.50), (1.60)) t(p)")
    assert [row.p for row in prices.filter(prices.p > Decimal("1.50")).collect()] == [Decimal("1.60")]
    frame = spark.range(1).select(F.lit(Decimal("1.10")).alias("d"))
    assert frame.collect() == [(Decimal("1.10"),)]
    assert frame.schema["d"].dataType.simpleString() == "decimal(10,2)"
    assert spark.sql("SELECT :x AS x", args={"x": Decimal("1.25")}).collect() == [(Decimal("1.25"),)]


def test_whole_numbers_beside_decimals_have_their_own_digits(spark):
    frame = spark.sql("SELECT CAST(1.25 AS DECIMAL(10,2)) AS d")
    assert frame.select((F.col("d") * 2).alias("x")).schema["x"].dataType.simpleString() == "decimal(12,2)"


def test_isin(a):
    assert a.filter(F.col("id").isin([])).count() == 0
    assert a.select((~F.col("id").isin([])).alias("x")).distinct().collect() == [(True,)]
    assert a.filter(F.col("id").isin(list(range(2, 20000)))).count() == 2


# ---- names and refusals

def test_a_cast_column_keeps_its_name(a):
    assert a.select(F.col("id").cast("string"), a.v.cast("int"), (a.id + 1).cast("int")).columns == \
        ["id", "v", "CAST((id + 1) AS INT)"]


def test_fields_of_a_struct(a):
    nested = a.limit(1).select(F.struct("id", "v").alias("s"))
    assert nested.select("s.*").collect() == [Row(id=1, v=10)]
    assert a.limit(1).select(F.struct("*").alias("s")).collect() == [Row(s=Row(id=1, v=10))]


def test_what_stands_in_the_wrong_place(a):
    refused("MISSING_GROUP_BY", a.withColumn("q", F.sum("v")))
    refused("INVALID_WHERE_CONDITION", a.filter(F.sum("v") > 1))
    refused("MISSING_AGGREGATION", a.agg(F.col("v")))
    refused("INVALID_LIMIT", a.limit(-1))


def test_a_window_without_a_time(spark):
    frame = spark.sql("SELECT * FROM (VALUES (TIMESTAMP '2024-01-01 00:10:00'), (NULL)) t(ts)")
    assert frame.withColumn("w", F.window("ts", "1 hour")).count() == 1
    assert frame.groupBy(F.window("ts", "1 hour")).count().count() == 1


def test_files_have_no_two_columns_of_one_name(spark, tmp_path):
    with pytest.raises(AnalysisException) as caught:
        spark.sql("SELECT 1 AS a, 2 AS A").write.parquet(str(tmp_path / "out"))
    assert caught.value.getCondition() == "COLUMN_ALREADY_EXISTS"
    assert not (tmp_path / "out").exists()
