"""A stream that waits long enough gives the batch answer; one that does not loses no row to silence."""

import os
from datetime import timedelta

import pyarrow
import pyarrow.compute
import pyarrow.csv
import pyarrow.parquet
import pytest

from sabot import Sabot
from sabot.expressions import call, col
from sabot.stream import window
from tests.stream import replay

IS_FULL = os.environ.get("SABOT_TEST_TIER") == "full"
DAY = 24


def engine(batch_size: int = 2048, **arguments) -> Sabot:
    return Sabot(config={"sabot.batch.size": batch_size}, **arguments)


def run(folder, batch_size, parallelism, lateness, *, path=None, workers=0, interval=0.2):
    """Run the hourly stream to files; returns its windows, its late rows, its last status."""
    with engine(batch_size, workers=workers) as session:
        stream = replay.hourly(session.stream.from_parquet(path or replay.path()), lateness)
        handle = (stream.to_files(str(folder / "windows")).late_to_files(str(folder / "late"))
                  .start(str(folder / "checkpoint"), interval=interval, parallelism=parallelism))
        assert handle.wait()
        status = handle.status
    late = replay.count_in(folder / "late") if status.late else 0
    return replay.windows_in(folder / "windows"), late, status


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    """Every 23rd departure: enough for every airport and month, few enough for batches of one row."""
    rows = replay.table().take(pyarrow.array(range(0, replay.DEPARTURES, 23)))
    path = tmp_path_factory.mktemp("sample") / "sample.parquet"
    pyarrow.parquet.write_table(rows, path, row_group_size=1000)
    with Sabot() as session:
        session.register("replay", rows)
        return str(path), len(rows), sorted(session.sql(replay.BATCH).collect())


# ---- the bar


@pytest.mark.parametrize("parallelism", [1, 2])
@pytest.mark.parametrize("batch_size", [1, 7, 2048])
def test_with_a_day_of_lateness_windows_equal_the_batch_answer(tmp_path, sample, batch_size, parallelism):
    path, _, expected = sample
    if IS_FULL or batch_size > 1:
        path, expected = replay.path(), replay.batch_answer()
    windows, late, status = run(tmp_path, batch_size, parallelism, DAY, path=path)
    assert windows == expected
    assert (late, status.late, status.state) == (0, 0, "finished")
    print(f"batches of {batch_size}, parallelism {parallelism}: {len(windows)} windows equal the batch answer")


@pytest.mark.parametrize("parallelism", [1, 2])
@pytest.mark.parametrize("batch_size", [1, 7, 2048])
@pytest.mark.parametrize("lateness", [0, 2, 6])
def test_windows_and_late_rows_are_all_departures(tmp_path, sample, lateness, batch_size, parallelism):
    is_whole = IS_FULL or batch_size == 2048
    path, total = (replay.path(), replay.DEPARTURES) if is_whole else sample[:2]
    windows, late, status = run(tmp_path, batch_size, parallelism, lateness, path=path)
    counted = sum(n for _, _, n, _ in windows)
    assert counted + late == total
    assert late == status.late == late_by_definition(path, lateness)
    assert status.rows_in == total
    print(f"lateness {lateness} h, batches of {batch_size}, parallelism {parallelism}: {counted} + {late} = {total}")


def late_by_definition(path: str, lateness_hours: int) -> int:
    """Rows whose window had ended, lateness included, when the greatest time before them was seen."""
    hour = 3_600_000_000
    times = pyarrow.parquet.read_table(path)["sched"].cast(pyarrow.int64()).to_pylist()
    late, greatest = 0, None
    for time in times:
        end = time // hour * hour + hour
        late += greatest is not None and end + lateness_hours * hour <= greatest
        greatest = time if greatest is None else max(greatest, time)
    return late


# ---- sources


def test_a_table_of_this_process_is_replayed(sample):
    path, total, expected = sample
    with Sabot() as session:
        stream = replay.hourly(session.stream.from_memory(pyarrow.parquet.read_table(path)), DAY)
        handle = stream.to_memory().start(parallelism=2)
        assert handle.wait()
        assert replay.windows(handle.rows()) == expected
        assert handle.status.rows_in == total


def test_csv_is_replayed(tmp_path, sample):
    path, _, expected = sample
    rows = pyarrow.parquet.read_table(path)
    # Without the zone's mark: the session's zone is UTC.
    naive = rows.set_column(3, "sched", rows["sched"].cast(pyarrow.timestamp("us")))
    pyarrow.csv.write_csv(naive, tmp_path / "replay.csv")
    with Sabot() as session:
        stream = session.stream.from_csv(str(tmp_path / "replay.csv"), header=True,
                                         schema="origin STRING, carrier STRING, dep_delay INT, sched TIMESTAMP")
        handle = replay.hourly(stream, DAY).to_memory().start(parallelism=1)
        assert handle.wait()
        assert replay.windows(handle.rows()) == expected


@pytest.mark.parametrize("parallelism", [1, 2])
def test_files_are_read_in_the_order_of_their_names(tmp_path, sample, parallelism):
    path, total, _ = sample
    rows = pyarrow.parquet.read_table(path)
    for part in range(10):
        pyarrow.parquet.write_table(rows.slice(part * (total // 10 + 1), total // 10 + 1), tmp_path / f"{part}.parquet")
    windows, late, status = run(tmp_path / "out", 64, parallelism, 2, path=str(tmp_path / "*.parquet"))
    assert sum(n for _, _, n, _ in windows) + late == status.rows_in == total
    # A file begins with a greatest time of its own, and the slower of two tasks holds the watermark: none is later.
    in_order = late_by_definition(path, 2)
    assert late <= in_order, (late, in_order)


def test_sql_over_a_stream_is_the_same_stream(sample):
    path, _, expected = sample
    with Sabot() as session:
        timed = session.stream.from_parquet(path).event_time("sched", 0, timedelta(hours=DAY))
        timed.create_view("departures")
        handle = session.stream.sql("SELECT origin, window(sched, '1 hour') AS w, count(*) AS n, sum(dep_delay) AS delay "
                                    "FROM departures GROUP BY origin, window(sched, '1 hour')").to_memory().start()
        assert handle.wait()
        assert replay.windows(handle.rows()) == expected


def test_filter_select_and_new_columns_come_before_the_windows(sample):
    path, _, _ = sample
    with Sabot() as session:
        stream = (session.stream.from_parquet(path).event_time("sched", 0, timedelta(hours=DAY))
                  .filter(col("carrier") == "UA").with_column("late", col("dep_delay") > 15)
                  .select("sched", "late").filter(col("late"))
                  .group_by(window("sched", timedelta(days=1)).alias("w")).agg(call("count").alias("n")))
        assert [field.name for field in stream.schema] == ["w", "n"]
        handle = stream.to_memory().start(parallelism=2)
        assert handle.wait()
        session.read(path).create_view("rows")
        expected = session.sql("SELECT window(sched, '1 day').start, count(*) FROM rows "
                               "WHERE carrier = 'UA' AND dep_delay > 15 GROUP BY window(sched, '1 day')").collect()
        assert sorted((w["start"], n) for w, n in handle.rows().collect()) == sorted(expected)


# ---- sinks


def test_a_callback_gets_every_row_once(tmp_path, sample):
    path, _, expected = sample
    tables = []
    with Sabot() as session:
        handle = (replay.hourly(session.stream.from_parquet(path), DAY).to_callback(tables.append)
                  .start(str(tmp_path), interval=0.005, parallelism=2))
        assert handle.wait()
    got = sorted((row["origin"], row["w"]["start"], row["n"], row["delay"])
                 for table in tables for row in table.to_pylist())
    assert [(o, s.replace(tzinfo=None), n, d) for o, s, n, d in got] == [
        (o, s.replace(tzinfo=None), n, d) for o, s, n, d in expected]


def test_an_error_in_a_callback_fails_the_stream(sample):
    def refuse(table):
        raise ValueError("no room")

    with Sabot() as session:
        handle = session.stream.from_parquet(sample[0]).to_callback(refuse).start()
        with pytest.raises(Exception, match="no room"):
            handle.wait()
        assert handle.status.state == "failed"
        assert "no room" in handle.status.error


@pytest.mark.parametrize("format", ["csv", "json"])
def test_files_of_other_formats(tmp_path, sample, format):
    path, total, _ = sample
    with Sabot() as session:
        handle = session.stream.from_parquet(path).select("origin", "dep_delay").to_files(
            str(tmp_path / "out"), format, **({"header": True} if format == "csv" else {})).start(parallelism=1)
        assert handle.wait()
        options = {"header": True} if format == "csv" else {}
        back = session.read(str(tmp_path / "out"), format, schema="origin STRING, dep_delay INT", **options)
        assert back.agg(call("count")).collect() == [(total,)]


def test_a_sink_in_this_process_goes_on_after_a_stop(tmp_path):
    with Sabot() as session:
        stream = replay.hourly(session.stream.from_parquet(replay.path()), DAY).to_files(str(tmp_path / "out"))
        first = stream.start(str(tmp_path / "checkpoint"), interval=10, parallelism=1)
        while not first.status.rows_in:
            pass
        first.checkpoint()
        first.stop()
        assert first.status.state == "stopped"
        saved = first.status.rows_saved
        assert 0 < saved <= first.status.rows_in
        second = stream.start(str(tmp_path / "checkpoint"), interval=10, parallelism=2)
        assert second.wait()
        assert second.status.rows_in == replay.DEPARTURES - saved
    assert replay.windows_in(tmp_path / "out") == replay.batch_answer()


# ---- refusals


REFUSALS = {
    "SELECT * FROM s ORDER BY sched": ("STREAM_UNSUPPORTED", "a sort of what the stream has written"),
    "SELECT origin, count(*) FROM s GROUP BY origin": ("STREAM_UNSUPPORTED", "GROUP BY window"),
    "SELECT DISTINCT origin FROM s": ("STREAM_UNSUPPORTED", "GROUP BY window"),
    "SELECT * FROM s UNION ALL SELECT * FROM s": ("STREAM_UNSUPPORTED", "one stream over all the files"),
    "SELECT * FROM (VALUES ('JFK')) AS v(o) JOIN s ON s.origin = v.o": ("STREAM_UNSUPPORTED", "a join of a table with what the stream has written"),
    "SELECT a.origin FROM s AS a JOIN s AS b ON a.origin = b.origin": ("STREAM_UNSUPPORTED", "a join of a table with what the stream has written"),
    "SELECT window(sched, '1 hour'), count(*) FROM untimed GROUP BY window(sched, '1 hour')":
        ("STREAM_NEEDS_EVENT_TIME", "event_time(column, delay)"),
    "SELECT 1 AS x": ("STREAM_UNSUPPORTED", "engine.sql"),
}


@pytest.mark.parametrize("text", REFUSALS)
def test_what_no_stream_can_do_is_refused(sample, text):
    error_class, way_out = REFUSALS[text]
    with Sabot() as session:
        untimed = session.stream.from_parquet(sample[0])
        untimed.create_view("untimed")
        untimed.event_time("sched").create_view("s")
        with pytest.raises(Exception) as caught:
            session.stream.sql(text).to_memory().start()
        assert caught.value.error_class == error_class
        assert way_out in str(caught.value)
        assert "works: ." not in str(caught.value)


def test_refusals_of_the_fluent_calls(sample, tmp_path):
    def error_of(action):
        with pytest.raises(Exception) as caught:
            action()
        return getattr(caught.value, "error_class", type(caught.value).__name__)

    with Sabot() as session, Sabot(workers=1) as apart:
        stream = session.stream.from_parquet(sample[0])
        assert error_of(lambda: stream.event_time("nope").to_memory().start()).startswith("UNRESOLVED_COLUMN")
        assert error_of(lambda: stream.event_time("origin").to_memory().start()) == "DATATYPE_MISMATCH"
        assert error_of(stream.start) == "ValueError"
        assert error_of(lambda: session.stream.from_parquet("/no/such.parquet").to_memory().start()) == "FILE_NOT_FOUND"
        stays = apart.stream.from_parquet(sample[0])
        assert error_of(lambda: stays.to_memory().start()) == "UNSUPPORTED_FEATURE"
        assert error_of(lambda: stays.to_callback(print).start()) == "UNSUPPORTED_FEATURE"
        # A checkpoint of another job is no beginning for this one.
        first = replay.hourly(stream, DAY).to_memory().start(str(tmp_path), interval=10)
        while not first.status.rows_in:
            pass
        first.checkpoint()
        first.stop()
        by_carrier = stream.event_time("sched").group_by("dep_delay", window("sched", "1 hour")).agg(call("count"))
        assert error_of(lambda: by_carrier.to_memory().start(str(tmp_path)).wait()) == "CHECKPOINT_INCOMPATIBLE"
