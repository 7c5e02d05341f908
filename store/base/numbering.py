"""The numbering plan: what a telephone number is, however it is written. The one place where numbers are read.

A number is read once, at the door, into a `Number`; everything else asks that. The dialplan is rendered from the same
rows (`REWRITES`, `SPECIAL`), so that a call and a command cannot disagree. Sources: ITU-T E.164; the French plan
(ARCEP 2018-0881 and its amendments); CPCE L33-1 and D98-8 for emergency calls.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

SPECIAL = (
    "15", "17", "18", "112", "113", "114", "115", "119", "191", "196", "197", "3114",
    "116000", "116006", "116111", "116117",
)  # fmt: skip
"""Emergency and social numbers (rule T3)."""

OVERSEAS = {
    "262": ("262", "263", "269", "639", "692", "693"),
    "590": ("590", "690", "691"),
    "594": ("594", "694"),
    "596": ("596", "696", "697"),
}
"""Country code → how its national numbers of nine digits begin (rule T2): dialled from France with a 0 before."""

FICTION = "63998"
"""The mainland's range for works of fiction, though 0639 is Mayotte's."""

FRENCH = frozenset({33, 262, 590, 594, 596, 508, 681, 687, 689})
"""Country codes of the French territories."""

NINE_DIGITS = frozenset({33, 262, 590, 594, 596})
"""Those whose national numbers have nine digits, and may be dialled with ten from France."""

SHORT = (r"1\d", r"1[01]\d", r"19[167]", r"10\d\d", r"3\d\d\d", r"116\d\d\d", r"118\d\d\d")
"""What a short code looks like: dialled as it is, and of no country."""

_PREFIX = {prefix: int(code) for code, prefixes in OVERSEAS.items() for prefix in prefixes}
_CODES = {f"+{code}": code for code in NINE_DIGITS}
_SHORT = re.compile("|".join(SHORT))
_SEPARATORS = re.compile(r"[\s.\-()/\u00a0\u202f\u2010-\u2015]+")


class Number(NamedTuple):  # made a million times in a campaign: no slower kind of record
    """A possible number. `national` has no leading zero; a `short` one has no country code of its own."""

    e164: str
    code: int
    national: str
    short: bool = False

    @property
    def french(self) -> bool:
        """Of a French territory, short codes among them."""
        return self.code in FRENCH


class Rewrite(NamedTuple):
    """A way of writing: an Asterisk pattern, how many of its first characters go, what stands there instead.

    `again`: what comes out is read once more.
    """

    pattern: str
    drop: int
    put: str
    again: bool = False


def _rewrites() -> tuple[Rewrite, ...]:
    fiction, overseas = f"{FICTION}XXXX", [(c, f"{p}XXXXXX") for c, ps in OVERSEAS.items() for p in ps]
    return (
        *(Rewrite(f"+33{short}", 3, "") for short in SPECIAL),
        *(Rewrite(f"0033{short}", 4, "") for short in SPECIAL),
        Rewrite("00X.", 2, "+", again=True),
        Rewrite("+330[1-9]XXXXXXXX", 4, "+33", again=True),  # +33 (0)6 12 34 56 78
        Rewrite("330[1-9]XXXXXXXX", 3, "+33", again=True),
        Rewrite("33[1-9]XXXXXXXX", 0, "+", again=True),
        *(Rewrite(f"{code}{rest}", 0, "+") for code, rest in overseas),
        Rewrite(f"0{fiction}", 1, "+33"),
        *(Rewrite(f"0{rest}", 1, f"+{code}") for code, rest in overseas),
        Rewrite("0508[2-9]XXXXX", 4, "+508"),
        Rewrite("0[1-9]XXXXXXXX", 1, "+33"),
        Rewrite(f"+33{fiction}", 0, ""),
        *(Rewrite(f"+33{rest}", 3, f"+{code}") for code, rest in overseas),  # a list's +33 before 692…: Réunion
    )


REWRITES = _rewrites()
"""How what is dialled becomes E.164 or a short code; the first that fits. What fits none stays as it is."""


def _regex(pattern: str) -> str:
    return pattern.replace("+", r"\+").replace(".", "[0-9]+").replace("X", "[0-9]")


_COMPILED = [(re.compile(_regex(row.pattern)), row) for row in REWRITES]


def rewrite(dialled: str) -> str:
    """`dialled` as the dialplan writes it inside: E.164, a short code, or, where no way of writing fits, its digits.

    Everything but digits and + is passed over. Empty: it is no number at all.
    """
    number = "".join(c for c in dialled if c.isascii() and (c.isdigit() or c == "+"))
    for _ in range(3):
        found = next((row for pattern, row in _COMPILED if pattern.fullmatch(number)), None)
        if found is None:
            break
        number = found.put + number[found.drop :]
        if not found.again:
            break
    return number if re.fullmatch(r"\+?[0-9]+", number) else ""


@lru_cache(maxsize=4096)  # a long list is read once a number: more would only be kept for nothing
def read(text: str) -> Number | None:
    """The number written in `text`, as people in France write it, or None when it is not a possible one.

    `06 12 34 56 78`, `+33 (0)6…`, `0033…`, E.164, `tel:…`, a short code. `0692…` and `+33692…` are both Réunion's.
    """
    code = _CODES.get(text[:-9])
    if code and text[-9] in "12345679" and text.isascii() and text[-9:].isdigit():
        national = text[-9:]  # the common case: phonenumbers would say the same, slowly
        if code != 33 or national[:3] not in _PREFIX or national.startswith(FICTION):
            return Number(text, code, national)
    compact = _SEPARATORS.sub("", text).removeprefix("tel:").removeprefix("sip:")
    if not re.fullmatch(r"\+?[0-9]{2,20}", compact):
        return None
    written = rewrite(compact)
    bare = written.removeprefix("+33")
    if _SHORT.fullmatch(bare):
        return Number(bare, 33, bare, short=True)
    if written.startswith("+") and _CODES.get(written[:-9]) and written[-9] in "12345679":
        return Number(written, _CODES[written[:-9]], written[-9:])
    return _possible(written)


def e164(text: str, *, field: str = "number", region: str = "FR") -> str:
    """`text` in E.164: international, or national as written in `region` (ISO 3166-1; FR: 01 62 00 12 34).

    Raises BadInput naming `field` when it is no possible number, or a short code, which has no E.164 form.
    """
    number = read(text) if region == "FR" else _possible(_SEPARATORS.sub("", text), region)
    if number is None or number.short or not re.fullmatch(r"\+[1-9][0-9]{5,14}", number.e164):
        raise not_a_number(text, field)
    return number.e164


def not_a_number(text: str, field: str) -> Exception:
    """The error for what is no number: which field, what was written, how to write it."""
    from store.base.errors import BadInput

    return BadInput(f"{field}: {text!r} is not a phone number", hint="write +33162001234, or 01 62 00 12 34")


def country(number: Number) -> str:
    """ISO 3166-1 code of the territory a number belongs to; '' where it has none (satellites, shared revenue)."""
    import phonenumbers

    if number.short:
        return "FR"
    try:
        return phonenumbers.region_code_for_number(phonenumbers.parse(number.e164)) or ""
    except phonenumbers.NumberParseException:
        return ""


def _possible(text: str, region: str = "FR") -> Number | None:
    """By the tables of every country; they take 0.1 s to load, so only for those who need them."""
    import phonenumbers

    try:
        parsed = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    if parsed.extension or not phonenumbers.is_possible_number(parsed):
        return None
    code, national = parsed.country_code or 0, phonenumbers.national_significant_number(parsed)
    if code == 33 and national[:3] in _PREFIX and not national.startswith(FICTION):
        code = _PREFIX[national[:3]]
    return Number(f"+{code}{national}", code, national)


def misread_pattern() -> str:
    """A regular expression (POSIX) of what a reading before this plan made of overseas numbers: `+33692123456`."""
    return rf"^\+33(?!{FICTION})({'|'.join(sorted(_PREFIX))})[0-9]{{6}}$"
