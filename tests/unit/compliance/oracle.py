"""A second decision, written from the table of reasons alone: slow, plain, sharing no code with the engine
but the shape of a case. Mainland numbers and a few postcodes only."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import holidays

PARIS = ZoneInfo("Europe/Paris")
ZONES = {"13006": PARIS, "67000": PARIS, "97400": ZoneInfo("Indian/Reunion"), "98742": ZoneInfo("Pacific/Marquesas")}
NPV = ("0162", "0163", "0270", "0271", "0377", "0378", "0424", "0425", "0568", "0569", "0948", "0949")
HOUSING = ("energy_renovation", "renewable_energy", "housing_adaptation")


def paris(year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day, tzinfo=PARIS)


def when(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text).astimezone(UTC) if text else None


@cache
def kept(year: int, subdiv: str | None = None) -> frozenset[date]:
    return frozenset(holidays.country_holidays("FR", subdiv=subdiv, years=year))


def is_holiday(day: date, postcode: str) -> bool:
    local = postcode == "97400" and (day.month, day.day) == (12, 20)
    return local or day in kept(day.year, "57" if postcode == "67000" else None)


def in_force(consent: dict[str, Any] | None, at: datetime) -> bool:
    return bool(consent) and not consent_faults(consent, at)


def whole_days_after(refused: datetime, days: int, zone: ZoneInfo) -> datetime:
    """Midnight after so many whole days: "soixante jours calendaires révolus"."""
    return datetime.combine(refused.astimezone(zone).date(), datetime.min.time(), zone) + timedelta(days=days + 1)


def consent_faults(consent: dict[str, Any] | None, at: datetime) -> set[str]:
    if not consent or when(consent["given_at"]) >= at:  # type: ignore[operator]
        return {"no_consent"}
    faults: set[str] = set()
    given = datetime.fromisoformat(consent["given_at"]).astimezone(PARIS)
    year_later = given.replace(year=given.year + 1, day=28 if (given.month, given.day) == (2, 29) else given.day)
    if at > year_later or (consent["expires_at"] and at > when(consent["expires_at"])):  # type: ignore[operator]
        faults.add("consent_expired")
    if consent["withdrawn_at"] and when(consent["withdrawn_at"]) <= at:  # type: ignore[operator]
        faults.add("consent_withdrawn")
    return faults


def reasons(case: dict[str, Any]) -> list[str]:
    at = when(case["at"])
    assert at is not None
    new_law = at >= paris(2026, 8, 11)
    consumer, purpose, consent = case["party"] == "consumer", case["purpose"], case["consent"]
    valid = in_force(consent, at)
    solicits = purpose in ("canvassing", "contract", "press")
    found: set[str] = set()

    # hours
    slot = consent and consent["agreed_slot"]
    agreed = (
        slot
        and not consent_faults(consent, at) & {"no_consent", "consent_withdrawn"}
        and when(slot["from"]) <= at < when(slot["to"])  # type: ignore[operator]
    )
    if consumer and purpose != "service" and at >= paris(2023, 3, 1) and not agreed and (new_law or not valid):
        here = at.astimezone(ZONES[case["postcode"]])
        if here.weekday() >= 5:
            found.add("weekend")
        if is_holiday(here.date(), case["postcode"]):
            found.add("public_holiday")
        if not found and not (10 <= here.hour < 13 or 14 <= here.hour < 20):
            found.add("outside_hours")

    # history
    past = [(when(each["at"]), each["result"]) for each in case["history"]]
    capped = consumer and solicits and at >= paris(2023, 3, 1)  # D223-9 began then
    if capped and sum(timedelta(0) < at - t < timedelta(days=30) for t, _ in past) >= 4:  # type: ignore[operator]
        found.add("frequency_cap")
    refused = [t for t, result in past if result == "refused" and t <= at]  # type: ignore[operator]
    if capped and not new_law and any(at < whole_days_after(t, 60, ZONES[case["postcode"]]) for t in refused):  # type: ignore[operator]
        found.add("refused_recently")
    against = [t for t in [when(case["opposed_at"])] if t and t <= at] + (refused if new_law else [])
    if solicits and any(not (valid and when(consent["given_at"]) > t) for t in against):  # type: ignore[operator]
        found.add("opposed")

    # consent, sectors, requests, Bloctel
    if new_law and consumer and purpose == "canvassing":
        found |= consent_faults(consent, at)
    asked = when((case["request"] or {}).get("at"))
    if purpose == "callback" and (asked is None or asked >= at):
        found.add("no_request")
        asked = None
    if (
        case["sector"] in HOUSING[:2]
        and consumer
        and purpose == "canvassing"
        and paris(2020, 7, 26) <= at
        and not new_law
    ):
        found.add("banned_sector")
    if case["sector"] in HOUSING and consumer and new_law:
        late = purpose == "callback" and asked is not None and too_late(asked, at, ZONES[case["postcode"]])
        if purpose == "canvassing" or late:
            found.add("banned_sector")
    if case["sector"] == "training_account" and at >= paris(2022, 12, 21) and purpose not in ("contract", "service"):
        found.add("banned_sector")
    if consumer and purpose == "canvassing" and not new_law and not valid:
        checked = when((case["bloctel"] or {}).get("checked_at"))
        if case["bloctel"] and case["bloctel"]["listed"]:
            found.add("bloctel_listed")
        if checked is None or checked > at or at - checked > timedelta(days=30):
            found.add("bloctel_unchecked")

    # the number shown
    shown = case["caller_id"]
    if shown is None:
        if at >= paris(2016, 8, 1):
            found.add("caller_id_masked")
    elif case["automated"] and at >= paris(2023, 1, 1):
        national = shown.replace("+33", "0")
        if national[:2] in ("06", "07"):
            found.add("caller_id_mobile")
        elif not national.startswith(NPV):
            found.add("caller_id_not_npv")
    return sorted(found)


def too_late(asked: datetime, at: datetime, zone: ZoneInfo) -> bool:
    day, last, left = asked.astimezone(zone).date(), at.astimezone(zone).date(), 5
    while left:
        day += timedelta(days=1)
        left -= day.isoweekday() < 7 and day not in kept(day.year)
    return last > day
