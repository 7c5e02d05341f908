"""An agent in writing, on the clients' site: where it may be written to, and the tag for the client's pages."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.responses import Response

from portal.chat import widgets
from portal.door import Seat
from portal.reading import agents as reading
from portal.web.routes import Pages, id_in
from portal.web.visit import Answer, Visit
from store.base.errors import BadInput, NotFound, Refused

pages = Pages()

DONE: Mapping[str, str] = {
    "ajoute": "C'est ajouté : copiez la balise dans les pages de ces sites.",
    "fin": "Cet agent ne répond plus à cette adresse.",
}
TOLD: Mapping[str, tuple[str, str]] = {
    "origin_wrong": ("sites", "Dix sites au plus, un par ligne, tels que https://www.cabinet.fr : ni page, ni étoile."),
    "agent_calls": ("form", "Cet agent appelle : choisissez-en un qui répond."),
    "widgets_many": ("form", "Cet agent est déjà sur dix emplacements : retirez-en un d'abord."),
}
"""Code of an error → the field beside which it is said, and how."""


@pages.get("/agents/{agent}/ecrit", "agents_edit")
def listed(visit: Visit, seat: Seat) -> Answer:
    """Where it may be written to."""
    return _page(visit, seat)


def _page(visit: Visit, seat: Seat, status: int = 200) -> Response:
    name = reading.versions(seat, str(visit.request.path_params["agent"]))[0].agent
    url = visit.portal.settings.portal.url
    found = [(one, widgets.tag(one, url)) for one in widgets.listed(seat.conn, seat.whose, name)]
    return visit.page("chat.html", status, name=name, widgets=found, done=DONE.get(visit.query.get("fait", ""), ""))


@pages.post("/agents/{agent}/ecrit", "agents_publish")
def add(visit: Visit, seat: Seat) -> Answer:
    """One more place."""
    name = reading.versions(seat, str(visit.request.path_params["agent"]))[0].agent
    try:
        widgets.add(seat.conn, seat.whose, name, visit.form.get("sites", "").split(), by=seat.by, now=visit.now)
    except (BadInput, Refused) as error:
        field, text = TOLD.get(error.code, ("form", str(error)))
        visit.faults[field] = text
        return _page(visit, seat, 422)
    return visit.go(f"/agents/{name}/ecrit?fait=ajoute")


@pages.post("/agents/{agent}/ecrit/{widget}/fin", "agents_publish")
def end(visit: Visit, seat: Seat) -> Answer:
    """One place less."""
    name = reading.versions(seat, str(visit.request.path_params["agent"]))[0].agent
    found = id_in(visit, "widget")
    if found not in [one.id for one in widgets.listed(seat.conn, seat.whose, name)]:
        raise NotFound("no such widget")
    widgets.end(seat.conn, found, by=seat.by, now=visit.now)
    return visit.go(f"/agents/{name}/ecrit?fait=fin")
