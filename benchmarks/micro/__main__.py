"""What small things cost: ./dev bench micro

A name looked up in the function registry, one row through a filter-project pipeline, an engine made, a part of it
reached, SELECT 1 in a warm process, and a process from start to its first row beside DuckDB's.
"""

import json
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import compare  # noqa: E402

FIRST_ROW = {
    "sabot": "from sabot import Sabot\nSabot().sql('SELECT 1').show()",
    "duckdb": "import duckdb\nduckdb.sql('SELECT 1').show()",
}
START_ROUNDS = 15


def native(name: str, repetitions: int = 7) -> dict:
    """The least of some repetitions of a benchmark program, nanoseconds by benchmark."""
    command = [compare.build_folder() / "bin" / name, "--benchmark_format=json", "--benchmark_min_time=0.1",
               f"--benchmark_repetitions={repetitions}"]
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout
    least = {}
    for each in json.loads(output)["benchmarks"]:
        if each["run_type"] == "iteration":
            least[each["run_name"]] = min(each["cpu_time"], least.get(each["run_name"], float("inf")))
    return least


def look_up_instructions() -> float:
    """Instructions a look-up, counted by callgrind."""
    output = subprocess.run(
        ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", "--collect-atstart=no",
         "--toggle-collect=sabot::FunctionRegistry::FindScalar*", compare.build_folder() / "bin" / "registry_benchmark",
         "--benchmark_filter=counted"], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True).stderr
    return int(re.search(r"Collected : (\d+)", output)[1]) / 16_384


def first_row_s(code: str) -> float:
    """From the start of a Python process to the first byte it prints."""
    start = time.perf_counter()
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, env=compare.environment()) as child:
        child.stdout.read(1)
        seconds = time.perf_counter() - start
        child.stdout.read()
    if child.returncode != 0:
        raise RuntimeError(f"a process failed: {code}")
    return seconds


def python_figures() -> dict:
    """What in_process.py measures."""
    return json.loads(compare.measure([sys.executable, HERE / "in_process.py"]).output)


def main() -> int:
    compare.warn_if_busy()
    bars = compare.Bars()
    bars.at_most("registry: a name looked up", native("registry_benchmark")["registry_look_up"], 50, "ns", 1)
    if shutil.which("valgrind"):
        bars.at_most("registry: instructions a look-up", look_up_instructions(), 250, "", 0)
    pipeline = native("pipeline_benchmark")
    bars.at_most("one row through filter and project", pipeline["filter_project/1"] / 1000, 1, "us")
    print(f"      2,048 rows through filter and project: {pipeline['filter_project/2048'] / 2048:.2f} ns a row")

    figures = python_figures()
    bars.at_most("Sabot() to ready, warm process", figures["make_ms"], 0.87, "ms", 3)
    for name in ("sql", "stream", "graph"):
        bars.at_most(f"engine.{name} beyond a bound empty method", figures[f"{name}_ns"], 43, "ns", 1)
    bars.at_most("SELECT 1 from Python", figures["select_ms"], 0.2, "ms", 3)

    times = {name: [] for name in FIRST_ROW}
    for number in range(START_ROUNDS + 1):
        for name in sorted(FIRST_ROW, reverse=number % 2 == 1):
            seconds = first_row_s(FIRST_ROW[name])
            if number > 0:  # the first brings the files into memory
                times[name].append(seconds * 1000)
    medians = {name: statistics.median(each) for name, each in times.items()}
    bars.at_most(f"process to first row of SELECT 1 (DuckDB {medians['duckdb']:.0f} ms)", medians["sabot"],
                 round(medians["duckdb"], 1), "ms", 1)
    return bars.finish()


if __name__ == "__main__":
    sys.exit(main())
