"""The caller agreed to be recorded, or refused; the call keeps the answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ari_app.actions.base import ActionContext


async def run(context: ActionContext, args: Mapping[str, Any]) -> Mapping[str, Any]:
    """`args`: allowed. Outcome: done."""
    return {"outcome": "done", "allowed": bool(args.get("allowed"))}
