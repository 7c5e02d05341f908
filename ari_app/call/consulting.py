"""An attended transfer as it is done: rings the person, tells them who calls, joins the two or takes the caller back.

What is decided is `attended.py`'s; what is told `agents/briefing.py`'s. The switch plays the caller music meanwhile.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from datetime import UTC, datetime

from agents.briefing import Brief
from agents.slots.text import Language
from ari_app.call.asking import Asking
from ari_app.call.attended import Attended, Back, CallerGone, Join, Mute, Returned, Step
from ari_app.desk.house import House
from ari_app.desk.legs import Legs, Whose
from ari_app.switch.base import Arrival, Ended, Gone, HangupAsked, LegEvents, SwitchError, TransferOutcome
from store.base.endings import Outcome
from store.base.errors import DecrocheError
from tts.base import Voice

log = logging.getLogger(__name__)

BACK_SECONDS = 10.0
"""How long the switch may take to bring the caller back once the person's leg is hung up."""
END_SECONDS = 2.0
"""How long the switch may take to say that a leg we hung up is gone."""


class Consultation:
    """One attended transfer. `returned`: how the caller's leg comes back to us, None once it is gone."""

    def __init__(
        self, house: House, whose: Whose, legs: Legs, returned: asyncio.Future[TransferOutcome | None], *, brief: Brief,
        voice: Voice, language: Language,
    ) -> None:  # fmt: skip
        self._house, self._whose, self._legs, self._returned = house, whose, legs, returned
        self._brief, self._voice = brief, voice
        self._core = Attended(language, brief.told, house.settings.call.briefing_seconds * 1000)

    @property
    def why(self) -> str:
        """In words, for whoever reads the call's record; "" where the outcome says it."""
        return self._core.why

    async def run(self, to: str) -> Outcome | None:
        """Until the caller is back or gone: the outcome, or None. Raises SwitchError."""
        person: asyncio.Future[Arrival] = asyncio.get_running_loop().create_future()
        self._house.rung[str(self._whose.call_id)] = person
        summary = asyncio.create_task(self._spoken(), name="brief")  # while it rings
        try:
            await self._legs.consult(to)
            await asyncio.wait([person, self._returned], return_when=asyncio.FIRST_COMPLETED)
            if person.done():
                return await self._asked(person.result(), summary)
            outcome = self._returned.result()
            self._core.on(CallerGone() if outcome is None else Returned(outcome))
            return outcome
        finally:
            self._house.rung.pop(str(self._whose.call_id), None)
            summary.cancel()

    async def _spoken(self) -> bytes | None:
        """The summary's speech, kept nowhere: it tells of one caller. None where the voice fails."""
        try:
            return await self._voice.say(self._brief.summary)
        except DecrocheError as error:
            log.error("the person who is rung can be told nothing: [%s] %s", error.code, error)
            return None

    async def _asked(self, person: Arrival, summary: asyncio.Future[bytes | None]) -> Outcome | None:
        """The person picked up: they are told, and answer."""
        self._legs.came(person.at or datetime.now(UTC))
        events = self._house.switch.watch(person.leg)
        ended: datetime | None = None
        try:
            last, ended = await self._told(person.leg, events, summary)
            log.info("attended transfer: %s %s", self._core.outcome, self._core.why)
            if isinstance(last, Join) and not self._returned.done():
                self._legs.let_go()
                with suppress(SwitchError):  # gone at this very moment: the switch brings the caller back
                    await self._house.switch.join(person.leg)
                return await self._returned
            if not isinstance(last, Back):
                await self._house.switch.hangup(person.leg)
                ended = ended or await _end_of(events)
        finally:
            self._house.switch.unwatch(person.leg)
            self._legs.let_go(ended)
        outcome = await self._back()
        return None if outcome is None else self._core.outcome or "failed"

    async def _told(
        self, leg: str, events: LegEvents, summary: asyncio.Future[bytes | None]
    ) -> tuple[Step, datetime | None]:
        """The last step of the core, and when the person hung up where they did."""
        try:
            async with self._house.switch.line(leg, self._whose.call_id) as line:
                asking = Asking(self._house, line, self._core, self._brief, summary, self._voice)
                last = await asking.run(events, self._returned)
                return last, asking.ended_at
        except DecrocheError as error:
            log.error("the person who was rung cannot be told: [%s] %s", error.code, error)
            return next(iter(self._core.on(Mute())), Join("")), None

    async def _back(self) -> TransferOutcome | None:
        """The caller is with us again, or gone. Raises SwitchError."""
        try:
            async with asyncio.timeout(BACK_SECONDS):
                return await asyncio.shield(self._returned)
        except TimeoutError as error:
            raise SwitchError("the caller was not brought back from a transfer") from error


async def _end_of(events: LegEvents) -> datetime:
    """When a leg that was hung up ended, by the switch's clock."""
    with suppress(TimeoutError):
        async with asyncio.timeout(END_SECONDS):
            while True:
                match await events.get():
                    case HangupAsked(at) | Ended(at) | Gone(at):
                        return at
                    case _:
                        pass
    return datetime.now(UTC)
