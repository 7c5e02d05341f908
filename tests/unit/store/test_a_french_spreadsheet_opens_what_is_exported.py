"""CSV for people: accents, decimals, telephone numbers, instants and formulas, as a French spreadsheet takes them."""

from __future__ import annotations

import csv
import re
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from store.base.spreadsheet import MARK, cell, lines, read_cell, written

ROOT = Path(__file__).parents[3]


def opened(text: str) -> list[list[str]]:
    """The cells as a spreadsheet with semicolons reads them."""
    assert text.startswith(MARK)
    return list(csv.reader(text.removeprefix(MARK).splitlines(), delimiter=";"))


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("accueil-été", "accueil-été"),
        ("0.1234", "0,1234"),
        (Decimal("-12.50"), "-12,50"),
        (1.5, "1,5"),
        (42, "42"),
        (None, ""),
        (True, "oui"),
        ("+33639980123", '="+33639980123"'),
        ("0639980123", '="0639980123"'),
        ("007", '="007"'),
        ("2026", "2026"),
        ('=HYPERLINK("http://evil")', '\'=HYPERLINK("http://evil")'),
        ("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"),
        ("-2+3", "'-2+3"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("-12.50", "-12,50"),
        (datetime(2026, 7, 14, 21, 30, tzinfo=UTC), "14/07/2026 23:30:00"),
        ("2026-12-24T22:59:59+00:00", "24/12/2026 23:59:59"),
    ],
)
def test_a_value_is_shown_as_it_was_meant(value: object, shown: str) -> None:
    assert cell(value) == shown


def test_the_heading_says_in_which_zone_times_are() -> None:
    rows = [{"started_at": "2026-07-14T21:30:00+00:00", "caller": "+33639980123", "price": "0.1234"}]
    heading, line = opened(written(rows, ["started_at", "caller", "price"]))
    assert heading == ["started_at (Europe/Paris)", "caller", "price"]
    assert line == ["14/07/2026 23:30:00", '="+33639980123"', "0,1234"]


@pytest.mark.parametrize("value", ["+33639980123", "0639980123", "=1+1", "-2+3", "plain", "'quoted", "l'été", ""])
def test_what_was_written_is_read_back(value: str) -> None:
    assert read_cell(cell(value)) == value


def test_no_other_place_writes_csv_for_people() -> None:
    machines = {"compliance/ledgers/bloctel.py"}  # Bloctel's own format
    found = {
        str(path.relative_to(ROOT))
        for folder in ("agents", "ari_app", "billing", "compliance", "store")
        for path in (ROOT / folder).rglob("*.py")
        if re.search(r"csv\.(?:Dict)?[wW]riter", path.read_text(encoding="utf-8"))
    }
    assert found == machines | {"store/base/spreadsheet.py"}


def test_a_long_file_is_written_line_by_line_as_a_short_one_is() -> None:
    told = {"number": "+33612345678", "at": "2026-11-20T09:00:00+00:00", "text": "=1+1"}
    rows = [told, {"number": "0612", "text": "a;b"}]
    whole = written(rows, ("number", "at", "text"))
    assert "".join(lines(rows, ("number", "at", "text"), instants=("at",))) == whole
