"""Files over HTTP, resumed where they were cut (RFC 9110 §14: Range, 206, 416)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import httpx

Advance = Callable[[int], None]
TIMEOUT = httpx.Timeout(30.0, connect=4.0)
CUTS = 5
"""Cuts forgiven in a row without a byte gained."""


class SourceFailed(Exception):
    """One source did not give the file; the next may."""


class Fetcher:
    """Downloads for one run. A host that cannot be reached is asked once, then left alone."""

    def __init__(self) -> None:
        self._client = httpx.Client(timeout=TIMEOUT, follow_redirects=True)
        self._down: dict[str, str] = {}

    def close(self) -> None:
        self._client.close()

    def fetch(self, url: str, target: Path, size: int, advance: Advance) -> None:
        """Bring `url` into `target`, going on from the bytes it already holds. Raises SourceFailed."""
        host = urlsplit(url).netloc
        if host in self._down:
            raise SourceFailed(self._down[host])
        advance(_held(target))
        cuts = 0
        while _held(target) < size:
            before = _held(target)
            try:
                self._once(url, target, size, advance)
            except (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError) as error:
                if not before:
                    self._down[host] = f"{host} cannot be reached ({error or type(error).__name__})"
                raise SourceFailed(self._down.get(host, f"{host}: {error}")) from error
            except httpx.TransportError as error:
                cuts = 0 if _held(target) > before else cuts + 1
                if cuts >= CUTS:
                    raise SourceFailed(f"{host}: cut {CUTS} times ({error})") from error
                continue
            if _held(target) < size:
                raise SourceFailed(f"{url} is shorter than {size} bytes")

    def _once(self, url: str, target: Path, size: int, advance: Advance) -> None:
        start = _held(target)
        headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={start}-"} if start else {})
        with self._client.stream("GET", url, headers=headers) as answer:
            if answer.status_code == 416:
                target.unlink()
                raise httpx.ReadError("the part held is longer than the file")
            if answer.status_code not in (200, 206):
                raise SourceFailed(f"{url}: HTTP {answer.status_code}")
            goes_on = answer.status_code == 206 and _starts_at(answer, start)
            if start and not goes_on:
                advance(-start)
            with target.open("ab" if goes_on else "wb") as out:
                for block in answer.iter_bytes():  # as they come, so that a cut loses none
                    if out.tell() + len(block) > size:
                        target.unlink()
                        raise SourceFailed(f"{url} is longer than {size} bytes")
                    out.write(block)
                    advance(len(block))


def _held(target: Path) -> int:
    return target.stat().st_size if target.exists() else 0


def _starts_at(answer: httpx.Response, start: int) -> bool:
    return answer.headers.get("Content-Range", "").startswith(f"bytes {start}-")
