"""What an action is given, and how one is found by its name.

Each action is one file with `async def run(context, args) -> result`. A result always holds `outcome`, one word the
scenario branches on. An action never speaks: the conversation phrases what became of it.
"""

from __future__ import annotations

import importlib
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from agents.effects import Act
from ari_app.desk.legs import Legs
from ari_app.desk.office import Office
from ari_app.desk.office_types import Answerable
from ari_app.switch.base import Switch
from store.base.errors import DecrocheError
from store.base.parties import Parties

log = logging.getLogger(__name__)

NAMES = (
    "book", "callback", "cancel", "reschedule", "message", "transfer", "opt_out", "wrong_person", "record", "dtmf",
    "webhook", "hangup",
)  # fmt: skip


OFF_THE_LINE = (
    "book", "callback", "cancel", "reschedule", "message", "opt_out", "wrong_person", "record", "webhook", "hangup",
)  # fmt: skip
"""Actions that the office does: they need no telephone line, only an `AtTheOffice`."""


class AtTheOffice(Protocol):
    """What such an action is given: a call, or a conversation in writing."""

    @property
    def call_id(self) -> UUID:
        """Of what it is done for."""
        ...

    @property
    def who(self) -> Answerable:
        """Who answers, and for which client."""
        ...

    @property
    def parties(self) -> Parties:
        """Who talks to whom."""
        ...

    @property
    def office(self) -> Office:
        """Who does it."""
        ...

    @property
    def at_ms(self) -> int:
        """Since it was answered."""
        ...

    @property
    def party(self) -> str:
        """The person, E.164 or '' where nothing shows their number."""
        ...


@dataclass(frozen=True, slots=True)
class ActionContext:
    """The call an action is done for. `tenant` is the store's, never the caller's. `at_ms`: since it was answered."""

    call_id: UUID
    who: Answerable
    leg: str
    parties: Parties
    office: Office
    switch: Switch
    legs: Legs
    at_ms: int = 0

    @property
    def party(self) -> str:
        """The person at the other end, E.164 or '' when hidden."""
        return self.parties.far


async def perform(act: Act, context: ActionContext) -> Mapping[str, Any]:
    """Do it. What goes wrong is an outcome, `failed`, for the conversation to deal with; never an exception."""
    return await _done(act, context) if act.name in NAMES else {"outcome": "unknown"}


async def perform_off_the_line(act: Act, context: AtTheOffice) -> Mapping[str, Any]:
    """The same where there is no line: `unavailable` for what needs one."""
    return await _done(act, context) if act.name in OFF_THE_LINE else {"outcome": "unavailable"}


async def _done(act: Act, context: AtTheOffice) -> Mapping[str, Any]:
    module = importlib.import_module(f"ari_app.actions.{act.name}")
    try:
        result: Mapping[str, Any] = await module.run(context, act.args)
    except DecrocheError as error:
        log.error("action %s failed: [%s] %s", act.name, error.code, error)
        return {"outcome": "failed", "error": error.code}
    log.info("action %s: %s", act.name, result.get("outcome"))
    return result
