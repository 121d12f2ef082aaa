"""Sabot: one engine for SQL, event-time streams, graphs and PySpark programs.

    from sabot import Sabot
    engine = Sabot()
    engine.sql("SELECT * FROM 'flights.parquet' WHERE dep_delay > 60").show()
"""

# libparquet exports an OpenSSL of its own. A libcrypto that first comes in with the engine, as a need of librdkafka,
# would bind to that and crash at its first use, which is Python's `import hashlib`. Loaded before, it binds to itself.
try:
    import _hashlib  # noqa: F401
except ImportError:
    pass  # this Python has no OpenSSL

from sabot.engine import Sabot
from sabot.errors import (AnalysisError, CancelledError, ConnectorError, ExecutionError, InternalError,
                          ParseError, ResourceError, SabotError, UnsupportedError)
from sabot.expressions import Column, call, col, expr, lit
from sabot.query import Query
from sabot.stream import window

__all__ = ["AnalysisError", "CancelledError", "Column", "ConnectorError", "ExecutionError", "InternalError",
           "ParseError", "Query", "ResourceError", "Sabot", "SabotError", "UnsupportedError", "call", "col", "expr",
           "lit", "window"]
__version__ = "0.1.0"
