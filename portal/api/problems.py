"""Errors as `application/problem+json` (RFC 9457), with our stable `code` and a `hint`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from portal.door import NotAllowed, NotSignedIn
from store.base.errors import BadInput, DecrocheError, NotFound, Refused, Unavailable


class Problem(BaseModel):
    """What went wrong. `code` is stable and is what programs match on."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    code: str
    hint: str = ""


class TooMany(Refused):
    """Too many requests."""

    code = "too_many_requests"


_TITLES = {401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed",
           409: "Conflict", 412: "Precondition Failed", 413: "Content Too Large",
           422: "Unprocessable Content", 429: "Too Many Requests", 500: "Internal Server Error",
           503: "Service Unavailable"}  # fmt: skip


def status_of(error: DecrocheError) -> int:
    """The HTTP status of an error of ours."""
    match error:
        case NotSignedIn():
            return 401
        case NotAllowed():
            return 403
        case TooMany():
            return 429
        case NotFound():
            return 404
        case Refused(code="changed_meanwhile"):
            return 412
        case BadInput():
            return 422
        case Refused():
            return 409
        case Unavailable():
            return 503
        case _:
            return 500


def answer(status: int, detail: str, code: str, hint: str = "", headers: Mapping[str, str] | None = None) -> Response:
    """A problem as a response."""
    body = Problem(title=_TITLES.get(status, "Error"), status=status, detail=detail, code=code, hint=hint)
    return JSONResponse(
        body.model_dump(), status, media_type="application/problem+json", headers=dict(headers) if headers else None
    )


def ours(_: Request, error: Exception) -> Response:
    """An error of ours."""
    assert isinstance(error, DecrocheError)
    status = status_of(error)
    more = {"www-authenticate": 'Bearer realm="decroche"'} if status == 401 else {"retry-after": "1"}
    return answer(status, str(error), error.code, _public(error), more if status in (401, 429) else None)


def _public(error: DecrocheError) -> str:
    """The hint, unless it names a command of the operator's."""
    return "" if "decroche " in error.hint else error.hint


def unreadable(_: Request, error: Exception) -> Response:
    """A parameter that is none: which, and what was wrong."""
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    return answer(422, f"{where}: {first['msg']}", "bad_input")


def http(_: Request, error: Exception) -> Response:
    """No such address, or no such method."""
    assert isinstance(error, HTTPException)
    return answer(error.status_code, str(error.detail), "not_found" if error.status_code == 404 else "http")


RESPONSES: dict[int | str, dict[str, object]] = {
    status: {"model": Problem, "description": _TITLES[status]} for status in (401, 403, 404, 422, 429)
}
"""What every resource may answer beside its own, for the contract."""


def conflict(what: str) -> dict[int | str, dict[str, object]]:
    """A resource that may also refuse, and why, for the contract."""
    return {409: {"model": Problem, "description": what}}


def as_problems(contract: dict[str, Any]) -> dict[str, Any]:
    """The contract with errors under the media type they are sent as."""
    for methods in contract["paths"].values():
        for resource in methods.values():
            for status, told in resource["responses"].items():
                if status >= "400":
                    schema = {"$ref": "#/components/schemas/Problem"}
                    told["content"] = {"application/problem+json": {"schema": schema}}
    return contract
