"""What a page is given: who visits, what was typed, and how to answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from portal import words
from portal.door import Portal, Seat
from portal.passkeys.ceremony import Site
from portal.people.tokens import form_token
from portal.support.maintenance import Window
from portal.wording import english
from portal.wording.translating import Language, shown
from store.audit import note
from store.base.errors import DecrocheError

SESSION, VISITOR, FILTERS, LANGUAGE = "__Host-session", "__Host-visite", "__Host-appels", "__Host-langue"
"""Cookies: of who is signed in; of who is at the door, whose forms have a token too; calls looked for; a language."""

MESSAGES = ("title", "text", "hint", "done")
"""What a page is given in French to say."""

Answer = Response | Callable[[], Response]
"""What a page returns; a function is called once the transaction has ended (for what takes long, or opens its own)."""

MENU = (
    ("/accueil", "Accueil", "home"),
    ("/appels", "Appels", "calls"),
    ("/en-direct", "En direct", "live"),
    ("/rendez-vous", "Rendez-vous", "transcripts"),
    ("/messages", "Messages", "transcripts"),
    ("/agents", "Agents", "agents_edit"),
    ("/contacts", "Contacts", "contacts"),
    ("/conformite", "Conformité", "oppositions"),
    ("/factures", "Factures", "invoices"),
    ("/abonnement", "Abonnement", "order"),
    ("/support", "Support", "tickets"),
    ("/donnees", "Données", "rights"),
    ("/integrations", "Intégrations", "hooks"),
    ("/equipe", "Équipe", "team"),
    ("/journal", "Journal", "journal"),
)
"""Address, name and right of each entry."""


@dataclass
class Visit:
    """One request. `token`: the session's, "" at the door; `secret`: what its forms are bound to."""

    request: Request
    portal: Portal
    pages: Mapping[Language, Environment]
    now: datetime
    form: Mapping[str, str]
    token: str
    secret: str
    seat: Seat | None = None
    faults: dict[str, str] = field(default_factory=dict[str, str])
    site: Site | None = None
    """Where passkeys are made and shown; None: not here."""
    menu: Sequence[tuple[str, str]] | None = None
    """Another than the clients' site has."""
    windows: Sequence[Window] = ()
    """Maintenance that stands on the page."""

    @property
    def query(self) -> Mapping[str, str]:
        """What stands after the question mark."""
        return self.request.query_params

    @property
    def language(self) -> Language:
        """As was chosen; else what the browser asks for first; French."""
        chosen = self.request.cookies.get(LANGUAGE) or self.request.headers.get("accept-language", "")[:2]
        return "en" if chosen == "en" else "fr"

    @property
    def zone(self) -> ZoneInfo:
        """The client's time zone."""
        return ZoneInfo(self.seat.timezone if self.seat else "Europe/Paris")

    @property
    def address(self) -> str:
        """Where the visitor's browser is, as the proxy tells."""
        return self.request.client.host if self.request.client else ""

    def page(self, template: str, status: int = 200, **facts: Any) -> Response:
        """A page drawn from a template."""
        zone, language = self.zone, self.language
        told = english if language == "en" else words
        facts |= {name: shown(facts[name], language) for name in MESSAGES if name in facts}
        html = self.pages[language].get_template(template).render(
            seat=self.seat, menu=_menu(self.seat) if self.menu is None else self.menu,
            path=self.request.url.path, token=form_token(self.secret),
            faults={name: shown(text, language) for name, text in self.faults.items()}, form=self.form, now=self.now,
            clock=partial(told.clock, zone=zone), day=partial(told.day, zone=zone),
            long_day=partial(told.long_day, zone=zone), number=self.number, language=language, works=self.windows,
            **facts,
        )  # fmt: skip
        return HTMLResponse(html, status)

    def number(self, e164: str) -> str:
        """A person's number, whole for who may see it so."""
        return words.phone(e164) if self.seat and "numbers" in self.seat.rights else words.masked_phone(e164)

    def go(self, path: str, token: str = "") -> Response:
        """On to another page; with another session's token where there is one."""
        answer = RedirectResponse(path, 303)
        if token:
            keep(answer, SESSION, token)
        return answer

    def file(self, content: bytes, kind: str, name: str) -> Response:
        """Something to keep, under a name."""
        return Response(content, media_type=kind, headers={"content-disposition": f'attachment; filename="{name}"'})

    def exported(self, seat: Seat, action: str, subject: str, count: int) -> None:
        """The log says that so many rows were taken out."""
        note(seat.conn, seat.by, action, subject, seat.tenant_id, count=count)

    def fault(self, error: DecrocheError, field_name: str = "form") -> None:
        """Say beside a field what was wrong with it."""
        self.faults[field_name] = str(error)


def _menu(seat: Seat | None) -> list[tuple[str, str]]:
    return [(path, name) for path, name, right in MENU if right in seat.rights] if seat else []


def keep(answer: Response, name: str, value: str) -> None:
    """A cookie of this host alone, which no script reads and no other site sends."""
    answer.set_cookie(name, value, path="/", secure=True, httponly=True, samesite="lax")


def drop(answer: Response, name: str) -> None:
    """The cookie is gone."""
    answer.delete_cookie(name, path="/", secure=True, httponly=True, samesite="lax")
