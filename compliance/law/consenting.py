"""What a consent is worth at an instant: given, withdrawn, expired, the time agreed to. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache

from compliance.law.cases import Consent, Slot
from compliance.law.rulebook import PARIS, Rulebook


def agreed(consent: Consent | None, at: datetime) -> Slot | None:
    """The time the person agreed to, unless they had not yet, or have since withdrawn."""
    if consent is None or not given(consent, at) or withdrawn(consent, at):
        return None
    return consent.agreed_slot


def given(consent: Consent, at: datetime) -> bool:
    """Whether it was given by then."""
    return consent.given_at < at


def withdrawn(consent: Consent, at: datetime) -> bool:
    """Whether it was withdrawn by then."""
    return consent.withdrawn_at is not None and consent.withdrawn_at <= at


_SHORTEST_YEAR = timedelta(days=364)


def expired(consent: Consent, at: datetime, years: int) -> bool:
    """Whether it is older than its own end, or than so many years."""
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


def in_force(consent: Consent | None, at: datetime, book: Rulebook) -> bool:
    """Given, not withdrawn, not older than its own end or than the year C7 allows.

    The year is applied before August 2026 too, where no law bounded a consent: the stricter reading.
    """
    if consent is None or not given(consent, at) or withdrawn(consent, at):
        return False
    return not expired(consent, at, book.consent_years)
