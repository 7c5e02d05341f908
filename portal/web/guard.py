"""Whether a request that changes something came from a page of ours; and the headers every answer carries. Pure.

Two walls (OWASP, CSRF prevention): where the browser says the request comes from, and a token in the form that only
a page of this session holds.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from portal.people.tokens import form_token, same

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})

HEADERS: Mapping[str, str] = {
    "content-security-policy": "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "
    "media-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "cache-control": "private, no-store",
}
"""For every answer; a file that is the same for all says otherwise of its caching."""


def from_us(headers: Mapping[str, str]) -> bool:
    """Whether the browser says that a page of our own origin sent this. One that says nothing is not believed."""
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = headers.get("origin", "")
    return bool(origin) and urlsplit(origin).netloc.lower() == headers.get("host", "").lower() != ""


def form_holds(secret: str, given: str) -> bool:
    """Whether a form carries the token of the session (or, before there is one, of the visit) it was drawn for."""
    return bool(secret) and bool(given) and same(form_token(secret), given)


def inside(path: str) -> str:
    """`path` if it leads to a page of ours, else the first page: a link never sends anybody elsewhere."""
    plain = path.startswith("/") and not path.startswith("//") and "\\" not in path and "\n" not in path
    return path if plain and urlsplit(path).netloc == "" else "/"
