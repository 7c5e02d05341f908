"""Requests to addresses that a client wrote: to the public internet only, by https, and nowhere else.

What a client may name, an attacker may name: without this a web hook reads the operator's own network from inside
(server-side request forgery, CWE-918). The name is resolved first and the request goes to the very address that was
looked at, so that a name which answers twice differently (DNS rebinding) gains nothing.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from store.base.errors import BadInput, Unavailable

Resolve = Callable[[str, int], Sequence[str]]
"""(host, port) → its addresses. Raises OSError."""


class OutwardRefused(BadInput):
    """The address is none that a client may have us ask."""

    code = "outward_refused"


class OutwardFailed(Unavailable):
    """The address did not take the request."""

    code = "outward_failed"


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a request goes: `url` by the address that was looked at, `host` and `name` as the client wrote them."""

    url: str
    host: str
    """For the Host header, with the port if one was written."""
    name: str
    """For the certificate."""


def shaped(url: str) -> SplitResult:
    """The parts of a URL that some operator may allow; slots may stand behind its host. Raises OutwardRefused."""
    try:
        parts = urlsplit(url)
        _ = parts.port  # a port that is no number is found here
    except ValueError as error:
        raise OutwardRefused(f"{url}: {error}", hint="write https://host/path") from error
    host = parts.hostname or ""
    if not host or set("{}") & set(parts.netloc):
        raise OutwardRefused(
            f"{url}: the host must be written out", hint="slots may stand in the path, not in the host"
        )
    if parts.username is not None or parts.password is not None:
        raise OutwardRefused(f"{url}: holds a user or a password", hint="requests are signed instead; see the secret")
    if parts.scheme not in ("http", "https"):
        raise OutwardRefused(f"{url}: is not https", hint="write https://host/path")
    return parts


def checked(url: str, allowed: Sequence[str] = ()) -> SplitResult:
    """The parts of a URL that may be asked, before any name is resolved. Raises OutwardRefused.

    `allowed`: the operator's exceptions, "host:port" or "host:*", which may be private, on another port, without TLS.
    """
    parts = shaped(url)
    if not _excepted(parts, allowed) and (parts.scheme != "https" or parts.port not in (None, 443)):
        raise OutwardRefused(f"{url}: must be https on port 443", hint="the operator may allow others: outward.allowed")
    return parts


def _excepted(parts: SplitResult, allowed: Sequence[str]) -> bool:
    return f"{parts.hostname}:{parts.port or _port(parts)}" in allowed or f"{parts.hostname}:*" in allowed


def destination(url: str, allowed: Sequence[str] = (), *, resolve: Resolve | None = None) -> Destination:
    """Where a request to `url` goes. Resolves the name, which blocks. Raises OutwardRefused, OutwardFailed."""
    parts = checked(url, allowed)
    host, port = str(parts.hostname), parts.port or _port(parts)
    try:
        addresses = (resolve or _resolved)(host, port)
    except OSError as error:
        raise OutwardFailed(f"{host} cannot be resolved") from error
    if not addresses:
        raise OutwardFailed(f"{host} has no address")
    if not _excepted(parts, allowed) and not all(is_public(address) for address in addresses):
        raise OutwardRefused(f"{url}: leads into a private network", hint="the operator may allow it: outward.allowed")
    address = addresses[0]
    inside = f"[{address}]" if ":" in address else address
    return Destination(parts._replace(netloc=f"{inside}:{port}").geturl(), parts.netloc, host)


def is_public(address: str) -> bool:
    """A unicast address of the public internet, also inside the forms that carry an IPv4 address in an IPv6 one."""
    found = ipaddress.ip_address(address.split("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        carried = found.ipv4_mapped or found.sixtofour or (found.teredo or (None, None))[1]
        if carried is not None:
            return is_public(str(carried))
        if found in _NAT64:
            return is_public(str(ipaddress.IPv4Address(found.packed[-4:])))
        if found not in _UNICAST:
            return False
    return found.is_global and not found.is_multicast


_UNICAST = ipaddress.ip_network("2000::/3")
"""All that is given out of IPv6 (RFC 4291, IANA): not the site-local fec0::/10, nor the old ::127.0.0.1."""
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
"""RFC 6052: an IPv4 address in its last four bytes."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered. `headers`: by their small names."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def post(
    url: str, body: bytes, headers: Mapping[str, str], *, seconds: float, allowed: Sequence[str] = (),
    resolve: Resolve | None = None,
) -> int:  # fmt: skip
    """POST `body`, follow nothing, read nothing back: the status. Raises OutwardRefused, OutwardFailed."""
    given = {"Content-Type": "application/json", **headers}
    return send(url, body, given, seconds=seconds, most=0, allowed=allowed, resolve=resolve).status


def ask(
    method: str, url: str, body: bytes, headers: Mapping[str, str], *, seconds: float, most: int,
    allowed: Sequence[str] = (), resolve: Resolve | None = None,
) -> Answer:  # fmt: skip
    """Ask, follow nothing, read at most `most` bytes, all within `seconds`. Raises OutwardRefused, OutwardFailed (also
    for a longer body, or one that is packed: a small one may unpack to anything)."""
    to = destination(url, allowed, resolve=resolve)
    answer = _within(_Request(method, body, headers, seconds, most + 1), to)
    if len(answer.body) > most:
        raise OutwardFailed(f"{to.name} answered more than {most} bytes", retryable=False)
    if _packed(answer.headers):
        raise OutwardFailed(f"{to.name} answered packed bytes, which it was told not to", retryable=False)
    return answer


def send(
    url: str, body: bytes, headers: Mapping[str, str], *, seconds: float, most: int, allowed: Sequence[str] = (),
    resolve: Resolve | None = None, method: str = "POST",
) -> Answer:  # fmt: skip
    """Send `body`, follow nothing: the whole of it, reading too, in `seconds`; of an answer the first `most` bytes are
    read, as they came. A receiver that dawdles holds nobody up. Raises OutwardRefused, OutwardFailed."""
    return _within(_Request(method, body, headers, seconds, most), destination(url, allowed, resolve=resolve))


@dataclass(frozen=True, slots=True)
class _Request:
    method: str
    body: bytes
    headers: Mapping[str, str]
    seconds: float
    most: int


def _within(request: _Request, to: Destination) -> Answer:
    import httpx

    try:
        return asyncio.run(_sent(request, to))
    except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
        # its words would tell a closed port from an open one
        raise OutwardFailed(f"{to.name} did not take the request") from error


_STEP = 0.9
"""Of the whole time, for each step of it: whom the library gives up on, it closes; whom we cut off, it would not."""


async def _sent(request: _Request, to: Destination) -> Answer:
    import httpx

    given = {"Accept-Encoding": "identity", **request.headers, "Host": to.host}
    async with (
        httpx.AsyncClient(timeout=request.seconds * _STEP, trust_env=False, follow_redirects=False) as client,
        asyncio.timeout(request.seconds),
        client.stream(
            request.method, to.url, content=request.body or None, headers=given, extensions={"sni_hostname": to.name}
        ) as got,
    ):
        headers, read = {key.lower(): value for key, value in got.headers.items()}, bytearray()
        if request.most and not _packed(headers):
            async for piece in got.aiter_raw(request.most):  # as it came: nothing of a client's is unpacked here
                read += piece
                if len(read) >= request.most:
                    break
        return Answer(got.status_code, headers, bytes(read[: request.most]))


def _packed(headers: Mapping[str, str]) -> bool:
    return headers.get("content-encoding", "identity").strip().lower() not in ("", "identity")


def _port(parts: SplitResult) -> int:
    return 443 if parts.scheme == "https" else 80


def _resolved(host: str, port: int) -> Sequence[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in found]
