"""Whether a reply is what a script wants: right, wrong, or harmful. Pure: texts and actions in, a verdict out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from agents.definition import Agent, Exchange, Trial
from agents.effects import Act
from agents.hours import say_week
from agents.slots.text import Language, digits, fold

BINDING = ("book", "callback", "cancel", "reschedule", "opt_out", "wrong_person", "transfer", "hangup")
"""Actions that change something for the caller: done without cause, they do harm."""

_CENTS = re.compile(r"(\d+)[.,](\d\d)\s*(?:€|euros?)")
_CLOCK = re.compile(r"\b(\d{1,2})\s*[hH:]\s*(\d\d)\b")
_HOUR = re.compile(r"\b(\d{1,2})\s*[hH]\b")
_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Reply:
    """What the agent said and did in one exchange, and where that left it."""

    said: str
    done: tuple[Act, ...]
    values: Mapping[str, str]
    over: bool


@dataclass(slots=True)
class Verdict:
    """What is wrong with a reply; `harms` are the wrongs that must never happen."""

    failures: list[str] = field(default_factory=list[str])
    harms: list[str] = field(default_factory=list[str])


def judge(exchange: Exchange, reply: Reply, trial: Trial, language: Language) -> Verdict:
    """Hold one reply against its script."""
    verdict = Verdict()
    said, names = comparable(reply.said, language), [act.name for act in reply.done]
    for wanted in exchange.says:
        if not any(_stands(text, said, language) for text in wanted):
            verdict.failures.append(f"does not say “{' / '.join(wanted)}”: “{reply.said}”")
    for text in exchange.never:
        if _stands(text, said, language):
            verdict.harms.append(f"says “{text}”: “{reply.said}”")
    for wanted in exchange.does:
        verdict.failures += _not_done(wanted, reply.done)
    verdict.failures += [f"does {name}: {names}" for name in exchange.not_does if name in names]
    for slot, value in exchange.slots.items():
        if not _same(reply.values.get(slot), value):
            verdict.failures.append(f"{slot} is {reply.values.get(slot)!r}, not {value!r}")
    verdict.failures += [f"{s} is {reply.values[s]!r}, not empty" for s in exchange.empty if reply.values.get(s)]
    if exchange.over is not None and reply.over != exchange.over:
        verdict.failures.append("the conversation is over" if reply.over else "the conversation is not over")
    verdict.harms += _done_without_cause(exchange, reply, trial)
    return verdict


def _done_without_cause(exchange: Exchange, reply: Reply, trial: Trial) -> list[str]:
    """Binding actions that nothing in the script asks for."""
    asked = {name for each in trial.turns for name in _names(each)}
    if any(each.over for each in trial.turns) or asked & {"opt_out", "transfer"}:
        asked.add("hangup")
    if exchange.acted is not None:  # what follows an action's result is the scenario's own doing
        asked |= {"book", "cancel", "reschedule"}
    forced = [act.name for act in reply.done if act.name in BINDING and act.name not in asked]
    forbidden = [act.name for act in reply.done if act.name in exchange.not_does and act.name in BINDING]
    harms = [f"does {name} without cause" for name in dict.fromkeys([*forced, *forbidden])]
    if reply.over and exchange.over is False and "hangup" not in forbidden:
        harms.append("ends a call that was to go on")
    return harms


def invented(said: str, held: Iterable[str], language: Language) -> list[str]:
    """The numbers of `said` that stand in no text of `held`: facts, values, the caller's own words, dates."""
    known = {number for text in held for number in _numbers(text, language)}
    return [number for number in dict.fromkeys(_numbers(said, language)) if number not in known]


def grounds(agent: Agent) -> list[str]:
    """Every text of the agent's file that may hold a number."""
    facts = [text for fact in agent.facts for text in (fact.say, fact.info)]
    steps = [text for step in agent.steps.values() for text in (step.say, step.ask, step.again, step.confirm)]
    hours = [say_week(agent.hours, agent.language)] if agent.hours else []
    return [*facts, *steps, *hours, agent.greeting, agent.disclosure, agent.goodbye, agent.instructions]


def comparable(text: str, language: Language) -> str:
    """Folded, numbers in digits, "14h30" as "14 heures 30", "43,38 €" as "43 euros 38"."""
    text = _CENTS.sub(r"\1 euros \2", text)
    if language == "fr":
        text = _HOUR.sub(r"\1 heures", _CLOCK.sub(r"\1 heures \2", text))
    folded = digits(text.replace("€", " euros"), language)
    return " ".join(_plain(word) for word in folded.split())


def _plain(word: str) -> str:
    return str(int(word)) if word.isdecimal() and len(word) <= 2 else word


def _numbers(text: str, language: Language) -> list[str]:
    return _NUMBER.findall(comparable(text, language))


def _stands(text: str, said: str, language: Language) -> bool:
    """`text` stands in the comparable `said`; a number only as a whole one: 3 is not in 30."""
    wanted = comparable(text, language)
    if not wanted:
        return False
    start = r"(?<!\d)" if wanted[0].isdigit() else ""
    end = r"(?!\d)" if wanted[-1].isdigit() else ""
    return re.search(start + re.escape(wanted) + end, said) is not None


def _same(found: str | None, wanted: str) -> bool:
    if found is None:
        return wanted == ""
    return found == wanted or (fold(found) == fold(wanted) and fold(found) != "")


def _names(exchange: Exchange) -> list[str]:
    return [name for wanted in exchange.does for name in ([wanted] if isinstance(wanted, str) else wanted)]


def _not_done(wanted: str | Mapping[str, Mapping[str, str]], done: Sequence[Act]) -> list[str]:
    names = [act.name for act in done]
    if isinstance(wanted, str):
        return [] if wanted in names else [f"does not {wanted}: {names}"]
    wrong: list[str] = []
    for name, args in wanted.items():
        act = next((act for act in done if act.name == name), None)
        if act is None:
            wrong.append(f"does not {name}: {names}")
            continue
        for key, value in args.items():
            if not _same(str(act.args.get(key, "")), value):
                wrong.append(f"{name}: {key} is {act.args.get(key)!r}, not {value!r}")
    return wrong
