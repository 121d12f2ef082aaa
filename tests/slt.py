"""Language tests as text: records of a statement and what it gives, in the manner of sqllogictest.

    # comment: the first one says what the file shows
    statement ok
    CREATE TEMPORARY VIEW t AS VALUES (1, 'a'), (2, NULL) AS v(a, b)

    query [rowsort]
    SELECT a, b FROM t ORDER BY a
    ----
    a:int  b:string
    1  a
    2  NULL

    plan
    SELECT a FROM t WHERE a > 1
    ----
    the physical plan, as EXPLAIN shows it

    statement error
    SELECT c FROM t
    ----
    [UNRESOLVED_COLUMN.WITH_SUGGESTION] …

    cypher [rowsort] | cypher error [rowsort]
    MATCH (a) RETURN a.b

A record ends at an empty line; lines of a result that are empty themselves are written as (empty). Columns are
separated by two blanks; the first line of a result names them with their types. rowsort: the order of rows is not
promised, so both sides are sorted. A file that names an option with `once` is not run in variants.
"""

from __future__ import annotations

import pathlib
from dataclasses import dataclass, field

from sabot import Sabot, SabotError

KINDS = ("statement ok", "statement error", "query", "plan", "cypher", "cypher error")


@dataclass
class Record:
    """One record. line: of its head, from 1.  comments: the lines before it.  expected: the lines after ----."""

    kind: str
    is_sorted: bool
    line: int
    comments: list[str] = field(default_factory=list)
    text: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)

    def to_text(self) -> str:
        lines = [*self.comments, self.kind + (" rowsort" if self.is_sorted else ""), *self.text]
        if self.kind != "statement ok":
            lines += ["----", *self.expected]
        return "\n".join(lines)


def read(path: pathlib.Path) -> tuple[list[Record], list[str]]:
    """The records of a file, and the comments behind the last one. Raises ValueError for a malformed one."""
    records: list[Record] = []
    comments: list[str] = []
    record: Record | None = None
    is_result = False
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if record is None:
            if line.startswith("#") or not line.strip():
                comments.append(line)
                continue
            kind = line.removesuffix(" rowsort").strip()
            if kind not in KINDS:
                raise ValueError(f"{path}:{number}: no record begins with {line!r}; it is one of {', '.join(KINDS)}")
            record = Record(kind, line.endswith(" rowsort"), number, comments)
            records.append(record)
            comments, is_result = [], False
        elif not line.strip():
            record = None
            comments = [""]
        elif line == "----":
            is_result = True
        else:
            (record.expected if is_result else record.text).append(line)
    for one in records:
        if not one.text:
            raise ValueError(f"{path}:{one.line}: a record without a statement")
    return records, comments


def run(record: Record, engine: Sabot) -> list[str]:
    """What the statement gives, as lines. An error of Sabot is a result too; anything else is raised."""
    text = "\n".join(record.text)
    try:
        if record.kind.startswith("cypher"):
            return _rows(engine.graph.cypher(text), record.is_sorted)
        if record.kind == "plan":
            return [line or "(empty)" for line in engine.sql(text).explain().rstrip("\n").split("\n")]
        query = engine.sql(text)
        if record.kind == "statement ok":
            query.collect()
            return []
        return _rows(query, record.is_sorted)
    except SabotError as error:
        if not record.kind.endswith("error"):
            return [f"ERROR {line}" for line in str(error).splitlines()]
        return [line or "(empty)" for line in str(error).rstrip("\n").split("\n")]


def _rows(query, is_sorted: bool) -> list[str]:
    head = "  ".join(f"{column.name}:{column.type}" for column in query.schema)
    rows = ["  ".join(_value(value) for value in row) for row in query.collect()]
    return [head or "(no columns)", *(sorted(rows) if is_sorted else rows)]


def _value(value) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, bytes):
        return "x" + value.hex()
    text = str(value).replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t")
    return text or "(empty)"
