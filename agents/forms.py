"""What somebody at an office changes of an agent, as a form: read out of the file, and written back where it changed.

Greeting, goodbye, hours and closures, the person to transfer to, what it knows. The rest of the file, its comments and
its order stay as they are (`writing.py`). Pure.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from agents.definition import Agent, Fact
from agents.hours import DAYS, parse_spans
from agents.loading import AgentFileError, loads
from agents.slots.text import fold
from agents.writing import quoted, with_item, with_text, with_value, with_words, without
from store.base.errors import BadInput, DecrocheError
from store.base.numbering import e164

MOST_FACTS = 200


@dataclass(frozen=True, slots=True)
class FactLine:
    """One thing the agent knows. `about`: words that ask for it; `told`: what it says (word for word where `exact`)."""

    id: str
    label: str = ""
    about: Sequence[str] = ()
    told: str = ""
    exact: bool = True


@dataclass(frozen=True, slots=True)
class ClosureLine:
    """Days on which it is closed, both included; ISO dates as texts, so that a wrong one is kept as typed."""

    first: str
    last: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Form:
    """What is changed here. `hours`: a day ("mon") → "9:00-12:30, 14:00-18:30"; "" is closed. `attended`: the person is
    asked before they take a call."""

    greeting: str
    goodbye: str = ""
    human_name: str = ""
    human_number: str = ""
    hours: Mapping[str, str] = field(default_factory=dict[str, str])
    closures: Sequence[ClosureLine] = ()
    facts: Sequence[FactLine] = ()
    attended: bool = False


class FormRefused(BadInput):
    """The form cannot be written."""

    code = "agent_form"

    def __init__(self, faults: Mapping[str, str]) -> None:
        """`faults`: field → what is wrong with it, in French, for beside it."""
        self.faults = dict(faults)
        super().__init__("; ".join(f"{name}: {why}" for name, why in faults.items()))


def read(agent: Agent) -> Form:
    """The form of an agent as it is."""
    hours = {day: str(getattr(agent.hours, day)) for day in DAYS} if agent.hours else {}
    closures = [
        ClosureLine(one.first.isoformat(), one.last.isoformat() if one.last else "", one.reason)
        for one in (agent.hours.closed if agent.hours else [])
    ]
    facts = [FactLine(fact.id, fact.label, tuple(fact.about), fact.say or fact.info, bool(fact.say))
             for fact in agent.facts]  # fmt: skip
    human = agent.human
    return Form(agent.greeting, agent.goodbye, human.name if human else "", human.number if human else "", hours,
                closures, facts, human is not None and human.transfer == "attended")  # fmt: skip


def write(text: str, form: Form) -> str:
    """The file with what the form changed, checked. Raises FormRefused naming fields; AgentFileError."""
    agent = loads(text).agent
    before, wanted = read(agent), tidy(form)
    if faults := wrong(wanted):
        raise FormRefused(faults)
    text = _texts(text, before, wanted)
    text = _hours(text, before, wanted)
    text = _facts(text, agent, wanted.facts)
    try:
        loads(text)
    except AgentFileError as error:
        raise FormRefused(faults_of(error, wanted)) from error
    return text


def wrong(form: Form) -> dict[str, str]:
    """Field → what is wrong with what was typed there; empty: nothing."""
    faults: dict[str, str] = {}
    if not form.greeting:
        faults["accueil"] = "L'agent dit quelque chose en décrochant."
    if bool(form.human_name) != bool(form.human_number):
        faults["humain-numero" if form.human_name else "humain-nom"] = "Donnez le nom et le numéro, ou aucun des deux."
    elif form.human_number:
        try:
            e164(form.human_number)
        except DecrocheError:
            faults["humain-numero"] = "Ce n'est pas un numéro de téléphone."
    for day in DAYS:
        try:
            parse_spans(form.hours.get(day, ""))
        except ValueError:
            faults[f"heures-{day}"] = "Écrivez par exemple 9:00-12:30, 14:00-18:30 ; rien pour fermé."
    for place, one in enumerate(form.closures):
        if not _ordered(one):
            faults[f"fermeture-{place}"] = "Donnez le premier jour, puis le dernier, dans l'ordre."
    for place, fact in enumerate(form.facts):
        if not fact.told:
            faults[f"fait-{place}-dit"] = "Que répond l'agent ?"
        if not fact.about:
            faults[f"fait-{place}-mots"] = "Donnez au moins un mot par lequel on le demande."
    return faults


def _ordered(one: ClosureLine) -> bool:
    try:
        return date.fromisoformat(one.first) <= date.fromisoformat(one.last or one.first)
    except ValueError:
        return False


def tidy(form: Form) -> Form:
    """Blank lines left out, spaces at ends too."""
    closures = [ClosureLine(one.first.strip(), one.last.strip(), one.reason.strip()) for one in form.closures]
    facts = [
        replace(fact, label=fact.label.strip(), told=" ".join(fact.told.split()),
                about=tuple(dict.fromkeys(word.strip() for word in fact.about if word.strip())))
        for fact in form.facts
    ]  # fmt: skip
    return replace(
        form,
        greeting=" ".join(form.greeting.split()),
        goodbye=" ".join(form.goodbye.split()),
        human_name=form.human_name.strip(),
        human_number=form.human_number.strip(),
        hours={day: form.hours.get(day, "").strip() for day in DAYS},
        closures=[one for one in closures if one.first or one.last or one.reason],
        facts=[fact for fact in facts if fact.id or fact.told or fact.about],
    )


def _texts(text: str, before: Form, wanted: Form) -> str:
    if wanted.greeting != " ".join(before.greeting.split()):
        text = with_text(text, ("greeting",), wanted.greeting)
    if wanted.goodbye != " ".join(before.goodbye.split()):
        text = with_text(text, ("goodbye",), wanted.goodbye) if wanted.goodbye else without(text, ("goodbye",))
    if wanted.human_name and wanted.attended != before.attended:
        return _way(_human(text, before, wanted), wanted)
    return _human(text, before, wanted)


def _way(text: str, wanted: Form) -> str:
    """How calls are put through, once there is somebody: blind is what a file means that says nothing."""
    at = ("human", "transfer")
    return with_value(text, at, "attended") if wanted.attended else without(text, at)


def _human(text: str, before: Form, wanted: Form) -> str:
    if (wanted.human_name, wanted.human_number) == (before.human_name, before.human_number):
        return text
    if not wanted.human_name:
        return without(text, ("human",))
    number = e164(wanted.human_number)
    if not before.human_name:
        return with_value(text, ("human",), f"{{name: {quoted(wanted.human_name)}, number: {quoted(number)}}}")
    text = with_text(text, ("human", "name"), wanted.human_name)
    return with_text(text, ("human", "number"), number)


def _hours(text: str, before: Form, wanted: Form) -> str:
    for day in DAYS:
        if (new := wanted.hours[day]) == before.hours.get(day, "").strip():
            continue
        text = with_text(text, ("hours", day), new) if new else without(text, ("hours", day))
    if list(wanted.closures) == list(before.closures):
        return text
    kept = list(before.closures)
    for place in reversed(range(len(kept))):
        if kept[place] not in wanted.closures:
            text = without(text, ("hours", "closed", place))
    for one in wanted.closures:
        if one not in kept:
            text = with_item(text, ("hours", "closed"), _closure(one))
    return text


def _closure(one: ClosureLine) -> str:
    parts = [f"from: {one.first}"]
    parts += [f"to: {one.last}"] if one.last else []
    parts += [f"reason: {quoted(one.reason)}"] if one.reason else []
    return "{" + ", ".join(parts) + "}"


def _facts(text: str, agent: Agent, wanted: Sequence[FactLine]) -> str:
    """Facts of the file changed where they differ, taken out where the form has none, new ones at the end."""
    known = {fact.id: (place, fact) for place, fact in enumerate(agent.facts)}
    for fact in wanted:
        if fact.id in known:
            text = _fact(text, *known[fact.id], fact)
    kept = {fact.id for fact in wanted}
    for name, (place, _) in reversed(known.items()):
        if name not in kept:
            text = without(text, ("facts", place))
    names = set(known)
    for fact in wanted:
        if not fact.id:
            name = _named(fact.label or fact.about[0], names)
            names.add(name)
            about = ", ".join(quoted(word) for word in fact.about)
            label = f"label: {quoted(fact.label)}, " if fact.label else ""
            text = with_item(text, ("facts",), f"{{id: {name}, {label}about: [{about}], say: {quoted(fact.told)}}}")
    return text


def _fact(text: str, place: int, was: Fact, now: FactLine) -> str:
    at = ("facts", place)
    if now.told != " ".join((was.say or was.info).split()):
        text = with_text(text, (*at, "say" if was.say else "info"), now.told)
    if list(now.about) != [word.strip() for word in ", ".join(was.about).split(",")]:  # a comma may stand in one
        text = with_words(text, (*at, "about"), now.about)
    if now.label != was.label:
        text = with_text(text, (*at, "label"), now.label) if now.label else without(text, (*at, "label"))
    return text


def new_name(called: str, text: str) -> str:
    """An id for a new fact of that file. Raises AgentFileError."""
    return _named(called, {fact.id for fact in loads(text).agent.facts})


def _named(called: str, taken: set[str]) -> str:
    """An id of the file's kind, out of what the fact is called."""
    plain = re.sub(r"[^a-z0-9]+", "_", fold(called)).strip("_")[:40].rstrip("_")
    name = plain if re.match("[a-z]", plain) else f"info_{plain}".rstrip("_")
    base, number = name, 2
    while name in taken:
        name, number = f"{base}_{number}", number + 1
    return name


_FIELDS = (
    (r"greeting", "accueil"), (r"goodbye", "au-revoir"), (r"human\.number|human", "humain-numero"),
    (r"human\.name", "humain-nom"), (r"hours\.(\w{3})", r"heures-\1"), (r"hours\.closed\[(\d+)\].*", r"fermeture-\1"),
    (r"hours", "heures-mon"), (r"facts\[(\d+)\]\.about.*", r"fait-\1-mots"), (r"facts\[(\d+)\].*", r"fait-\1-dit"),
)  # fmt: skip
"""Where the check finds a fault in the file → the field of the form that holds it."""


def faults_of(error: AgentFileError, form: Form) -> dict[str, str]:
    """The check's faults beside the fields that caused them; what no field holds is said above the form."""
    found: dict[str, str] = {}
    for problem in error.problems:
        name = next((re.sub(pattern, to, problem.where) for pattern, to in _FIELDS
                     if re.fullmatch(pattern, problem.where)), "form")  # fmt: skip
        told = f"{problem.what}{f' ({problem.hint})' if problem.hint else ''}"
        found[name] = f"La vérification refuse cela : {told}"
    return found
