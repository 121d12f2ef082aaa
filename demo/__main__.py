"""Sabot on the flights that left New York in 2013: a join, a stream, a graph, PySpark; every answer verified.

    .venv/bin/python demo/          (or ./dev demo, which also installs and builds)

Exits with 1 if an answer is wrong.
"""

import sys
import time

import flights
import join
import replay
import routes
import spark_program
from verify import WrongAnswer

SECTIONS = [("Flights, weather and airlines in SQL", join), ("The year as a stream, killed half way", replay),
            ("A graph over the routes, in Cypher", routes), ("A PySpark program", spark_program)]


def main() -> int:
    start = time.monotonic()
    data = flights.load()
    timings = [("The data, unpacked and read by plain Python", time.monotonic() - start)]
    wrong = 0
    for number, (title, section) in enumerate(SECTIONS, 1):
        print(f"\n━━ {number}. {title} " + "━" * max(0, 90 - len(title)), flush=True)
        begin = time.monotonic()
        try:
            section.run(data)
        except WrongAnswer as error:
            wrong += 1
            print(f"\nWRONG: {error}")
        timings.append((title, time.monotonic() - begin))
    print("\n━━ Timings " + "━" * 85)
    for title, seconds in timings:
        print(f"{title:<50} {seconds:6.2f} s")
    print(f"{'All of it':<50} {time.monotonic() - start:6.2f} s")
    print("All answers are verified." if wrong == 0 else f"{wrong} of {len(SECTIONS)} sections gave a wrong answer.")
    return 0 if wrong == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
