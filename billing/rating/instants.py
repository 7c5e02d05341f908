"""ISO 8601 instants by the thousand: texts in, µs of UTC since 1970 out, without a step of Python for each.

Reads the form machines write (RFC 3339 with T, at most 6 decimals, Z or ±HH:MM). Anything else, good or bad, is left to
a careful reader: `UNREAD`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
_Bytes = NDArray[np.uint8]

NEVER = -(1 << 62)
"""For an empty text: nobody answered."""
UNREAD = NEVER - 1

_SECONDS = 19  # 2026-10-06T08:00:00
_LONGEST = 32  # with .123456+02:00
_SIGNS = ((4, "-"), (7, "-"), (10, "T"), (13, ":"), (16, ":"))
_BEFORE_MONTH = np.array([0, 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, *[0] * 87], dtype=np.int64)
_MONTH_DAYS = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31, *[0] * 87], dtype=np.int64)
_SECOND = 1_000_000


def instants(texts: Sequence[str]) -> Ints:
    """The µs of each text; NEVER for an empty one, UNREAD for one not of the plain form or not of 1970 to 9998."""
    found = np.full(len(texts), UNREAD, dtype=np.int64)
    if not len(texts):
        return found
    # one byte more than the longest: a longer text is cut there, and so seen to be too long
    cut = np.array(texts, dtype=f"S{_LONGEST + 1}")
    characters: _Bytes = cut.view(np.uint8).reshape(len(texts), _LONGEST + 1)
    lengths = (characters != 0).sum(axis=1)
    found[lengths == 0] = NEVER
    for length in np.unique(lengths).tolist():
        rows = np.flatnonzero(lengths == length)
        utc = characters[rows, max(length, 1) - 1] == ord("Z")
        for mine, zone in ((rows[utc], 1), (rows[~utc], 6)):
            fraction = length - _SECONDS - zone
            if len(mine) and (fraction == 0 or 2 <= fraction <= 7):
                found[mine] = _read(characters if len(mine) == len(texts) else characters[mine], fraction, zone)
    return found


def _read(characters: _Bytes, fraction: int, zone: int) -> Ints:
    """Texts of one shape: so many characters of fraction (its point included) and of zone."""
    digits = characters - np.uint8(ord("0"))
    fine = np.ones(len(characters), dtype=np.bool_)
    signs = [*_SIGNS, *([(_SECONDS, ".")] if fraction else [])]
    offset = _SECONDS + fraction
    signs += [(offset, "Z")] if zone == 1 else [(offset + 3, ":")]
    for place, sign in signs:
        fine &= characters[:, place] == ord(sign)
    known = {place for place, _ in signs} | ({offset} if zone == 6 else set[int]())
    for place in range(offset + zone):
        if place not in known:
            fine &= digits[:, place] <= 9

    def number(first: int, last: int) -> Ints:
        value = digits[:, first].astype(np.int64)
        for place in range(first + 1, last):
            value = value * 10 + digits[:, place]
        return value

    year, month, day = number(0, 4), number(5, 7) % 100, number(8, 10)
    hour, minute, second = number(11, 13), number(14, 16), number(17, 19)
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    fine &= (year >= 1970) & (year <= 9998)
    fine &= (day >= 1) & (day <= _MONTH_DAYS[month] + (leap & (month == 2)))
    fine &= (hour <= 23) & (minute <= 59) & (second <= 59)
    past = year - 1
    days = past * 365 + past // 4 - past // 100 + past // 400 - 719_162  # the days up to 1970
    days += _BEFORE_MONTH[month] + (leap & (month > 2)) + day - 1
    seconds = ((days * 24 + hour) * 60 + minute) * 60 + second
    if zone == 6:
        sign = characters[:, offset]
        hours, minutes = number(offset + 1, offset + 3), number(offset + 4, offset + 6)
        fine &= ((sign == ord("+")) | (sign == ord("-"))) & (hours <= 23) & (minutes <= 59)
        seconds -= np.where(sign == ord("-"), -60, 60) * (hours * 60 + minutes)
    found = seconds * _SECOND
    if fraction:
        found += number(_SECONDS + 1, offset) * 10 ** (7 - fraction)
    return np.where(fine, found, UNREAD)
