"""One call's conversation: rules first, the mind where they are not sure, the scenario decides.

Plans are speculative: thinking changes nothing until `commit`.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import Any, Literal, cast

from agents import scenario
from agents.definition import Agent
from agents.dictating import patience
from agents.effects import Act, Effect, Facts, Plan, Say, Source
from agents.grounding import echoed, ungrounded, without_answer
from agents.hearing import understand
from agents.keys import pressed
from agents.leading import MOST_TOKENS, leading_messages, leading_schema, led
from agents.meaning.sense import Reading, Sense
from agents.meaning.weighing import settled, weigh
from agents.sentences import clauses
from agents.slots.text import Language
from agents.state import Again, Expected, Phrase, State, Turn, Understood
from agents.understanding import (
    PREFILL,
    answer_head,
    answer_messages,
    extract_messages,
    extract_schema,
    extracted,
    labels,
    meaning,
    read_label,
    to_extract,
    turn_messages,
    turn_schema,
    worth_asking,
)
from llm.base import LlmError, Mind

__all__ = ["AgentConversation", "Line"]

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


class AgentConversation:
    """An agent in one call. `sense` None: the rules ask the mind what they are not sure of; `mind` None too: they
    are alone, and what they do not understand is asked again."""

    def __init__(
        self, agent: Agent, mind: Mind | None, facts: Facts, *, slot: str = "", sense: Sense | None = None
    ) -> None:
        self.agent, self.mind, self.facts, self.sense = agent, mind, facts, sense
        self.history: list[Line] = []
        self.slot = slot or facts.call_id
        self._state = State(step=agent.scenario.start)
        self._version = 0
        self._done: list[Act] = []
        self._phrasing_read = False
        self._doing: dict[str, Act] = {}

    def opening(self) -> list[Effect]:
        """Greeting, AI disclosure, recording notice, first question."""
        turn = scenario.opening(self.agent, self.facts)
        self._state = turn.state
        self._version += 1
        effects = [cast("Effect", move) for move in turn.moves]
        said = [effect for effect in effects if isinstance(effect, Say)]
        self.history.append(Line("agent", [say.text for say in said], notices=_notices(said)))
        return effects

    def plan(self, heard: str) -> _Plan:
        """Begin a reply to what the caller said."""
        return _Plan(self, self._state, self._version, heard, None)

    def plan_silence(self, seconds: float) -> _Plan:
        """The caller said nothing."""
        return self._settled("", lambda state: scenario.silent(self.agent, state, self.facts, seconds))

    def plan_digits(self, digits: str) -> _Plan:
        """The caller pressed keys."""
        heard = pressed(self.agent, self._state, digits, self.facts)
        return self._settled(digits, lambda state: scenario.advance(self.agent, state, heard, self.facts))

    def plan_foreign(self, heard: str, language: Language) -> _Plan:
        """The caller spoke another language."""
        return self._settled(heard, lambda state: scenario.foreign(self.agent, state, language, self.facts))

    def plan_acted(self, name: str, result: Mapping[str, Any]) -> _Plan:
        """The action ended."""
        if result.get("outcome") == "done" and name in self._doing:
            self._done.append(self._doing[name])
        return self._settled("", lambda state: scenario.acted(self.agent, state, name, result, self.facts))

    def _settled(self, heard: str, reply: Callable[[State], Turn]) -> _Plan:
        return _Plan(self, self._state, self._version, heard, reply)

    def commit(self, plan: Plan) -> None:
        """The plan's reply is the agent's turn: what is said is what happened, even by a plan that is not `current`."""
        assert isinstance(plan, _Plan)
        if plan.turn is None:
            plan.decide_by_rules()
        self._version += 1
        plan.committed = True
        if plan.turn is not None:
            self._state = plan.turn.state
        if plan.heard:
            self.history.append(Line("caller", [plan.heard]))
        self.history.append(plan.line)

    def current(self, plan: Plan) -> bool:
        """The plan was made from where the conversation stands now."""
        return isinstance(plan, _Plan) and plan.version == self._version

    def done_already(self, act: Act) -> bool:
        """This very booking or cancelling was done: a reply thought meanwhile must not do it twice."""
        self._doing[act.name] = act
        return act.name in _ONCE and act in self._done

    def spoken(self, text: str, heard: str) -> None:
        """Of the agent's last turn the caller heard only `heard`: a notice that was talked over is owed."""
        last = next((line for line in reversed(self.history) if line.who == "agent"), None)
        if last is None:
            return
        last.heard = heard
        owed = tuple(kind for kind, told in last.notices.items() if told not in heard)
        if owed:
            self._state = replace(self._state, owed=tuple(dict.fromkeys([*self._state.owed, *owed])))
            self._version += 1

    async def prime(self) -> None:
        """Read the instructions and the pending question while the caller listens."""
        if self.mind is None:
            return
        waits = scenario.expected(self.agent, self._state, self.facts)
        ahead = turn_messages(self.agent, waits, "")
        if self.mind.leads:
            ahead = leading_messages(self.agent, self._state, waits, self.facts, (), "")[:1]
        try:
            await self.mind.prime(ahead, slot=self.slot)
            if not self._phrasing_read and any(fact.info for fact in self.agent.facts):
                await self.mind.prime([answer_head(self.agent)], slot=f"{self.slot}/answer")
                self._phrasing_read = True
        except LlmError:
            return  # the next turn meets it, and apologises

    async def release(self) -> None:
        """The call is over."""
        if self.mind is not None:
            await self.mind.release(self.slot)
            await self.mind.release(f"{self.slot}/answer")

    @property
    def awaiting(self) -> str:
        """The type of what is asked for."""
        waits = scenario.expected(self.agent, self._state, self.facts)
        if waits.kind in ("confirm", "propose"):
            return "yes_no"
        return self.agent.slots[waits.slots[0]].type if waits.slots else ""

    def patience(self, heard: str) -> int:
        """How long a silence to bear after `heard`, in milliseconds, before the turn is the agent's; 0: the usual."""
        waits = scenario.expected(self.agent, self._state, self.facts)
        return patience(self.agent, self._state, waits, heard)

    @property
    def hotwords(self) -> tuple[str, ...]:
        """Names the ear should expect."""
        own = [self.agent.company.name, *self.agent.hotwords]
        return tuple(dict.fromkeys([*own, *(v for v in self.facts.variables.values() if v[:1].isupper())]))

    @property
    def values(self) -> Mapping[str, str]:
        """The slots filled so far."""
        return self._state.values

    @property
    def state(self) -> State:
        """Where it stands."""
        return self._state

    @property
    def over(self) -> bool:
        """Nothing more is to be said."""
        return self._state.closing

    def last_said(self) -> str:
        """The agent's last turn, whole."""
        last = next((line for line in reversed(self.history) if line.who == "agent" and line.parts), None)
        return " ".join(last.parts) if last else ""

    def why(self, plan: Plan) -> str:
        """What a sentence was taken to mean, what else it may mean and how surely, for whoever asks."""
        assert isinstance(plan, _Plan)
        likely = "" if plan.reading is None else ", ".join(f"{m.key} {m.sure:.2f}" for m in plan.reading.whole[:4])
        told = f"{plan.meaning or 'no sentence'}, by {plan.source}"
        return f"{told}; likely {likely}" if likely else told

    def replace_state(self, plan: _Plan, state: State) -> None:
        """A plan that failed after it was committed leads elsewhere."""
        if plan.committed and plan.version + 1 == self._version:
            self._state = state


def _notices(said: Sequence[Say]) -> dict[str, str]:
    return {say.kind: say.text for say in said if say.kind in ("disclosure", "commercial", "recording")}


def _choices(agent: Agent, state: State, waits: Expected) -> tuple[str, ...]:
    """The choice slots that a sentence may fill: the one asked for, and those still empty."""
    slots = agent.scenario.slots
    return tuple(
        name for name, slot in slots.items()
        if slot.type == "choice" and (name in waits.slots or name not in state.values)
    )  # fmt: skip


_ONCE = ("book", "cancel")
_LABEL_TOKENS = 48
"""Room for a label in an answer that comes whole and spaced; reading stops as soon as it can be only one."""


class _Plan:
    """A reply in the making."""

    def __init__(
        self,
        conversation: AgentConversation,
        state: State,
        version: int,
        heard: str,
        reply: Callable[[State], Turn] | None,
    ) -> None:
        self.heard = heard
        self.source: Source = "rules"
        self.version, self.committed = version, False
        self.turn: Turn | None = None
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
            self.line.notices |= _notices([effect])
        return effect

    def _gave_way(self) -> Turn:
        self.source = "apology"
        return scenario.gave_way(self._talk.agent, self._state, self._talk.facts)

    async def _decide(self) -> Turn:
        if self.turn is not None:
            return self.turn
        agent, facts = self._talk.agent, self._talk.facts
        if self._reply is not None:
            return self._reply(self._state)
        heard = understand(agent, self._state, self.heard, facts)
        move = await self._led(heard)
        if move is not None:
            heard = move
        elif self._talk.sense is not None and not heard.exact:
            heard = await self._weighed(self._talk.sense, heard)
        if move is None and not heard.sure and self._talk.mind is not None:
            heard = await self._ask_mind(heard)
        self.understood = heard
        turn = scenario.advance(agent, self._state, heard, facts)
        if self.source == "rules" and any(isinstance(m, Say) and m.kind == "answer" for m in turn.moves):
            self.source = "fact"
        return turn

    async def _led(self, by_rules: Understood) -> Understood | None:
        """The move that a large model chooses; None where none leads, or the rules are exact."""
        talk, mind = self._talk, self._talk.mind
        if mind is None or not mind.leads or by_rules.exact or by_rules.intent in ("opt_out", "record_refused"):
            return None
        waits = scenario.expected(talk.agent, self._state, talk.facts)
        told = [f"{line.who}: {line.text}" for line in talk.history]
        asked = leading_messages(talk.agent, self._state, waits, talk.facts, told, self.heard)
        self.source = "intent"
        try:
            text = await mind.complete(asked, slot=talk.slot, schema=leading_schema(talk.agent), max_tokens=MOST_TOKENS)
        except LlmError as error:
            if error.code != "llm_cut":
                raise
            return None  # it rambled: the house understands by itself
        return led(talk.agent, waits, text, self.heard, by_rules)

    async def _weighed(self, sense: Sense, by_rules: Understood) -> Understood:
        """The rules' understanding and the sentence's meaning together."""
        agent, state, facts = self._talk.agent, self._state, self._talk.facts
        waits = scenario.expected(agent, state, facts)
        reading = await sense.read(agent, self.heard, _choices(agent, state, waits))
        self.reading = reading
        if state.doubt and (answer := settled(agent, state, self.heard, reading)) is not None:
            return answer
        return weigh(
            agent, state, waits, self.heard, by_rules, reading, lambda part: understand(agent, state, part, facts)
        )

    async def _ask_mind(self, by_rules: Understood) -> Understood:
        """The mind's word on what the caller meant; it is cut short as soon as it can be only one."""
        talk, mind = self._talk, self._talk.mind
        assert mind is not None
        waits = scenario.expected(talk.agent, self._state, talk.facts)
        known = labels(talk.agent, waits, self.heard)
        if not worth_asking(talk.agent, waits, known, by_rules):
            return by_rules
        self.source = "intent"
        asked = turn_messages(talk.agent, waits, self.heard)
        label = await self._label(mind, asked, turn_schema(known), known.all())
        found = meaning(label or "unclear", known, waits, by_rules)
        if label == "answer" and not by_rules.values and (slots := to_extract(talk.agent, waits)):
            pieces = extract_messages(asked, talk.agent, slots)
            text = await mind.complete(pieces, slot=talk.slot, schema=extract_schema(slots), max_tokens=40)
            values = extracted(talk.agent, text, self.heard)
            return Understood("answer" if values else "unclear", values)
        return found

    async def _label(
        self, mind: Mind, asked: Sequence[Any], schema: Mapping[str, Any], known: Sequence[str]
    ) -> str | None:
        text = ""
        pieces = mind.stream(asked, slot=self._talk.slot, schema=schema, prefill=PREFILL, max_tokens=_LABEL_TOKENS)
        async with aclosing(cast("AsyncGenerator[str]", pieces)) as stream:
            async for piece in stream:
                text += piece
                if label := read_label(text, known):
                    return label
        return read_label(text, known)

    async def _phrase(self, move: Phrase) -> AsyncGenerator[Effect]:
        """The model's answer, each clause only if the facts hold what it says; else the facts as they are written."""
        self.source = "phrasing"
        talk = self._talk
        agent = talk.agent
        written = [agent.fact(name).info or agent.fact(name).say for name in move.facts]
        if talk.mind is None:
            for text in written:
                yield Say(text, kind="answer")
            return
        held = [*written, agent.company.name, agent.human.name if agent.human else ""]
        asked = answer_messages(talk.agent, self._state, talk.facts, move.facts, self.heard)
        pieces: AsyncIterator[str] = talk.mind.stream(asked, slot=f"{talk.slot}/answer", max_tokens=70)
        async with aclosing(clauses(pieces)) as said:
            async for clause in said:
                spoken = without_answer(clause, held, agent.language)
                made_up = [*ungrounded(spoken, held, agent.language), *echoed(spoken, self.heard, held)]
                if made_up:
                    log.warning("agent %s: a phrased answer holds %s, which no fact does", agent.id, ", ".join(made_up))
                    break
                if spoken:
                    yield Say(spoken, kind="answer")
            else:
                return
        for text in written:
            yield Say(text, kind="answer")
