"""From Anchorage to Lexington: the shortest path over routes in the timetable, and over those that were flown."""

from collections import deque

from flights import Data
from sabot import Sabot
from verify import same

# Some destinations are missing among the airports; a route needs both its ends.
VIEWS = [
    "CREATE TEMPORARY VIEW scheduled AS SELECT DISTINCT origin, dest FROM flights",
    "CREATE TEMPORARY VIEW flown AS SELECT DISTINCT origin, dest FROM flights WHERE air_time IS NOT NULL",
    """CREATE TEMPORARY VIEW places AS
       SELECT faa, name FROM airports
       UNION ALL
       SELECT s.dest, 'not in the list' FROM (SELECT DISTINCT dest FROM scheduled) s
       LEFT ANTI JOIN airports a ON s.dest = a.faa""",
]
GRAPH = """CREATE PROPERTY GRAPH {routes}_routes
  VERTEX TABLES (places KEY (faa) LABEL Airport)
  EDGE TABLES ({routes} SOURCE KEY (origin) REFERENCES places (faa)
                        DESTINATION KEY (dest) REFERENCES places (faa) LABEL ROUTE)"""
QUESTION = "MATCH p = shortestPath((a:Airport {faa: $start})-[:ROUTE*]-(b:Airport {faa: $end})) RETURN p"


def run(data: Data) -> None:
    with data.engine() as engine:
        for view in VIEWS:
            engine.sql(view)
        for routes in ("scheduled", "flown"):
            engine.sql(GRAPH.format(routes=routes))
        print(GRAPH.format(routes="scheduled"))
        print(QUESTION)
        scheduled = _shortest(engine, "scheduled")
        flown = _shortest(engine, "flown")
        never = engine.sql("""SELECT count(*) AS flights, count(air_time) AS flown FROM flights
                              WHERE origin = 'EWR' AND dest = 'LGA'""").collect()[0]
    routes = {(row["origin"], row["dest"]) for row in data.flights}
    _check("scheduled", scheduled, routes, 3)
    same("it leads through EWR–LGA, one flight that never flew", (scheduled[1:3], never), (["EWR", "LGA"], (1, 0)))
    routes = {(row["origin"], row["dest"]) for row in data.flights if row["air_time"] != "NA"}
    _check("flown", flown, routes, 4)


def _shortest(engine: Sabot, routes: str) -> list[str]:
    path = engine.graph.cypher(QUESTION, graph=f"{routes}_routes", start="ANC", end="LEX").collect()[0][0]
    names = dict(engine.sql("SELECT faa, name FROM places").collect())
    print(f"\n  over routes that were {routes}, {len(path) - 1} hops:\n")
    print("    " + " ━━━ ".join(f"({place})" for place in path))
    print("    " + ", ".join(f"{place} {names[place]}" for place in path) + "\n")
    return path


def _check(name: str, path: list[str], routes: set[tuple[str, str]], hops: int) -> None:
    """Every hop is a route, and a search in plain Python finds no shorter way."""
    neighbours: dict[str, set[str]] = {}
    for origin, dest in routes:
        neighbours.setdefault(origin, set()).add(dest)
        neighbours.setdefault(dest, set()).add(origin)
    distance = {"ANC": 0}
    queue = deque(["ANC"])
    while queue:
        place = queue.popleft()
        for other in neighbours[place] - distance.keys():
            distance[other] = distance[place] + 1
            queue.append(other)
    same(f"{name}: {hops} hops from Anchorage to Lexington, as a search in plain Python finds",
         (len(path) - 1, path[0], path[-1], distance["LEX"]), (hops, "ANC", "LEX", hops))
    same(f"{name}: every hop is a route", [hop for hop in zip(path, path[1:])
                                           if hop not in routes and hop[::-1] not in routes], [])
