"""What was tried before: how often of late, and when it was refused. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, time, timedelta

from compliance.law.cases import Attempt, Case
from compliance.law.consenting import years_later as years_later
from compliance.law.places import Place
from compliance.law.rulebook import Rule
from compliance.law.shown import Ground
from compliance.law.switches import DEFAULT as DEFAULT
from compliance.law.switches import Switches as Switches


def frequency(case: Case, at: datetime, rules: Mapping[str, Rule]) -> Iterator[Ground]:
    """Called too often of late (W3)."""
    rule = rules.get("W3")
    if rule is None or len(case.history) < rule.parameters["most"]:
        return
    if len(recent(case.history, at, rule)) >= rule.parameters["most"]:
        yield "frequency_cap", rule


def recent(history: tuple[Attempt, ...], at: datetime, rule: Rule) -> list[datetime]:
    """The attempts of the last `days` before `at`, oldest first; one exactly that old no longer counts."""
    if not history:
        return []
    since = at - timedelta(days=rule.parameters["days"])
    return sorted(attempt.at for attempt in history if since < attempt.at < at)


def refusals(history: tuple[Attempt, ...], at: datetime) -> list[datetime]:
    """When the person refused, up to then."""
    return [attempt.at for attempt in history if attempt.result == "refused" and attempt.at <= at]


def whole_days_after(refused: datetime, days: int, places: tuple[Place, ...]) -> datetime:
    """The end of the last of so many calendar days after a refusal, in each place the person may be: the latest."""
    return max(
        datetime.combine(refused.astimezone(place.zone).date() + timedelta(days=days + 1), time(), place.zone)
        for place in places
    ).astimezone(UTC)
