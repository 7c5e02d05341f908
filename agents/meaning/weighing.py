"""What the rules read and what the encoder takes a sentence to mean, weighed into one understanding. Pure.

Rules win where they are exact: the law's opt-out, values of the slot asked for. Meaning wins where words mislead.
Nothing binding is done on a guess: what is likely but not sure is asked, naming what it may be.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from agents.definition import Agent
from agents.meaning.binding import ACTS, CONTROLS, controlled, goes_on, outweighed
from agents.meaning.sense import Meaning, Reading
from agents.naming import label
from agents.phrases import is_question, wishes_for
from agents.slots.text import fold, has
from agents.slots.yesno import plainly
from agents.state import SETTLED, Expected, Intent, State, Understood
from agents.wavering import marked

SURE = 0.35
"""A fact or a choice is taken from here on, if it is `AHEAD` of the next: a wrong answer costs a sentence."""
AHEAD = 0.15
PART = 0.8
"""A part of a sentence adds its own question from here on: it has less to go by than the whole."""
BOTH, SHORT = 0.65, 200
"""Two facts that are so likely together, and have so few letters together, are both told."""
LIGHT: dict[str, Intent] = {
    "repeat": "repeat", "wait": "wait", "greeting": "greeting", "thanks": "thanks", "robot": "who",
}  # fmt: skip
"""Intents that do nothing for good: a wrong guess costs a sentence."""
_INTENDED: dict[str, Intent] = {
    **LIGHT, "human": "human", "message": "message", "goodbye": "goodbye", "opt_out": "opt_out",
}  # fmt: skip
LIKELY = 0.15
"""What is less likely than this is not worth asking about."""

_PLAIN_WORDS = 7
"""So few words, of which some are a value, hold little else."""
_WHILE_ASKED = 0.9
"""An act is taken from here on while a day, a name or a number is awaited: what is misheard sounds like anything."""
_FEW_WORDS = 3
"""So few words are the choice itself."""
_NOT_MEANT = 0.05
_ASKABLE = ("human", "message", "goodbye", "opt_out")
_FIRST, _SECOND = ("premier", "premiere", "first"), ("deuxieme", "second", "seconde")

_NEITHER = re.compile(r"\b(?:ni l un ni l autre|aucun des deux|rien de tout ca|ni l une ni l autre|neither)\b")

ReadValues = Callable[[str], Understood]
"""A part of the sentence → what the rules make of it."""


def weigh(
    agent: Agent, state: State, waits: Expected, heard: str, by_rules: Understood, reading: Reading, read: ReadValues
) -> Understood:
    """One understanding of `heard`. `sure` is False where the mind could still find a value."""
    if by_rules.intent in SETTLED:
        return by_rules
    asked, text = _asked(reading), fold(heard)
    if by_rules.intent in CONTROLS:
        by_rules = controlled(heard, text, by_rules, asked, reading)
        if by_rules.intent == "question":
            return _question(agent, asked, by_rules)
        if by_rules.intent != "unclear":
            return by_rules
    if waits.slots and agent.slots[waits.slots[0]].type == "text" and by_rules.intent == "answer":
        return _taking_text(by_rules, reading)
    if by_rules.values and (key := outweighed(heard, waits, by_rules, reading)):
        return _intended(agent, key)
    by_rules = _rechosen(agent, heard, by_rules, reading)
    if by_rules.values:
        if _wanted(agent, waits, heard, text, by_rules, reading):
            return replace(by_rules, intent="answer", sure=True)
        return _with_values(agent, waits, by_rules, asked, reading, read)
    if reading.whole[0].name in ("goodbye", "thanks") and goes_on(text):
        return Understood("go_on")
    plain = reading.whole[0].kind in ("intent", "choice") and _stands(reading.whole)
    if not asked and by_rules.intent == "unclear" and _told(agent, waits):
        top = reading.whole[0]
        least = ACTS["human"] if top.name == "human" and marked(text, agent.language) else _WHILE_ASKED
        if not plain or top.name in ("message", "goodbye") or (top.name in ACTS and top.sure < least):
            return by_rules  # the mind may find a name or a number in what the rules could not read
    return _without_values(agent, by_rules, asked, reading)


def _rechosen(agent: Agent, heard: str, by_rules: Understood, reading: Reading) -> Understood:
    """ "Il faudrait que je repousse mon rendez-vous" holds the word of one choice and means another."""
    top = reading.whole[0]
    slot, _, choice = top.name.partition("=")
    taken = by_rules.values.get(slot, "")
    if top.kind != "choice" or top.sure < _WHILE_ASKED or taken in ("", choice) or len(heard.split()) <= _FEW_WORDS:
        return by_rules
    if reading.sure(f"choice:{slot}={taken}") >= _NOT_MEANT:
        return by_rules
    return replace(by_rules, values=dict(by_rules.values) | {slot: choice})


def _told(agent: Agent, waits: Expected) -> bool:
    return bool(waits.slots) and agent.slots[waits.slots[0]].type not in ("choice", "yes_no")


def settled(agent: Agent, state: State, heard: str, by_rules: Understood, reading: Reading) -> Understood | None:
    """The answer to "is it for this, or for that?"; None: it says something else, a day perhaps: it is weighed anew."""
    text, options = fold(heard), state.doubt
    slots = agent.scenario.slots
    if any(name in slots and slots[name].type not in ("choice", "yes_no") for name in by_rules.values):
        return None
    chosen = _chosen(agent, options, text, reading)
    if chosen is None:
        return None
    if chosen == "":
        return Understood("refused")
    return _intended(agent, chosen)


def _chosen(agent: Agent, options: tuple[str, ...], text: str, reading: Reading) -> str | None:
    """The option meant; "" for neither."""
    said, first, last = plainly(text, agent.language), options[0], options[-1]
    if len(options) == 1 and said:
        return first if said == "yes" else ""
    if has(text, _SECOND):
        return last
    if has(text, _FIRST):
        return first
    ranked = sorted(options, key=lambda key: -reading.sure(key))
    least = LIKELY if len(options) > 1 else SURE  # one alone was doubted: that it is likely still says nothing new
    if reading.sure(ranked[0]) >= least and reading.whole[0].key in options:
        return ranked[0]
    named = [key for key in options if _words(label(agent, key)) & _words(text)]
    if len(named) == 1 and len(text.split()) <= 6:
        return named[0]
    return "" if _NEITHER.search(text) or (said == "no" and len(text.split()) <= 4) else None


def _words(text: str) -> set[str]:
    return {word for word in fold(text).split() if len(word) > 3}


def _asked(reading: Reading) -> tuple[str, ...]:
    """The facts that are surely asked for, in the order in which they were."""
    top = reading.whole[0]
    found = [top.name] if top.kind == "fact" and _stands(reading.whole) else []
    if top.kind == "intent" and top.name in LIGHT:  # "d'accord merci, et pour la couleur ?"
        return tuple(m[0].name for _, m in reading.parts if m[0].kind == "fact" and _stands(m))[:2]
    parts = [
        meanings[0].name for _, meanings in reading.parts if meanings[0].kind == "fact" and meanings[0].sure >= PART
    ]
    likely = {meaning.name for meaning in reading.whole[:6] if meaning.kind == "fact"}
    each = [m[0].name for _, m in reading.parts if m[0].kind == "fact" and m[0].sure >= SURE]
    if len(each) == 2 and set(each) == {m.name for m in reading.whole[:2]}:
        return tuple(each)  # two clauses, and the two likeliest of the whole are theirs
    if len(set(parts)) > 1 or not found:
        ordered = [name for name in dict.fromkeys(parts) if name in likely or not found]
        return tuple(dict.fromkeys([*ordered, *found]))[:2]
    return tuple(dict.fromkeys([*found, *(name for name in parts if name in likely)]))[:2]


def _stands(meanings: tuple[Meaning, ...]) -> bool:
    """The first is sure enough, and ahead of the next."""
    return meanings[0].sure >= SURE and (len(meanings) < 2 or meanings[0].sure - meanings[1].sure >= AHEAD)


def _wanted(agent: Agent, waits: Expected, heard: str, text: str, by_rules: Understood, reading: Reading) -> bool:
    """ "Je voudrais un cocktail pour quarante personnes" books one: it asks for nothing that is known of cocktails."""
    if is_question(heard, text, agent.language):
        return False
    types = {agent.slots[slot].type for slot in by_rules.values if slot in agent.slots}
    fitting, short = set(by_rules.values) & set(waits.slots), len(text.split()) <= _PLAIN_WORDS
    if types == {"date", "time"} and short:
        return True  # "mardi à onze heures" asks for no opening hours
    if "choice" not in types or not (len(by_rules.values) > 1 or fitting):
        return False
    wishes = wishes_for(text) or len(by_rules.values) > 2 or (bool(fitting) and short)
    return wishes and max((m.sure for m in reading.whole if m.kind == "fact"), default=0.0) < _WHILE_ASKED


def _question(
    agent: Agent, asked: tuple[str, ...], by_rules: Understood, values: Understood | None = None
) -> Understood:
    day = by_rules.day if any("{hours}" in agent.fact(name).say for name in asked) else ""
    return Understood("question", values.values if values else {}, asked, day=day)


def _taking_text(by_rules: Understood, reading: Reading) -> Understood:
    """A message is being dictated: all of it is the message, unless it plainly is something else."""
    top = reading.whole[0]
    if top.kind == "intent" and top.name in ("human", "goodbye", "repeat", "wait") and top.sure >= 0.9:
        return Understood("human" if top.name == "human" else LIGHT.get(top.name, "goodbye"))
    return by_rules


def _with_values(
    agent: Agent, waits: Expected, by_rules: Understood, asked: tuple[str, ...], reading: Reading, read: ReadValues
) -> Understood:
    if not asked:
        top = reading.whole[0]
        if not by_rules.sure and top.kind == "intent" and top.sure >= ACTS.get(top.name, 2.0) and top.name != "goodbye":
            return _intended(agent, top.key)
        elsewhere = not by_rules.sure and not set(by_rules.values) & {*waits.slots, "_confirm"}
        if elsewhere and top.kind in ("fact", "none") and _wish(reading) < LIKELY:
            # a number or a day in a sentence that is about something else
            return _without_values(agent, replace(by_rules, values={}), (), reading)
        if by_rules.values.get("_confirm") == "yes" and not by_rules.sure and not _polite(top):
            return _without_values(agent, replace(by_rules, values={}), (), reading)  # "oui, mais dites-moi d'abord…"
        wished = next((m for m in reading.whole if m.kind == "choice"), top)
        if wished.kind == "choice" and (_stands((wished,)) or (elsewhere and wished.sure >= LIKELY)):
            values = _choice(wished.name) | dict(by_rules.values)
            return replace(by_rules, intent="answer", values=values, sure=by_rules.sure or wished.sure >= _WHILE_ASKED)
        return by_rules if by_rules.intent == "answer" else replace(by_rules, sure=True)
    # what a question mentions is no answer: only the parts that ask nothing fill slots
    kept, asks_beside = dict[str, str](), not reading.parts
    for part, meanings in reading.parts:
        told = read(part)
        if not (meanings[0].kind == "fact" and _stands(meanings)):
            if told.intent == "answer":  # a yes to a read-back, with a question in the same breath, is not one yet
                kept |= {slot: value for slot, value in told.values.items() if slot != "_confirm"}
        elif not told.values:
            asks_beside = True
    if by_rules.sure and by_rules.values.get("_confirm") and reading.whole[0].sure < SURE:
        return by_rules
    given = _given(waits, by_rules)
    if not kept and given and reading.whole[0].sure < (PART if _timed(agent, by_rules) else SURE + AHEAD / 2):
        return by_rules
    if given and kept and not asks_beside and reading.whole[0].sure < PART:
        return by_rules  # every part gives what was asked for: one of them only sounds like a question
    return _question(agent, asked, by_rules, Understood("answer", _wished_beside(reading) | kept))


def _wished_beside(reading: Reading) -> dict[str, str]:
    """ "Ma couronne est tombée, vous pourriez me prendre quand ?" is answered, and wants an appointment."""
    sure = (top[0] for _, top in reading.parts if top[0].kind == "choice" and top[0].sure >= PART)
    wished = max(sure, key=lambda meaning: meaning.sure, default=None)
    return _choice(wished.name) if wished else {}


def _given(waits: Expected, by_rules: Understood) -> bool:
    """The rules read, in an answer, what was asked for; at a read-back, anything that may be corrected."""
    fitting = set(by_rules.values) & set(waits.slots)
    if waits.kind in ("confirm", "correct"):
        fitting = set(by_rules.values) - {"_confirm"}
    return bool(fitting) and by_rules.sure and by_rules.intent == "answer"


def _wish(reading: Reading) -> float:
    """How surely the caller wants one of the scenario's own ways, or to book."""
    return max((m.sure for m in reading.whole if m.kind == "choice" or m.key == "intent:booking"), default=0.0)


def _timed(agent: Agent, heard: Understood) -> bool:
    return any(agent.slots[slot].type not in ("choice", "yes_no") for slot in heard.values if slot in agent.slots)


def _polite(top: Meaning) -> bool:
    return top.kind == "intent" and top.name in ("thanks", "goodbye", "greeting")


def _without_values(agent: Agent, by_rules: Understood, asked: tuple[str, ...], reading: Reading) -> Understood:
    if by_rules.change:
        return by_rules
    if asked:
        return _question(agent, asked, by_rules, Understood("answer", _wished_beside(reading)))
    top = reading.whole[0]
    if top.kind == "intent":
        return _intent(agent, by_rules, top, reading)
    if top.kind == "choice" and _stands(reading.whole):
        return Understood("answer", _choice(top.name))
    if by_rules.facts and reading.sure(f"fact:{by_rules.facts[0]}") >= 0.1:
        return replace(by_rules, sure=True)
    return _doubted(agent, by_rules, reading)


def _intent(agent: Agent, by_rules: Understood, top: Meaning, reading: Reading) -> Understood:
    name = top.name
    if name in ACTS and top.sure >= ACTS[name]:
        return _intended(agent, top.key)
    if name in ("goodbye", "thanks") and _leaving(reading):
        return Understood("goodbye")
    if name in LIGHT and _stands(reading.whole):
        told = by_rules.facts if LIGHT[name] == "who" else ()  # "who is calling?" asks for the company as well
        return Understood(LIGHT[name], facts=told)
    if name == "booking" and _stands(reading.whole):
        return Understood("go_on")  # the wish is known: the pending question leads there
    if name == "complaint" and _stands(reading.whole):
        ways = tuple(f"intent:{way}" for way in ("human", "message") if _able(agent, way))
        return Understood("doubt", doubt=ways) if ways else by_rules
    return _doubted(agent, by_rules, reading)


def _leaving(reading: Reading) -> bool:
    """ "Merci pour tout, salut" is half thanks, and all of it leave-taking."""
    goodbye, thanks = reading.sure("intent:goodbye"), reading.sure("intent:thanks")
    return goodbye >= SURE and goodbye + thanks >= ACTS["goodbye"]


def _doubted(agent: Agent, by_rules: Understood, reading: Reading) -> Understood:
    """The two likeliest meanings, to be asked about; none likely: not understood, or not known."""
    likely = [m for m in reading.whole if m.sure >= LIKELY and _askable(agent, m)][:2]
    none = reading.sure("none:")
    if both := _both(agent, likely):
        return Understood("question", facts=both)
    if likely and sum(m.sure for m in likely) > none / 2:
        return Understood("doubt", doubt=tuple(m.key for m in likely))
    if by_rules.intent == "question" or reading.whole[0].kind in ("none", "fact"):
        return Understood("question", sure=True)
    return by_rules


def _both(agent: Agent, likely: list[Meaning]) -> tuple[str, ...]:
    """Two facts of which one is surely asked for, told together if they are short: quicker than a question back."""
    if len(likely) < 2 or any(m.kind != "fact" for m in likely) or sum(m.sure for m in likely) < BOTH:
        return ()
    told = [agent.fact(m.name).say for m in likely]
    return tuple(m.name for m in likely) if all(told) and sum(map(len, told)) <= SHORT else ()


def _askable(agent: Agent, meaning: Meaning) -> bool:
    if meaning.kind == "intent":
        return meaning.name in _ASKABLE and _able(agent, meaning.name)
    return meaning.kind in ("fact", "choice")


def _able(agent: Agent, intent: str) -> bool:
    if intent == "human":
        return agent.can_transfer
    return intent != "message" or "message" in agent.tools


def _intended(agent: Agent, key: str) -> Understood:
    kind, _, name = key.partition(":")
    if kind == "fact":
        return Understood("question", facts=(name,))
    if kind == "choice":
        return Understood("answer", _choice(name))
    return Understood(_INTENDED[name])


def _choice(name: str) -> dict[str, str]:
    slot, _, choice = name.partition("=")
    return {slot: choice}
