"""The year replayed as a stream: a plane reports when it leaves, for the hour it was due; its delay is its lateness."""

import os
import pathlib
import shutil
import signal
import sys
import time
from datetime import datetime, timezone

from flights import Data
from sabot import Sabot, call, col
from sabot.stream import Stream, Status, window
from verify import WrongAnswer, same

REPLAY = """
WITH departed AS (
  SELECT origin, dep_delay,
         make_timestamp(year, month, day, CAST(floor(sched_dep_time / 100) AS INT), sched_dep_time % 100, 0) AS due
  FROM flights WHERE dep_time IS NOT NULL)
SELECT origin, dep_delay, due FROM departed
ORDER BY unix_micros(due) + CAST(dep_delay AS BIGINT) * 60000000, origin
"""
BATCH = """
SELECT origin, window(due, '1 hour').start AS hour, count(*) AS departures FROM replay
GROUP BY origin, window(due, '1 hour')
"""
DEPARTURES = 328_521
HOUR = 3600


def run(data: Data) -> None:
    folder = data.folder / "stream"
    shutil.rmtree(folder, ignore_errors=True)
    # One task writes one file: a stream reads each file front to back, and this is the order of departure.
    with data.engine(config={"sabot.threads": 1}) as engine:
        engine.sql(REPLAY).write_parquet(str(folder / "replay"))
        replay = engine.read(str(folder / "replay"), "parquet")
        replay.create_view("replay")
        batch = sorted(engine.sql(BATCH).collect())
        due = [int(micros) for (micros,) in engine.sql("SELECT unix_micros(due) FROM replay").collect()]
        same("departures of the year", sum(row[2] for row in batch), DEPARTURES)

    print("\nHourly counts an airport, no lateness allowed; the worker is killed half way:")
    windows, late = _killed_and_resumed(folder)
    same("windows + late rows = departures", windows + late, DEPARTURES)
    print(f"    {windows:,} + {late:,} = {windows + late:,}")
    same("late are those whose hour had passed, as plain Python counts them", late, _late_by_definition(due))

    print("Once more, with a lateness of 24 hours:")
    with Sabot() as engine:
        handle = _hourly(engine, folder, 24 * HOUR).to_memory().start()
        handle.wait()
        status = handle.status
        handle.rows().sort("departures", descending=True).show(5)
        rows = sorted((origin, each["start"], n) for origin, each, n in handle.rows().collect())
    same("no row is late, and every window equals the batch answer", (status.late, rows), (0, batch))


def _late_by_definition(due: list[int]) -> int:
    """Rows whose hour had ended when the greatest time before them was seen. due: microseconds, in order of arrival."""
    hour = HOUR * 1_000_000
    late = 0
    greatest = due[0]
    for time_us in due:
        late += time_us // hour * hour + hour <= greatest
        greatest = max(greatest, time_us)
    return late


def _hourly(engine: Sabot, folder: pathlib.Path, lateness: float) -> Stream:
    timed = engine.stream.from_parquet(str(folder / "replay")).event_time("due", 0, lateness)
    return timed.group_by("origin", window("due", "1 hour").alias("hour")).agg(call("count").alias("departures"))


def _killed_and_resumed(folder: pathlib.Path) -> tuple[int, int]:
    """Run the stream in a worker process, kill that half way; it goes on from its checkpoint. Counts what came out."""
    # Small batches, so that there is a half way to see.
    with Sabot(config={"sabot.batch.size": 64}, workers=1) as engine:
        stream = _hourly(engine, folder, 0).to_files(str(folder / "windows")).late_to_files(str(folder / "late"))
        handle = stream.start(str(folder / "checkpoint"), interval=0.1, parallelism=1)
        killed = 0
        hour = Hour(engine, folder / "windows")
        end = time.monotonic() + 40
        while not handle.wait(0.02):
            status = handle.status
            _show(status, hour)
            if not killed and status.rows_in > DEPARTURES // 2 and status.epoch > 0:
                killed = status.worker_pid
                os.kill(killed, signal.SIGKILL)
                _end_line()
                print(f"    kill -9 {killed}: epoch {status.epoch} is complete, {status.rows_in:,} rows were read")
            if time.monotonic() > end:
                raise WrongAnswer(f"the stream did not end in time: {status}")
        _show(handle.status, hour)
        _end_line()
        status = handle.status
    same("killed once, restarted once, finished", (killed > 0, status.restarts, status.state), (True, 1, "finished"))
    with Sabot() as engine:
        windows = engine.read(str(folder / "windows"), "parquet").agg(call("sum", col("departures"))).collect()[0][0]
        late = engine.read(str(folder / "late"), "parquet").agg(call("count")).collect()[0][0]
    return windows, late


class Hour:
    """The latest hour that the stream has committed, with its departures an airport; read again once an epoch."""

    def __init__(self, engine: Sabot, windows: pathlib.Path) -> None:
        self._engine = engine
        self._windows = windows
        self._epoch = 0
        self._text = ""

    def text(self, epoch: int) -> str:
        if epoch > self._epoch and any(self._windows.glob("*.parquet")):
            self._epoch = epoch
            rows = self._engine.sql(f"SELECT hour.start, origin, departures FROM parquet.`{self._windows}`").collect()
            counts = {}
            for hour, origin, departures in rows:
                counts.setdefault(hour, {})[origin] = departures
            if counts:
                hour = max(counts)
                airports = "  ".join(f"{name} {counts[hour].get(name, 0):>3}" for name in ("EWR", "JFK", "LGA"))
                self._text = f"{hour:%Y-%m-%d %H:%M}  {airports}"
        return self._text


def _show(status: Status, hour: Hour) -> None:
    """The latest hour, watermark and late rows, in place on a terminal; nothing elsewhere."""
    if not sys.stdout.isatty():
        return
    time_text = "–"
    if status.watermark is not None and 0 <= status.watermark < 4_102_444_800_000_000:
        time_text = datetime.fromtimestamp(status.watermark / 1e6, timezone.utc).strftime("%Y-%m-%d %H:%M")
    print(f"\r    {hour.text(status.epoch):<44}  watermark {time_text}  late {status.late:>6,}  epoch {status.epoch:>3}",
          end="", flush=True)


def _end_line() -> None:
    if sys.stdout.isatty():
        print()
