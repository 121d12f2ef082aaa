"""A process that runs the hourly stream and says how far it is, until it ends or is killed. Run by test_crash_points.py.

Arguments: source, folder, parallelism, seconds between checkpoints. Each line: rows read, rows saved, epoch.
"""

import sys

from sabot import Sabot
from tests.stream import replay


def main(source: str, folder: str, parallelism: str, interval: str) -> None:
    with Sabot(config={"sabot.batch.size": replay.CRASH_BATCH}) as engine:
        handle = replay.start_to_files(engine, source, folder, int(parallelism), float(interval))
        while not handle.wait(0.001):
            report(handle.status)
        report(handle.status)


def report(status) -> None:
    print(status.rows_in, status.rows_saved, status.epoch, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
