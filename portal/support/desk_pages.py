"""Support on the operator's site: tickets by when an answer is due, one of them, notes; maintenance."""

from __future__ import annotations

from datetime import datetime

from starlette.responses import Response

from portal.support import maintenance, tickets, writing
from portal.support.hours import PARIS
from portal.support.pages import FAULTS, number_in
from portal.support.wording import DESK_STATES, DONE, KINDS, SEVERITIES, TAGS, WINDOWS
from portal.web.operator.desk import ADMIN, OPERATOR, Desk
from portal.web.routes import Pages, id_in
from portal.web.visit import Answer, Visit
from store.base.errors import BadInput, Refused

pages = Pages()

A_PAGE = 100
PROPOSED_HOURS = 2


@pages.get("/tickets", OPERATOR)
def listed(visit: Visit, desk: Desk) -> Answer:
    """Those to be answered, by when; those in another state, where it is asked for."""
    state = visit.query.get("etat", "open")
    state = state if state in tickets.STATES else "open"
    found = tickets.due(desk.conn) if state == "open" else tickets.listed(desk.conn, state=state, limit=A_PAGE)
    late = [one.number for one in found if one.standing.late(visit.now)]
    return visit.page("operator/tickets.html", tickets=found, late=late, state=state, states=DESK_STATES, tags=TAGS,
                      severities=SEVERITIES)  # fmt: skip


@pages.get("/tickets/{ticket}", OPERATOR)
def one(visit: Visit, desk: Desk) -> Answer:
    """All that was written, notes too; the client's journal says that it was read."""
    return _one(visit, desk)


def _one(visit: Visit, desk: Desk, status: int = 200) -> Response:
    found, posts = writing.look(desk.conn, number_in(visit), by=desk.by)
    return visit.page(
        "operator/ticket.html", status, ticket=found, posts=posts, states=DESK_STATES, tags=TAGS, severities=SEVERITIES,
        kinds=KINDS, late=found.standing.late(visit.now), done=DONE.get(visit.query.get("fait", ""), ""),
    )  # fmt: skip


@pages.post("/tickets/{ticket}/repondre", OPERATOR)
def answer(visit: Visit, desk: Desk) -> Answer:
    """The operator writes, or asks: the clock then waits for the client."""
    number, waits = number_in(visit), visit.form.get("attend") == "oui"
    try:
        writing.answer(desk.conn, number, visit.form.get("texte", ""), by=desk.by, now=visit.now, waits=waits)
    except BadInput:
        visit.faults["texte"] = FAULTS["text_wrong"][1]
        return _one(visit, desk, 422)
    return visit.go(f"/tickets/{number}?fait=repondu")


@pages.post("/tickets/{ticket}/note", OPERATOR)
def remark(visit: Visit, desk: Desk) -> Answer:
    """A note that stays inside."""
    number = number_in(visit)
    try:
        writing.remark(desk.conn, number, visit.form.get("note", ""), by=desk.by, now=visit.now)
    except BadInput:
        visit.faults["note"] = FAULTS["text_wrong"][1]
        return _one(visit, desk, 422)
    return visit.go(f"/tickets/{number}?fait=note")


@pages.post("/tickets/{ticket}/clore", OPERATOR)
def settle(visit: Visit, desk: Desk) -> Answer:
    """It is settled."""
    number = number_in(visit)
    try:
        writing.close(desk.conn, number, by=desk.by, now=visit.now)
    except Refused:
        return visit.go(f"/tickets/{number}")
    return visit.go(f"/tickets/{number}?fait=clos")


# -- maintenance


@pages.get("/maintenance", OPERATOR)
def windows(visit: Visit, desk: Desk) -> Answer:
    """Windows, the last to begin first; quiet hours; a form, filled with the hours that were chosen."""
    typed = {name: visit.query.get(name, "")[:20] for name in ("debut", "fin")}
    return _windows(visit, desk, typed | {"quoi": "", "quoi_en": ""})


def _windows(visit: Visit, desk: Desk, typed: dict[str, str], status: int = 200) -> Response:
    quiet = [(slot, _typed(slot.begins_at), _typed(slot.ends_at))
             for slot in maintenance.proposed(desk.conn, PROPOSED_HOURS, visit.now)]  # fmt: skip
    found = [(one, one.state(visit.now)) for one in maintenance.listed(desk.conn, limit=A_PAGE)]
    return visit.page("operator/maintenance.html", status, windows=found, names=WINDOWS, quiet=quiet, typed=typed,
                      role=desk.role, done=DONE.get(visit.query.get("fait", ""), ""))  # fmt: skip


def _typed(at: datetime) -> str:
    """As a field of date and time has it."""
    return f"{at.astimezone(PARIS):%Y-%m-%dT%H:%M}"


@pages.post("/maintenance", ADMIN, sure=True)
def announce(visit: Visit, desk: Desk) -> Answer:
    """Every client is told."""
    typed = {name: visit.form.get(name, "").strip()[:600] for name in ("debut", "fin", "quoi", "quoi_en")}
    instants: list[datetime] = []
    for name in ("debut", "fin"):
        try:
            instants.append(maintenance.in_paris(typed[name]))
        except BadInput:
            visit.faults[name] = "Une date et une heure qui existent, comme 2026-12-02 22:00."
    if not visit.faults:
        try:
            begins, ends = instants
            maintenance.add(desk.conn, begins, ends, typed["quoi"], typed["quoi_en"], by=desk.by, now=visit.now)
        except BadInput as error:
            if error.code == "window_wrong":
                visit.faults["fin"] = "La fin vient après le début, dans le futur, et deux jours plus tard au plus."
            else:
                visit.faults["quoi"] = "Écrivez ce qui est fait, en 500 caractères au plus : les clients le lisent."
    if visit.faults:
        return _windows(visit, desk, typed, 422)
    return visit.go("/maintenance?fait=annonce")


@pages.post("/maintenance/{id}/fin", ADMIN, sure=True)
def finish(visit: Visit, desk: Desk) -> Answer:
    """It is over, or taken back; every client is told."""
    try:
        maintenance.end(desk.conn, id_in(visit), by=desk.by, now=visit.now)
    except Refused:
        return visit.go("/maintenance")
    return visit.go("/maintenance?fait=fini")
