"""The web application: routes, what every request goes through, errors as pages."""

from __future__ import annotations

import mimetypes
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qsl, quote

import structlog
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from portal import words
from portal.api.app import make_api
from portal.door import NotAllowed, NotSignedIn, Portal
from portal.people.roles import SPOKEN
from portal.people.tokens import new_token
from portal.web import account_pages, call_pages, door_pages, feed_page, home_page, invoice_pages
from portal.web.guard import HEADERS, SAFE, form_holds, from_us
from portal.web.routes import Page, all_of, answered
from portal.web.visit import SESSION, VISITOR, Visit, drop, keep
from store.base.errors import BadInput, DecrocheError, NotFound, Refused, Unavailable

HERE = Path(__file__).parent
STATIC = HERE.parent / "static"
MOST_TYPED = 64 * 1024
"""Bytes of a form: no page takes a file."""

PAGES = all_of(
    door_pages.pages, account_pages.pages, home_page.pages, call_pages.pages, invoice_pages.pages, feed_page.pages
)

log = structlog.get_logger(__name__)

Clock = Callable[[], datetime]


class ForeignForm(Refused):
    """The form did not come from a page of ours."""

    code = "foreign_form"


def _utc() -> datetime:
    return datetime.now(UTC)


def make_app(portal: Portal, clock: Clock = _utc) -> Starlette:
    """The site of clients, on a portal's door; `clock` says what time it is."""
    pages = templates()
    routes: list[BaseRoute] = [Route(page.path, _endpoint(page), methods=[page.method]) for page in PAGES]
    routes += [Mount("/static", StaticFiles(directory=STATIC)), Mount("/api/v1", make_api(portal, clock))]

    async def lost(request: Request, _: Exception) -> Response:
        visit = _visit(request, {})
        return visit.page("error.html", 404, title="Page introuvable", text=_TEXTS[404], hint="", code="not_found")

    async def refused(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 400
        return _visit(request, {}).page(
            "error.html",
            status,
            title="Demande refusée",
            text="Cette adresse ne prend pas cette demande.",
            hint="",
            code="",
        )

    mimetypes.add_type("image/svg+xml", ".svg")
    app = Starlette(routes=routes, exception_handlers={404: lost, 405: refused})
    app.state.portal, app.state.pages, app.state.clock = portal, pages, clock
    app.add_middleware(Headers)
    return app


def templates() -> Environment:
    """The templates, with the words pages write numbers and instants in."""
    made = Environment(loader=FileSystemLoader(HERE / "templates"), autoescape=True, undefined=StrictUndefined,
                       trim_blocks=True, lstrip_blocks=True)  # fmt: skip
    for tool in (words.phone, words.euros, words.cents, words.duration, words.minute, words.tenths, words.outcome,
                 words.action, words.browser, words.result, words.short_date, words.month):  # fmt: skip
        made.filters[tool.__name__] = tool
    made.filters["role"] = _role
    return made


def _role(name: str) -> str:
    return SPOKEN.get(name, name)


class Headers:
    """Every answer carries the headers of `guard`; a static file may be kept."""

    def __init__(self, app: ASGIApp) -> None:
        """Around `app`."""
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        still = str(scope["path"]).startswith("/static/")

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = "public, max-age=3600" if still and name == "cache-control" else value
            await send(message)

        await self.app(scope, receive, with_headers)


def _endpoint(page: Page) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        visit = _visit(request, await _typed(request))
        try:
            if request.method not in SAFE:
                _refuse_foreign(visit)
            answer = await run_in_threadpool(_whole, page, visit)
        except NotSignedIn:
            answer = _to_the_door(request)
        except DecrocheError as error:
            answer = error_page(visit, error)
        except Exception:
            log.exception("page failed", page=page.path)
            answer = visit.page(
                "error.html", 500, title="Une erreur de notre part", text=_TEXTS[500], hint="", code="internal"
            )
        if visit.secret and request.cookies.get(VISITOR) != visit.secret and not visit.token:
            keep(answer, VISITOR, visit.secret)
        return answer

    return endpoint


def _whole(page: Page, visit: Visit) -> Response:
    answer = answered(page, visit)
    return answer if isinstance(answer, Response) else answer()


def _visit(request: Request, form: Mapping[str, str]) -> Visit:
    state = request.app.state
    token = request.cookies.get(SESSION, "")
    secret = token or request.cookies.get(VISITOR, "") or new_token()
    return Visit(request, state.portal, state.pages, state.clock(), form, token, secret)


async def _typed(request: Request) -> dict[str, str]:
    """What a form brought, small enough to be one; the last of several of a name."""
    if request.method in SAFE:
        return {}
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > MOST_TYPED:
            return {}
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=100))
    except ValueError:
        return {}


def _refuse_foreign(visit: Visit) -> None:
    if not from_us(visit.request.headers):
        raise ForeignForm("Ce formulaire ne vient pas d'une page de ce site.")
    if not form_holds(visit.secret, visit.form.get("jeton", "")):
        raise ForeignForm("Ce formulaire n'est plus valable.", hint="Revenez à la page, rechargez-la et recommencez.")


def _to_the_door(request: Request) -> Response:
    path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    answer = RedirectResponse(f"/connexion?suite={quote(path)}" if request.method in SAFE else "/connexion", 303)
    drop(answer, SESSION)
    return answer


_TEXTS = {
    404: "Rien ne se trouve à cette adresse, ou cela n'appartient pas à votre dossier.",
    500: "Elle est notée. Réessayez dans un instant ; si elle revient, dites-nous ce que vous faisiez.",
    503: "Une partie du service ne répond pas. Réessayez dans un instant.",
}


def error_page(visit: Visit, error: DecrocheError) -> Response:
    """An error as a page: what it is in French, and what to do."""
    status, title, text = 400, "Demande refusée", str(error)
    match error:
        case NotFound():
            status, title, text = 404, "Page introuvable", _TEXTS[404]
        case NotAllowed():
            status, title, text = 403, "Accès réservé", "Votre rôle dans ce dossier n'ouvre pas cette page."
        case ForeignForm():
            status, title = 403, "Formulaire refusé"
        case BadInput():
            status, title = 422, "Saisie à revoir"
        case Refused():
            status = 409
        case Unavailable():
            status, title, text = 503, "Service indisponible", _TEXTS[503]
        case _:
            pass
    hint = error.hint if isinstance(error, ForeignForm) else ""
    return visit.page("error.html", status, title=title, text=text, hint=hint, code=error.code)
