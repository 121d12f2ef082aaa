"""What Python code passes in: paths, frames, names, parameters, and what is none of them."""

import datetime
import pathlib

import pytest

from sabot import AnalysisError, ExecutionError, ParseError, Sabot, SabotError, _engine, call, col, expr, lit


@pytest.fixture
def engine():
    with Sabot() as engine:
        yield engine


@pytest.fixture
def rows(engine):
    return engine.sql("SELECT id AS a, IF(id % 2 = 0, NULL, id) AS b FROM range(10)")


def test_a_str_in_call_is_a_column(engine, rows):
    assert rows.agg(call("count", "b"), call("sum", "a"), call("count", "*")).collect() == [(5, 45, 10)]
    assert rows.select(call("coalesce", "b", -1)).limit(2).collect() == [(-1,), (1,)]
    assert rows.select(call("concat", lit("x"), call("string", "a"))).limit(1).collect() == [("x0",)]
    with pytest.raises(AnalysisError, match="UNRESOLVED_COLUMN"):
        rows.agg(call("count", "nope"))


@pytest.mark.parametrize("take", [lambda query: query.arrow(), lambda query: query.to_pandas(),
                                  lambda query: query.to_polars(), lambda query: query.collect()])
def test_every_way_to_the_rows_raises_the_typed_error(engine, take):
    if take(engine.sql("SELECT 1")) is None:
        return
    with pytest.raises(ExecutionError) as caught:
        take(engine.sql("SELECT id,\n 1 DIV (id - 5) FROM range(10)"))
    assert (caught.value.error_class, caught.value.sqlstate) == ("DIVIDE_BY_ZERO", "22012")
    assert caught.value.position == (2, 2)


def test_rows_of_a_failing_query_do_not_become_a_table(engine):
    with pytest.raises(ExecutionError, match="DIVIDE_BY_ZERO"):
        engine.register("t", engine.sql("SELECT 1 DIV (id - 5) AS a FROM range(10)"))


def test_paths(engine, rows, tmp_path):
    rows.write_parquet(tmp_path / "a")
    rows.write_csv(pathlib.Path(tmp_path / "b"), header=True)
    assert engine.read(tmp_path / "a", "parquet").agg(call("count")).collect() == [(10,)]
    both = [tmp_path / "a", str(tmp_path / "a")]
    assert engine.read(both, "parquet").agg(call("count")).collect() == [(20,)]
    assert engine.read((tmp_path / "b"), "csv", header=True).columns == ["a", "b"]
    for nothing in (None, 5):
        with pytest.raises(TypeError):
            engine.read(nothing)
        with pytest.raises(TypeError):
            rows.write_parquet(nothing)


def test_the_index_of_a_frame_is_no_column(engine):
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"x": [1, 2, 3]})
    kept = frame[frame.x > 1]
    assert engine.register("t", kept).columns == ["x"]
    assert engine.sql("SELECT * FROM kept").collect() == [(2,), (3,)]
    assert engine.register("u", frame.set_index(pandas.Index([7, 8, 9], name="key"))).columns == ["x"]
    handle = engine.stream.from_memory(kept).to_memory().start()
    assert handle.wait() and handle.rows().collect() == [(2,), (3,)]


def test_variables_are_seen_from_a_comprehension(engine):
    local = engine.sql("SELECT 7 AS a").arrow()
    assert [engine.sql("SELECT * FROM local").collect() for _ in range(2)] == [[(7,)], [(7,)]]
    assert list(engine.sql("SELECT a + 1 FROM local").collect()[0][0] for _ in range(2)) == [8, 8]
    assert {k: [engine.sql("SELECT a FROM local").collect() for _ in "x"] for k in "a"} == {"a": [[(7,)]]}

    def other():
        return engine.sql("SELECT * FROM local")

    with pytest.raises(AnalysisError, match="TABLE_OR_VIEW_NOT_FOUND"):
        other()


def test_parameters(engine):
    assert engine.sql("SELECT :text, :self, :parameters", text="a", self=1, parameters=None).collect() == [("a", 1, None)]
    with pytest.raises(AnalysisError) as caught:
        engine.sql("SELECT :a", a=1, b=2)
    assert caught.value.error_class == "INVALID_PARAMETER_VALUE" and caught.value.parameters["parameter"] == "b"
    with pytest.raises(AnalysisError):
        engine.sql("SELECT :ab", ab=1, a=1)
    with pytest.raises(AnalysisError):
        engine.stream.sql("SELECT 1", a=1)
    with pytest.raises(AnalysisError):
        engine.graph.cypher("RETURN $a AS a", a=1, b=2)
    assert engine.graph.cypher("RETURN $text AS t, $self AS s", text="x", self=2).collect() == [("x", 2)]


def test_operators_keep_their_sides(engine):
    x = col("x")
    query = engine.sql("SELECT 4 AS x").select(8 - x, 8 / x, x - 8, x / 8, 8 * x, 8 + x)
    assert query.collect() == [(4, 2.0, -4, 0.5, 32, 12)]


def test_the_first_and_the_last_day_of_python_are_dates(engine):
    days = (datetime.date.min, datetime.date.max)
    assert engine.sql("SELECT DATE '0001-01-01', DATE '9999-12-31'").collect() == [days]


def test_a_named_broker_comes_before_that_of_the_environment(engine, monkeypatch):
    options = []
    monkeypatch.setattr(_engine, "external", lambda connector, texts, schema: options.append(texts))
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", "environment:1")
    engine.stream.from_kafka("t")
    engine.stream.from_kafka("t", servers="named:1")
    assert [each["kafka.bootstrap.servers"] for each in options] == ["environment:1", "named:1"]


LONE = "\ud800"


@pytest.mark.parametrize("action", [
    lambda engine, bad: engine.sql(bad),
    lambda engine, bad: engine.graph.cypher(bad),
    lambda engine, bad: engine.stream.sql(bad),
    lambda engine, bad: engine.table(bad),
    lambda engine, bad: engine.register(bad, engine.sql("SELECT 1")),
    lambda engine, bad: col(bad),
    lambda engine, bad: expr(bad),
    lambda engine, bad: call(bad),
    lambda engine, bad: engine.sql("SELECT 1 AS a").group_by(bad),
])
def test_what_is_no_text(engine, action):
    for bad in (None, b"SELECT 1", 5):
        with pytest.raises(TypeError, match="is a str, not"):
            action(engine, bad)
    with pytest.raises(ValueError, match="surrogate"):
        action(engine, LONE)


def test_values_that_are_no_text(engine):
    for action in (lambda: lit(LONE), lambda: engine.sql("SELECT :a", a=LONE)):
        with pytest.raises(ValueError, match="surrogates"):
            action()


def test_empty_statements(engine):
    for text in ("", "  ", "-- nothing"):
        with pytest.raises(ParseError):
            engine.sql(text)


def error_class(action):
    with pytest.raises(SabotError) as caught:
        action()
    return caught.value.error_class


def test_values_out_of_range(engine, rows, capsys):
    assert error_class(lambda: rows.explain("foo")) == "INVALID_PARAMETER_VALUE"
    assert error_class(lambda: engine.register("", rows)) == "INVALID_PARAMETER_VALUE"
    assert error_class(lambda: rows.show(-1)) == "INVALID_PARAMETER_VALUE"
    rows.show(0)
    assert capsys.readouterr().out.endswith("0 rows, more cut off\n")
    rows.show(10)
    assert capsys.readouterr().out.endswith("10 rows\n")
