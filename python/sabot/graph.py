"""Questions about property graphs, in Cypher."""

from __future__ import annotations

from typing import Any

from sabot import _engine, checks
from sabot.query import Query


class Graph:
    """engine.graph: Cypher over the graphs that CREATE PROPERTY GRAPH maps over tables."""

    __slots__ = ("_session",)

    def __init__(self, session: _engine.Session) -> None:
        self._session = session

    def cypher(self, text: str, /, graph: str = "", **parameters: Any) -> Query:
        """A lazy query of a Cypher statement.

        graph: its name; may be left out where there is only one.  parameters: values of $name.
        Raises ParseError, AnalysisError, UnsupportedError with the position in the text; AnalysisError for a parameter
        that the statement does not have.
        """
        checks.known_parameters("cypher", checks.text(text, "a statement"), "$", parameters)
        return Query(self._session, self._session.cypher(text, graph, parameters))
