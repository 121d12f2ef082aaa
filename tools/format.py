#!/usr/bin/env python3
"""Put C++ sources in the shape of .clang-format.

    format.py [--check] [FILE ...]     all sources unless files are named; --check changes nothing, exits 1 if one differs
"""

import argparse
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
FOLDERS = ("sabot", "apps", "python/bindings", "fuzzers", "benchmarks", "tests")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("files", nargs="*", type=pathlib.Path)
    arguments = parser.parse_args()
    files = arguments.files or sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*")
                                      if path.suffix in (".h", ".cc"))
    tool = ROOT / ".venv" / "bin" / "clang-format"
    mode = ["--dry-run", "--Werror", "--ferror-limit=3"] if arguments.check else ["-i"]
    code = 0
    for start in range(0, len(files), 100):
        code |= subprocess.run([tool, *mode, *files[start:start + 100]]).returncode
    print(f"{len(files)} files {'checked' if arguments.check else 'put in shape'}")
    return 1 if code else 0


if __name__ == "__main__":
    sys.exit(main())
