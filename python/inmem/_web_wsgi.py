# python/inmem/_web_wsgi.py: WSGI applications (PEP 3333) as ASGI ones, on threads of a pool.
import asyncio
import concurrent.futures
import contextvars
import io
import re
import sys
import threading
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, cast
from urllib.parse import unquote_to_bytes

from inmem import _session
from inmem._web import Asgi, ClientGone, Message, Receive, Send

WSGI_THREADS = 40

pool: concurrent.futures.ThreadPoolExecutor | None = None


def begin_thread() -> None:
    """Whatever run goes just now: it is none of its threads."""
    _session.own_threads.add(threading.current_thread())


def as_asgi(app: Any) -> Asgi:
    async def serve(scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise RuntimeError(f"a WSGI application knows no {scope['type']}")
        global pool
        if pool is None:
            pool = concurrent.futures.ThreadPoolExecutor(
                WSGI_THREADS, "inmem-wsgi", initializer=begin_thread
            )
        loop = asyncio.get_running_loop()
        call = WsgiCall(loop, scope, receive, send)
        # In the request's context, which run_in_executor() alone would leave behind.
        await loop.run_in_executor(pool, contextvars.copy_context().run, call.run, app)

    return serve


def is_header(pair: Any) -> bool:
    """PEP 3333: texts of bytes."""
    return (
        isinstance(pair, tuple | list)
        and len(pair) == 2
        and all(isinstance(text, str) and (text.isascii() or max(text) <= "\xff") for text in pair)
    )


class WsgiInput(io.RawIOBase):
    """wsgi.input: waits on its thread for what the client sends."""

    def __init__(self, call: "WsgiCall") -> None:
        self.call = call
        self.rest = b""
        self.more = True

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while self.more and not self.rest:
            message = self.call.wait(self.call.receive())
            if message["type"] == "http.disconnect":
                # Else half a body would pass for a whole one.
                raise ClientGone("wsgi.input: the client has gone")
            self.rest = message.get("body", b"")
            self.more = bool(message.get("more_body", False))
        count = min(len(buffer), len(self.rest))
        buffer[:count] = self.rest[:count]
        self.rest = self.rest[count:]
        return count


class WsgiCall:
    """One request of a WSGI application (PEP 3333), on its thread."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, scope: Message, receive: Receive, send: Send
    ) -> None:
        self.loop = loop
        self.scope = scope
        self.receive = receive
        self.send = send
        self.head: tuple[str, list[tuple[str, str]]] | None = None
        self.head_sent = False

    def wait[T](self, awaitable: Awaitable[T]) -> T:
        coroutine = cast("Coroutine[Any, Any, T]", awaitable)
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result()

    def run(self, app: Any) -> None:
        parts = app(self.environment(), self.start_response)
        if not hasattr(parts, "__iter__") and not hasattr(parts, "__getitem__"):
            what = f"gave {parts!r:.80}, expected an iterable of bytes"
            raise TypeError(f"WSGI: the application {what}")
        try:
            for part in parts:
                if part:
                    self.write(part)
            if not self.head_sent:
                self.write(b"")
            self.wait(self.send({"type": "http.response.body", "body": b""}))
        finally:
            if hasattr(parts, "close"):
                parts.close()

    def start_response(
        self, status: str, headers: list[tuple[str, str]], exc_info: Any = None
    ) -> Callable[[bytes], None]:
        if exc_info:
            try:
                if self.head_sent:
                    raise exc_info[1].with_traceback(exc_info[2])
            finally:
                exc_info = None
        elif self.head is not None:
            raise AssertionError("start_response() was called before, without exc_info")
        if not isinstance(status, str) or not re.fullmatch(r"[2-5]\d\d( .*)?", status):
            what = f"found the status {status!r:.80}, expected a text such as '200 OK'"
            raise ValueError(f"WSGI: {what}")
        for pair in headers:
            if not is_header(pair):
                raise TypeError(f"WSGI: found the header {pair!r:.80}, expected a pair of texts")
        self.head = (status, list(headers))
        return self.write

    def write(self, part: bytes) -> None:
        if not isinstance(part, bytes | bytearray | memoryview):
            raise TypeError(f"WSGI: found {part!r:.80} in a body, expected bytes")
        if not self.head_sent:
            if self.head is None:
                raise AssertionError("the application gave a body before start_response()")
            self.head_sent = True
            status, headers = self.head
            pairs = [(n.encode("latin-1"), v.encode("latin-1")) for n, v in headers]
            code, _, reason = status.partition(" ")
            start = {"type": "http.response.start", "status": int(code), "reason": reason}
            self.wait(self.send({**start, "headers": pairs}))
        if part:
            message = {"type": "http.response.body", "body": part, "more_body": True}
            self.wait(self.send(message))

    def environment(self) -> dict[str, Any]:
        scope = self.scope
        root = scope["root_path"].encode()
        # Not scope["path"]: there, what is no UTF-8 is lost.
        path = unquote_to_bytes(scope["raw_path"])
        if path == root or path.startswith(root + b"/"):
            path = path[len(root) :]
        environ = {
            "REQUEST_METHOD": scope["method"],
            "SCRIPT_NAME": root.decode("latin-1"),
            "PATH_INFO": path.decode("latin-1"),
            "QUERY_STRING": scope["query_string"].decode("latin-1"),
            "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": scope["scheme"],
            "wsgi.input": io.BufferedReader(WsgiInput(self)),
            "wsgi.input_terminated": True,
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }
        host, port = scope["server"] or ("localhost", 80)
        environ.update(SERVER_NAME=host, SERVER_PORT=str(port))
        if scope["client"]:
            environ.update(REMOTE_ADDR=scope["client"][0], REMOTE_PORT=str(scope["client"][1]))
        for name, value in scope["headers"]:
            if b"_" in name:
                continue  # it would pass for the header with a "-"
            key = name.decode("latin-1").upper().replace("-", "_")
            if key not in ("CONTENT_TYPE", "CONTENT_LENGTH"):
                key = f"HTTP_{key}"
            text = value.decode("latin-1")
            joiner = ";" if key == "HTTP_COOKIE" else ","
            environ[key] = f"{environ[key]}{joiner}{text}" if key in environ else text
        return environ
