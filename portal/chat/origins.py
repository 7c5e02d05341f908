"""Origins: the sites on which a client shows its agent, compared to the letter with what browsers send. Pure.

An origin is a scheme, a host and a port (RFC 6454). No pattern, no subdomain, no path: what is not written is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from urllib.parse import urlsplit

from store.base.errors import BadInput

MOST = 10
"""Origins of one widget."""
_LONGEST = 200
_HOST = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)(\.(?!-)[a-z0-9-]{1,63}(?<!-))*")
_HERE = ("localhost", "127.0.0.1")
"""Where a page may be tried without TLS: no other machine sends it."""


def origin(text: str) -> str:
    """An origin as browsers write it. Raises BadInput (`origin_wrong`): no https, a path, a name that is none."""
    given = text.strip().rstrip("/")
    try:
        parts = urlsplit(given)
        host, port = (parts.hostname or "").encode("idna").decode().lower(), parts.port
    except (UnicodeError, ValueError):
        raise _wrong(text) from None
    plain = not (parts.path or parts.query or parts.fragment or "@" in parts.netloc)
    safe = parts.scheme == "https" or (parts.scheme == "http" and host in _HERE)
    if len(given) > _LONGEST or not plain or not safe or not _HOST.fullmatch(host):
        raise _wrong(text)
    shown = "" if port in (None, 443 if parts.scheme == "https" else 80) else f":{port}"
    return f"{parts.scheme}://{host}{shown}"


def origins(given: Iterable[str]) -> list[str]:
    """Each once, in their order. Raises BadInput, also for none and for too many."""
    found = list(dict.fromkeys(origin(text) for text in given if text.strip()))
    if not found:
        raise BadInput("origin: none is given", hint="such as https://www.cabinet.fr", code="origin_wrong")
    if len(found) > MOST:
        raise BadInput(f"origin: {len(found)} are given", hint=f"{MOST} at most", code="origin_wrong")
    return found


def lets(allowed: Sequence[str], shown: str) -> bool:
    """Whether a request that says it comes from `shown` may be answered; one that says nothing may not."""
    return bool(shown) and shown in allowed


def _wrong(text: str) -> BadInput:
    return BadInput(
        f"origin: {text[:80]!r} is no site",
        hint="https:// and the host as it stands in the browser, such as https://www.cabinet.fr",
        code="origin_wrong",
    )
