"""Spark Connect with the stock client: over the network to the server's binary, and in this process.

Every expectation is what Spark 4 answers."""

import datetime
import decimal
import pathlib
import signal
import subprocess
import threading
import time

import pandas as pd
import pyarrow as pa
import pytest
from pyspark.errors import (AnalysisException, ArithmeticException, IllegalArgumentException, NumberFormatException,
                            ParseException, PySparkException, SparkNoSuchElementException,
                            UnsupportedOperationException)
from pyspark.sql import Row
from pyspark.sql import functions as F
from pyspark.sql.connect.session import SparkSession as ConnectSession
from pyspark.sql.types import IntegerType, LongType, StringType, StructField, StructType

import sabot
from sabot.spark import SparkSession

SERVER = pathlib.Path(sabot.__file__).parent / "bin" / "sabot-server"


@pytest.fixture(scope="module")
def server_url():
    process = subprocess.Popen([SERVER, "--spark-port", "0"], stdout=subprocess.PIPE, text=True)
    line = process.stdout.readline()
    yield line.split()[-1]
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=20) == 0


@pytest.fixture(params=["network", "in process"])
def spark(request):
    if request.param == "network":
        session = ConnectSession.builder.remote(request.getfixturevalue("server_url")).create()
    else:
        session = SparkSession.builder.create()
    yield session
    session.stop()


@pytest.fixture
def people(spark):
    return spark.createDataFrame([(1, "a", 1.5), (2, None, 2.5), (3, "a", None)], ["id", "name", "v"])


def shown(capsys, frame, *arguments, **options):
    capsys.readouterr()
    frame.show(*arguments, **options)
    return capsys.readouterr().out


# ---- sources

def test_version_and_range(spark):
    assert spark.version == "4.2.0"
    assert [row.id for row in spark.range(2, 9, 3).collect()] == [2, 5, 8]
    assert spark.range(5).count() == 5


def test_sql_is_lazy_and_commands_run_at_once(spark):
    assert spark.sql("SELECT 1 AS a, 'x' AS b").collect() == [Row(a=1, b="x")]
    assert spark.sql("CREATE OR REPLACE TEMPORARY VIEW made AS SELECT 7 AS x").collect() == []
    assert spark.table("made").collect() == [Row(x=7)]
    assert [row.tableName for row in spark.sql("SHOW TABLES").collect()] == ["made"]


def test_sql_takes_arguments_and_data_frames(spark, people):
    assert spark.sql("SELECT :a + 1 AS r", args={"a": 41}).collect() == [Row(r=42)]
    assert spark.sql("SELECT count(*) AS c FROM {d}", d=people).collect() == [Row(c=3)]


def test_create_data_frame_keeps_types_and_nulls(spark):
    moment = datetime.datetime(2020, 1, 2, 3, 4, 5, 6)
    rows = [(1, "a", 1.5, True, datetime.date(2020, 1, 2), moment, decimal.Decimal("1.50"), b"xy", [1, None],
             {"k": 1}, Row(x=1, y="b")), (None,) * 11]
    schema = ("i INT, s STRING, d DOUBLE, b BOOLEAN, day DATE, t TIMESTAMP, n DECIMAL(10,2), x BINARY, "
              "a ARRAY<INT>, m MAP<STRING,INT>, r STRUCT<x: INT, y: STRING>")
    frame = spark.createDataFrame(rows, schema)
    assert [tuple(row) for row in frame.collect()] == rows
    assert frame.schema.simpleString() == ("struct<i:int,s:string,d:double,b:boolean,day:date,t:timestamp,"
                                           "n:decimal(10,2),x:binary,a:array<int>,m:map<string,int>,"
                                           "r:struct<x:int,y:string>>")


def test_create_data_frame_obeys_the_schema(spark):
    schema = StructType([StructField("a", LongType(), False), StructField("b", StringType())])
    assert spark.createDataFrame([(1, "x")], schema).schema == schema
    assert spark.createDataFrame([], schema).collect() == []
    assert spark.createDataFrame([1, 2], "int").collect() == [Row(value=1), Row(value=2)]
    frame = spark.createDataFrame(pd.DataFrame({"a": [1, 2], "b": ["x", None]}))
    assert frame.orderBy("a").collect() == [Row(a=1, b="x"), Row(a=2, b=None)]
    table = pa.table({"a": pa.array([1, 2], pa.int16())})
    assert spark.createDataFrame(table).toArrow().column("a").to_pylist() == [1, 2]


def test_create_data_frame_beyond_the_size_of_a_plan(spark):
    # Past 1 MiB the client uploads the rows first, in pieces.
    numbers = pd.DataFrame({"a": range(400_000)})
    frame = spark.createDataFrame(numbers)
    assert frame.agg(F.sum("a")).collect()[0][0] == sum(range(400_000))


def test_read_files(spark, tmp_path):
    table = pa.table({"a": [1, 2, 3], "b": ["x", None, "z"]})
    import pyarrow.parquet
    pyarrow.parquet.write_table(table, tmp_path / "t.parquet")
    (tmp_path / "t.csv").write_text("a;b\n1;x\n2;\n")
    assert spark.read.parquet(str(tmp_path / "t.parquet")).filter("a > 1").count() == 2
    frame = spark.read.csv(str(tmp_path / "t.csv"), header=True, sep=";", inferSchema=True)
    assert frame.collect() == [Row(a=1, b="x"), Row(a=2, b=None)]
    frame = spark.read.schema("a INT, b STRING").option("header", "true").option("sep", ";").csv(str(tmp_path / "t.csv"))
    assert frame.schema == StructType([StructField("a", IntegerType()), StructField("b", StringType())])
    assert frame.inputFiles() == [f"file://{tmp_path}/t.csv"]


def test_write_files(spark, people, tmp_path):
    path = str(tmp_path / "out")
    people.write.parquet(path)
    assert spark.read.parquet(path).count() == 3
    with pytest.raises(PySparkException):
        people.write.parquet(path)
    people.filter("id = 1").write.mode("overwrite").parquet(path)
    assert spark.read.parquet(path).collect() == [Row(id=1, name="a", v=1.5)]


# ---- steps

def test_select_and_filter(people):
    frame = people.select("id", (F.col("v") * 2).alias("w"), people.name)
    assert frame.filter(people.id > 1).collect() == [Row(id=2, w=5.0, name=None), Row(id=3, w=None, name="a")]
    assert people.filter("id > 1 AND name IS NULL").select(people["*"]).count() == 1
    assert people.filter(people.name.isin("a", "b") & ~people.v.isNull()).collect() == [Row(id=1, name="a", v=1.5)]
    assert people.where(people.name.startswith("a") | (people.id == 2)).count() == 3


def test_columns_are_added_renamed_and_dropped(people):
    frame = people.withColumn("z", F.when(F.col("id") == 1, "one").otherwise("more"))
    assert [row.z for row in frame.collect()] == ["one", "more", "more"]
    assert people.withColumnRenamed("v", "w").columns == ["id", "name", "w"]
    assert people.drop("v").columns == ["id", "name"]
    assert people.drop(people.v).columns == ["id", "name"]
    assert people.toDF("a", "b", "c").columns == ["a", "b", "c"]
    assert people.selectExpr("id + 1 AS n", "upper(name)").columns == ["n", "upper(name)"]


def test_group_and_aggregate(people):
    rows = people.groupBy("name").agg(F.sum("v").alias("s"), F.count("*"), F.countDistinct("id")).orderBy("name")
    assert rows.columns == ["name", "s", "count(1)", "count(DISTINCT id)"]
    assert [tuple(row) for row in rows.collect()] == [(None, 2.5, 1, 1), ("a", 1.5, 2, 2)]
    assert people.groupBy().max("id").collect() == [Row(**{"max(id)": 3})]


def test_join(spark, people):
    tags = spark.createDataFrame([(1, "X"), (3, "Y"), (4, "Z")], ["id", "tag"])
    assert people.join(tags, "id").orderBy("id").select("id", "tag").collect() == [Row(id=1, tag="X"), Row(id=3, tag="Y")]
    left = people.join(tags, people.id == tags.id, "left").select(people.id, tags.tag).orderBy(people.id)
    assert left.collect() == [Row(id=1, tag="X"), Row(id=2, tag=None), Row(id=3, tag="Y")]
    assert people.join(tags, "id", "left_semi").count() == 2
    assert people.join(F.broadcast(tags), "id", "left_anti").collect() == [Row(id=2, name=None, v=2.5)]


def test_order_limit_distinct_union(people):
    assert [row.id for row in people.orderBy(F.desc("id")).limit(2).collect()] == [3, 2]
    assert [row.v for row in people.orderBy(F.col("v").asc_nulls_last()).collect()] == [1.5, 2.5, None]
    assert [row.id for row in people.orderBy("id").offset(1).collect()] == [2, 3]
    assert people.select("name").distinct().count() == 2
    assert people.dropDuplicates(["name"]).columns == ["id", "name", "v"]
    assert people.dropDuplicates(["name"]).count() == 2
    assert people.union(people).count() == 6
    assert people.unionByName(people.select("v", "id", "name")).filter("id = 1").distinct().count() == 1


def test_nested_values_are_reached(spark):
    frame = spark.createDataFrame([([1, 2], {"k": 5}, Row(x=7))], "a ARRAY<INT>, m MAP<STRING,INT>, s STRUCT<x: INT>")
    assert tuple(frame.select(frame.a[1], frame.m["k"], frame.s.x, frame.s.getField("x")).collect()[0]) == (2, 5, 7, 7)


def test_three_hundred_steps(people):
    frame = people
    for _ in range(300):
        frame = frame.limit(100)
    assert frame.count() == 3


# ---- what comes back

def test_show_is_spark_s_text(capsys, people):
    assert shown(capsys, people) == ("+---+----+----+\n| id|name|   v|\n+---+----+----+\n|  1|   a| 1.5|\n"
                                     "|  2|NULL| 2.5|\n|  3|   a|NULL|\n+---+----+----+\n\n")
    assert shown(capsys, people, 1) == ("+---+----+---+\n| id|name|  v|\n+---+----+---+\n|  1|   a|1.5|\n"
                                        "+---+----+---+\nonly showing top 1 row\n")
    assert shown(capsys, people.limit(1), truncate=False) == ("+---+----+---+\n|id |name|v  |\n+---+----+---+\n"
                                                              "|1  |a   |1.5|\n+---+----+---+\n\n")
    assert shown(capsys, people.limit(1), vertical=True) == ("-RECORD 0---\n id   | 1   \n name | a   \n"
                                                             " v    | 1.5 \n\n")


def test_show_nested_values_and_zones(capsys, spark):
    spark.conf.set("spark.sql.session.timeZone", "Europe/Berlin")
    frame = spark.sql("SELECT array(1, NULL) AS a, map('k', 1) AS m, named_struct('x', 1, 'y', 'b') AS s, "
                      "TIMESTAMP '2020-01-01 12:00:00' AS t")
    assert shown(capsys, frame, truncate=False).splitlines()[3] == "|[1, NULL]|{k -> 1}|{1, b}|2020-01-01 12:00:00|"


def test_schema_and_explain(capsys, people):
    assert people.dtypes == [("id", "bigint"), ("name", "string"), ("v", "double")]
    capsys.readouterr()
    people.printSchema()
    assert capsys.readouterr().out == ("root\n |-- id: long (nullable = true)\n |-- name: string (nullable = true)\n"
                                       " |-- v: double (nullable = true)\n\n")
    people.filter("id > 1").explain()
    assert "== Physical Plan ==" in capsys.readouterr().out
    people.filter("id > 1").explain(True)
    assert "== Optimized Logical Plan ==" in capsys.readouterr().out
    assert people.sameSemantics(people.select("*"))
    assert not people.sameSemantics(people.limit(1))


def test_arrow_and_pandas(people):
    table = people.toArrow()
    assert table.schema.names == ["id", "name", "v"]
    assert table.to_pylist()[1] == {"id": 2, "name": None, "v": 2.5}
    assert list(people.toPandas()["id"]) == [1, 2, 3]
    assert people.filter("id > 100").toArrow().num_rows == 0
    assert list(people.filter("id > 100").toPandas().columns) == ["id", "name", "v"]
    assert [row.id for row in people.toLocalIterator()] == [1, 2, 3]


def test_many_rows(spark):
    table = spark.range(100_000).toArrow()
    assert table.num_rows == 100_000
    assert table.column("id").to_pylist() == list(range(100_000))


def test_timestamps_are_instants(spark):
    spark.conf.set("spark.sql.session.timeZone", "America/New_York")
    frame = spark.sql("SELECT TIMESTAMP '2020-07-01 12:00:00' AS t, TIMESTAMP_NTZ '2020-07-01 12:00:00' AS n")
    table = frame.toArrow()
    assert table.schema.field("t").type == pa.timestamp("us", "UTC")
    assert table.schema.field("n").type == pa.timestamp("us")
    assert table.column("t").cast(pa.int64()).to_pylist() == [1593619200000000]


# ---- views and options

def test_temporary_views(spark, people):
    people.createOrReplaceTempView("people")
    assert spark.sql("SELECT sum(id) AS s FROM people").collect() == [Row(s=6)]
    people.limit(1).createOrReplaceTempView("people")
    assert spark.table("people").count() == 1
    with pytest.raises(AnalysisException) as error:
        people.createTempView("people")
    assert error.value.getSqlState() == "42P07"


def test_sessions_are_strangers(spark):
    other = SparkSession.builder.create()
    spark.range(1).createOrReplaceTempView("mine")
    with pytest.raises(AnalysisException):
        other.table("mine").collect()
    other.stop()


def test_conf(spark):
    assert spark.conf.get("spark.sql.session.timeZone") == "UTC"
    spark.conf.set("spark.sql.shuffle.partitions", 5)
    assert spark.conf.get("spark.sql.shuffle.partitions") == "5"
    spark.conf.unset("spark.sql.shuffle.partitions")
    assert spark.conf.get("spark.sql.shuffle.partitions") == "200"
    spark.sql("SET spark.sql.shuffle.partitions = 7")
    spark.sql("RESET spark.sql.shuffle.partitions")
    assert spark.conf.get("spark.sql.shuffle.partitions") == "200"
    assert spark.conf.get("no.such.key", "otherwise") == "otherwise"
    assert spark.conf.isModifiable("spark.sql.session.timeZone")
    assert spark.conf.getAll["spark.sql.ansi.enabled"] == "true"
    with pytest.raises(SparkNoSuchElementException) as error:
        spark.conf.get("no.such.key")
    assert error.value.getCondition() == "SQL_CONF_NOT_FOUND"
    with pytest.raises(IllegalArgumentException):
        spark.conf.set("spark.sql.ansi.enabled", "false")


def test_set_in_sql_is_conf(spark):
    assert spark.sql("SET spark.sql.shuffle.partitions = 7").collect() == [Row(key="spark.sql.shuffle.partitions",
                                                                             value="7")]
    assert spark.conf.get("spark.sql.shuffle.partitions") == "7"
    spark.sql("SET spark.sql.session.timeZone = Asia/Tokyo")
    assert spark.conf.get("spark.sql.session.timeZone") == "Asia/Tokyo"
    with pytest.raises(PySparkException):
        spark.sql("SET sabot.no.such.key = 1")


# ---- one plan for both

@pytest.mark.parametrize("query, build", [
    ("SELECT id, v FROM t WHERE id > 1", lambda t, u: t.filter(F.col("id") > 1).select("id", "v")),
    ("SELECT id, v FROM t WHERE id > 1", lambda t, u: t.filter(t.id > 1).select(t.id, t.v)),
    ("SELECT name, sum(v) s, count(*) c FROM t GROUP BY name",
     lambda t, u: t.groupBy("name").agg(F.sum("v").alias("s"), F.count("*").alias("c"))),
    ("SELECT t.name, u.tag FROM t JOIN u ON t.id = u.id",
     lambda t, u: t.join(u, t.id == u.id).select(t.name, u.tag)),
    ("SELECT tag, max(v) m FROM t JOIN u USING (id) GROUP BY tag",
     lambda t, u: t.join(u, "id").groupBy("tag").agg(F.max("v").alias("m"))),
    ("SELECT * FROM t ORDER BY v DESC LIMIT 2", lambda t, u: t.orderBy(F.desc("v")).limit(2)),
    ("SELECT DISTINCT name FROM t", lambda t, u: t.select("name").distinct()),
    ("SELECT id FROM t UNION ALL SELECT id FROM u", lambda t, u: t.select("id").union(u.select("id"))),
    ("SELECT t.id FROM t LEFT JOIN u ON t.id = u.id WHERE tag IS NULL",
     lambda t, u: t.join(u, t.id == u.id, "left").filter(F.col("tag").isNull()).select(t.id)),
    ("SELECT CASE WHEN v > 2 THEN 'hi' ELSE 'lo' END k FROM t",
     lambda t, u: t.select(F.when(F.col("v") > 2, "hi").otherwise("lo").alias("k"))),
    ("SELECT name, count(1) c FROM t GROUP BY name HAVING c > 1",
     lambda t, u: t.groupBy("name").agg(F.count(F.lit(1)).alias("c")).filter("c > 1")),
    ("SELECT * FROM t WHERE name IN ('a', 'b')", lambda t, u: t.filter(F.col("name").isin("a", "b"))),
    ("SELECT * FROM t WHERE id BETWEEN 1 AND 2", lambda t, u: t.filter(F.col("id").between(1, 2))),
    ("SELECT * FROM t LEFT SEMI JOIN u USING (id)", lambda t, u: t.join(u, "id", "left_semi")),
])
def test_sql_and_data_frames_make_one_plan(spark, people, query, build):
    people.createOrReplaceTempView("t")
    spark.createDataFrame([(1, "X"), (3, "Y")], ["id", "tag"]).createOrReplaceTempView("u")
    frame = build(spark.table("t"), spark.table("u"))
    assert frame.sameSemantics(spark.sql(query))
    assert not frame.sameSemantics(spark.sql(query).limit(1))


# ---- errors

def test_unknown_column(spark, people):
    people.createOrReplaceTempView("people")
    with pytest.raises(AnalysisException) as error:
        spark.sql("SELECT 'ü', nam FROM people").collect()
    assert error.value.getCondition() == "UNRESOLVED_COLUMN.WITH_SUGGESTION"
    assert error.value.getSqlState() == "42703"
    context = error.value.getQueryContext()[0]
    assert (context.startIndex(), context.stopIndex(), context.fragment()) == (12, 14, "nam")
    with pytest.raises(AnalysisException):
        people.select("nam").collect()


def test_syntax_error(spark):
    with pytest.raises(ParseException) as error:
        spark.sql("SELEC 1")
    assert error.value.getCondition() == "PARSE_SYNTAX_ERROR"
    assert error.value.getSqlState() == "42601"
    with pytest.raises(ParseException):
        spark.range(1).filter("id >").collect()


def test_errors_of_data(spark):
    with pytest.raises(ArithmeticException) as error:
        spark.sql("SELECT 1 / (id - 1) FROM range(3)").collect()
    assert error.value.getCondition() == "DIVIDE_BY_ZERO"
    assert error.value.getSqlState() == "22012"
    with pytest.raises(NumberFormatException) as error:
        spark.createDataFrame([("x",)], ["a"]).select(F.col("a").cast("int")).collect()
    assert error.value.getCondition() == "CAST_INVALID_INPUT"
    assert spark.range(1).select(F.lit("x").try_cast("int").alias("a")).collect() == [Row(a=None)]


def test_missing_table_and_file(spark):
    with pytest.raises(AnalysisException) as error:
        spark.table("nowhere").collect()
    assert error.value.getCondition() == "TABLE_OR_VIEW_NOT_FOUND"
    with pytest.raises(AnalysisException):
        spark.read.parquet("/no/such/file.parquet").collect()


@pytest.mark.parametrize("method, use", [
    ("DataFrame.sample", lambda frame: frame.sample(0.5).collect()),
    ("Python function", lambda frame: frame.select(F.udf(lambda x: x)("id")).collect()),
    ("GroupedData.pivot", lambda frame: frame.groupBy("id").pivot("name", ["a"]).count().collect()),
    ("Column.over", lambda frame: frame.select(F.row_number().over(__import__("pyspark").sql.Window.orderBy("id"))).collect()),
    ("DataFrame.cache", lambda frame: frame.cache()),
    ("saveAsTable", lambda frame: frame.write.saveAsTable("t")),
])
def test_refusals_name_the_method(people, method, use):
    with pytest.raises(UnsupportedOperationException) as error:
        use(people)
    assert error.value.getCondition() == "UNSUPPORTED_FEATURE"
    assert method in str(error.value)
    assert "Nearest that works" in str(error.value)


# ---- the protocol

def test_broken_off_streams_go_on(spark):
    # The server ends the stream after each response, so every one takes a ReattachExecute.
    spark.conf.set("spark.connect.execute.reattachable.senderMaxStreamSize", 1)
    assert spark.range(50_000).toArrow().column("id").to_pylist() == list(range(50_000))
    with pytest.raises(ArithmeticException):
        spark.sql("SELECT 1 / 0").collect()


def test_interrupt_stops_what_is_tagged(spark):
    endless = spark.sql("SELECT count(*) FROM range(100000000) a JOIN range(100000000) b ON a.id % 7 = b.id % 7")
    errors = []

    def run():
        spark.addTag("slow")
        try:
            endless.collect()
        except PySparkException as error:
            errors.append(error.getCondition())

    thread = threading.Thread(target=run)
    thread.start()
    deadline = time.monotonic() + 20
    stopped = []
    while not stopped and time.monotonic() < deadline:
        assert spark.interruptTag("other") == []
        stopped = spark.interruptTag("slow")
        time.sleep(0.05)
    thread.join(timeout=20)
    assert len(stopped) == 1
    assert errors == ["OPERATION_CANCELED"]
    assert spark.range(1).count() == 1


def test_threads_share_a_session(spark):
    results = {}

    def run(number):
        results[number] = spark.range(number).count()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert results == {number: number for number in range(8)}


def test_only_this_machine_is_listened_to():
    result = subprocess.run([SERVER, "--host", "0.0.0.0"], capture_output=True, text=True, timeout=20)
    assert result.returncode == 2
    assert "UNSUPPORTED_FEATURE" in result.stderr


def test_a_port_in_use_is_told(server_url):
    result = subprocess.run([SERVER, "--spark-port", server_url.rsplit(":", 1)[1]], capture_output=True, text=True,
                            timeout=20)
    assert result.returncode == 2
    assert "CONNECTION_FAILED" in result.stderr
