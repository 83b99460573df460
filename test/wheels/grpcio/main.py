# test/wheels/grpcio/main.py: RPC on loopback, plain and over BoringSSL, streams, errors
import json
import os
from concurrent import futures

import grpc
from grpc._cython import cygrpc

SERVICE = "test.Wheels"


def reverse(request: bytes, context: grpc.ServicerContext) -> bytes:
    metadata = dict(context.invocation_metadata())
    context.set_trailing_metadata([("seen", metadata.get("word", "none"))])
    return request[::-1]


def count(request: bytes, context: grpc.ServicerContext):
    for i in range(int(request)):
        yield str(i).encode()


def add(requests, context: grpc.ServicerContext) -> bytes:
    return str(sum(int(request) for request in requests)).encode()


def refuse(request: bytes, context: grpc.ServicerContext) -> bytes:
    context.abort(grpc.StatusCode.FAILED_PRECONDITION, "not today")


def start_server(credentials: grpc.ServerCredentials | None) -> tuple:
    server = grpc.server(futures.ThreadPoolExecutor(8))
    handlers = {
        "Reverse": grpc.unary_unary_rpc_method_handler(reverse),
        "Count": grpc.unary_stream_rpc_method_handler(count),
        "Add": grpc.stream_unary_rpc_method_handler(add),
        "Refuse": grpc.unary_unary_rpc_method_handler(refuse),
    }
    server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler(SERVICE, handlers)])
    if credentials is None:
        port = server.add_insecure_port("127.0.0.1:0")
    else:
        port = server.add_secure_port("127.0.0.1:0", credentials)
    server.start()
    return server, port


def call(channel: grpc.Channel) -> dict:
    method = f"/{SERVICE}/"
    answers = [
        channel.unary_unary(f"{method}Reverse").future(f"request {i}".encode(), timeout=30)
        for i in range(200)
    ]
    right = sum(a.result() == f"request {i}".encode()[::-1] for i, a in enumerate(answers))
    large = os.urandom(3_000_000)
    back, seen = channel.unary_unary(f"{method}Reverse").with_call(
        large, timeout=30, metadata=[("word", "mellon")], compression=grpc.Compression.Gzip
    )
    try:
        channel.unary_unary(f"{method}Refuse")(b"", timeout=30)
        error = None
    except grpc.RpcError as refused:
        error = [refused.code().name, refused.details()]
    counted = channel.unary_stream(f"{method}Count")(b"1000", timeout=30)
    return {
        "right": right,
        "large": back == large[::-1],
        "seen": dict(seen.trailing_metadata())["seen"],
        "error": error,
        "counted": sum(int(number) for number in counted),
        "added": int(channel.stream_unary(f"{method}Add")(iter([b"1", b"20", b"300"]), timeout=30)),
    }


def plain() -> dict:
    server, port = start_server(None)
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        facts = call(channel)
    server.stop(None).wait()
    return facts


def secure() -> dict:
    def read(name: str) -> bytes:
        with open(os.environ[name], "rb") as file:
            return file.read()

    pair = (read("TEST_KEY"), read("TEST_CERTIFICATE"))
    server, port = start_server(grpc.ssl_server_credentials([pair]))
    with grpc.secure_channel(
        f"localhost:{port}", grpc.ssl_channel_credentials(read("TEST_CA"))
    ) as channel:
        facts = call(channel)
    stranger = grpc.ssl_channel_credentials(read("TEST_STRANGER"))
    with grpc.secure_channel(f"localhost:{port}", stranger) as channel:
        try:
            channel.unary_unary(f"/{SERVICE}/Reverse")(b"x", timeout=30)
            facts["stranger"] = "connected"
        except grpc.RpcError as error:
            facts["stranger"] = error.code().name
    server.stop(None).wait()
    return facts


core = cygrpc._GRPC_VERSION if hasattr(cygrpc, "_GRPC_VERSION") else grpc.__version__
print(json.dumps({"version": core, "plain": plain(), "secure": secure()}))
