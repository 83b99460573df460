# test/wheels/curl-cffi/main.py: libcurl with its own TLS, nghttp2 and brotli to a real server
import asyncio
import hashlib
import json
import os

from curl_cffi import Curl, CurlInfo, CurlOpt, requests
from curl_cffi.requests.exceptions import RequestException

AUTHORITY, STRANGER = os.environ["TEST_CA"], os.environ["TEST_STRANGER"]
ROOT = f"https://localhost:{os.environ['TEST_WEB_PORT']}"


def web_facts() -> dict:
    body = os.urandom(2_000_000)
    with requests.Session(verify=AUTHORITY) as session:
        facts = session.get(f"{ROOT}/facts").json()
        brotli = session.get(f"{ROOT}/br", headers={"Accept-Encoding": "br"})
        gzip = session.get(f"{ROOT}/gzip", headers={"Accept-Encoding": "gzip"})
        echo = session.post(f"{ROOT}/echo", data=body).json()
        old = session.get(f"{ROOT}/facts", http_version="v1").json()
        browser = session.get(f"{ROOT}/facts", impersonate="chrome").json()
    return {
        "http 2": facts,
        "http 1": old,
        "as a browser": browser,
        "encodings": [brotli.headers["content-encoding"], gzip.headers["content-encoding"]],
        "sums": [sum(brotli.json()), sum(gzip.json())],
        "echo": echo == {"length": len(body), "sha256": hashlib.sha256(body).hexdigest()},
    }


async def many() -> list:
    """Streams of one connection, by curl's multi interface."""
    async with requests.AsyncSession(verify=AUTHORITY) as session:
        answers = await asyncio.gather(*(session.get(f"{ROOT}/br") for _ in range(40)))
    return sorted({sum(answer.json()) for answer in answers})


def low_level() -> list:
    chunks = []
    curl = Curl()
    curl.setopt(CurlOpt.URL, f"{ROOT}/facts".encode())
    curl.setopt(CurlOpt.CAINFO, AUTHORITY.encode())
    curl.setopt(CurlOpt.WRITEFUNCTION, lambda data: chunks.append(bytes(data)) or len(data))
    curl.perform()
    facts = [curl.getinfo(CurlInfo.RESPONSE_CODE), curl.getinfo(CurlInfo.HTTP_VERSION)]
    curl.close()
    return [*facts, json.loads(b"".join(chunks))["http"]]


def refusal(**options: object) -> str:
    try:
        requests.get(f"{ROOT}/facts", **options)
    except RequestException as error:
        return f"{type(error).__name__} {int(error.code)}"
    return "none"


# The text names every library that curl was built with, and its version as the library tells it.
version = Curl().version().decode()
assert "BoringSSL" in version and "nghttp2" in version and "brotli" in version, version
print(
    json.dumps(
        {
            "version": version,
            "web": web_facts(),
            "many": asyncio.run(many()),
            "curl": low_level(),
            "refused": refusal(verify=STRANGER),
        }
    )
)
