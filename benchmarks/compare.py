"""What benchmarks share: processes measured one at a time, engines taking turns, bars that hold or do not."""

import dataclasses
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent


def build_folder() -> pathlib.Path:
    """The build that is measured: what ./dev bench names, else build/release."""
    return pathlib.Path(os.environ.get("SABOT_BUILD", ROOT / "build" / "release"))


def environment() -> dict:
    """For child processes: the package of the measured build comes first."""
    return {**os.environ, "PYTHONPATH": str(build_folder() / "python")}


@dataclasses.dataclass
class Run:
    """One process, from start to exit. Times include its children's."""

    cpu_s: float
    wall_s: float
    rss_bytes_max: int
    output: str


def measure(command: list, env: dict | None = None) -> Run:
    """Run a command and wait for it. Raises RuntimeError with its error output if it fails."""
    with tempfile.TemporaryFile("w+") as errors:
        start = time.perf_counter()
        child = subprocess.Popen([str(word) for word in command], env=env or environment(), text=True,
                                 stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors)
        output = child.stdout.read()
        _, status, usage = os.wait4(child.pid, 0)
        wall_s = time.perf_counter() - start
        child.stdout.close()
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode != 0:
            errors.seek(0)
            raise RuntimeError(f"{' '.join(map(str, command))} ended with {child.returncode}:\n{errors.read()}")
    return Run(usage.ru_utime + usage.ru_stime, wall_s, usage.ru_maxrss * 1024, output)


def rounds(commands: dict, count: int, on_run=None) -> dict:
    """Run each named command once a round, so that a disturbance of the machine meets all of them alike.

    The order turns from round to round. Returns name -> its runs, one a round. on_run(name, run) is called after each.
    """
    runs = {name: [] for name in commands}
    for number in range(count):
        names = list(commands) if number % 2 == 0 else list(reversed(commands))
        for name in names:
            run = measure(commands[name])
            runs[name].append(run)
            if on_run:
                on_run(name, run)
    return runs


def median_ratio(ours: list, theirs: list, what: str = "cpu_s") -> float:
    """The median over the rounds of our figure over theirs of the same round."""
    return statistics.median(getattr(a, what) / getattr(b, what) for a, b in zip(ours, theirs, strict=True))


class Bars:
    """Figures against what they may be at most; prints each, and remembers whether one was missed."""

    def __init__(self) -> None:
        self.missed = []

    def at_most(self, name: str, figure: float, limit: float, unit: str, digits: int = 2) -> None:
        holds = figure <= limit
        self._print(name, f"{figure:.{digits}f} {unit}", f"at most {limit:g} {unit}", holds)

    def holds(self, name: str, is_so: bool, detail: str) -> None:
        self._print(name, detail, "", is_so)

    def _print(self, name: str, figure: str, limit: str, holds: bool) -> None:
        print(f"{'PASS' if holds else 'FAIL'}  {name:<58} {figure:>16}   {limit}", flush=True)
        if not holds:
            self.missed.append(name)

    def finish(self) -> int:
        """The exit code of the benchmark."""
        print(f"{len(self.missed)} missed: {', '.join(self.missed)}" if self.missed else "all bars hold", flush=True)
        return 1 if self.missed else 0


def warn_if_busy() -> None:
    """Figures count on an otherwise idle machine only."""
    load = os.getloadavg()[0]
    if load > 0.5:
        print(f"note: the machine is not idle (load {load:.1f}); ratios are disturbed", file=sys.stderr, flush=True)
