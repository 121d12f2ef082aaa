"""PySpark without a server: the stock client of Spark Connect, with Sabot in the same process.

    from sabot.spark import SparkSession
    spark = SparkSession.builder.getOrCreate()
    spark.range(3).show()

Functions and types are PySpark's own: from pyspark.sql import functions as F. What Spark has and Sabot has not is
refused as UnsupportedOperationException, with what works instead.
"""

import sys
from typing import Any, Optional

# The client takes a main module without a file, as `python -c` has it, for a run of its own doctests, and exits.
_main = sys.modules["__main__"]
_has_file = hasattr(_main, "__file__")
if not _has_file:
    _main.__file__ = "<string>"
try:
    from pyspark.sql.connect.session import SparkSession as _ConnectSession

    from sabot.spark.channel import InProcessChannelBuilder
finally:
    if not _has_file:
        del _main.__file__

__all__ = ["SparkSession"]


class _ClassProperty:
    def __init__(self, getter: Any) -> None:
        self._getter = getter

    def __get__(self, instance: Optional[object], owner: type) -> Any:
        return self._getter(owner)


class SparkSession(_ConnectSession):
    """pyspark.sql.SparkSession of Spark Connect; `builder` begins sessions in this process."""

    class Builder(_ConnectSession.Builder):
        def create(self) -> _ConnectSession:
            """A new session: in this process, unless remote("sc://host:port") names a server."""
            with self._lock:
                remote = self._options.get("spark.remote", "local")
                if self._channel_builder is None and not str(remote).startswith("sc://"):
                    self._options.pop("spark.remote", None)
                    self._channel_builder = InProcessChannelBuilder()
            return super().create()

    builder = _ClassProperty(lambda cls: cls.Builder())
