# test/wheels/psycopg2/main.py: libpq and its OpenSSL against PostgreSQL; its ClientHello
import ctypes
import importlib.metadata
import io
import json
import os
import socket
import struct
import threading

import psycopg2
import psycopg2.extensions
import psycopg2.extras

CONNECTION = {
    "host": "localhost",
    "port": os.environ["TEST_PG_PORT"],
    "user": os.environ["TEST_PG_USER"],
    "password": os.environ["TEST_PG_PASSWORD"],
    "dbname": "postgres",
    "sslmode": "verify-full",
    "sslrootcert": os.environ["TEST_CA"],
}
#: Extensions whose content is a list of two-byte numbers behind a length of two bytes.
LISTS = {10: "groups", 13: "signature algorithms"}


def versions() -> dict:
    """Asked of the very libraries that the wheel carries, by their paths."""
    files = importlib.metadata.files("psycopg2-binary")

    def library(name: str) -> ctypes.CDLL:
        (file,) = (file for file in files if file.name.startswith(f"{name}-"))
        return ctypes.CDLL(str(file.locate()))

    text = library("libcrypto").OpenSSL_version
    text.restype, text.argtypes = ctypes.c_char_p, [ctypes.c_int]
    return {
        "openssl": text(0).decode(),
        "libpq": psycopg2.extensions.libpq_version(),
        "libpq asked by itself": library("libpq").PQlibVersion(),
    }


def client_hello() -> dict:
    """What libpq sends to a server that only listens."""
    listener = socket.create_server(("127.0.0.1", 0))
    records = []

    def listen() -> None:
        connection, _ = listener.accept()
        with connection:
            assert connection.recv(8) == struct.pack("!ii", 8, 80877103)  # SSLRequest
            connection.sendall(b"S")
            stream = connection.makefile("rb")
            header = stream.read(5)
            records.append(header + stream.read(int.from_bytes(header[3:])))

    thread = threading.Thread(target=listen)
    thread.start()
    address = {"host": "localhost", "hostaddr": "127.0.0.1", "port": listener.getsockname()[1]}
    try:
        psycopg2.connect(**(CONNECTION | address))
    except psycopg2.OperationalError:
        pass
    thread.join()
    listener.close()
    return parse_hello(records[0])


def parse_hello(record: bytes) -> dict:
    """All of the ClientHello but random bytes, session and keys. RFC 8446, 4.1.2."""
    stream = io.BytesIO(record)

    def number(size: int) -> int:
        return int.from_bytes(stream.read(size))

    def numbers(data: bytes) -> list:
        return [int.from_bytes(data[i : i + 2]) for i in range(0, len(data), 2)]

    assert number(1) == 22
    record_version, _, kind = number(2), number(2), number(1)
    assert kind == 1
    number(3)
    version = number(2)
    stream.read(32)
    session = len(stream.read(number(1)))
    ciphers = numbers(stream.read(number(2)))
    compressions = list(stream.read(number(1)))
    end = number(2) + stream.tell()
    extensions = []
    while stream.tell() < end:
        kind, content = number(2), stream.read(number(2))
        extension = {"type": kind, "length": len(content)}
        if kind in LISTS:
            extension[LISTS[kind]] = numbers(content[2:])
        elif kind == 43:
            extension["versions"] = numbers(content[1:])
        elif kind == 51:
            extension["key shares"] = shares = []
            at = 2
            while at < len(content):
                group, size = struct.unpack_from("!HH", content, at)
                shares.append([group, size])
                at += 4 + size
        elif kind == 0:
            extension["name"] = content[5:].decode()
        extensions.append(extension)
    return {
        "length": len(record),
        "versions": [record_version, version],
        "session": session,
        "ciphers": ciphers,
        "compressions": compressions,
        "extensions": extensions,
    }


def query_facts() -> dict:
    facts = {}
    with psycopg2.connect(**CONNECTION) as connection:
        names = ("library", "protocol", "cipher", "key_bits", "compression")
        facts["tls"] = {name: connection.info.ssl_attribute(name) for name in names}
        cursor = connection.cursor()
        cursor.execute("CREATE TEMPORARY TABLE t (id int, name text, data bytea, tags text[])")
        rows = [(i, f"name {i}", bytes([i]) * i, [f"t{i}", "x"]) for i in range(200)]
        psycopg2.extras.execute_values(cursor, "INSERT INTO t VALUES %s", rows)
        cursor.execute("SELECT count(*), sum(length(data)) FROM t WHERE 'x' = ANY (tags)")
        facts["sums"] = [int(value) for value in cursor.fetchone()]
        cursor.execute("SELECT * FROM t WHERE id = 77")
        number, name, data, tags = cursor.fetchone()
        facts["row"] = [number, name, bytes(data).hex(), tags]
        out = io.StringIO()
        cursor.copy_expert("COPY (SELECT id, name FROM t ORDER BY id) TO STDOUT", out)
        facts["copy"] = len(out.getvalue())
        # A large answer: several records of TLS.
        cursor.execute("SELECT string_agg(md5(i::text), '') FROM generate_series(1, 100000) i")
        facts["large"] = len(cursor.fetchone()[0])
        cursor.execute("SELECT '{\"a\": [1, 2]}'::jsonb, 1.5::numeric, DATE '2026-11-21'")
        facts["types"] = [str(value) for value in cursor.fetchone()]
        with connection.cursor("on_the_server") as rows_of_server:
            rows_of_server.itersize = 50
            rows_of_server.execute("SELECT id FROM t")
            facts["server cursor"] = sum(number for (number,) in rows_of_server)
        try:
            cursor.execute("SELECT 1 / 0")
        except psycopg2.errors.DivisionByZero as error:
            facts["error"] = error.pgcode
    connection.close()
    return facts


def refusals() -> dict:
    """What must not connect: an authority that signed nothing, another password, no TLS."""
    wrong = {
        "stranger": {"sslrootcert": os.environ["TEST_STRANGER"]},
        "name": {"host": "another.name", "hostaddr": "127.0.0.1"},
        "password": {"password": "wrong"},
        "no TLS": {"sslmode": "disable"},
    }
    found = {}
    for name, change in wrong.items():
        try:
            psycopg2.connect(**(CONNECTION | change)).close()
            found[name] = "connected"
        except psycopg2.OperationalError as error:
            found[name] = str(error).rsplit("FATAL:", 1)[-1].rsplit("failed: ", 1)[-1].strip()
    return found


print(
    json.dumps(
        {
            "versions": versions(),
            "hello": client_hello(),
            "queries": query_facts(),
            "refusals": refusals(),
        }
    )
)
