# test/wheels/pyopenssl-requests/main.py: requests over pyOpenSSL, also by a SOCKS5 proxy
import hashlib
import json
import os
import warnings

import chardet
import requests
import socks
from OpenSSL import SSL, crypto
from urllib3.contrib import pyopenssl

# requests has not heard of this chardet yet, and says so.
warnings.filterwarnings("ignore", module="requests")

AUTHORITY, STRANGER = os.environ["TEST_CA"], os.environ["TEST_STRANGER"]
PORT = int(os.environ["TEST_WEB_PORT"])
PROXY = os.environ["TEST_SOCKS"]
ROOT = f"https://localhost:{PORT}"


def open_session(**settings: object) -> requests.Session:
    """One that the environment tells nothing: REQUESTS_CA_BUNDLE would win over `verify`."""
    session = requests.Session()
    session.trust_env = False
    for name, value in settings.items():
        setattr(session, name, value)
    return session


def get(session: requests.Session, path: str, **options: object) -> requests.Response:
    response = session.get(f"{ROOT}{path}", timeout=20, **options)
    response.raise_for_status()
    return response


def refusal(**settings: object) -> str:
    """The name of the error that a request which must fail ends with."""
    try:
        with open_session(**settings) as session:
            get(session, "/facts")
    except requests.RequestException as error:
        return type(error).__name__
    return "none"


def web_facts() -> dict:
    with open_session(verify=AUTHORITY) as session:
        straight = get(session, "/facts").json()
        text = get(session, "/text")
        guess = chardet.detect(text.content)
        numbers = get(session, "/gzip").json()
        body = os.urandom(3_000_000)
        echo = session.post(f"{ROOT}/echo", data=body, timeout=20).json()
    with open_session(verify=AUTHORITY, proxies={"https": f"socks5h://{PROXY}"}) as session:
        proxied = get(session, "/facts").json()
        large = get(session, "/gzip").json()
    return {
        "straight": straight,
        "proxied": proxied,
        "encoding": guess["encoding"].lower(),
        "text": text.content.decode(guess["encoding"]),
        "sum": sum(numbers),
        "same": numbers == large,
        "echo": echo == {"length": len(body), "sha256": hashlib.sha256(body).hexdigest()},
    }


def refusals() -> dict:
    host = PROXY.rsplit("@", 1)[1]
    return {
        "stranger": refusal(verify=STRANGER),
        "certifi": refusal(),
        "password": refusal(verify=AUTHORITY, proxies={"https": f"socks5h://tester:wrong@{host}"}),
    }


def name_of(certificate: crypto.X509) -> str:
    return certificate.to_cryptography().subject.rfc4514_string()


def plain_pyopenssl() -> dict:
    """pyOpenSSL by itself, over a socket of PySocks."""
    login, host = PROXY.rsplit("@", 1)
    user, password = login.split(":")
    address, port = host.split(":")
    tunnel = socks.socksocket()
    tunnel.set_proxy(socks.SOCKS5, address, int(port), True, user, password)
    tunnel.connect(("localhost", PORT))
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    context.load_verify_locations(AUTHORITY)
    seen = []
    context.set_verify(
        SSL.VERIFY_PEER,
        lambda _connection, certificate, _error, depth, ok: (
            seen.append((depth, name_of(certificate))) or bool(ok)
        ),
    )
    connection = SSL.Connection(context, tunnel)
    connection.set_tlsext_host_name(b"localhost")
    connection.set_connect_state()
    connection.do_handshake()
    connection.sendall(b"GET /facts HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    answer = b""
    try:
        while chunk := connection.recv(65536):
            answer += chunk
    except SSL.ZeroReturnError:
        pass
    certificate = connection.get_peer_certificate()
    return {
        "status": answer.split(b"\r\n", 1)[0].decode(),
        "version": connection.get_protocol_version_name(),
        "cipher": connection.get_cipher_name(),
        "chain": sorted(set(seen)),
        "bits": certificate.get_pubkey().bits(),
    }


pyopenssl.inject_into_urllib3()
print(
    json.dumps(
        {
            "openssl": SSL.OpenSSL_version(SSL.OPENSSL_VERSION).decode(),
            "web": web_facts(),
            "refusals": refusals(),
            "pyopenssl": plain_pyopenssl(),
        }
    )
)
