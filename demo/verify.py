"""How the demo holds an answer against one that was found another way."""

from typing import Any


class WrongAnswer(Exception):
    """An answer is not the expected one."""


def same(what: str, answer: Any, expected: Any) -> None:
    """Print a tick, or raise WrongAnswer with both."""
    if answer != expected:
        raise WrongAnswer(f"{what}: {answer!r}, expected {expected!r}")
    print(f"  ✓ {what}")
