"""Which slot a sentence dictates, or corrects at a read-back: the conversation's way into `agents/dictation/`. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import cast

import phonenumbers

from agents.definition import Agent
from agents.dictation import codes, telephone
from agents.dictation.correcting import Correction, corrected, digits_corrected
from agents.dictation.dictation import KINDS, Dictation, Kind, hear, patience_ms, result
from agents.dictation.pieces import Piece, pieces
from agents.dictation.result import content
from agents.dictation.spelling import likeness_of, respell, spellings
from agents.phrases import control_intent, is_question
from agents.slots.accepting import matches
from agents.slots.names import find_name
from agents.slots.text import Language, fold, unaccent
from agents.spoken import fields
from agents.state import Expected, State, Understood, Values
from agents.steps import Slot
from store.base.numbering import NINE_DIGITS

_NAMED = {
    "plate": re.compile(r"(?i)\b(?:immatriculee?s?|plaque|immatriculation|registration|number plate)\b"),
    "reference": re.compile(
        r"(?i)\b(?:reference|(?:dossier|commande|facture) numero|numero de (?:dossier|commande))\b"
    ),
}
_MENTIONS = {
    "phone": re.compile(r"\b(?:numero|telephone|number|phone)\b"),
    "email": re.compile(r"\b(?:mail|e mail|email|courriel|adresse)\b"),
    "name": re.compile(r"\b(?:nom|prenom|name)\b"),
    "plate": re.compile(r"\b(?:plaque|immatriculation|registration|plate)\b"),
    "reference": re.compile(r"\b(?:reference|dossier|devis|commande)\b"),
}
_WRITTEN_PLATE = re.compile(r"\b[A-Z]{2}[- ]?\d{3}[- ]?[A-Z]{2}\b|\b[A-Z]{2}\d{2} ?[A-Z]{3}\b")
_EMAIL = re.compile(r"[a-z0-9][a-z0-9._+'-]*@[a-z0-9-]+(\.[a-z0-9-]+)*\.[a-z]{2,}")


@dataclass(frozen=True, slots=True)
class Dictating:
    """One sentence held against what the agent waits for."""

    agent: Agent
    state: State
    waits: Expected
    heard: str

    def understood(self, by_rules: Values) -> Understood | None:
        """What it dictates or corrects; None: neither. `by_rules`: the values that the other readers found in it."""
        text = fold(self.heard)
        if is_question(self.heard, text, self.agent.language) or control_intent(text, self.agent.language) == "human":
            return None
        if self.waits.kind in ("confirm", "correct"):
            return self._again() or self._correction(by_rules) or self._added()
        return self._asked(by_rules) or self._added()

    # -- while a slot is asked for

    def _asked(self, by_rules: Values) -> Understood | None:
        values: dict[str, str] = {}
        last: Dictation | None = None
        for slot in self.waits.slots:
            told = self._heard(slot)
            if told is None:
                continue
            last, found = told, result(told, accepts(self.agent.slots[slot]))
            if found.wrong:
                return Understood("dictating", dictation=Dictation(slot, told.kind, told.language), exact=True)
            if not found.value:
                return Understood("dictating", {**self._names(by_rules), **values}, dictation=told, exact=True)
            values[slot] = found.value
        if last is None:
            return None
        others = self._others(by_rules, values)
        return Understood("answer", {**others, **values}, dictation=last, spelled=self._spelled(values), exact=True)

    def _heard(self, slot: str) -> Dictation | None:
        kind = kind_of(self.agent, slot)
        if kind is None:
            return None
        begun = self.state.dictation
        mine = begun if begun is not None and begun.slot == slot else Dictation(slot, kind, self.agent.language)
        return hear(mine, self.heard)

    def _names(self, by_rules: Values) -> dict[str, str]:
        """Of a sentence that holds half a number, only a name is believed besides."""
        return {slot: value for slot, value in by_rules.items() if self._type(slot) == "name"}

    def _others(self, by_rules: Values, values: Values) -> dict[str, str]:
        """What else the sentence says: all of it if the other readers found the dictated value as well, else names."""
        if all(by_rules.get(slot) == value for slot, value in values.items()):
            return {slot: value for slot, value in by_rules.items() if self._type(slot) not in ("text", "")}
        return self._names(by_rules)

    def _type(self, slot: str) -> str:
        return self.agent.slots[slot].type if slot in self.agent.slots else ""

    def _spelled(self, values: Values) -> dict[str, str]:
        return {slot: "" for slot in values if self._type(slot) == "name"}

    # -- after it seemed to be whole

    def _added(self) -> Understood | None:
        """Letters and digits alone, after a name or a reference that seemed whole: the rest of it."""
        begun = self.state.dictation
        if begun is None or begun.kind not in ("name", "reference") or begun.slot not in self.state.values:
            return None
        breath = pieces(self.heard, self.agent.language, counts=True)
        if not breath or any(piece.kind == "word" for piece in breath):
            return None
        if self.waits.slots and self._type(self.waits.slots[0]) in (*KINDS, "date", "time", "number"):
            return None
        more = hear(begun, self.heard)
        found = result(more, accepts(self.agent.slots[begun.slot])) if more else None
        if more is None or found is None or not found.value or found.value == self.state.values[begun.slot]:
            return None
        values = {begun.slot: found.value}
        return Understood("answer", values, dictation=more, spelled=self._spelled(values), exact=True)

    # -- at a read-back

    def _read_back(self) -> list[str]:
        """The dictated slots that the read-back names."""
        step = self.agent.steps[self.state.step]
        named = fields(step.confirm) or list(self.state.values)
        return [s for s in named if s in self.state.values and s in self.agent.slots and kind_of(self.agent, s)]

    def _again(self) -> Understood | None:
        """Dictated anew, or begun to be: "non, D, U, P…"."""
        for slot in self._read_back():
            told = self._heard_anew(slot)
            if told is None:
                continue
            found = result(told, accepts(self.agent.slots[slot]))
            if not found.value and not found.wrong:
                return Understood("dictating", dictation=told, exact=True)
            value = self._respelt(slot, told) if told.kind == "name" else found.value
            if value and value != self.state.values[slot]:
                values = {slot: value}
                return Understood("answer", values, dictation=told, spelled=self._spelled(values), exact=True)
        return None

    def _heard_anew(self, slot: str) -> Dictation | None:
        kind, begun = kind_of(self.agent, slot), self.state.dictation
        assert kind is not None
        going_on = begun is not None and begun.slot == slot and not result(begun).value
        told = hear(begun if going_on and begun else Dictation(slot, kind, self.agent.language), self.heard)
        if told is None or going_on:
            return told
        if kind == "name":
            return told if self._closest_name(told) == slot else None
        whole = bool(result(told, accepts(self.agent.slots[slot])).value)
        return told if whole or kind == "phone" else None

    def _closest_name(self, told: Dictation) -> str:
        """Of the names that are read back, the one whose words are most like the spelling."""
        letters = "".join(found.letters for found in spellings(self.heard, told.language))
        names = [slot for slot in self._read_back() if self._type(slot) == "name"]
        alike = {slot: max(likeness_of(word, letters) for word in self.state.values[slot].split()) for slot in names}
        return max(alike, key=lambda slot: alike[slot]) if alike else ""

    def _respelt(self, slot: str, told: Dictation) -> str:
        """The name with its word respelled; the whole of it where it was said whole again."""
        said = result(told).value
        if len(said.split()) > 1 or not said:
            return said
        return respell(self.state.values[slot], said)

    def _correction(self, by_rules: Values) -> Understood | None:
        """A part of one value: the only one that the words can correct."""
        if set(by_rules) - {"_confirm"} - set(self._read_back()):
            return None
        meant = self._mentioned()
        made = {slot: fixed for slot in meant if (fixed := self._fixed(slot)) is not None}
        if len(made) != 1:
            return None
        ((slot, fixed),) = made.items()
        told = self.state.spelled.get(slot, "") + fixed.told
        return Understood("answer", {slot: fixed.text}, spelled={slot: told}, exact=True)

    def _mentioned(self) -> list[str]:
        """The slots that the sentence may correct: those it names ("la plaque", "Durand"), else all of them."""
        text, slots = fold(self.heard), self._read_back()
        named = [slot for slot in slots if _MENTIONS[self._type(slot)].search(text)]
        words = {slot: set(fold(self.state.values[slot]).split()) for slot in slots if self._type(slot) == "name"}
        named += [slot for slot in words if {word for word in words[slot] if len(word) > 2} & set(text.split())]
        return list(dict.fromkeys(named)) or slots

    def _fixed(self, slot: str) -> Correction | None:
        kind, value = kind_of(self.agent, slot), self.state.values[slot]
        breath = self._breath(kind)
        if kind == "phone":
            return self._phone_fixed(value, breath)
        if kind == "name":
            return self._letter_fixed(value, breath) or self._name_fixed(value)
        made = corrected(value, breath, self.heard, self.agent.language)
        if made is None:
            return None
        definition = self.agent.slots[slot]
        text = _written(cast("Kind", kind), made.text, definition, self.agent)
        return Correction(text, made.told) if text and text != value else None

    def _breath(self, kind: Kind | None) -> tuple[Piece, ...]:
        return pieces(self.heard, self.agent.language, counts=kind in ("plate", "reference"))

    def _phone_fixed(self, value: str, breath: tuple[Piece, ...]) -> Correction | None:
        national = _national(value)
        made = digits_corrected(national, breath, self.heard, self.agent.language)
        number = telephone.valid(made) if made else ""
        return Correction(number) if number and number != value else None

    def _letter_fixed(self, value: str, breath: tuple[Piece, ...]) -> Correction | None:
        """The family name is corrected sooner than the whole."""
        first, _, last = value.rpartition(" ")
        made = corrected(last, breath, self.heard, self.agent.language)
        if made is not None:
            return Correction(f"{first} {made.text}".strip(), made.told)
        return corrected(value, breath, self.heard, self.agent.language)

    def _name_fixed(self, value: str) -> Correction | None:
        """ "Non, c'est Dupond": one word that is much like one of the name."""
        said = re.sub(r"^\W*(?:non|no|si|mais)\b\W*", "", self.heard, flags=re.IGNORECASE)
        if said == self.heard or len(content(said.split(), self.agent.language)) != 1:
            return None
        name = find_name(said, self.agent.language, asked=True)
        if not name or len(name.split()) != 1 or all(likeness_of(word, name) < 0.6 for word in value.split()):
            return None
        made = respell(value, name)
        return Correction(made) if made != value else None


def kind_of(agent: Agent, slot: str) -> Kind | None:
    """What is dictated for the slot, None for a slot that is not dictated."""
    kind = agent.slots[slot].type
    return kind if kind in KINDS else None


def accepts(slot: Slot) -> Callable[[str], bool] | None:
    """Which references are whole, as far as the slot's file says."""
    if slot.list:
        plain = {"".join(c for c in fold(value) if c.isalnum()) for value in slot.list}
        return lambda value: "".join(c for c in fold(value) if c.isalnum()) in plain
    return (lambda value: matches(value, slot.pattern)) if slot.pattern else None


def unfinished(agent: Agent, dictation: Dictation | None, values: Mapping[str, str]) -> Dictation | None:
    """The dictation that was begun and wants more, None where there is none."""
    if dictation is None or not dictation.breaths or dictation.slot in values:
        return None
    return None if result(dictation, accepts(agent.slots[dictation.slot])).value else dictation


def stated_code(heard: str, slot: str, definition: Slot, language: Language) -> str | None:
    """A plate or a reference that a sentence names before it is asked: "ma voiture est immatriculée AB-123-CD"."""
    kind = "plate" if definition.type == "plate" else "reference"
    named = _NAMED[kind].search(unaccent(heard))
    rest = heard[named.end() :] if named else ""
    if kind == "plate" and not rest and (written := _WRITTEN_PLATE.search(heard)):
        rest = written[0]
    clauses = re.split(r"(?<=[,;.])", rest)
    for count in range(1, len(clauses) + 1):  # "… immatriculée A, B, 123, C, D, et c'est pour une vidange"
        told = hear(Dictation(slot, kind, language), "".join(clauses[:count]))
        if told is not None and (value := result(told, accepts(definition)).value):
            return value
    return None


def patience(agent: Agent, state: State, waits: Expected, heard: str) -> int:
    """How long a silence to bear after `heard` before the turn is the agent's, in milliseconds; 0: as long as usual."""
    told = Dictating(agent, state, waits, heard).understood({})
    if told is None or told.dictation is None or not told.dictation.breaths:
        return 0
    return patience_ms(told.dictation, accepts(agent.slots[told.dictation.slot]))


def _national(value: str) -> str:
    """A French number as it is dictated, with its zero; others in full."""
    parsed = phonenumbers.parse(value)
    return f"0{phonenumbers.national_significant_number(parsed)}" if parsed.country_code in NINE_DIGITS else value


def _written(kind: Kind, text: str, slot: Slot, agent: Agent) -> str:
    """A corrected value as it is written; "" where it is none any more."""
    if kind == "email":
        return text.lower() if _EMAIL.fullmatch(text.lower()) else ""
    plain = re.sub(r"[^A-Z0-9]", "", text.upper())
    if kind == "plate":
        return codes.plate(plain, agent.language)
    return text.upper() if matches(text.upper(), slot.pattern) else ""
