"""The agent's side of a dialogue: plays replies in order, does what they say to do, and follows where results lead.

It decides nothing of whose turn it is: it tells the floor when the agent takes it and gives it back.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from agents.effects import Act, Conversation, Plan, Say
from ari_app.call.clock import Clock
from ari_app.call.floor import Floor
from ari_app.call.guesses import Guess, Guesses
from ari_app.call.mending import Broken
from ari_app.call.reply import Begin, Chunk, End, Item, Over, Reply, Stages
from ari_app.call.said import Said, ready
from ari_app.call.talker import Talker
from ari_app.desk.record import Done, Notes, SpokenTurn
from store.base.endings import Ending
from store.base.errors import DecrocheError
from tts.base import Voice

log = logging.getLogger(__name__)

AFTER_SPEECH: dict[str, Ending] = {"hangup": "hangup", "transfer": "transfer", "language": "language"}
"""Actions done only once the caller has heard all that was said before them, and what they end a talk by; the others
are done at once."""

THINK_SECONDS = 12.0
"""A reply whose first word is not ready by then is given up with an apology."""

HESITATE_SECONDS = 0.5
"""A granted reply whose first word is not there by then is bridged with a ready phrase."""

TAIL_SECONDS = 0.25
"""After the last mark: what the caller's jitter buffer still holds, before we hang up."""

READY_SECONDS = 3.0
"""A ready phrase that is not there by then never will be."""

Perform = Callable[[Act], Awaitable[Mapping[str, Any]]]


@dataclass(frozen=True, slots=True)
class Phrases:
    """Ready phrases a call may need whatever its conversation says, in the agent's language."""

    apology: str
    goodbye: str
    thinking: str
    can_transfer: bool = False
    again: str = ""
    """Asks the caller to say it again."""
    moment: str = ""
    """Asks the caller for a moment."""


class Host(Protocol):
    """The dialogue that replies are delivered in."""

    @property
    def running(self) -> bool:
        """It has not ended."""
        ...

    def prime(self) -> None:
        """The agent has said all it had to: the mind may read ahead."""
        ...

    def stop(self, why: Ending) -> None:
        """End the dialogue."""
        ...


class Delivery:
    """One call's replies, played one at a time in the dialogue's task group."""

    def __init__(
        self, conversation: Conversation, voice: Voice, talker: Talker, notes: Notes, phrases: Phrases,
        perform: Perform, clock: Clock, floor: Floor, guesses: Guesses, host: Host,
    ) -> None:  # fmt: skip
        self._conversation, self._voice, self._talker, self._notes = conversation, voice, talker, notes
        self._phrases, self._perform, self._clock, self._host = phrases, perform, clock, host
        self._floor, self._guesses = floor, guesses
        self._playing: asyncio.Task[None] | None = None
        self._remarks: list[str] = []
        self._current: Reply | None = None
        self._bridged: Plan | None = None
        """The plan whose answer a phrase was said to wait for: it is the agent's turn, and not committed yet."""
        self._group: asyncio.TaskGroup

    def begin(self, group: asyncio.TaskGroup) -> None:
        """The dialogue has begun: its tasks are `group`'s."""
        self._group = group

    @property
    def busy(self) -> bool:
        """A reply is being played."""
        return self._playing is not None and not self._playing.done()

    async def over(self) -> None:
        """Wait until nothing is being said."""
        while self.busy and self._playing is not None:
            await asyncio.wait([self._playing])

    def prepare(self, plan: Plan, stages: Stages | None = None) -> Reply:
        """Begin to think and to synthesise; nothing is heard yet."""
        return Reply(plan, self._voice, stages).start(self._group)

    def play(self, reply: Reply, guess: Guess | None = None, then: Ending | None = None) -> None:
        """Let it be heard. `then`: why the dialogue stops after it, if it does; nothing is remarked any more."""
        if then:
            self._remarks.clear()
        self._playing = self._group.create_task(self._speak(reply, guess, then), name="speak")

    def remark(self, text: str) -> None:
        """Something to say once, as soon as the agent's words would not be cut: now, or after the reply under way."""
        if self.busy:
            self._remarks.append(text)
        else:
            self.play(self.prepare(ready(text)))

    def cancel(self) -> None:
        """Play no further, and think no further. What was queued in Asterisk is the talker's to drop."""
        if self._playing is not None:
            self._playing.cancel()
        if self._current is not None:
            self._current.cancel()

    async def silence(self) -> None:
        """The caller heard enough of it: drop what was not heard, and let the conversation know."""
        busy = self.busy
        self.cancel()
        if busy and self._talker.talking:
            await self.cut()

    async def cut(self) -> None:
        """What was not heard was not said."""
        if self._bridged is not None:
            self._commit_plan(self._bridged)
        said, heard = await self._talker.cut()
        self._conversation.spoken(said, heard)

    # -- one reply after another -------------------------------------------------------------------------

    async def _speak(self, reply: Reply | None, guess: Guess | None, then: Ending | None) -> None:
        """Play a reply and those that its actions lead to; then the floor is the caller's again."""
        self._talker.new_turn()
        while reply is not None:
            reply = await self._play_one(reply, guess)
            guess = None
            if reply is None and self._remarks:
                reply = self.prepare(ready(self._remarks.pop(0)))
        await self._talker.heard_all()
        self._floor.end()
        if then:
            await asyncio.sleep(TAIL_SECONDS)
            self._host.stop(then)
        else:
            self._host.prime()

    async def _play_one(self, reply: Reply, guess: Guess | None) -> Reply | None:
        """The items of one reply, as they are made. Returns the reply that an action's result calls for."""
        self._current, committed, follow = reply, False, None
        waited = guess is not None and bool(self._phrases.thinking) and await self._bridge(reply, guess)
        while True:
            item = await self._next(reply)
            if not committed and not isinstance(item, Begin):
                committed = True
                self._commit(reply, guess)
            match item:
                case Begin(say):
                    self._talker.begin(say)
                case Chunk(pcm):
                    if await self._talker.chunk(pcm) or waited:
                        self._on_air(reply, "answered" if waited else "on_air")
                        waited = False
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

    def _commit(self, reply: Reply, guess: Guess | None) -> None:
        """The reply is the agent's turn from here on: it is heard, so what it answers was said."""
        if self._bridged is None:
            self._take_floor(guess)
        self._commit_plan(reply.plan)

    def _take_floor(self, guess: Guess | None) -> None:
        """The agent talks; what it answers, if it was said by a voice, is the caller's turn."""
        if guess is not None:
            start, end = (self._clock.on_call(ms) for ms in (guess.start_ms, guess.last_voiced_ms))
            self._notes.turns.append(SpokenTurn("caller", guess.text, start, end, 0))
            self._guesses.settle()
        self._floor.take()

    def _commit_plan(self, plan: Plan) -> None:
        self._bridged = None
        if not isinstance(plan, Said | Broken):
            self._conversation.commit(plan)

    async def _bridge(self, reply: Reply, guess: Guess) -> bool:
        """Whether the answer was slow, and a ready phrase is said to wait for it. The mind still decides what it is."""
        try:
            async with asyncio.timeout(HESITATE_SECONDS):
                await reply.begun.wait()
                return False
        except TimeoutError:
            self._bridged = reply.plan
            self._take_floor(guess)
            await self._say_ready(self._phrases.thinking, reply)
            return True

    async def _say_ready(self, text: str, reply: Reply | None = None) -> None:
        self._talker.begin(Say(text, ready=True))
        async for pcm in self._voice.speak(text, ready=True):
            if await self._talker.chunk(pcm) and reply is not None:
                self._on_air(reply)
        await self._talker.end()

    def _on_air(self, reply: Reply, what: str = "on_air") -> None:
        """`answered`: the first word of an answer that was bridged; `on_air`: the first of any."""
        stages = reply.stages
        stages.note(what)
        if self._talker.turn is not None:
            named = {
                "endpoint": stages.between("voice_end", "granted"), "asr": stages.between("pause", "transcribed"),
                "think": stages.between("think", "thought"), "voice": stages.between("thought", "voiced"),
                "total": stages.between("voice_end", "on_air"), "answer": stages.between("voice_end", "answered"),
            }  # fmt: skip
            self._talker.turn.stages.update({k: v for k, v in named.items() if v is not None})
            self._talker.turn.stages["source"] = reply.plan.source
            if reply.plan.meaning:
                self._talker.turn.stages["meaning"] = reply.plan.meaning

    # -- actions -----------------------------------------------------------------------------------------

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
        ending = AFTER_SPEECH.get(act.name)
        if ending is not None and result["outcome"] in ("done", "transferring", "switching"):
            self._host.stop(ending)
            return None
        return self.prepare(self._conversation.plan_acted(act.name, result))

    async def _do(self, act: Act) -> dict[str, Any]:
        at = self._clock.now_ms()
        result = dict(await self._perform(act))
        self._notes.actions.append(Done(act.name, dict(act.args), result, at))
        return result

    def _tell_unheard(self, act: Act, done: asyncio.Task[dict[str, Any]]) -> None:
        if not done.cancelled() and self._host.running:
            self._group.create_task(self._commit_unheard(act, done.result()), name="unheard")

    async def _commit_unheard(self, act: Act, result: dict[str, Any]) -> None:
        plan = self._conversation.plan_acted(act.name, result)
        said = " ".join([effect.text async for effect in plan.effects() if isinstance(effect, Say)])
        self._conversation.commit(plan)
        self._conversation.spoken(said, "")

    async def _apologise(self) -> Reply | None:
        """An engine failed in the middle of a reply: a ready phrase, then a person, or the caller's turn again."""
        self._notes.outcome = "engine_failed"
        try:
            async with asyncio.timeout(READY_SECONDS):
                await self._say_ready(self._phrases.apology)
        except (DecrocheError, TimeoutError) as error:
            log.error("not even the apology is spoken: %s", error or "the voice is silent")
            self._host.stop("failed")
            return None
        return await self._act(Act("transfer")) if self._phrases.can_transfer else None
