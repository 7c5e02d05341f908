"""What a YAML text that a client wrote may be, before it is built into values: small, flat, without aliases. Pure.

A few hundred bytes of aliases grow to gigabytes, and deep brackets end the interpreter's stack ("billion laughs").
"""

from __future__ import annotations

import re
from typing import cast

import yaml

from agents.problems import Problem

MOST_BYTES = 256 * 1024
"""Of an agent's file in UTF-8."""
MOST_CONVERSATIONS_BYTES = 8 * 1024 * 1024
"""Of a file of conversations."""
DEEPEST = 30
"""Lists and mappings within each other."""

_UNFIT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
"""Characters that no text for people holds, and that PostgreSQL or JSON may refuse: controls but \\n and \\t, lone
surrogates, non-characters."""


def unfit(text: str) -> str:
    """The first character of `text` that has no place in it, as `U+0000`; empty when there is none."""
    found = _UNFIT.search(text)
    return f"U+{ord(found[0]):04X}" if found else ""


def cleaned(text: str) -> str:
    """`text` without the characters that `unfit` names: what engines and callers bring is not refused, but mended."""
    return _UNFIT.sub("", text)


def bounded(text: str, most_bytes: int = MOST_BYTES) -> Problem | None:
    """What forbids to build `text`'s values, or None. Linear in the text; raises yaml.YAMLError where it is no YAML."""
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > most_bytes:
        return Problem(1, "file", f"holds {size} bytes, more than {most_bytes}", "shorten it, or make it two agents")
    depth = 0
    for event in cast("list[yaml.Event]", yaml.parse(text, Loader=yaml.SafeLoader)):  # pyright: ignore[reportUnknownMemberType]
        line = event.start_mark.line + 1 if event.start_mark is not None else 1
        if isinstance(event, yaml.AliasEvent):
            return Problem(
                line, "YAML", f"'*{event.anchor}' refers to another place", "write the text out where it is meant"
            )
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > DEEPEST:
            return Problem(line, "YAML", f"lists and mappings stand more than {DEEPEST} deep", "close the brackets")
    return None
