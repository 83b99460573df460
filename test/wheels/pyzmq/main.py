# test/wheels/pyzmq/main.py: libzmq: request, publish, pipelines, CURVE
import hashlib
import json
import random
import threading

import zmq

WORKERS = 4
TASKS = 400


def pipeline(context: zmq.Context) -> dict:
    """A ventilator, workers in threads, and a sink, over TCP."""
    vent, sink = context.socket(zmq.PUSH), context.socket(zmq.PULL)
    ports = [socket.bind_to_random_port("tcp://127.0.0.1") for socket in (vent, sink)]

    def work() -> None:
        source, result = context.socket(zmq.PULL), context.socket(zmq.PUSH)
        source.connect(f"tcp://127.0.0.1:{ports[0]}")
        result.connect(f"tcp://127.0.0.1:{ports[1]}")
        while task := source.recv():
            result.send(hashlib.sha256(task).digest())
        source.close()
        result.close(linger=5000)

    threads = [threading.Thread(target=work) for _ in range(WORKERS)]
    for thread in threads:
        thread.start()
    tasks = [random.Random(i).randbytes(i * 50 + 1) for i in range(TASKS)]
    for task in tasks:
        vent.send(task)
    sink.RCVTIMEO = 30_000
    results = sorted(sink.recv() for _ in range(TASKS))
    # Each worker ends at an empty message, and PUSH deals them out in turn.
    while any(thread.is_alive() for thread in threads):
        try:
            vent.send(b"", zmq.NOBLOCK)
        except zmq.Again:
            pass
        for thread in threads:
            thread.join(0.01)
    vent.close(linger=0)
    sink.close(linger=0)
    right = results == sorted(hashlib.sha256(task).digest() for task in tasks)
    return {"results": len(results), "right": right}


def encrypted(context: zmq.Context) -> list:
    """REQ and REP under CURVE: the keys are libsodium's or tweetnacl's work."""
    server_public, server_secret = zmq.curve_keypair()
    client_public, client_secret = zmq.curve_keypair()
    server = context.socket(zmq.REP)
    server.curve_secretkey, server.curve_publickey = server_secret, server_public
    server.curve_server = True
    port = server.bind_to_random_port("tcp://127.0.0.1")
    client = context.socket(zmq.REQ)
    client.curve_secretkey, client.curve_publickey = client_secret, client_public
    client.curve_serverkey = server_public
    client.connect(f"tcp://127.0.0.1:{port}")
    client.RCVTIMEO = server.RCVTIMEO = 30_000
    client.send_multipart([b"one", b"two" * 100_000])
    parts = server.recv_multipart()
    server.send_json({"lengths": [len(part) for part in parts]})
    answer = client.recv_json()
    for socket in (client, server):
        socket.close(linger=0)
    same = zmq.curve_public(server_secret) == server_public
    return [answer, same]


def published(context: zmq.Context) -> list:
    publisher, subscriber = context.socket(zmq.XPUB), context.socket(zmq.SUB)
    publisher.bind("inproc://topics")
    subscriber.connect("inproc://topics")
    subscriber.subscribe(b"odd")
    publisher.RCVTIMEO = subscriber.RCVTIMEO = 30_000
    topic = publisher.recv()
    for i in range(10):
        publisher.send_multipart([b"odd" if i % 2 else b"even", str(i).encode()])
    numbers = [int(subscriber.recv_multipart()[1]) for _ in range(5)]
    for socket in (publisher, subscriber):
        socket.close(linger=0)
    return [topic.hex(), numbers]


with zmq.Context() as context:
    facts = {
        "libzmq": zmq.zmq_version(),
        "has": {name: zmq.has(name) for name in ("ipc", "curve", "draft", "norm")},
        "pipeline": pipeline(context),
        "curve": encrypted(context),
        "published": published(context),
    }
print(json.dumps(facts))
