"""Sabot's front door."""

from __future__ import annotations

import os
import sys
from typing import Any

from sabot import _engine, checks
from sabot.errors import AnalysisError
from sabot.graph import Graph
from sabot.query import Query
from sabot.stream import Streams


class Sabot:
    """An engine: one catalog of tables, views, streams and graphs, and four ways to ask it.

    mode: 'local', in this process.  config: options as SET takes them, such as {'sabot.memory.limit': '2g'}.
    workers: 0, or 1 to run streams in a process of their own that is restarted from its checkpoint.
    Raises AnalysisError for an unknown option, UnsupportedError for another mode.
    Thread-safe. Also a context manager: leaving it shuts the engine down.
    """

    def __init__(self, mode: str = "local", *, config: dict[str, Any] | None = None, workers: int = 0) -> None:
        if mode != "local":
            raise checks.unsupported(f"mode='{mode}'", "mode='local'")
        if workers not in (0, 1):
            raise checks.unsupported(f"workers={workers}", "workers=1")
        self._session = _engine.Session.make(checks.option_texts(config or {}))
        self.stream = Streams(self._session, workers)
        self.graph = Graph(self._session)

    def sql(self, text: str, /, **parameters: Any) -> Query:
        """Understand one SQL statement in Spark's dialect. A query is lazy; a command has run when this returns.

        Tables are found among those registered, files by name ('flights.parquet'), and variables of the caller that
        hold an Arrow, pandas or Polars table.  parameters: values of :name.
        Raises ParseError, AnalysisError, UnsupportedError with the position in the text; AnalysisError for a parameter
        that the statement does not have.
        """
        checks.known_parameters("sql", checks.text(text, "a statement"), ":", parameters)
        try:
            return Query(self._session, self._session.sql(text, parameters))
        except AnalysisError as error:
            if error.error_class != "TABLE_OR_VIEW_NOT_FOUND":
                raise
            return self._sql_over_variables(text, parameters, error, sys._getframe(1))

    def _sql_over_variables(self, text: str, parameters: dict[str, Any], error: AnalysisError, frame: Any) -> Query:
        """Register the caller's variables that the statement names, for as long as it takes to understand it."""
        borrowed: list[str] = []
        try:
            while True:
                name = error.parameters.get("relationName", "").strip("`")
                table = checks.table(_variable(frame, name))
                if name in borrowed or not hasattr(table, "__arrow_c_stream__"):
                    raise error
                self._session.register_arrow(name, table, False)
                borrowed.append(name)
                try:
                    return Query(self._session, self._session.sql(text, parameters))
                except AnalysisError as next_error:
                    if next_error.error_class != "TABLE_OR_VIEW_NOT_FOUND":
                        raise
                    error = next_error
        finally:
            for name in borrowed:
                self._session.drop_view(name)

    def table(self, name: str) -> Query:
        """A registered table or view, or format.`path`."""
        return Query(self._session, self._session.resolve(_engine.table(checks.text(name, "a table's name"))))

    def read(self, path: str | os.PathLike[str] | list[str], format: str = "", schema: str | None = None, **options: Any) -> Query:
        """Files by path or glob. format: 'parquet', 'csv', 'json', 'arrow', or '' for that of the ending.

        schema: DDL such as 'a INT, b STRING'; None: the files' own, or inferred.  options: those of the format.
        """
        relation = _engine.files(format, checks.paths(path), checks.option_texts(options), schema, False)
        return Query(self._session, self._session.resolve(relation))

    def register(self, name: str, table: Any, *, replace: bool = True) -> Query:
        """Give a table of this process a name: anything with __arrow_c_stream__ (Arrow, pandas, Polars, a Query).

        The index of a pandas frame is no column. Raises AnalysisError for an empty name.
        """
        if not checks.text(name, "a table's name"):
            raise checks.invalid("register", "name", "it is empty")
        native = self._session.register_arrow(name, checks.table(table), replace)
        return Query(self._session, self._session.resolve(native))

    def set(self, key: str, value: Any) -> None:
        """Set an option. Raises AnalysisError if there is no such option, or it cannot have that value."""
        self._session.set_option(key, str(value).lower() if isinstance(value, bool) else str(value))

    def get(self, key: str) -> str:
        return self._session.get_option(key)

    def shutdown(self) -> None:
        """Stop streams and refuse further calls. A second call does nothing."""
        self.stream._stop_all()
        self._session.shutdown()

    def __enter__(self) -> "Sabot":
        return self

    def __exit__(self, *exception: Any) -> None:
        self.shutdown()

    def __repr__(self) -> str:
        return f"Sabot(mode='local'{', shut down' if self._session.is_shut_down else ''})"


# Before Python 3.12 a comprehension is a function of its own, which has no variables but those it names.
_COMPREHENSIONS = frozenset({"<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>"})


def _variable(frame: Any, name: str) -> Any:
    """A variable as the code of a frame sees it, or None."""
    while name not in frame.f_locals and frame.f_code.co_name in _COMPREHENSIONS and frame.f_back is not None:
        frame = frame.f_back
    return frame.f_locals.get(name, frame.f_globals.get(name))
