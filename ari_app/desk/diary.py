"""What agents write down for their client: appointments and messages, a transaction each, each in a thread."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from ari_app.desk import agenda
from ari_app.desk.office_types import Answerable
from store import messages
from store.db import Database


class Diary:
    """One per process; thread safe. `agenda.py` has the rules."""

    def __init__(self, db: Database) -> None:
        self.db = db

    async def book(self, who: Answerable, call_id: UUID, party: str, args: Mapping[str, Any]) -> Mapping[str, Any]:
        """See `actions/book.py`."""
        return await asyncio.to_thread(self._book, who, call_id, party, dict(args))

    def _book(self, who: Answerable, call_id: UUID, party: str, args: dict[str, Any]) -> Mapping[str, Any]:
        with self.db.tenant(who.tenant_id) as conn:
            return agenda.book(conn, who, call_id, party, args)

    async def cancel(
        self, who: Answerable, party: str, args: Mapping[str, Any], *, called_us: bool
    ) -> Mapping[str, Any]:
        """See `actions/cancel.py`."""
        return await asyncio.to_thread(self._cancel, who, party, dict(args), called_us)

    def _cancel(self, who: Answerable, party: str, args: dict[str, Any], called_us: bool) -> Mapping[str, Any]:
        with self.db.tenant(who.tenant_id) as conn:
            return agenda.cancel(conn, who, party, args, called_us=called_us)

    async def reschedule(
        self, who: Answerable, call_id: UUID, party: str, args: Mapping[str, Any], *, called_us: bool
    ) -> Mapping[str, Any]:
        """See `actions/reschedule.py`."""
        return await asyncio.to_thread(self._reschedule, who, call_id, party, dict(args), called_us)

    def _reschedule(
        self, who: Answerable, call_id: UUID, party: str, args: dict[str, Any], called_us: bool
    ) -> Mapping[str, Any]:
        with self.db.tenant(who.tenant_id) as conn:
            return agenda.reschedule(conn, who, call_id, party, args, called_us=called_us)

    async def message(self, who: Answerable, call_id: UUID, party: str, args: Mapping[str, Any]) -> Mapping[str, Any]:
        """See `actions/message.py`."""
        return await asyncio.to_thread(self._message, who, call_id, party, dict(args))

    def _message(self, who: Answerable, call_id: UUID, party: str, args: dict[str, Any]) -> Mapping[str, Any]:
        with self.db.tenant(who.tenant_id) as conn:
            messages.leave(
                conn, who.tenant_id, who.agent_name, str(args.get("text", "")), name=str(args.get("name", "")),
                phone=str(args.get("phone") or party), call_id=call_id,
            )  # fmt: skip
        return {"outcome": "done"}
