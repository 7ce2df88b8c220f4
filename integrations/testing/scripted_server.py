# SPDX-License-Identifier: Apache-2.0
"""A server that gives prepared answers, in their order. The answers are those that a node gave."""

from __future__ import annotations

import json
import ssl
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Mapping, Optional
from urllib.parse import parse_qsl, urlsplit


@dataclass
class Answer:
    """An answer.

    Attributes:
        body: JSON, or the bytes to send.
        cut: whether the connection ends after the body, although more was announced.
        silent: whether the connection stays open after the body, although more was announced, until the server closes.
    """

    status: int
    body: Any
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: bool = False
    silent: bool = False


@dataclass
class Received:
    method: str
    path: str
    query: list[tuple[str, str]]
    headers: Mapping[str, str]
    body: bytes


class ScriptedServer:
    def __init__(self, *answers: Answer, context: Optional[ssl.SSLContext] = None) -> None:
        self.requests: list[Received] = []
        self._answers = list(answers)
        self._lock = threading.Lock()
        self._closed = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _handle(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                parts = urlsplit(self.path)
                with outer._lock:
                    outer.requests.append(
                        Received(
                            self.command,
                            parts.path,
                            parse_qsl(parts.query),
                            {name.lower(): value for name, value in self.headers.items()},
                            self.rfile.read(length),
                        )
                    )
                    answer = outer._answers.pop(0) if len(outer._answers) > 1 else outer._answers[0]
                body = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body) + (100 if answer.cut or answer.silent else 0)))
                self.end_headers()
                self.wfile.write(body)
                if answer.silent:
                    self.wfile.flush()
                    outer._closed.wait()
                self.close_connection = True

            do_GET = _handle
            do_POST = _handle
            do_PUT = _handle

            def log_message(self, format: str, *arguments: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        if context is not None:
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._is_tls = context is not None
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    @property
    def url(self) -> str:
        return f"{'https' if self._is_tls else 'http'}://localhost:{self._server.server_address[1]}"

    def close(self) -> None:
        self._closed.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def problem(status: int, kind: str, detail: str, **more: Any) -> Any:
    return {"type": "urn:nightshift:problem:" + kind, "title": kind, "status": status, "detail": detail, **more}


def batch(state: str = "running", **more: Any) -> Any:
    return {
        "batch": "flights-20261124t231425-3f9a",
        "job": "flights",
        "model": "flights@1",
        "state": state,
        "submitted_at": "2026-11-24T23:14:25.123456789Z",
        "rows": 300000,
        "read": 50000,
        "predictions": 49999,
        "quarantined": 1,
        "bytes": 1000,
        "partitions": 12,
        "committed": 2,
        "incarnation": 1,
        "reason": None,
        "destination": None,
        "ledger": {"entries": 5, "head": "ab" * 32},
        "unseen_categories": {},
        "retryable": False,
        **more,
    }


def stream(*events: Any) -> Answer:
    """A stream of server-sent events that ends."""
    text = "retry: 2000\n\n" + "".join(
        event if isinstance(event, str) else f"event: progress\ndata: {json.dumps(event)}\n\n" for event in events
    )
    return Answer(200, text.encode(), {"Content-Type": "text/event-stream"})
