# pyright: basic
"""The second witness: Asterisk's own CDRs, from the manager interface through panoramisk, fenced here.

panoramisk reconnects by itself; its callbacks are plain functions and do nothing here but hand a dict on.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from panoramisk import Manager

from ari_app.switch.asterisk.events import tried
from ari_app.switch.asterisk.legs import joined
from ari_app.switch.base import Tried

log = logging.getLogger(__name__)

KEPT = 1000
"""Calls whose CDRs are remembered, so that another one of the same call can be joined to them."""

FIELDS = {
    "UniqueID": "uniqueid", "Source": "source", "Destination": "destination", "Channel": "channel",
    "StartTime": "start", "AnswerTime": "answer", "EndTime": "end", "Duration": "duration",
    "BillableSeconds": "billable_seconds", "Disposition": "disposition", "LastApplication": "last_application",
}  # fmt: skip
"""What is kept of an AMI `Cdr` event (cdr_manager), under our names; times as Asterisk writes them, in UTC."""


class CdrListener:
    """Listens to AMI `Cdr` events whose user field is a call's id."""

    def __init__(
        self, host: str, port: int, user: str, password: str, told: Callable[[str, dict[str, Any]], None],
        tried: Callable[[str, Tried], None] | None = None,
    ) -> None:  # fmt: skip
        """`told(call_id, cdr)` is called on the event loop for each, with all that was told of the call so far.

        A channel may leave several (a transfer, a hangup handler): they are joined. `tried(call_id, part)`: what a
        trunk did for a call, once it is over.
        """
        self._told, self._tried, self._kept = told, tried, dict[str, dict[str, Any]]()
        logging.getLogger("panoramisk").setLevel(logging.ERROR)  # it logs every login, with its action
        self._manager = Manager(
            host=host, port=port, username=user, secret=password, ping_delay=30, reconnect_timeout=1,
        )  # fmt: skip
        self._manager.register_event("Cdr", self._heard)
        self._manager.register_event("UserEvent", self._said)

    async def start(self) -> None:
        """Connect. Later losses are panoramisk's to mend."""
        await self._manager.connect()

    def stop(self) -> None:
        """Close the connection."""
        self._manager.close()

    def _said(self, _manager: Manager, event: Any) -> None:
        """An event of the dialplan's own."""
        if self._tried is None or event.get("UserEvent", "") != "DecrocheTrunk" or not event.get("Call", ""):
            return
        try:
            self._tried(event["Call"], tried(event))
        except (KeyError, ValueError, OverflowError) as error:
            log.warning("an event about a trunk cannot be read: %s", error)

    def _heard(self, _manager: Manager, event: Any) -> None:
        call_id = event.get("UserField", "")
        if call_id:
            one = {name: event.get(field, "") for field, name in FIELDS.items()}
            self._kept[call_id] = whole = joined(self._kept.get(call_id), one)
            if len(self._kept) > KEPT:
                self._kept.pop(next(iter(self._kept)))
            self._told(call_id, whole)
