"""A web page for the index: fetched with care, for the address may come from anybody."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from contextlib import suppress
from urllib.parse import urljoin, urlsplit

import httpx

from index.errors import TanyaError

LARGEST = 5_000_000  # bytes
SECONDS = 20.0  # for everything together
REDIRECTS = 5


class FetchError(TanyaError):
    """An address that gave no page."""


async def fetch_page(url: str, *, private: bool = False) -> bytes:
    """The HTML at `url`, at most 5 MB; raises `FetchError`.

    Addresses inside a network (loopback, private ranges) are refused, also behind redirects,
    unless `private`: whoever can make the owner add a link must not reach the owner's machines.
    """
    try:
        async with asyncio.timeout(SECONDS), httpx.AsyncClient(trust_env=False) as client:
            for _ in range(REDIRECTS):
                if not private:
                    await _refuse_private(url)
                async with client.stream("GET", url, headers={"User-Agent": "tanya-berita"}) as response:
                    if response.is_redirect:
                        url = urljoin(url, response.headers["location"])
                        continue
                    return await _body(response)
    except TimeoutError:
        raise FetchError(f"got nothing within {SECONDS:.0f} seconds, expected a page; try again later") from None
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
        raise FetchError(f"got {type(error).__name__}, expected a page; check the address") from None
    raise FetchError(f"got more than {REDIRECTS} redirects, expected a page; check the address")


async def _body(response: httpx.Response) -> bytes:
    if response.status_code != httpx.codes.OK:
        raise FetchError(f"got status {response.status_code}, expected a page; check the address")
    kind = response.headers.get("content-type", "text/html").split(";")[0].strip()
    if kind not in ("text/html", "application/xhtml+xml"):
        raise FetchError(f"got {kind:.60}, expected a web page; add files with: tanya add")
    body = bytearray()
    async for part in response.aiter_bytes():
        body += part
        if len(body) > LARGEST:
            raise FetchError(f"got more than {LARGEST:,} bytes, expected an article; check the address")
    return bytes(body)


async def _refuse_private(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise FetchError(f"got {url[:60]!r}, expected an address that begins with http:// or https://")
    if not all(address.is_global for address in await _addresses(parts.hostname)):
        raise FetchError(f"got {parts.hostname}, an address inside a network; expected one on the public web")


async def _addresses(host: str) -> list[ipaddress.IPv4Address | ipaddress.IPv6Address]:
    with suppress(ValueError):
        return [ipaddress.ip_address(host)]
    found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return [ipaddress.ip_address(str(entry[4][0]).split("%")[0]) for entry in found]
