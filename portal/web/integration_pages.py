"""Intégrations: the keys of the client's systems, and where those are told what happens."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.responses import Response

from portal.door import Seat
from portal.links.hooks import deliveries, endpoints
from portal.links.hooks.kinds import KINDS, TEST
from portal.links.hooks.sending import REASONS
from portal.people import keys
from portal.people.roles import RIGHTS, SCOPES
from portal.reading import filters
from portal.reading.filters import After
from portal.web.routes import Pages, id_in
from portal.web.visit import Answer, Visit
from store import tenants
from store.base.errors import BadInput, Refused

pages = Pages()

A_PAGE = 50
MOST_DAYS = 3650
DONE: Mapping[str, str] = {
    "cle-fin": "La clé n'ouvre plus rien.",
    "essai": "L'essai part dans un instant ; rechargez la page pour voir la réponse.",
    "rejoue": "L'envoi repart dans un instant ; rechargez la page pour voir la réponse.",
    "rejoues": "Les envois repartent dans un instant.",
    "reactive": "Le web hook est réactivé : les prochains événements lui sont envoyés.",
    "change": "Le web hook est changé ; son secret reste le même.",
    "retire": "Le web hook est retiré ; plus rien ne lui est envoyé.",
}
TOLD: Mapping[str, tuple[str, str]] = {
    "outward_refused": ("adresse", "Une adresse publique en https est attendue, sans nom d'utilisateur ni port."),
    "event_unknown": ("evenements", "Choisissez parmi ces événements."),
    "name_wrong": ("usage", "Soixante caractères au plus."),
    "hooks_many": ("form", "Dix web hooks au plus : retirez-en un d'abord."),
    "hook_disabled": ("form", "Ce web hook est désactivé : réactivez-le d'abord."),
    "changed_meanwhile": ("form", "Quelqu'un d'autre l'a changé entre-temps : relisez, puis recommencez."),
    "hook_enabled": ("form", "Ce web hook n'est pas désactivé."),
}
"""Code of an error → the field beside which it is said, and how."""
STATES: Mapping[str, str] = {"waiting": "en attente", "delivered": "reçu", "failed": "échoué"}
WHY: Mapping[str, str] = {
    "no answer": "pas de réponse", "address refused": "adresse refusée", "disabled": "web hook désactivé", **REASONS,
}  # fmt: skip


def _said(visit: Visit, error: BadInput | Refused) -> None:
    field, text = TOLD.get(error.code, ("form", str(error)))
    visit.faults[field] = text


@pages.get("/integrations", "hooks")
def listed(visit: Visit, seat: Seat) -> Answer:
    """Keys and web hooks, each with the form that adds one."""
    return _page(visit, seat)


def _page(visit: Visit, seat: Seat, status: int = 200) -> Response:
    return visit.page(
        "integrations.html", status, done=DONE.get(visit.query.get("fait", ""), ""),
        keys=keys.listed(seat.conn, seat.whose) if "keys" in seat.rights else [],
        hooks=endpoints.listed(seat.conn, seat.whose), kinds=KINDS, why=WHY,
        scopes={scope: RIGHTS[scope] for scope in RIGHTS if scope in SCOPES},
    )  # fmt: skip


# -- keys


@pages.post("/integrations/cles", "keys", sure=True)
def key_add(visit: Visit, seat: Seat) -> Answer:
    """A new key, shown once."""
    form = visit.form
    scopes = [scope for scope in sorted(SCOPES) if form.get(f"droit-{scope}") == "oui"]
    days = form.get("jours", "").strip()
    if not scopes:
        visit.faults["droits"] = "Choisissez au moins un droit."
    if days and not (days.isascii() and days.isdecimal() and 1 <= int(days[:6]) <= MOST_DAYS):
        visit.faults["jours"] = f"Un nombre de jours, de 1 à {MOST_DAYS}, ou rien."
    if visit.faults:
        return _page(visit, seat, 422)
    tenant = tenants.get(seat.conn, seat.tenant)
    _, key = keys.add(seat.conn, tenant, scopes, name=form.get("nom", "")[:60], days=int(days) if days else None,
                      by=seat.by, now=visit.now)  # fmt: skip
    return visit.page("shown_once.html", what="key", value=key, back="/integrations")


@pages.post("/integrations/cles/{key}/fin", "keys")
def key_end(visit: Visit, seat: Seat) -> Answer:
    """A key opens nothing any more."""
    keys.end(seat.conn, id_in(visit, "key"), by=seat.by, now=visit.now)
    return visit.go("/integrations?fait=cle-fin")


# -- web hooks


@pages.post("/integrations/hooks", "hooks", sure=True)
def hook_add(visit: Visit, seat: Seat) -> Answer:
    """A new endpoint; its secret, shown once."""
    form = visit.form
    kinds = [kind for kind in KINDS if form.get(f"evenement-{kind}") == "oui"]
    if not kinds:
        visit.faults["evenements"] = "Choisissez au moins un événement."
        return _page(visit, seat, 422)
    try:
        made, secret = endpoints.add(
            seat.conn, seat.whose, form.get("adresse", ""), kinds, name=form.get("usage", ""), by=seat.by,
            now=visit.now, of=visit.portal.settings,
        )  # fmt: skip
    except (BadInput, Refused) as error:
        _said(visit, error)
        return _page(visit, seat, 422)
    return visit.page("shown_once.html", what="hook", value=secret, back=f"/integrations/hooks/{made.id}")


@pages.get("/integrations/hooks/{hook}", "hooks")
def hook(visit: Visit, seat: Seat) -> Answer:
    """One endpoint and what was sent to it."""
    return _hook(visit, seat)


def _typed(visit: Visit, one: endpoints.Endpoint) -> Mapping[str, str]:
    """What the form of changes holds: what was typed, else what is so now."""
    if "adresse" in visit.form:
        return visit.form
    return {"adresse": one.url, "usage": one.name, **{f"evenement-{kind}": "oui" for kind in one.kinds}}


def _hook(visit: Visit, seat: Seat, status: int = 200) -> Response:
    one = endpoints.get(seat.conn, id_in(visit, "hook"))
    after = filters.after(visit.query.get("suite", "")[:200])
    found = deliveries.listed(seat.conn, endpoint_id=one.id, after=after, limit=A_PAGE + 1)
    last = found[A_PAGE - 1] if len(found) > A_PAGE else None
    return visit.page(
        "hook.html", status, hook=one, sent=found[:A_PAGE], kinds={**KINDS, TEST: "essai"}, states=STATES, why=WHY,
        events=KINDS, typed=_typed(visit, one), base=endpoints.revision(one),
        failed=any(each.state == "failed" and each.kind != TEST for each in found),
        more=filters.written(After(last.made_at, last.id)) if last else "",
        done=DONE.get(visit.query.get("fait", ""), ""),
    )  # fmt: skip


@pages.post("/integrations/hooks/{hook}/changer", "hooks", sure=True)
def change(visit: Visit, seat: Seat) -> Answer:
    """Another address, other events, another use; the secret stays."""
    form, hook_id = visit.form, id_in(visit, "hook")
    kinds = [kind for kind in KINDS if form.get(f"evenement-{kind}") == "oui"]
    if not kinds:
        visit.faults["evenements"] = "Choisissez au moins un événement."
        return _hook(visit, seat, 422)
    try:
        endpoints.change(seat.conn, hook_id, url=form.get("adresse", ""), kinds=kinds, name=form.get("usage", ""),
                         upon=form.get("base", ""), by=seat.by, of=visit.portal.settings)  # fmt: skip
    except (BadInput, Refused) as error:
        return _back(visit, seat, error)
    return _here(visit, "change")


def _back(visit: Visit, seat: Seat, error: BadInput | Refused) -> Response:
    _said(visit, error)
    return _hook(visit, seat, 422)


def _here(visit: Visit, done: str) -> Response:
    return visit.go(f"/integrations/hooks/{id_in(visit, 'hook')}?fait={done}")


@pages.post("/integrations/hooks/{hook}/essai", "hooks")
def send_test(visit: Visit, seat: Seat) -> Answer:
    """A message that tells nothing."""
    deliveries.begin_test(seat.conn, id_in(visit, "hook"), by=seat.by, now=visit.now)
    return _here(visit, "essai")


@pages.post("/integrations/hooks/{hook}/secret", "hooks", sure=True)
def rotate(visit: Visit, seat: Seat) -> Answer:
    """Another secret, shown once."""
    made, secret = endpoints.rotate(
        seat.conn, id_in(visit, "hook"), by=seat.by, now=visit.now, of=visit.portal.settings
    )  # fmt: skip
    return visit.page("shown_once.html", what="hook", value=secret, back=f"/integrations/hooks/{made.id}")


@pages.post("/integrations/hooks/{hook}/reactiver", "hooks")
def enable(visit: Visit, seat: Seat) -> Answer:
    """A disabled one is told events again."""
    try:
        endpoints.enable(seat.conn, id_in(visit, "hook"), by=seat.by)
    except Refused as error:
        return _back(visit, seat, error)
    return _here(visit, "reactive")


@pages.post("/integrations/hooks/{hook}/retirer", "hooks")
def remove(visit: Visit, seat: Seat) -> Answer:
    """It is taken away with its log."""
    if visit.form.get("certain") != "oui":
        visit.faults["certain"] = "Cochez la case pour retirer ce web hook."
        return _hook(visit, seat, 422)
    endpoints.remove(seat.conn, id_in(visit, "hook"), by=seat.by)
    return visit.go("/integrations?fait=retire")


@pages.post("/integrations/hooks/{hook}/rejouer", "hooks")
def replay_failed(visit: Visit, seat: Seat) -> Answer:
    """All that it did not take, once more."""
    try:
        deliveries.replay_failed(seat.conn, id_in(visit, "hook"), by=seat.by, now=visit.now)
    except Refused as error:
        return _back(visit, seat, error)
    return _here(visit, "rejoues")


@pages.post("/integrations/envois/{delivery}/rejouer", "hooks")
def replay(visit: Visit, seat: Seat) -> Answer:
    """One message once more."""
    try:
        again = deliveries.replay(seat.conn, id_in(visit, "delivery"), by=seat.by, now=visit.now)
    except Refused as error:
        _said(visit, error)
        return _page(visit, seat, 422)
    return visit.go(f"/integrations/hooks/{again.endpoint_id}?fait=rejoue")
