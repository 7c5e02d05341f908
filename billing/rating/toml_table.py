"""A TOML text read strictly: unknown keys, wrong types, negative prices are all reported, each with line and field."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import TypeVar, cast

from billing.rating.toml_lines import Lines, Place
from store.base.errors import BadInput

_PRICE = re.compile(r"(-?)([0-9]{1,12})(\.[0-9]{1,12})?", re.ASCII)

T = TypeVar("T")


def read_strictly(text: str, name: str, read: Callable[[Table], T], error_type: type[BadInput]) -> T:
    """What `read` makes of the text's top table; `name` is how messages call it. Raises `error_type`."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line = _line_of(str(error), text)
        raise error_type(f"{name}: line {line}: not TOML: {error}", hint="mend the line") from error
    except RecursionError:
        raise error_type(f"{name}: it is nested too deep", hint="mend its brackets") from None
    problems: list[tuple[Place, str]] = []
    found = read(Table(data, (), problems))
    if problems:
        lines = Lines(text)
        told = sorted({(lines.line(place), f"{_spell(place)}: {what}") for place, what in problems})
        raise error_type("\n".join(f"{name}: line {line}: {what}" for line, what in told))
    return found


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


class Table:
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

    def table(self, key: str) -> Table | None:
        value = self.get(key)
        if value is None:
            return None
        if isinstance(value, dict):
            return Table(cast("dict[str, object]", value), (*self.place, key), self.problems)
        self.wrong(key, f"must be a table: write [{key}]")
        return None

    def tables(self, key: str) -> list[Table]:
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
            Table(cast("dict[str, object]", item), (*self.place, key, number), self.problems)
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
