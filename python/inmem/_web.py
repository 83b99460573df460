# python/inmem/_web.py: web applications (ASGI, WSGI) behind lib/bridge/web/handler.ts.
"""One Exchange a request: what it is told is fed in, what the application sends is taken out.

All of it runs on the bridge's asyncio loop, a WSGI application on threads of a pool
(_web_wsgi.py). Neither side runs far ahead of the other: body() is through when the application
has taken the part, send() when JavaScript has all but the last 64 KiB.
"""

import asyncio
import importlib
import traceback
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, cast

type Message = dict[str, Any]
type Receive = Callable[[], Awaitable[Message]]
type Send = Callable[[Message], Awaitable[None]]
type Asgi = Callable[[Message, Receive, Send], Awaitable[None]]
#: What the application sends, as JavaScript takes it.
type Sent = tuple[Any, ...]

#: What scopes name. By 2.3 an application watches for http.disconnect while it streams; by 2.4 it
#: would only learn at its next send() that the client has gone. A WebSocket has no such choice.
VERSIONS = {"http": "2.3", "websocket": "2.4", "lifespan": "2.0"}

#: Bytes that an application may be ahead of its client.
HIGH_WATER = 65536

#: What may be sent at first, and after what.
NEXT = {
    "http": ("http.response.start",),
    "http.response.start": ("http.response.body",),
    "http.response.body": (),
    "websocket": ("websocket.accept", "websocket.close", "websocket.http.response.start"),
    "websocket.accept": ("websocket.send", "websocket.close"),
    "websocket.send": ("websocket.send", "websocket.close"),
    "websocket.close": (),
    "websocket.http.response.start": ("websocket.http.response.body",),
    "websocket.http.response.body": (),
    "lifespan": ("lifespan.startup.complete", "lifespan.startup.failed"),
    "lifespan.startup.complete": ("lifespan.shutdown.complete", "lifespan.shutdown.failed"),
}


class ClientGone(OSError):
    """send(): nobody is there any more (ASGI: an OSError)."""


def application(kind: str, app: Any) -> Asgi:
    """The object, or what `module:name` names; one of WSGI as one of ASGI."""
    name = repr(app)
    if isinstance(app, str):
        module, _, attributes = app.partition(":")
        app = importlib.import_module(module)
        for part in (attributes or "app").split("."):
            app = getattr(app, part)
    if not callable(app):
        found = type(app).__qualname__
        raise TypeError(
            f"{kind}({name}): found an object of type {found}, expected an application, which"
            " can be called; give it, or 'module:name'"
        )
    if kind == "wsgi":
        from inmem import _web_wsgi

        return _web_wsgi.as_asgi(app)
    return cast("Asgi", app)


def came_of(error: BaseException | None, kind: type[BaseException]) -> bool:
    """Whether it is, or was raised because of, or while handling, one of the kind."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        if isinstance(error, kind):
            return True
        if isinstance(error, BaseExceptionGroup):
            return all(came_of(inner, kind) for inner in error.exceptions)
        error = error.__cause__ or error.__context__
    return False


def let_go(error: BaseException) -> None:
    """Variables of its frames: a generator among them that streamed ends now, by its `finally`, and
    not when Python comes to collect cycles."""
    seen: set[int] = set()
    rest: list[BaseException | None] = [error]
    while rest:
        error_of_it = rest.pop()
        if error_of_it is None or id(error_of_it) in seen:
            continue
        seen.add(id(error_of_it))
        traceback.clear_frames(error_of_it.__traceback__)
        rest += (error_of_it.__cause__, error_of_it.__context__)
        if isinstance(error_of_it, BaseExceptionGroup):
            rest += error_of_it.exceptions


class Exchange:
    """A request or a WebSocket, and what the application answers."""

    def __init__(self, app: Asgi, scope: Message) -> None:
        self.scope = scope
        #: What JavaScript told: messages, each with what is to be told when it was taken.
        self.told: asyncio.Queue[tuple[Message, asyncio.Future[None]]] = asyncio.Queue()
        self.sent: asyncio.Queue[tuple[Sent, int] | None] = asyncio.Queue()
        self.untaken = 0  # bytes of bodies and messages in it
        self.room = asyncio.Event()
        self.expected = NEXT[scope["type"]]
        self.left = False  # the client has gone
        self.over = False  # the application is through
        self.error = ""
        self.started = False
        self.app = app
        self.task: asyncio.Task[Any] | None = None

    async def serve(self) -> None:
        """The application, from its call to its end."""
        self.task = asyncio.current_task()
        try:
            await self.app(self.scope, self.receive, self.send)
        except asyncio.CancelledError as error:
            if not self.left:
                raise
            let_go(error)
        except BaseException as error:
            # An application that says that its client has gone is right.
            if not (self.left and came_of(error, ClientGone)):
                self.error = traceback.format_exc()
            let_go(error)
        finally:
            self.over = True
            self.hear_no_more()
            self.sent.put_nowait(None)

    def hear_no_more(self) -> None:
        while not self.told.empty():
            taken(self.told.get_nowait()[1])

    async def receive(self) -> Message:
        message, told = await self.told.get()
        taken(told)
        if message["type"].endswith("disconnect"):
            self.told.put_nowait((message, told))  # it stays so
        return message

    async def send(self, message: Message) -> None:
        self.started = True
        kind = message.get("type") if isinstance(message, dict) else None
        if not isinstance(kind, str):
            raise TypeError(f"ASGI: found {message!r:.80}, expected a dict with a 'type'")
        if self.left:
            if kind == "websocket.close":
                return
            raise ClientGone(f"{kind}: the client has gone")
        if kind not in self.expected:
            wanted = " or ".join(self.expected) or "nothing more"
            raise RuntimeError(f"ASGI: found a message {kind!r}, expected {wanted}")
        sent, size = translated(kind, message)
        if not (kind.endswith("response.body") and message.get("more_body")):
            self.expected = NEXT.get(kind, ())
        self.untaken += size
        self.sent.put_nowait((sent, size))
        if kind == "http.response.body" and not self.expected:
            # Nobody reads the rest of the request; who still listens is told the end.
            self.hear_no_more()
            self.tell_later({"type": "http.disconnect"})
        while self.untaken > HIGH_WATER and not self.left:
            self.room.clear()
            await self.room.wait()

    async def take(self) -> Sent | None:
        item = await self.sent.get()
        if item is None:
            self.sent.put_nowait(None)  # it stays so
            return None
        sent, size = item
        self.untaken -= size
        self.room.set()
        return sent

    def leave(self) -> None:
        """The client has gone: nobody takes what was sent any more."""
        self.left = True
        while not self.sent.empty():
            self.sent.get_nowait()
        if self.over:
            self.sent.put_nowait(None)
        self.untaken = 0
        self.room.set()

    def part(self, code: int = 1006, reason: str = "") -> None:
        """The client has gone, and the application is told."""
        if self.over:
            return
        self.leave()
        message: Message = {"type": f"{self.scope['type']}.disconnect"}
        if self.scope["type"] == "websocket":
            message.update(code=code, reason=reason)
        self.tell_later(message)

    def tell_later(self, message: Message) -> "asyncio.Future[None]":
        told = asyncio.get_running_loop().create_future()
        self.told.put_nowait((message, told))
        return told

    async def tell(self, message: Message) -> bool:
        """Through when the application has taken it; False: it takes no more."""
        if self.over or not self.expected:
            return False
        await self.tell_later(message)
        return not self.over


def taken(told: "asyncio.Future[None]") -> None:
    if not told.done():
        told.set_result(None)


def translated(kind: str, message: Message) -> tuple[Sent, int]:
    """A message for JavaScript, and its size."""
    if kind.endswith("response.start"):
        status = message.get("status")
        if not isinstance(status, int) or not 200 <= status <= 599:
            raise ValueError(f"ASGI: found the status {status!r}, expected one from 200 to 599")
        # A reason phrase: WSGI has one, of ASGI's messages none.
        return ("start", int(status), headers_of(message), str(message.get("reason", ""))), 0
    if kind.endswith("response.body"):
        content = content_of(message, "body")
        return ("body", content, bool(message.get("more_body", False))), len(content)
    if kind == "websocket.accept":
        return ("accept", message.get("subprotocol"), headers_of(message)), 0
    if kind == "websocket.send":
        text = message.get("text")
        if text is not None:
            return ("text", str(text)), len(text)
        content = content_of(message, "bytes")
        return ("bytes", content), len(content)
    if kind == "websocket.close":
        return ("close", int(message.get("code", 1000)), message.get("reason") or ""), 0
    return (kind, message.get("message") or ""), 0  # of lifespan


def content_of(message: Message, key: str) -> bytes:
    content = message.get(key, b"")
    if not isinstance(content, bytes | bytearray | memoryview):
        found = type(content).__name__
        raise TypeError(f"ASGI: {key!r} of {message['type']!r} is of type {found}, expected bytes")
    return bytes(content)


def headers_of(message: Message) -> tuple[tuple[str, str], ...]:
    pairs: Iterable[tuple[bytes, bytes]] = message.get("headers") or ()
    found: Any = pairs
    try:
        return tuple([header_of(found := pair) for pair in pairs])
    except (TypeError, ValueError):
        what = f"found {found!r:.80}, expected pairs of bytes"
    raise TypeError(f"ASGI: in the headers of {message['type']!r}: {what}")


def header_of(pair: tuple[bytes, bytes]) -> tuple[str, str]:
    name, value = (str(memoryview(text), "latin-1") for text in pair)
    return name, value


class Ticket:
    """What JavaScript has of an exchange. When it lets that go (a response that nobody reads to
    its end, a worker that was terminated), no client is left."""

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange
        self.loop = asyncio.get_running_loop()

    def __del__(self) -> None:
        if not self.exchange.over:
            self.loop.call_soon_threadsafe(self.exchange.part)


# --- what lib/bridge/web/handler.ts calls ----------------------------------------------------


async def open_exchange(app: Asgi, of: Any, about: dict[str, Any]) -> tuple[Ticket, Exchange]:
    """`of`: its Lifespan (_web_lifespan.py), or None. `about`: lib/bridge/web/scope.ts has it;
    texts of bytes are latin-1."""
    kind = about["type"]
    scope: Message = {
        **about,
        "asgi": {"version": "3.0", "spec_version": VERSIONS[kind]},
        "raw_path": about["raw_path"].encode("latin-1"),
        "query_string": about["query_string"].encode("latin-1"),
        "headers": [(n.encode("latin-1"), v.encode("latin-1")) for n, v in about["headers"]],
        "client": pair_of(about["client"]),
        "server": pair_of(about["server"]),
        "state": {} if of is None else of.state.copy(),
        "extensions": {} if kind == "http" else {"websocket.http.response": {}},
    }
    exchange = Exchange(app, scope)
    if kind == "websocket":
        exchange.tell_later({"type": "websocket.connect"})
    return Ticket(exchange), exchange


async def serve(exchange: Exchange) -> None:
    """A call of its own, as long as the application is at work: JavaScript that it calls runs in
    the AsyncLocalStorage of who asked."""
    await exchange.serve()


def pair_of(address: list[Any] | None) -> tuple[str, int] | None:
    return None if address is None else (address[0], address[1])


async def body(of: Ticket, chunk: bytes, more: bool) -> bool:
    """A part of the request's body; False: the application takes no more."""
    message = {"type": "http.request", "body": bytes(chunk), "more_body": more}
    if not more and not of.exchange.over and of.exchange.expected:
        of.exchange.tell_later(message)  # nothing comes after it: nobody has to wait
        return False
    return await of.exchange.tell(message)


async def receive_text(of: Ticket, text: str) -> bool:
    return await of.exchange.tell({"type": "websocket.receive", "text": text})


async def receive_bytes(of: Ticket, data: bytes) -> bool:
    return await of.exchange.tell({"type": "websocket.receive", "bytes": bytes(data)})


async def leave(of: Ticket) -> None:
    """The client has gone: send() tells at once, receive() when disconnect() comes."""
    if not of.exchange.over:
        of.exchange.leave()


async def disconnect(of: Ticket, code: int, reason: str) -> None:
    of.exchange.part(code, reason)


async def cancel(of: Ticket) -> None:
    """What it sends cannot be used: it is ended."""
    of.exchange.leave()
    if of.exchange.task is not None:
        of.exchange.task.cancel()


async def take(of: Ticket) -> Sent | None:
    """The application's next message, for JavaScript; None: it is through."""
    return await of.exchange.take()


async def failure(of: Ticket) -> str:
    """The traceback of what the application raised; "": nothing."""
    return of.exchange.error
