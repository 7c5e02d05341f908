"""The conversation's rules: state and an understood turn in, new state and moves out.

Pure: no clock (`facts.now`), no model, no I/O. The order of the conversation is the scenario's; a
question out of order is answered and the pending question asked again; opting out, a person, leave-
taking and messages are understood at every step.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any, cast

from agents.builtin import CONSENT
from agents.definition import Agent
from agents.effects import Facts, Say
from agents.hours import say_day
from agents.listening import begun, listen_on, settle
from agents.outcomes import done, not_put_through, transferred
from agents.slots.text import Language
from agents.state import Again, AgentTurn, Expected, Phrase, State, Understood
from agents.stepping import Run
from agents.turning import another_way, give_up, take_way


def opening(agent: Agent, facts: Facts) -> AgentTurn:
    """Greeting, AI disclosure, notices, first question: all ready speech."""
    run = Run(agent, facts, State(step=agent.scenario.start))
    run.say(agent.greeting, "greeting" if agent.disclosure else "disclosure")
    run.say(agent.disclosure, "disclosure")
    run.say(agent.commercial_notice, "commercial")
    if agent.recording.policy == "announced":
        run.say(agent.recording.say, "recording")
    run.enter(CONSENT if agent.recording.policy == "consent_asked" else agent.scenario.start)
    run.progress()
    ready = tuple(replace(m, ready=True) if isinstance(m, Say) else m for m in run.moves)
    return AgentTurn(run.state, ready)


def expected(agent: Agent, state: State, facts: Facts) -> Expected:
    """What the agent waits for in `state`."""
    return Run(agent, facts, state).expected()


def advance(agent: Agent, state: State, heard: Understood, facts: Facts) -> AgentTurn:
    """The reply to an understood turn."""
    run = Run(agent, facts, _dictated(replace(state, silences=0, doubt=(), patient=False), heard))
    run.say_owed()
    if state.closing:
        return _after_goodbye(run, heard, unheard=state.silences > 0)
    _reply(run, heard)
    return run.turn()


def _dictated(state: State, heard: Understood) -> State:
    """What was dictated is kept till it is whole; a value that is said anew is spelled no more."""
    spelled = {slot: letters for slot, letters in state.spelled.items() if slot not in heard.values}
    kept = state.dictation if state.dictation is None or state.dictation.slot not in state.values else None
    return replace(state, dictation=heard.dictation or kept, spelled={**spelled, **heard.spelled})


def silent(agent: Agent, state: State, facts: Facts, seconds: float) -> AgentTurn:
    """The caller has said nothing for `seconds`: ask whether they are there, bear it, in the end take leave.

    Who asked to be waited for is not asked, and is waited for twice as long.
    """
    run = Run(agent, facts, state)
    if state.closing:
        run.act("hangup")
    elif settle(run):
        run.progress()
    elif seconds >= facts.patience * (2 if state.patient else 1):
        run.say(agent.lines.leave)
        run.goodbye()
    elif state.silences < len(agent.silences) and not (state.patient and seconds < facts.patience):
        told = begun(run)
        run.state = replace(state, silences=state.silences + 1)
        if told is None or state.silences > 0:
            run.say(agent.silences[state.silences], "question")
        if told is not None or state.silences > 0:
            run.ask(again=True)
    return run.turn()


def foreign(agent: Agent, state: State, language: Language, facts: Facts) -> AgentTurn:
    """The caller speaks another language: the agent's version in it answers, else a person or a message does."""
    run = Run(agent, facts, replace(state, silences=0, doubt=(), patient=False))
    other = agent.languages.get(language)
    if other is None:
        run.speaks_not(language)
    else:
        run.act("language", {"language": language, "agent": other})
        run.state = replace(run.state, waiting="language")
    return run.turn()


def acted(agent: Agent, state: State, name: str, result: Mapping[str, Any], facts: Facts) -> AgentTurn:
    """The action `name` ended; its `outcome` leads to the next step."""
    outcome = str(result.get("outcome", "done"))
    run = Run(agent, facts, replace(state, waiting=""))
    if state.waiting != name:
        return AgentTurn(state, ())
    if name == "language":
        run.speaks_not(cast("Language", result["language"]))
    elif name == "transfer" and run.step.do != "transfer":
        transferred(run, outcome)
    elif name == "transfer" and outcome not in (*run.step.results, "done"):
        not_put_through(run, outcome)
    else:
        done(run, outcome, result)
    return run.turn()


def gave_way(agent: Agent, state: State, facts: Facts) -> AgentTurn:
    """A part of the agent failed: apologise, then a person, a message, or goodbye."""
    run = Run(agent, facts, state)
    run.say(agent.excuse)
    run.give_up(own_fallback=False)
    return run.turn()


def _after_goodbye(run: Run, heard: Understood, *, unheard: bool) -> AgentTurn:
    """The caller speaks over or after the goodbye. One we took leave of because we heard nothing is here after all."""
    ends = ("goodbye",) if unheard else ("goodbye", "unclear", "answer")
    if heard.intent in ends and not heard.facts:
        run.say(run.agent.lines.bye, "goodbye")  # ours may have been cut before a word of it was heard
        run.act("hangup")
        return run.turn()
    run.state = replace(run.state, closing=False)
    _reply(run, heard)
    return run.turn()


def _reply(run: Run, heard: Understood) -> None:
    match heard.intent:
        case "opt_out":
            run.opt_out()
        case "record_refused":
            run.act("record", {"allowed": False})
            run.say(run.agent.lines.record_refused)
            run.ask(again=True)
        case "record_paused":
            run.act("record", {"paused": True})
            run.moves.append(Say(run.agent.lines.record_paused, ready=True))
            run.state = replace(run.state, patient=True)
        case "record_resumed":
            run.act("record", {"paused": False})
            run.say(run.agent.lines.record_resumed)
            run.ask(again=True)
        case "human":
            run.transfer()
        case "goodbye":
            run.goodbye()
        case "message":
            run.take_message(heard.told)
        case "repeat":
            run.moves.append(Again())
        case "wait":
            run.moves.append(Say(run.agent.lines.wait, ready=True))
            run.state = replace(run.state, patient=True)
        case "greeting":
            run.ask(again=True)
        case "question":
            _question(run, heard)
        case "answer" | "way":
            _answer(run, heard)
        case "give_up":
            give_up(run)
        case "dictating":
            listen_on(run, heard)
        case "who":
            run.say(run.agent.disclosure or run.agent.lines.wait, "answer")
            for name in heard.facts:
                run.say(run.agent.fact(name).say, "answer")
            run.ask(again=True)
        case "thanks" | "go_on":
            run.ask(again=True)
        case "doubt":
            run.doubt(heard.doubt)
        case "refused":
            run.ask(again=True)
        case "unclear":
            run.misunderstood()


def _question(run: Run, heard: Understood) -> None:
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
        run.unknown()
    if heard.values:
        _answer(run, heard)
    else:
        run.ask(again=True)


def _answer(run: Run, heard: Understood) -> None:
    step, state = run.step, run.state
    if (way := another_way(run, heard.values)) is not None:
        take_way(run, *way, heard.values)
    elif step.do and state.waiting:
        _answer_while_waiting(run, heard)
    elif step.confirm:
        _answer_confirm(run, heard)
    elif step.propose:
        _answer_proposal(run, heard)
    elif not heard.values or _known_already(run, heard):
        run.misunderstood()
    else:
        run.fill(heard.values)
        run.progress()


def _known_already(run: Run, heard: Understood) -> bool:
    """Only what was said before: whatever else the caller said was not understood, and that is an attempt."""
    return all(run.state.values.get(slot) == value for slot, value in heard.values.items())


def _answer_while_waiting(run: Run, heard: Understood) -> None:
    """The caller spoke before the action was done: a correction goes back to the read-back."""
    run.state = replace(run.state, waiting="")
    changed = {s: v for s, v in heard.values.items() if run.state.values.get(s, "") != v}
    if changed and run.state.confirmed_at:
        run.enter(run.state.confirmed_at)
        run.fill(changed)
    run.progress()


def _answer_confirm(run: Run, heard: Understood) -> None:
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


def _answer_proposal(run: Run, heard: Understood) -> None:
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
