"""A venue on loopback: answers of its routes, and failures by script.

Each venue has a prefix (`/deribit/...`), so that one server stands for all. A route is a function
of the query; what it returns is answered as JSON. Failures are taken from a queue, one a request,
of those requests whose path they name.
"""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal
from urllib.parse import parse_qsl, urlsplit

Query = Mapping[str, str]
Route = Callable[[Query], Any]
Way = Literal["whole", "cut short", "reset", "late"]


@dataclass(frozen=True)
class Failure:
    """How a request fails, instead of being answered by its route.

    Attributes
    ----------
    path : part of the path of the requests that fail
    way : `cut short` says a longer body than it sends, `reset` breaks the connection, `late`
        answers only after a client has given up
    """

    path: str = ""
    way: Way = "whole"
    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = "application/json"
    times: int = 1


class ReplayServer:
    """The server; `requests` is what it was asked, in order."""

    def __init__(self, routes: Mapping[str, Route]) -> None:
        self.routes = dict(routes)
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.gate = threading.Event()
        self._failures: list[Failure] = []
        self._lock = threading.Lock()
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True  # the body would wait for the head's receipt

            def do_GET(self) -> None:
                server.answer(self)

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._http.server_port}"

    def fail(self, *failures: Failure) -> None:
        """Script the failures that come next."""
        with self._lock:
            self._failures += [each for each in failures for _ in range(each.times)]

    def forget(self) -> None:
        """Begin anew: no failures ahead, nothing asked."""
        with self._lock:
            self._failures, self.requests = [], []

    @property
    def failures_left(self) -> int:
        """How many failures nobody met."""
        return len(self._failures)

    def asked(self, path: str) -> list[dict[str, str]]:
        """The queries of the requests to a path."""
        return [query for own, query in self.requests if own.endswith(path)]

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        """Answer one request."""
        parts = urlsplit(handler.path)
        query = dict(parse_qsl(parts.query))
        failure = self._next(parts.path, query)
        if failure is not None:
            self._break(handler, failure)
            return
        route = self.routes.get(parts.path)
        if route is None:
            _send(handler, 404, json.dumps({"no route": handler.path}).encode(), {})
            return
        _send(handler, 200, json.dumps(route(query)).encode(), {})

    def _next(self, path: str, query: dict[str, str]) -> Failure | None:
        with self._lock:
            self.requests.append((path, query))
            for place, each in enumerate(self._failures):
                if each.path in path:
                    return self._failures.pop(place)
        return None

    def _break(self, handler: BaseHTTPRequestHandler, failure: Failure) -> None:
        handler.close_connection = True
        if failure.way == "reset":
            linger = struct.pack("ii", 1, 0)
            handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            handler.connection.close()
            return
        if failure.way == "late":
            self.gate.wait(5)
            return
        longer = 1000 if failure.way == "cut short" else 0
        headers = {**failure.headers, "Content-Type": failure.content_type, "Connection": "close"}
        _send(handler, failure.status, failure.body, headers, longer)

    def run(self) -> None:
        """Serve until it is stopped."""
        self._http.serve_forever(poll_interval=0.02)

    def stop(self) -> None:
        """Stop serving."""
        self.gate.set()
        self._http.shutdown()
        self._http.server_close()


def _send(
    handler: BaseHTTPRequestHandler,
    status: int,
    body: bytes,
    headers: Mapping[str, str],
    longer: int = 0,
) -> None:
    handler.send_response(status)
    for name, value in {"Content-Type": "application/json", **headers}.items():
        handler.send_header(name, value)
    handler.send_header("Content-Length", str(len(body) + longer))
    handler.end_headers()
    handler.wfile.write(body)
    handler.wfile.flush()


@contextmanager
def serving(routes: Mapping[str, Route]) -> Iterator[ReplayServer]:
    """Run a server in a thread of its own."""
    server = ReplayServer(routes)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.stop()
        thread.join(5)
