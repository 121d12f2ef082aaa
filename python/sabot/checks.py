"""What arguments are: checked where they come in, so that the message speaks of them."""

from __future__ import annotations

import os
import re
from datetime import timedelta
from typing import Any

from sabot.errors import AnalysisError, UnsupportedError


def text(value: Any, what: str) -> str:
    """value if it is a str that is text. Raises TypeError, or ValueError for half a surrogate pair."""
    if not isinstance(value, str):
        raise TypeError(f"{what} is a str, not {type(value).__name__}")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValueError(f"{what} holds half of a surrogate pair, which is no text") from None
    return value


def path(value: Any) -> str:
    """A path as text. Raises TypeError for what is neither str nor os.PathLike."""
    return text(os.fsdecode(value), "a path")


def paths(value: Any) -> list[str]:
    """One path or several."""
    return [path(value)] if isinstance(value, (str, bytes, os.PathLike)) else [path(each) for each in value]


def option_texts(options: dict[str, Any]) -> dict[str, str]:
    """Options as SET takes them."""
    return {key: str(value).lower() if isinstance(value, bool) else str(value) for key, value in options.items()}


def micros(duration: timedelta | float) -> int:
    """Microseconds of a timedelta, or of a number of seconds."""
    seconds = duration if isinstance(duration, timedelta) else timedelta(seconds=duration)
    return seconds // timedelta(microseconds=1)


def invalid(function: str, parameter: str, message: str) -> AnalysisError:
    """The error of an argument that has the right type and cannot be."""
    return AnalysisError(
        f"[INVALID_PARAMETER_VALUE] The value of {parameter} in {function} is invalid: {message}. (SQLSTATE 22023)",
        "INVALID_PARAMETER_VALUE", "22023",
        {"parameter": parameter, "functionName": function, "message": message})


def unsupported(feature: str, alternative: str) -> UnsupportedError:
    """The error of what Sabot does not have."""
    return UnsupportedError(
        f"[UNSUPPORTED_FEATURE] {feature} is not supported. Nearest that works: {alternative}. (SQLSTATE 0A000)",
        "UNSUPPORTED_FEATURE", "0A000", {"feature": feature, "alternative": alternative}, hint=alternative)


def known_parameters(function: str, statement: str, marker: str, parameters: dict[str, Any]) -> dict[str, Any]:
    """The parameters of a statement. Raises AnalysisError for one that it does not name."""
    for name in parameters:
        if not re.search(rf"{re.escape(marker)}\s*`?{re.escape(name)}\b", statement, re.IGNORECASE):
            raise invalid(function, name, f"the statement has no {marker}{name}")
    return parameters


def table(value: Any) -> Any:
    """A table of this process as something with __arrow_c_stream__. A pandas index is no column."""
    if any(each.__name__ == "DataFrame" and each.__module__.startswith("pandas.") for each in type(value).__mro__):
        import pyarrow

        return pyarrow.Table.from_pandas(value, preserve_index=False)
    native = getattr(value, "_native", None)
    # A Query's rows are taken in the engine, where its error keeps its class.
    return native.table() if native is not None and hasattr(native, "table") and hasattr(native, "is_lazy") else value
