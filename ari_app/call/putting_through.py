"""A caller put through to a person: the switch rings them; the outcome is named when the call comes back or ends."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping

from agents.briefing import brief
from agents.effects import Facts
from ari_app.call.consulting import Consultation
from ari_app.call.state import CallState
from ari_app.desk.house import House
from ari_app.desk.legs import Legs, Whose
from ari_app.switch.base import TransferOutcome
from store.base.endings import NotYet, Outcome
from tts.base import Voice

log = logging.getLogger(__name__)


class PutThrough:
    """One call's, one person after another. What the switch says meanwhile is told by `joined`, `back` and `gone`."""

    def __init__(self, house: House, state: CallState, whose: Whose, legs: Legs) -> None:
        self._house, self._state, self._whose, self._legs = house, state, whose, legs
        self._to = ""
        self._took: Outcome | NotYet = ""
        self._returned: asyncio.Future[TransferOutcome | None] | None = None

    def asked(self, to: str) -> None:
        """The agent says goodbye, and then this person (E.164) is rung."""
        self._to = to

    @property
    def under_way(self) -> bool:
        """Whoever comes to the line now comes back."""
        return bool(self._to)

    # -- what the switch says ----------------------------------------------------------------------------

    def joined(self) -> None:
        """Somebody took the call."""
        self._took = "answered"

    def back(self, outcome: TransferOutcome) -> None:
        """The caller is with us again."""
        self._wake(outcome)

    def gone(self) -> None:
        """The caller hung up."""
        self._wake(None)

    def _wake(self, outcome: TransferOutcome | None) -> None:
        if self._returned is not None and not self._returned.done():
            self._returned.set_result(outcome)

    # -- what is done ------------------------------------------------------------------------------------

    async def run(self, voice: Voice, facts: Facts, values: Mapping[str, str]) -> Outcome | None:
        """Ring the person and wait: the outcome if the call comes back to us, None if it is over.

        `values`: the slots filled so far. Raises SwitchError, and what `Legs.ask` raises.
        """
        target, self._took = self._to, ""
        self._returned = asyncio.get_running_loop().create_future()
        if self._state.life.over:
            self._wake(None)
        if self._state.who.agent.attends:
            outcome = await self._told_first(target, self._returned, voice, facts, values)
        else:
            await self._legs.transfer(target)
            outcome = await self._returned
        self._to = ""
        if outcome is not None:
            await self._legs.over(outcome)
        last = self._state.notes.actions[-1]
        last.result["outcome"] = outcome or self._took or "abandoned"
        log.info("transfer to %s: %s", target, last.result["outcome"])
        return outcome

    async def _told_first(
        self, target: str, returned: asyncio.Future[TransferOutcome | None], voice: Voice, facts: Facts,
        values: Mapping[str, str],
    ) -> Outcome | None:  # fmt: skip
        """Whoever picks up is told who calls, and asked."""
        notes, agent = self._state.notes, self._state.who.agent
        said = [turn.text for turn in notes.turns if turn.who == "caller"]
        consultation = Consultation(
            self._house, self._whose, self._legs, returned, voice=voice, language=agent.language,
            brief=brief(agent, facts, values, said),
        )  # fmt: skip
        try:
            return await consultation.run(target)
        finally:
            if consultation.why:
                notes.actions[-1].result["why"] = consultation.why
