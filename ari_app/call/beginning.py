"""How a call comes to be talked in: it arrived, we place it, or it is taken up where another process left it.

Each says what is paid for beforehand, what opens the talk, and whether anybody is there.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from time import monotonic

from agents.effects import Conversation, Plan
from ari_app.call.owing import back, since_answer
from ari_app.call.said import Said
from ari_app.call.state import CallState
from ari_app.desk.house import House


class Arrived:
    """Somebody called: it is answered once the opening can be said, and paid for before."""

    answers = True
    """The call is ours to answer, when its audio is open."""

    def __init__(self, house: House, state: CallState) -> None:
        self._house, self._state = house, state

    def opening(self, talk: Conversation) -> Plan:
        """What the agent says first."""
        return Said(talk.opening())

    async def pay(self) -> None:
        """A prepaid tenant's call is covered before it is answered. Raises BalanceTooLow, NoPrice."""
        state = self._state
        state.paid_seconds = await self._house.till.open(state.who.tenant_id, state.id, state.parties)

    async def reached(self) -> bool:
        """Somebody is there. False: it ended unanswered. Raises SwitchError."""
        return True

    def answered(self) -> float:
        """When it was answered (seconds, monotonic); 0.0: it is not yet."""
        return 0.0

    def picked_up(self, yes: bool) -> None:
        """The far end picked up, or will not."""


class Placed(Arrived):
    """We call: compliance and the till were asked when it was ordered."""

    answers = False

    def __init__(self, house: House, state: CallState) -> None:
        super().__init__(house, state)
        self._picked: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

    async def pay(self) -> None:
        """It was covered before it rang."""

    async def reached(self) -> bool:
        """Ring and wait."""
        state, parties, seconds = self._state, self._state.parties, self._house.settings.call.ring_seconds
        await self._house.switch.dial(state.leg, state.id, parties.far, shown=parties.ours, seconds=seconds)
        return await self._picked

    def picked_up(self, yes: bool) -> None:
        """The first word holds."""
        if not self._picked.done():
            self._picked.set_result(yes)


class TakenUp(Arrived):
    """Another process held it and died; the caller has stayed with the switch."""

    answers = False

    def opening(self, talk: Conversation) -> Plan:
        """That they were cut off; then on from where the conversation stands."""
        return back(talk, self._state.notes, self._state.who.agent)

    async def pay(self) -> None:
        """What was held for it is ours to extend."""
        if self._state.parties.inbound:
            await super().pay()
        else:
            state = self._state
            state.paid_seconds = (await self._house.till.extend(state.who.tenant_id, state.id)).seconds

    def answered(self) -> float:
        """By the switch's clock."""
        return monotonic() - since_answer(self._state.life, datetime.now(UTC))
