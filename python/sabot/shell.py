"""What the shell does with a statement: tell its language, run it, show its rows."""

from __future__ import annotations

import re
import sys
import time
from typing import Iterator, NamedTuple

from sabot.engine import Sabot
from sabot.errors import CancelledError, SabotError
from sabot.query import Query

HELP = """\
SQL or Cypher (MATCH, OPTIONAL MATCH, UNWIND, RETURN), up to a semicolon. Also, on a line of their own:
  \\graph [NAME]   the graph that Cypher asks; without NAME the only one there is
  \\rows N         show at most so many rows of a result
  \\time           say how long each statement took, or not
  \\help           this text
  \\quit           leave; so does Ctrl-D
"""

# Where a statement may not be cut: quoted text and comments. Of the two languages' comments, -- is a
# relationship in Cypher and // no operator in SQL, so each statement is read by the rules of its own.
_BLOCK = r"/\*(?s:.*?)(?:\*/|\Z)"
_QUOTED = r"(?<!\w)[rR]'[^']*(?:'|\Z)|(?<!\w)[rR]\"[^\"]*(?:\"|\Z)" \
          r"|'(?:[^'\\]|\\(?s:.)|'')*(?:'|\Z)|\"(?:[^\"\\]|\\(?s:.))*(?:\"|\Z)|`[^`]*(?:`|\Z)"
_SQL = re.compile(rf"--[^\n]*|{_BLOCK}|{_QUOTED}|;")
_CYPHER = re.compile(rf"//[^\n]*|{_BLOCK}|{_QUOTED}|;")
_BLANK = re.compile(rf"(?:\s+|--[^\n]*|//[^\n]*|{_BLOCK})*")
_CYPHER_START = re.compile(r"(?:MATCH|OPTIONAL\s+MATCH|UNWIND|RETURN)\b", re.IGNORECASE)
_EXPLAIN = re.compile(r"EXPLAIN\s+(?:(ANALYZE|EXTENDED)\s+)?", re.IGNORECASE)


class Statement(NamedTuple):
    """A statement of a script. text: without its semicolon.  line: where it begins, from 1."""

    text: str
    line: int
    is_complete: bool


def split(text: str) -> Iterator[Statement]:
    """The statements of a script, each up to its semicolon or, incomplete, to the end of the text."""
    begin = 0
    while True:
        begin = _BLANK.match(text, begin).end()
        if begin == len(text):
            return
        pattern = _CYPHER if is_cypher(text, begin) else _SQL
        end = next((match.start() for match in pattern.finditer(text, begin) if match.group() == ";"), None)
        statement = text[begin:end].rstrip()
        if statement:
            yield Statement(statement, text.count("\n", 0, begin) + 1, end is not None)
        if end is None:
            return
        begin = end + 1


def is_cypher(text: str, begin: int = 0) -> bool:
    explain = _EXPLAIN.match(text, begin)
    return _CYPHER_START.match(text, explain.end() if explain else begin) is not None


def is_complete(text: str) -> bool:
    """Can the shell run what was typed? Blank, a command of the shell, or statements that end in a semicolon."""
    if text.lstrip().startswith("\\"):
        return True
    statements = list(split(text))
    return not statements or statements[-1].is_complete


class Shell:
    """An engine and how its results are shown.

    options: those of the engine.  rows: at most so many of a result are shown.  is_timed: show times.
    Raises AnalysisError for a wrong option.
    """

    def __init__(self, options: dict[str, str], rows: int = 100, is_timed: bool = False) -> None:
        self._session = Sabot(config=options)._session
        self.graph = ""
        self.rows = rows
        self.is_timed = is_timed

    def run_script(self, text: str, source: str) -> int:
        """Run statements up to the first error. source: the file's name, or ''. Returns the exit code of a process."""
        for statement in split(text):
            code = self.run(statement.text, f"{source}:{statement.line}: " if source else "")
            if code != 0:
                return code
        return 0

    def run(self, statement: str, place: str = "") -> int:
        """Run one statement and print its rows, or its error, which begins with place. Returns an exit code."""
        start = time.monotonic()
        try:
            result = self._result(statement)
        except KeyboardInterrupt:
            print(f"{place}cancelled", file=sys.stderr)
            return 130
        except CancelledError as error:
            print(f"{place}{error}", file=sys.stderr)
            return 130
        except SabotError as error:
            print(f"{place}{error}", file=sys.stderr)
            return 1
        seconds = f" ({_duration(time.monotonic() - start)})" if self.is_timed else ""
        print(f"{result}{seconds}", flush=True)
        return 0

    def _result(self, statement: str) -> str:
        if not is_cypher(statement):
            query = Query(self._session, self._session.sql(statement, {}))
            if not query.columns:
                return "done"
            if query.columns == ["plan"] and _EXPLAIN.match(statement):
                return query.collect()[0][0].rstrip("\n")
            return query._native.text(self.rows).rstrip("\n")
        explain = _EXPLAIN.match(statement)
        if explain is None:
            return self._session.cypher(statement, self.graph, {}).text(self.rows).rstrip("\n")
        # Blanks instead of the word, so that positions in errors stay.
        query = self._session.cypher(" " * explain.end() + statement[explain.end():], self.graph, {})
        mode = {"ANALYZE": "analyze", "EXTENDED": "all"}.get((explain.group(1) or "").upper(), "physical")
        return query.explain(mode).rstrip("\n")

    def command(self, line: str) -> bool:
        """Obey a command of the shell itself. Returns False to leave."""
        name, _, argument = line.strip().partition(" ")
        argument = argument.strip().rstrip(";")
        if name in ("\\quit", "\\q"):
            return False
        if name == "\\graph":
            self.graph = argument
        elif name == "\\rows" and argument.isdecimal():
            self.rows = int(argument)
        elif name == "\\time":
            self.is_timed = not self.is_timed
        elif name in ("\\help", "\\h", "\\?"):
            print(HELP, end="")
        else:
            print(f"no command {line.strip()}; \\help lists them", file=sys.stderr)
        return True


def _duration(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms" if seconds < 1 else f"{seconds:.2f} s"
