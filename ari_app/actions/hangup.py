"""End the call, once the goodbye was heard; the session hangs up when this is done."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ari_app.actions.base import AtTheOffice


async def run(context: AtTheOffice, args: Mapping[str, Any]) -> Mapping[str, Any]:
    """Outcome: done."""
    return {"outcome": "done"}
