"""Support on the clients' site: tickets, a new one, one of them. Who opens which is in the district's README."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.responses import Response

from portal.door import Seat
from portal.support import tickets, writing
from portal.support.tickets import RIGHTS, SEVERITIES, About
from portal.support.wording import DONE, FIELDS, KINDS, MEANT, STATES, TAGS, said_by
from portal.support.wording import SEVERITIES as NAMED
from portal.web.routes import Pages
from portal.web.visit import Answer, Visit
from portal.words import phone
from store import numbers
from store.base.errors import BadInput, NotFound, Refused

pages = Pages()

A_PAGE = 50
FAULTS = {
    "subject_wrong": ("sujet", "Un sujet, de 1 à 150 caractères."),
    "text_wrong": ("texte", "Écrivez ce qui se passe, en 10 000 caractères au plus."),
    "severity_wrong": ("gravite", "Choisissez ce qui convient le mieux."),
    "tickets_many": ("texte", "Vous avez envoyé beaucoup de messages : réessayez dans une heure."),
    "about_unknown": ("propos", "Ce numéro, cet appel ou cette facture n'est pas dans votre dossier."),
}
"""An error's code → its field, and what to say there."""


@pages.get("/support", "tickets")
def listed(visit: Visit, seat: Seat) -> Answer:
    """Those that may be seen, the newest first."""
    before = visit.query.get("avant", "")
    last = int(before) if before.isdecimal() and len(before) < 18 else None
    found = tickets.listed(seat.conn, before=last, limit=A_PAGE + 1)
    more = f"/support?avant={found[A_PAGE - 1].number}" if len(found) > A_PAGE else ""
    return visit.page("support.html", tickets=found[:A_PAGE], more=more, begun=bool(last), states=STATES, tags=TAGS,
                      severities=NAMED)  # fmt: skip


@pages.get("/support/nouveau", "tickets")
def new(visit: Visit, seat: Seat) -> Answer:
    """A form, filled with what it is about where one comes from there."""
    return _form(visit, seat, visit.query)


@pages.post("/support/nouveau", "tickets")
def ask(visit: Visit, seat: Seat) -> Answer:
    """It is opened, and the operator is told."""
    about = _about(visit.form)
    if about is not None:
        seat.needs(RIGHTS[about.kind])
    try:
        with seat.conn.transaction():
            made = writing.open_ticket(
                seat.conn, seat.whose, visit.form.get("sujet", ""), visit.form.get("texte", ""),
                visit.form.get("gravite", ""), about, by=seat.by, now=visit.now,
            )  # fmt: skip
    except (BadInput, NotFound, Refused) as error:
        name, said = FAULTS.get(error.code, ("form", str(error)))
        visit.faults[name] = said
        return _form(visit, seat, visit.form, 422)
    return visit.go(f"/support/{made.number}?fait=ouvert")


def _about(given: Mapping[str, str]) -> About | None:
    """What it is about, as an address or a form says it; the first that is named."""
    for name, kind in FIELDS.items():
        if what := given.get(name, "").strip()[:64]:
            return About(kind, what)
    return None


def _form(visit: Visit, seat: Seat, given: Mapping[str, str], status: int = 200) -> Response:
    about = _about(given)
    if about is not None and RIGHTS[about.kind] not in seat.rights:
        about = None
    own = [one.e164 for one in numbers.listed(seat.conn, seat.whose)] if "calls" in seat.rights else []
    return visit.page(
        "ticket_new.html", status, about=about, kinds=KINDS, meant=MEANT, severities=SEVERITIES, numbers=own,
        field={kind: name for name, kind in FIELDS.items()}, spell=phone,
        typed={name: given.get(name, "") for name in ("sujet", "texte", "gravite", "numero")},
    )  # fmt: skip


@pages.get("/support/{ticket}", "tickets")
def one(visit: Visit, seat: Seat) -> Answer:
    """What was written in it, and a field to write in."""
    return _one(visit, seat)


def _one(visit: Visit, seat: Seat, status: int = 200) -> Response:
    found = tickets.get(seat.conn, number_in(visit))
    return visit.page(
        "ticket.html", status, ticket=found, posts=tickets.posts(seat.conn, found), states=STATES, tags=TAGS,
        severities=NAMED, kinds=KINDS, late=found.standing.late(visit.now), spell=phone,
        done=DONE.get(visit.query.get("fait", ""), ""), said=said_by,
    )  # fmt: skip


@pages.post("/support/{ticket}/repondre", "tickets")
def answer(visit: Visit, seat: Seat) -> Answer:
    """The client writes; a closed ticket is open again."""
    number = number_in(visit)
    try:
        writing.answer(seat.conn, number, visit.form.get("texte", ""), by=seat.by, now=visit.now)
    except (BadInput, Refused) as error:
        visit.faults["texte"] = FAULTS.get(error.code, FAULTS["text_wrong"])[1]
        return _one(visit, seat, 422)
    return visit.go(f"/support/{number}?fait=repondu")


@pages.post("/support/{ticket}/clore", "tickets")
def settle(visit: Visit, seat: Seat) -> Answer:
    """It is settled."""
    number = number_in(visit)
    try:
        writing.close(seat.conn, number, by=seat.by, now=visit.now)
    except Refused:
        return visit.go(f"/support/{number}")
    return visit.go(f"/support/{number}?fait=clos")


def number_in(visit: Visit) -> int:
    """The ticket's number in the address. Raises NotFound for what is none."""
    text = str(visit.request.path_params["ticket"])
    if not (text.isascii() and text.isdecimal() and len(text) < 19):
        raise NotFound("no such ticket")
    return int(text)
