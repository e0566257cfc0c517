"""Web pages for /tambah: fetched within bounds, never from inside the owner's network."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from bot.telegram import fetch
from bot.telegram.fetch import FetchError, fetch_page


class _Pages(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path.startswith("/to/"):
            self.send_response(302)
            self.send_header("Location", self.path.removeprefix("/to"))
            self.end_headers()
            return
        self.send_response(404 if self.path == "/none" else 200)
        self.send_header("Content-Type", "application/pdf" if self.path == "/pdf" else "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(b"<p>isi</p>" * (100 if self.path == "/big" else 1))

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Pages)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_page_is_fetched_also_behind_a_redirect(site: str):
    assert b"<p>isi</p>" == asyncio.run(fetch_page(f"{site}/to/page", private=True))


@pytest.mark.parametrize("path", ["/none", "/pdf", "/big", "/to/to/to/to/to/to/to/x"])
def test_what_is_no_article_is_refused_in_one_line(site: str, path: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(fetch, "LARGEST", 500)
    with pytest.raises(FetchError, match=r"^got .*expected"):
        asyncio.run(fetch_page(site + path, private=True))


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:9/", "http://[::1]/", "http://localhost/x", "http://10.0.0.1/", "http://169.254.169.254/"]
)
def test_addresses_inside_a_network_are_not_fetched(url: str):
    with pytest.raises(FetchError, match="inside a network"):
        asyncio.run(fetch_page(url))


@pytest.mark.parametrize("url", ["ftp://x.id/a", "http://", "file:///etc/passwd", "http://[x/"])
def test_what_is_no_address_is_told(url: str):
    with pytest.raises(FetchError, match=r"^got .*(expected|refused)"):
        asyncio.run(fetch_page(url))
