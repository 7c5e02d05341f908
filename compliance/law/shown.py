"""What is wrong with the number that a call shows. Pure."""

from __future__ import annotations

from functools import lru_cache

from compliance.law import numbers
from compliance.law.rulebook import Rule
from compliance.law.switches import Switches

Ground = tuple[str, Rule]
"""A reason to refuse, with the rule it comes from."""


@lru_cache(maxsize=4096)
def identity(
    shown: str | None, automated: bool, switches: Switches, c12: Rule | None, n1: Rule | None, n4: Rule | None
) -> tuple[Ground, ...]:
    """What is wrong with the number shown. An agent shows few numbers, so each is looked at once."""
    if shown is None or numbers.masked(shown):
        return (("caller_id_masked", c12),) if c12 else ()
    number = numbers.read_shown(shown)
    if number is None:
        return (("caller_id_forbidden", c12),) if c12 else ()
    grounds: list[Ground] = [("caller_id_forbidden", c12)] if c12 and numbers.forbidden(number) else []
    if automated and number.french:
        if numbers.mobile(number):
            grounds += [("caller_id_mobile", n1)] if n1 else []
        elif n4 and not switches.npv_exception:
            polyvalent = numbers.npv(number, new_overseas=switches.npv_new_overseas)
            grounds += [] if polyvalent else [("caller_id_not_npv", n4)]
    return tuple(grounds)


@lru_cache(maxsize=4096)
def dear(shown: str | None, rule: Rule) -> tuple[Ground, ...]:
    """A number shown that costs whoever calls it back."""
    number = numbers.read_shown(shown) if shown is not None and not numbers.masked(shown) else None
    return (("caller_id_premium", rule),) if number is not None and numbers.dear(number, rule) else ()
