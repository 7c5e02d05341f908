"""Guesses: what the caller may have finished saying, and the reply made for it before the turn is known to be over.

A guess is transcribed and judged side by side, and its reply begun as soon as there are words. Turn-taking then
grants it, withdraws it (the caller went on; its reply may still serve) or dismisses it (it was noise).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Literal, cast

from agents.effects import Conversation
from ari_app.call.callaudio import CallerAudio
from ari_app.call.clock import Clock
from ari_app.call.reply import Reply, Stages
from ari_app.desk.parts import Parts
from asr.base import Pcm, Transcript
from tts.base import Voice

FOREIGN_SECONDS, FOREIGN_SHARE = 1.2, 0.9
"""An utterance so long that is so surely in another language is heard in that one too; shorter ones mislead."""
ASKED_FOREIGN = 3
"""So many utterances are asked for their language: who has spoken the agent's so often speaks it."""


@dataclass(slots=True)
class Guess:
    """One speculation. Times are milliseconds on the caller's audio stream."""

    version: int
    start_ms: int
    end_ms: int
    stages: Stages
    task: asyncio.Task[None] | None = None
    text: str = ""
    complete: float = 0.0
    """Probability (0–1) that the turn is over."""
    language: str = ""
    """Another language than the agent's, in which it was said."""
    reply: Reply | None = None
    granted: bool = False
    last_voiced_ms: int = 0


class Guesses:
    """The one guess of the moment, which this object alone changes, and the replies made for it."""

    def __init__(
        self, parts: Parts, conversation: Conversation, audio: CallerAudio, clock: Clock, voice: Voice, language: str
    ) -> None:
        self._parts, self._conversation, self._audio, self._language = parts, conversation, audio, language
        self._clock, self._voice = clock, voice
        self._current: Guess | None = None
        self._spare: Reply | None = None
        self._asked_foreign = 0
        self._group: asyncio.TaskGroup

    def begin(self, group: asyncio.TaskGroup) -> None:
        """The dialogue has begun: its tasks are `group`'s."""
        self._group = group

    @property
    def pending(self) -> bool:
        """There is one."""
        return self._current is not None

    def holds(self, guess: Guess) -> bool:
        """It is the guess of the moment still."""
        return guess is self._current

    def take(self, guess: Guess, think: Callable[[Guess], Coroutine[Any, Any, None]]) -> None:
        """It is the guess of the moment from here on, and thought about."""
        self._current = guess
        guess.task = self._group.create_task(think(guess), name=f"guess-{guess.version}")

    def let_finish(self) -> None:
        """Who calls this may be what thinks about the guess: dropping the guess does not end it."""
        if self._current is not None and self._current.task is asyncio.current_task():
            self._current.task = None

    def settle(self) -> None:
        """The reply to it is being heard: what the caller said is a turn, and no guess any more."""
        self._current = None

    async def think_ahead(self, guess: Guess) -> None:
        """Transcribe and judge side by side; start the reply as soon as there are words. Raises AsrError."""
        pcm = self._audio.between(guess.start_ms, guess.end_ms)
        judging = asyncio.create_task(self._parts.endpointer.complete(pcm))
        try:
            # names help when a name is expected; on other short answers they mislead the ear (measured)
            hotwords = self._conversation.hotwords if self._conversation.awaiting == "name" else ()
            transcript = await self._parts.ear.transcribe(pcm, language=self._language, hotwords=hotwords)
            transcript = await self._in_its_language(pcm, transcript)
            guess.stages.note("transcribed")
            guess.text = transcript.text.strip()
            guess.language = transcript.language if transcript.language != self._language else ""
            guess.complete = await judging
            guess.stages.note("judged")
        finally:
            judging.cancel()
        if guess is self._current and guess.text:
            guess.reply = self._reply_to(guess)

    async def _in_its_language(self, pcm: Pcm, heard: Transcript) -> Transcript:
        """What was heard, or the same in the language that it really is in: it is heard better there."""
        if self._asked_foreign >= ASKED_FOREIGN or heard.audio_seconds < FOREIGN_SECONDS or not heard.text:
            return heard
        shares = await self._parts.ear.sounds(pcm)
        likeliest = max(shares, key=shares.__getitem__, default=self._language)
        if likeliest == self._language:
            self._asked_foreign += 1
        if likeliest == self._language or shares[likeliest] < FOREIGN_SHARE:
            return heard
        other = await self._parts.ear.transcribe(pcm, language=likeliest)
        return other if other.text and other.confidence > heard.confidence else heard

    def _reply_to(self, guess: Guess) -> Reply:
        """The reply prepared before a breath was taken for speech, if the words are the same; else a new one."""
        spare, self._spare = self._spare, None
        if spare is not None and spare.plan.heard == guess.text and self._conversation.current(spare.plan):
            spare.stages.heard |= guess.stages.heard
            guess.stages = spare.stages
            return spare
        if spare is not None:
            spare.cancel()
        plan = self._conversation.plan(guess.text)
        if guess.language:
            plan = self._conversation.plan_foreign(guess.text, cast("Literal['fr', 'en']", guess.language))
        return Reply(plan, self._voice, guess.stages).start(self._group)

    def grant(self, version: int, last_voiced_ms: int) -> Guess | None:
        """The turn is over: the guess whose reply is to be heard; None if it has none."""
        guess = self._current
        if guess is None or guess.version != version or guess.reply is None:
            return None
        guess.granted, guess.last_voiced_ms = True, last_voiced_ms
        guess.stages.heard["voice_end"] = self._clock.instant(last_voiced_ms)
        guess.stages.note("granted")
        return guess

    def drop(self, *, spare: bool = False) -> Guess | None:
        """Forget the guess, and return it. `spare`: its reply may serve again, if the caller has said no more."""
        guess, self._current = self._current, None
        if self._spare is not None:
            self._spare.cancel()
            self._spare = None
        if guess is None:
            return None
        if guess.task is not None:
            guess.task.cancel()
        if guess.reply is not None:
            if spare and not guess.granted:
                self._spare = guess.reply
            else:
                guess.reply.cancel()
        return guess
