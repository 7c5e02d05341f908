"""One live call: carries out what turn-taking and the conversation decide, on one media channel.

Three loops, one task each: what Asterisk says of the channel, what the caller says, what the agent says. All three
meet in this object, on one event loop; nothing is shared with another call but the engines.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any

from ari_app.agents.effects import Act, Conversation, Effect, Plan, Say, Source
from ari_app.callaudio import GAP_MS, CallerAudio
from ari_app.media import Audio, Closed, Mark, Media, MediaError, Status
from ari_app.parts import Parts
from ari_app.record import Done, Notes, Turn
from ari_app.recording import Recording
from ari_app.reply import Begin, Chunk, End, Item, Over, Reply, Stages
from ari_app.talker import Talker
from ari_app.turns import (
    Decision,
    Dismiss,
    Grant,
    Hold,
    Resume,
    Silence,
    Speculate,
    TurnTaker,
    Withdraw,
    Yield,
)
from ari_app.voicing import Voicing
from store.errors import DecrocheError
from tts.base import Voice

log = logging.getLogger(__name__)

AFTER_SPEECH = frozenset({"hangup", "transfer"})
"""Actions done only once the caller has heard all that was said before them; the others are done at once."""

THINK_SECONDS = 12.0
"""A reply whose first word is not ready by then is given up with an apology."""

DIGITS_PAUSE = 1.5
"""Seconds without a key after which the keys pressed are taken as an answer."""

TAIL_SECONDS = 0.25
"""After the last mark: what the caller's jitter buffer still holds, before we hang up."""

Perform = Callable[[Act], Awaitable[Mapping[str, Any]]]


@dataclass(frozen=True, slots=True)
class Said:
    """A plan whose effects are known beforehand: the opening, a goodbye, an apology."""

    lines: Sequence[Effect]
    heard: str = ""
    source: Source = "rules"

    async def effects(self) -> AsyncIterator[Effect]:
        """The lines, in order."""
        for line in self.lines:
            yield line


@dataclass(slots=True)
class _Guess:
    """One speculation: the reply prepared for what the caller may have finished saying."""

    version: int
    start_ms: int
    end_ms: int
    stages: Stages
    task: asyncio.Task[None] | None = None
    text: str = ""
    reply: Reply | None = None
    granted: bool = False
    last_voiced_ms: int = 0


@dataclass(frozen=True, slots=True)
class Phrases:
    """Ready phrases a call may need whatever its conversation says, in the agent's language."""

    apology: str
    goodbye: str
    can_transfer: bool = False


class Dialogue:
    """A call while it is on its media channel. `run` returns why it stopped: over, silent, transfer, failed."""

    def __init__(
        self, media: Media, conversation: Conversation, parts: Parts, voice: Voice, *, language: str, phrases: Phrases,
        notes: Notes, recording: Recording, answered: float, silence_seconds: int, perform: Perform,
    ) -> None:  # fmt: skip
        self._media, self._conversation, self._parts, self._voice = media, conversation, parts, voice
        self._language, self._phrases, self._notes, self._recording = language, phrases, notes, recording
        self._answered, self._silence_seconds, self._perform = answered, silence_seconds, perform
        self._turns = TurnTaker()
        self._audio = CallerAudio()
        self._voicing = Voicing(parts.activity())
        self._talker = Talker(media, notes, recording, self.now_ms)
        self._guess: _Guess | None = None
        self._spare: Reply | None = None
        self._playing: asyncio.Task[None] | None = None
        self._primer: asyncio.Task[None] | None = None
        self._group: asyncio.TaskGroup
        self._stream_zero = self._last_audio = 0.0
        self._voiced_ms = 0
        self._digits = ""
        self._digits_timer: asyncio.TimerHandle | None = None
        self._ending: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    def now_ms(self) -> int:
        """The call's clock: milliseconds since it was answered."""
        return round((monotonic() - self._answered) * 1000)

    def stop(self, why: str) -> None:
        """End the dialogue from outside: the caller hung up, a deadline passed, a transfer begins."""
        if not self._ending.done():
            self._ending.set_result(why)

    async def run(self, opening: Plan) -> str:
        """Speak the opening, then converse until the end. Returns why it ended."""
        self._stream_zero = self._last_audio = monotonic()
        try:
            async with asyncio.TaskGroup() as group:
                self._group = group
                listener = group.create_task(self._listen(), name="listen")
                self._play(Reply(opening, self._voice).start(group))
                self._prime()
                why = await self._ending
                self._drop_guess()
                for task in (listener, self._playing, self._primer):
                    if task is not None:
                        task.cancel()
        except* MediaError as errors:
            log.warning("media lost: %s", errors.exceptions[0])
            why = "failed"
        finally:
            if self._digits_timer is not None:
                self._digits_timer.cancel()
        return why

    async def take_leave(self, text: str, why: str) -> None:
        """Say a last phrase over whatever is going on, then stop."""
        await self._silence_agent()
        self._turns.agent_stopped(self._audio.ms)
        self._play(Reply(Said([Say(text, ready=True, kind="goodbye")]), self._voice).start(self._group), then=why)

    # -- the caller's side -------------------------------------------------------------------------------

    async def _listen(self) -> None:
        """Everything the media channel brings, in order; silence counts as audio."""
        while True:
            try:
                async with asyncio.timeout(0.1):
                    event = await self._media.events.get()
            except TimeoutError:
                await self._nothing_came()
                continue
            match event:
                case Audio(pcm, at):
                    self._last_audio = at
                    self._audio.add(pcm)
                    self._recording.caller.lay(self.now_ms() - 20, pcm)
                    await self._heed_audio()
                case Mark(mark_id):
                    self._talker.marked(mark_id)
                case Status(left):
                    self._talker.status(left)
                case Closed():
                    self.stop("closed")
                    return
                case _:
                    pass  # digits come from ARI, which has them whatever the codec

    async def _nothing_came(self) -> None:
        """A phone that sends nothing is silent. A process that was late is not: what waits is read first."""
        await asyncio.sleep(0)
        now = monotonic()
        if self._media.events.empty() and now - self._last_audio >= GAP_MS / 1000:
            elapsed = round((now - self._stream_zero) * 1000)
            self._audio.fill(min(round((now - self._last_audio) * 1000), elapsed - self._audio.ms))
            self._last_audio = now
            await self._heed_audio()

    async def _heed_audio(self) -> None:
        for at_ms, window in self._audio.windows():
            probability = self._voicing.push(at_ms, window)
            if probability >= self._turns.rules.voice:
                self._voiced_ms = at_ms
            await self._carry_out(self._turns.hear(at_ms, probability))

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

    def press(self, digit: str) -> None:
        """A key was pressed: taken as an answer after `#` or a pause."""
        if self._digits_timer is not None:
            self._digits_timer.cancel()
        if digit != "#":
            self._digits += digit
            loop = asyncio.get_running_loop()
            self._digits_timer = loop.call_later(DIGITS_PAUSE, self._pressed)
        else:
            self._pressed()

    def _pressed(self) -> None:
        digits, self._digits = self._digits, ""
        if digits and not self._ending.done():
            self._notes.turns.append(Turn("caller", f"[{digits}]", self.now_ms(), self.now_ms(), 0))
            self._group.create_task(self._answer_digits(digits), name="digits")

    async def _answer_digits(self, digits: str) -> None:
        await self._silence_agent()
        self._drop_guess()
        self._play(self._reply(self._conversation.plan_digits(digits)))

    async def _silent(self) -> None:
        seconds = (self._audio.ms - self._voiced_ms) / 1000
        if seconds >= self._silence_seconds:
            self._notes.outcome = "silence"
            await self.take_leave(self._phrases.goodbye, "silence")
        elif self._playing is None or self._playing.done():
            self._play(self._reply(self._conversation.plan_silence(seconds)))

    # -- guessing ----------------------------------------------------------------------------------------

    def _speculate(self, version: int, start_ms: int, end_ms: int) -> None:
        if self._primer is not None:
            self._primer.cancel()
        stages = Stages()
        stages.note("pause")
        if self._guess is not None:
            self._drop_guess()
        start_ms = max(self._voicing.heard_from(start_ms), end_ms - self._turns.rules.longest_ms)
        self._guess = guess = _Guess(version, start_ms, end_ms, stages)
        guess.task = self._group.create_task(self._think_ahead(guess), name=f"guess-{version}")

    async def _think_ahead(self, guess: _Guess) -> None:
        """Transcribe and judge side by side; start the reply as soon as there are words."""
        pcm = self._audio.between(guess.start_ms, guess.end_ms)
        judging = asyncio.create_task(self._parts.endpointer.complete(pcm))
        try:
            # names help when a name is expected; on other short answers they mislead the ear (measured)
            hotwords = self._conversation.hotwords if self._conversation.awaiting == "name" else ()
            transcript = await self._parts.ear.transcribe(pcm, language=self._language, hotwords=hotwords)
            guess.stages.note("transcribed")
            guess.text = transcript.text.strip()
            probability = await judging
            guess.stages.note("judged")
        except DecrocheError as error:
            log.error("an utterance was not understood: [%s] %s", error.code, error)
            await self.take_leave(self._phrases.apology, "failed")
            return
        finally:
            judging.cancel()
        if guess is not self._guess:
            return
        if guess.text:
            guess.reply = self._reply_to(guess)
        now = self._audio.ms
        decisions = self._turns.judged(guess.version, probability, now)
        await self._carry_out([*decisions, *self._turns.transcribed(guess.version, guess.text, now)])

    def _reply_to(self, guess: _Guess) -> Reply:
        """The reply prepared before a breath was taken for speech, if the words are the same; else a new one."""
        spare, self._spare = self._spare, None
        if spare is not None and spare.plan.heard == guess.text and self._conversation.current(spare.plan):
            spare.stages.heard |= guess.stages.heard
            guess.stages = spare.stages
            return spare
        if spare is not None:
            spare.cancel()
        return self._reply(self._conversation.plan(guess.text), guess.stages)

    def _grant(self, version: int, last_voiced_ms: int) -> None:
        guess = self._guess
        if guess is None or guess.version != version or guess.reply is None:
            return
        guess.granted, guess.last_voiced_ms = True, last_voiced_ms
        guess.stages.heard["voice_end"] = self._stream_zero + last_voiced_ms / 1000
        guess.stages.note("granted")
        self._play(guess.reply, guess)

    def _drop_guess(self, *, spare: bool = False) -> None:
        """Forget the guess. `spare`: its reply may serve again, if the caller turns out to have said no more."""
        guess, self._guess = self._guess, None
        if self._spare is not None:
            self._spare.cancel()
            self._spare = None
        if guess is None:
            return
        if guess.task is not None:
            guess.task.cancel()
        if guess.granted and self._playing is not None:
            self._playing.cancel()
        if guess.reply is not None:
            if spare and not guess.granted:
                self._spare = guess.reply
            else:
                guess.reply.cancel()

    def _reply(self, plan: Plan, stages: Stages | None = None) -> Reply:
        return Reply(plan, self._voice, stages).start(self._group)

    def _prime(self) -> None:
        """Let the mind read ahead while the agent speaks."""
        if self._primer is None or self._primer.done():
            self._primer = self._group.create_task(self._conversation.prime(), name="prime")

    # -- the agent's side --------------------------------------------------------------------------------

    def _play(self, reply: Reply, guess: _Guess | None = None, then: str = "") -> None:
        self._playing = self._group.create_task(self._speak(reply, guess, then), name="speak")

    async def _speak(self, reply: Reply | None, guess: _Guess | None, then: str) -> None:
        """Play a reply and those that its actions lead to; then the floor is the caller's again."""
        self._talker.new_turn()
        while reply is not None:
            reply = await self._play_one(reply, guess)
            guess = None
        await self._talker.heard_all()
        self._turns.agent_stopped(self._audio.ms)
        if then:
            await asyncio.sleep(TAIL_SECONDS)
            self.stop(then)
        else:
            self._prime()

    async def _play_one(self, reply: Reply, guess: _Guess | None) -> Reply | None:
        """The items of one reply, as they are made. Returns the reply that an action's result calls for."""
        committed, follow = False, None
        while True:
            item = await self._next(reply)
            if not committed and not isinstance(item, Begin):
                committed = True
                self._commit(reply, guess)
            match item:
                case Begin(say):
                    self._talker.begin(say)
                case Chunk(pcm):
                    if await self._talker.chunk(pcm):
                        self._on_air(reply)
                case End():
                    if await self._talker.end():
                        self._on_air(reply)
                case Act():
                    follow = await self._act(item) or follow
                case Over(error):
                    return await self._apologise() if error is not None else follow

    async def _next(self, reply: Reply) -> Item:
        """The reply's next item; a mind or voice that takes for ever is given up."""
        try:
            async with asyncio.timeout(THINK_SECONDS):
                return await reply.items.get()
        except TimeoutError:
            log.error("a reply took over %s s", THINK_SECONDS)
            reply.cancel()
            return Over(DecrocheError("the reply took too long", code="too_slow"))

    def _commit(self, reply: Reply, guess: _Guess | None) -> None:
        """The reply is the agent's turn from here on: it is heard, so what it answers was said."""
        if guess is not None:
            start, end = (self._on_call_clock(ms) for ms in (guess.start_ms, guess.last_voiced_ms))
            self._notes.turns.append(Turn("caller", guess.text, start, end, 0))
        if not isinstance(reply.plan, Said):
            self._conversation.commit(reply.plan)
        self._turns.agent_started(self._audio.ms)
        self._guess = None if guess is not None else self._guess

    def _on_air(self, reply: Reply) -> None:
        stages = reply.stages
        stages.note("on_air")
        if self._talker.turn is not None:
            named = {
                "endpoint": stages.between("voice_end", "granted"), "asr": stages.between("pause", "transcribed"),
                "think": stages.between("think", "thought"), "voice": stages.between("thought", "voiced"),
                "total": stages.between("voice_end", "on_air"),
            }  # fmt: skip
            self._talker.turn.stages.update({k: v for k, v in named.items() if v is not None})
            self._talker.turn.stages["source"] = reply.plan.source

    def _on_call_clock(self, stream_ms: int) -> int:
        return round((self._stream_zero - self._answered) * 1000) + stream_ms

    async def _act(self, act: Act) -> Reply | None:
        if act.name in AFTER_SPEECH:
            await self._talker.heard_all()
            await asyncio.sleep(TAIL_SECONDS)
        doing = self._group.create_task(self._do(act), name=f"act-{act.name}")
        try:
            result = await asyncio.shield(doing)
        except asyncio.CancelledError:
            # The caller cut in while it was being done: done it is, and the conversation must know.
            doing.add_done_callback(lambda done: self._tell_unheard(act, done))
            raise
        if act.name in AFTER_SPEECH and result["outcome"] in ("done", "transferring"):
            self.stop(act.name)
            return None
        return self._reply(self._conversation.plan_acted(act.name, result))

    async def _do(self, act: Act) -> dict[str, Any]:
        at = self.now_ms()
        result = dict(await self._perform(act))
        self._notes.actions.append(Done(act.name, dict(act.args), result, at))
        return result

    def _tell_unheard(self, act: Act, done: asyncio.Task[dict[str, Any]]) -> None:
        if not done.cancelled() and not self._ending.done():
            self._group.create_task(self._commit_unheard(act, done.result()), name="unheard")

    async def _commit_unheard(self, act: Act, result: dict[str, Any]) -> None:
        plan = self._conversation.plan_acted(act.name, result)
        said = " ".join([effect.text async for effect in plan.effects() if isinstance(effect, Say)])
        self._conversation.commit(plan)
        self._conversation.spoken(said, "")

    async def _apologise(self) -> Reply | None:
        """An engine failed in the middle of a reply: a ready phrase, then a person, or the caller's turn again."""
        self._notes.outcome = "engine_failed"
        self._talker.begin(Say(self._phrases.apology, ready=True))
        async for pcm in self._voice.speak(self._phrases.apology, ready=True):
            await self._talker.chunk(pcm)
        await self._talker.end()
        return await self._act(Act("transfer")) if self._phrases.can_transfer else None

    async def _interrupted(self) -> None:
        """The caller took the floor: what was not heard was not said."""
        if self._playing is not None:
            self._playing.cancel()
        said, heard = await self._talker.cut()
        self._conversation.spoken(said, heard)
        self._turns.agent_stopped(self._audio.ms)

    async def _silence_agent(self) -> None:
        if self._playing is not None and not self._playing.done():
            self._playing.cancel()
            if self._talker.talking:
                said, heard = await self._talker.cut()
                self._conversation.spoken(said, heard)
        self._turns.agent_stopped(self._audio.ms)
