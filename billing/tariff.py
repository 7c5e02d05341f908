"""A tariff: what a call costs, as an operator writes it in TOML.

Reading is strict: an unknown key, a wrong type, a negative price, a window that ends before it begins
or two rates for the same prefix and direction are errors, all of them reported with line and field.
Prices are exact (`Fraction`); the file writes them as text, because a TOML float is not.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Literal, cast
from zoneinfo import ZoneInfo

from billing.toml_lines import Lines, Place
from store.errors import BadInput

Direction = Literal["inbound", "outbound"]
DIRECTIONS: tuple[Direction, ...] = ("inbound", "outbound")
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAYS = (*WEEKDAYS, "holiday")
MAX_DECIMALS = 12
PARIS = ZoneInfo("Europe/Paris")

_PREFIX = re.compile(r"(\+([1-9][0-9]{0,14})?)?", re.ASCII)
_PRICE = re.compile(r"(-?)([0-9]{1,12})(\.[0-9]{1,12})?", re.ASCII)
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
class Tariff:
    """A whole tariff. `decimals`: digits a call's amount is rounded to, once, half up."""

    rates: tuple[Rate, ...]
    bundle: BundleTerms | None = None
    currency: str = "EUR"
    timezone: ZoneInfo = PARIS
    decimals: int = 4


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


def parse_tariff(text: str, name: str = "tariff") -> Tariff:
    """The tariff a TOML text describes; `name` is how messages call it. Raises BadTariff."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line = _line_of(str(error), text)
        raise BadTariff(f"{name}: line {line}: not TOML: {error}", hint="mend the line") from error
    problems: list[tuple[Place, str]] = []
    tariff = _tariff(_Table(data, (), problems))
    if problems or tariff is None:
        lines = Lines(text)
        found = sorted({(lines.line(place), f"{_spell(place)}: {what}") for place, what in problems})
        raise BadTariff("\n".join(f"{name}: line {line}: {what}" for line, what in found))
    return tariff


def as_price(value: object) -> Fraction | str:
    """A price written as text, exactly; or, as text, what is wrong with it."""
    if not isinstance(value, str):
        return f'must be a decimal in quotes such as "0.12", not {_kind(value)}'
    found = _PRICE.fullmatch(value)
    if not found:
        return f"{value!r} is not a decimal such as 0.12 (at most 12 digits each side)"
    return f"{value} is negative; a price is 0 or more" if found.group(1) else Fraction(value)


def _line_of(message: str, text: str) -> int:
    found = re.search(r"at line (\d+)", message)
    return int(found.group(1)) if found else text.rstrip("\n").count("\n") + 1


def _spell(place: Place) -> str:
    """`("rate", 0, "prefix")` as people write it: `rate[1].prefix` (counted from 1)."""
    spelled = ""
    for part in place:
        spelled += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if spelled else part
    return spelled


class _Table:
    """One TOML table being read: each getter notes what is wrong and answers with something usable."""

    def __init__(self, data: Mapping[str, object], place: Place, problems: list[tuple[Place, str]]) -> None:
        self.data, self.place, self.problems = data, place, problems
        self.known: set[str] = set()

    def wrong(self, key: str, what: str) -> None:
        self.problems.append(((*self.place, key) if key else self.place, what))

    def get(self, key: str, *, required: bool = False) -> object:
        self.known.add(key)
        if required and key not in self.data:
            self.wrong(key, "missing")
        return self.data.get(key)

    def text(self, key: str, default: str) -> str:
        value = self.get(key)
        if value is None:
            return default
        if isinstance(value, str):
            return value
        self.wrong(key, f"must be text in quotes, not {_kind(value)}")
        return default

    def integer(self, key: str, default: int, least: int, most: int = 10**12, *, required: bool = False) -> int:
        value = self.get(key, required=required)
        if value is None:
            return default
        if not isinstance(value, int) or isinstance(value, bool):
            self.wrong(key, f"must be a whole number, not {_kind(value)}")
        elif value < least:
            self.wrong(key, f"is {value}; the least is {least}")
        elif value > most:
            self.wrong(key, f"is {value}; the most is {most}")
        else:
            return value
        return default

    def price(self, key: str, *, required: bool) -> Fraction:
        """A price as text, exact; never negative."""
        value = self.get(key, required=required)
        if value is None:
            return Fraction(0)
        found = as_price(value)
        if isinstance(found, Fraction):
            return found
        self.wrong(key, found)
        return Fraction(0)

    def texts(self, key: str, allowed: tuple[str, ...] = ()) -> tuple[str, ...] | None:
        """A list of texts (each among `allowed`, when given); None when the key is absent."""
        value = self.get(key)
        if value is None:
            return None
        items = cast("list[object]", value) if isinstance(value, list) else []
        texts = tuple(item for item in items if isinstance(item, str))
        if not items or len(texts) != len(items):
            self.wrong(key, "must be a list of one or more texts")
        for item in texts:
            if allowed and item not in allowed:
                self.wrong(key, f"{item!r} is none of {', '.join(allowed)}")
        return texts

    def table(self, key: str) -> _Table | None:
        value = self.get(key)
        if value is None:
            return None
        if isinstance(value, dict):
            return _Table(cast("dict[str, object]", value), (*self.place, key), self.problems)
        self.wrong(key, f"must be a table: write [{key}]")
        return None

    def tables(self, key: str) -> list[_Table]:
        value = self.get(key)
        items = cast("list[object]", value) if isinstance(value, list) else []
        if value is not None and (not items or not all(isinstance(item, dict) for item in items)):
            self.wrong(
                key,
                f"must be tables: write [[{'.'.join(k for k in self.place if isinstance(k, str))}"
                f"{'.' if self.place else ''}{key}]] before each",
            )
            return []
        return [
            _Table(cast("dict[str, object]", item), (*self.place, key, number), self.problems)
            for number, item in enumerate(items)
        ]

    def close(self) -> None:
        """Whatever was not asked for is unknown."""
        for key in self.data.keys() - self.known:
            self.wrong(key, f"unknown key; known here: {', '.join(sorted(self.known))}")


def _kind(value: object) -> str:
    names: dict[type, str] = {
        bool: "a truth value",
        int: "a number",
        float: "a number",
        str: "text",
        list: "a list",
        dict: "a table",
    }
    return names.get(type(value), f"a {type(value).__name__}")


def _tariff(top: _Table) -> Tariff | None:
    currency = top.text("currency", "EUR")
    if not re.fullmatch(r"[A-Z]{3}", currency):
        top.wrong("currency", f"{currency!r} is not a currency code of ISO 4217 such as EUR")
    zone = _timezone(top)
    decimals = top.integer("decimals", 4, 0, MAX_DECIMALS)
    bundle_table = top.table("bundle")
    bundle = _bundle(bundle_table) if bundle_table else None
    tables = top.tables("rate")
    if "rate" not in top.data:
        top.wrong("rate", "missing: a tariff has at least one [[rate]]")
    rates = tuple(_rate(table) for table in tables)
    _refuse_twins(rates, tables)
    top.close()
    return Tariff(rates, bundle, currency, zone, decimals)


def _timezone(top: _Table) -> ZoneInfo:
    name = top.text("timezone", "Europe/Paris")
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError):  # a folder's name, a path, an unknown name
        top.wrong("timezone", f"{name!r} is not a time zone such as Europe/Paris")
        return ZoneInfo("UTC")


def _bundle(table: _Table) -> BundleTerms:
    seconds = table.integer("seconds", 0, 0, required=True)
    directions = table.texts("directions", DIRECTIONS)
    prefixes = table.texts("prefixes")
    for prefix in prefixes or ():
        _check_prefix(table, "prefixes", prefix)
    table.close()
    return BundleTerms(
        seconds, DIRECTIONS if directions is None else cast("tuple[Direction, ...]", directions), prefixes or ("",)
    )


def _check_prefix(table: _Table, key: str, prefix: str) -> None:
    if not _PREFIX.fullmatch(prefix):
        table.wrong(key, f"{prefix!r} is not the beginning of an E.164 number such as +33")


def _rate(table: _Table) -> Rate:
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


def _window(table: _Table) -> Window:
    days = table.texts("days", DAYS)
    begin = _clock(table, "from", "00:00")
    end = _clock(table, "to", "24:00")
    if begin is not None and end is not None and end <= begin:
        table.wrong("to", "the window ends before it begins; one that passes midnight is written as two")
    price = table.price("price_per_minute", required=True)
    table.close()
    return Window(frozenset(WEEKDAYS if days is None else days), begin or 0, end or 86400, price)


def _clock(table: _Table, key: str, default: str) -> int | None:
    """Seconds from midnight of an `HH:MM` between 00:00 and 24:00; None when it is wrong."""
    value = table.text(key, default)
    found = _CLOCK.fullmatch(value)
    seconds = int(found.group(1)) * 3600 + int(found.group(2)) * 60 if found else 86401
    if seconds <= 86400:
        return seconds
    table.wrong(key, f"{value!r} is not a time of day between 00:00 and 24:00")
    return None


def _refuse_twins(rates: tuple[Rate, ...], tables: list[_Table]) -> None:
    first: dict[tuple[str, str | None], int] = {}
    for number, (rate, table) in enumerate(zip(rates, tables, strict=True)):
        other = first.setdefault((rate.prefix, rate.direction), number)
        if other != number and "prefix" in table.data:
            way = rate.direction or "both directions"
            table.wrong("prefix", f"{rate.prefix!r} for {way} is already priced by rate[{other + 1}]")
