#!/usr/bin/env python3
"""Hold every #include to the table of rooms (cmake/rooms.txt).

A source of a room may include its own room, the rooms of its row, and what those may include in turn. Its tests and its
testing/ folder may also include the rooms of the fourth column and the testing/ folders of all these. Beyond the table:

  - project headers are spelled from the root, "sabot/room/file.h", and exist;
  - headers include of Arrow only type_fwd.h, result.h, status.h and the C ABI; nobody includes arrow/api.h;
  - plan/ is data: it includes nothing that runs (operators, evaluation, drivers);
  - apps/ and python/bindings/ see session/ and server/ (and base/, for errors) alone;
  - every source stands in a room, and every room of a row has a row.

    check_rooms.py            check; prints file:line and the reason, exits 1 if there is any
    check_rooms.py --table    print what each room may include, all of it
"""

import fnmatch
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]')
ARROW_IN_HEADERS = {"arrow/type_fwd.h", "arrow/result.h", "arrow/status.h", "arrow/c/abi.h"}
# Headers that hold running code, which a plan must not see: an operator, an evaluator.
RUNNING = re.compile(r"^sabot/(vector/operator|expression/evaluat\w*)\.h$")
BORDER_ROOMS = ("session", "server", "base")


class Rooms:
    """The table: rows of room, rooms it may include, rooms its tests may include too."""

    def __init__(self, text: str):
        self.may = {}
        self.tests_may = {}
        for line in text.splitlines():
            if line.strip() and not line.startswith("#"):
                cells = [cell.split() for cell in line.split("|")]
                if len(cells) != 4:
                    sys.exit(f"cmake/rooms.txt: a row has four cells: {line}")
                self.may[cells[0][0]] = cells[1]
                self.tests_may[cells[0][0]] = cells[3]
        for room, row in self.may.items():
            for name in [*row, *self.tests_may[room]]:
                if name not in self.may and not fnmatch.filter(self.may, name) and self.row_of(name) is None:
                    sys.exit(f"cmake/rooms.txt: {room} names {name}, which has no row")

    def row_of(self, folder: str) -> str | None:
        """The row a folder under sabot/ belongs to: `operators/join` to `operators`, `connectors/csv` to `connectors/*`."""
        parts = folder.split("/")
        for length in range(len(parts), 0, -1):
            name = "/".join(parts[:length])
            if name in self.may:
                return name
            starred = "/".join([*parts[:length - 1], "*"])
            if length > 1 and starred in self.may:
                return starred
        return None

    def name_of(self, folder: str) -> str | None:
        """The room of a folder: like its row, but a star stands for the folder's own name."""
        row = self.row_of(folder)
        if row and row.endswith("/*"):
            return "/".join(folder.split("/")[:row.count("/") + 1])
        return row

    def closure(self, rooms: list) -> set:
        """The names and patterns of all rooms that these may include, these too."""
        seen, todo = set(), list(rooms)
        while todo:
            name = todo.pop()
            if name not in seen:
                seen.add(name)
                row = name if name in self.may else self.row_of(name)
                todo += self.may.get(row, [])
        return seen

    def allows(self, room: str, other: str, is_test: bool) -> bool:
        row = self.row_of(room)
        start = [*self.may[row], *(self.tests_may[row] if is_test else [])]
        return room == other or any(fnmatch.fnmatch(other, pattern) for pattern in self.closure(start))


def includes(path: pathlib.Path):
    """(line number, is it quoted, the included path) of every include."""
    for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
        if match := INCLUDE.match(line):
            yield number, match[1] == '"', match[2]


def is_test_file(path: pathlib.Path) -> bool:
    return "testing" in path.parts or re.search(r"_(test|benchmark|fuzz)\.cc$", path.name) is not None


def check_file(rooms: Rooms, path: pathlib.Path):
    """Yield (line, reason) for every include of a file of a room that breaks a rule."""
    folder = path.parent.relative_to(ROOT / "sabot").as_posix()
    room = rooms.name_of(folder)
    if room is None:
        yield 1, f"stands in no room: cmake/rooms.txt has no row for {folder}"
        return
    is_test = is_test_file(path)
    for line, is_quoted, included in includes(path):
        if included.startswith("arrow/"):
            if included == "arrow/api.h":
                yield line, "arrow/api.h costs 3 s a file: include what is used"
            elif path.suffix == ".h" and not is_test and included not in ARROW_IN_HEADERS:
                yield line, f"headers include of Arrow only {', '.join(sorted(ARROW_IN_HEADERS))}"
        elif included.startswith("sabot/"):
            if not (ROOT / included).exists():
                yield line, f"{included} does not exist"
                continue
            other = rooms.name_of(pathlib.PurePath(included).parent.relative_to("sabot").as_posix())
            if other is None or not rooms.allows(room, other, is_test):
                yield line, f"{room} may not include {other or included}"
            elif "testing" in pathlib.PurePath(included).parts and not is_test:
                yield line, "testing/ is for tests"
            elif room == "plan" and RUNNING.match(included) and not is_test:
                yield line, f"a plan is data: it may not see {included}"
        elif is_quoted and (path.parent / included).exists():
            yield line, f'spell it from the root: "sabot/.../{pathlib.PurePath(included).name}"'


def check_border(path: pathlib.Path):
    """The same for a file of apps/ or python/bindings/."""
    for line, _, included in includes(path):
        if included.startswith("sabot/") and included.split("/")[1] not in BORDER_ROOMS:
            yield line, f"apps/ and bindings see {', '.join(BORDER_ROOMS)} alone, not {included}"


def sources(*folders: str):
    for folder in folders:
        yield from sorted(path for path in (ROOT / folder).rglob("*") if path.suffix in (".h", ".cc"))


def main() -> int:
    rooms = Rooms((ROOT / "cmake" / "rooms.txt").read_text())
    if sys.argv[1:] == ["--table"]:
        for room in rooms.may:
            print(f"{room:<18} {' '.join(sorted(rooms.closure(rooms.may[room])))}")
        return 0
    if len(sys.argv) > 1:
        print(__doc__)
        return 0 if sys.argv[1] in ("-h", "--help") else 2
    broken = checked = 0
    for path in [*sources("sabot"), *sources("apps", "python/bindings")]:
        checked += 1
        is_room = path.is_relative_to(ROOT / "sabot")
        for line, reason in check_file(rooms, path) if is_room else check_border(path):
            print(f"{path.relative_to(ROOT)}:{line}: {reason}")
            broken += 1
    print(f"{checked} files checked, {broken} includes against the table")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
