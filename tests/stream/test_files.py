"""A stream of several files: event time is merged over them, and its checkpoints are its own."""

import threading

import pyarrow
import pyarrow.parquet
import pytest

from sabot import Sabot, SabotError
from sabot.expressions import call
from sabot.stream import window

SECONDS = 20_000


@pytest.fixture
def interleaved(tmp_path):
    """Three files that cover the same time, each in order: every third second is in each."""
    for part in range(3):
        seconds = range(part, SECONDS, 3)
        times = pyarrow.array([second * 1_000_000 for second in seconds], pyarrow.timestamp("us", "UTC"))
        pyarrow.parquet.write_table(pyarrow.table({"time": times}), tmp_path / f"{part}.parquet")
    return str(tmp_path / "*.parquet")


def per_minute(session, path):
    stream = session.stream.from_parquet(path).event_time("time")
    return stream.group_by(window("time", "1 minute").alias("w")).agg(call("count").alias("n"))


@pytest.mark.parametrize("parallelism", [1, 2])
def test_files_that_overlap_in_time_are_merged(interleaved, parallelism):
    with Sabot(config={"sabot.batch.size": 64}) as session:
        handle = per_minute(session, interleaved).to_memory().start(parallelism=parallelism)
        assert handle.wait(60)
        counts = [row[1] for row in handle.rows().collect()]
        assert (len(counts), sum(counts), max(counts)) == (334, SECONDS, 60)
        assert handle.status.late == 0


def test_another_query_does_not_take_up_a_checkpoint(tmp_path, interleaved):
    checkpoint = str(tmp_path / "checkpoint")
    with Sabot() as session:
        assert per_minute(session, interleaved).to_memory().start(checkpoint).wait(60)
        assert per_minute(session, interleaved).to_memory().start(checkpoint).wait(60)
        other = session.stream.from_parquet(interleaved).event_time("time")
        hourly = other.group_by(window("time", "1 hour").alias("w")).agg(call("count").alias("n"))
        with pytest.raises(SabotError, match="does not fit this job.*1 hour|does not fit this job") as raised:
            hourly.to_memory().start(checkpoint).wait(60)
        assert raised.value.error_class == "CHECKPOINT_INCOMPATIBLE"


def test_a_file_is_known_however_its_path_is_spelled(tmp_path, interleaved, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with Sabot() as session:
        for folder in (".", "./.", str(tmp_path), f"file://{tmp_path}"):
            stream = session.stream.from_parquet(f"{folder}/*.parquet").to_files(str(tmp_path / "out"))
            assert stream.start(str(tmp_path / "checkpoint")).wait(60)
        assert session.read(str(tmp_path / "out"), "parquet").agg(call("count")).collect() == [(SECONDS,)]


def test_the_clock_makes_no_other_job(tmp_path, interleaved):
    with Sabot() as session:
        for _ in range(2):
            stream = session.stream.from_parquet(interleaved).select("time", call("current_timestamp").alias("now"))
            assert stream.to_memory().start(str(tmp_path / "checkpoint")).wait(60)


def test_a_stream_may_be_stopped_by_many(tmp_path, interleaved):
    with Sabot(config={"sabot.batch.size": 1}) as session:
        handle = session.stream.from_parquet(interleaved).to_files(str(tmp_path / "out")).start()
        threads = [threading.Thread(target=handle.stop) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert handle.status.state == "stopped"
