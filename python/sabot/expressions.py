"""Expressions of the fluent API: Python operators build trees that the engine types, optimizes and runs."""

from __future__ import annotations

from typing import Any

from sabot import _engine, checks


class Column:
    """An expression as written. Nothing is computed until a query that holds it runs."""

    __slots__ = ("_expression",)

    def __init__(self, expression: _engine.Expression) -> None:
        self._expression = expression

    def alias(self, name: str) -> "Column":
        """The same values under another name."""
        return Column(_engine.alias(self._expression, name))

    def cast(self, type: str) -> "Column":
        """CAST to a type as SQL writes it: 'bigint', 'decimal(10,2)'. Raises AnalysisError if there is no such type."""
        return Column(_engine.cast(self._expression, type))

    def is_null(self) -> "Column":
        return _call("isnull", self)

    def is_not_null(self) -> "Column":
        return _call("isnotnull", self)

    def is_in(self, *values: Any) -> "Column":
        """True where it equals one of the values; NULL where none is equal and one is NULL."""
        return _call("in", self, *values)

    def between(self, low: Any, high: Any) -> "Column":
        return _call("between", self, low, high)

    def like(self, pattern: str) -> "Column":
        return _call("like", self, pattern)

    def __add__(self, other: Any) -> "Column":
        return _call("+", self, other)

    def __radd__(self, other: Any) -> "Column":
        return _call("+", other, self)

    def __sub__(self, other: Any) -> "Column":
        return _call("-", self, other)

    def __rsub__(self, other: Any) -> "Column":
        return _call("-", other, self)

    def __mul__(self, other: Any) -> "Column":
        return _call("*", self, other)

    def __rmul__(self, other: Any) -> "Column":
        return _call("*", other, self)

    def __truediv__(self, other: Any) -> "Column":
        return _call("/", self, other)

    def __rtruediv__(self, other: Any) -> "Column":
        return _call("/", other, self)

    def __mod__(self, other: Any) -> "Column":
        return _call("%", self, other)

    def __neg__(self) -> "Column":
        return _call("negative", self)

    def __eq__(self, other: Any) -> "Column":  # type: ignore[override]
        return _call("=", self, other)

    def __ne__(self, other: Any) -> "Column":  # type: ignore[override]
        return _call("<>", self, other)

    def __lt__(self, other: Any) -> "Column":
        return _call("<", self, other)

    def __le__(self, other: Any) -> "Column":
        return _call("<=", self, other)

    def __gt__(self, other: Any) -> "Column":
        return _call(">", self, other)

    def __ge__(self, other: Any) -> "Column":
        return _call(">=", self, other)

    def __and__(self, other: Any) -> "Column":
        return _call("and", self, other)

    def __rand__(self, other: Any) -> "Column":
        return _call("and", other, self)

    def __or__(self, other: Any) -> "Column":
        return _call("or", self, other)

    def __ror__(self, other: Any) -> "Column":
        return _call("or", other, self)

    def __invert__(self) -> "Column":
        return _call("not", self)

    __hash__ = None  # type: ignore[assignment]

    def __bool__(self) -> bool:
        raise TypeError("a Column has no truth value: use & for AND, | for OR, ~ for NOT")

    def __repr__(self) -> str:
        return f"Column<{self._expression!r}>"


def col(name: str) -> Column:
    """A column by name. Dots lead into tables and structs; backticks quote."""
    return Column(named(checks.text(name, "a column's name")))


def lit(value: Any) -> Column:
    """A constant: None, bool, int, float, Decimal, str, bytes, date, datetime or timedelta. Raises TypeError for others."""
    return Column(_engine.literal(value))


def expr(text: str) -> Column:
    """An expression in SQL. Raises ParseError with the position."""
    return Column(_engine.expression(checks.text(text, "an expression")))


def call(function: str, *arguments: Any, distinct: bool = False) -> Column:
    """A function by name, scalar or aggregate: call('count'), call('sum', 'x'), call('date_trunc', lit('hour'), 'x').

    arguments: a str is a column by name, as in select; other values are constants, a str by lit.
    """
    expressions = [named(each) if isinstance(each, str) else to_expression(each) for each in arguments]
    return Column(_engine.call(checks.text(function, "a function's name"), expressions, distinct))


def _call(function: str, *arguments: Any) -> Column:
    return Column(_engine.call(function, [to_expression(argument) for argument in arguments]))


def to_expression(value: Any) -> _engine.Expression:
    """A Column's expression, or a literal of a Python value."""
    return value._expression if isinstance(value, Column) else _engine.literal(value)


def named(value: Any) -> _engine.Expression:
    """A Column's expression, or the column of that name."""
    return value._expression if isinstance(value, Column) else _engine.column(checks.text(value, "a column's name"))
