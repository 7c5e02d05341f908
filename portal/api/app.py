"""The API's application: its key, its errors, its contract."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from portal.api import calls, hooks, invoices, tickets
from portal.api.bounded import Bounded
from portal.api.bucket import Bucket
from portal.api.problems import as_problems, http, ours, unreadable
from portal.door import Portal
from store.base.errors import DecrocheError

DESCRIPTION = """A client's calls, invoices and support tickets, and where its systems are told of them.

A key goes into `Authorization: Bearer dk_…`; it opens the scopes it was given. Lists have a `next` cursor: give it
back as `cursor` for the page that follows. Instants are ISO 8601 in UTC, sums are decimals as text. Errors are
`application/problem+json` with a stable `code`. A POST with an `Idempotency-Key` is done once, however often it is sent
within a day, and answered alike."""


def make_api(portal: Portal | None, clock: Callable[[], datetime] | None = None) -> FastAPI:
    """The API on a portal's door; without one, its contract alone."""
    api = FastAPI(title="Décroche", version="1", description=DESCRIPTION, docs_url=None, redoc_url=None,
                  servers=[{"url": "/api/v1"}], root_path_in_servers=False)  # fmt: skip
    api.include_router(calls.router)
    api.include_router(invoices.router)
    api.include_router(hooks.endpoints_router)
    api.include_router(hooks.deliveries_router)
    api.include_router(tickets.router)
    api.add_middleware(Bounded)
    api.add_exception_handler(DecrocheError, ours)
    api.add_exception_handler(RequestValidationError, unreadable)
    api.add_exception_handler(HTTPException, http)
    drawn = api.openapi
    api.openapi = lambda: as_problems(drawn())
    api.state.portal, api.state.clock, api.state.buckets = portal, clock, dict[bytes, Bucket]()
    return api


def contract() -> dict[str, Any]:
    """OpenAPI 3.1."""
    return make_api(None).openapi()
