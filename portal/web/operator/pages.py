"""The operator's pages."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from starlette.responses import Response

from ari_app.doctor import checks, exposure
from ari_app.doctor import trunks as doctor_trunks
from billing.charges import controls
from compliance.people import registers
from portal.people import team
from portal.reading import operator
from portal.web.operator.desk import ADMIN, OPERATOR, Desk
from portal.web.routes import Pages, id_in
from portal.web.visit import Answer, Visit
from portal.words import masked, phone
from store import audit, calls, numbers, tenants
from store.backups import shelf
from store.base.errors import BadInput, DecrocheError
from store.base.numbering import e164
from store.base.settings import Settings

pages = Pages()

BLOCKS = {"fraud": "fraude", "unpaid": "impayé", "operator": "opérateur"}


@pages.get("/", OPERATOR)
def waiting(visit: Visit, desk: Desk) -> Answer:
    """What is to be treated."""
    todo = operator.todo(desk.conn, visit.portal.settings, visit.now.astimezone(visit.zone).date(), visit.now)
    return visit.page("operator/todo.html", todo=todo, blocks=BLOCKS, role=desk.role,
                      done=visit.query.get("fait", ""))  # fmt: skip


@pages.post("/clients/{slug}/lever", ADMIN, sure=True)
def lift(visit: Visit, desk: Desk) -> Answer:
    """A block ends."""
    tenant = tenants.get(desk.conn, str(visit.request.path_params["slug"]))
    kind = visit.form.get("blocage", "")
    if kind not in BLOCKS:
        raise BadInput("Ce blocage n'existe pas.")
    done = controls.lift(desk.conn, tenant.id, kind, desk.by)
    return visit.go(f"/?fait={'leve' if done else 'deja'}")


@pages.post("/clients/{slug}/bloquer", ADMIN, sure=True)
def block(visit: Visit, desk: Desk) -> Answer:
    """No outbound call any more, until it is lifted."""
    tenant = tenants.get(desk.conn, str(visit.request.path_params["slug"]))
    reason = visit.form.get("raison", "").strip()[:200]
    if not reason:
        visit.faults["raison"] = "Écrivez pourquoi : le client le lira."
        return _client(visit, desk, tenant.slug, 422)
    controls.block(desk.conn, tenant.id, "operator", reason, by=desk.by)
    return visit.go(f"/clients/{tenant.slug}")


@pages.post("/violations/{id}/annoncee", ADMIN, sure=True)
def breach_told(visit: Visit, desk: Desk) -> Answer:
    """The client was told of a breach."""
    tenant = tenants.get(desk.conn, visit.form.get("client", ""))
    registers.told(desk.conn, tenant.id, id_in(visit), visit.now, by=desk.by)
    return visit.go("/?fait=annoncee")


@pages.get("/clients", OPERATOR)
def clients(visit: Visit, desk: Desk) -> Answer:
    """Every client on a line."""
    return visit.page("operator/clients.html", clients=operator.clients(desk.conn, visit.now), blocks=BLOCKS)


@pages.get("/clients/{slug}", OPERATOR)
def client(visit: Visit, desk: Desk) -> Answer:
    """One client."""
    return _client(visit, desk, str(visit.request.path_params["slug"]))


def _client(visit: Visit, desk: Desk, slug: str, status: int = 200) -> Response:
    found = operator.client(desk.conn, slug, visit.now)
    last = operator.last_calls(desk.conn, found.id)
    audit.note(desk.conn, desk.by, "tenant.look", f"tenant:{slug}", found.id)
    return visit.page(
        "operator/client.html", status, client=found, numbers=numbers.listed(desk.conn, found.id), last=last,
        people=team.listed(desk.conn, found.id, visit.now), blocks=BLOCKS, role=desk.role, shown=masked,
        reason=visit.form.get("raison", ""),
    )  # fmt: skip


@pages.get("/numeros", OPERATOR)
def all_numbers(visit: Visit, desk: Desk) -> Answer:
    """Every number: whose it is, and what answers."""
    return visit.page("operator/numbers.html", numbers=numbers.listed(desk.conn), names=tenants.slugs(desk.conn))


@pages.get("/chercher", OPERATOR)
def search(visit: Visit, desk: Desk) -> Answer:
    """The calls of a number, or the one of a reference, over all clients; the log says that it was looked for."""
    asked, found = visit.query.get("q", "").strip()[:60], list[operator.Found]()
    if asked:
        try:
            found = _looked_for(desk, asked)
        except (DecrocheError, ValueError):
            visit.faults["q"] = "Donnez un numéro de téléphone, ou la référence d'un appel."
    return visit.page("operator/search.html", 422 if visit.faults else 200, asked=asked, found=found,
                      number_whole=phone)  # fmt: skip


def _looked_for(desk: Desk, asked: str) -> list[operator.Found]:
    if len(asked) == 36:
        record = calls.get(desk.conn, UUID(asked)).cdr
        number, only = record.parties.far, record.id
        found = [one for one in operator.calls_of_number(desk.conn, number, 1000) if one.id == only]
    else:
        found = operator.calls_of_number(desk.conn, e164(asked))
    for tenant_id in {tenants.get(desk.conn, one.slug).id for one in found}:
        audit.note(desk.conn, desk.by, "calls.search", "calls", tenant_id, count=len(found))
    return found


@pages.get("/sauvegardes", OPERATOR)
def backups(visit: Visit, desk: Desk) -> Answer:
    """What lies on the shelf, the newest first, and whether it was restored for a try."""
    found = shelf.listed(shelf.folder_of(visit.portal.settings))
    return visit.page("operator/backups.html", backups=found[::-1])


@pages.get("/sante", OPERATOR)
def health(visit: Visit, desk: Desk) -> Answer:
    """Every part that carries calls, with what to type where it fails."""
    of = visit.portal.settings

    def drawn() -> Response:
        return visit.page("operator/health.html", findings=examined(of), at=datetime.now(visit.zone))

    return drawn


def examined(of: Settings) -> list[checks.Finding]:
    """The doctor's findings of what runs; engines and models are looked at by the command alone, which takes longer."""
    found: list[checks.Finding] = []
    for name, look in (("database", checks.database), ("asterisk", checks.asterisk), ("trunks", doctor_trunks.trunks),
                       ("service", checks.service), ("exposure", exposure.exposure)):  # fmt: skip
        try:
            found += look(of)
        except DecrocheError as error:
            found.append(checks.told(name, error))
    return found
