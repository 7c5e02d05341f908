"""Which line of a TOML text a value stands on: `tomllib` reads values but keeps no positions.

A scan of the text's statements, not a second parser: it is only asked about texts that `tomllib` has
already accepted. A place is a path such as `("rate", 1, "window", 0, "from")`; what stands inside an
inline table or array is found at the line its statement begins on.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from typing import cast

Place = tuple[str | int, ...]

_LEXEME = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}'  # strings of several lines, basic and literal
    r"|'''.*?'{3,5}"
    r'|"(?:\\.|[^"\\\n])*"|' + r"'[^'\n]*'" + r"|\#[^\n]*|[\[\]{}=\n]|[^\[\]{}=\n\"'\#]+",
    re.DOTALL,
)


class Lines:
    """The lines of one TOML text's tables and values."""

    def __init__(self, text: str) -> None:
        self._at: dict[Place, int] = {}
        arrays: dict[Place, int] = {}
        table: Place = ()
        for line, statement, is_header in _statements(text):
            if not is_header:
                self._at.setdefault(table + _keys(statement), line)
                continue
            is_array = statement.startswith("[[")
            table = _resolve(_keys(statement.strip("[] \t\r")), arrays, is_array)
            self._at.setdefault(table, line)

    def line(self, place: Place) -> int:
        """The line of `place`, or of the nearest thing around it; 1 for the document itself."""
        while place and place not in self._at:
            place = place[:-1]
        return self._at.get(place, 1)


def _resolve(keys: Place, arrays: dict[Place, int], is_array: bool) -> Place:
    """The path of a header: each array of tables met on the way stands for its latest table."""
    place: Place = ()
    for position, key in enumerate(keys):
        place = (*place, key)
        last = position == len(keys) - 1
        if last and is_array:
            arrays[place] = arrays.get(place, -1) + 1
        if place in arrays:
            place = (*place, arrays[place])
    return place


def _keys(text: str) -> Place:
    """The parts of a key as TOML writes it: bare, quoted or dotted."""
    inner: object = tomllib.loads(f"{text} = 0")
    keys: list[str] = []
    while isinstance(inner, dict):
        key, inner = next(iter(cast("dict[str, object]", inner).items()))
        keys.append(key)
    return tuple(keys)


def _statements(text: str) -> Iterator[tuple[int, str, bool]]:
    """Each statement's line, its key or header, and whether it is a header."""
    line, depth, start, key, in_key = 1, 0, 1, "", True
    for match in _LEXEME.finditer(text):
        lexeme = match.group()
        if lexeme == "\n" and (depth == 0 or (in_key and key.startswith("["))):  # the statement ends
            if in_key and key.strip().startswith("["):
                yield start, key.strip(), True
            line, depth, key, in_key = line + 1, 0, "", True
            start = line
            continue
        line += lexeme.count("\n")
        if lexeme.startswith("#"):
            continue
        if lexeme == "=" and in_key and not key.strip().startswith("["):
            yield start, key.strip(), False
            in_key = False
        elif in_key:
            key += lexeme
        elif lexeme in "[{":
            depth += 1
        elif lexeme in "]}":
            depth -= 1
    if in_key and key.strip().startswith("["):
        yield start, key.strip(), True
