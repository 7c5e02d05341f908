"""The moves a turn is made of: enter a step, ask, fill, misunderstand, transfer, take leave. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, cast

from agents import questions
from agents.builtin import BACK, END, MESSAGE
from agents.definition import Agent
from agents.effects import Act, Facts, Say
from agents.filling import fill_slots
from agents.listening import begun
from agents.naming import plain_label
from agents.ready import is_fixed
from agents.render import plain, say_so_far, speech
from agents.slots.text import Language
from agents.state import AgentTurn, Expected, Move, State, Values
from agents.steps import Step
from agents.wording import Wording, wording

_MOST_ATTEMPTS = 8
"""So often in a row nobody is not understood: it is a machine, or nobody."""
_MOST_HOPS = 40
"""A turn passes at most this many steps; `check` refuses loops that say nothing."""


@dataclass(slots=True)
class Run:
    """One turn in the making."""

    agent: Agent
    facts: Facts
    state: State
    moves: list[Move] = field(default_factory=list[Move])

    @property
    def step(self) -> Step:
        return self.agent.steps[self.state.step]

    def turn(self) -> AgentTurn:
        return AgentTurn(self.state, tuple(self.moves))

    def say(self, template: str, kind: str = "other", **extra: str) -> None:
        """Say a template; fixed wording is ready speech."""
        text = speech(self.agent, self.state, self.facts, template, **extra)
        if text:
            ready = is_fixed(template)
            self.moves.append(Say(text, ready=ready and not extra, kind=cast("Any", kind)))

    def say_owed(self) -> None:
        """Say again, shorter, what the law wants heard and the caller talked over."""
        agent, lines = self.agent, self.agent.lines
        shorter = {"disclosure": lines.disclosed, "commercial": agent.commercial_notice, "recording": lines.recorded}
        for kind in self.state.owed:
            self.say(shorter[kind], kind)
        self.state = replace(self.state, owed=())

    def act(self, name: str, args: Mapping[str, Any] | None = None) -> None:
        self.moves.append(Act(name, dict(args or {})))

    def enter(self, name: str) -> None:
        """Go to a step: its slots to forget are forgotten, its `say` said."""
        step = self.agent.steps[name or END]
        gone = set(step.forget) | {s for s in step.fill if self.agent.slots[s].type == "yes_no"}
        values = {s: v for s, v in self.state.values.items() if s not in gone}
        self.state = replace(self.state, step=step.id, values=values, focus=(), correcting=False, retries=0, waiting="")
        if not step.end and step.id != BACK:
            self.say(step.say)

    def progress(self) -> None:
        """Go on from the current step to the next that waits for something."""
        for _ in range(_MOST_HOPS):
            step = self.step
            if step.id == BACK:
                self._back()
                return
            if step.end:
                self.goodbye()
                return
            if self.missing() or step.confirm or (step.propose and self.state.offer):
                self.ask()
                return
            if step.do:
                self.act(step.do, self._args(step))
                if step.wait:
                    self.state = replace(self.state, waiting=step.do)
                    return
            self.enter(self._next(step))
        raise AssertionError(f"agent {self.agent.id}: step {self.state.step} goes round without a question")

    def _next(self, step: Step) -> str:
        if step.propose:  # nothing was offered
            return step.answers.get("no") or step.next
        if step.answers and step.fill:
            said = self.state.values.get(step.fill[-1], "")
            return step.answers.get(said) or step.next or END
        return step.next or END

    def _args(self, step: Step) -> dict[str, Any]:
        args: dict[str, Any] = {k: plain(self.state, self.facts, t) for k, t in step.args.items()}
        if step.do == "record":
            args["allowed"] = args.get("allowed") == "true"
        if step.do == "transfer" and self.agent.human:
            args = {"number": self.agent.human.number, "name": self.agent.human.name, **args}
        return args

    def missing(self) -> tuple[str, ...]:
        """The slots that the step, or a correction, still asks for."""
        return questions.missing(self)

    def expected(self) -> Expected:
        """What the agent waits for, and how it is asked."""
        return questions.expected(self)

    def ask(self, *, again: bool = False) -> None:
        """Ask what is pending."""
        if self.step.end:
            self.goodbye()
            return
        missing = self.missing()
        if (told := begun(self)) is not None:
            self.say(self.agent.lines.so_far, "question", value=say_so_far(told))
            return
        if missing:
            self.say(questions.wording_of(self, missing, again=again), "question")
            return
        waits = self.expected()
        if waits.kind == "nothing":
            if self.step.do:
                self.progress()
            return
        template = {"confirm": self.step.confirm, "propose": self.step.propose}.get(waits.kind, waits.question)
        if waits.kind == "confirm":
            self.moves.append(Say(waits.question, ready=is_fixed(template), kind="confirm"))
        else:
            self.say(template, "question")

    def fill(self, new: Values, *, acknowledge: bool = True) -> None:
        """Put values in; say which are refused, and ask for those first."""
        new = {s: v for s, v in new.items() if s in self.agent.slots}
        asked = set(self.missing())
        filled = fill_slots(self.agent, self.state, new, self.facts)
        focus = tuple(s for s in self.state.focus if s not in filled.values)
        late = tuple(s for s in filled.refused if s not in asked and s not in focus)
        self.state = replace(self.state, values=filled.values, focus=(*focus, *late), retries=0)
        for why in dict.fromkeys(filled.refused.values()):
            self.say(why, "answer")
        if acknowledge and filled.changed and not filled.refused and not self.step.confirm:
            self._acknowledge(filled.changed)

    def _acknowledge(self, changed: tuple[str, ...]) -> None:
        """Say back a correction made in passing."""
        slots = self.agent.slots
        said = {kind: next((f"{{{s}}}" for s in changed if slots[s].type == kind), "") for kind in ("date", "time")}
        if any(said.values()):
            at = ("à " if self.agent.language == "fr" else "at ") if said["time"] else ""
            line = self.agent.lines.changed.replace("{day}", said["date"]).replace("{time}", at + said["time"])
            self.say(line)

    def misunderstood(self, instead: str = "") -> None:
        """Say so and ask again, or say `instead`; after the step's retries, its fallback, a person or a message.

        A caller is not hung up on because the agent does not understand: where there is none of these it goes on
        asking, until what it hears can be no caller (a machine that talks on).
        """
        if self.state.retries >= self.step.retries and (self._helped() or self.state.retries >= _MOST_ATTEMPTS):
            self.give_up()
            return
        lines = self.agent.misunderstandings
        self.say(instead or lines[min(self.state.retries, len(lines) - 1)], "question" if instead else "other")
        self.state = replace(self.state, retries=self.state.retries + 1)
        if not instead:
            self.ask(again=True)

    def unknown(self) -> None:
        """Say that it is not known, and what can be done instead."""
        lines = self.agent.lines
        self.say(lines.unknown, "answer")
        if self.agent.can_transfer:
            self.say(lines.offer_person)
        elif "message" in self.agent.tools:
            self.say(lines.offer_message)

    def doubt(self, meanings: tuple[str, ...]) -> None:
        """Ask which of them was meant. A question of the scenario stays pending, and no attempt is counted."""
        if meanings == ("intent:give_up",):
            self.say(self.agent.lines.doubt_give_up, "question")
            self.state = replace(self.state, doubt=meanings)
            return
        names = [plain_label(self.agent, self.state, self.facts, key) for key in meanings]
        template = self.agent.lines.doubt if len(names) > 1 else self.agent.lines.doubt_one
        self.say(template, "question", first=names[0], second=names[-1])
        self.state = replace(self.state, doubt=meanings)

    def _helped(self) -> bool:
        """There is somebody or something else for a caller who is not understood."""
        taking = self.state.step.startswith(MESSAGE)
        return bool(self.step.fallback) or self.agent.can_transfer or ("message" in self.agent.tools and not taking)

    def give_up(self, *, own_fallback: bool = True) -> None:
        """The step's fallback; without one a person, then a message, then goodbye."""
        fallback = self.step.fallback if own_fallback else ""
        if fallback:
            self.enter(fallback)
            self.progress()
        elif self.agent.can_transfer:
            self.transfer()
        elif "message" in self.agent.tools and not self.state.step.startswith(MESSAGE):
            self.enter(MESSAGE)
            self.progress()
        else:
            self.goodbye()

    def _back(self) -> None:
        self.say(self.step.say)
        resume = self.state.resume
        self.state = replace(self.state, resume="", step=resume or END, focus=(), retries=0)
        if resume:
            self.ask(again=True)
        else:
            self.goodbye()

    def take_message(self, told: str = "") -> None:
        """To the scenario's own `message` step, or the house's; then back. `told`: the message, if it was given."""
        if "message" not in self.agent.tools:
            self.say(self.agent.lines.unknown)
            self.ask(again=True)
            return
        if self.state.step.startswith(MESSAGE):
            self.ask(again=True)
            return
        own = "message" if "message" in self.agent.steps else MESSAGE
        resume = "" if self.step.end else self.state.step
        self.enter(own)
        self.state = replace(self.state, resume=resume)
        texts = [slot for slot in self.step.fill if self.agent.slots[slot].type == "text"]
        if told and texts:
            self.fill({texts[0]: told})
            self.say(self.agent.lines.message_noted)
        self.progress()

    def transfer(self) -> None:
        """Pass the call to the person; without one, a message."""
        if self.agent.can_transfer and self.agent.human:
            human = self.agent.human
            self.say(self.agent.lines.attend if self.agent.attends else self.agent.lines.transfer)
            self.act("transfer", {"number": human.number, "name": human.name})
            self.state = replace(self.state, waiting="transfer")
            return
        self.say(self.agent.lines.no_transfer)
        if "message" in self.agent.tools:
            self.take_message()
        else:
            self.ask(again=True)

    def speaks_not(self, language: Language) -> None:
        """Say in the caller's language that the agent does not speak it; a person, a message, or the question again."""
        self.say(wording(language, Wording()).foreign)
        if self.agent.can_transfer:
            self.transfer()
        elif "message" in self.agent.tools:
            self.take_message()
        else:
            self.ask(again=True)

    def opt_out(self) -> None:
        """Record the refusal before anything is said, in case the caller hangs up (C. conso R223-3)."""
        self.act("opt_out")
        self.say(self.agent.lines.opted_out)
        self.state = replace(self.state, opted_out=True)
        self.goodbye()

    def goodbye(self) -> None:
        """Goodbye, then hang up once it was heard."""
        own = self.step.say if self.step.end else ""
        self.say(own or self.agent.farewell, "goodbye")
        self.act("hangup")
        self.state = replace(self.state, closing=True)
