"""Sabot's front door."""

from __future__ import annotations

import sys
from typing import Any

from sabot import _engine
from sabot.errors import AnalysisError, UnsupportedError
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
            raise UnsupportedError(
                f"[UNSUPPORTED_FEATURE] mode='{mode}' is not supported. Nearest that works: mode='local'.",
                "UNSUPPORTED_FEATURE", "0A000", {"feature": f"mode='{mode}'", "alternative": "mode='local'"},
                hint="mode='local'")
        if workers not in (0, 1):
            raise UnsupportedError(
                f"[UNSUPPORTED_FEATURE] {workers} workers are not supported. Nearest that works: workers=1.",
                "UNSUPPORTED_FEATURE", "0A000", {"feature": f"workers={workers}", "alternative": "workers=1"},
                hint="workers=1")
        options = {key: str(value).lower() if isinstance(value, bool) else str(value)
                   for key, value in (config or {}).items()}
        self._session = _engine.Session.make(options)
        self.stream = Streams(self._session, workers)
        self.graph = Graph(self._session)

    def sql(self, text: str, **parameters: Any) -> Query:
        """Understand one SQL statement in Spark's dialect. A query is lazy; a command has run when this returns.

        Tables are found among those registered, files by name ('flights.parquet'), and variables of the caller that
        hold an Arrow, pandas or Polars table.  parameters: values of :name.
        Raises ParseError, AnalysisError, UnsupportedError with the position in the text.
        """
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
                table = frame.f_locals.get(name, frame.f_globals.get(name))
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
        return Query(self._session, self._session.resolve(_engine.table(name)))

    def read(self, path: str | list[str], format: str = "", schema: str | None = None, **options: Any) -> Query:
        """Files by path or glob. format: 'parquet', 'csv', 'json', 'arrow', or '' for that of the ending.

        schema: DDL such as 'a INT, b STRING'; None: the files' own, or inferred.  options: those of the format.
        """
        paths = [path] if isinstance(path, str) else list(path)
        texts = {key: str(value).lower() if isinstance(value, bool) else str(value) for key, value in options.items()}
        relation = _engine.files(format, [str(each) for each in paths], texts, schema, False)
        return Query(self._session, self._session.resolve(relation))

    def register(self, name: str, table: Any, *, replace: bool = True) -> Query:
        """Give a table of this process a name: anything with __arrow_c_stream__ (Arrow, pandas, Polars, a Query)."""
        return Query(self._session, self._session.resolve(self._session.register_arrow(name, table, replace)))

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
