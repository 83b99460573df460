# python/inmem/_web.py: web applications (ASGI, WSGI) behind lib/bridge/web.ts.
"""One Exchange a request: what it is told is fed in, what the application sends is taken out.

All of it runs on the bridge's asyncio loop, a WSGI application on threads of a pool. Neither
side runs far ahead of the other: body() is through when the application has taken the part,
send() when JavaScript has all but the last 64 KiB.
"""

import asyncio
import concurrent.futures
import importlib
import io
import sys
import traceback
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from typing import Any, cast

type Message = dict[str, Any]
type Receive = Callable[[], Awaitable[Message]]
type Send = Callable[[Message], Awaitable[None]]
type Asgi = Callable[[Message, Receive, Send], Awaitable[None]]

#: Versions that scopes name.
ASGI = {"version": "3.0", "spec_version": "2.4"}

#: Bytes that an application may be ahead of its client.
HIGH_WATER = 65536
WSGI_THREADS = 40

pool: concurrent.futures.ThreadPoolExecutor | None = None


def application(kind: str, app: Any) -> Asgi:
    """The object, or what `module:name` names; one of WSGI as one of ASGI."""
    if isinstance(app, str):
        module, _, name = app.partition(":")
        app = importlib.import_module(module)
        for part in (name or "app").split("."):
            app = getattr(app, part)
    return wsgi(app) if kind == "wsgi" else cast("Asgi", app)


def size_of(message: Message) -> int:
    content = message.get("body") or message.get("bytes") or message.get("text") or b""
    return len(content)


class Exchange:
    """A request or a WebSocket, and what the application answers."""

    def __init__(self, app: Asgi, scope: Message) -> None:
        self.scope = scope
        #: What JavaScript told: messages, each with what is to be told when it was taken.
        self.told: asyncio.Queue[tuple[Message, asyncio.Future[None]]] = asyncio.Queue()
        self.sent: asyncio.Queue[Message | None] = asyncio.Queue()
        self.untaken = 0  # bytes of bodies and messages in it
        self.room = asyncio.Event()
        self.gone = False
        self.error = ""
        self.started = False
        self.task = asyncio.get_running_loop().create_task(self.serve(app))

    async def serve(self, app: Asgi) -> None:
        try:
            await app(self.scope, self.receive, self.send)
        except asyncio.CancelledError:
            if not self.gone:
                raise
        except BaseException:
            self.error = traceback.format_exc()
        finally:
            self.gone = True
            while not self.told.empty():
                self.taken(self.told.get_nowait()[1])
            self.sent.put_nowait(None)

    @staticmethod
    def taken(told: "asyncio.Future[None]") -> None:
        if not told.done():
            told.set_result(None)

    async def receive(self) -> Message:
        message, told = await self.told.get()
        self.taken(told)
        if message["type"].endswith("disconnect"):
            self.told.put_nowait((message, told))  # it stays so
        return message

    async def send(self, message: Message) -> None:
        self.started = True
        if self.gone:
            return
        self.untaken += size_of(message)
        self.sent.put_nowait(message)
        while self.untaken > HIGH_WATER and not self.gone:
            self.room.clear()
            await self.room.wait()

    async def take(self) -> Message | None:
        message = await self.sent.get()
        if message is not None:
            self.untaken -= size_of(message)
            self.room.set()
        return message

    def drop(self) -> None:
        """Nobody takes what was sent any more."""
        while not self.sent.empty():
            self.sent.get_nowait()
        self.untaken = 0
        self.room.set()

    async def tell(self, message: Message) -> None:
        if self.gone:
            return
        told = asyncio.get_running_loop().create_future()
        self.told.put_nowait((message, told))
        await told


# --- what lib/bridge/web.ts calls ----------------------------------------------------


async def open_exchange(app: Asgi, about: dict[str, Any]) -> Exchange:
    """`about`: lib/bridge/web-scope.ts has it; texts of bytes are latin-1."""
    scope: Message = {
        **about,
        "asgi": ASGI,
        "raw_path": about["raw_path"].encode("latin-1"),
        "query_string": about["query_string"].encode("latin-1"),
        "headers": bytes_of(about["headers"]),
        "client": pair_of(about["client"]),
        "server": pair_of(about["server"]),
        "state": states.setdefault(id(app), {}).copy(),
        "extensions": {},
    }
    exchange = Exchange(app, scope)
    if scope["type"] == "websocket":
        scope["extensions"] = {"websocket.http.response": {}}
        told = asyncio.get_running_loop().create_future()
        exchange.told.put_nowait(({"type": "websocket.connect"}, told))
    return exchange


def pair_of(address: list[Any] | None) -> tuple[str, int] | None:
    return None if address is None else (address[0], address[1])


def bytes_of(headers: list[list[str]]) -> list[tuple[bytes, bytes]]:
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]


async def body(exchange: Exchange, chunk: bytes, more: bool) -> None:
    """A part of the request's body; through when the application has taken it."""
    await exchange.tell({"type": "http.request", "body": bytes(chunk), "more_body": more})


async def receive_text(exchange: Exchange, text: str) -> None:
    await exchange.tell({"type": "websocket.receive", "text": text})


async def receive_bytes(exchange: Exchange, data: bytes) -> None:
    await exchange.tell({"type": "websocket.receive", "bytes": bytes(data)})


async def disconnect(exchange: Exchange, code: int = 1005, reason: str = "") -> None:
    """The client has gone: the application is told, and after a while ended."""
    message: Message = {"type": f"{exchange.scope['type']}.disconnect"}
    if exchange.scope["type"] == "websocket":
        message.update(code=code, reason=reason)
    if not exchange.gone:
        exchange.told.put_nowait((message, asyncio.get_running_loop().create_future()))
        exchange.drop()


async def cancel(exchange: Exchange) -> None:
    exchange.gone = True
    exchange.drop()
    exchange.task.cancel()


async def take(exchange: Exchange) -> tuple[Any, ...] | None:
    """The application's next message, for JavaScript; None: it is through."""
    message = await exchange.take()
    if message is None:
        return None
    kind = message["type"]
    if kind in ("http.response.start", "websocket.http.response.start"):
        return "start", int(message["status"]), headers_of(message)
    if kind in ("http.response.body", "websocket.http.response.body"):
        return "body", bytes(message.get("body", b"")), bool(message.get("more_body", False))
    if kind == "websocket.accept":
        return "accept", message.get("subprotocol"), headers_of(message)
    if kind == "websocket.send":
        text = message.get("text")
        return ("text", text) if text is not None else ("bytes", bytes(message["bytes"]))
    if kind == "websocket.close":
        return "close", int(message.get("code", 1000)), message.get("reason") or ""
    return "other", kind, None


def headers_of(message: Message) -> tuple[tuple[str, str], ...]:
    pairs: Iterable[tuple[bytes, bytes]] = message.get("headers") or ()
    return tuple(
        (bytes(name).decode("latin-1"), bytes(value).decode("latin-1")) for name, value in pairs
    )


async def failure(exchange: Exchange) -> str:
    """The traceback of what the application raised; "": nothing."""
    return exchange.error


# --- lifespan ---------------------------------------------------------------------------

#: What applications keep from startup for their requests, by id.
states: dict[int, dict[str, Any]] = {}


class Lifespan:
    def __init__(self, app: Asgi) -> None:
        self.app = app
        self.exchange: Exchange | None = None

    async def startup(self) -> str:
        """The reason why the application does not start; "": it has, or has no lifespan."""
        state = states.setdefault(id(self.app), {})
        self.exchange = Exchange(self.app, {"type": "lifespan", "asgi": ASGI, "state": state})
        return await self.step("startup")

    async def shutdown(self) -> str:
        failed = await self.step("shutdown")
        states.pop(id(self.app), None)
        return failed

    async def step(self, name: str) -> str:
        exchange = self.exchange
        if exchange is None or exchange.gone:
            return ""
        told = asyncio.get_running_loop().create_future()
        exchange.told.put_nowait(({"type": f"lifespan.{name}"}, told))
        answer = await exchange.take()
        if answer is None:  # it knows no lifespan, or failed before it told
            self.exchange = None
            return exchange.error if exchange.started else ""
        if answer["type"] == f"lifespan.{name}.failed":
            return answer.get("message") or f"{name} failed"
        return ""


def lifespan(app: Asgi) -> Lifespan:
    return Lifespan(app)


async def startup(of: Lifespan) -> str:
    return await of.startup()


async def shutdown(of: Lifespan) -> str:
    return await of.shutdown()


# --- WSGI -------------------------------------------------------------------------------


def wsgi(app: Any) -> Asgi:
    """A WSGI application as an ASGI one: each request on a thread of a pool."""

    async def serve(scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise RuntimeError(f"a WSGI application knows no {scope['type']}")
        global pool
        if pool is None:
            pool = concurrent.futures.ThreadPoolExecutor(WSGI_THREADS, "inmem-wsgi")
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(pool, WsgiCall(loop, scope, receive, send).run, app)

    return serve


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
        self.head = (status, list(headers))
        return self.write

    def write(self, part: bytes) -> None:
        if not self.head_sent:
            if self.head is None:
                raise AssertionError("the application gave a body before start_response()")
            self.head_sent = True
            status, headers = self.head
            pairs = [(n.encode("latin-1"), v.encode("latin-1")) for n, v in headers]
            start = {"type": "http.response.start", "status": int(status.split()[0])}
            self.wait(self.send({**start, "headers": pairs}))
        if part:
            message = {"type": "http.response.body", "body": part, "more_body": True}
            self.wait(self.send(message))

    def environment(self) -> dict[str, Any]:
        scope = self.scope
        root = scope["root_path"]
        path: str = scope["path"]
        environ = {
            "REQUEST_METHOD": scope["method"],
            "SCRIPT_NAME": root.encode().decode("latin-1"),
            "PATH_INFO": path.removeprefix(root).encode().decode("latin-1"),
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
            key = name.decode("latin-1").upper().replace("-", "_")
            if key not in ("CONTENT_TYPE", "CONTENT_LENGTH"):
                key = f"HTTP_{key}"
            text = value.decode("latin-1")
            joiner = ";" if key == "HTTP_COOKIE" else ","
            environ[key] = f"{environ[key]}{joiner}{text}" if key in environ else text
        return environ
