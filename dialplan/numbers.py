"""What may be dialled: the data the contexts are made of. How a number is written is `store.base.numbering`'s.

Numbers inside the house are E.164 (`+33…`) or a short code as dialled (`112`, `3114`). Every list
here becomes both Asterisk patterns (`contexts.py`) and `classify`, so that the two cannot disagree.
Sources: the French numbering plan (ARCEP 2018-0881 and its amendments); CPCE L33-1 and D98-8 for
emergency calls, which are never blocked, never billed and never answered by a machine of ours.
"""

from __future__ import annotations

import re
from enum import StrEnum

from store.base.numbering import SPECIAL

OVERSEAS_CODES = ("262", "590", "594", "596")
"""The overseas departments, Saint-Martin and Saint-Barthélemy. Saint-Pierre (508) and the Pacific (681, 687,
689) are dear: the operator lets them out, as `asterisk.allow_prefixes`."""

ALLOWED = (
    "+33[1-79]XXXXXXXX",  # fixed, mobile, polyvalent
    "+3380XXXXXXX",  # 0800-0805 free, 0806-0809 at the normal rate
    *(f"+{code}X." for code in OVERSEAS_CODES),
    "300[0-79]",  # 3000-3007, 3009: free
    "30[1-9]X",
    "31[0-6]X",
    "31[89]X",
)
"""What a phone may dial without the operator's word (rules T1, T2, T4). All else is blocked."""

BLOCKED = (
    "+3381X.",  # shared cost
    "+3382X.",  # premium
    "+3389X.",  # premium
    "118XXX",  # directory enquiries
    "10XX",  # operators' services
    "3[2-9]XX",  # premium short numbers
    "+979X.", "+882X.", "+883X.", "+870X.", "+881X.",  # shared revenue and satellites (rule T6)
)  # fmt: skip
"""Named only so that people read why; what is in neither list is blocked too."""


class NumberClass(StrEnum):
    """How a dialled number is treated."""

    SPECIAL = "special"
    ALLOWED = "allowed"
    BLOCKED = "blocked"
    INVALID = "invalid"


def classify(number: str, extra: tuple[str, ...] = ()) -> NumberClass:
    """The class of `number` (E.164 or short code); `extra`: prefixes the operator lets out, as `+44`."""
    if not re.fullmatch(r"\+?[0-9]+", number):
        return NumberClass.INVALID
    if number in SPECIAL:
        return NumberClass.SPECIAL
    # The longest reading wins in Asterisk too: an operator's prefix is a pattern beside these.
    if any(number.startswith(prefix) for prefix in extra) or matches(number, ALLOWED):
        return NumberClass.ALLOWED
    return NumberClass.BLOCKED


def matches(number: str, patterns: tuple[str, ...]) -> bool:
    """Whether `number` matches one of these Asterisk patterns (X, [..] and a final `.`)."""
    return any(re.fullmatch(_regex(pattern), number) for pattern in patterns)


def _regex(pattern: str) -> str:
    return pattern.replace("+", r"\+").replace(".", "[0-9]+").replace("X", "[0-9]")
