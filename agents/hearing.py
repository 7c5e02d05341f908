"""What the caller meant, by rules alone: fast and exact, and they know when they are not sure."""

from __future__ import annotations

import re
from datetime import date, time

from agents.changing import named_slots
from agents.definition import Agent
from agents.dictating import Dictating, stated_code
from agents.effects import Facts
from agents.phrases import control_intent, is_question, message_within
from agents.rethinking import rethought
from agents.scenario import expected
from agents.slots.dates import MONTHS, WEEKDAYS, FoundDate, find_date, part_of_day
from agents.slots.misheard import with_hours, with_weekdays
from agents.slots.names import find_name
from agents.slots.numbers import find_number
from agents.slots.others import find_choices, find_email
from agents.slots.past import without_past
from agents.slots.phones import find_phone, says_same_number
from agents.slots.text import digits, fold, mask
from agents.slots.times import FoundTime, find_time
from agents.slots.told import named_words, plainly, retold
from agents.slots.yesno import find_yes_no
from agents.state import SETTLED, Expected, State, Understood, Values
from agents.steps import Slot

_CORRECTION = re.compile(
    r"\b(?:plutot|en fait|finalement|je me suis trompee?|pardon|je voulais dire|correction|modifier|changer"
    r"|rather|actually|instead|i meant|change|make it|sorry)\b"
)
_NEGATED = {
    "fr": re.compile(
        rf"\bpas (?:le |a |de |un )?(?:(?:{'|'.join(WEEKDAYS['fr'])})(?: \d{{1,2}}(?! ?h))?"
        r"|\d{1,2}(?: ?h(?:eures?)?)?)\b"
        rf"|\b(?:{'|'.join(WEEKDAYS['fr'])}|\d{{1,2}} ?h(?:eures?)?(?: \d\d)?) (?:je |ca |c |on )?(?:ne |n |m |me )*"
        r"(?:peux|pourrai|peut|va|ira|marche|arrange|convient|est|suis|serai) (?:pas|plus)\b"
    ),
    "en": re.compile(rf"\bnot (?:on |at |the )?(?:{'|'.join(WEEKDAYS['en'])}|\d{{1,2}}(?: ?(?:am|pm|o clock))?)\b"),
}  # fmt: skip
_REPAIR = re.compile(
    r"[,.… ]+(?:(?:enfin|ah|euh|oh|mais|et puis|ou)[, ]+non\b|non,? (?:pardon|plutôt|attendez|excusez[- ]moi|je)"
    r"|(?<=[,.…] )(?:non|enfin)(?=[, ])"
    r"|pardon\b|je (?:veux|voulais) dire|plutôt\b|finalement\b"
    r"|no,? (?:sorry|wait|rather|actually)|i mean\b|i meant\b|sorry\b|rather\b|actually\b)[,.… ]*",
    re.IGNORECASE,
)
"""How people take back what they just said."""
_STREET = re.compile(
    r"\b(?:rue|avenue|place|boulevard|allee|quai|impasse|chemin|cours|square|pont) (?:du|de la|des|de|d) \d{1,2}(?:er)?"
    rf" (?:{'|'.join(MONTHS['fr'])})(?: \d{{4}})?\b"
)
"""A street that is called after a day."""
_OWN_WORDS = frozenset({"name", "text", "phone", "email", "plate", "reference"})
"""Where these are awaited, what sounds like a day may be anything."""
_WEAKER = (None, "repeat", "wait", "greeting")
"""Beside these words a change of mind is what the sentence says."""
_TEN = re.compile(r"\b(?:[bd]i[sz]eurs?|dis heures?)\b")
"""Ten o'clock as the ear often spells it, where a day or an hour is awaited."""


def understand(agent: Agent, state: State, heard: str, facts: Facts) -> Understood:
    """The turn's meaning by rules. `sure` is False where the model should be asked."""
    text = fold(heard)
    waits = expected(agent, state, facts)
    if not text:
        return Understood("unclear")
    control = control_intent(text, agent.language)
    if control in SETTLED:
        return Understood(control)
    taking_text = bool(waits.slots) and agent.slots[waits.slots[0]].type == "text"
    if "message" in agent.tools and not taking_text and message_within(text, agent.language):
        return Understood("message", told=heard.strip())
    values = _values(agent, state, heard, facts, waits)
    if control in _WEAKER and (instead := rethought(agent, state, waits, heard, values)) is not None:
        return instead
    if (told := Dictating(agent, state, waits, heard).understood(values)) is not None:
        return told
    dictated = taking_text and control in ("message", "repeat")
    if control and not dictated and not _answers_first(control, values, waits, text):
        return Understood(control)
    return _answer_or_question(agent, waits, state.values, heard, text, values, facts)


def _values(agent: Agent, state: State, heard: str, facts: Facts, waits: Expected) -> dict[str, str]:
    """The slot values of a sentence; what follows "enfin non" or "pardon" replaces what stood before it."""
    parts = _REPAIR.split(heard)
    said = [_Reading(agent, state, part, facts, waits).values() for part in parts] if len(parts) > 1 else []
    if sum(1 for values in said if set(values) - {"_confirm"}) < 2:
        return _Reading(agent, state, heard, facts, waits).values()
    merged: dict[str, str] = {}
    for values in said:
        merged |= {slot: value for slot, value in values.items() if slot != "_confirm"}
    return merged


def _answers_first(control: str, values: dict[str, str], waits: Expected, text: str) -> bool:
    """ "Oui, merci, au revoir" answers a read-back before it takes leave."""
    if control == "goodbye":
        return waits.kind in ("confirm", "propose") and values.get("_confirm") == "yes"
    if control in ("repeat", "wait", "greeting"):
        return bool(values)
    return False


def _answer_or_question(
    agent: Agent, waits: Expected, known: Values, heard: str, text: str, values: dict[str, str], facts: Facts
) -> Understood:
    asks = is_question(heard, text, agent.language)
    told = facts_about(agent, text)
    day = _asked_day(agent, fold(without_past(heard, agent.language)), facts) if asks else ""
    if waits.slots and agent.slots[waits.slots[0]].type == "text" and values:
        return Understood("answer", values)
    if told and (asks or not values):
        day = day if any("{hours}" in agent.fact(f).say for f in told) else ""
        kept = {} if day else {slot: value for slot, value in values.items() if slot != "_confirm"}
        return Understood("question", kept, told, day=day, sure=len(told) == 1 and (asks or _short(text)))
    change = named_slots(agent, waits, text) if not (set(values) - {"_confirm"}) else ()
    if change:
        return Understood("answer", values, change=change)
    if values:
        return Understood("answer", values, sure=_settles(waits, values, known, text, asks=asks))
    if asks:
        return Understood("question", sure=False)
    return Understood("unclear", sure=False)


def _settles(waits: Expected, values: dict[str, str], known: Values, text: str, *, asks: bool) -> bool:
    """The values answer what was asked, or correct what is known, and little else was said."""
    answers = waits.kind in ("confirm", "propose", "correct") or any(slot in values for slot in waits.slots)
    if "_confirm" in values and len(values) == 1:
        return len(text.split()) <= 9 and not asks
    return answers or (any(slot in known for slot in values) and len(text.split()) <= 12)


def _short(text: str) -> bool:
    return len(text.split()) <= 4


def facts_about(agent: Agent, text: str) -> tuple[str, ...]:
    """The facts whose words stand in the folded `text`; the longest wording wins."""
    topics = {fact.id: fact.about for fact in agent.facts}
    return tuple(find_choices(text, topics, agent.language, asked=False))


def _asked_day(agent: Agent, text: str, facts: Facts) -> str:
    found = find_date(text, agent.language, facts.now.date()) if agent.hours else None
    return found.value.isoformat() if found else ""


class _Reading:
    """One sentence read for slot values; what one parser took, the next does not see."""

    def __init__(self, agent: Agent, state: State, heard: str, facts: Facts, waits: Expected) -> None:
        self.agent, self.state, self.heard, self.facts, self.waits = agent, state, heard, facts, waits
        self.folded = fold(heard)
        text = digits(without_past(heard, agent.language), agent.language)
        asked = {agent.slots[slot].type for slot in waits.slots}
        dated = any(slot.type == "date" for slot in agent.slots.values()) and not asked & _OWN_WORDS
        if agent.language == "fr" and dated:
            text = with_weekdays(text, awaited="date" in asked)
        if agent.language == "fr" and any(agent.slots[slot].type in ("date", "time") for slot in waits.slots):
            text = with_hours(_TEN.sub("10 heures", text))
        self.taken_back = " ".join(match[0] for match in _NEGATED[agent.language].finditer(text))
        self.text = _NEGATED[agent.language].sub(" | ", _STREET.sub(" | ", text))
        self.found: dict[str, str] = {}

    def values(self) -> dict[str, str]:
        """Slot → value."""
        for kind, read in (
            ("email", self._email),
            ("plate", self._code),
            ("reference", self._code),
            ("phone", self._phone),
            ("date", self._date),
            ("time", self._time),
            ("number", self._number),
            ("choice", self._choice),
            ("name", self._name),
            ("text", self._text),
            ("yes_no", self._yes_no),
        ):
            for slot in self._wanted(kind):
                value = read(slot, self.agent.slots[slot])
                if value:
                    self.found[slot] = value
                    if kind != "choice":  # two choices are two questions: "un essai de guitare" answers both
                        break
        if self.waits.kind in ("confirm", "propose"):
            said = find_yes_no(self.folded, self.agent.language)
            if said:
                self.found["_confirm"] = said
        return self.found

    def _wanted(self, kind: str) -> list[str]:
        """The slots of a type, those asked for first, then those missing, then those to correct."""
        slots, asked, known = self.agent.slots, self.waits.slots, self.state.values
        names = [s for s in slots if slots[s].type == kind and (s in asked or not s.startswith("_"))]
        return sorted(names, key=lambda s: (s not in asked, s in known))

    def _asked(self, slot: str) -> bool:
        return slot in self.waits.slots

    def _instead(self, slot: str) -> bool:
        """The value known so far is taken back in so many words: what stands beside it replaces it ("pas 15, 16")."""
        known = self.state.values.get(slot, "").removeprefix("0").split(":")[0]
        return bool(known) and known in re.findall(r"\d+", self.taken_back)

    def _email(self, slot: str, _: Slot) -> str | None:
        return find_email(self.heard, self.agent.language)

    def _code(self, slot: str, definition: Slot) -> str | None:
        return stated_code(self.heard, slot, definition, self.agent.language)

    def _phone(self, slot: str, _: Slot) -> str | None:
        found = find_phone(self.text, self.agent.language)
        if found:
            self.text = mask(self.text, found.start, found.end)
            return found.value
        if self._asked(slot) and says_same_number(self.folded, self.agent.language):
            return self.facts.parties.caller or None
        return None

    def _date(self, slot: str, _: Slot) -> str | None:
        alone = self._asked(slot) and not any(self.agent.slots[s].type == "time" for s in self.waits.slots)
        found = self._found_date(alone)
        if found is not None and self._read_back and found.value.isoformat() == self.state.values.get(slot):
            found = self._found_date(alone) or found  # "non, mercredi je ne peux pas, jeudi"
        return found.value.isoformat() if found else None

    def _found_date(self, alone: bool) -> FoundDate | None:
        """The next date of the sentence, which no other parser sees then."""
        found = find_date(self.text, self.agent.language, self.facts.now.date(), asked=alone)
        if found is not None:
            self.text = mask(self.text, found.start, found.end)
        return found

    @property
    def _read_back(self) -> bool:
        return self.waits.kind in ("confirm", "correct", "propose")

    def _time(self, slot: str, definition: Slot) -> str | None:
        found = find_time(self.text, self.agent.language, asked=self._asked(slot) or self._instead(slot))
        if found is None:
            return None
        self.text = mask(self.text, found.start, found.end)
        return self._likeliest(found, definition).strftime("%H:%M")

    def _likeliest(self, found: FoundTime, definition: Slot) -> time:
        """Of the times it may be, the first at which the day is open."""
        may_be = found.candidates(part_of_day(self.folded, self.agent.language))
        day = self.found.get(definition.of) or self.state.values.get(definition.of, "")
        hours = self.agent.hours
        if hours and definition.within == "hours":
            spans = hours.spans(date.fromisoformat(day)) if day else tuple(s for d in hours.week() for s in d)
            opened = (at for at in may_be if any(a <= at < b for a, b in spans))
            return next(opened, may_be[0])
        return may_be[0]

    def _number(self, slot: str, definition: Slot) -> str | None:
        return find_number(self.text, definition.unit, asked=self._asked(slot) or self._instead(slot))

    def _choice(self, slot: str, definition: Slot) -> str | None:
        asked = self._asked(slot)
        if not asked and slot in self.state.values:
            return None
        # a yes to one question is not a yes to a later one
        able = {c: words for c, words in definition.choices.items() if asked or c not in ("yes", "no")}
        found = find_choices(self.folded, able, self.agent.language, asked=asked)
        if not found and asked:
            said = find_yes_no(self.folded, self.agent.language)
            found = [said] if said in definition.choices and said else []
        if len(found) > 1 and set(found) - {"yes", "no"}:
            found = [choice for choice in found if choice not in ("yes", "no")]
        return found[0] if len(found) == 1 else None

    def _name(self, slot: str, _: Slot) -> str | None:
        first = self.waits.slots[:1] == (slot,) and not (set(self.found) - {"_confirm"})
        if slot in self.state.values and self.waits.kind == "slots" and not _CORRECTION.search(self.folded):
            return None
        return find_name(self.heard, self.agent.language, asked=first)

    def _text(self, slot: str, definition: Slot) -> str | None:
        if self.waits.slots[:1] == (slot,):
            return plainly(self.heard, self.agent.language) if len(self.folded) > 3 else None
        known = self.state.values.get(slot, "")
        if not known or not self._read_back or set(self.found) - {"_confirm"}:
            return None
        naming = [*named_words(definition.about), slot.casefold()]
        return retold(known, self.heard, digits(self.heard, self.agent.language), naming, self.agent.language)

    def _yes_no(self, slot: str, _: Slot) -> str | None:
        return find_yes_no(self.folded, self.agent.language) if self._asked(slot) else None
