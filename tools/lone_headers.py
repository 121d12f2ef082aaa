#!/usr/bin/env python3
"""Check that every header compiles alone: each includes what it uses, so the order of includes never matters.

Without the precompiled header, syntax only. A header is checked again only when it, or a header of ours that it reaches,
has changed since it last passed (a hash in build/lone_headers/); --all checks each one regardless.

    lone_headers.py [--all] [HEADER ...]
"""

import argparse
import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
PASSED = ROOT / "build" / "lone_headers"
INCLUDE = re.compile(r'^\s*#\s*include\s+"(sabot/[^"]+)"', re.MULTILINE)


def flags() -> list:
    """Compiler and flags of a file of the dev build, less its precompiled header, input and output."""
    commands = json.loads((ROOT / "build" / "dev" / "compile_commands.json").read_text())
    # Every include folder that any room is given, so that a header of a system library is found too.
    words = []
    folders = []
    for entry in commands:
        if "/sabot/" not in entry["file"] and "precompiled" not in entry["file"]:
            continue
        line = shlex.split(entry["command"])
        for index, word in enumerate(line):
            if word == "-isystem":
                folders.append(line[index + 1])
        if not words:
            words = [w for w in line if w.startswith(("-std", "-march", "-D", "-W", "-I")) and w != "-Winvalid-pch"]
    return ["g++", *words, *(w for f in dict.fromkeys(folders) for w in ("-isystem", f)), f"-I{ROOT}"]


def reached(path: pathlib.Path, seen: dict) -> dict:
    """Text of a header and of all headers of ours behind it."""
    if path not in seen and path.exists():
        seen[path] = path.read_text(errors="replace")
        for name in INCLUDE.findall(seen[path]):
            reached(ROOT / name, seen)
    return seen


def check(header: pathlib.Path, command: list) -> tuple:
    """(header, output of the compiler; empty means that it compiles alone)."""
    result = subprocess.run([*command, "-fsyntax-only", "-x", "c++", "-"], cwd=ROOT, text=True, capture_output=True,
                            input=f'#include "{header.relative_to(ROOT)}"\n')
    return header, result.stderr if result.returncode else ""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--all", action="store_true")
    parser.add_argument("headers", nargs="*", type=pathlib.Path)
    arguments = parser.parse_args()
    PASSED.mkdir(parents=True, exist_ok=True)
    command = flags()
    todo = {}
    headers = [h.resolve() for h in arguments.headers] or sorted((ROOT / "sabot").rglob("*.h"))
    for header in headers:
        texts = "\0".join(f"{path}\0{text}" for path, text in sorted(reached(header, {}).items()))
        value = hashlib.sha256((" ".join(command) + texts).encode()).hexdigest()
        stamp = PASSED / header.relative_to(ROOT).as_posix().replace("/", "__")
        if arguments.all or not stamp.exists() or stamp.read_text() != value:
            todo[header] = (stamp, value)
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        for header, output in pool.map(lambda h: check(h, command), todo):
            stamp, value = todo[header]
            if output:
                failed += 1
                print(f"{header.relative_to(ROOT)} does not compile alone:\n{output}")
            else:
                stamp.write_text(value)
    print(f"{len(headers)} headers, {len(todo)} checked, {failed} do not compile alone")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
