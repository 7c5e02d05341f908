"""The caller agreed to be recorded, refused, or wants something off the record; the call keeps the answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ari_app.actions.base import AtTheOffice


async def run(context: AtTheOffice, args: Mapping[str, Any]) -> Mapping[str, Any]:
    """`args`: allowed, or paused. Outcome: done."""
    if "paused" in args:
        return {"outcome": "done", "paused": bool(args["paused"])}
    return {"outcome": "done", "allowed": bool(args.get("allowed"))}
