# test/wheels/aiohttp/main.py: server and client by the C parser, websockets
import asyncio
import hashlib
import json
import random
import re
from pathlib import Path

import aiohttp
import multidict
import yarl
from aiohttp import _http_parser, http_parser, web, web_protocol

REQUESTS = 200


def parser_facts() -> dict:
    """The parser by itself, with what its llhttp takes and refuses."""
    loop = asyncio.new_event_loop()
    refused = {}
    attempts = {
        "space before the colon": b"GET / HTTP/1.1\r\nHost : x\r\n\r\n",
        "two lengths": b"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "length and chunks": b"POST / HTTP/1.1\r\nContent-Length: 1\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n",
        "no CR": b"GET / HTTP/1.1\nHost: x\n\n",
        "method": b"GRAB / HTTP/1.1\r\nHost: x\r\n\r\n",
        "query": b"QUERY / HTTP/1.1\r\nHost: x\r\n\r\n",
        "version": b"GET / HTTP/3.7\r\nHost: x\r\n\r\n",
    }
    for name, data in attempts.items():
        protocol = web_protocol.RequestHandler(web.Server(None, loop=loop), loop=loop)
        parser = _http_parser.HttpRequestParser(protocol, loop, 2**16)
        try:
            messages, _, _ = parser.feed_data(data)
            refused[name] = messages[0][0].method if messages else "waits"
        except aiohttp.http_exceptions.HttpProcessingError as error:
            # The first line of the text is llhttp's own reason.
            refused[name] = str(error.message).strip().splitlines()[0]
    loop.close()
    return refused


async def echo(request: web.Request) -> web.Response:
    body = await request.read()
    return web.json_response(
        {
            "length": len(body),
            "sha256": hashlib.sha256(body).hexdigest(),
            "query": sorted(request.query.items()),
            "header": request.headers.getall("x-number"),
        }
    )


async def stream(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    for i in range(100):
        await response.write(f"chunk {i};".encode() * 50)
    await response.write_eof()
    return response


async def talk(request: web.Request) -> web.WebSocketResponse:
    socket = web.WebSocketResponse(max_msg_size=0)
    await socket.prepare(request)
    async for message in socket:
        if message.type is aiohttp.WSMsgType.BINARY:
            await socket.send_bytes(message.data[::-1])
        else:
            await socket.send_str(message.data.upper())
    return socket


async def client_facts(root: str) -> dict:
    async with aiohttp.ClientSession() as session:

        async def post(i: int) -> bool:
            body = random.Random(i).randbytes(i * 997 % 100_000)
            headers = multidict.CIMultiDict({"X-Number": str(i)})
            url = yarl.URL(f"{root}/echo").with_query([("k", "1 & 2"), ("k", str(i))])
            async with session.post(url, data=body, headers=headers) as response:
                answer = await response.json()
            return answer == {
                "length": len(body),
                "sha256": hashlib.sha256(body).hexdigest(),
                "query": sorted([["k", "1 & 2"], ["k", str(i)]]),
                "header": [str(i)],
            }

        right = await asyncio.gather(*(post(i) for i in range(REQUESTS)))
        async with session.get(f"{root}/stream") as response:
            chunked = response.headers["Transfer-Encoding"]
            text = await response.text()
        async with session.ws_connect(f"{root}/talk", max_msg_size=0) as socket:
            await socket.send_str("a text")
            upper = await socket.receive_str()
            data = random.Random(1).randbytes(300_000)
            await socket.send_bytes(data)
            reverse = await socket.receive_bytes() == data[::-1]
    return {
        "right": sum(right),
        "chunked": chunked,
        "stream": hashlib.sha256(text.encode()).hexdigest(),
        "websocket": [upper, reverse],
    }


async def main() -> dict:
    app = web.Application(client_max_size=2**24)
    app.router.add_post("/echo", echo)
    app.router.add_get("/stream", stream)
    app.router.add_get("/talk", talk)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    try:
        return await client_facts(f"http://127.0.0.1:{port}")
    finally:
        await runner.cleanup()


def is_native(function: object) -> bool:
    """A function of a Cython module, not of its Python stand-in."""
    return re.search(r"builtin|cython", type(function).__name__) is not None


native = {
    "parser": http_parser.HttpRequestParser is _http_parser.HttpRequestParser,
    "multidict": type(multidict.CIMultiDict.add).__name__ == "method_descriptor",
    "yarl": Path(yarl._quoting._Quoter.__module__).name == "yarl._quoting_c",
    "websocket mask": is_native(aiohttp._websocket.helpers.websocket_mask),
}
print(json.dumps({"native": native, "parser": parser_facts(), "http": asyncio.run(main())}))
