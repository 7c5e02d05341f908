"""The decision: may this call be placed, and if not, why, by which law, and when at the earliest.

A pure function of the case, the rules in force at its instant and the tenant's switches: no clock, no
input or output. Instants are UTC. What cannot be known counts against the call (it fails closed).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple

from compliance.law import numbers, windows
from compliance.law.cases import Attempt, Case, Consent, Slot
from compliance.law.days import last_working_day
from compliance.law.places import Place, plausible
from compliance.law.rulebook import PARIS, Rule, Rulebook, rulebook

Ground = tuple[str, Rule]
"""A reason to refuse, with the rule it comes from."""
TIMELY = frozenset(
    {"weekend", "public_holiday", "outside_hours", "unknown_location", "frequency_cap", "refused_recently"}
)
"""The reasons that pass with time alone."""
_TICK = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Switches:
    """Questions the law leaves open, answered by the tenant. The defaults are the table's answers."""

    local_holidays: bool = True
    """W2b: no call on local holidays (Alsace-Moselle, abolition of slavery overseas)."""
    ai_is_automate: bool = False
    """C15: an AI agent is an automated calling system: businesses must have consented too."""
    npv_exception: bool = False
    """N3: at most five numbers shown in 30 days, or calls made at most 20 % of calls received."""
    npv_new_overseas: bool = False
    """N6: the newer overseas ranges count as polyvalent numbers."""


DEFAULT = Switches()


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
    consent = _in_force(case.consent, at, call.book)
    found: list[Ground] = []
    if numbers.emergency(call.to) or numbers.premium(call.to):
        found.extend(_number(call, rules))
    hours = rules.get("W1")
    if hours is not None and not (consent and hours.parameters["consent_lifts"]):
        found.extend(_hours(call, at, rules))
    if case.history:
        found.extend(_frequency(case, at, rules))
    if case.history or case.opposed_at is not None:
        found.extend(_opposition(call, at, rules, consent=consent))
    if not consent:
        found.extend(_consent(call, at, rules))
        found.extend(_bloctel(case, at, rules))
    if case.sector is not None or case.purpose == "callback":
        found.extend(_sector(call, at, rules))
    found.extend(
        _identity(case.caller_id, case.automated, call.switches, rules.get("C12"), rules.get("N1"), rules.get("N4"))
    )
    if rule := rules.get("N12"):
        found.extend(_dear(case.caller_id, rule))
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
    slot = _slot(call.case.consent, at)
    if slot and slot.start <= at < slot.end:
        return []
    reasons = windows.closed(at, call.places, rules, local=call.switches.local_holidays)
    return [(reason, rules[_HOURS_RULE[reason]]) for reason in reasons]


def _slot(consent: Consent | None, at: datetime) -> Slot | None:
    """The time the person agreed to, unless they had not yet, or have since withdrawn."""
    if consent is None or not _given(consent, at) or _withdrawn(consent, at):
        return None
    return consent.agreed_slot


def _given(consent: Consent, at: datetime) -> bool:
    return consent.given_at < at


def _withdrawn(consent: Consent, at: datetime) -> bool:
    return consent.withdrawn_at is not None and consent.withdrawn_at <= at


_SHORTEST_YEAR = timedelta(days=364)


def _expired(consent: Consent, at: datetime, years: int) -> bool:
    if consent.expires_at is not None and at > consent.expires_at:
        return True
    if at - consent.given_at < years * _SHORTEST_YEAR:
        return False
    return at > years_later(consent.given_at, years)


@lru_cache(maxsize=4096)
def years_later(at: datetime, years: int) -> datetime:
    """The same date and clock time in Paris, years later; 28 February for the 29th."""
    here = at.astimezone(PARIS)
    day = 28 if (here.month, here.day) == (2, 29) else here.day
    return here.replace(year=here.year + years, day=day).astimezone(UTC)


def _in_force(consent: Consent | None, at: datetime, book: Rulebook) -> bool:
    """Given, not withdrawn, not older than its own end or than the year C7 allows.

    The year is applied before August 2026 too, where no law bounded a consent: the stricter reading.
    """
    if consent is None or not _given(consent, at) or _withdrawn(consent, at):
        return False
    return not _expired(consent, at, book.consent_years)


def _frequency(case: Case, at: datetime, rules: Mapping[str, Rule]) -> Iterator[Ground]:
    rule = rules.get("W3")
    if rule is None or len(case.history) < rule.parameters["most"]:
        return
    if len(_recent(case.history, at, rule)) >= rule.parameters["most"]:
        yield "frequency_cap", rule


def _recent(history: tuple[Attempt, ...], at: datetime, rule: Rule) -> list[datetime]:
    """The attempts of the last `days` before `at`, oldest first; one exactly that old no longer counts."""
    if not history:
        return []
    since = at - timedelta(days=rule.parameters["days"])
    return sorted(attempt.at for attempt in history if since < attempt.at < at)


def _refusals(history: tuple[Attempt, ...], at: datetime) -> list[datetime]:
    return [attempt.at for attempt in history if attempt.result == "refused" and attempt.at <= at]


def _opposition(call: _Call, at: datetime, rules: Mapping[str, Rule], *, consent: bool) -> Iterator[Ground]:
    case = call.case
    refusals = _refusals(case.history, at) if case.history else []
    rule = rules.get("W4")
    if rule and rule.reasons == ("refused_recently",):
        if refusals and at < _whole_days_after(max(refusals), rule.parameters["days"], call.places):
            yield "refused_recently", rule
    elif rule and refusals and not _newer_consent(case, max(refusals), consent):
        yield "opposed", rule
    rule = rules.get("O1")
    opposed = case.opposed_at
    if rule and opposed is not None and opposed <= at and not _newer_consent(case, opposed, consent):
        yield "opposed", rule


def _whole_days_after(refused: datetime, days: int, places: tuple[Place, ...]) -> datetime:
    """The end of the last of so many calendar days after a refusal, in each place the person may be: the latest."""
    return max(
        datetime.combine(refused.astimezone(place.zone).date() + timedelta(days=days + 1), time(), place.zone)
        for place in places
    ).astimezone(UTC)


def _newer_consent(case: Case, refused: datetime, in_force: bool) -> bool:
    return in_force and case.consent is not None and case.consent.given_at > refused


def _consent(call: _Call, at: datetime, rules: Mapping[str, Rule]) -> Iterator[Ground]:
    consent = call.case.consent
    given = consent is not None and _given(consent, at)
    if rule := rules.get("C15"):
        yield from _automate(call, at, rule)
    if not given or consent is None:
        if rule := rules.get("C1"):
            yield "no_consent", rule
        return
    rule = rules.get("C7")
    if rule and _expired(consent, at, rule.parameters["years"]):
        yield "consent_expired", rule
    rule = rules.get("C9")
    if rule and _withdrawn(consent, at):
        yield "consent_withdrawn", rule


def _automate(call: _Call, at: datetime, rule: Rule) -> Iterator[Ground]:
    bound = call.switches.ai_is_automate and call.case.automated
    if bound and not _in_force(call.case.consent, at, call.book):
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


@lru_cache(maxsize=4096)
def _identity(
    shown: str | None, automated: bool, switches: Switches, c12: Rule | None, n1: Rule | None, n4: Rule | None
) -> tuple[Ground, ...]:
    """What is wrong with the number shown. An agent shows few numbers, so each is looked at once."""
    if shown is None or numbers.masked(shown):
        return (("caller_id_masked", c12),) if c12 else ()
    number = numbers.read_shown(shown)
    if number is None:
        return (("caller_id_forbidden", c12),) if c12 else ()
    grounds: list[Ground] = [("caller_id_forbidden", c12)] if c12 and numbers.forbidden(number) else []
    if automated and number.french:
        if numbers.mobile(number):
            grounds += [("caller_id_mobile", n1)] if n1 else []
        elif n4 and not switches.npv_exception:
            polyvalent = numbers.npv(number, new_overseas=switches.npv_new_overseas)
            grounds += [] if polyvalent else [("caller_id_not_npv", n4)]
    return tuple(grounds)


@lru_cache(maxsize=4096)
def _dear(shown: str | None, rule: Rule) -> tuple[Ground, ...]:
    number = numbers.read_shown(shown) if shown is not None and not numbers.masked(shown) else None
    return (("caller_id_premium", rule),) if number is not None and numbers.dear(number, rule) else ()


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
        recent = _recent(call.case.history, at, rule)
        most: int = rule.parameters["most"]
        bounds.append(recent[len(recent) - most] + timedelta(days=rule.parameters["days"]))
    if "refused_recently" in reasons:
        rule = rules["W4"]
        bounds.append(_whole_days_after(max(_refusals(call.case.history, at)), rule.parameters["days"], call.places))
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
