"""Press keys towards the far end (an interactive voice server, a door)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ari_app.actions.base import ActionContext

KEYS = frozenset("0123456789*#ABCDabcdwW")


async def run(context: ActionContext, args: Mapping[str, Any]) -> Mapping[str, Any]:
    """`args`: digits (0–9 * # A–D, w for a pause). Outcome: done, or bad_digits."""
    digits = str(args.get("digits", ""))
    if not digits or not set(digits) <= KEYS:
        return {"outcome": "bad_digits"}
    await context.switch.send_keys(context.leg, digits)
    return {"outcome": "done"}
