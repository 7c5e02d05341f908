"""CSV for people: what a French spreadsheet opens as it was meant, and no program's contract (that is JSON lines).

UTF-8 with its mark, semicolons; decimals with a comma, so that they are numbers; telephone numbers and other digits
that are no quantity as text; instants in local time, with the zone in the heading; texts that would be formulas made
harmless (OWASP, CSV injection). `compliance.ledgers.tabular` reads it back.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

MARK = "\ufeff"
"""The byte order mark by which Excel knows UTF-8."""

PARIS = ZoneInfo("Europe/Paris")

_DECIMAL = re.compile(r"-?\d{1,15}\.\d+")
_DIGITS = re.compile(r"\+?\d{6,}|0\d+")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)")
_FORMULA = "=+-@\t\r"


def written(rows: Sequence[Mapping[str, object]], columns: Sequence[str], *, zone: ZoneInfo = PARIS) -> str:
    """The whole file: a heading, then a line a row. `zone`: in which instants are told."""
    file = io.StringIO()
    writer = csv.writer(file, delimiter=";", lineterminator="\r\n")
    writer.writerow([_heading(column, [row.get(column) for row in rows], zone) for column in columns])
    writer.writerows([cell(row.get(column), zone) for column in columns] for row in rows)
    return MARK + file.getvalue()


def lines(
    rows: Iterable[Mapping[str, object]],
    columns: Sequence[str],
    *,
    instants: Collection[str] = (),
    zone: ZoneInfo = PARIS,
) -> Iterator[str]:
    """A file that is too long to be held, line by line. `instants`: the columns whose heading tells the zone."""
    file = io.StringIO()
    writer = csv.writer(file, delimiter=";", lineterminator="\r\n")
    writer.writerow([f"{column} ({zone.key})" if column in instants else column for column in columns])
    yield MARK + file.getvalue()
    for row in rows:
        file.seek(0)
        file.truncate()
        writer.writerow([cell(row.get(column), zone) for column in columns])
        yield file.getvalue()


def cell(value: object, zone: ZoneInfo = PARIS) -> str:
    """One value as a spreadsheet in France takes it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "oui" if value else "non"
    if isinstance(value, Decimal | float):
        return str(value).replace(".", ",")
    if isinstance(value, datetime):
        return _local(value, zone)
    text = str(value)
    if isinstance(value, int):
        return text
    if _INSTANT.fullmatch(text):
        return _local(datetime.fromisoformat(text), zone)
    if _DECIMAL.fullmatch(text):
        return text.replace(".", ",")
    if _DIGITS.fullmatch(text):
        return f'="{text}"'  # what Excel and LibreOffice show as the text it is, sign and zero kept
    return f"'{text}" if text[:1] and text[:1] in _FORMULA else text


def read_cell(text: str) -> str:
    """What `cell` wrote, as it was: the dress of digits and of defused formulas taken off."""
    if match := re.fullmatch(r'="(\+?\d+)"', text):
        return match[1]
    return text[1:] if text[:1] == "'" and text[1:2] and text[1:2] in _FORMULA else text


def _heading(column: str, values: Iterable[object], zone: ZoneInfo) -> str:
    """The column's name; where it holds instants, the zone they are told in."""
    told = any(
        (isinstance(value, datetime) and value.tzinfo) or (isinstance(value, str) and _INSTANT.fullmatch(value))
        for value in values
    )
    return f"{column} ({zone.key})" if told else column


def _local(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone) if at.tzinfo else at:%d/%m/%Y %H:%M:%S}"
