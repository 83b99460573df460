# examples/flask-service/service.py: a Flask application that serves until a request came.
"""Answers one request on 127.0.0.1:PORT, then ends."""

import logging
import os
import sys

from flask import Flask, jsonify
from werkzeug.serving import make_server

app = Flask(__name__)


@app.get("/hello/<name>")
def hello(name: str):
    return jsonify(greeting=f"Hello, {name}", served_from=os.path.basename(__file__))


def main() -> int:
    port = int(os.environ["PORT"])
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server("127.0.0.1", port, app)
    print(f"serving http://127.0.0.1:{port}/hello/NAME", flush=True)
    server.handle_request()
    print("a request came: done")
    return 0


if __name__ == "__main__":
    sys.exit(main())
