"""Figures taken inside one warm Python process; prints them as JSON."""

import json
import statistics
import time
import timeit

from sabot import Sabot


class Empty:
    def method(self) -> None:
        pass


def median_ms(action, count: int) -> float:
    """The median time of single calls."""
    times = []
    for _ in range(count):
        start = time.perf_counter_ns()
        action()
        times.append(time.perf_counter_ns() - start)
    return statistics.median(times) / 1e6


def make_and_shut_down(times: list) -> None:
    start = time.perf_counter_ns()
    engine = Sabot()
    times.append(time.perf_counter_ns() - start)
    engine.sql("SELECT 1").collect()  # it was ready
    engine.shutdown()


def beyond_empty_ns(engine: Sabot, name: str) -> float:
    """Reaching engine.<name>, less what reaching a bound empty method costs; the least of several, in turns."""
    count = 200_000
    variables = {"engine": engine, "empty": Empty()}
    ours, theirs = [], []
    for _ in range(7):
        ours.append(timeit.timeit(f"engine.{name}", number=count, globals=variables))
        theirs.append(timeit.timeit("empty.method", number=count, globals=variables))
    return (min(ours) - min(theirs)) / count * 1e9


def main() -> None:
    engine = Sabot()
    engine.sql("SELECT 1").collect()
    made = []
    for _ in range(200):
        make_and_shut_down(made)
    figures = {"make_ms": statistics.median(made) / 1e6,
               "select_ms": median_ms(lambda: engine.sql("SELECT 1").collect(), 1000)}
    for name in ("sql", "stream", "graph"):
        figures[f"{name}_ns"] = beyond_empty_ns(engine, name)
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
