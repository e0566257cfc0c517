"""A server on loopback that speaks as OpenAI or as Ollama, and does what its script says, faults included."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Scene = Callable[["Handler"], None]  # what happens to one request


class OpenAIWire:
    """Server-sent events, as OpenAI, vLLM and llama.cpp write them."""

    kind = "text/event-stream"

    def __init__(self, path: str) -> None:
        self._chat = path.endswith("/chat/completions")

    def line(self, data: Any) -> bytes:
        return f"data: {json.dumps(data, ensure_ascii=False)}\n\n".encode()

    def token(self, text: str, reason: str | None = None) -> bytes:
        said = {"delta": {"content": text}} if self._chat else {"text": text, "logprobs": None}
        return self._event([{"index": 0, "finish_reason": reason} | said])

    def end(self, reason: str) -> bytes:
        usage = {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}
        return self.token("", reason) + self._event([], usage=usage) + b"data: [DONE]\n\n"

    def error(self, code: int, message: str) -> bytes:
        return json.dumps({"error": {"message": message, "type": "x", "code": code}}).encode()

    def _event(self, choices: list[dict[str, Any]], **more: Any) -> bytes:
        kind = "chat.completion.chunk" if self._chat else "text_completion"
        return self.line({"id": "1", "object": kind, "created": 1, "model": "scripted", "choices": choices} | more)


class OllamaWire:
    """A line of JSON for each token of `/api/chat` or `/api/generate`; the last one is `done`."""

    kind = "application/x-ndjson"

    def __init__(self, path: str) -> None:
        self._chat = path == "/api/chat"

    def line(self, data: Any) -> bytes:
        return json.dumps(data, ensure_ascii=False).encode() + b"\n"

    def token(self, text: str, **more: Any) -> bytes:
        said = {"message": {"role": "assistant", "content": text}} if self._chat else {"response": text}
        return self.line({"model": "scripted", "created_at": "2026-03-04T03:00:00.5Z", **said, "done": False} | more)

    def thought(self, text: str) -> bytes:
        """What a reasoning model says to itself."""
        message = {"message": {"role": "assistant", "content": "", "thinking": text}}
        return self.token("", **(message if self._chat else {"thinking": text}))

    def end(self, reason: str) -> bytes:
        spent = {"total_duration": 5_000_000, "load_duration": 1_000_000, "eval_duration": 3_000_000}
        return self.token("", done=True, done_reason=reason, prompt_eval_count=100, eval_count=20, **spent)

    def error(self, code: int, message: str) -> bytes:  # noqa: ARG002  # Ollama says it in the status alone
        return json.dumps({"error": message}).encode()


class Handler(BaseHTTPRequestHandler):
    """One request: `token` and `end` write a stream as its `wire` does, the rest is the scene's."""

    protocol_version = "HTTP/1.1"
    server: ScriptedServer

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or "{}")
        self.server.requests.append({"path": self.path, "headers": dict(self.headers), "body": body})
        self.wire = OllamaWire(self.path) if self.path.startswith("/api/") else OpenAIWire(self.path)
        try:
            self.server.scene(self)
        except (BrokenPipeError, ConnectionResetError):
            self.server.dropped.set()  # the client has left
        self.close_connection = True

    do_GET = do_POST  # noqa: N815  # nothing is asked that way: it would be seen in `requests`

    def start(self, status: int = 200, kind: str = "") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind or self.wire.kind)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()

    def write(self, data: bytes) -> None:
        """One chunk of the body."""
        self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        self.wfile.flush()

    def token(self, text: str) -> None:
        self.write(self.wire.token(text))

    def end(self, reason: str = "stop") -> None:
        self.write(self.wire.end(reason))
        self.close_body()

    def close_body(self) -> None:
        self.wfile.write(b"0\r\n\r\n")

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
    def address(self) -> str:
        """The base URL of Ollama; OpenAI's is `url`."""
        return f"http://127.0.0.1:{self.server_port}"

    @property
    def url(self) -> str:
        return f"{self.address}/v1"

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
    to.close_body()


def dripping_bytes(to: Handler) -> None:
    """A byte now and then, never a whole event: no read ever times out."""
    to.start()
    while not to.server.over.wait(0.05):
        to.write(b"d")


def dripping_tokens(to: Handler) -> None:
    to.start()
    while not to.server.over.wait(0.05):
        to.token(" dan")


def status(code: int, message: str = "no. key=sk-secret-123456") -> Scene:
    def scene(to: Handler) -> None:
        to.start(code, "application/json")
        to.write(to.wire.error(code, message))
        to.close_body()

    return scene


def garbage(body: bytes) -> Scene:
    def scene(to: Handler) -> None:
        to.start()
        to.write(body)
        to.close_body()

    return scene


def other_json(*values: Any) -> Scene:
    """Well formed, but nothing that a reply consists of."""

    def scene(to: Handler) -> None:
        to.start()
        for value in values:
            to.write(to.wire.line(value))
        to.close_body()

    return scene


def breaks_off(error: Any) -> Scene:
    """An error in the middle of a reply, after its status was told."""

    def scene(to: Handler) -> None:
        to.start()
        to.token("Sebanyak 1.240 warga Demak")
        to.write(to.wire.line({"error": error}))
        to.close_body()

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
