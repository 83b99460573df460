# examples/python-web/serve.py: http.server serving files that lie in the bundle.
"""Serves the bundle's folder web/ on 127.0.0.1:PORT until its page says that it is complete."""

import functools
import http.server
import os
import pathlib
import sys

WEB = pathlib.Path(__file__).parent / "web"


class Handler(http.server.SimpleHTTPRequestHandler):
    def do_POST(self) -> None:
        self.send_response(204)
        self.end_headers()
        if self.path == "/complete":
            self.server.shutdown()  # each request has a thread of its own

    def log_message(self, *_: object) -> None:
        pass


def main() -> int:
    port = int(os.environ["PORT"])
    handler = functools.partial(Handler, directory=str(WEB))
    with http.server.ThreadingHTTPServer(("127.0.0.1", port), handler) as server:
        print(f"serving {WEB.name}/ on http://127.0.0.1:{port}/", flush=True)
        server.serve_forever()
    print("the page is complete: done")
    return 0


if __name__ == "__main__":
    sys.exit(main())
