"""The web application: routes, what every request goes through, errors as pages."""

from __future__ import annotations

import mimetypes
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
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
from portal.chat import pages as chat_pages
from portal.door import NotAllowed, NotSignedIn, Portal
from portal.ordering import pages as ordering_pages
from portal.passkeys import pages as passkey_pages
from portal.passkeys.ceremony import site_of
from portal.people.roles import SPOKEN
from portal.people.tokens import new_token
from portal.support import pages as support_pages
from portal.web import (
    account_pages,
    agent_edit_pages,
    agent_pages,
    call_pages,
    data_pages,
    door_pages,
    feed_page,
    home_page,
    integration_pages,
    invoice_pages,
    journal_pages,
    law_pages,
    live_pages,
    paying_pages,
    people_pages,
    team_pages,
)
from portal.web.guard import HEADERS, SAFE, form_holds, from_us
from portal.web.routes import Page, all_of, answered
from portal.web.visit import SESSION, VISITOR, Answer, Visit, drop, keep
from portal.wording import english
from portal.wording.translating import EnglishLoader, Language, shown
from store.base.errors import BadInput, DecrocheError, NotFound, Refused, Unavailable

if TYPE_CHECKING:
    from portal.chat.house import Chat

HERE = Path(__file__).parent
STATIC = HERE.parent / "static"
MOST_TYPED, MOST_AT_THE_DOOR, MOST_FIELDS = 1024 * 1024, 64 * 1024, 2000
"""Bytes of a form and its fields: an agent's text is 256 KiB at most, up to thrice that on its way."""

PAGES = all_of(
    door_pages.pages, account_pages.pages, passkey_pages.pages, home_page.pages, call_pages.pages,
    live_pages.pages, invoice_pages.pages, paying_pages.pages, ordering_pages.pages, people_pages.pages,
    agent_edit_pages.pages, agent_pages.pages, law_pages.pages, data_pages.pages, team_pages.pages, journal_pages.pages,
    feed_page.pages, integration_pages.pages, support_pages.pages, chat_pages.pages,
)  # fmt: skip

log = structlog.get_logger(__name__)

Clock = Callable[[], datetime]
Answers = Callable[[Page, Visit], Answer]
"""Who opens a page, and what it answers (`routes.answered`)."""


class ForeignForm(Refused):
    """The form did not come from a page of ours."""

    code = "foreign_form"


def _utc() -> datetime:
    return datetime.now(UTC)


def make_app(
    portal: Portal, clock: Clock = _utc, *, pages: Sequence[Page] = PAGES, answers: Answers = answered,
    api: bool = True, chat: Chat | None = None, url: str | None = None,
) -> Starlette:  # fmt: skip
    """The site of clients, on a portal's door; `clock` says what time it is. Another site has other `pages`, says by
    `answers` who opens them, and has its own public `url`, where passkeys are made and shown. `chat`: agents are
    written to from clients' own sites."""
    drawn: dict[Language, Environment] = {language: templates(language) for language in ("fr", "en")}
    routes: list[BaseRoute] = [Route(page.path, _endpoint(page, answers), methods=[page.method]) for page in pages]
    routes.append(Mount("/static", StaticFiles(directory=STATIC)))
    if api:
        routes.append(Mount("/api/v1", make_api(portal, clock)))
    if chat is not None:
        from portal.chat.site import make_chat_site

        routes.append(Mount("/chat/v1", make_chat_site(chat)))

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
    app.state.portal, app.state.pages, app.state.clock = portal, drawn, clock
    app.state.site = site_of(portal.settings.portal.url if url is None else url)
    app.add_middleware(Headers)
    return app


def templates(language: Language = "fr") -> Environment:
    """The templates in a language, with the words pages write numbers and instants in."""
    folder = HERE / "templates"
    made = Environment(loader=FileSystemLoader(folder) if language == "fr" else EnglishLoader(folder), autoescape=True,
                       undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)  # fmt: skip
    for tool in (words.phone, words.euros, words.cents, words.duration, words.minute, words.tenths, words.browser,
                 words.short_date, words.month):  # fmt: skip
        made.filters[tool.__name__] = getattr(english, tool.__name__, tool) if language == "en" else tool
    for named in (words.outcome, words.action, words.result, _role):
        made.filters[named.__name__.strip("_")] = _said(named, language)
    made.filters["t"] = partial(shown, language=language)
    return made


def _said(named: Callable[[str], str], language: Language) -> Callable[[str], str]:
    return lambda code: shown(named(code), language)


def _role(name: str) -> str:
    return SPOKEN.get(name, name)


class Headers:
    """Every answer carries the headers of `guard`; a static file may be kept. Chats have headers of their own: other
    sites' pages load and read them."""

    def __init__(self, app: ASGIApp) -> None:
        """Around `app`."""
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http" or str(scope["path"]).startswith("/chat/v1/"):
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


def _endpoint(page: Page, answers: Answers) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        visit = _visit(request, await _typed(request))
        try:
            if request.method not in SAFE:
                _refuse_foreign(visit)
            answer = await run_in_threadpool(_whole, page, visit, answers)
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


def _whole(page: Page, visit: Visit, answers: Answers) -> Response:
    answer = answers(page, visit)
    return answer if isinstance(answer, Response) else answer()


def _visit(request: Request, form: Mapping[str, str]) -> Visit:
    state = request.app.state
    token = request.cookies.get(SESSION, "")
    secret = token or request.cookies.get(VISITOR, "") or new_token()
    return Visit(request, state.portal, state.pages, state.clock(), form, token, secret, site=state.site)


async def _typed(request: Request) -> dict[str, str]:
    """What a form brought, small enough to be one; the last of several of a name."""
    if request.method in SAFE:
        return {}
    body, most = bytearray(), MOST_TYPED if request.cookies.get(SESSION) else MOST_AT_THE_DOOR
    async for part in request.stream():
        body += part
        if len(body) > most:
            return {}
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS))
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
