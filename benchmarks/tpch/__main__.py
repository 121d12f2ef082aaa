"""TPC-H questions, Sabot beside DuckDB: ./dev bench tpch [--queries 1,3,6] [--sf 1] [--rounds 5] [--threads 2]

Answers must equal DuckDB's, and CPU seconds (user + system, the whole process) stay within the bars. A ratio is the
median over rounds in which the engines take turns. The data is made once, in build/tpch.
"""

import argparse
import pathlib
import statistics
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import compare  # noqa: E402

# How much of DuckDB's CPU time Sabot may take.
RATIOS_MAX = {1: 1.8, 3: 2.5, 6: 2.0}


def data_folder(scale: str) -> pathlib.Path:
    """The tables as Parquet files; generated unless they are there."""
    folder = compare.ROOT / "build" / "tpch" / f"sf{scale}"
    done = folder / "complete"
    if not done.exists():
        print(f"generating TPC-H data of scale {scale} in {folder}", flush=True)
        subprocess.run([pathlib.Path(sys.executable).parent / "tpchgen-cli", "parquet", "-s", scale, "--output-dir",
                        folder, "--overwrite", "--quiet", "--no-progress"], check=True)
        done.touch()
    return folder


def is_same_value(ours: str, theirs: str) -> bool:
    """Equal texts, or numbers equal to the sixth place: averages are decimals here and doubles there."""
    if ours == theirs:
        return True
    try:
        difference = abs(float(ours) - float(theirs))
    except ValueError:
        return False
    return difference <= 1e-6 and ("." in ours) and ("." in theirs)


def is_same_answer(ours: str, theirs: str) -> bool:
    rows = [[line.split("|") for line in text.splitlines()] for text in (ours, theirs)]
    return len(rows[0]) == len(rows[1]) and all(
        len(a) == len(b) and all(map(is_same_value, a, b)) for a, b in zip(*rows, strict=True))


def main() -> int:
    parser = argparse.ArgumentParser(prog="./dev bench tpch", description=__doc__.split("\n\n")[0])
    parser.add_argument("--queries", default="1,3,6", help="numbers, separated by commas")
    parser.add_argument("--sf", default="1", help="scale factor")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    folder = data_folder(arguments.sf)
    bars = compare.Bars()
    compare.warn_if_busy()
    for number in map(int, arguments.queries.split(",")):
        commands = {engine: [sys.executable, HERE / "ask.py", engine, HERE / "queries" / f"{number}.sql", folder,
                             arguments.threads] for engine in ("sabot", "duckdb")}
        try:
            answers = {name: compare.measure(command).output for name, command in commands.items()}  # warms the files
        except RuntimeError as error:
            print(error)
            bars.holds(f"Q{number}: runs", False, "failed")
            continue
        bars.holds(f"Q{number}: answer equals DuckDB's", is_same_answer(answers["sabot"], answers["duckdb"]),
                   f"{len(answers['duckdb'].splitlines())} rows")
        runs = compare.rounds(commands, arguments.rounds)
        for name, each in runs.items():
            print(f"      Q{number} {name:<7} cpu {statistics.median(run.cpu_s for run in each):.3f} s   "
                  f"wall {statistics.median(run.wall_s for run in each):.3f} s   "
                  f"rss {max(run.rss_bytes_max for run in each) / 2**20:.0f} MiB", flush=True)
        bars.at_most(f"Q{number}: CPU over DuckDB's", compare.median_ratio(runs["sabot"], runs["duckdb"]),
                     RATIOS_MAX.get(number, 3.0), "x")
    return bars.finish()


if __name__ == "__main__":
    sys.exit(main())
