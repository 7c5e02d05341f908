"""What the mind is asked, and what is made of its answer: prompts, schemas, labels.

One word of JSON per turn, of a closed list: what kind of sentence it is, which fact answers it, or which
choice it makes. The list is the grammar, so the answer is read after its first token or two. The
instructions come first and never change, so the engine reads them once for all calls of an agent.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from agents.definition import Agent
from agents.effects import Facts
from agents.phrases import is_question
from agents.render import speech
from agents.slots.names import tidy_name
from agents.slots.numbers import find_number
from agents.slots.text import Language, digits, fold
from agents.state import Expected, Intent, State, Understood
from llm.base import Message

PREFILL = '{"is":"'
_BEGUN = re.compile(r'\s*\{\s*"is"\s*:\s*"')
"""The same as another engine may space it, where it yields the answer whole."""


@dataclass(frozen=True, slots=True)
class Labels:
    """The words the mind may answer with, and what each means."""

    intents: Mapping[str, Intent]
    answers: Mapping[str, str]
    """Label → the value of the slot asked for (a choice, a yes, a no)."""
    facts: Mapping[str, str]

    def all(self) -> list[str]:
        """Every label."""
        return [*self.intents, *self.answers, *self.facts]


_INTENTS: dict[Language, dict[str, tuple[Intent, str]]] = {
    "fr": {
        "answer": ("answer", "il répond à la question posée"),
        "ask_other": ("question", "il pose une autre question"),
        "human": ("human", "il veut parler à une personne"),
        "message": ("message", "il veut laisser un message ou être rappelé"),
        "goodbye": ("goodbye", "il prend congé"),
        "opt_out": ("opt_out", "il ne veut plus jamais être appelé"),
        "unclear": ("unclear", "incompréhensible, sans rapport"),
    },
    "en": {
        "answer": ("answer", "they answer the question asked"),
        "ask_other": ("question", "they ask another question"),
        "human": ("human", "they want to talk to a person"),
        "message": ("message", "they want to leave a message or be called back"),
        "goodbye": ("goodbye", "they take their leave"),
        "opt_out": ("opt_out", "they never want to be called again"),
        "unclear": ("unclear", "incomprehensible, unrelated"),
    },
}
_TEXT: dict[Language, dict[str, str]] = {
    "fr": {
        "head": "Une personne est au téléphone avec {company}. Classe sa phrase : un seul mot de la liste, en JSON.",
        "turn": "Question posée : {question}\nRéponses possibles : {answers}\nPhrase : {heard}",
        "turn_plain": "Question posée : {question}\nPhrase : {heard}",
        "asks": "elle demande",
        "answer_head": "Tu réponds au téléphone pour {company}. Dis « nous » pour {company} et « vous » à la personne. "
        "Réponds d'une phrase courte, seulement avec les informations données.",
        "answer_turn": "Informations : {info}\nQuestion : {heard}",
    },
    "en": {
        "head": "A person is on the phone with {company}. Classify their sentence: one word of the list, in JSON.",
        "turn": "Question asked: {question}\nPossible answers: {answers}\nSentence: {heard}",
        "turn_plain": "Question asked: {question}\nSentence: {heard}",
        "asks": "they ask about",
        "answer_head": 'You answer the phone for {company}. Say "we" for {company} and "you" to the person. '
        "Answer in one short sentence, with the given information only.",
        "answer_turn": "Information: {info}\nQuestion: {heard}",
    },
}
_CUES: dict[Intent, dict[Language, re.Pattern[str]]] = {
    "goodbye": {
        "fr": re.compile(r"merci|tant pis|laisse|rien|raccroch|fini|termine|y vais|tout|adieu|revoir|bye"),
        "en": re.compile(r"thank|never ?mind|forget|leave it|nothing|done|finished|go now|got to go|bye|that s all"),
    },
    "opt_out": {
        "fr": re.compile(r"appel|sollicit|demarch|contact|coordonnees|numero|liste|fichier|harcel|derang|tranquille"),
        "en": re.compile(r"call|contact|number|list|details|harass|bother|alone|files"),
    },
    "human": {
        "fr": re.compile(
            r"parler|personne|quelqu|humain|etre vivant|responsable|conseill|secretaire|passez|mettez|joindre"
        ),
        "en": re.compile(r"speak|talk|person|somebody|someone|human|manager|advis|reception|put me|get me|reach"),
    },
    "message": {
        "fr": re.compile(r"message|dites|dire a|prevenez|prevenir|rappel|transme|informe|commission"),
        "en": re.compile(r"message|tell|let (?:him|her|them)|call (?:me )?back|ring (?:me )?back|inform|pass on"),
    },
}
"""The mind is offered these labels only where the sentence holds such a word: it never ends a call alone."""


def labels(agent: Agent, waits: Expected, heard: str) -> Labels:
    """The labels a turn may have: what the question allows, and what the sentence's own words allow.

    A small model chooses well among few; facts are offered to questions only.
    """
    text = fold(heard)
    asks = is_question(heard, text, agent.language)
    intents: dict[str, Intent] = {}
    for label, (intent, _) in _INTENTS[agent.language].items():
        cue = _CUES.get(intent)
        if cue[agent.language].search(text) if cue else intent != "question" or asks:
            intents[label] = intent
    answers = _answers(agent, waits)
    if answers:
        intents.pop("answer", None)
    if asks and set(answers) == {"yes", "no"}:
        answers = {}  # a question is neither
    facts = {f"ask_{fact.id}": fact.id for fact in agent.facts} if asks else {}
    return Labels(intents, answers, facts)


def worth_asking(agent: Agent, waits: Expected, known: Labels, by_rules: Understood) -> bool:
    """The mind could tell more than the rules did."""
    if known.answers or known.facts or set(known.intents) - {"answer", "unclear"}:
        return True
    return not by_rules.values and bool(to_extract(agent, waits))


def _answers(agent: Agent, waits: Expected) -> dict[str, str]:
    if waits.kind in ("confirm", "propose"):
        return {"yes": "yes", "no": "no"}
    if not waits.slots:
        return {}
    slot = agent.slots[waits.slots[0]]
    if slot.type == "yes_no":
        return {"yes": "yes", "no": "no"}
    if slot.type == "choice":
        return {choice: choice for choice in slot.choices}
    return {}


def instructions(agent: Agent) -> Message:
    """The system message: the same for all of an agent's calls."""
    words, text = _INTENTS[agent.language], _TEXT[agent.language]
    lines = [text["head"].format(company=agent.company.name)]
    lines += [f"{label} = {meaning}" for label, (_, meaning) in words.items()]
    lines += [f"ask_{fact.id} = {text['asks']} : {', '.join(fact.about[:4])}" for fact in agent.facts]
    return Message("system", "\n".join(lines))


def turn_messages(agent: Agent, waits: Expected, heard: str) -> list[Message]:
    """The chat that asks what `heard` means. With `heard` empty: what can be read ahead of it."""
    text, answers = _TEXT[agent.language], _answers(agent, waits)
    told = ", ".join(_gloss(agent, waits, label) for label in answers)
    template = text["turn"] if answers else text["turn_plain"]
    return [
        instructions(agent),
        Message("user", template.format(question=waits.question, answers=told, heard=heard).strip()),
    ]


def _gloss(agent: Agent, waits: Expected, label: str) -> str:
    if waits.slots and agent.slots[waits.slots[0]].type == "choice":
        words = agent.slots[waits.slots[0]].choices[label]
        return f"{label} ({', '.join(words[:2])})" if words else label
    return label


def turn_schema(labels: Labels) -> dict[str, Any]:
    """The grammar of the answer: one of the labels."""
    return {
        "type": "object",
        "properties": {"is": {"type": "string", "enum": labels.all()}},
        "required": ["is"],
        "additionalProperties": False,
    }


def read_label(text: str, labels: Sequence[str]) -> str | None:
    """The label that `text` (the answer so far) can only become; None while several are possible."""
    begun = _BEGUN.sub("", text, count=1) if _BEGUN.match(text) else text
    closed = begun.split('"', 1)[0]
    if '"' in begun:
        return closed if closed in labels else None
    left = [label for label in labels if label.startswith(closed)]
    return left[0] if len(left) == 1 and closed else None


def meaning(label: str, known: Labels, waits: Expected, by_rules: Understood) -> Understood:
    """The mind's label and the rules' values together."""
    if label in known.facts:
        return Understood("question", by_rules.values, (known.facts[label],))
    if label in known.answers:
        slot = waits.slots[0] if waits.slots else "_confirm"
        return Understood("answer", {**by_rules.values, slot: known.answers[label]})
    intent = known.intents[label]
    if intent == "question":
        return Understood("question", by_rules.values, by_rules.facts)
    if intent == "answer":
        return Understood("answer" if by_rules.values else "unclear", by_rules.values, change=by_rules.change)
    if intent in ("goodbye", "unclear") and by_rules.values and by_rules.intent == "answer":
        return Understood("answer", by_rules.values)  # the rules read a value: that is an answer
    return Understood(intent)


# -- values the rules did not find

_EXTRACTED = ("name", "number")


def to_extract(agent: Agent, waits: Expected) -> tuple[str, ...]:
    """The slots worth asking the mind for."""
    return tuple(s for s in waits.slots if agent.slots[s].type in _EXTRACTED)


def extract_messages(asked: Sequence[Message], agent: Agent, slots: Sequence[str]) -> list[Message]:
    """The chat that asks for values, after the one that asked for the meaning."""
    ask = "Donne les valeurs dites" if agent.language == "fr" else "Give the values said"
    named = ", ".join(agent.slots[s].about or agent.slots[s].type for s in slots)
    return [*asked, Message("assistant", PREFILL + 'answer"}'), Message("user", f"{ask}: {named}.")]


def extract_schema(slots: Sequence[str]) -> dict[str, Any]:
    """An object with a short text per slot."""
    return {
        "type": "object",
        "properties": {slot: {"type": "string", "maxLength": 40} for slot in slots},
        "required": list(slots),
        "additionalProperties": False,
    }


def extracted(agent: Agent, text: str, heard: str) -> dict[str, str]:
    """Slot values of the mind's JSON, kept only if the caller said them."""
    try:
        told: object = json.loads(text)
    except json.JSONDecodeError:
        return {}
    if not isinstance(told, dict):
        return {}
    said, values = set(fold(heard).split()), dict[str, str]()
    for slot, value in cast("dict[str, object]", told).items():
        if not isinstance(value, str) or not value or not set(fold(value).split()) <= said:
            continue
        kind = agent.slots[slot].type
        read = tidy_name(value, agent.language) if kind == "name" else find_number(digits(value, agent.language))
        if read:
            values[slot] = read
    return values


# -- phrasing


def answer_head(agent: Agent) -> Message:
    """The system message of phrasing: the same for all of an agent's calls."""
    head = _TEXT[agent.language]["answer_head"].format(company=agent.company.name)
    return Message("system", f"{head} {agent.instructions}".strip())


def answer_messages(agent: Agent, state: State, facts: Facts, names: Sequence[str], heard: str) -> list[Message]:
    """The chat that phrases an answer from facts."""
    text = _TEXT[agent.language]["answer_turn"]
    info = " ".join(speech(agent, state, facts, agent.fact(name).info or agent.fact(name).say) for name in names)
    return [answer_head(agent), Message("user", text.format(info=info, heard=heard))]
