#!/usr/bin/env python3
"""List sources of more than 600 lines: most hold two concepts. A warning, never a failure: a grammar may be long.

    long_files.py [LINES]
"""

import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent


def main() -> int:
    if sys.argv[1:2] and not sys.argv[1].isdigit():
        print(__doc__)
        return 0
    limit = int(sys.argv[1]) if len(sys.argv) > 1 else 600
    long = []
    for folder in ("sabot", "apps", "python", "fuzzers", "benchmarks", "demo", "tools", "tests"):
        for path in (ROOT / folder).rglob("*"):
            if path.suffix in (".h", ".cc", ".py") and "__pycache__" not in path.parts:
                lines = len(path.read_bytes().splitlines())
                if lines > limit:
                    long.append((lines, path.relative_to(ROOT)))
    for lines, path in sorted(long, reverse=True):
        print(f"warning: {path} has {lines} lines: where does the second concept start?")
    print(f"{len(long)} files of more than {limit} lines")
    return 0


if __name__ == "__main__":
    sys.exit(main())
