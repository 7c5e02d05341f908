"""How we part from whoever is on a call: hung up by the agent or the house, or handed over where we cannot go on."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from ari_app.call.state import CallState
from ari_app.desk.legs import Legs
from ari_app.desk.lifecycle import Side
from ari_app.switch.base import Elsewhere, Switch, SwitchError
from store.base.endings import Ending, outcome_of


class Parting:
    """One call's. `gone`: the caller hung up."""

    def __init__(self, switch: Switch, state: CallState, legs: Legs, gone: asyncio.Event) -> None:
        self._switch, self._state, self._legs, self._gone = switch, state, legs, gone
        self.handed_over = False
        """The switch looks after the caller: the call goes on without us."""

    async def after(self, why: Ending) -> None:
        """The talk ended so: hang up, unless the caller did."""
        state, gone = self._state, self._gone.is_set()
        state.notes.outcome = state.notes.outcome or outcome_of(why, gone=gone)
        if state.life.over or (why in ("hung_up", "closed") and gone):
            return
        if why in ("failed", "closed"):
            await self.hand_over()
            return
        await self.hang_up("system" if why in ("max_duration", "credit") else "agent")

    async def hang_up(self, side: Side) -> None:
        """By the agent (a goodbye) or by the system."""
        self._state.life.asked_by = side
        with suppress(SwitchError):
            await self._switch.hangup(self._state.leg)

    async def hand_over(self, to: Elsewhere = "away") -> None:
        """We cannot go on: the switch's fallback takes the caller, as when this process is away.

        A caller who hung up while it rang is why we cannot: that call was abandoned, it did not fail.
        """
        state = self._state
        gone = state.life.over
        if not gone and state.parties.inbound:
            try:
                if to == "away":
                    await self._legs.send_away(state.parties.callee, state.who.fallback)
                else:
                    await self._switch.give_back(state.leg, to, state.parties.callee)
                self.handed_over = True
            except SwitchError:
                gone = True
        if gone and state.life.answered_at is None and not state.life.asked_by:
            return
        state.notes.outcome = state.notes.outcome or "failed"
        if self.handed_over:
            state.life.asked_by = "system"
        else:
            await self.hang_up("system")
