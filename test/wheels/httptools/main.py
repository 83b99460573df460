# test/wheels/httptools/main.py: llhttp and the URL parser; what they refuse
import json

import httptools
from httptools.parser import parser


class Collector:
    """Callbacks in the order in which they come."""

    def __init__(self) -> None:
        self.events: list = []

    def on_message_begin(self) -> None:
        self.events.append("begin")

    def on_url(self, url: bytes) -> None:
        self.events.append(["url", url.decode()])

    def on_header(self, name: bytes, value: bytes) -> None:
        self.events.append([name.decode(), value.decode()])

    def on_headers_complete(self) -> None:
        self.events.append("headers")

    def on_body(self, body: bytes) -> None:
        self.events.append(["body", body.decode()])

    def on_chunk_header(self) -> None:
        self.events.append("chunk")

    def on_message_complete(self) -> None:
        self.events.append("complete")

    def on_status(self, status: bytes) -> None:
        self.events.append(["status", status.decode()])


PIPELINE = (
    b"GET /a?b=c HTTP/1.1\r\nHost: x\r\nAccept: */*\r\n\r\n"
    b"POST /form HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello"
)
CHUNKED = (
    b"HTTP/1.1 200 Fine\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"5\r\nhello\r\n6;name=value\r\n world\r\n0\r\nTrailer: yes\r\n\r\n"
)


def feed(kind: type, data: bytes, size: int) -> tuple:
    collector = Collector()
    machine = kind(collector)
    for at in range(0, len(data), size):
        machine.feed_data(data[at : at + size])
    return collector.events, machine


def refusals() -> dict:
    found = {}
    attempts = {
        "no request": b"\x16\x03\x01\x02\x00\x01\x00",
        "method": b"GRAB / HTTP/1.1\r\n\r\n",
        "length": b"POST / HTTP/1.1\r\nContent-Length: 1x\r\n\r\n",
        "two lengths": b"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "space in a header": b"GET / HTTP/1.1\r\nHo st: x\r\n\r\n",
        "control character": b"GET / HTTP/1.1\r\nHost: \x01\r\n\r\n",
        "line feed alone": b"GET / HTTP/1.1\nHost: x\n\n",
    }
    for name, data in attempts.items():
        try:
            httptools.HttpRequestParser(Collector()).feed_data(data)
            found[name] = "taken"
        except httptools.HttpParserError as error:
            found[name] = f"{type(error).__name__}: {error}"
    return found


def urls() -> list:
    found = []
    for text in (b"http://user@host.test:8080/a/b?c=d#e", b"/only/path?x", b"https://[::1]:4/"):
        url = httptools.parse_url(text)
        parts = (url.schema, url.host, url.port, url.path, url.query, url.fragment, url.userinfo)
        found.append([part.decode() if isinstance(part, bytes) else part for part in parts])
    return found


requests, request = feed(httptools.HttpRequestParser, PIPELINE, len(PIPELINE))
answers, answer = feed(httptools.HttpResponseParser, CHUNKED, len(CHUNKED))
bytewise, _ = feed(httptools.HttpResponseParser, CHUNKED, 1)
print(
    json.dumps(
        {
            "requests": requests,
            "method": request.get_method().decode(),
            "keep alive": request.should_keep_alive(),
            "answer": answers,
            "status": answer.get_status_code(),
            "version": answer.get_http_version(),
            "bytewise": bytewise,
            "refused": refusals(),
            "urls": urls(),
            "native": parser.__file__.endswith(".so"),
        }
    )
)
