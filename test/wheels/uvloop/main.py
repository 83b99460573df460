# test/wheels/uvloop/main.py: an echo server with many clients on its own libuv
import asyncio
import ctypes
import hashlib
import json
import os
import random
import socket
import tempfile
import threading

import uvloop
from uvloop import loop as native

CLIENTS = 50


def libuv_version() -> str:
    """As the extension itself calls it, which is what another libuv in the process could answer."""
    number = native.libuv_get_version()
    return ".".join(str(number >> shift & 0xFF) for shift in (16, 8, 0))


def version_of_file() -> str:
    """Asked of the shared object by its handle: nothing of the process can come between."""
    text = ctypes.CDLL(native.__file__).uv_version_string
    text.restype = ctypes.c_char_p
    return text().decode()


async def talk(connect: object, number: int) -> str:
    reader, writer = await connect()
    data = random.Random(number).randbytes(10_000 + number * 1000)
    writer.write(len(data).to_bytes(4))
    for at in range(0, len(data), 4096):
        writer.write(data[at : at + 4096])
        await writer.drain()
    answer = await reader.readexactly(len(data))
    writer.close()
    await writer.wait_closed()
    assert answer == data[::-1]
    return hashlib.sha256(answer).hexdigest()


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    size = int.from_bytes(await reader.readexactly(4))
    data = await reader.readexactly(size)
    writer.write(data[::-1])
    await writer.drain()
    writer.close()


async def sockets() -> str:
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    address = server.sockets[0].getsockname()
    async with server:
        answers = await asyncio.gather(
            *(talk(lambda: asyncio.open_connection(*address), i) for i in range(CLIENTS))
        )
    return hashlib.sha256("".join(answers).encode()).hexdigest()


async def unix_sockets() -> str:
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "socket")
        server = await asyncio.start_unix_server(serve, path)
        async with server:
            return await talk(lambda: asyncio.open_unix_connection(path), 7)


async def datagrams() -> list:
    loop = asyncio.get_running_loop()
    received = loop.create_future()
    seen = []

    class Receiver(asyncio.DatagramProtocol):
        def datagram_received(self, data: bytes, address: tuple) -> None:
            seen.append(data.decode())
            if len(seen) == 10:
                received.set_result(sorted(seen))

    receiver, _ = await loop.create_datagram_endpoint(Receiver, ("127.0.0.1", 0))
    address = receiver.get_extra_info("sockname")
    sender, _ = await loop.create_datagram_endpoint(
        asyncio.DatagramProtocol, remote_addr=address[:2]
    )
    for i in range(10):
        sender.sendto(f"datagram {i}".encode())
    try:
        return await asyncio.wait_for(received, 20)
    finally:
        sender.close()
        receiver.close()


async def rest() -> dict:
    """Timers, threads, names, a child process: each another part of libuv."""
    loop = asyncio.get_running_loop()
    order = []
    loop.call_later(0.03, order.append, "late")
    loop.call_later(0.01, order.append, "early")
    loop.call_soon(order.append, "now")
    await asyncio.sleep(0.06)
    woken = asyncio.Event()
    threading.Thread(target=lambda: loop.call_soon_threadsafe(woken.set)).start()
    await asyncio.wait_for(woken.wait(), 20)
    found = await loop.getaddrinfo("127.0.0.1", 80, type=socket.SOCK_STREAM)
    child = await asyncio.create_subprocess_exec(
        "/bin/sh",
        "-c",
        'read line; echo "got $line"; exit 3',
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await child.communicate(b"a line\n")
    return {
        "order": order,
        "name": found[0][4],
        "child": [output.decode(), child.returncode],
    }


async def main() -> dict:
    assert type(asyncio.get_running_loop()) is uvloop.Loop
    return {
        "sockets": await sockets(),
        "unix": await unix_sockets(),
        "datagrams": await datagrams(),
        "rest": await rest(),
    }


print(
    json.dumps(
        {
            "libuv": libuv_version(),
            "its file": version_of_file(),
            "loop": uvloop.run(main()),
        }
    )
)
