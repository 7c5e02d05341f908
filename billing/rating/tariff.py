"""A tariff: what a call costs, as an operator writes it in TOML.

Reading is strict: an unknown key, a wrong type, a negative price, a window that ends before it begins, two windows
that share hours of a day or two rates for the same prefix and direction are errors, all of them reported with line
and field (docs/tariffs.md).
Prices are exact (`Fraction`); the file writes them as text, because a TOML float is not.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import cast
from zoneinfo import ZoneInfo

from billing.rating.toml_table import Table, read_strictly
from store.base.errors import BadInput
from store.base.parties import DIRECTIONS, Direction

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAYS = (*WEEKDAYS, "holiday")
MAX_DECIMALS = 12
PARIS = ZoneInfo("Europe/Paris")
LEGS = ("transfer", "fallback", "third_party")
"""Why a leg leaves a call. It is priced as outbound, unless the tariff lets it go free."""

_PREFIX = re.compile(r"(\+([1-9][0-9]{0,14})?)?", re.ASCII)
_CLOCK = re.compile(r"([01][0-9]|2[0-4]):([0-5][0-9])", re.ASCII)


class BadTariff(BadInput):
    """The tariff is wrong."""

    code = "bad_tariff"


@dataclass(frozen=True, slots=True)
class Window:
    """Hours of some days, in the tariff's time zone, in which another price holds.

    `begin` and `end` are seconds of the wall clock from midnight, `end` excluded, 0 ≤ begin < end ≤ 86400.
    """

    days: frozenset[str]
    begin: int
    end: int
    price_per_minute: Fraction


@dataclass(frozen=True, slots=True)
class Rate:
    """The price towards (or from) one prefix. `direction` None: both ways."""

    prefix: str
    direction: Direction | None
    price_per_minute: Fraction
    connection_fee: Fraction = Fraction(0)
    initial_seconds: int = 1
    increment_seconds: int = 1
    windows: tuple[Window, ...] = ()


@dataclass(frozen=True, slots=True)
class BundleTerms:
    """Seconds included in each calendar month (of the tariff's time zone), and for which calls."""

    seconds: int
    directions: tuple[Direction, ...] = DIRECTIONS
    prefixes: tuple[str, ...] = ("",)


@dataclass(frozen=True, slots=True)
class LegTerms:
    """Which legs that leave a call cost nothing: some kinds of `LEGS`, or those to numbers that begin so."""

    free: frozenset[str] = frozenset()
    free_prefixes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Tariff:
    """A whole tariff. `decimals`: digits a call's amount is rounded to, once, half up."""

    rates: tuple[Rate, ...]
    bundle: BundleTerms | None = None
    currency: str = "EUR"
    timezone: ZoneInfo = PARIS
    decimals: int = 4
    legs: LegTerms = LegTerms()


def read_tariff(path: Path) -> Tariff:
    """The tariff in a file. Raises BadTariff naming file, line and field of everything wrong."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise BadTariff(f"{path}: {error.strerror}", hint="give the path of a TOML tariff") from error
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise BadTariff(f"{path}: line {line}: not UTF-8 text", hint="save the file as UTF-8") from error
    return parse_tariff(text, str(path))


def parse_tariff(text: str, name: str = "tariff", *, stored: bool = False) -> Tariff:
    """The tariff a TOML text describes; `name` is how messages call it. Raises BadTariff.

    `stored`: it was taken once, and rates as it did: of two windows that share hours the first in the file holds.
    """
    return read_strictly(text, name, partial(_tariff, stored=stored), BadTariff)


def _tariff(top: Table, *, stored: bool) -> Tariff:
    currency = top.text("currency", "EUR")
    if not re.fullmatch(r"[A-Z]{3}", currency):
        top.wrong("currency", f"{currency!r} is not a currency code of ISO 4217 such as EUR")
    zone = _timezone(top)
    decimals = top.integer("decimals", 4, 0, MAX_DECIMALS)
    bundle_table = top.table("bundle")
    bundle = _bundle(bundle_table) if bundle_table else None
    legs_table = top.table("legs")
    legs = _legs(legs_table) if legs_table else LegTerms()
    tables = top.tables("rate")
    if "rate" not in top.data:
        top.wrong("rate", "missing: a tariff has at least one [[rate]]")
    rates = tuple(_rate(table) for table in tables)
    _refuse_twins(rates, tables)
    if not stored:
        for rate, table in zip(rates, tables, strict=True):
            _refuse_overlaps(rate.windows, table.tables("window"))
    top.close()
    return Tariff(rates, bundle, currency, zone, decimals, legs)


def _timezone(top: Table) -> ZoneInfo:
    name = top.text("timezone", "Europe/Paris")
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError):  # a folder's name, a path, an unknown name
        top.wrong("timezone", f"{name!r} is not a time zone such as Europe/Paris")
        return ZoneInfo("UTC")


def _bundle(table: Table) -> BundleTerms:
    seconds = table.integer("seconds", 0, 0, required=True)
    directions = table.texts("directions", DIRECTIONS)
    prefixes = table.texts("prefixes")
    for prefix in prefixes or ():
        _check_prefix(table, "prefixes", prefix)
    table.close()
    return BundleTerms(
        seconds, DIRECTIONS if directions is None else cast("tuple[Direction, ...]", directions), prefixes or ("",)
    )


def _legs(table: Table) -> LegTerms:
    free, prefixes = table.texts("free", LEGS), table.texts("free_prefixes")
    for prefix in prefixes or ():
        _check_prefix(table, "free_prefixes", prefix)
    table.close()
    return LegTerms(frozenset(free or ()), prefixes or ())


def _check_prefix(table: Table, key: str, prefix: str) -> None:
    if not _PREFIX.fullmatch(prefix):
        table.wrong(key, f"{prefix!r} is not the beginning of an E.164 number such as +33")


def _rate(table: Table) -> Rate:
    prefix = table.text("prefix", "")
    if "prefix" not in table.data:
        table.wrong("prefix", 'missing; write "" for every number')
    _check_prefix(table, "prefix", prefix)
    direction = table.text("direction", "")
    if "direction" in table.data and isinstance(table.data["direction"], str) and direction not in DIRECTIONS:
        table.wrong("direction", f"{direction!r} is none of {', '.join(DIRECTIONS)}")
    price = table.price("price_per_minute", required=True)
    fee = table.price("connection_fee", required=False)
    initial = table.integer("initial_seconds", 1, 1)
    increment = table.integer("increment_seconds", 1, 1)
    windows = tuple(_window(window) for window in table.tables("window"))
    table.close()
    named: Direction | None = next((way for way in DIRECTIONS if way == direction), None)
    return Rate(prefix, named, price, fee, initial, increment, windows)


def _window(table: Table) -> Window:
    days = table.texts("days", DAYS)
    begin = _clock(table, "from", "00:00")
    end = _clock(table, "to", "24:00")
    if begin is not None and end is not None and end <= begin:
        table.wrong("to", "the window ends before it begins; one that passes midnight is written as two")
    price = table.price("price_per_minute", required=True)
    table.close()
    return Window(frozenset(WEEKDAYS if days is None else days), begin or 0, end or 86400, price)


def _refuse_overlaps(windows: tuple[Window, ...], tables: list[Table]) -> None:
    """One hour of a day has one price. A holiday is a day of the week too: there the first in the file holds."""
    for number, (window, table) in enumerate(zip(windows, tables, strict=True)):
        for before, other in enumerate(windows[:number]):
            shared = [day for day in DAYS if day in window.days & other.days]
            if shared and window.begin < other.end and other.begin < window.end:
                begin, end = max(window.begin, other.begin), min(window.end, other.end)
                table.wrong("", f"{shared[0]} {_spelled(begin)} to {_spelled(end)} is in window[{before + 1}] too")
                break


def _spelled(seconds: int) -> str:
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}"


def _clock(table: Table, key: str, default: str) -> int | None:
    """Seconds from midnight of an `HH:MM` between 00:00 and 24:00; None when it is wrong."""
    value = table.text(key, default)
    found = _CLOCK.fullmatch(value)
    seconds = int(found.group(1)) * 3600 + int(found.group(2)) * 60 if found else 86401
    if seconds <= 86400:
        return seconds
    table.wrong(key, f"{value!r} is not a time of day between 00:00 and 24:00")
    return None


def _refuse_twins(rates: tuple[Rate, ...], tables: list[Table]) -> None:
    first: dict[tuple[str, str | None], int] = {}
    for number, (rate, table) in enumerate(zip(rates, tables, strict=True)):
        other = first.setdefault((rate.prefix, rate.direction), number)
        if other != number and "prefix" in table.data:
            way = rate.direction or "both directions"
            table.wrong("prefix", f"{rate.prefix!r} for {way} is already priced by rate[{other + 1}]")
