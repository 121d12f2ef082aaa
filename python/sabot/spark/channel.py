"""A gRPC channel that ends in this process: messages go to the engine as bytes, no port is opened."""

import atexit
import threading
from typing import Any, Callable, Iterable, Iterator, Optional

import grpc
import pyarrow  # noqa: F401  its Arrow must be loaded before ours looks for it
from pyspark.sql.connect.client import ChannelBuilder

_CODES = {code.value[0]: code for code in grpc.StatusCode}
_lock = threading.Lock()
_service: Optional[Any] = None


def service() -> Any:
    """The service of this process, made at first use."""
    global _service
    with _lock:
        if _service is None:
            from sabot import _server

            _service = _server.Service()
        return _service


# Registered before any client registers its own farewell, so that it runs after them.
@atexit.register
def _shutdown() -> None:
    if _service is not None:
        _service.shutdown()


class InProcessError(grpc.RpcError, grpc.Call):
    """How a call failed, as gRPC tells it."""

    def __init__(self, code: int, message: str, details: bytes) -> None:
        super().__init__(message)
        self._code = _CODES.get(code, grpc.StatusCode.UNKNOWN)
        self._message = message
        self._trailers = (("grpc-status-details-bin", details),) if details else ()

    def code(self) -> grpc.StatusCode:
        return self._code

    def details(self) -> str:
        return self._message

    def initial_metadata(self) -> tuple:
        return ()

    def trailing_metadata(self) -> tuple:
        return self._trailers

    def is_active(self) -> bool:
        return False

    def time_remaining(self) -> None:
        return None

    def cancel(self) -> bool:
        return False

    def add_callback(self, callback: Callable[[], None]) -> bool:
        return False


class _Answers:
    """The answers of one call, as gRPC's clients iterate over them."""

    def __init__(self, stream: Any, deserialize: Callable[[bytes], Any]) -> None:
        self._stream = stream
        self._deserialize = deserialize

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        message = self._stream.next()
        if message is not None:
            return self._deserialize(message)
        code, text, details = self._stream.status
        if code != 0:
            raise InProcessError(code, text, details)
        raise StopIteration

    def cancel(self) -> bool:
        self._stream.cancel()
        return True


class InProcessChannel(grpc.Channel):
    """What grpc.insecure_channel() gives, without a network. Time-outs and metadata are ignored."""

    def unary_unary(self, method: str, request_serializer: Any = None, response_deserializer: Any = None,
                    *_: Any, **__: Any) -> Callable[..., Any]:
        def call(request: Any, *_: Any, **__: Any) -> Any:
            return self._call(method, [request_serializer(request)], response_deserializer)

        return call

    def stream_unary(self, method: str, request_serializer: Any = None, response_deserializer: Any = None,
                     *_: Any, **__: Any) -> Callable[..., Any]:
        def call(requests: Iterable[Any], *_: Any, **__: Any) -> Any:
            return self._call(method, [request_serializer(request) for request in requests], response_deserializer)

        return call

    def unary_stream(self, method: str, request_serializer: Any = None, response_deserializer: Any = None,
                     *_: Any, **__: Any) -> Callable[..., Any]:
        def call(request: Any, *_: Any, **__: Any) -> _Answers:
            return _Answers(service().stream(method, request_serializer(request)), response_deserializer)

        return call

    def stream_stream(self, method: str, *_: Any, **__: Any) -> Callable[..., Any]:
        raise NotImplementedError(f"{method}: Spark Connect has no calls with streams both ways")

    def subscribe(self, callback: Callable[[grpc.ChannelConnectivity], None], try_to_connect: bool = False) -> None:
        callback(grpc.ChannelConnectivity.READY)

    def unsubscribe(self, callback: Callable[[grpc.ChannelConnectivity], None]) -> None:
        pass

    def close(self) -> None:
        pass

    def __enter__(self) -> "InProcessChannel":
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    @staticmethod
    def _call(method: str, requests: list, deserialize: Callable[[bytes], Any]) -> Any:
        code, text, details, answer = service().call(method, requests)
        if code != 0:
            raise InProcessError(code, text, details)
        return deserialize(answer)


class InProcessChannelBuilder(ChannelBuilder):
    """Where PySpark asks for a channel, gives it ours."""

    def toChannel(self) -> grpc.Channel:
        channel: grpc.Channel = InProcessChannel()
        if self._interceptors:
            channel = grpc.intercept_channel(channel, *self._interceptors)
        return channel

    @property
    def host(self) -> str:
        return "in-process"
