"""What is shown before one binds oneself, its hash, and what an ending would do. Pure.

A recap is plain JSON: what is stored, hashed, drawn on the page and on the proof is the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal

from billing.plans.offered import Plan
from billing.plans.subscription import Calendar, SubscriptionFacts, add_months, calendar
from portal.words import THIN
from store.chain import canonical

Ending = Literal["notice", "withdrawal", "leave"]
ENDINGS: Sequence[Ending] = ("notice", "withdrawal", "leave")
MICRO = 1_000_000

NAMES: Mapping[str, str] = {
    "order": "Commande d'un abonnement", "notice": "Résiliation", "withdrawal": "Rétractation",
    "leave": "Départ avant un nouveau prix", "accept_price": "Acceptation d'un nouveau prix",
}  # fmt: skip
STATES: Mapping[str, str] = {"received": "enregistrement en cours", "done": "enregistrée", "refused": "refusée"}


@dataclass(frozen=True, slots=True)
class Offer:
    """A plan as it is offered today. `minutes`: in its tariff's bundle a month; None: it has none."""

    plan: Plan
    minutes: int | None


@dataclass(frozen=True, slots=True)
class Terms:
    """A version of the terms, without its content."""

    version: str
    sha256: str
    kind: str


def sum_of(micros: int) -> str:
    """Micro-euros as a decimal with two places: 49.00."""
    cents = (abs(micros) + 5_000) // 10_000
    return f"{'-' if micros < 0 else ''}{cents // 100}.{cents % 100:02d}"


def order(
    client: str, offer: Offer, options: Sequence[str], starts_on: date, terms: Terms, sensitive: bool | None
) -> dict[str, Any]:
    """An order. `options`: of the plan's; `sensitive`: whether the client's calls hold sensitive data (6.2 f), None
    while it has not said."""
    plan = offer.plan
    price = plan.monthly_micros + sum(plan.options[name] for name in options)
    found = calendar(SubscriptionFacts(starts_on, price), starts_on)
    return {
        "kind": "order",
        "client": client,
        "plan": plan.name,
        "version": plan.version,
        "title": plan.title,
        "options": sorted(options),
        "agents": plan.agents,
        "numbers": plan.numbers,
        "minutes": offer.minutes,
        "support": plan.support,
        "monthly_price": sum_of(price),
        "starts_on": starts_on.isoformat(),
        "first_period_ends": found.periods[0].ends.isoformat(),
        "committed_until": found.committed_until.isoformat(),
        "withdraw_until": found.withdraw_until.isoformat(),
        "terms": {"version": terms.version, "sha256": terms.sha256},
        "sensitive_data": sensitive,
    }


def ended(facts: SubscriptionFacts, how: Ending, on: date) -> Calendar | None:
    """What an ending on a day would come to: `ends_on`, `last_access_on`, `delete_from`, `refund_micros`; None where
    the contract does not allow it."""
    if (
        facts.withdrawn_on is not None
        or facts.notice_on is not None
        or facts.left_on is not None
        or on < facts.starts_on
    ):
        return None
    until = add_months(max(on, facts.starts_on), 2)
    before = calendar(facts, until)
    match how:
        case "notice":
            return calendar(replace(facts, notice_on=on), until)
        case "withdrawal":
            return calendar(replace(facts, withdrawn_on=on), until) if on <= before.withdraw_until else None
        case "leave":
            after = calendar(replace(facts, left_on=on), until)
            return after if after.ends_on != before.ends_on else None


def next_price(facts: SubscriptionFacts, today: date) -> tuple[date, int] | None:
    """(from which day, micro-euros a month) of a price that was announced and does not apply yet."""
    found = calendar(facts, today)
    return next(((since, micros) for since, micros in found.prices if since > today), None)


def ending(client: str, plan: str, how: Ending, on: date, after: Calendar) -> dict[str, Any]:
    """An ending as it is shown before the click."""
    return {
        "kind": how,
        "client": client,
        "plan": plan,
        "on": on.isoformat(),
        "ends_on": str(after.ends_on),
        "last_access_on": str(after.last_access_on),
        "data_deleted_from": str(after.delete_from),
        "refund": sum_of(after.refund_micros),
    }


def new_price(client: str, plan: str, since: date, micros: int) -> dict[str, Any]:
    """A new price as it is shown before it is accepted."""
    return {"kind": "accept_price", "client": client, "plan": plan, "from": since.isoformat(),
            "monthly_price": sum_of(micros)}  # fmt: skip


def digest(recap: Mapping[str, Any]) -> str:
    """SHA-256 of a recap in its one spelling, in hex."""
    return hashlib.sha256(canonical(recap).encode()).hexdigest()


LABELS: Mapping[str, str] = {
    "client": "Client", "title": "Formule", "options": "Options", "agents": "Agents compris",
    "numbers": "Numéros compris", "minutes": "Minutes comprises par mois", "support": "Support",
    "monthly_price": "Prix par mois, hors taxes", "starts_on": "Début",
    "first_period_ends": "Fin de la première période, due entière",
    "committed_until": "Engagement jusqu'au (douze mois, puis mois par mois)",
    "withdraw_until": "Rétractation possible jusqu'au", "sensitive_data": "Données sensibles", "plan": "Formule",
    "on": "Demandé le", "ends_on": "Fin du contrat", "last_access_on": "Dernier jour d'accès et d'export",
    "data_deleted_from": "Données supprimées à partir du", "refund": "Remboursement, hors taxes",
    "from": "À compter du",
}  # fmt: skip
"""Fact → how it is called; in the order of a recap's own facts."""
_SUPPORT = {"standard": "standard", "priority": "prioritaire"}


def rows(recap: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(name, value) of each fact that a reader is told, in French."""
    told: list[tuple[str, str]] = []
    for name, value in recap.items():
        if name in LABELS and value not in (None, [], "", "None") and not (name == "plan" and "title" in recap):
            told.append((LABELS[name], _value(name, value)))
    return told


def _value(name: str, value: Any) -> str:
    if name in ("monthly_price", "refund"):
        whole, _, cents = str(value).partition(".")
        return f"{int(whole):,}".replace(",", THIN) + f",{cents} €"
    if name == "sensitive_data":
        return "oui, déclarées" if value else "non"
    if name == "support":
        return _SUPPORT.get(str(value), str(value))
    if isinstance(value, list):
        return ", ".join(map(str, value))  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
    if isinstance(value, str) and len(value) == 10 and value[4] == value[7] == "-":
        return f"{date.fromisoformat(value):%d/%m/%Y}"
    return str(value)
