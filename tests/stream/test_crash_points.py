"""A stream killed at any named point goes on from its checkpoint, and its files are those of a run that was left alone."""

import contextlib
import os
import signal
import subprocess
import sys
import time

import pyarrow
import pyarrow.parquet
import pytest

from sabot import Sabot
from tests.stream import replay

IS_FULL = os.environ.get("SABOT_TEST_TIER") == "full"
POINTS = ["write", "fsync", "rename", "epoch_record", "sink_commit", "source_ack"]
INTERVAL = 0.01
# A late crash: the first of these hits that the run comes to, then 4, which every run does.
LATE_COUNTS = {"write": [256, 64], "fsync": [64], "rename": [32], "epoch_record": [8], "sink_commit": [32],
               "source_ack": [8]}


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """All departures, or every fourth: the rows of one split, in order."""
    if IS_FULL:
        return replay.path()
    path = tmp_path_factory.mktemp("source") / "replay.parquet"
    rows = replay.table().take(pyarrow.array(range(0, replay.DEPARTURES, 4)))
    pyarrow.parquet.write_table(rows, path, row_group_size=4096)
    return str(path)


@pytest.fixture(scope="module")
def undisturbed(source, tmp_path_factory):
    """Windows and late rows of a run that nobody killed, and the rows it read."""
    folder = tmp_path_factory.mktemp("undisturbed")
    with Sabot(config={"sabot.batch.size": replay.CRASH_BATCH}) as engine:
        handle = replay.start_to_files(engine, source, folder, 1, INTERVAL)
        assert handle.wait()
        rows = handle.status.rows_in
    windows, late = replay.windows_in(folder / "windows"), replay.late_in(folder / "late")
    assert sum(n for _, _, n, _ in windows) + len(late) == rows
    return windows, late, rows


def run_until_killed(source, folder, parallelism, crash_point):
    """The rows read and saved that a process said last; None if it came to its end."""
    environment = {**os.environ, "SABOT_CRASH_POINT": crash_point,
                   "PYTHONPATH": os.pathsep.join([str(replay.ROOT), *sys.path])}
    done = subprocess.run([sys.executable, "-m", "tests.stream.crashing", source, str(folder), str(parallelism),
                           str(INTERVAL)], env=environment, capture_output=True, text=True, timeout=120)
    if done.returncode == 0:
        return None
    assert done.returncode == -signal.SIGKILL, done.stderr
    said = [line.split() for line in done.stdout.splitlines(keepends=True) if line.endswith("\n")]
    return (int(said[-1][0]), int(said[-1][1])) if said else (0, 0)


def kill_and_restore(source, undisturbed, folder, parallelism, crash_point):
    """False if the run never came to the point."""
    killed = run_until_killed(source, folder, parallelism, crash_point)
    if killed is None:
        return False
    windows, late, total = undisturbed
    other = 3 - parallelism
    with Sabot(config={"sabot.batch.size": replay.CRASH_BATCH}) as engine:
        handle = replay.start_to_files(engine, source, folder, other, INTERVAL)
        assert handle.wait()
        restored_at = total - handle.status.rows_in
    assert replay.windows_in(folder / "windows") == windows
    assert replay.late_in(folder / "late") == late
    rows_read, rows_saved = killed
    # It may have read and saved more than it could tell: that moves both figures by as much, or the first one down.
    read_again, unsaved = rows_read - restored_at, rows_read - rows_saved
    print(f"{crash_point}, parallelism {parallelism} then {other}: killed after {rows_read} of {total} rows, "
          f"{max(read_again, 0)} read again, {unsaved} since the last complete checkpoint")
    assert read_again <= unsaved + replay.CRASH_BATCH
    return True


@pytest.mark.parametrize("point", POINTS)
def test_killed_early_it_goes_on(source, undisturbed, tmp_path, point):
    parallelism = 1 + POINTS.index(point) % 2
    assert kill_and_restore(source, undisturbed, tmp_path, parallelism, f"{point}:1")


@pytest.mark.parametrize("point", POINTS)
def test_killed_late_it_goes_on(source, undisturbed, tmp_path, point):
    parallelism = 2 - POINTS.index(point) % 2
    for count in [*LATE_COUNTS[point], 4]:
        if kill_and_restore(source, undisturbed, tmp_path / str(count), parallelism, f"{point}:{count}"):
            return
    pytest.fail(f"no run came to {point} four times")


@pytest.mark.skipif(not IS_FULL, reason="tools/stream_check --full")
@pytest.mark.parametrize("parallelism", [1, 2])
@pytest.mark.parametrize("point", POINTS)
def test_killed_at_any_hit_it_goes_on(source, undisturbed, tmp_path, point, parallelism):
    for count in [*range(1, 25), 33, 47, 65, 95]:
        if not kill_and_restore(source, undisturbed, tmp_path / str(count), parallelism, f"{point}:{count}"):
            break
    assert count > 4


def test_killed_again_and_again_it_goes_on(source, undisturbed, tmp_path):
    windows, late, _ = undisturbed
    kills = 0
    for turn, point in enumerate(POINTS):
        kills += run_until_killed(source, tmp_path, 1 + turn % 2, f"{point}:{3 + turn}") is not None
    assert kills >= 4
    assert run_until_killed(source, tmp_path, 1, "write:1000000") is None
    assert replay.windows_in(tmp_path / "windows") == windows
    assert replay.late_in(tmp_path / "late") == late


# ---- the worker process, restarted by its supervisor


@pytest.mark.parametrize("point, count", [("epoch_record", 3), ("sink_commit", 8), ("write", 20)])
def test_a_worker_killed_at_a_point_is_started_again(source, undisturbed, tmp_path, monkeypatch, point, count):
    windows, late, total = undisturbed
    monkeypatch.setenv("SABOT_CRASH_POINT", f"{point}:{count}")  # this process has read the variable long ago
    with Sabot(config={"sabot.batch.size": replay.CRASH_BATCH}, workers=1) as engine:
        handle = replay.start_to_files(engine, source, tmp_path, 2, INTERVAL)
        assert handle.wait(60)
        status = handle.status
    assert (status.state, status.restarts) == ("finished", 1)
    assert 0 < status.rows_in <= total
    assert replay.windows_in(tmp_path / "windows") == windows
    assert replay.late_in(tmp_path / "late") == late


def test_a_worker_killed_from_outside_is_started_again(source, undisturbed, tmp_path):
    windows, late, total = undisturbed
    for attempt in range(10):  # the worker of a busy machine may be through before it is killed
        folder = tmp_path / str(attempt)
        with Sabot(config={"sabot.batch.size": replay.CRASH_BATCH}, workers=1) as engine:
            handle = replay.start_to_files(engine, source, folder, 2, INTERVAL)
            while (before := handle.status).epoch < 2 and before.state == "running":
                time.sleep(0.001)
            with contextlib.suppress(ProcessLookupError):
                if before.worker_pid > 0:  # 0 would be this whole group of processes
                    os.kill(before.worker_pid, signal.SIGKILL)
            assert handle.wait(60)
            after = handle.status
        if after.restarts:
            break
    assert after.restarts == 1
    # It did not begin anew: what it had saved was not read again.
    assert after.rows_in <= total - before.rows_saved + replay.CRASH_BATCH
    assert replay.windows_in(folder / "windows") == windows
    assert replay.late_in(folder / "late") == late


def test_a_worker_that_always_dies_fails_the_stream(source, tmp_path, monkeypatch):
    dies = tmp_path / "dies"
    dies.write_text("#!/bin/sh\nkill -9 $$\n")
    dies.chmod(0o755)
    monkeypatch.setenv("SABOT_WORKER", str(dies))
    with Sabot(workers=1) as engine:
        handle = replay.start_to_files(engine, source, tmp_path, 1, INTERVAL)
        with pytest.raises(Exception) as caught:
            handle.wait(30)
        assert caught.value.error_class == "WORKER_FAILED"
        assert handle.status.state == "failed"
