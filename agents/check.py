"""What an agent's file can be well-formed and still get wrong: steps, slots, tools, the law's words."""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Callable, Iterable

from agents.builtin import BACK, END
from agents.check_slots import unacceptable
from agents.definition import Agent, Step
from agents.problems import Path_, Problem
from agents.render import OWN_FIELDS
from agents.spoken import fields, fill
from compliance.law import conduct
from compliance.law.disclosure import Missing, missing
from compliance.law.rulebook import rulebook
from dialplan.numbers import NumberClass, classify
from store.base.errors import BadInput
from store.base.numbering import e164
from store.base.outward import OutwardRefused, shaped

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
LEAST_MINUTES, MOST_MINUTES = 5, 480
"""Of an appointment."""
LineOf = Callable[[Path_], int]


def check(agent: Agent, line: LineOf) -> list[Problem]:
    """Every problem of a well-formed agent, in the order of the file."""
    checker = _Checker(agent, line)
    checker.law()
    checker.names()
    checker.afterwards()
    checker.machines()
    checker.templates()
    checker.steps()
    checker.graph()
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


def _near(name: str, known: Iterable[str]) -> str:
    known = list(known)
    near = difflib.get_close_matches(name, known, n=1)
    return f"did you mean '{near[0]}'?" if near else f"known: {', '.join(known)}" if known else ""


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
                self.bad((*path, "of"), f"'{slot.of}' is not a date slot", _near(slot.of, agent.scenario.slots))
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
                self.bad(path, f"nothing fills {{{name}}}", _near(name, sorted(known)))

    def steps(self) -> None:
        """Each step alone."""
        for i, step in enumerate(self.agent.scenario.steps):
            path: Path_ = ("scenario", "steps", i)
            if step.id.startswith("_"):
                self.bad((*path, "id"), f"'{step.id}' begins with _, which is the house's", "choose another id")
            verbs = [v for v in ("ask", "confirm", "propose", "do", "end") if getattr(step, v)]
            if len(verbs) > 1:
                self.bad(path, f"step '{step.id}' does two things: {' and '.join(verbs)}", "make it two steps")
            if step.do == "webhook":
                self._address((*path, "args", "url"), step.args.get("url", ""))
            if step.do and step.do not in (*self.agent.tools, "opt_out", "record", "hangup", "wrong_person"):
                self.bad(
                    (*path, "do"),
                    f"'{step.do}' is not among the agent's tools",
                    f"add it to 'tools:', or {_near(step.do, self.agent.tools)}",
                )
            self._recording(path, step)
            self._minutes(path, step)
            self._slots_of(path, step)

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

    def _address(self, path: Path_, url: str) -> None:
        """A client's address, as far as it can be told before any call."""
        try:
            shaped(url)
        except OutwardRefused as error:
            self.bad(path, str(error), error.hint)

    def _recording(self, path: Path_, step: Step) -> None:
        """A scenario stops a recording; it begins one only where the policy has the caller asked."""
        starts = step.do == "record" and step.args.get("allowed") != "false"
        if starts and self.agent.recording.policy != "consent_asked":
            what = f"step '{step.id}' begins a recording that nobody was asked about (C. pénal 226-1, RGPD 13)"
            self.bad((*path, "do"), what, "set recording: {policy: consent_asked, say: …}, and leave the step out")

    def _minutes(self, path: Path_, step: Step) -> None:
        """How long an appointment is, where the file says so itself."""
        given = step.args.get("minutes", "")
        known = step.do == "book" and given and "{" not in given
        if known and not (given.isdecimal() and LEAST_MINUTES <= int(given) <= MOST_MINUTES):
            what = f"'{given}' is no length of an appointment: {LEAST_MINUTES} to {MOST_MINUTES} minutes"
            self.bad((*path, "args", "minutes"), what, 'for instance minutes: "30"')

    def _slots_of(self, path: Path_, step: Step) -> None:
        slots = self.agent.scenario.slots
        for key, names in (("fill", step.fill), ("forget", step.forget)):
            for name in names:
                if name not in slots:
                    self.bad((*path, key), f"no slot '{name}'", _near(name, slots))
        if step.ask and not step.fill:
            self.bad(path, f"step '{step.id}' asks, but fills no slot with the answer", "add 'fill:'")
        if step.fill and not step.ask:
            self.bad(path, f"step '{step.id}' fills slots without asking", "add 'ask:'")
        if step.answers and step.fill and step.fill[-1] in slots:
            self._answers(path, step)

    def _answers(self, path: Path_, step: Step) -> None:
        slot = self.agent.scenario.slots[step.fill[-1]]
        allowed = {"yes_no": ["yes", "no"], "choice": list(slot.choices)}.get(slot.type, [])
        for answer in step.answers:
            if answer not in allowed:
                self.bad(
                    (*path, "answers", answer), f"'{answer}' is no answer to '{step.fill[-1]}'", _near(answer, allowed)
                )
        unled = [a for a in allowed if a not in step.answers]
        if unled and not step.next:
            self.bad(
                (*path, "answers"),
                f"step '{step.id}' leads nowhere on: {', '.join(unled)}",
                "add the answer, or 'next:'",
            )

    def graph(self) -> None:
        """Where steps lead."""
        scenario = self.agent.scenario
        ids = [step.id for step in scenario.steps]
        if scenario.start not in ids:
            self.bad(("scenario", "start"), f"no step '{scenario.start}'", _near(scenario.start, ids))
            return
        broken = False
        for i, step in enumerate(scenario.steps):
            for key, target in self._targets(step):
                if target not in ids:
                    broken = True
                    self.bad(
                        ("scenario", "steps", i, *key),
                        f"step '{step.id}' leads to '{target}', which does not exist",
                        _near(target, ids),
                    )
            if not step.end and not step.exits() and not step.propose:
                self.bad(("scenario", "steps", i), f"step '{step.id}' leads nowhere", "add 'next:' or 'end: true'")
        if not broken:
            self._walk(ids)

    @staticmethod
    def _targets(step: Step) -> list[tuple[Path_, str]]:
        named: list[tuple[Path_, str]] = [(("answers", k), v) for k, v in step.answers.items()]
        named += [(("results", k), v) for k, v in step.results.items()]
        named += [(("next",), step.next), (("fallback",), step.fallback)]
        return [(key, target) for key, target in named if target]

    def _walk(self, ids: list[str]) -> None:
        steps = {step.id: step for step in self.agent.scenario.steps}
        reached = _closure([self.agent.scenario.start, *(["message"] if "message" in steps else [])], steps)
        ending = {s for s in ids if steps[s].end or s in (END, BACK) or steps[s].do == "hangup"}
        while more := {s for s in ids if s not in ending and set(steps[s].exits()) & ending}:
            ending |= more
        for i, name in enumerate(ids):
            if name not in reached:
                self.bad(("scenario", "steps", i, "id"), f"step '{name}' is never reached", "lead to it, or remove it")
            elif name not in ending:
                self.bad(
                    ("scenario", "steps", i, "id"),
                    f"step '{name}' goes round for ever: no way leads to an end",
                    "lead one of its answers to a step with 'end: true'",
                )
        self._mute_loops(ids, steps)

    def _mute_loops(self, ids: list[str], steps: dict[str, Step]) -> None:
        """A loop in which nothing waits for the caller would never stop speaking."""
        silent = {s for s in ids if not (steps[s].ask or steps[s].confirm or steps[s].do or steps[s].end)}
        for i, name in enumerate(ids):
            seen, at = set[str](), name
            while at in silent and at not in seen:
                seen.add(at)
                at = steps[at].next or steps[at].answers.get("no", "")
            if at == name and name in silent:
                self.bad(("scenario", "steps", i, "id"), f"step '{name}' comes back to itself without asking anything")


def _closure(start: list[str], steps: dict[str, Step]) -> set[str]:
    reached: set[str] = set()
    todo = list(start)
    while todo:
        name = todo.pop()
        if name in steps and name not in reached:
            reached.add(name)
            todo += steps[name].exits()
    return reached
