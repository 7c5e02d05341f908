"""Thresholds: what sets off an alert, what looks like fraud, what must wait for other calls to end. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from billing.charges.lines import spell
from billing.charges.running import NOTHING, Running
from store.base.numbering import country, read


@dataclass(frozen=True, slots=True)
class Limits:
    """What sets off what, and where the client is told. Amounts are micro-euros before tax; 0 switches a limit off."""

    bundle_percents: Sequence[int] = (80, 100)
    alert_micros: Sequence[int] = ()
    month_cap_micros: int = 0
    calls_a_minute: int = 60
    calls_at_once: int = 30
    spend_an_hour_micros: int = 100_000_000
    known_countries: Sequence[str] = ("FR", "GP", "MQ", "GF", "RE", "YT", "BL", "MF")
    """Besides those called before. The islands of the Pacific, Saint-Pierre and Monaco are dear: they are new."""
    new_country_suspends: bool = True
    email: str = ""
    webhook: str = ""
    phone: str = ""
    low_balance_micros: int = 5_000_000
    """A prepaid client is told when less than this is left of its balance."""


@dataclass(frozen=True, slots=True)
class Spent:
    """A month so far, the last minute and hour of outbound calls, and those in progress."""

    bundle_used: int = 0
    bundle_included: int = 0
    month_micros: int = 0
    calls_last_minute: int = 0
    micros_last_hour: int = 0
    running: Running = NOTHING


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to tell once: `about` names the occasion."""

    kind: str
    about: str
    audience: Literal["client", "operator"]
    body: dict[str, Any]


def alerts(limits: Limits, before: Spent, after: Spent, month: date) -> list[Notice]:
    """What crossing a threshold has people told: the bundle's percents, the client's amounts, the cap."""
    told: list[Notice] = []
    name = f"{month:%Y-%m}"
    for percent in limits.bundle_percents:
        mark = after.bundle_included * percent
        if mark and before.bundle_used * 100 < mark <= after.bundle_used * 100:
            body = {"percent": percent, "used": after.bundle_used, "included": after.bundle_included}
            told.append(Notice("bundle", f"{name} {percent} %", "client", body))
    for amount in limits.alert_micros:
        if before.month_micros < amount <= after.month_micros:
            body = {"amount": spell(after.month_micros), "month": name, "limit": spell(amount)}
            told.append(Notice("amount", f"{name} {spell(amount)}", "client", body))
    cap = limits.month_cap_micros
    if cap and before.month_micros < cap <= after.month_micros:
        told.append(Notice("cap", name, "client", {"cap": spell(cap), "amount": spell(after.month_micros)}))
    return told


def fraud(limits: Limits, spent: Spent, country: str, seen: Sequence[str]) -> str:
    """Why outbound is to be suspended before this call; '' when nothing is odd."""
    if limits.calls_a_minute and spent.calls_last_minute >= limits.calls_a_minute:
        return f"{spent.calls_last_minute} outbound calls in a minute, {limits.calls_a_minute} allowed"
    hour = spent.micros_last_hour + spent.running.so_far
    if limits.spend_an_hour_micros and hour >= limits.spend_an_hour_micros:
        return f"{spell(hour)} spent in an hour, {spell(limits.spend_an_hour_micros)} allowed"
    if limits.new_country_suspends and country not in limits.known_countries and country not in seen:
        return f"first call to a new destination country, {country or 'unknown'}"
    return ""


def crowded(limits: Limits, spent: Spent) -> str:
    """Why this call must wait for others to end; '' when it need not. It suspends nothing.

    Calls in progress count for all that they may yet come to: none of them can be taken back.
    """
    calls, hour = spent.running.calls, spent.micros_last_hour + spent.running.at_most
    if limits.calls_at_once and calls >= limits.calls_at_once:
        return f"{calls} outbound calls are in progress, {limits.calls_at_once} allowed"
    most, cap = limits.spend_an_hour_micros, limits.month_cap_micros
    if most and calls and hour >= most:
        return f"{calls} calls in progress may bring the hour to {spell(hour)}, {spell(most)} allowed"
    if cap and calls and spent.month_micros + spent.running.at_most >= cap:
        return f"{calls} calls in progress may reach the month's cap of {spell(cap)}"
    return ""


def country_of(e164: str) -> str:
    """ISO 3166-1 code of a number's country; '' when it has none (satellite, bad number)."""
    number = read(e164)
    return country(number) if number else ""
