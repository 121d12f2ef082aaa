"""The errors of Sabot. Each says what happened, where in the statement, and what to do."""

from __future__ import annotations


class SabotError(Exception):
    """Base of all errors.

    error_class: Spark's name of the condition where it has one, such as 'DIVIDE_BY_ZERO'.
    sqlstate: five characters.  parameters: what the message was filled in with, by name.
    position: (line, column) in the statement, both from 1, or None.  span: (begin, end) in bytes, or None.
    hint: what to do, or ''.  statement: the text the position points into, or ''.
    """

    def __init__(self, message: str, error_class: str = "INTERNAL_ERROR", sqlstate: str = "XX000",
                 parameters: dict[str, str] | None = None, position: tuple[int, int] | None = None,
                 span: tuple[int, int] | None = None, hint: str = "", statement: str = "") -> None:
        super().__init__(message)
        self.error_class = error_class
        self.sqlstate = sqlstate
        self.parameters = parameters or {}
        self.position = position
        self.span = span
        self.hint = hint
        self.statement = statement


class ParseError(SabotError):
    """The text is not a statement."""


class AnalysisError(SabotError):
    """A name, a type or an option is wrong."""


class ExecutionError(SabotError):
    """The data is at fault: an overflow, a bad cast, a division by zero."""


class UnsupportedError(SabotError):
    """A feature that Sabot does not have; the message names the nearest that works."""


class ConnectorError(SabotError):
    """A file, a broker or the network."""


class ResourceError(SabotError):
    """Memory or disk ran out."""


class CancelledError(SabotError):
    """The query was cancelled."""


class InternalError(SabotError):
    """A bug in Sabot."""
