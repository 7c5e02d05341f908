"""What differs between Asterisk's CDR of a call, ours, its charge and its invoice: facts in, differences out. Pure.

Asterisk counts whole seconds and drops the rest, we keep milliseconds: they agree when less than a second apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, NamedTuple

from billing.charges.lines import spell
from billing.documents.invoice import cents
from billing.rating.rating import SECOND, answered_seconds

Kind = Literal["missing", "extra", "duration_off", "uncharged", "unrated", "charge_off", "not_invoiced", "invoice_off"]


@dataclass(frozen=True, slots=True)
class Difference:
    """`what` says it in words; `call_id` or an invoice's number says where."""

    kind: Kind
    subject: str
    what: str
    tenant: str = ""


class Witness(NamedTuple):
    """Asterisk's CDR of a call: whether it was answered, and for how many whole seconds."""

    answered: bool
    seconds: int


class Known(NamedTuple):
    """What we hold of one call: our CDR, its charge as stored and as computed again, whether it is invoiced (or was
    paid from a prepaid balance)."""

    call_id: str
    tenant: str
    answered_at: int | None
    ended_at: int
    status: str | None
    charged_answered_seconds: int = 0
    amount_micros: int | None = None
    computed_micros: int | None = None
    reason: str | None = None
    invoiced: bool = False
    leg_of: str | None = None
    """The call that it is a leg of. Asterisk writes no CDR of whom it rings: that call's own covers it."""
    imported: bool = False
    """It was brought from elsewhere, and no file of the switch's CDRs was given: there is none to compare it with."""


@dataclass(frozen=True, slots=True)
class Billed:
    """An invoice: its usage lines, in cents, and the sum of the charges on it, in micro-euros."""

    number: str
    tenant: str
    lines_cents: int
    charges_micros: int


def reconcile(
    calls: Iterable[Known], witnesses: Mapping[str, Witness], invoices: Sequence[Billed],
    of_legs: Mapping[str, Witness] | None = None,
) -> list[Difference]:  # fmt: skip
    """Every difference: of calls that only Asterisk has, of ours in their order, of invoices.

    `of_legs`: Asterisk's CDRs of the calls that legs are of, by those calls' ids.
    """
    found: list[Difference] = []
    unseen = dict.fromkeys(witnesses)
    for call in calls:
        unseen.pop(call.call_id, None)
        witness = witnesses.get(call.call_id)
        if call.leg_of is not None and witness is None:
            found += of_call(call, (of_legs or {}).get(call.leg_of))
        elif not agrees(call, witness):
            found += of_call(call, witness)
    found[:0] = [Difference("missing", call_id, "Asterisk has a CDR of this call, we have none") for call_id in unseen]
    for invoice in invoices:
        expected = cents(Fraction(invoice.charges_micros, 10_000))
        if expected != invoice.lines_cents:
            what = f"its lines come to {invoice.lines_cents / 100:.2f}, its charges to {expected / 100:.2f}"
            found.append(Difference("invoice_off", invoice.number, what, invoice.tenant))
    return found


def agrees(call: Known, witness: Witness | None) -> bool:
    """Whether nothing differs, at a glance: of a million calls, nearly all. False does not say that something does."""
    if witness is None or not (call.invoiced or call.status == "unanswered") or call.answered_at is None:
        return (
            witness is not None
            and not witness.answered
            and call.answered_at is None
            and call.status == "unanswered"
            and not call.charged_answered_seconds
            and not witness.seconds
            and call.computed_micros in (None, call.amount_micros)
        )
    ours = call.ended_at - call.answered_at
    return (
        call.status == "rated"
        and witness.answered
        and -SECOND < ours - witness.seconds * SECOND < SECOND
        and call.charged_answered_seconds == (-(-ours // SECOND) or 1)
        and call.computed_micros == call.amount_micros
    )


def of_call(call: Known, witness: Witness | None) -> Iterator[Difference]:
    """What differs of one call."""

    def differs(kind: Kind, what: str) -> Difference:
        return Difference(kind, call.call_id, what, call.tenant)

    if witness is None and call.imported:
        pass
    elif witness is None:
        yield differs("extra", "we have a CDR of this call, Asterisk has none")
    elif call.leg_of is not None:
        if (beyond := _seconds(call) - witness.seconds) > 1:
            yield differs(
                "duration_off", f"this leg is {beyond} s longer than Asterisk's CDR of the call that it is of"
            )
    elif off := _duration_off(call, witness):
        yield differs("duration_off", f"ours is {abs(off)} s {'longer' if off > 0 else 'shorter'} than Asterisk's")
    if call.status is None:
        yield differs("uncharged", "its CDR is stored without a charge")
        return
    if call.status == "unrated":
        yield differs("unrated", call.reason or "no rate")
        return
    seconds = _seconds(call)
    if call.charged_answered_seconds != seconds:
        off = call.charged_answered_seconds - seconds
        yield differs("charge_off", f"charged for {abs(off)} s {'more' if off > 0 else 'less'} than the CDR says")
    elif call.computed_micros is not None and call.amount_micros != call.computed_micros:
        yield differs(
            "charge_off", f"charged {spell(call.amount_micros or 0)}, its tariff says {spell(call.computed_micros)}"
        )
    if call.status == "rated" and not call.invoiced:
        yield differs("not_invoiced", f"a charge of {spell(call.amount_micros or 0)} is on no invoice")


def _seconds(call: Known) -> int:
    if call.answered_at is None:
        return 0
    return answered_seconds(call.answered_at, call.ended_at)


def _duration_off(call: Known, witness: Witness) -> int:
    """By how many seconds ours is longer (below zero: shorter); 0 when less than a second apart."""
    ours = 0 if call.answered_at is None else call.ended_at - call.answered_at
    if (call.answered_at is None) == witness.answered:
        return round(ours / SECOND) - witness.seconds or (1 if call.answered_at else -1)
    difference = ours - witness.seconds * SECOND
    return 0 if abs(difference) < SECOND else difference // SECOND if difference > 0 else -(-difference // SECOND)
