"""Event-time streams: sources, steps, sinks, and the handle of one that runs."""

from __future__ import annotations

import atexit
import os
import weakref
from datetime import timedelta
from typing import Any, Callable, NamedTuple

from sabot import _engine, checks
from sabot.expressions import Column, call, lit, named, to_expression
from sabot.query import Field, Query


class Status(NamedTuple):
    """What a stream has done so far.

    state: 'running', 'finished', 'stopped' or 'failed'.  watermark: how far event time is, by which rows are late and
    windows final; microseconds since 1970 UTC, None before the first.
    rows_in, late: rows read, and rows that came after their window was final, or that have no event time, both since this start.
    epoch: the last checkpoint completed and committed, 0 before the first.  error: of a failed stream, else ''.
    worker_pid, restarts: of a stream in a worker process, else 0.
    rows_saved: of rows_in those that a restart from `epoch` does not read again.
    """

    state: str
    rows_in: int
    late: int
    watermark: int | None
    epoch: int
    error: str
    worker_pid: int
    restarts: int
    rows_saved: int


class Streams:
    """engine.stream: unbounded sources, and SQL over them."""

    __slots__ = ("_session", "_workers", "_running")

    def __init__(self, session: _engine.Session, workers: int) -> None:
        self._session = session
        self._workers = workers
        self._running: list[Running] = []

    def from_parquet(self, path: str | list[str], **options: Any) -> "Stream":
        """Read files as a stream: each is a split, read front to back; the rows of several come by event time."""
        return self._from_files("parquet", path, None, options)

    def from_csv(self, path: str | list[str], schema: str | None = None, **options: Any) -> "Stream":
        return self._from_files("csv", path, schema, options)

    def from_json(self, path: str | list[str], schema: str | None = None, **options: Any) -> "Stream":
        return self._from_files("json", path, schema, options)

    def from_kafka(self, topic: str, *, servers: str | None = None, schema: str | None = None, format: str = "json",
                   **options: Any) -> "Stream":
        """Read a Kafka topic from its beginning; each partition is a split, its offset part of the checkpoint.

        servers: 'host:port,…'; None: the option kafka.bootstrap.servers of the environment (KAFKA_BOOTSTRAP_SERVERS).
        format: 'json', with a schema given as DDL or inferred from a sample, or 'raw': key, value, partition, offset, time.
        Raises ConnectorError if no broker answers in time.
        """
        texts = {"subscribe": topic, "value.format": format, **checks.option_texts(options)}
        address = servers or os.environ.get("KAFKA_BOOTSTRAP_SERVERS")
        if address:
            texts["kafka.bootstrap.servers"] = address
        return Stream(self, _engine.external("kafka", texts, schema))

    def from_memory(self, table: Any) -> "Stream":
        """Replay a table of this process (Arrow, pandas, Polars) as a stream, in its order."""
        return Stream(self, _engine.as_stream(self._session.register_arrow("", checks.table(table), True)))

    def sql(self, text: str, /, **parameters: Any) -> "Stream":
        """SQL over registered streams: GROUP BY window(time, '1 hour'). A query, no command; parameters as for engine.sql."""
        checks.known_parameters("sql", checks.text(text, "a statement"), ":", parameters)
        query = self._session.sql(text, parameters)
        if not query.is_lazy:
            raise checks.unsupported("a command as a stream", "engine.sql for commands, a query here")
        return Stream(self, query.relation)

    def _from_files(self, format: str, path: str | list[str], schema: str | None, options: dict[str, Any]) -> "Stream":
        return Stream(self, _engine.files(format, checks.paths(path), checks.option_texts(options), schema, True))

    def _keep(self, handle: "Running") -> None:
        """Keep a stream running that nobody holds a handle of; those that have ended are let go."""
        self._running = [each for each in self._running if each.status.state == "running"]
        self._running.append(handle)

    def _stop_all(self) -> None:
        for handle in self._running:
            handle.stop()
        self._running.clear()


class Stream:
    """A stream as written. Nothing is read until start."""

    __slots__ = ("_streams", "_relation", "_sink", "_late")

    def __init__(self, streams: Streams, relation: _engine.Relation, sink: Any = None, late: Any = None) -> None:
        self._streams = streams
        self._relation = relation
        self._sink = sink
        self._late = late

    @property
    def schema(self) -> list[Field]:
        return [Field(*field) for field in self._streams._session.resolve(self._relation).schema]

    def explain(self, mode: str = "physical") -> str:
        return self._streams._session.resolve(self._relation).explain(mode)

    def create_view(self, name: str, *, replace: bool = True) -> None:
        """Give the stream a name for engine.stream.sql."""
        self._streams._session.create_view(name, self._relation, replace)

    # ---- steps
    def event_time(self, column: str, delay: timedelta | float = 0, lateness: timedelta | float = 0) -> "Stream":
        """Declare the event time: a TIMESTAMP column.

        delay: how much later than the greatest time seen in its split a row may come before the watermark passes it.
        lateness: how much longer windows take rows before they are final. Both a timedelta, or seconds.
        """
        return self._with(self._relation.event_time(column, checks.micros(delay), checks.micros(lateness)))

    def filter(self, condition: Column) -> "Stream":
        return self._with(self._relation.filter(to_expression(condition)))

    def select(self, *columns: Column | str) -> "Stream":
        return self._with(self._relation.select([named(column) for column in columns]))

    def with_column(self, name: str, value: Column) -> "Stream":
        return self._with(self._relation.with_column(name, to_expression(value)))

    def group_by(self, *keys: Column | str) -> "GroupedStream":
        """Group by keys, one of which is window(time, size); call agg on it."""
        return GroupedStream(self, [named(key) for key in keys])

    # ---- sinks
    def to_files(self, path: str | os.PathLike[str], format: str = "parquet", **options: Any) -> "Stream":
        """Write files into a folder; each row appears exactly once, through any kill and restart from a checkpoint."""
        sink = ("files", format, checks.path(path), checks.option_texts(options))
        return Stream(self._streams, self._relation, sink, self._late)

    def to_memory(self) -> "Stream":
        """Keep the rows in this process: handle.rows().

        They go with the process: after a restart from a checkpoint there are only the rows committed since then. A stream whose rows are to outlast it writes to_files.
        """
        return Stream(self._streams, self._relation, ("memory", "", "", {}), self._late)

    def to_callback(self, function: Callable[[Any], None]) -> "Stream":
        """Call the function with a pyarrow.Table of each epoch's rows, in a thread of the engine.

        What it raises fails the stream: wait raises ExecutionError (CALLBACK_FAILED), its __cause__ the exception. It
        may stop its own stream, but neither wait for it nor take a checkpoint.
        """
        if not callable(function):
            raise TypeError(f"a callback is a function of a table, not {type(function).__name__}")
        return Stream(self._streams, self._relation, ("callback", "", "", {"function": function}), self._late)

    def late_to_files(self, path: str | os.PathLike[str], format: str = "parquet", **options: Any) -> "Stream":
        """Write rows that come after their window was final, or have no event time, into a folder of their own."""
        late = ("files", format, checks.path(path), checks.option_texts(options))
        return Stream(self._streams, self._relation, self._sink, late)

    def start(self, checkpoint: str | None = None, *, interval: timedelta | float = 1.0,
              parallelism: int | None = None) -> "Running":
        """Run the stream in the background. Starting again with the same checkpoint folder goes on where it was.

        checkpoint: a folder; None: nothing is kept, and a restart begins anew.  interval: between checkpoints, > 0.
        parallelism: tasks, 1 to 1,024; None: one a core. A restart may choose another.
        Files hold all rows through any restart; handle.rows() of to_memory only those committed since this start.
        Raises AnalysisError, UnsupportedError for what no stream can do; ConnectorError if the source cannot be opened,
        or a folder not be written.
        """
        if self._sink is None:
            raise ValueError("the stream has no sink: call to_files, to_memory or to_callback first")
        interval_us = checks.micros(interval)
        if interval_us <= 0:
            raise checks.invalid("start", "interval", f"{interval} is not more than 0")
        if parallelism is not None and (not isinstance(parallelism, int) or parallelism < 1):
            raise checks.invalid("start", "parallelism", f"{parallelism} is no number of tasks")
        native = _engine.start_stream(self._streams._session, self._relation, self._sink, self._late,
                                      "" if checkpoint is None else checks.path(checkpoint),
                                      max(interval_us // 1000, 1), min(parallelism or 0, 2**31), self._streams._workers)
        handle = Running(self._streams._session, native)
        self._streams._keep(handle)
        _live.add(handle)
        return handle

    def _with(self, relation: _engine.Relation) -> "Stream":
        return Stream(self._streams, relation, self._sink, self._late)

    def __repr__(self) -> str:
        return "Stream[" + ", ".join(f"{field.name}: {field.type}" for field in self.schema) + "]"


class GroupedStream:
    """A stream with its group keys, waiting for aggregates."""

    __slots__ = ("_stream", "_keys")

    def __init__(self, stream: Stream, keys: list[_engine.Expression]) -> None:
        self._stream = stream
        self._keys = keys

    def agg(self, *aggregates: Column) -> Stream:
        """One row a window and group, once the watermark has passed the window's end and lateness."""
        relation = self._stream._relation.aggregate(self._keys, [to_expression(value) for value in aggregates])
        return self._stream._with(relation)


class Running:
    """A stream that runs."""

    __slots__ = ("_session", "_native", "__weakref__")

    def __init__(self, session: _engine.Session, native: _engine.StreamHandle) -> None:
        self._session = session
        self._native = native

    @property
    def status(self) -> Status:
        return Status(*self._native.status())

    def wait(self, timeout: timedelta | float | None = None) -> bool:
        """Wait until it has ended or was stopped; False after the timeout. Raises the error of a failed stream.

        Ctrl-C interrupts.
        """
        return self._native.wait(-1 if timeout is None else checks.micros(timeout) // 1000)

    def checkpoint(self) -> None:
        """Take a checkpoint now, and wait until it is complete and committed."""
        self._native.checkpoint()

    def stop(self) -> None:
        """Stop without waiting for the input's end. What the last checkpoint holds is kept. Then wait returns True."""
        self._native.stop()

    def rows(self) -> Query:
        """Of a stream to memory: what has been committed so far. Raises AnalysisError before the first commit."""
        if not self._native.table:
            raise ValueError("only a stream to memory keeps its rows here")
        return Query(self._session, self._session.resolve(self._native.relation()))


_live: weakref.WeakSet[Running] = weakref.WeakSet()


# While there is still an interpreter for the callbacks of streams that nobody stopped.
@atexit.register
def _stop_live() -> None:
    for handle in list(_live):
        handle.stop()
        handle._native.forget_callback()


def window(time: Column | str, size: timedelta | str) -> Column:
    """A tumbling window: back-to-back windows of equal length, as a struct of start and end (exclusive).

    size: > 0, microsecond resolution; or a text such as '1 hour'.
    Source: fixed windows, Akidau et al., "The Dataflow Model", VLDB 2015, section 1.2.
    """
    return call("window", Column(named(time)), lit(size) if isinstance(size, str) else size)
