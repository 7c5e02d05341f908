"""What may be told, and what a message says: ids, instants, addresses; never words, sound or secrets. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from urllib.parse import quote
from uuid import UUID

from store.base.errors import BadInput

TEST = "hook.test"
"""The kind of a message that somebody asks for, to see whether it comes through."""

KINDS: Mapping[str, str] = {
    "call.ended": "un appel est terminé",
    "call.analysed": "le résumé d'un appel est prêt",
    "booking.made": "un rendez-vous est pris",
    "booking.cancelled": "un rendez-vous est annulé",
    "message.left": "un message est laissé",
    "agent.published": "une version d'un agent est publiée",
    "invoice.issued": "une facture est émise",
    "credit_note.issued": "un avoir est émis",
    "opposition.recorded": "une personne s'est opposée aux appels",
    "ticket.opened": "une demande d'assistance est ouverte",
    "ticket.answered": "une demande d'assistance a une réponse",
    "ticket.closed": "une demande d'assistance est close",
    "maintenance.planned": "une maintenance est prévue",
    "maintenance.begun": "une maintenance commence",
    "maintenance.over": "une maintenance est finie",
    "maintenance.cancelled": "une maintenance est annulée",
}
"""Kind of event → what it tells, as a person reads it."""

_PAGES: Mapping[str, str] = {
    "call": "/appels/{}", "booking": "/rendez-vous", "message": "/messages", "invoice": "/factures/{}",
    "credit_note": "/factures/{}", "opposition": "/conformite/oppositions", "hook": "/integrations",
    "ticket": "/support/{}", "maintenance": "/support",
}  # fmt: skip
_RESOURCES: Mapping[str, str] = {
    "call": "/api/v1/calls/{}", "invoice": "/api/v1/invoices/{}", "credit_note": "/api/v1/invoices/{}",
    "ticket": "/api/v1/tickets/{}",
}  # fmt: skip


def wanted(kinds: Iterable[str]) -> list[str]:
    """The kinds of events somebody asks for, in order, each once; all of them where none is named. Raises BadInput."""
    named = {kind.strip() for kind in kinds}
    if unknown := sorted(named - set(KINDS)):
        raise BadInput(f"event {unknown[0][:60]!r} is none", hint=f"one of {', '.join(KINDS)}", code="event_unknown")
    return [kind for kind in KINDS if kind in named or not named]


def message_id(delivery: UUID) -> str:
    """What a receiver knows a message by, at whichever try: no full stop is in it, as the signature needs."""
    return f"msg_{delivery.hex}"


def body(kind: str, subject: str, at: datetime, site: str) -> bytes:
    """A message: `type`, `timestamp`, `data` with the id and, where there are such, the page and the API's resource."""
    told = {"type": kind, "timestamp": instant(at), "data": {"id": subject, **_where(kind, subject, site.rstrip("/"))}}
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()


def _where(kind: str, subject: str, site: str) -> dict[str, str]:
    thing, named = kind.partition(".")[0], quote(subject, safe="")
    if thing == "agent":
        name, _, version = subject.partition("@")
        return {"page": f"{site}/agents/{quote(name, safe='')}/versions/{quote(version, safe='')}"}
    found = {"page": _PAGES.get(thing), "api": _RESOURCES.get(thing)}
    return {where: site + path.format(named) for where, path in found.items() if path}


def instant(at: datetime) -> str:
    """ISO 8601 in UTC, to the millisecond."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
