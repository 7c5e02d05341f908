"""Who asks: the request's key, and a transaction of its client."""

from __future__ import annotations

import time
from collections.abc import Generator
from contextlib import contextmanager
from typing import Annotated

from fastapi import Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from portal.api.bucket import Bucket, take
from portal.api.problems import TooMany
from portal.door import NotSignedIn, Portal, Seat
from portal.people.tokens import digest

_MOST_BUCKETS = 10_000
_BEARER = HTTPBearer(auto_error=False, description="A key of `decroche key add`.")

Given = Annotated[HTTPAuthorizationCredentials | None, Security(_BEARER)]


def key_shown(request: Request, given: Given) -> str:
    """The request's key. Raises NotSignedIn without one, TooMany."""
    if given is None or not given.credentials:
        raise NotSignedIn("no key: Authorization: Bearer dk_…", code="key_missing")
    buckets: dict[bytes, Bucket] = request.app.state.buckets
    name = digest(given.credentials)
    if len(buckets) > _MOST_BUCKETS:
        buckets.clear()
    let, buckets[name] = take(buckets.get(name), time.monotonic())
    if not let:
        raise TooMany("too many requests with this key", hint="wait a second")
    return given.credentials


@contextmanager
def seated(request: Request, key: str, *scopes: str) -> Generator[Seat]:
    """A transaction of the key's client. Raises NotSignedIn, NotAllowed."""
    portal: Portal = request.app.state.portal
    with portal.unlocked(key, request.app.state.clock()) as seat:
        for scope in scopes:
            seat.needs(scope)
        yield seat
