"""`If-Match`: a change made upon what was read, and upon nothing newer (RFC 9110, 13.1.1)."""

from __future__ import annotations

from typing import Annotated

from fastapi import Header

from portal.api.problems import Problem

IfMatch = Annotated[
    str, Header(max_length=200, pattern=r"^[\x20-\x7e]*$", description="The `ETag` that was read; without, any.")
]
STALE: dict[int | str, dict[str, object]] = {412: {"model": Problem, "description": "It was changed since it was read"}}
"""For the contract."""


def read_upon(if_match: str) -> str:
    """The revision that was read; "" where any will do."""
    tag = if_match.strip()
    return "" if tag in ("", "*") else tag.removeprefix("W/").strip('"') or "-"
