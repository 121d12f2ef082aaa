"""Who flew into fog: flights joined with the weather of their hour and their airline."""

from collections import defaultdict

from flights import Data
from verify import same

QUESTION = """
SELECT a.name AS airline, count(*) AS flights, sum(f.dep_delay) AS delay, round(avg(f.dep_delay), 1) AS mean_delay
FROM flights f
JOIN weather w ON f.origin = w.origin AND f.time_hour = w.time_hour
JOIN airlines a ON f.carrier = a.carrier
WHERE w.visib < 1
GROUP BY a.name
ORDER BY flights DESC, airline
"""


def run(data: Data) -> None:
    with data.engine() as engine:
        print(QUESTION.strip())
        query = engine.sql(QUESTION)
        query.show(8)
        answer = {name: (flights, delay) for name, flights, delay, _ in query.collect()}
        total = engine.sql("SELECT count(*), count(dep_time), sum(distance) FROM flights").collect()[0]
    same("flights, departures and miles of the year as plain Python counts them", total,
         (len(data.flights), sum(row["dep_time"] != "NA" for row in data.flights),
          sum(int(row["distance"]) for row in data.flights)))
    same("the join as plain Python computes it", answer, _expected(data))


def _expected(data: Data) -> dict[str, tuple[int, int | None]]:
    """The same by loops and dicts: per airline its flights in fog, and the sum of their delays."""
    fog: dict[tuple[str, str], int] = defaultdict(int)
    for row in data.weather:
        if row["visib"] != "NA" and float(row["visib"]) < 1:
            fog[row["origin"], row["time_hour"]] += 1
    with open(data.folder / "airlines.csv", encoding="utf-8") as file:
        names = dict(line.rstrip("\n").split(",", 1) for line in file)
    counts: dict[str, int] = defaultdict(int)
    delays: dict[str, list[int]] = defaultdict(list)
    for row in data.flights:
        times = fog.get((row["origin"], row["time_hour"]), 0)
        if times > 0:
            counts[names[row["carrier"]]] += times
            if row["dep_delay"] != "NA":
                delays[names[row["carrier"]]] += [int(row["dep_delay"])] * times
    return {name: (count, sum(delays[name]) if delays[name] else None) for name, count in counts.items()}
