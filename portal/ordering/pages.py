"""Abonnement: what runs, what is offered, an order with its recap, endings with their dates shown before the click."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import cast

from starlette.responses import Response

from billing.plans import plans
from billing.rating.tariff import PARIS
from compliance.people import declarations
from portal.door import Seat
from portal.ordering import engaging, proof, recap, terms
from portal.ordering.engaging import Held, OfferChanged, Signatory
from portal.ordering.recap import ENDINGS, Ending, Offer
from portal.web.routes import Pages, id_in
from portal.web.visit import Answer, Visit
from store.audit import note
from store.base.errors import NotFound, Refused

pages = Pages()

DONE: Mapping[str, str] = {
    "commande": "Votre commande est reçue. La preuve et les conditions vous sont envoyées par courriel.",
    "fin": "C'est reçu. La preuve vous est envoyée par courriel.",
    "declaration": "Votre déclaration est notée.",
    "prix": "Vous avez accepté le nouveau prix. La preuve vous est envoyée par courriel.",
}
TITLES: Mapping[Ending, str] = {
    "notice": "Résilier", "withdrawal": "Se rétracter", "leave": "Partir avant le nouveau prix",
}  # fmt: skip
SUPPORT: Mapping[str, str] = {"standard": "standard", "priority": "prioritaire"}
NO_TERMS = "Votre opérateur n'a pas encore déposé ses conditions : on ne peut pas commander ici."


def _today(visit: Visit) -> date:
    return visit.now.astimezone(PARIS).date()


def _who(visit: Visit, seat: Seat) -> Signatory:
    return Signatory(seat.email, seat.name, visit.address, visit.request.headers.get("user-agent", ""))


@pages.get("/abonnement", "order")
def running(visit: Visit, seat: Seat) -> Answer:
    """The client's subscriptions, what may be done with each today, and what was accepted before."""
    return _running(visit, seat)


def _running(visit: Visit, seat: Seat, status: int = 200) -> Response:
    today = _today(visit)
    found = [_told(seat, one, today) for one in engaging.held(seat.conn, seat.whose)]
    return visit.page(
        "subscription.html", status, subscriptions=found, engagements=engaging.listed(seat.conn, seat.whose),
        names=recap.NAMES, states=recap.STATES, titles=TITLES, orders=engaging.may_order(seat.conn, seat.whose, today),
        done=DONE.get(visit.query.get("fait", ""), ""), standing=declarations.held(seat.conn, seat.whose),
    )  # fmt: skip


@pages.post("/abonnement/donnees-sensibles", "order", sure=True)
def declared(visit: Visit, seat: Seat) -> Answer:
    """The client's word on sensitive data; agents are published by it (6.2 f)."""
    if visit.form.get("sensibles") not in ("oui", "non"):
        visit.faults["sensibles"] = "Répondez par oui ou non."
        return _running(visit, seat, 422)
    engaging.declare(seat.conn, seat.whose, sensitive=visit.form["sensibles"] == "oui", by=seat.by, now=visit.now)
    return visit.go("/abonnement?fait=declaration")


def _told(seat: Seat, one: Held, today: date) -> dict[str, object]:
    """A subscription as its page has it: its calendar, its price, which endings are open, the price ahead."""
    found = plans.outlook(seat.conn, one.of, today)
    ahead = recap.next_price(one.facts, today)
    return {
        "of": one.of,
        "title": plans.get_plan(seat.conn, one.of.plan, one.of.plan_version).title,
        "calendar": found,
        "price": next(micros for since, micros in reversed(found.prices) if since <= max(today, one.of.starts_on)),
        "over": found.ends_on is not None and found.ends_on < today,
        "waits": one.waits,
        "endings": engaging.open_endings(seat.conn, seat.whose, one, today),
        "ahead": ahead,
        "accepted": ahead is not None and engaging.accepted_price(seat.conn, seat.whose, one, ahead[0]),
    }


@pages.get("/abonnement/formules", "order")
def compared(visit: Visit, seat: Seat) -> Answer:
    """What is offered, side by side."""
    return visit.page(
        "plans.html", offers=engaging.offers(seat.conn), support=SUPPORT, terms=bool(terms.listed(seat.conn)),
        orders=engaging.may_order(seat.conn, seat.whose, _today(visit)), no_terms=NO_TERMS,
    )  # fmt: skip


@pages.get("/abonnement/conditions", "order")
def read(visit: Visit, seat: Seat) -> Answer:
    """The terms, as they are accepted; a version by its name. Raises NotFound."""
    found = terms.get(seat.conn, visit.query.get("version", "")[:32])
    name = f"conditions-{found.version}.{'pdf' if found.kind == 'application/pdf' else 'txt'}"
    kind = found.kind if found.kind == "application/pdf" else "text/plain; charset=utf-8"
    return visit.file(terms.content(seat.conn, found.version), kind, name)


@pages.get("/abonnement/commander", "order")
def form(visit: Visit, seat: Seat) -> Answer:
    """The recap of what was chosen, the declaration, the terms, and the last button."""
    if not terms.listed(seat.conn) or not visit.query.get("formule"):
        return visit.go("/abonnement/formules")
    return _form(visit, seat, visit.query)


def _chosen(seat: Seat, given: Mapping[str, str]) -> tuple[Offer, list[str]]:
    """The offer and its options. Raises NotFound for an offer that is none."""
    offer = next((one for one in engaging.offers(seat.conn) if one.plan.name == given.get("formule", "")), None)
    if offer is None:
        raise NotFound("no such plan")
    return offer, [name for name in offer.plan.options if given.get(f"option-{name}") == "oui"]


def _form(visit: Visit, seat: Seat, given: Mapping[str, str], status: int = 200) -> Response:
    offer, options = _chosen(seat, given)
    found = terms.get(seat.conn)
    told = recap.order(seat.tenant_name, offer, options, _today(visit), found, None)
    return visit.page(
        "order.html", status, offer=offer, options=options, rows=recap.rows(told), shown=recap.digest(told),
        terms=found, typed=given, orders=engaging.may_order(seat.conn, seat.whose, _today(visit)),
    )  # fmt: skip


@pages.post("/abonnement/commander", "order", sure=True)
def place(visit: Visit, seat: Seat) -> Answer:
    """The order binds: it is kept with who, when, from where, and the hashes of what was shown and of the terms."""
    offer, options = _chosen(seat, visit.form)
    if visit.form.get("sensibles") not in ("oui", "non"):
        visit.faults["sensibles"] = "Répondez par oui ou non."
    if visit.form.get("conditions") != "oui":
        visit.faults["conditions"] = "Cochez la case pour commander : elle dit que vous acceptez les conditions."
    if visit.faults:
        return _form(visit, seat, visit.form, 422)
    try:
        engaging.order(
            seat.conn, seat.whose, seat.tenant_name, offer, options, terms.get(seat.conn),
            sensitive=visit.form["sensibles"] == "oui", shown=visit.form.get("montre", ""), who=_who(visit, seat),
            by=seat.by, now=visit.now,
        )  # fmt: skip
    except OfferChanged:
        visit.faults["form"] = "L'offre ou les conditions ont changé depuis : relisez, puis confirmez."
    except Refused:
        visit.faults["form"] = "Un abonnement court déjà, ou une commande est en cours."
    return _form(visit, seat, visit.form, 422) if visit.faults else visit.go("/abonnement?fait=commande")


def _subscription(seat: Seat, visit: Visit) -> Held:
    wanted = id_in(visit, "subscription")
    found = next((one for one in engaging.held(seat.conn, seat.whose) if one.of.id == wanted), None)
    if found is None:
        raise NotFound("no such subscription")
    return found


@pages.get("/abonnement/{subscription}/fin", "order")
def ending(visit: Visit, seat: Seat) -> Answer:
    """What an ending would do, with its dates, before the click."""
    return _ending(visit, seat, _subscription(seat, visit), visit.query.get("comment", "notice"))


def _ending(visit: Visit, seat: Seat, of: Held, how: str, status: int = 200) -> Response:
    chosen = cast(Ending, how if how in ENDINGS else "notice")
    after = recap.ended(of.facts, chosen, _today(visit))
    told = recap.ending(seat.tenant_name, of.of.plan, chosen, _today(visit), after) if after and not of.waits else {}
    return visit.page(
        "ending.html", status, of=of.of, how=chosen, titles=TITLES, rows=recap.rows(told), open=bool(told)
    )


@pages.post("/abonnement/{subscription}/fin", "order", sure=True)
def end(visit: Visit, seat: Seat) -> Answer:
    """It ends, on the date that was shown."""
    of, how = _subscription(seat, visit), visit.form.get("comment", "")
    if visit.form.get("certain") != "oui":
        visit.faults["certain"] = "Cochez la case : cela met fin à l'abonnement."
        return _ending(visit, seat, of, how, 422)
    try:
        engaging.end(seat.conn, seat.whose, seat.tenant_name, of, cast(Ending, how), who=_who(visit, seat), by=seat.by,
                     now=visit.now)  # fmt: skip
    except Refused:
        return _ending(visit, seat, of, how, 409)
    return visit.go("/abonnement?fait=fin")


@pages.post("/abonnement/{subscription}/prix", "order", sure=True)
def accept(visit: Visit, seat: Seat) -> Answer:
    """A new price is accepted."""
    of = _subscription(seat, visit)
    try:
        engaging.accept_price(seat.conn, seat.whose, seat.tenant_name, of, who=_who(visit, seat), by=seat.by,
                              now=visit.now)  # fmt: skip
    except Refused:
        return visit.go("/abonnement")
    return visit.go("/abonnement?fait=prix")


@pages.get("/abonnement/actes/{engagement}/preuve", "order")
def proven(visit: Visit, seat: Seat) -> Answer:
    """The proof of what was accepted, as a PDF, made beside the web's process."""
    found = engaging.get(seat.conn, id_in(visit, "engagement"))
    note(seat.conn, seat.by, "subscription.proof", f"engagement:{found.id}", seat.tenant_id)
    return lambda: visit.file(proof.pdf(found), "application/pdf", f"preuve-{found.id}.pdf")
