"""What commands give is a table; a command without rows is refused as one."""

import pytest

from sabot import Sabot, UnsupportedError, col


@pytest.fixture
def engine():
    with Sabot() as engine:
        engine.sql("CREATE TEMPORARY VIEW first AS SELECT 1 AS a")
        engine.sql("CREATE TEMPORARY VIEW second AS SELECT 2 AS a")
        yield engine


def test_steps_on_the_rows_of_a_command(engine, tmp_path):
    tables = engine.sql("SHOW TABLES")
    assert tables.filter(col("tableName") == "second").select("tableName").collect() == [("second",)]
    assert tables.limit(1).collect() == [("", "first", True)]
    assert len(tables.union_all(engine.sql("SHOW TABLES")).collect()) == 4
    named = engine.sql("SELECT 'first' AS tableName").join(tables, "tableName")
    assert [row[0] for row in named.collect()] == ["first"]
    tables.create_view("all_tables")
    assert engine.sql("SELECT count(*) FROM all_tables").collect() == [(2,)]
    engine.sql("SET").write_parquet(tmp_path / "set")
    assert engine.read(tmp_path / "set", "parquet").columns == ["key", "value", "meaning"]
    assert repr(tables.limit(1)).startswith("Query[namespace: string")


def test_a_command_with_more_rows_than_a_batch(engine):
    for number in range(3000):
        engine.sql(f"CREATE TEMPORARY VIEW v{number} AS SELECT 1")
    tables = engine.sql("SHOW TABLES")
    assert len(tables.collect()) == 3002
    assert sorted(tables.select("tableName").collect()) == sorted((row[1],) for row in tables.collect())


def test_a_command_without_rows_has_no_steps(engine):
    done = engine.sql("CREATE OR REPLACE TEMPORARY VIEW first AS SELECT 1 AS a")
    for step in (lambda: done.limit(1), lambda: done.filter(col("a") > 1), lambda: done.create_view("q"),
                 lambda: engine.sql("SELECT 1 AS a").join(done, "a"), lambda: done.write_parquet("/tmp/z")):
        with pytest.raises(UnsupportedError) as caught:
            step()
        assert caught.value.error_class == "UNSUPPORTED_FEATURE"
    assert done.collect() == [] and done.explain() == "command\n"


def test_a_command_is_no_stream(engine):
    for statement in ("SHOW TABLES", "SET", "CREATE OR REPLACE TEMPORARY VIEW first AS SELECT 1 AS a"):
        with pytest.raises(UnsupportedError, match="engine.sql"):
            engine.stream.sql(statement)
