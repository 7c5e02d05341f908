"""One call's conversation: where it stands, what was said, and the replies that are being made.

Plans are speculative: thinking changes nothing until `commit`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

from agents import resuming, scenario
from agents.definition import Agent
from agents.dictating import patience
from agents.effects import Act, Effect, Facts, Plan, Say
from agents.keys import pressed
from agents.leading import leading_messages
from agents.meaning.sense import Sense
from agents.pace import Pace
from agents.planning import Line, Making, notices
from agents.slots.text import Language
from agents.state import AgentTurn, State
from agents.understanding import answer_head, turn_messages
from llm.base import LlmError, Mind

__all__ = ["AgentConversation", "Line"]

PHRASE_SECONDS = 1.0
"""How long the model may take for the first clause of an answer. Two cores need 4.5 to 8 s (docs/figures.md)."""
_ONCE = ("book", "cancel", "reschedule")
"""Acts that a reply thought meanwhile must not do again."""


class AgentConversation:
    """An agent in one call. `sense` None: the rules ask the mind what they are not sure of; `mind` None too: they
    are alone, and what they do not understand is asked again."""

    def __init__(
        self, agent: Agent, mind: Mind | None, facts: Facts, *, slot: str = "", sense: Sense | None = None,
        phrase_seconds: float | None = PHRASE_SECONDS, pace: Pace | None = None,
    ) -> None:  # fmt: skip
        """`phrase_seconds`: how long the first clause of an answer made of `info` is waited for; None: as long as it
        takes, which is so, too, where the agent's file has a word to say meanwhile (`wording.thinking`). `pace`: what
        other calls learnt of that."""
        self.agent, self.mind, self.facts, self.sense = agent, mind, facts, sense
        self.history: list[Line] = []
        self.slot = slot or facts.call_id
        self._state = State(step=agent.scenario.start)
        self._version = 0
        self._done: list[Act] = []
        self._phrasing_read = False
        self.phrase_seconds = None if agent.lines.thinking else phrase_seconds
        """How long an answer's first clause is waited for; None: as long as it takes."""
        self._pace = pace or Pace()
        self._doing: dict[str, Act] = {}

    def opening(self) -> list[Effect]:
        """Greeting, AI disclosure, recording notice, first question."""
        turn = scenario.opening(self.agent, self.facts)
        self._state = turn.state
        self._version += 1
        effects = [cast("Effect", move) for move in turn.moves]
        said = [effect for effect in effects if isinstance(effect, Say)]
        self.history.append(Line("agent", [say.text for say in said], notices=notices(said)))
        return effects

    def plan(self, heard: str) -> Making:
        """Begin a reply to what the caller said."""
        return Making(self, self._state, self._version, heard, None)

    def plan_silence(self, seconds: float) -> Making:
        """The caller said nothing."""
        return self._settled("", lambda state: scenario.silent(self.agent, state, self.facts, seconds))

    def plan_digits(self, digits: str) -> Making:
        """The caller pressed keys."""
        heard = pressed(self.agent, self._state, digits, self.facts)
        return self._settled(digits, lambda state: scenario.advance(self.agent, state, heard, self.facts))

    def plan_foreign(self, heard: str, language: Language) -> Making:
        """The caller spoke another language."""
        return self._settled(heard, lambda state: scenario.foreign(self.agent, state, language, self.facts))

    def plan_acted(self, name: str, result: Mapping[str, Any]) -> Making:
        """The action ended."""
        if result.get("outcome") == "done" and name in self._doing:
            self._done.append(self._doing[name])
        return self._settled("", lambda state: scenario.acted(self.agent, state, name, result, self.facts))

    def plan_back(self, owed: Sequence[str] = ()) -> Making:
        """The caller was cut off for a moment and is back."""
        return self._settled("", lambda state: resuming.back(self.agent, state, self.facts, owed))

    def kept(self) -> Mapping[str, Any]:
        """Where it stands, as plain JSON."""
        return resuming.kept(self._state, self.history)

    def take_up(self, kept: Mapping[str, Any]) -> None:
        """Stand where the one that `kept` tells of stood. Raises ValueError."""
        self._state, self.history = resuming.read(kept, self.agent)
        self._version += 1

    def _settled(self, heard: str, reply: Callable[[State], AgentTurn]) -> Making:
        return Making(self, self._state, self._version, heard, reply)

    def commit(self, plan: Plan) -> None:
        """The plan's reply is the agent's turn: what is said is what happened, even by a plan that is not `current`."""
        assert isinstance(plan, Making)
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
        return isinstance(plan, Making) and plan.version == self._version

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
            if not self._phrasing_read and not self._pace.spared and any(fact.info for fact in self.agent.facts):
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

    def may_phrase(self) -> bool:
        """Whether the model is asked for the words of this answer; else facts are said as they are written."""
        return self.mind is not None and (self.phrase_seconds is None or self._pace.asked())

    def phrased_late(self) -> None:
        """The model did not phrase an answer in time."""
        self._pace.late()

    def last_said(self) -> str:
        """The agent's last turn, whole."""
        last = next((line for line in reversed(self.history) if line.who == "agent" and line.parts), None)
        return " ".join(last.parts) if last else ""

    def why(self, plan: Plan) -> str:
        """What a sentence was taken to mean and to say, what else it may mean and how surely, for whoever asks."""
        assert isinstance(plan, Making)
        told = plan.meaning or "no sentence"
        if plan.understood is not None and plan.understood.values:
            told += f" ({', '.join(f'{slot} = {value}' for slot, value in plan.understood.values.items())})"
        likely = "" if plan.reading is None else ", ".join(f"{m.key} {m.sure:.2f}" for m in plan.reading.whole[:4])
        return f"{told}, by {plan.source}" + (f"; likely {likely}" if likely else "")

    def replace_state(self, plan: Making, state: State) -> None:
        """A plan that failed after it was committed leads elsewhere."""
        if plan.committed and plan.version + 1 == self._version:
            self._state = state
