"""The conversation's rules: state and an understood turn in, new state and moves out.

Pure: no clock (`facts.now`), no model, no I/O. The order of the conversation is the scenario's; a
question out of order is answered and the pending question asked again; opting out, a person, leave-
taking and messages are understood at every step.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, cast

from ari_app.agents.builtin import BACK, CONSENT, END, MESSAGE
from ari_app.agents.definition import Agent, Step
from ari_app.agents.effects import Act, Facts, Say
from ari_app.agents.filling import fill_slots
from ari_app.agents.hours import say_day
from ari_app.agents.ready import is_fixed
from ari_app.agents.render import plain, speech
from ari_app.agents.spoken import fields
from ari_app.agents.state import Again, Expected, Move, Phrase, State, Turn, Understood, Values

_MOST_HOPS = 40
"""A turn passes at most this many steps; `check` refuses loops that say nothing."""


def opening(agent: Agent, facts: Facts) -> Turn:
    """Greeting, AI disclosure, notices, first question: all ready speech."""
    run = _Run(agent, facts, State(step=agent.scenario.start))
    run.say(agent.greeting, "greeting")
    run.say(agent.disclosure, "disclosure")
    run.say(agent.commercial_notice, "disclosure")
    if agent.recording.policy == "announced":
        run.say(agent.recording.say, "recording")
    run.enter(CONSENT if agent.recording.policy == "consent_asked" else agent.scenario.start)
    run.progress()
    ready = tuple(replace(m, ready=True) if isinstance(m, Say) else m for m in run.moves)
    return Turn(run.state, ready)


def expected(agent: Agent, state: State, facts: Facts) -> Expected:
    """What the agent waits for in `state`."""
    return _Run(agent, facts, state).expected()


def advance(agent: Agent, state: State, heard: Understood, facts: Facts) -> Turn:
    """The reply to an understood turn."""
    run = _Run(agent, facts, replace(state, silences=0))
    if state.closing:
        return _after_goodbye(run, heard)
    _reply(run, heard)
    return run.turn()


def silent(agent: Agent, state: State, facts: Facts) -> Turn:
    """The caller said nothing: ask again, then take leave."""
    run = _Run(agent, facts, state)
    if state.closing:
        run.act("hangup")
    elif state.silences >= len(agent.silences):
        run.say(agent.lines.leave)
        run.goodbye()
    else:
        run.say(agent.silences[state.silences], "question")
        run.state = replace(state, silences=state.silences + 1)
        if state.silences > 0:
            run.ask(again=True)
    return run.turn()


def acted(agent: Agent, state: State, name: str, result: Mapping[str, Any], facts: Facts) -> Turn:
    """The action `name` ended; its `outcome` leads to the next step."""
    outcome = str(result.get("outcome", "done"))
    run = _Run(agent, facts, replace(state, waiting=""))
    if state.waiting != name:
        return Turn(state, ())
    if name == "transfer" and not run.step.do:
        _transferred(run, outcome)
    else:
        _done(run, outcome, result)
    return run.turn()


def gave_way(agent: Agent, state: State, facts: Facts) -> Turn:
    """A part of the agent failed: apologise, then a person, a message, or goodbye."""
    run = _Run(agent, facts, state)
    run.say(agent.excuse)
    run.give_up(own_fallback=False)
    return run.turn()


def _after_goodbye(run: _Run, heard: Understood) -> Turn:
    if heard.intent in ("goodbye", "unclear", "answer", "wait", "repeat") and not heard.facts:
        run.act("hangup")
        return run.turn()
    run.state = replace(run.state, closing=False)
    _reply(run, heard)
    return run.turn()


def _reply(run: _Run, heard: Understood) -> None:
    match heard.intent:
        case "opt_out":
            run.opt_out()
        case "record_refused":
            run.act("record", {"allowed": False})
            run.say(run.agent.lines.record_refused)
            run.ask(again=True)
        case "human":
            run.transfer()
        case "goodbye":
            run.goodbye()
        case "message":
            run.take_message()
        case "repeat":
            run.moves.append(Again())
        case "wait":
            run.moves.append(Say(run.agent.lines.wait, ready=True))
        case "question":
            _question(run, heard)
        case "answer":
            _answer(run, heard)
        case "unclear":
            run.misunderstood()


def _question(run: _Run, heard: Understood) -> None:
    agent, facts = run.agent, run.facts
    if heard.day and agent.hours:
        run.say(say_day(agent.hours, date.fromisoformat(heard.day), facts.now.date(), agent.language), "answer")
    for name in heard.facts:
        fact = agent.fact(name)
        if fact.say and not (heard.day and "{hours}" in fact.say):
            run.say(fact.say, "answer")
    to_phrase = tuple(name for name in heard.facts if not agent.fact(name).say)
    if to_phrase:
        run.moves.append(Phrase(to_phrase))
    if not heard.facts and not heard.day:
        run.say(agent.lines.unknown, "answer")
    if heard.values:
        _answer(run, heard)
    else:
        run.ask(again=True)


def _answer(run: _Run, heard: Understood) -> None:
    step, state = run.step, run.state
    if step.do and state.waiting:
        _answer_while_waiting(run, heard)
    elif step.confirm:
        _answer_confirm(run, heard)
    elif step.propose:
        _answer_proposal(run, heard)
    elif not heard.values:
        run.misunderstood()
    else:
        run.fill(heard.values)
        run.progress()


def _answer_while_waiting(run: _Run, heard: Understood) -> None:
    """The caller spoke before the action was done: a correction goes back to the read-back."""
    run.state = replace(run.state, waiting="")
    changed = {s: v for s, v in heard.values.items() if run.state.values.get(s, "") != v}
    if changed and run.state.confirmed_at:
        run.enter(run.state.confirmed_at)
        run.fill(changed)
    run.progress()


def _answer_confirm(run: _Run, heard: Understood) -> None:
    said = heard.values.get("_confirm", "")
    values = {s: v for s, v in heard.values.items() if s != "_confirm"}
    changed = {s: v for s, v in values.items() if run.state.values.get(s) != v}
    if changed:
        run.state = replace(run.state, correcting=False, focus=())
        run.fill(changed, acknowledge=False)
        run.progress()
    elif said == "yes" or (values and said != "no"):
        run.state = replace(run.state, correcting=False, confirmed_at=run.step.id)
        run.enter(run.step.next)
        run.progress()
    elif heard.change:
        kept = {s: v for s, v in run.state.values.items() if s not in heard.change}
        run.state = replace(run.state, values=kept, focus=heard.change, correcting=False)
        run.ask()
    elif said == "no" and run.state.retries < run.step.retries:
        run.state = replace(run.state, correcting=True, retries=run.state.retries + 1)
        run.ask()
    else:
        run.misunderstood()


def _answer_proposal(run: _Run, heard: Understood) -> None:
    said = heard.values.get("_confirm", "")
    values = {s: v for s, v in heard.values.items() if s != "_confirm"}
    step, offer = run.step, run.state.offer
    if values and any(offer.get(s) != v for s, v in values.items()):
        run.enter(step.answers.get("no") or step.next)
        run.fill(values, acknowledge=False)
        run.progress()
    elif said == "yes" or values:
        run.state = replace(run.state, values={**run.state.values, **offer}, offer={})
        run.enter(step.answers.get("yes") or step.next)
        run.progress()
    elif said == "no":
        run.enter(step.answers.get("no") or step.next)
        run.progress()
    else:
        run.misunderstood()


def _transferred(run: _Run, outcome: str) -> None:
    if outcome == "done":
        run.state = replace(run.state, closing=True)
        return
    run.say(run.agent.lines.transfer_failed)
    if "message" in run.agent.tools:
        run.take_message()
    else:
        run.ask(again=True)


def _done(run: _Run, outcome: str, result: Mapping[str, Any]) -> None:
    step = run.step
    run.state = replace(run.state, offer=_offered(run, step, result))
    if outcome in step.results:
        run.enter(step.results[outcome])
    elif outcome == "done":
        run.enter(step.next or END)
    else:
        run.say(run.agent.lines.failed)
        run.give_up()
        return
    run.progress()


def _offered(run: _Run, step: Step, result: Mapping[str, Any]) -> Values:
    """The first alternative the action names, as values of the slots its arguments came from."""
    offers: object = result.get("alternatives")
    if not isinstance(offers, Sequence) or not offers or isinstance(offers, str):
        return {}
    first = cast("object", offers[0])
    if not isinstance(first, Mapping):
        return {}
    told = cast("Mapping[str, object]", first)
    values: dict[str, str] = {}
    for argument, template in step.args.items():
        named = fields(template)
        if argument in told and len(named) == 1 and named[0] in run.agent.slots:
            values[named[0]] = str(told[argument])
    return values


@dataclass(slots=True)
class _Run:
    """One turn in the making."""

    agent: Agent
    facts: Facts
    state: State
    moves: list[Move] = field(default_factory=list[Move])

    @property
    def step(self) -> Step:
        return self.agent.steps[self.state.step]

    def turn(self) -> Turn:
        return Turn(self.state, tuple(self.moves))

    def say(self, template: str, kind: str = "other", **extra: str) -> None:
        """Say a template; fixed wording is ready speech."""
        text = speech(self.agent, self.state, self.facts, template, **extra)
        if text:
            ready = is_fixed(template)
            self.moves.append(Say(text, ready=ready and not extra, kind=cast("Any", kind)))

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
            if self._missing() or step.confirm or (step.propose and self.state.offer):
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

    def _missing(self) -> tuple[str, ...]:
        focus = tuple(s for s in self.state.focus if s not in self.state.values)
        return focus or tuple(s for s in self.step.fill if s not in self.state.values)

    def expected(self) -> Expected:
        step, missing = self.step, self._missing()
        if missing:
            return Expected("slots", missing, self._question(missing))
        if step.confirm and self.state.correcting:
            return Expected("correct", (), step.correct or self.agent.lines.correct)
        if step.confirm:
            return Expected("confirm", (), speech(self.agent, self.state, self.facts, step.confirm))
        if step.propose and self.state.offer:
            return Expected("propose", (), speech(self.agent, self.state, self.facts, step.propose))
        return Expected("nothing")

    def _question(self, missing: tuple[str, ...], *, again: bool = False) -> str:
        step = self.step
        whole = not self.state.focus and missing == tuple(step.fill)
        template = (step.again if again else "") or step.ask if whole else ""
        return template or self._slot_question(missing[0]) or step.ask

    def _slot_question(self, slot: str) -> str:
        definition, lines = self.agent.slots[slot], self.agent.lines
        by_type = {
            "time": lines.ask_time,
            "date": lines.ask_day,
            "name": lines.ask_name,
            "phone": lines.ask_phone,
        }
        return definition.ask or ("" if slot in self.step.fill[:1] else by_type.get(definition.type, ""))

    def ask(self, *, again: bool = False) -> None:
        """Ask what is pending."""
        if self.step.end:
            self.goodbye()
            return
        missing = self._missing()
        if missing:
            self.say(self._question(missing, again=again), "question")
            return
        waits = self.expected()
        if waits.kind == "nothing":
            if self.step.do:
                self.progress()
            return
        template = {"confirm": self.step.confirm, "propose": self.step.propose}.get(waits.kind, waits.question)
        self.say(template, "confirm" if waits.kind == "confirm" else "question")

    def fill(self, new: Values, *, acknowledge: bool = True) -> None:
        """Put values in; say which are refused, and ask for those first."""
        new = {s: v for s, v in new.items() if s in self.agent.slots}
        asked = set(self._missing())
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

    def misunderstood(self) -> None:
        """Say so and ask again; after the step's retries, its fallback."""
        if self.state.retries >= self.step.retries:
            self.give_up()
            return
        lines = self.agent.misunderstandings
        self.say(lines[min(self.state.retries, len(lines) - 1)])
        self.state = replace(self.state, retries=self.state.retries + 1)
        self.ask(again=True)

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

    def take_message(self) -> None:
        """To the scenario's own `message` step, or the house's; then back to where it was."""
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
        self.progress()

    def transfer(self) -> None:
        """Pass the call to the person; without one, a message."""
        if self.agent.can_transfer and self.agent.human:
            human = self.agent.human
            self.say(self.agent.lines.transfer)
            self.act("transfer", {"number": human.number, "name": human.name})
            self.state = replace(self.state, waiting="transfer")
            return
        self.say(self.agent.lines.no_transfer)
        if "message" in self.agent.tools:
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
