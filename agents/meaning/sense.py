"""Which of the things an agent can answer a sentence asks for, each with how surely.

An agent's candidates are its facts, the choices of its scenario and the intents that every agent shares. A sentence
is read whole and by its parts, so that a question at the end of a story, or two in one breath, are found.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np

from agents.definition import Agent, Fact
from agents.meaning.encoder import ADAPTER, Encoder, Vectors, open_encoder
from agents.slots.others import find_choices
from agents.slots.text import Language, fold
from store.weights import ModelMissing

Kind = Literal["fact", "choice", "intent", "none"]

SHARED: dict[Language, dict[str, str]] = {
    "fr": {
        "human": "parler à une personne, un humain, un conseiller, être transféré",
        "message": "laisser un message, transmettre une information, demander à être rappelé",
        "goodbye": "prendre congé, au revoir, terminer l'appel",
        "opt_out": "ne plus être appelé, retirer son numéro, arrêter le démarchage",
        "repeat": "répéter, redire, pas entendu",
        "wait": "patienter, un instant, ne quittez pas",
        "greeting": "bonjour, allô, vous m'entendez",
        "thanks": "merci, d'accord merci, c'est gentil",
        "robot": "êtes-vous un robot, une intelligence artificielle, qui parle",
        "booking": "prendre rendez-vous, réserver, être reçu, un créneau",
        "cancel_booking": "annuler ou déplacer son rendez-vous, sa réservation",
        "complaint": "réclamation, mécontentement, se plaindre",
        "offtopic": "bavardage, autre sujet, sans rapport",
    },
    "en": {
        "human": "speak to a person, a human, an adviser, be put through",
        "message": "leave a message, pass on information, ask to be called back",
        "goodbye": "take leave, goodbye, end the call",
        "opt_out": "never be called again, remove my number, stop calls",
        "repeat": "repeat, say again, did not hear",
        "wait": "wait, one moment, hold on",
        "greeting": "hello, can you hear me",
        "thanks": "thanks, all right thanks, that's kind",
        "robot": "are you a robot, an artificial intelligence, who is speaking",
        "booking": "book an appointment, reserve, be seen, a slot",
        "cancel_booking": "cancel or move an appointment, a booking",
        "complaint": "complaint, unhappy",
        "offtopic": "small talk, something else, unrelated",
    },
}
"""What every agent is asked, as the encoder was taught to know it (`corpus/intents.*.yaml`)."""

HEAD = ("asks", *SHARED["fr"])
"""What the head tells apart: a question about a fact, known or not, and each shared intent."""

_NAMED = 1.0
"""Added to a fact's score when a word of its `about` stands in the sentence: its author expected that word."""
_WISHES = {
    "booking": ("rendez", "rdv", "reserv", "creneau", "inscri", "appointment", "book", "slot"),
    "cancel_booking": ("annul", "deplac", "report", "cancel", "resched"),
}
"""Shared intents that an agent's own choice may stand for, by stems of its words."""
_NEARLY = 0.97
"""From here on two sentences of callers say the same; below, likeness between them says less than a fact's own words
(on companies held out, five sentences a fact moved 78 % to 77 %)."""
_SPLIT = re.compile(
    r"[.?!;:,…]+|\s(?:et(?! (?:demi|quart|le quart|un quart))|mais|sinon|puis|and|but|also)\s", re.IGNORECASE
)
_PART_WORDS = 3
_MOST_PARTS = 4


@dataclass(frozen=True, slots=True)
class Meaning:
    """One candidate. `name`: a fact's id, "slot=choice", an intent, or "" for none of them. `sure`: 0 to 1."""

    kind: Kind
    name: str
    sure: float

    @property
    def key(self) -> str:
        """As a state keeps it: "fact:parking"."""
        return f"{self.kind}:{self.name}"


@dataclass(frozen=True, slots=True)
class Reading:
    """A sentence's meanings, the likeliest first: of the whole, and of each of its parts where it has several."""

    whole: tuple[Meaning, ...]
    parts: tuple[tuple[str, tuple[Meaning, ...]], ...] = ()
    wide: tuple[Meaning, ...] = ()
    """Of the whole, with the choices among them that were made already: what the caller may want instead."""

    def sure(self, key: str) -> float:
        """How surely the whole sentence means that."""
        return next((meaning.sure for meaning in self.whole if meaning.key == key), 0.0)


@dataclass(frozen=True, slots=True)
class Learnt:
    """What was learnt beside the encoder's additions.

    `scale`: how sharply likeness becomes probability; `none`: the likeness from which a candidate counts; `head`:
    weights (kinds of `HEAD`, size of a vector) and biases.
    """

    scale: float
    none: float
    head: Vectors
    head_bias: Vectors


class Sense:
    """The meanings of sentences, for every call of this process."""

    def __init__(self, encoder: Encoder, learnt: Learnt) -> None:
        self._encoder, self._learnt = encoder, learnt

    async def read(self, agent: Agent, heard: str, choices: Sequence[str], made: Sequence[str] = ()) -> Reading:
        """What `heard` may mean to `agent`; `choices`: the choice slots whose choices may be meant, `made`: those
        that were chosen from already."""
        return await asyncio.to_thread(self.reading, agent, heard, tuple(choices), tuple(made))

    def reading(self, agent: Agent, heard: str, choices: Sequence[str] = (), made: Sequence[str] = ()) -> Reading:
        """The same, in the caller's thread."""
        parts = _parts(heard)
        told = [heard.strip(), *parts]
        names, passages = _candidates(agent, choices)
        vectors = self._encoder.encode([f"query: {text}" for text in told])
        likeness = self._with_wordings(agent, vectors, vectors @ self._encoder.encode(passages).T)
        kinds = _shares(vectors @ self._learnt.head.T + self._learnt.head_bias)
        rows = zip(told, likeness, kinds, strict=True)
        read = [self._ranked(agent, text, names, row, kind) for text, row, kind in rows]
        wide = self._wide(agent, heard.strip(), (*choices, *made), vectors[:1], kinds[0]) if made else ()
        return Reading(read[0], tuple(zip(parts, read[1:], strict=True)), wide)

    def _wide(
        self, agent: Agent, text: str, choices: Sequence[str], vector: Vectors, kind: Vectors
    ) -> tuple[Meaning, ...]:
        names, passages = _candidates(agent, choices)
        likeness = self._with_wordings(agent, vector, vector @ self._encoder.encode(passages).T)
        return self._ranked(agent, text, names, likeness[0], kind)

    def _with_wordings(self, agent: Agent, vectors: Vectors, likeness: Vectors) -> Vectors:
        """A sentence nearly in the words of one with which a caller asked before means the same fact."""
        for at, fact in enumerate(agent.facts):
            if fact.asked:
                told = self._encoder.encode([f"query: {sentence}" for sentence in fact.asked])
                near = (vectors @ told.T).max(axis=1)
                likeness[:, at] = np.where(near >= _NEARLY, np.maximum(likeness[:, at], near), likeness[:, at])
        return likeness

    def vectors(self, sentences: Sequence[str]) -> Vectors:
        """Unit vectors of what callers said (n, size)."""
        return self._encoder.encode([f"query: {sentence}" for sentence in sentences])

    def likeness_of_facts(self, agent: Agent) -> Vectors:
        """How like each fact is to each other (facts, facts), 1 for itself."""
        vectors = self._encoder.encode([passage(fact) for fact in agent.facts])
        return vectors @ vectors.T

    def warm(self, agent: Agent) -> None:
        """Encode an agent's candidates ahead of its first call."""
        slots = [name for name, slot in agent.scenario.slots.items() if slot.type == "choice"]
        self._encoder.encode(_candidates(agent, slots)[1])

    def _ranked(
        self, agent: Agent, text: str, names: Sequence[tuple[Kind, str]], likeness: Vectors, kinds: Vectors
    ) -> tuple[Meaning, ...]:
        """The head says what kind of sentence it is, likeness which fact or choice; a wish to book is a choice."""
        score = np.append(likeness, np.float32(self._learnt.none)) * self._learnt.scale
        topics = {fact.id: fact.about for fact in agent.facts}
        for fact in find_choices(fold(text), topics, agent.language, asked=False):
            score[names.index(("fact", fact))] += _NAMED
        share, kind = _shares(score), dict(zip(HEAD, (float(p) for p in kinds), strict=True))
        sure: dict[tuple[Kind, str], float] = {("none", ""): float(share[-1]) * kind["asks"]}
        sure |= {name: float(p) * kind["asks"] for name, p in zip(names, share[:-1], strict=True)}
        sure |= {("intent", intent): kind[intent] for intent in SHARED[agent.language]}
        for intent, stems in _WISHES.items():
            if (
                choice := next((n for n in names if n[0] == "choice" and _worded(agent, n[1], stems)), None)
            ) is not None:
                sure[choice] += sure.pop(("intent", intent))
        if agent.human and any(name in fold(text).split() for name in _own_names(agent.human.name)):
            sure = _for_a_person(sure)
        meanings = [Meaning(what, name, p) for (what, name), p in sure.items()]
        return tuple(sorted(meanings, key=lambda meaning: -meaning.sure))


def _for_a_person(sure: dict[tuple[Kind, str], float]) -> dict[tuple[Kind, str], float]:
    """A person is named: half of all else goes to speaking with them, or leaving word, as likely as each is."""
    human, message = sure["intent", "human"] + 0.01, sure["intent", "message"] + 0.01
    moved = (1 - human - message) / 2
    lessened = {name: p / 2 for name, p in sure.items()}
    lessened["intent", "human"] = human + moved * human / (human + message)
    lessened["intent", "message"] = message + moved * message / (human + message)
    return lessened


def _worded(agent: Agent, name: str, stems: Sequence[str]) -> bool:
    """A choice's own words hold one of the stems."""
    slot, _, choice = name.partition("=")
    words = fold(" ".join([choice, *agent.slots[slot].choices[choice]]))
    return any(stem in words for stem in stems)


def _own_names(human: str) -> list[str]:
    """The names of people in "Karim, le directeur": who is named is wanted, or is to be told something."""
    return [fold(word) for word in re.findall(r"\w+", human) if word[:1].isupper() and len(word) > 2]


def _parts(heard: str) -> list[str]:
    """The clauses of a sentence, where it has more than one worth reading."""
    parts = [part.strip() for part in _SPLIT.split(heard)]
    long = [part for part in parts if len(part.split()) >= _PART_WORDS]
    return long[-_MOST_PARTS:] if len([part for part in parts if part]) > 1 else []


def _candidates(agent: Agent, choices: Sequence[str]) -> tuple[list[tuple[Kind, str]], list[str]]:
    names: list[tuple[Kind, str]] = [("fact", fact.id) for fact in agent.facts]
    passages = [passage(fact) for fact in agent.facts]
    for slot in choices:
        for choice, words in agent.slots[slot].choices.items():
            if choice not in ("yes", "no") and words:
                names.append(("choice", f"{slot}={choice}"))
                passages.append("passage: " + ", ".join(words[:8]))
    return names, passages


def _shares(scores: Vectors) -> Vectors:
    """Softmax over the last axis."""
    share = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return (share / share.sum(axis=-1, keepdims=True)).astype(np.float32)


def passage(fact: Fact) -> str:
    """A fact as the encoder reads it."""
    told = re.sub(r"\s*\{[a-z_]+\}", "", fact.say or fact.info)
    return f"passage: {', '.join(fact.about[:12])}. {told}"


def sense_here() -> Sense | None:
    """The sense of this process; None on a machine that lacks its model: the rules and the mind do without.

    Raises ModelDamaged or EncoderDamaged.
    """
    try:
        return open_sense()
    except ModelMissing:
        return None


@cache
def open_sense() -> Sense:
    """The sense of this process, opened once. Raises ModelMissing, ModelDamaged or EncoderDamaged."""
    with np.load(ADAPTER) as stored:
        learnt = Learnt(float(stored["scale"]), float(stored["none"]), stored["head"], stored["head_bias"])
    return Sense(open_encoder(), learnt)
