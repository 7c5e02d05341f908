"""What a client's pages ask of us: the script, and conversations under a key, from the origins that may.

Another origin is another client's site, or nobody's: it is refused before anything is looked at, with no header that
would let its pages read the answer (Fetch, CORS protocol). No cookie is set or read here.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route as Address

from portal.api.problems import TooMany, status_of
from portal.chat import bounds
from portal.chat.bounds import MOST_BYTES, BadLine, Throttle, is_key, neighbourhood, token_of
from portal.chat.conversations import Gone
from portal.chat.house import Chat
from portal.chat.origins import lets
from portal.chat.widgets import Route
from store.base.errors import DecrocheError, Refused

log = logging.getLogger(__name__)

SCRIPT = Path(__file__).parent / "widget.js"
HEADERS: Mapping[str, str] = {
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "cross-origin",
    "cache-control": "no-store",
}
_KEPT = {"cache-control": "public, max-age=3600", "access-control-allow-origin": "*"}


class ForeignSite(Refused):
    """The request does not come from a site on which this agent may be written to."""

    code = "origin_refused"


class Asked:
    """One request: whose key, who asks, what was sent."""

    def __init__(self, request: Request, to: Route, throttle: Throttle, sent: Mapping[str, Any]) -> None:
        self.to, self.sent, self._throttle = to, sent, throttle
        self.token = token_of(request.headers.get("authorization", ""))
        self._address = neighbourhood(request.client.host if request.client else "")

    def paced(self, pace: str, about: str = "") -> None:
        """Raises TooMany."""
        if not self._throttle.lets(pace, about or self._address, time.monotonic()):
            raise TooMany("too many at once", hint="wait a moment")

    def of_conversation(self) -> str:
        """The token. Raises Gone."""
        if not self.token:
            raise Gone("no conversation is named")
        return self.token


Handler = Callable[[Chat, Asked], Awaitable[dict[str, Any]]]


async def begin(chat: Chat, asked: Asked) -> dict[str, Any]:
    """The agent's first words."""
    asked.paced("begin")
    asked.paced("widget", str(asked.to.widget_id))
    made = await run_in_threadpool(chat.begin, asked.to)
    return {"token": made.token, "said": made.said, "turn": made.turn, "over": made.over, "company": made.company,
            "language": made.language}  # fmt: skip


async def say(chat: Chat, asked: Asked) -> dict[str, Any]:
    """A line, answered."""
    token = asked.of_conversation()
    text, turn = bounds.line(asked.sent)
    asked.paced("line")
    made = await chat.say(asked.to, token, text, turn)
    return {"said": made.said, "turn": made.turn, "over": made.over}


async def so_far(chat: Chat, asked: Asked) -> dict[str, Any]:
    """What was written, for a page that was left and opened again."""
    lines, turn = await run_in_threadpool(chat.so_far, asked.to, asked.of_conversation())
    return {"lines": lines, "turn": turn}


async def end(chat: Chat, asked: Asked) -> dict[str, Any]:
    """The visitor has done."""
    await run_in_threadpool(chat.end, asked.to, asked.of_conversation())
    return {"over": True}


async def note(chat: Chat, asked: Asked) -> dict[str, Any]:
    """A message, where nobody answers."""
    text, name, contact = bounds.note(asked.sent)
    asked.paced("note")
    await run_in_threadpool(chat.leave, asked.to, text, name, contact)
    return {"left": True}


ADDRESSES: tuple[tuple[str, str, Handler], ...] = (
    ("/{key}/conversations", "POST", begin),
    ("/{key}/lines", "POST", say),
    ("/{key}/conversation", "GET", so_far),
    ("/{key}/end", "POST", end),
    ("/{key}/messages", "POST", note),
)


def make_chat_site(chat: Chat, throttle: Throttle | None = None) -> Starlette:
    """The site, to be mounted at /chat/v1."""
    pace = throttle or Throttle()
    script = SCRIPT.read_text(encoding="utf-8")

    async def widget(request: Request) -> Response:
        return Response(script, media_type="text/javascript", headers={**HEADERS, **_KEPT})

    routes = [Address("/widget.js", widget, methods=["GET"])]
    routes += [
        Address(path, _endpoint(chat, pace, method, handler), methods=[method, "OPTIONS"])
        for path, method, handler in ADDRESSES
    ]
    return Starlette(routes=routes)


def _endpoint(
    chat: Chat, throttle: Throttle, method: str, handler: Handler
) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        headers = {**HEADERS, "vary": "Origin"}
        try:
            to = await _let_in(chat, throttle, request)
            headers["access-control-allow-origin"] = request.headers["origin"]
            if request.method == "OPTIONS":
                more = {"access-control-allow-methods": method, "access-control-max-age": "600",
                        "access-control-allow-headers": "authorization, content-type"}  # fmt: skip
                return Response(None, 204, headers | more)
            nothing: Mapping[str, Any] = {}
            sent = await _sent(request) if method == "POST" else nothing
            return JSONResponse(await handler(chat, Asked(request, to, throttle, sent)), headers=headers)
        except DecrocheError as error:
            return _problem(error, headers)
        except Exception:
            log.exception("chat failed: %s", request.scope["path"].rpartition("/")[2])
            return JSONResponse({"code": "internal"}, 500, headers)

    return endpoint


async def _let_in(chat: Chat, throttle: Throttle, request: Request) -> Route:
    """Whose key it is. Raises TooMany; ForeignSite, alike for a key that nobody has and a site that it is not for."""
    address = neighbourhood(request.client.host if request.client else "")
    if not throttle.lets("any", address, time.monotonic()):
        raise TooMany("too many requests", hint="wait a moment")
    key, origin = str(request.path_params["key"]), request.headers.get("origin", "")
    to = await run_in_threadpool(chat.route, key) if is_key(key) and origin else None
    if to is None or not lets(to.origins, origin):
        raise ForeignSite("this agent is not written to from here", hint="decroche chat list")
    return to


async def _sent(request: Request) -> Mapping[str, Any]:
    """What was sent: an object of JSON, small. Raises BadLine."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise BadLine("content-type: application/json")
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > MOST_BYTES:
            raise BadLine(f"the request is longer than {MOST_BYTES} bytes")
    try:
        found: Any = json.loads(body or b"{}")
    except (ValueError, RecursionError):
        raise BadLine("the request is no JSON") from None
    if not isinstance(found, dict):
        raise BadLine("the request is no object of JSON")
    return found  # pyright: ignore[reportUnknownVariableType]


def _problem(error: DecrocheError, headers: dict[str, str]) -> Response:
    status = 403 if isinstance(error, ForeignSite) else 401 if isinstance(error, Gone) else status_of(error)
    more = {"retry-after": "30"} if status in (429, 503) else {}
    return JSONResponse({"code": error.code, "title": type(error).__doc__ or ""}, status, headers | more)
