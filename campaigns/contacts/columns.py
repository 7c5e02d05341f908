"""Which column of a table is what: by its name, else by what it holds; told before anything is written. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from campaigns.contacts.files.sheet import Cell, Row
from campaigns.contacts.repairing import number
from store.base.errors import BadInput

LOOKED_AT = 50
"""Rows by which a table is understood."""
_HEADINGS = 10
"""Rows among which the headings are looked for: tables have titles above them."""
_NAMES: dict[str, tuple[str, ...]] = {
    "phone": (
        "mobile", "portable", "tel mobile", "tel portable", "telephone mobile", "telephone portable", "gsm", "cell",
        "phone", "phone number", "telephone", "tel", "numero de telephone", "n de telephone", "num tel", "numero tel",
        "n tel", "no tel", "contact telephonique", "e164", "numero", "number", "telephone 1", "tel 1", "tel1",
        "tel fixe", "telephone fixe", "fixe", "tel domicile", "tel bureau",
    ),
    "name": ("nom complet", "nom et prenom", "nom prenom", "prenom nom", "full name", "name", "contact", "client"),
    "last_name": ("nom", "nom de famille", "last name", "surname", "nom usuel"),
    "first_name": ("prenom", "first name", "given name"),
    "company": ("societe", "entreprise", "raison sociale", "company", "organisation", "etablissement"),
    "postcode": ("code postal", "cp", "postcode", "zip", "zip code", "postal code", "codepostal"),
    "party": ("type de client", "party", "particulier ou professionnel"),
}  # fmt: skip
"""Field → headings, without case, accents and signs; of several that fit, the one named first is taken."""
_FIELD = re.compile(r"[a-z][a-z0-9_]{0,31}")
_HINT = "say which with --map phone=COLUMN: its heading, or its letter (A, B …)"


class BadColumns(BadInput):
    """The columns of a table cannot be told apart."""

    code = "bad_columns"


@dataclass(frozen=True, slots=True)
class Columns:
    """`at`: field → place, from 0. `headings`: as the file has them. `header`: their row; 0: there are none."""

    at: Mapping[str, int]
    headings: tuple[str, ...]
    header: int
    left_out: tuple[str, ...] = ()

    def told(self) -> dict[str, str]:
        """Field → the heading (or letter) it is read from."""
        return {field: self.headings[place] for field, place in self.at.items()}


def guess(rows: Sequence[Row], given: Mapping[str, str]) -> Columns:
    """The columns of a table that begins with `rows`. `given`: field → heading or letter, by the person.

    Raises BadColumns where none, or no single one, can be the telephone number.
    """
    for field in given:
        if not _FIELD.fullmatch(field):
            raise BadColumns(f"--map: {field!r} cannot be a field", hint="a-z, 0-9 and _, as in first_name")
    header = _header(rows, given)
    headings = _headings(rows, header)
    at = {field: _place(wanted, headings) for field, wanted in given.items()}
    for field in _NAMES:
        place = _named(field, headings) if header and field not in at else None
        if place is not None and place not in at.values():
            at[field] = place
    if "phone" not in at:
        at["phone"] = _by_content([row for row in rows if row.number > header], headings, set(at.values()))
    left_out = tuple(heading for place, heading in enumerate(headings) if place not in at.values() and heading)
    return Columns(at, tuple(headings), header, left_out)


def _header(rows: Sequence[Row], given: Mapping[str, str]) -> int:
    """The row of the headings: the first that names a telephone or a given column; 0 where a number stands first."""
    wanted = {_plain(name) for name in given.values()} | set(_NAMES["phone"])
    for row in rows[:_HEADINGS]:
        if wanted & {_plain(cell.text) for cell in row.cells}:
            return row.number
        if any(number(cell).e164 for cell in row.cells):
            return 0
    return rows[0].number if rows else 0


def _headings(rows: Sequence[Row], header: int) -> list[str]:
    width = max((len(row.cells) for row in rows), default=0)
    named = next((row.cells for row in rows if row.number == header), list[Cell]())
    texts = [cell.text.strip() for cell in named] + [""] * (width - len(named))
    return [text or (letter(place) if not header else "") for place, text in enumerate(texts)]


def _place(wanted: str, headings: Sequence[str]) -> int:
    """Where the column a person named stands. Raises BadColumns."""
    found = [place for place, heading in enumerate(headings) if _plain(heading) == _plain(wanted)]
    if not found and re.fullmatch(r"[A-Za-z]{1,2}", wanted):
        found = [place for place in range(len(headings)) if letter(place) == wanted.upper()]
    if len(found) == 1:
        return found[0]
    there = ", ".join(filter(None, headings)) or "none has a heading"
    raise BadColumns(
        f"--map: {'several columns are' if found else 'no column is'} called {wanted!r}", hint=f"columns: {there[:300]}"
    )


def _named(field: str, headings: Sequence[str]) -> int | None:
    plain = [_plain(heading) for heading in headings]
    for name in _NAMES[field]:
        places = [place for place, heading in enumerate(plain) if heading == name]
        if len(places) > 1 and field == "phone":
            raise BadColumns(f"several columns are called {headings[places[0]]!r}", hint=_HINT)
        if places:
            return places[0]
    return None


def _by_content(rows: Sequence[Row], headings: Sequence[str], taken: set[int]) -> int:
    """The one column that holds telephone numbers in most of its rows. Raises BadColumns."""

    def share(place: int) -> float:
        cells = [row.cells[place] for row in rows if place < len(row.cells) and row.cells[place].text.strip()]
        return sum(bool(number(cell).e164) for cell in cells) / len(cells) if cells else 0.0

    likely = [place for place in range(len(headings)) if place not in taken and share(place) > 0.5]
    if len(likely) == 1:
        return likely[0]
    if likely:
        which = ", ".join(headings[place] or letter(place) for place in likely)
        raise BadColumns(f"several columns hold telephone numbers: {which}", hint=_HINT)
    raise BadColumns("no column holds telephone numbers", hint=_HINT)


def letter(place: int) -> str:
    """A column's letter, as spreadsheets have it: 0 is A, 26 is AA."""
    return (letter(place // 26 - 1) if place >= 26 else "") + chr(65 + place % 26)


def _plain(name: str) -> str:
    """A heading for comparing: "Tél. mobile" → "tel mobile"."""
    bare = unicodedata.normalize("NFKD", name.lower().replace("n°", "n "))
    return " ".join(re.sub(r"[^a-z0-9]+", " ", "".join(c for c in bare if not unicodedata.combining(c))).split())


def cell(row: Row, columns: Columns, field: str) -> Cell:
    """The cell of a field in a row; an empty one where the row is shorter, or the table has no such column."""
    place = columns.at.get(field, len(row.cells))
    return row.cells[place] if place < len(row.cells) else Cell("")
