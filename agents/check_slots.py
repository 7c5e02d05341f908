"""What a slot says it accepts, and gets wrong: a pattern that cannot be read, a list that holds a value twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from agents.slots.accepting import LISTED, PATTERNED, matches
from agents.slots.patterns import PatternError
from agents.slots.text import fold
from agents.steps import Slot


def unacceptable(name: str, slot: Slot) -> Iterator[tuple[str, str, str]]:
    """Every problem with `pattern`, `list`, `min` and `max`: the key, what is wrong, what to do."""
    for key, given, types in (("pattern", slot.pattern, PATTERNED), ("list", slot.list, LISTED)):
        if given and slot.type not in types:
            yield key, f"'{name}' is a {slot.type}, which has no '{key}'", f"'{key}' is for: {', '.join(types)}"
    if slot.min is not None and slot.max is not None and slot.min > slot.max:
        yield "min", f"{slot.min} is more than 'max', {slot.max}: nothing is accepted", "swap them"
    for value, count in Counter(fold(value) for value in slot.list).items():
        if count > 1 or not value:
            yield (
                "list",
                f"'{value}' is there {count} times, as it is heard" if value else "holds a value without words",
                "",
            )
    try:
        matches("", slot.pattern)
        refused = [value for value in slot.list if not matches(value, slot.pattern)]
    except PatternError as error:
        yield "pattern", f"'{slot.pattern}': {error}", r"for instance [A-Z]{2}\d{4}"
        return
    for value in refused[:3]:
        yield "list", f"'{value}' is not of the form of 'pattern'", "change one of the two"
