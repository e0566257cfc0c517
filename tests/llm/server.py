"""An OpenAI-compatible server on loopback that does what its script says, faults included."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Scene = Callable[["Handler"], None]  # what happens to one request


class Handler(BaseHTTPRequestHandler):
    """One request: `event` and `end` write a stream, the rest is the scene's."""

    protocol_version = "HTTP/1.1"
    server: ScriptedServer

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.requests.append({"path": self.path, "headers": dict(self.headers), "body": body})
        self.chat = self.path.endswith("/chat/completions")
        try:
            self.server.scene(self)
        except (BrokenPipeError, ConnectionResetError):
            self.server.dropped.set()  # the client has left
        self.close_connection = True

    def start(self, status: int = 200, kind: str = "text/event-stream") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()

    def write(self, data: bytes) -> None:
        """One chunk of the body."""
        self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        self.wfile.flush()

    def token(self, text: str) -> None:
        self.event([{"index": 0, "finish_reason": None} | self._said(text)])

    def event(self, choices: list[dict[str, Any]], **more: Any) -> None:
        kind = "chat.completion.chunk" if self.chat else "text_completion"
        data = {"id": "1", "object": kind, "created": 1, "model": "scripted", "choices": choices} | more
        self.write(f"data: {json.dumps(data, ensure_ascii=False)}\n\n".encode())

    def end(self, reason: str = "stop", usage: bool = True) -> None:
        self.event([{"index": 0, "finish_reason": reason} | self._said("")])
        if usage:
            self.event([], usage={"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120})
        self.write(b"data: [DONE]\n\n")
        self.wfile.write(b"0\r\n\r\n")

    def _said(self, text: str) -> dict[str, Any]:
        return {"delta": {"content": text}} if self.chat else {"text": text, "logprobs": None}

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: a test's output is its own."""


class ScriptedServer(ThreadingHTTPServer):
    """Plays `scene` for each request and remembers what was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.scene: Scene = says("")
        self.requests: list[dict[str, Any]] = []
        self.dropped = threading.Event()  # set once a client left in the middle of a reply
        self.over = threading.Event()  # set when the test is over: nobody hangs on
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"

    def handle_error(self, *_: object) -> None:
        """Nothing: clients that leave are part of the play."""

    def close(self) -> None:
        self.over.set()
        self.shutdown()
        self.server_close()


def says(text: str, reason: str = "stop") -> Scene:
    """A whole reply, word by word."""

    def scene(to: Handler) -> None:
        to.start()
        for word in _words(text):
            to.token(word)
        to.end(reason)

    return scene


def _words(text: str) -> Iterator[str]:
    for n, word in enumerate(text.split(" ")):
        yield f" {word}" if n else word


def slow_first_token(to: Handler) -> None:
    to.start()
    to.server.over.wait(30)


def hang(to: Handler) -> None:
    """Not even a status line."""
    to.server.over.wait(30)


def cut_stream(to: Handler) -> None:
    """The connection breaks in the middle of a chunk."""
    to.start()
    to.token("Sebanyak 1.240 warga Demak")
    to.wfile.write(b"ff\r\ndata: {")
    to.wfile.flush()


def ends_early(to: Handler) -> None:
    """A proper end of the body, but no finish reason."""
    to.start()
    to.token("Sebanyak 1.240 warga Demak")
    to.wfile.write(b"0\r\n\r\n")


def dripping_bytes(to: Handler) -> None:
    """A byte now and then, never a whole event: no read ever times out."""
    to.start()
    while not to.server.over.wait(0.05):
        to.write(b"d")


def dripping_tokens(to: Handler) -> None:
    to.start()
    while not to.server.over.wait(0.05):
        to.token(" dan")


def status(code: int) -> Scene:
    def scene(to: Handler) -> None:
        to.start(code, "application/json")
        to.write(json.dumps({"error": {"message": "no. key=sk-secret-123456", "type": "x", "code": code}}).encode())
        to.wfile.write(b"0\r\n\r\n")

    return scene


def garbage(body: bytes) -> Scene:
    def scene(to: Handler) -> None:
        to.start()
        to.write(body)
        to.wfile.write(b"0\r\n\r\n")

    return scene


def endless_repetition(to: Handler) -> None:
    """10,000 tokens of the same, whatever max_tokens said."""
    to.start()
    for _ in range(10_000):
        to.token("Banjir Demak. ")
    to.end("length")


def delayed(seconds: float, scene: Scene) -> Scene:
    def later(to: Handler) -> None:
        time.sleep(seconds)
        scene(to)

    return later
