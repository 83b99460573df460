# python/inmem/_web_lifespan.py: ASGI's lifespan: an application's startup and shutdown.
"""What lib/bridge/web/exchange.ts asks of an application around all its requests."""

import asyncio
import sys
from typing import Any

from inmem._web import VERSIONS, Asgi, Exchange


class Lifespan:
    """Of one handler: two of the same application start it twice, each with its own state."""

    def __init__(self, app: Asgi) -> None:
        self.app = app
        #: What the application keeps from startup for its requests.
        self.state: dict[str, Any] = {}
        self.exchange: Exchange | None = None
        self.loop = asyncio.get_running_loop()

    async def startup(self) -> str:
        """The reason why the application does not start; "": it has, or has no lifespan."""
        asgi = {"version": "3.0", "spec_version": VERSIONS["lifespan"]}
        scope = {"type": "lifespan", "asgi": asgi, "state": self.state}
        self.exchange = Exchange(self.app, scope)
        keep(self.loop.create_task(self.exchange.serve()))
        return await self.step("startup")

    async def shutdown(self) -> str:
        try:
            return await self.step("shutdown")
        finally:
            self.exchange = None

    async def step(self, name: str) -> str:
        exchange = self.exchange
        if exchange is None or exchange.over:
            return ""
        exchange.tell_later({"type": f"lifespan.{name}"})
        answer = await exchange.take()
        if answer is None:  # it knows no lifespan, or failed before it told
            self.exchange = None
            return exchange.error if exchange.started else ""
        kind, text = answer
        return text or f"{name} failed" if kind == f"lifespan.{name}.failed" else ""

    def __del__(self) -> None:
        """JavaScript has let it go without close(), or its worker was terminated."""
        if self.exchange is not None and not self.loop.is_closed():
            self.loop.call_soon_threadsafe(end, self.exchange)


#: asyncio itself holds tasks weakly.
tasks: set[asyncio.Task[Any]] = set()


def keep(task: asyncio.Task[Any]) -> None:
    tasks.add(task)
    task.add_done_callback(tasks.discard)


def end(exchange: Exchange) -> None:
    if not exchange.over:
        exchange.tell_later({"type": "lifespan.shutdown"})
        keep(asyncio.get_running_loop().create_task(tell_failure(exchange)))


async def tell_failure(exchange: Exchange) -> None:
    """Nobody waits for it."""
    while (answer := await exchange.take()) is not None:
        if answer[0] == "lifespan.shutdown.failed":
            sys.stderr.write(f"{answer[1]}\n")
    sys.stderr.write(exchange.error)


# --- what lib/bridge/web/exchange.ts calls -----------------------------------------------------


async def lifespan(app: Asgi) -> Lifespan:
    return Lifespan(app)


async def startup(of: Lifespan) -> str:
    return await of.startup()


async def shutdown(of: Lifespan) -> str:
    return await of.shutdown()
