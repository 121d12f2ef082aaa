"""Event-time streams."""

from __future__ import annotations

from typing import Any

from sabot import _engine


class Streams:
    """engine.stream: sources, and SQL over them."""

    __slots__ = ("_session", "_workers", "_running")

    def __init__(self, session: _engine.Session, workers: int) -> None:
        self._session = session
        self._workers = workers
        self._running: list[Any] = []

    def _stop_all(self) -> None:
        for handle in self._running:
            handle.stop()
        self._running.clear()
