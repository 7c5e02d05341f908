"""Agents: which answers, what a version changes, its conversations; asking for validation, publishing, going back."""

from __future__ import annotations

import asyncio

from starlette.responses import Response

from agents import versions as operations
from agents.loading import loads
from agents.trial import TrialResult
from agents.versions import NotPublishable
from compliance.people.declarations import AgreementMissing, DeclarationMissing
from portal.door import Seat
from portal.reading import agents as reading
from portal.web.routes import Pages
from portal.web.visit import Answer, Visit
from store.agents import AgentVersion
from store.base.errors import BadInput, NotFound, Refused

pages = Pages()

DONE = {
    "brouillon": "C'est enregistré comme brouillon : rien ne change pour vos appelants avant la publication.",
    "demande": "La validation est demandée : une autre personne peut publier cette version.",
    "publie": "La version est publiée : elle répond aux appels dès maintenant.",
}

UNDECLARED = {
    "declaration_missing": "Il n'est pas encore déclaré si vos appels portent des données sensibles (conditions, "
    "6.2 f) : le titulaire du compte le déclare à la page Abonnement, puis cette version se publie.",
    "agreement_missing": "Vos appels portent des données sensibles, exclues sans l'accord écrit de votre opérateur "
    "(conditions, 6.2 f) : demandez-le-lui, puis cette version se publie.",
}
"""Code of an error → what a person reads."""


@pages.get("/agents", "agents_edit")
def listed(visit: Visit, seat: Seat) -> Answer:
    """The client's agents."""
    return visit.page("agents.html", cards=reading.cards(seat, visit.now), states=reading.STATES)


@pages.get("/agents/{agent}", "agents_edit")
def one(visit: Visit, seat: Seat) -> Answer:
    """One agent: its versions, and what may be done."""
    name = str(visit.request.path_params["agent"])
    found = reading.versions(seat, name)
    live = next((version for version in found if version.status == "live"), None)
    missed = len(reading.missed(seat, name, visit.now)) if "transcripts" in seat.rights else 0
    return visit.page("agent.html", name=name, versions=found, live=live, states=reading.STATES, missed=missed,
                      waiting=found[0] if live is None or found[0].version > live.version else None)  # fmt: skip


@pages.get("/agents/{agent}/versions/{version}", "agents_edit")
def version(visit: Visit, seat: Seat) -> Answer:
    """One version: what it changes of the one that answers."""
    return _version(visit, seat, _named(visit, seat))


def _named(visit: Visit, seat: Seat) -> AgentVersion:
    parts = visit.request.path_params
    return reading.version(seat, str(parts["agent"]), str(parts["version"]))


def _version(
    visit: Visit, seat: Seat, of: AgentVersion, status: int = 200, trials: list[TrialResult] | None = None
) -> Response:
    live = next((one for one in reading.versions(seat, of.agent) if one.status == "live"), None)
    before = live.yaml if live and live.version != of.version else None
    changes = reading.difference(before, of.yaml) if before is not None else []
    return visit.page(
        "version.html", status, version=of, live=live, changes=changes, states=reading.STATES, trials=trials,
        alone=(of.tested_by or "").lower() == seat.email, done=DONE.get(visit.query.get("fait", ""), ""),
        reason=visit.form.get("raison", ""),
    )  # fmt: skip


def held(visit: Visit, of: AgentVersion) -> list[TrialResult]:
    """Hold the version's scripted conversations, by rules and the encoder. Raises Refused where it has none."""
    return asyncio.run(operations.held(loads(of.yaml, of.agent), None, visit.portal.sense()))


@pages.get("/agents/{agent}/versions/{version}/conversations", "agents_test")
def conversations(visit: Visit, seat: Seat) -> Answer:
    """Its scripted conversations, held now."""
    found = _named(visit, seat)

    def drawn() -> Response:
        try:
            results = held(visit, found)
        except Refused:
            results = []
        return visit.page("trials.html", version=found, trials=results)

    return drawn


@pages.post("/agents/{agent}/versions/{version}/demander", "agents_test")
def ask(visit: Visit, seat: Seat) -> Answer:
    """Hold the conversations; as written, or read by who asks where they are not, it waits for another person."""
    found = _named(visit, seat)

    def done() -> Response:
        try:
            results = held(visit, found)
            failed = [result for result in results if not result.passed]
            if failed and visit.form.get("lu") != "oui":
                visit.faults["lu"] = "Des conversations ne se passent pas comme prévu : lisez-les, puis cochez la case."
        except Refused:
            results, failed = [], []
            if visit.form.get("lu") != "oui":
                visit.faults["lu"] = "Cet agent n'a aucune conversation écrite : essayez-le, puis cochez la case."
        with visit.portal.entered(visit.token, visit.now) as again:
            visit.seat = again
            if visit.faults:
                return _version(visit, again, found, 422, failed)
            try:
                operations.tested(again.conn, found, person=again.email, by=again.by)
            except Refused:
                visit.faults["form"] = "Une version publiée ou remplacée ne se valide plus : écrivez-en une nouvelle."
                return _version(visit, again, found, 409)
        return visit.go(f"/agents/{found.agent}/versions/{found.version}?fait=demande")

    return done


@pages.post("/agents/{agent}/versions/{version}/publier", "agents_publish", sure=True)
def publish(visit: Visit, seat: Seat) -> Answer:
    """It answers calls from now on; so also goes one back to an earlier version."""
    found = _named(visit, seat)
    alone = (found.tested_by or "").strip().lower() == seat.email
    if found.tested_by is None:
        visit.faults["form"] = "Personne n'a demandé la validation de cette version."
    elif alone and not visit.form.get("raison", "").strip():
        visit.faults["raison"] = (
            "Vous l'avez essayée vous-même : une autre personne la publie, ou vous écrivez pourquoi."
        )
    if visit.faults:
        return _version(visit, seat, found, 422)
    try:
        operations.publish(seat.conn, found, person=seat.email, by=seat.by, reason=visit.form.get("raison", ""))
    except (DeclarationMissing, AgreementMissing) as error:
        visit.faults["form"] = UNDECLARED[error.code]
        return _version(visit, seat, found, 422)
    except NotPublishable as error:
        visit.faults["form"] = f"Cette version ne dit pas ce que la loi demande : {error}"
        return _version(visit, seat, found, 422)
    except (BadInput, NotFound) as error:
        visit.fault(error)
        return _version(visit, seat, found, 422)
    return visit.go(f"/agents/{found.agent}/versions/{found.version}?fait=publie")
