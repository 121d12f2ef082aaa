"""Reading files: what folders, zones and bytes mean is what Spark says."""

import datetime

import pytest

from sabot import ConnectorError, Sabot

UTC = datetime.timezone.utc


@pytest.fixture
def engine():
    with Sabot() as engine:
        yield engine


def test_wall_clocks_in_text_are_the_sessions(engine, tmp_path):
    csv = tmp_path / "t.csv"
    csv.write_text("2024-01-01 00:00:00\n2024-01-01T00:00:00Z\n")
    json = tmp_path / "t.json"
    json.write_text('{"t": "2024-07-01 00:00:00"}\n')
    engine.sql("SET spark.sql.session.timeZone = America/New_York")
    engine.sql(f"CREATE TEMP VIEW c (t TIMESTAMP) USING csv OPTIONS (path '{csv}')")
    engine.sql(f"CREATE TEMP VIEW j (t TIMESTAMP) USING json OPTIONS (path '{json}')")
    engine.sql(f"CREATE TEMP VIEW b (t TIMESTAMP) USING csv OPTIONS (path '{csv}', timeZone 'Europe/Berlin')")
    assert engine.sql("SELECT t FROM c").collect() == [
        (datetime.datetime(2024, 1, 1, 5, tzinfo=UTC),), (datetime.datetime(2024, 1, 1, tzinfo=UTC),)]
    assert engine.sql("SELECT t FROM j").collect() == [(datetime.datetime(2024, 7, 1, 4, tzinfo=UTC),)]
    assert engine.sql("SELECT min(t) FROM b").collect() == [(datetime.datetime(2023, 12, 31, 23, tzinfo=UTC),)]


def test_folders_with_values_are_columns(engine, tmp_path):
    for part, value in ((1, "a"), (2, "K%C3%B6ln"), ("__HIVE_DEFAULT_PARTITION__", "c")):
        folder = tmp_path / "t" / f"p={part}" / f"c={value}"
        engine.sql(f"SELECT id FROM range(3)").write_parquet(str(folder))
    table = f"parquet.`{tmp_path}/t`"
    assert engine.sql(f"SELECT p, c, count(*), sum(id) FROM {table} GROUP BY p, c ORDER BY p").collect() == [
        (None, "c", 3, 3), (1, "a", 3, 3), (2, "Köln", 3, 3)]
    assert engine.sql(f"SELECT id FROM {table} WHERE p = 2 AND id > 1").collect() == [(2,)]
    engine.sql("SELECT 1 AS id").write_parquet(str(tmp_path / "t" / "q=1"))
    with pytest.raises(ConnectorError) as error:
        engine.sql(f"SELECT * FROM {table}").collect()
    assert error.value.error_class == "CONFLICTING_PARTITION_COLUMN_NAMES"


def test_bytes_that_are_no_text_are_shown_replaced(engine, tmp_path, capsys):
    path = tmp_path / "l.csv"
    path.write_bytes("café,1\n".encode("latin-1"))
    for query in (f"SELECT _c0 AS s FROM csv.`{path}`", "SELECT CAST(X'636166E9' AS STRING) AS s"):
        result = engine.sql(query)
        assert result.collect() == [("caf\ufffd",)]
        assert result.arrow().to_pylist() == [{"s": "caf\ufffd"}]
        result.show()
        assert "caf\ufffd" in capsys.readouterr().out
