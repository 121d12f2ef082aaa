"""Streams that fail, are stopped or are refused: what the handle says, and what stays behind."""

import gc
import os
import subprocess
import sys
import textwrap
import threading
import time

import pytest

from sabot import (AnalysisError, ConnectorError, ExecutionError, Sabot, SabotError, UnsupportedError, call, col, window)


@pytest.fixture(params=[0, 1], ids=["here", "worker"])
def engine(request):
    with Sabot(workers=request.param) as engine:
        yield engine


@pytest.fixture
def here():
    with Sabot() as engine:
        yield engine


@pytest.fixture
def times(tmp_path):
    path = tmp_path / "times"
    with Sabot(config={"sabot.threads": 1}) as engine:
        engine.sql("SELECT id, timestamp_micros(id * 1000000) AS time FROM range(20000)").write_parquet(path)
    return path


@pytest.fixture
def endless(tmp_path):
    """A topic's stand-in: a stream that is held up by its callback."""
    release = threading.Event()
    yield release
    release.set()


def hourly(stream):
    return (stream.event_time("time").group_by(window("time", "1 hour").alias("w"))
            .agg(call("count").alias("n")))


def error_class(action):
    with pytest.raises(SabotError) as caught:
        action()
    return caught.value.error_class


# ---- errors and stopping are the same here and in a worker
def test_an_error_of_the_data_keeps_its_class(engine, times, tmp_path):
    stream = engine.stream.from_parquet(times).select((1 / (col("id") - 10000)).alias("x")).to_files(tmp_path / "out")
    with pytest.raises(ExecutionError) as caught:
        stream.start().wait()
    assert (caught.value.error_class, caught.value.sqlstate) == ("DIVIDE_BY_ZERO", "22012")
    assert "try_divide" in str(caught.value)


def test_an_error_keeps_its_parameters(engine, times, tmp_path):
    stream = engine.stream.from_parquet(times)
    handle = stream.select(call("concat", call("string", "id"), lit_text()).cast("int").alias("x")).to_files(
        tmp_path / "out").start()
    with pytest.raises(ExecutionError) as caught:
        handle.wait()
    assert caught.value.error_class == "CAST_INVALID_INPUT"
    assert set(caught.value.parameters) == {"expression", "sourceType", "targetType"}
    assert " x%20\n" in caught.value.parameters["expression"]


def lit_text():
    from sabot import lit

    return lit(" x%20\n")


def test_stop_then_wait(engine, times, tmp_path):
    engine.set("sabot.batch.size", 1)
    handle = engine.stream.from_parquet(times).to_files(tmp_path / "out").start(tmp_path / "checkpoint", interval=10)
    handle.stop()
    assert handle.status.state == "stopped"
    assert handle.status.error == ""
    assert handle.wait() is True and handle.wait(0.01) is True


def test_stopping_what_has_ended_changes_nothing(engine, times, tmp_path):
    handle = engine.stream.from_parquet(times).to_files(tmp_path / "out").start()
    assert handle.wait()
    handle.stop()
    assert handle.status.state == "finished" and handle.wait()


# ---- refused at start
def test_tables_of_this_process_do_not_reach_a_worker(times):
    with Sabot(workers=1) as engine:
        table = engine.read(times, "parquet").arrow()
        with pytest.raises(UnsupportedError, match="workers=0"):
            engine.stream.from_memory(table).to_files("/tmp/never").start()


@pytest.mark.parametrize("arguments", [
    {"parallelism": 1_000_000_000}, {"parallelism": 10**30}, {"parallelism": 1025}, {"parallelism": 0},
    {"parallelism": -1}, {"parallelism": 1.5}, {"interval": -1}, {"interval": 0},
])
def test_start_checks_its_arguments(here, times, arguments):
    with pytest.raises(AnalysisError) as caught:
        here.stream.from_parquet(times).to_memory().start(**arguments)
    assert caught.value.error_class == "INVALID_PARAMETER_VALUE"
    assert caught.value.parameters["parameter"] == next(iter(arguments))


def test_late_rows_need_a_folder_of_their_own(here, times, tmp_path):
    stream = hourly(here.stream.from_parquet(times))
    for late in (tmp_path / "x", f"{tmp_path}/y/../x/"):
        with pytest.raises(AnalysisError, match="of their own"):
            stream.to_files(tmp_path / "x").late_to_files(late).start()
    assert stream.to_files(tmp_path / "x").late_to_files(tmp_path / "y").start().wait()


def test_folders_that_cannot_be_written_are_named(engine, times, tmp_path):
    (tmp_path / "file").write_text("x")
    stream = engine.stream.from_parquet(times)
    late = hourly(stream).to_files(tmp_path / "out")
    for path, start in [
        ("/proc/nope/x", lambda: stream.to_files("/proc/nope/x").start()),
        ("/proc/nope/x", lambda: late.late_to_files("/proc/nope/x").start()),
        ("/proc/nope/x", lambda: stream.to_files(tmp_path / "out").start("/proc/nope/x")),
        (str(tmp_path / "file"), lambda: stream.to_files(tmp_path / "file").start()),
        (str(tmp_path / "file"), lambda: stream.to_files(tmp_path / "out").start(tmp_path / "file")),
    ]:
        with pytest.raises(ConnectorError) as caught:
            start()
        assert caught.value.error_class == "FOLDER_NOT_WRITABLE"
        assert caught.value.parameters["path"] == path
    assert (tmp_path / "file").read_text() == "x"


def test_a_stream_without_rows_leaves_a_table_without_rows(engine, times, tmp_path):
    stream = engine.stream.from_parquet(times)
    assert stream.filter(col("id") < 0).to_files(tmp_path / "none").start().wait()
    assert engine.read(tmp_path / "none", "parquet").columns == ["id", "time"]
    assert engine.read(tmp_path / "none", "parquet").collect() == []
    late = hourly(stream).to_files(tmp_path / "out").late_to_files(tmp_path / "late")
    assert late.start(tmp_path / "checkpoint", interval=0.005).wait()
    assert engine.read(tmp_path / "late", "parquet").collect() == []
    assert engine.read(tmp_path / "out", "parquet").agg(call("sum", "n")).collect() == [(20000,)]


# ---- callbacks
def test_what_a_callback_raises(here, times):
    class Full(Exception):
        pass

    def refuse(table):
        raise Full("no room")

    handle = here.stream.from_parquet(times).to_callback(refuse).start()
    with pytest.raises(ExecutionError) as caught:
        handle.wait()
    assert caught.value.error_class == "CALLBACK_FAILED"
    assert caught.value.parameters == {"message": "Full: no room"}
    assert isinstance(caught.value.__cause__, Full)
    assert handle.status.state == "failed"


def test_a_callback_is_callable(here, times):
    for thing in (5, None, "print"):
        with pytest.raises(TypeError):
            here.stream.from_parquet(times).to_callback(thing)


def test_a_callback_and_its_own_stream(here, times, tmp_path):
    refused = []
    handles = []
    started = threading.Event()

    def act(table):
        started.wait(10)
        for action in (handles[0].checkpoint, handles[0].wait):
            try:
                action()
            except SabotError as error:
                refused.append(error.error_class)
        handles[0].stop()

    handles.append(here.stream.from_parquet(times).to_callback(act).start(tmp_path / "checkpoint", interval=0.005))
    started.set()
    assert handles[0].wait(10)
    assert refused[:2] == ["UNSUPPORTED_FEATURE"] * 2
    handles[0].stop()


def test_a_handle_in_its_callback_is_no_leak(times):
    program = f"""
        from sabot import Sabot
        engine = Sabot()
        def run():
            handles = []
            handles.append(engine.stream.from_parquet({str(times)!r}).to_callback(lambda rows: handles).start())
            handles[0].wait()
            failing = []
            failing.append(engine.stream.from_parquet({str(times)!r}).to_callback(lambda rows: failing[1]).start())
            try:
                failing[0].wait()
            except Exception:
                pass
        run()
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


# ---- what stays behind
def open_files(folder):
    links = (f"/proc/self/fd/{number}" for number in os.listdir("/proc/self/fd"))
    return [link for link in links if os.path.exists(link) and str(folder) in os.readlink(link)]


def test_a_stream_that_has_ended_holds_no_files(here, times, tmp_path):
    handles = []
    for number in range(5):
        handles.append(here.stream.from_parquet(times).to_files(tmp_path / str(number)).start())
        assert handles[-1].wait()
        assert handles[-1].status.rows_in == 20000
    assert open_files(times) == []
    del handles[:]
    gc.collect()
    assert len(here.stream._running) == 1


def test_a_stream_that_nobody_holds_runs_on(here, times, tmp_path):
    here.stream.from_parquet(times).to_files(tmp_path / "out").start()
    gc.collect()
    deadline = time.monotonic() + 20
    while not (tmp_path / "out" / "_manifest").exists() or not os.listdir(tmp_path / "out" / "_manifest"):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert here.read(tmp_path / "out", "parquet").agg(call("count")).collect() == [(20000,)]


# ---- event time
def test_the_watermark_is_that_of_the_event_time(here, times, tmp_path):
    handle = hourly(here.stream.from_parquet(times)).to_memory().start()
    assert handle.wait()
    assert handle.status.watermark == 19999 * 1_000_000


def test_rows_without_an_event_time_are_late(here, tmp_path):
    here.sql("SELECT id, IF(id % 4 = 0, NULL, timestamp_micros(id)) AS time FROM range(1000)").write_parquet(
        tmp_path / "in")
    stream = hourly(here.stream.from_parquet(tmp_path / "in"))
    handle = stream.to_files(tmp_path / "out").late_to_files(tmp_path / "late").start(parallelism=2)
    assert handle.wait()
    assert handle.status.late == 250
    assert here.read(tmp_path / "out", "parquet").agg(call("sum", "n")).collect() == [(750,)]
    late = here.read(tmp_path / "late", "parquet")
    assert late.agg(call("count"), call("count", "time")).collect() == [(250, 0)]


def test_late_rows_keep_the_columns_that_no_window_reads(here, tmp_path):
    here.sql("SELECT id, IF(id = 2, NULL, timestamp_micros(id)) AS time, CONCAT('row ', id) AS text "
             "FROM range(4)").write_parquet(tmp_path / "in")
    stream = hourly(here.stream.from_parquet(tmp_path / "in"))
    assert stream.to_files(tmp_path / "out").late_to_files(tmp_path / "late").start().wait()
    late = here.read(tmp_path / "late", "parquet")
    assert late.columns == ["id", "time", "text"]
    assert late.collect() == [(2, None, "row 2")]


def test_rows_in_memory_are_those_since_the_start(here, times, tmp_path):
    for expected in (20000, 0):
        handle = here.stream.from_parquet(times).to_memory().start(tmp_path / "checkpoint", interval=0.005)
        assert handle.wait()
        assert len(handle.rows().collect()) == expected
