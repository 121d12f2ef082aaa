#!/usr/bin/env python3
"""List the sources that cost the compiler most CPU: no file may take 20 s.

Compiles each source of a build again, without the cache, one at a time, and takes user + system seconds of the compiler.
Without --measure it reads wall times from ninja's log of the last builds instead: instant, but a loaded machine or a
cache hit shows in them.

    slow_sources.py [--measure] [--top 20] [--limit 20] [PATTERN]     exits 1 if a source takes longer than the limit
"""

import argparse
import json
import pathlib
import resource
import shlex
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = ROOT / "build" / "dev"


def from_log() -> dict:
    """Object file -> seconds from start to end, of the last time each was built."""
    seconds = {}
    for line in (BUILD / ".ninja_log").read_text().splitlines():
        cells = line.split("\t")
        if len(cells) == 5 and cells[3].endswith(".o"):
            seconds[cells[3]] = (int(cells[1]) - int(cells[0])) / 1000
    return {name.split(".dir/", 1)[-1].removesuffix(".o"): value for name, value in seconds.items()}


def measured(pattern: str) -> dict:
    """Source -> CPU seconds of compiling it now."""
    seconds = {}
    for entry in json.loads((BUILD / "compile_commands.json").read_text()):
        source = pathlib.Path(entry["file"])
        if not source.is_relative_to(ROOT) or source.is_relative_to(BUILD) or pattern not in str(source):
            continue
        words = shlex.split(entry["command"])
        compiler = next(i for i, word in enumerate(words) if word.endswith(("c++", "g++")))
        words = words[compiler:]
        words[words.index("-o") + 1] = "/dev/null"
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(words, cwd=entry["directory"], check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        seconds[str(source.relative_to(ROOT))] = (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime)
    return seconds


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--measure", action="store_true")
    parser.add_argument("--top", type=int, default=20)
    parser.add_argument("--limit", type=float, default=20)
    parser.add_argument("pattern", nargs="?", default="")
    arguments = parser.parse_args()
    seconds = measured(arguments.pattern) if arguments.measure else from_log()
    ours = {name: value for name, value in seconds.items()
            if arguments.pattern in name and (ROOT / name).exists()}
    for name, value in sorted(ours.items(), key=lambda item: -item[1])[:arguments.top]:
        print(f"{value:7.1f} s  {name}")
    slow = [name for name, value in ours.items() if value > arguments.limit]
    print(f"{len(ours)} sources, {sum(ours.values()):.0f} s in all, {len(slow)} over {arguments.limit:.0f} s"
          + (" of CPU" if arguments.measure else " (wall time, from ninja's log)"))
    return 1 if slow and arguments.measure else 0


if __name__ == "__main__":
    sys.exit(main())
