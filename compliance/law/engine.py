"""The decision: may this call be placed, and if not, why, by which law, and when at the earliest.

A pure function of the case, the rules in force at its instant and the tenant's switches: no clock, no
input or output. Instants are UTC. What cannot be known counts against the call (it fails closed).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from compliance.law import consenting, history, numbers, shown, windows
from compliance.law.cases import Case
from compliance.law.days import last_working_day
from compliance.law.places import Place, plausible
from compliance.law.rulebook import Rule, Rulebook, rulebook
from compliance.law.shown import Ground
from compliance.law.switches import DEFAULT as DEFAULT
from compliance.law.switches import Switches as Switches

TIMELY = frozenset(
    {"weekend", "public_holiday", "outside_hours", "unknown_location", "frequency_cap", "refused_recently"}
)
"""The reasons that pass with time alone."""
_TICK = timedelta(microseconds=1)


class Decision(NamedTuple):  # made for each case: see `cases.Attempt`
    """The answer. `reasons` and `law` are sorted; `rules` are the versions that refused."""

    id: str | int | None
    allowed: bool
    reasons: tuple[str, ...]
    law: tuple[str, ...]
    next_allowed_at: datetime | None
    rules: tuple[Rule, ...] = ()

    def as_json(self) -> dict[str, object]:
        """The answer of `decroche compliance check`."""
        later = self.next_allowed_at
        return {
            "id": self.id,
            "allowed": self.allowed,
            "reasons": list(self.reasons),
            "law": list(self.law),
            "next_allowed_at": later.isoformat() if later else None,
        }


@dataclass(slots=True)  # not frozen: made for each decision, and freezing costs
class _Call:
    """A case with what its numbers tell."""

    case: Case
    to: numbers.Number
    places: tuple[Place, ...]
    switches: Switches
    book: Rulebook


def decide(case: Case, switches: Switches = DEFAULT, book: Rulebook | None = None) -> Decision:
    """Whether the call may be placed at `case.at`; every reason that applies, not just the first."""
    book = book or rulebook()
    to = numbers.read(case.to)
    if to is None:
        return _decision(case, [("invalid_number", book.latest("T1"))], None)
    call = _Call(case, to, plausible(to, case.postcode), switches, book)
    grounds = _grounds(call, case.at)
    if not grounds:
        return Decision(case.id, allowed=True, reasons=(), law=(), next_allowed_at=None)
    later = _next_allowed(call, grounds)
    return _decision(case, grounds, later.astimezone(call.places[0].zone) if later else None)


def _decision(case: Case, grounds: list[Ground], later: datetime | None) -> Decision:
    reasons, law, rules = _sorted(tuple(grounds))
    return Decision(case.id, allowed=False, reasons=reasons, law=law, next_allowed_at=later, rules=rules)


@lru_cache(maxsize=4096)
def _sorted(grounds: tuple[Ground, ...]) -> tuple[tuple[str, ...], tuple[str, ...], tuple[Rule, ...]]:
    """The reasons, the references and the rules of these grounds, each once, in order."""
    rules = {rule.version: rule for _, rule in grounds}
    reasons = sorted({reason for reason, _ in grounds})
    law = sorted({rule.reference for rule in rules.values()})
    return tuple(reasons), tuple(law), tuple(rules[version] for version in sorted(rules))


def _grounds(call: _Call, at: datetime) -> list[Ground]:
    """Every reason to refuse at an instant; none for a lawful call. What cannot apply is not asked."""
    case = call.case
    rules = call.book.covering(at, case.party, case.purpose)
    consent = consenting.in_force(case.consent, at, call.book)
    found: list[Ground] = []
    if numbers.emergency(call.to) or numbers.premium(call.to):
        found.extend(_number(call, rules))
    hours = rules.get("W1")
    if hours is not None and not (consent and hours.parameters["consent_lifts"]):
        found.extend(_hours(call, at, rules))
    if case.history:
        found.extend(history.frequency(case, at, rules))
    if case.history or case.opposed_at is not None:
        found.extend(_opposition(call, at, rules, consent=consent))
    if not consent:
        found.extend(_consent(call, at, rules))
        found.extend(_bloctel(case, at, rules))
    if case.sector is not None or case.purpose == "callback":
        found.extend(_sector(call, at, rules))
    found.extend(
        shown.identity(
            case.caller_id, case.automated, call.switches, rules.get("C12"), rules.get("N1"), rules.get("N4")
        )
    )
    if rule := rules.get("N12"):
        found.extend(shown.dear(case.caller_id, rule))
    return found


def _number(call: _Call, rules: Mapping[str, Rule]) -> Iterator[Ground]:
    if numbers.emergency(call.to):
        yield "emergency_number", rules["T3"]
    if premium := numbers.premium(call.to):
        yield "premium_number", rules[premium]


_HOURS_RULE = {
    "weekend": "W1",
    "outside_hours": "W1",
    "public_holiday": "W2",
    "unknown_location": "W2c",
}


def _hours(call: _Call, at: datetime, rules: Mapping[str, Rule]) -> list[Ground]:
    slot = consenting.agreed(call.case.consent, at)
    if slot and slot.start <= at < slot.end:
        return []
    reasons = windows.closed(at, call.places, rules, local=call.switches.local_holidays)
    return [(reason, rules[_HOURS_RULE[reason]]) for reason in reasons]


def _opposition(call: _Call, at: datetime, rules: Mapping[str, Rule], *, consent: bool) -> Iterator[Ground]:
    case = call.case
    refusals = history.refusals(case.history, at) if case.history else []
    rule = rules.get("W4")
    if rule and rule.reasons == ("refused_recently",):
        if refusals and at < history.whole_days_after(max(refusals), rule.parameters["days"], call.places):
            yield "refused_recently", rule
    elif rule and refusals and not _newer_consent(case, max(refusals), consent):
        yield "opposed", rule
    rule = rules.get("O1")
    opposed = case.opposed_at
    if rule and opposed is not None and opposed <= at and not _newer_consent(case, opposed, consent):
        yield "opposed", rule


def _newer_consent(case: Case, refused: datetime, in_force: bool) -> bool:
    return in_force and case.consent is not None and case.consent.given_at > refused


def _consent(call: _Call, at: datetime, rules: Mapping[str, Rule]) -> Iterator[Ground]:
    consent = call.case.consent
    given = consent is not None and consenting.given(consent, at)
    if rule := rules.get("C15"):
        yield from _automate(call, at, rule)
    if not given or consent is None:
        if rule := rules.get("C1"):
            yield "no_consent", rule
        return
    rule = rules.get("C7")
    if rule and consenting.expired(consent, at, rule.parameters["years"]):
        yield "consent_expired", rule
    rule = rules.get("C9")
    if rule and consenting.withdrawn(consent, at):
        yield "consent_withdrawn", rule


def _automate(call: _Call, at: datetime, rule: Rule) -> Iterator[Ground]:
    bound = call.switches.ai_is_automate and call.case.automated
    if bound and not consenting.in_force(call.case.consent, at, call.book):
        yield "no_consent", rule


def _sector(call: _Call, at: datetime, rules: Mapping[str, Rule]) -> Iterator[Ground]:
    case = call.case
    for rule_id in ("C5", "C13"):
        rule = rules.get(rule_id)
        if rule and case.sector in rule.parameters["sectors"]:
            yield "banned_sector", rule
    if case.purpose != "callback":
        return
    if case.requested_at is None or case.requested_at >= at:
        yield "no_request", rules["C6b"]
        return
    rule = rules.get("C6")
    if rule and case.sector in rule.parameters["sectors"] and _too_late(call, case.requested_at, at, rule):
        yield "banned_sector", rule


def _too_late(call: _Call, requested: datetime, at: datetime, rule: Rule) -> bool:
    """Whether the working days to call back are over, in any place the person may be in."""
    national, count = call.book.latest("W2"), rule.parameters["working_days"]
    return any(
        at.astimezone(place.zone).date() > last_working_day(requested.astimezone(place.zone).date(), count, national)
        for place in call.places
    )


def _bloctel(case: Case, at: datetime, rules: Mapping[str, Rule]) -> Iterator[Ground]:
    rule = rules.get("B1")
    if rule is None:
        return
    answer = case.bloctel
    if answer is not None and answer.listed:
        yield "bloctel_listed", rule
    checked = answer.checked_at if answer is not None and answer.listed is not None else None
    if checked is None or checked > at or at - checked > timedelta(days=rule.parameters["days"]):
        yield "bloctel_unchecked", rule


def _next_allowed(call: _Call, grounds: list[Ground]) -> datetime | None:
    """The first later instant at which nothing refuses; None where something else than time does.

    Each step jumps to the earliest instant at which all the reasons found may have passed, and never
    over a change of the law; no lawful instant lies between two steps.
    """
    at = call.case.at
    while grounds:
        if not all(reason in TIMELY for reason, _ in grounds):
            return None
        later = _lifted(call, at, grounds)
        if later is None:
            return None
        change = call.book.next_change(at)
        at = min(later, change) if change else later
        grounds = _grounds(call, at)
    return at


def _lifted(call: _Call, at: datetime, grounds: list[Ground]) -> datetime | None:
    """A lower bound, later than `at`, of the instant at which all these reasons have passed."""
    bounds: list[datetime] = []
    rules = call.book.covering(at, call.case.party, call.case.purpose)
    reasons = {reason for reason, _ in grounds}
    if reasons & _HOURS_RULE.keys():
        opening = _opening(call, at, rules)
        if opening is None:
            return None
        bounds.append(opening)
    if "frequency_cap" in reasons:
        rule = rules["W3"]
        recent = history.recent(call.case.history, at, rule)
        most: int = rule.parameters["most"]
        bounds.append(recent[len(recent) - most] + timedelta(days=rule.parameters["days"]))
    if "refused_recently" in reasons:
        rule = rules["W4"]
        bounds.append(
            history.whole_days_after(max(history.refusals(call.case.history, at)), rule.parameters["days"], call.places)
        )
    return max(bounds)


def _opening(call: _Call, at: datetime, rules: Mapping[str, Rule]) -> datetime | None:
    """The next lawful hour, or the beginning of what the person agreed to, whichever comes first."""
    opening = windows.next_open(at, call.places, rules, local=call.switches.local_holidays)
    candidates = [] if opening is None else [opening]
    consent = call.case.consent
    if consent is not None:
        if consent.given_at >= at:
            candidates.append(consent.given_at + _TICK)
        elif consent.agreed_slot is not None and consent.agreed_slot.start > at:
            candidates.append(consent.agreed_slot.start)
    return min(candidates, default=None)
