"""A reply in the making: thought ahead of need, told effect by effect, and nothing until it is committed."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from agents import scenario
from agents.effects import Act, Effect, Say, Source
from agents.grounding import echoed, ungrounded, without_answer
from agents.hearing import understand
from agents.meaning.sense import Reading
from agents.sentences import clauses
from agents.state import Again, AgentTurn, Phrase, State, Understood
from agents.thinking import Thinking
from agents.understanding import answer_messages
from llm.base import LlmError

if TYPE_CHECKING:
    from agents.conversation import AgentConversation

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Line:
    """One turn of the history. `heard`: of the agent's text, what the caller heard; None: all of it."""

    who: Literal["agent", "caller"]
    parts: list[str] = field(default_factory=list[str])
    heard: str | None = None
    notices: dict[str, str] = field(default_factory=dict[str, str])
    """Of the agent's parts, those that the law wants heard: kind → text."""

    @property
    def text(self) -> str:
        """The turn as the other side got it."""
        return " ".join(self.parts) if self.heard is None else self.heard


def notices(said: Sequence[Say]) -> dict[str, str]:
    """What the law wants heard of it: kind → text."""
    return {say.kind: say.text for say in said if say.kind in ("disclosure", "commercial", "recording")}


class Making:
    """A reply in the making."""

    def __init__(
        self,
        conversation: AgentConversation,
        state: State,
        version: int,
        heard: str,
        reply: Callable[[State], AgentTurn] | None,
    ) -> None:
        self.heard = heard
        self.source: Source = "rules"
        self.version, self.committed = version, False
        self.turn: AgentTurn | None = None
        self.understood: Understood | None = None
        """What the caller was taken to mean, once `effects` began: for whoever asks why."""
        self.reading: Reading | None = None
        """What the sentence may mean, and how surely."""
        self.line = Line("agent")
        self._talk, self._state, self._reply = conversation, state, reply

    async def effects(self) -> AsyncGenerator[Effect]:
        """The reply, in order, as it is made."""
        try:
            self.turn = await self._decide()
        except LlmError:
            self.turn = self._gave_way()
        moves, at = self.turn.moves, 0
        while at < len(moves):
            move = moves[at]
            at += 1
            if isinstance(move, Phrase):
                try:
                    async with aclosing(self._phrase(move)) as said:
                        async for effect in said:
                            yield self._told(effect)
                except LlmError:
                    self.turn = self._gave_way()
                    self._talk.replace_state(self, self.turn.state)
                    moves, at = self.turn.moves, 0
            elif isinstance(move, Again):
                yield self._told(Say(self._talk.last_said(), kind="question"))
            elif isinstance(move, Act) and self._talk.done_already(move):
                after = scenario.acted(
                    self._talk.agent, self.turn.state, move.name, {"outcome": "done"}, self._talk.facts
                )
                self.turn, moves, at = after, after.moves, 0
                self._talk.replace_state(self, after.state)
            else:
                yield self._told(move)

    @property
    def meaning(self) -> str:
        """What the caller was taken to mean, in a word."""
        heard = self.understood
        if heard is None:
            return ""
        if heard.intent == "question":
            return f"fact:{heard.facts[0]}" if heard.facts else "hours" if heard.day else "unknown"
        return heard.intent

    def decide_by_rules(self) -> None:
        """The reply without the mind, for a plan committed before it was thought."""
        agent, facts = self._talk.agent, self._talk.facts
        if self._reply is not None:
            self.turn = self._reply(self._state)
        else:
            self.turn = scenario.advance(agent, self._state, understand(agent, self._state, self.heard, facts), facts)

    def _told(self, effect: Effect) -> Effect:
        if isinstance(effect, Say):
            self.line.parts.append(effect.text)
            self.line.notices |= notices([effect])
        return effect

    def _gave_way(self) -> AgentTurn:
        self.source = "apology"
        return scenario.gave_way(self._talk.agent, self._state, self._talk.facts)

    async def _decide(self) -> AgentTurn:
        if self.turn is not None:
            return self.turn
        agent, facts = self._talk.agent, self._talk.facts
        if self._reply is not None:
            return self._reply(self._state)
        talk = self._talk
        told = [f"{line.who}: {line.text}" for line in talk.history]
        thinking = Thinking(agent, facts, talk.mind, talk.sense, talk.slot, self._state, told, self.heard)
        try:
            heard = await thinking.understood()
        finally:
            self.source, self.reading = thinking.source, thinking.reading
        self.understood = heard
        turn = scenario.advance(agent, self._state, heard, facts)
        if self.source == "rules" and any(isinstance(m, Say) and m.kind == "answer" for m in turn.moves):
            self.source = "fact"
        return turn

    async def _phrase(self, move: Phrase) -> AsyncGenerator[Effect]:
        """The model's answer, each clause only if the facts hold what it says; else the facts as they are written.

        They are also said as written where its first clause is late: a caller would wait seconds for a turn of phrase.
        """
        self.source = "phrasing"
        talk = self._talk
        agent = talk.agent
        written = [agent.fact(name).info or agent.fact(name).say for name in move.facts]
        if talk.mind is None or not talk.may_phrase():
            self.source = "fact"
            for text in written:
                yield Say(text, kind="answer")
            return
        held = [*written, agent.company.name, agent.human.name if agent.human else ""]
        asked = answer_messages(talk.agent, self._state, talk.facts, move.facts, self.heard)
        pieces: AsyncIterator[str] = talk.mind.stream(asked, slot=f"{talk.slot}/answer", max_tokens=70)
        try:
            async with aclosing(clauses(pieces)) as said:
                async for clause in _in_time(said, talk.phrase_seconds):
                    spoken = without_answer(clause, held, agent.language)
                    made_up = [*ungrounded(spoken, held, agent.language), *echoed(spoken, self.heard, held)]
                    if made_up:
                        told = ", ".join(made_up)
                        log.warning("agent %s: a phrased answer holds %s, which no fact does", agent.id, told)
                        break
                    if spoken:
                        yield Say(spoken, kind="answer")
                else:
                    return
        except TimeoutError:
            self.source = "fact"
            self._talk.phrased_late()
        for text in written:
            yield Say(text, kind="answer")


async def _in_time(said: AsyncIterator[str], seconds: float | None) -> AsyncIterator[str]:
    """The clauses; TimeoutError when the first is not there in so many seconds. The later ones are made meanwhile."""
    try:
        async with asyncio.timeout(seconds):
            first = await anext(said)
    except StopAsyncIteration:
        return
    yield first
    async for clause in said:
        yield clause
