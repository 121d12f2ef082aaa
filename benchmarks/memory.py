"""Twenty million groups, with and without a budget: ./dev bench memory [--groups 20000000] [--threads 2]

Without a limit the process stays below 1.6 GB. Held to 96 MiB it gives the same answer, with at most 160 MiB over an
idle engine. A query that cannot run within its budget says who holds the memory.
"""

import argparse
import json
import re
import sys

import compare

# Hashed, so that neighbours in the input are strangers in the table. The outer query looks at every group.
QUERY = ("SELECT count(*), sum(n), min(k), max(k), sum(k % 1000003) FROM "
         "(SELECT k, count(*) AS n FROM (SELECT xxhash64(id) AS k FROM range({groups})) GROUP BY k)")
LIMIT = "96MiB"
# A single group larger than the whole budget: no spilling makes it fit.
CANNOT_RUN = "SELECT max(length(k)) FROM (SELECT k FROM (SELECT repeat('sabot', 1000000) AS k FROM range(2)) GROUP BY k)"

CHILD = """
import json, sys
from sabot import Sabot, SabotError
query, limit, threads = sys.argv[1:]
engine = Sabot(config={"sabot.threads": threads})
if limit:
    engine.sql(f"SET sabot.memory.limit = {limit}")
engine.sql("SELECT 1").collect()
peak = lambda: next(int(line.split()[1]) * 1024 for line in open("/proc/self/status") if line.startswith("VmHWM"))
idle = peak()
try:
    answer = [str(row) for row in engine.sql(query).collect()] if query else []
except SabotError as error:
    answer = [error.error_class, str(error)]
print(json.dumps({"answer": answer, "idle": idle, "peak": peak()}))
"""


def ask(query: str, limit: str, threads: int) -> dict:
    run = compare.measure([sys.executable, "-c", CHILD, query, limit, threads])
    return {**json.loads(run.output), "cpu_s": run.cpu_s, "wall_s": run.wall_s}


def is_named(answer: list) -> bool:
    """Does an OUT_OF_MEMORY error end in holders with their sizes, such as `hash aggregate 1.5 MiB`?"""
    return answer[0] == "OUT_OF_MEMORY" and re.search(r"are taken.*: [a-z ]+ [\d.]+ [KMG]?i?B", answer[1]) is not None


def main() -> int:
    parser = argparse.ArgumentParser(prog="./dev bench memory", description=__doc__.split("\n\n")[0])
    parser.add_argument("--groups", type=int, default=20_000_000)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    query = QUERY.format(groups=arguments.groups)
    bars = compare.Bars()
    free = ask(query, "", arguments.threads)
    print(f"      no limit: {free['answer']}   cpu {free['cpu_s']:.2f} s   wall {free['wall_s']:.2f} s")
    bars.holds("no limit: every group is there", free["answer"][0].startswith(f"({arguments.groups}, "), "")
    bars.at_most("no limit: RSS", free["peak"] / 1e9, 1.6, "GB")
    held = ask(query, LIMIT, arguments.threads)
    print(f"      {LIMIT}: {held['answer']}   cpu {held['cpu_s']:.2f} s   wall {held['wall_s']:.2f} s")
    bars.holds(f"{LIMIT}: the same answer", held["answer"] == free["answer"], "")
    bars.at_most(f"{LIMIT}: RSS over idle", (held["peak"] - held["idle"]) / 2**20, 160, "MiB", 0)
    failed = ask(CANNOT_RUN, "2MiB", arguments.threads)
    print(f"      2MiB: {' '.join(failed['answer'])[:400]}")
    bars.holds("2MiB: the error says who holds the memory", is_named(failed["answer"]), failed["answer"][0][:40])
    return bars.finish()


if __name__ == "__main__":
    sys.exit(main())
