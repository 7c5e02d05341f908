"""One live call: carries out what turn-taking and the conversation decide, on one line of the switch.

Three loops, one task each: what the switch says of the leg, what the caller says, what the agent says. All three
meet in this object, on one event loop; nothing is shared with another call but the engines. The agent's side is
`delivery.py`, what is prepared ahead of a verdict `guesses.py`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Sequence
from time import monotonic
from typing import Any

from agents.effects import Conversation, Plan, Say
from ari_app.call.callaudio import CallerAudio
from ari_app.call.clock import Clock
from ari_app.call.delivery import Delivery, Perform, Phrases
from ari_app.call.floor import Floor
from ari_app.call.guesses import Guess, Guesses
from ari_app.call.keypad import Keypad
from ari_app.call.mending import Broken, Deaf, within
from ari_app.call.pickup import PickUp
from ari_app.call.reply import Stages
from ari_app.call.said import Said, ready
from ari_app.call.stream import CallerStream
from ari_app.call.talker import Talker
from ari_app.call.turns import (
    Decision,
    Dismiss,
    Grant,
    Hold,
    Resume,
    Silence,
    Speculate,
    Withdraw,
    Yield,
)
from ari_app.desk.parts import Parts
from ari_app.desk.record import Done, Notes, SpokenTurn
from ari_app.desk.recording import Recording
from ari_app.switch.base import Line, LineError
from asr.base import Pcm
from store.base.endings import Ending, NotYet, Outcome
from store.base.errors import DecrocheError
from store.base.settings import settings
from tts.base import Voice
from tts.watermark import Marker

log = logging.getLogger(__name__)


class Dialogue:
    """A call while it is on its line. `run` returns why it stopped."""

    def __init__(
        self, line: Line, conversation: Conversation, parts: Parts, voice: Voice, *, language: str, phrases: Phrases,
        notes: Notes, recording: Recording, answered: float, perform: Perform, pickup: PickUp | None = None,
    ) -> None:  # fmt: skip
        """`pickup`: of a call out, who tells what picked up."""
        self._conversation, self._notes = conversation, notes
        self._phrases = phrases
        self._pickup = pickup
        if pickup is not None:
            pickup.attend(self)
        self._audio = CallerAudio()
        self._floor = Floor(self._audio)
        activity, mark = parts.activity(), Marker(settings().tts.mark_key).push
        self.clock = Clock(answered, monotonic())
        self._talker = Talker(line, notes, recording, self.clock.now_ms, mark)
        self._stream = CallerStream(
            line, self._audio, self.clock, self._floor, self._talker, recording, activity, pickup, self._carry_out
        )
        self._guesses = Guesses(parts, conversation, self._audio, self.clock, voice, language)
        self._delivery = Delivery(
            conversation, voice, self._talker, notes, phrases, perform, self.clock, self._floor, self._guesses, self
        )
        self._keypad = Keypad(conversation.patience, self._typed)
        self._primer: asyncio.Task[None] | None = None
        self._deaf = Deaf()
        self._hearing, self._patience_asked = parts.hearing, False
        self._group: asyncio.TaskGroup
        self._ending: asyncio.Future[Ending] = asyncio.get_running_loop().create_future()

    @property
    def running(self) -> bool:
        """It has not ended."""
        return not self._ending.done()

    def stop(self, why: Ending) -> None:
        """End the dialogue: the caller hung up, a deadline passed, a transfer begins, leave was taken."""
        if not self._ending.done():
            self._ending.set_result("silence" if why == "hangup" and self._floor.prodding else why)

    async def run(self, opening: Plan) -> Ending:
        """Speak the opening, then converse until the end. Returns why it ended."""
        try:
            async with asyncio.TaskGroup() as group:
                self._group = group
                listener = group.create_task(self._listen(), name="listen")
                self._guesses.begin(group)
                self._delivery.begin(group)
                self._delivery.play(self._delivery.prepare(opening))
                self.prime()
                why = await self._ending
                self._drop_guess()
                self._delivery.cancel()
                listener.cancel()
                if self._primer is not None:
                    self._primer.cancel()
        except* LineError as errors:
            log.warning("media lost: %s", errors.exceptions[0])
            why = "closed"
        finally:
            self._keypad.close()
        return why

    async def take_leave(self, text: str, why: Ending) -> None:
        """Say a last phrase over whatever is going on, then stop; a caller who cuts in is listened to."""
        if self._ending.done():
            return
        await self._silence_agent()
        self._delivery.play(self._delivery.prepare(Said([Say(text, ready=True, kind="goodbye")])), then=why)

    def remark(self, text: str) -> None:
        """Say something once, without cutting anybody: what the house has to tell whatever is being talked about."""
        if not self._ending.done():
            self._delivery.remark(text)

    # -- who picked up: `pickup.Stage` -------------------------------------------------------------------

    async def silence(self) -> None:
        """The agent falls silent; what it was going to answer is dropped."""
        self._guesses.let_finish()
        if not self._ending.done():
            self._drop_guess()
            await self._silence_agent()

    async def speak(self, lines: Sequence[Say], then: Ending | None = None) -> None:
        """Say these over whatever is going on; `then`: why the dialogue ends after them."""
        if not self._ending.done():
            await self._silence_agent()
            self._delivery.play(self._delivery.prepare(Said(lines)), then=then)

    async def open_anew(self) -> None:
        """The conversation's opening once more, from its first word: somebody else is on the line."""
        if not self._ending.done():
            await self._silence_agent()
            self._notes.disclosure = None
            self._delivery.play(self._delivery.prepare(Said(self._conversation.opening())))

    def heard(self, from_ms: int, to_ms: int) -> Pcm:
        """The caller's audio between two times of their stream."""
        return self._audio.between(from_ms, to_ms)

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Do it beside everything else, until the dialogue ends."""
        self._group.create_task(work, name="pickup")

    def told_apart(self, who: str, why: str, outcome: Outcome | NotYet) -> None:
        """Noted among what was done in the call; `outcome`: the call's, as long as nobody else comes to the line."""
        self._notes.outcome = outcome
        self._notes.actions.append(Done("answering", {}, {"outcome": who, "why": why}, self.clock.now_ms()))

    # -- the caller's side -------------------------------------------------------------------------------

    async def _listen(self) -> None:
        await self._stream.run()
        self.stop("closed")

    async def _carry_out(self, decisions: Sequence[Decision]) -> None:
        for decision in decisions:
            match decision:
                case Speculate(version, start_ms, end_ms):
                    self._speculate(version, start_ms, end_ms)
                case Withdraw():
                    self._drop_guess(spare=True)
                case Dismiss():
                    self._drop_guess()
                case Grant(version, last_voiced_ms):
                    self._grant(version, last_voiced_ms)
                case Hold():
                    await self._talker.hold()
                case Resume():
                    await self._talker.resume()
                case Yield():
                    await self._interrupted()
                case Silence():
                    await self._silent()

    def press(self, key: str) -> None:
        """A key was pressed: taken as an answer after `#` or a pause."""
        self._keypad.press(key)

    def _typed(self, keys: str) -> None:
        if not self._ending.done():
            now = self.clock.now_ms()
            self._notes.turns.append(SpokenTurn("caller", f"[{keys}]", now, now, 0))
            self._group.create_task(self._answer_keys(keys), name="keys")

    async def _answer_keys(self, keys: str) -> None:
        await self._silence_agent()
        self._drop_guess()
        self._delivery.play(self._delivery.prepare(self._conversation.plan_digits(keys)))

    def hold(self, held: bool) -> None:
        """The caller's side put us on hold, or took us back (re-INVITE). Meanwhile nothing is said or heard."""
        if held != self._stream.on_hold and not self._ending.done():
            self._stream.on_hold = held
            self._group.create_task(self._pause() if held else self._talker.resume(), name="hold")

    async def _pause(self) -> None:
        self._drop_guess()
        if self._talker.talking:
            await self._talker.hold()

    async def _silent(self) -> None:
        if not self._delivery.busy and not (self._pickup is not None and self._pickup.aside):
            seconds, self._floor.prodding = self._floor.silent_for(), True
            self._delivery.play(self._delivery.prepare(self._conversation.plan_silence(seconds)))

    # -- guessing ----------------------------------------------------------------------------------------

    def _speculate(self, version: int, start_ms: int, end_ms: int) -> None:
        if self._primer is not None:
            self._primer.cancel()
        stages = Stages()
        stages.note("pause")
        if self._guesses.pending:
            self._drop_guess()
        start_ms = max(self._stream.heard_from(start_ms), end_ms - self._floor.longest_ms)
        self._guesses.take(Guess(version, start_ms, end_ms, stages), self._think_ahead)

    async def _think_ahead(self, guess: Guess) -> None:
        try:
            if not self._hearing.is_set():
                await self._until_there_is_an_ear()
            await within(self._guesses.think_ahead(guess))
        except DecrocheError as error:
            log.error("an utterance was not understood: [%s] %s", error.code, error)
            await self._unheard(guess, error)
            return
        self._deaf.well()
        if not self._guesses.holds(guess):
            return
        now = self._audio.ms
        text = "" if self._keypad.keys else guess.text  # words while keys are pressed disturb nothing
        if self._pickup is not None and await self._pickup.words(now, guess.text):
            text = ""
        patience = self._conversation.patience(text)
        await self._carry_out(self._floor.understood(guess.version, text, guess.complete, now, patience))

    async def _until_there_is_an_ear(self) -> None:
        """It is being loaded still (`desk/coming.py`): who has spoken is asked for a moment, once, and heard then."""
        if not self._patience_asked and self._phrases.moment:
            self._patience_asked = True
            self._delivery.remark(self._phrases.moment)
        await self._hearing.wait()
        await self._delivery.over()

    async def _unheard(self, guess: Guess, error: DecrocheError) -> None:
        """The ear broke: a phrase, and the caller's turn again; in the end a person, or the fallback."""
        await self._carry_out(self._floor.missed(guess.version))
        phrases = self._phrases
        if self._deaf.fails() == "again":
            self._delivery.play(self._delivery.prepare(ready(phrases.apology, phrases.again)))
        elif phrases.can_transfer:
            self._delivery.play(self._delivery.prepare(Broken(error)))
        else:
            await self.take_leave(phrases.apology, "failed")

    def _grant(self, version: int, last_voiced_ms: int) -> None:
        guess = self._guesses.grant(version, last_voiced_ms)
        if guess is not None and guess.reply is not None:
            self._delivery.play(guess.reply, guess)

    def _drop_guess(self, *, spare: bool = False) -> None:
        dropped = self._guesses.drop(spare=spare)
        if dropped is not None and dropped.granted:
            self._delivery.cancel()

    def prime(self) -> None:
        """Let the mind read ahead while the agent speaks."""
        if self._primer is None or self._primer.done():
            self._primer = self._group.create_task(self._conversation.prime(), name="prime")

    # -- the agent's voice -------------------------------------------------------------------------------

    async def _interrupted(self) -> None:
        """The caller took the floor: what was not heard was not said."""
        self._floor.prodding = False
        self._delivery.cancel()
        await self._delivery.cut()
        self._floor.cut()

    async def _silence_agent(self) -> None:
        self._floor.prodding = False
        await self._delivery.silence()
        self._floor.cut()
