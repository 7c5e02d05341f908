"""What an agent's file can be well-formed and still get wrong: steps, slots, tools, the law's words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable

from agents.check_slots import unacceptable
from agents.check_steps import Steps
from agents.check_ways import Ways
from agents.definition import Agent
from agents.problems import Path_, Problem, near
from agents.render import OWN_FIELDS
from agents.spoken import fields, fill
from compliance.law import conduct
from compliance.law.disclosure import Missing, missing
from compliance.law.rulebook import rulebook
from dialplan.numbers import NumberClass, classify
from store.base.errors import BadInput
from store.base.numbering import e164

_WHERE: dict[str, Path_] = {
    "ai": ("disclosure",),
    "ai_first": ("greeting",),
    "identity": ("greeting",),
    "principal": ("greeting",),
    "commercial": ("purpose",),
    "recording": ("recording", "say"),
    "opt_out": ("commercial_notice",),
    "insurance": ("sector",),
}
_MEND = {
    "ai": 'add for instance: disclosure: "Je suis une intelligence artificielle."',
    "ai_first": "ask nothing in the greeting",
    "identity": "name the company: {company}",
    "principal": "name on whose behalf: {on_behalf_of}",
    "commercial": 'add: commercial_notice: "C\'est un appel commercial."',
    "recording": "add 'say:' with the wording",
    "opt_out": "add to commercial_notice: Pour ne plus être appelé, rappelez ce numéro et dites stop.",
    "insurance": "purpose: contract or service, where the client asked or a contract runs",
}
LineOf = Callable[[Path_], int]


def check(agent: Agent, line: LineOf) -> list[Problem]:
    """Every problem of a well-formed agent, in the order of the file."""
    checker = _Checker(agent, line)
    checker.law()
    checker.names()
    checker.afterwards()
    checker.machines()
    checker.templates()
    Steps(agent, checker.bad).check()
    Ways(agent, checker.bad).check()
    return sorted(checker.problems, key=lambda p: p.line)


def untold(agent: Agent) -> list[Missing]:
    """What the law wants said at the opening and the agent does not say; the rule is compliance's."""
    recorded = agent.recording.policy != "off"
    said = [agent.greeting, agent.disclosure, agent.commercial_notice, agent.recording.say if recorded else ""]
    names = {"company": agent.company.name, "on_behalf_of": agent.company.on_behalf_of}
    opening = fill(" ".join(filter(None, said)), lambda name: names.get(name, "…"))
    return [
        *missing(
            opening,
            language=agent.language,
            purpose=agent.purpose,
            professional=agent.company.name,
            principal=agent.company.on_behalf_of,
            recorded=recorded,
        ),
        *conduct.untold(opening, language=agent.language, purpose=agent.purpose, sector=agent.sector),
    ]


class _Checker:
    def __init__(self, agent: Agent, line: LineOf) -> None:
        self.agent, self.line = agent, line
        self.problems: list[Problem] = []

    def bad(self, path: Path_, what: str, hint: str = "", *, warn: bool = False) -> None:
        where = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in path).lstrip(".")
        severity = "warning" if warn else "error"
        self.problems.append(Problem(self.line(path), where, what, hint, severity))

    def law(self) -> None:
        """What the law wants said at the opening. A missing disclosure lets a draft be tried, not published."""
        agent = self.agent
        for lack in untold(agent):
            draft = lack.what == "ai" and not agent.disclosure
            told = f"{lack.message} ({lack.reference}); the agent cannot be published"
            self.bad(_WHERE[lack.what], told, _MEND[lack.what], warn=draft)
        if agent.purpose == "canvassing" and not agent.goods.strip():
            what = "canvassing names no goods, and a consent is to goods (C. conso R223-1)"
            self.bad(("goods",), what, 'add for instance: goods: "assurance auto"')
        prospects = agent.purpose in ("canvassing", "survey")
        if prospects and "webhook" in agent.tools and agent.sector in rulebook().latest("C19").parameters["sectors"]:
            what = f"its system may send no SMS nor e-mail after these calls ({rulebook().latest('C19').reference})"
            self.bad(("tools",), what, "see to it that it sends none to consumers without a contract", warn=True)
        if len(re.findall(r"[.!?…]+(?:\s|$)", agent.greeting)) > 2:
            self.bad(("greeting",), "is long: the AI must be disclosed in the first sentences", "shorten it")

    def names(self) -> None:
        """Ids used once, tools with what they need, slots that refer to slots."""
        agent = self.agent
        for what, names in (("facts", [f.id for f in agent.facts]), ("steps", [s.id for s in agent.scenario.steps])):
            path: Path_ = ("facts",) if what == "facts" else ("scenario", "steps")
            for name, count in Counter(names).items():
                if count > 1:
                    self.bad(
                        (*path, len(names) - 1 - names[::-1].index(name), "id"), f"'{name}' is there {count} times"
                    )
        if "transfer" in agent.tools and agent.human is None:
            self.bad(("tools",), "transfer is allowed but there is no 'human' to transfer to", "add 'human:'")
        if agent.human is not None:
            self._person(agent.human.number)
        for word, said in agent.say_as.items():
            if not re.search(r"\w", word) or not re.search(r"[^\W\d_]", said):
                self.bad(("say_as", word), "needs a word and how it is said", 'write for instance: Dupuy: "Dupui"')
        if agent.language in agent.languages:
            self.bad(("languages", agent.language), "is the agent's own language", "name the others only")
        for i, fact in enumerate(agent.facts):
            if bool(fact.say) == bool(fact.info):
                self.bad(("facts", i), f"'{fact.id}' needs either 'say' (word for word) or 'info'")
        for name, slot in agent.scenario.slots.items():
            path = ("scenario", "slots", name)
            if name.startswith("_") or name in OWN_FIELDS:
                self.bad(path, f"'{name}' is a name of the house", "choose another")
            if slot.type == "choice" and not slot.choices:
                self.bad(path, f"'{name}' is a choice without 'choices'")
            if slot.of and (slot.of not in agent.scenario.slots or agent.scenario.slots[slot.of].type != "date"):
                self.bad((*path, "of"), f"'{slot.of}' is not a date slot", near(slot.of, agent.scenario.slots))
            for key, what, hint in unacceptable(name, slot):
                self.bad((*path, key), what, hint)
            if slot.within == "hours" and agent.hours is None:
                self.bad((*path, "within"), "the agent has no 'hours'", "add 'hours:'")

    def afterwards(self) -> None:
        """What is asked of a call once it is over."""
        after = self.agent.after
        for tag, meaning in after.tags.items():
            if not re.fullmatch(r"[\w][\w '-]{0,39}", tag) or not meaning.strip():
                self.bad(
                    ("after", "tags", tag), "needs a short name and when it fits", 'write for instance: devis: "prix"'
                )
        for name, count in Counter(question.id for question in after.questions).items():
            if count > 1:
                self.bad(("after", "questions"), f"'{name}' is there {count} times", "give each its own id")
        if not after.analyse and (after.tags or after.questions or after.sentiment):
            self.bad(("after", "analyse"), "is false: tags, questions and sentiment are never used", warn=True)

    def machines(self) -> None:
        """What is said to machines and to whoever screens calls: others hear it than the person."""
        agent = self.agent
        if agent.direction != "outbound" and (agent.reason or agent.on_machine != "hangup"):
            key = "reason" if agent.reason else "on_machine"
            self.bad((key,), "is of no use: the agent calls nobody", "direction: outbound", warn=True)
        if fields(agent.reason):
            self.bad(("reason",), "is told before it is known who listens: it holds no {…}", "say it in general")
        if agent.on_machine != "hangup":
            self._braces(("on_machine",), agent.on_machine, {*agent.variables, "company", "on_behalf_of"})
            self._concludes(("on_machine",), agent.on_machine)
            if set(fields(agent.on_machine)) & set(agent.variables):
                told = "tells a machine what concerns one person, and others may hear it"
                self.bad(("on_machine",), told, "ask them to call back, and say no more", warn=True)

    def templates(self) -> None:
        """Names in braces that nothing fills."""
        agent = self.agent
        known = {*agent.scenario.slots, *agent.variables, *OWN_FIELDS}
        said: list[tuple[Path_, str]] = [(("greeting",), agent.greeting), (("disclosure",), agent.disclosure),
                                         (("goodbye",), agent.goodbye)]  # fmt: skip
        said += [(("facts", i, "say"), fact.say) for i, fact in enumerate(agent.facts)]
        for i, step in enumerate(agent.scenario.steps):
            at: Path_ = ("scenario", "steps", i)
            told = {"say": step.say, "ask": step.ask, "again": step.again, "confirm": step.confirm,
                    "correct": step.correct, "propose": step.propose}  # fmt: skip
            said += [((*at, key), text) for key, text in told.items()]
            for key, text in step.args.items():
                self._braces((*at, "args", key), text, {*known, "caller"})
        for path, text in said:
            self._braces(path, text, known)
            self._concludes(path, text)
        for i, fact in enumerate(agent.facts):
            if "{hours}" in fact.say and agent.hours is None:
                self.bad(("facts", i, "say"), "says {hours}, but the agent has no 'hours'")

    def _concludes(self, path: Path_, text: str) -> None:
        """Words by which a canvassing call would bind the person called."""
        if told := conduct.concluded(text, self.agent.language, self.agent.purpose):
            what = f"« {told} » concludes in the call ({rulebook().latest('C17').reference})"
            self.bad(path, what, "say that the offer comes in writing, and binds once signed")

    def _braces(self, path: Path_, text: str, known: set[str]) -> None:
        for name in fields(text):
            if name not in known:
                self.bad(path, f"nothing fills {{{name}}}", near(name, sorted(known)))

    def _person(self, number: str) -> None:
        """Whom calls are put through to: a number that calls may go to."""
        path: Path_ = ("human", "number")
        try:
            kind = classify(e164(number, field="human.number"))
        except BadInput as error:
            self.bad(path, str(error), error.hint)
            return
        if kind is NumberClass.SPECIAL:
            self.bad(path, f"{number} is a special number", "name a person's number")
        elif kind is not NumberClass.ALLOWED:
            hint = "no call goes there unless the operator opens it: asterisk.allow_prefixes"
            self.bad(path, f"{number} is neither an ordinary French number nor overseas", hint, warn=True)
