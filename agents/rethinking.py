"""Whether a caller now wants another way of the same file, or gives up what was begun: by their words. Pure.

Another way is taken where it is plainly said. Giving up is taken in so many words, else asked once. Neither is a
goodbye.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from agents.definition import Agent
from agents.phrases import is_question
from agents.slots.names import find_name
from agents.slots.others import find_choices
from agents.slots.text import fold
from agents.slots.yesno import find_yes_no
from agents.slots.yesno import plainly as plain_answer
from agents.state import Expected, Intent, State, Understood, Values
from agents.wavering import cancels, given_up, had, marked, named, strays, wants
from agents.ways import binds_at_once, nearest_act, others, target, way_slots

GIVE_UP = "intent:give_up"
"""As a state's `doubt` keeps it."""
RETHOUGHT: tuple[Intent, ...] = ("way", "give_up")
_BEGINS = re.compile(
    r"^(?:(?:ah|euh|oh|bon|mais|pardon|attendez|excusez moi|desolee?|sorry|oh|no|non) )*"
    r"(?:en fait|finalement|en realite|non|pardon|je me suis tromp|oubliez|laissez|actually|never ?mind|forget|no)\b"
)
_POLITE = re.compile(
    r"\b(?:(?:je|on) (?:peux|peut|pourrais|pourrait)|(?:vous )?(?:pouvez|pourriez)(?: vous)?|c est possible de"
    r"|can (?:i|we|you)|could (?:i|we|you))\b"
)
"""A question that asks for it to be done."""
_NEEDS = re.compile(r"\bil faut\b")
"""How a need is said, as well as a question."""
_NAMES = {
    "date": re.compile(r"\b(?:jour|date|day)\b"),
    "time": re.compile(r"\b(?:heure|horaire|time|hour)\b"),
    "name": re.compile(r"\b(?:nom|prenom|name)\b"),
    "phone": re.compile(r"\b(?:numero|telephone|number|phone)\b"),
}
_FEW, _NOTHING_ELSE = 6, 10
"""Words: so few hold nothing beside the giving up; so many, where a text is awaited, may still be no text."""


def rethought(agent: Agent, state: State, waits: Expected, heard: str, values: Values) -> Understood | None:
    """What the caller now wants instead of what is awaited; None where they do not say so.

    `values`: what the rules read in the sentence.
    """
    text = fold(heard)
    if GIVE_UP in state.doubt and (given_up(text, agent.language, keeping=False, valued=False) == "plain"):
        return Understood("give_up")
    if _keeps(agent, state, text, values):
        return Understood("give_up")
    if (way := _way(agent, state, waits, heard, text, values)) is not None:
        return way
    said = plain_answer(text, agent.language)
    if (way := _doubted(agent, state, text, agreed=said == "yes")) is not None:
        return way
    if GIVE_UP in state.doubt and (said or cancels(text, agent.language)):
        refuses = said == "no" or bool(re.match(r"(?:non|nan|si|no)\b", text))
        return Understood("refused" if refuses else "give_up")
    return _given_up(agent, state, waits, heard, text, values)


def chosen(agent: Agent, state: State, slot: str, choice: str, values: Values) -> Understood:
    """That choice, taken; asked first where it would do something, or end the call, before anything more is asked."""
    known = {**state.values, **values, slot: choice}
    if binds_at_once(agent, known, target(agent, slot, choice)):
        return Understood("doubt", doubt=(f"choice:{slot}={choice}",))
    return Understood("way", {**{s: v for s, v in values.items() if s != "_confirm"}, slot: choice})


def _doubted(agent: Agent, state: State, text: str, *, agreed: bool) -> Understood | None:
    """Of the ways that were just asked about, the one that is named; for a yes, the only one."""
    asked = [key.removeprefix("choice:").partition("=") for key in state.doubt if key.startswith("choice:")]
    ways = [(slot, choice) for slot, _, choice in asked if slot in state.values and target(agent, slot, choice)]
    if len(ways) > 1:
        verbs = named(text, agent.language)
        ways = [way for way in ways if nearest_act(agent, target(agent, *way)) in verbs]
    elif not agreed:
        return None
    return Understood("way", {ways[0][0]: ways[0][1]}) if len(ways) == 1 else None


def _keeps(agent: Agent, state: State, text: str, values: Values) -> bool:
    """What was to be cancelled or moved is to stay as it is."""
    if nearest_act(agent, state.step) not in ("cancel", "reschedule") or _valued(agent, values):
        return False
    keeps = given_up(text, agent.language, keeping=True, valued=False)
    return keeps == "plain" and given_up(text, agent.language, keeping=False, valued=False) != "plain"


def _valued(agent: Agent, values: Values) -> bool:
    return any(agent.slots[s].type not in ("name", "text", "yes_no") for s in values if s in agent.slots)


# -- another way ------------------------------------------------------------------------------------------------


def _way(agent: Agent, state: State, waits: Expected, heard: str, text: str, values: Values) -> Understood | None:
    language = agent.language
    first = agent.slots[waits.slots[0]] if waits.slots else None
    if first is not None and first.type == "text" and not _opens(state, text):
        return None
    if _answered(agent, waits, values) or not _asks_for_it(heard, text, agent):
        return None
    found = _found(agent, state, text)
    if found is None and cancels(text, language):
        found = _cancelling(agent, state)
        if found is not None and nearest_act(agent, state.step):
            return Understood("doubt", doubt=(f"choice:{found[0]}={found[1]}",))  # "I cancel": the move, or all of it?
    if found is not None and not _corrects(agent, state, text):
        return chosen(agent, state, *found, _given(agent, heard, values))
    return _choice(agent, state, waits, text, values) if found is None else None


def _opens(state: State, text: str) -> bool:
    """Where a text is awaited, only what begins as a change of mind is one; a message may tell of anything."""
    return not state.step.startswith(("_message", "message")) and bool(_BEGINS.match(text)) and (
        len(text.split()) <= _NOTHING_ELSE
    )  # fmt: skip


def _answered(agent: Agent, waits: Expected, values: Values) -> bool:
    """The sentence gives what was asked for: a choice, a no, a yes to a read-back."""
    if values.get("_confirm") == "yes":
        return True
    first = waits.slots[0] if waits.slots else ""
    told = values.get(first, "")
    kind = agent.slots[first].type if first else ""
    return (kind == "choice" and bool(told)) or (kind == "yes_no" and told == "no")


def _asks_for_it(heard: str, text: str, agent: Agent) -> bool:
    """It is no question, or one that asks for it to be done now."""
    if "?" not in heard and not is_question(heard, _NEEDS.sub("", text), agent.language):
        return True
    return marked(text, agent.language) and bool(_POLITE.search(text))


def _found(agent: Agent, state: State, text: str) -> tuple[str, str] | None:
    """The one other way that the words name."""
    language, named = agent.language, wants(text, agent.language)
    for slot, acts in others(agent, state).items():
        worded = _worded(agent, slot, acts, text)
        if len(worded) == 1 and (marked(text, language) or named & {acts[worded[0]]}):
            return slot, worded[0]
        done = [choice for choice, act in acts.items() if act in named]
        current = nearest_act(agent, target(agent, slot, state.values[slot]))
        alone = not worded and len(done) == 1 and acts[done[0]] != current
        if alone and (acts[done[0]] != "book" or marked(text, language)):
            return slot, done[0]
    return None


def _worded(agent: Agent, slot: str, acts: Mapping[str, str], text: str) -> list[str]:
    """The choices whose words are meant of this office; a bare yes, no, or verb of cancelling says none."""
    language, current = agent.language, agent.slots[slot].choices
    own = {choice: [w for w in words if not find_yes_no(fold(w), language)] for choice, words in current.items()}
    things = {word for words in own.values() for said in words for word in fold(said).split() if len(word) > 3}
    hits = [choice for choice in find_choices(text, own, language, asked=False) if choice in acts]
    return [choice for choice in hits if _meant(agent, own[choice], things, text, acts[choice])]


def _meant(agent: Agent, words: list[str], things: set[str], text: str, act: str) -> bool:
    for word in sorted((fold(word) for word in words), key=len, reverse=True):
        found = re.search(rf"(?<![a-z0-9]){re.escape(word)}(?:s|e|es|x)?(?![a-z0-9])", text)
        if found is None:
            continue
        if strays(text, found.start(), found.end(), things, agent.language):
            return False
        if act == "book" and had(text, found.start()):
            return False
        return " " in word or not cancels(text, agent.language)
    return False


def _cancelling(agent: Agent, state: State) -> tuple[str, str] | None:
    """The way in which an appointment is cancelled, for a bare "j'annule" where none is being made."""
    if nearest_act(agent, state.step) not in ("", "reschedule"):
        return None
    for slot, acts in others(agent, state).items():
        found = [choice for choice, act in acts.items() if act == "cancel"]
        if len(found) == 1:
            return slot, found[0]
    return None


def _corrects(agent: Agent, state: State, text: str) -> bool:
    """ "Changer l'heure" while one is being arranged: what was said of it, and no other appointment."""
    if re.search(r"\b(?:rendez vous|rdv|reservation|appointment|booking)\b", text) or not nearest_act(
        agent, state.step
    ):
        return False
    told = {agent.slots[slot].type for slot in state.values if slot in agent.slots}
    return any(kind in told and named.search(text) for kind, named in _NAMES.items())


def _given(agent: Agent, heard: str, values: Values) -> dict[str, str]:
    """What the sentence tells besides; a name only where it says that it is one."""
    given = {slot: value for slot, value in values.items() if slot != "_confirm"}
    for slot in [s for s in given if agent.slots[s].type in ("name", "text", "yes_no")]:
        name = find_name(heard, agent.language, asked=False) if agent.slots[slot].type == "name" else None
        given = {s: v for s, v in given.items() if s != slot} | ({slot: name} if name else {})
    return given


def _choice(agent: Agent, state: State, waits: Expected, text: str, values: Values) -> Understood | None:
    """ "En fait c'est pour des pneus": another choice of a slot that leads no other way is put in its place."""
    if not marked(text, agent.language):
        return None
    leading = way_slots(agent)
    for slot, definition in agent.scenario.slots.items():
        if definition.type != "choice" or slot in leading or slot in waits.slots or slot not in state.values:
            continue
        acts = dict.fromkeys((c for c in definition.choices if c not in ("yes", "no", state.values[slot])), "")
        worded = _worded(agent, slot, acts, text)
        if len(worded) == 1:
            told = {s: v for s, v in values.items() if s != "_confirm" and agent.slots[s].type not in ("name", "text")}
            return Understood("answer", {**told, slot: worded[0]})
    return None


# -- giving up ----------------------------------------------------------------------------------------------------


def _given_up(agent: Agent, state: State, waits: Expected, heard: str, text: str, values: Values) -> Understood | None:
    language, act = agent.language, nearest_act(agent, state.step)
    first = waits.slots[0] if waits.slots else ""
    kind = agent.slots[first].type if first else ""
    if "?" in heard or waits.kind == "nothing" or (kind in ("choice", "yes_no") and first in values):
        return None
    keeping = act in ("cancel", "reschedule")
    if agent.language == "en" and re.match(r"(?:(?:no|well|ah) )*oh\b", text):
        values = {slot: value for slot, value in values.items() if value != "00:00"}  # "oh" is a nought, too
    valued = _valued(agent, values)
    said = given_up(text, language, keeping=keeping, valued=valued)
    if said == "asked" and waits.kind != "slots":
        said = ""  # a no to a read-back
    if not said and not valued and act not in ("", "cancel") and kind != "text" and cancels(text, language):
        said = "asked"
    if not said or values.get("_confirm") == "yes":
        return None
    if not act or agent.direction == "outbound":
        return Understood("doubt", doubt=("intent:goodbye",)) if said == "plain" and kind != "text" else None
    if kind == "text":
        return Understood("doubt", doubt=(GIVE_UP,)) if said == "plain" and len(text.split()) <= _FEW else None
    return Understood("give_up") if said == "plain" else Understood("doubt", doubt=(GIVE_UP,))
