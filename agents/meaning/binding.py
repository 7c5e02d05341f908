"""Words that would bind, weighed with what the sentence means: a person, a message, a goodbye, a yes. Pure.

The rules find the words, and words mislead: "mettre un bout de quelque chose" puts nobody through, "votre professeur
m'a dit au revoir" takes no leave, "oui allô, ça a coupé" agrees to nothing.
"""

from __future__ import annotations

import re
from dataclasses import replace

from agents.meaning.sense import Reading
from agents.state import Expected, Intent, Understood

CONTROLS: tuple[Intent, ...] = ("human", "message", "goodbye", "repeat", "wait", "greeting")
ACTS: dict[str, float] = {"human": 0.75, "message": 0.6, "goodbye": 0.85}
"""Intents that do something are taken from here on; less sure, they are asked."""
PLAIN = 0.8
"""So sure, the meaning of a whole sentence stands against a word in it."""
_FOREIGN = 0.15
"""Less sure than this, a long sentence does not mean what one of its phrases says."""
_SHORT = 6
"""So many words hold little beside the phrase itself."""
_GOES_ON = re.compile(
    r"\b(?:autre chose|derniere (?:chose|question)|(?:une|encore une|petite) question|encore (?:un|une|quelque)"
    r"|attendez|attends|minute|j ai (?:encore|aussi|oublie)|avant de (?:raccrocher|partir)|je voulais (?:aussi|encore)"
    r"|one more|another|last thing|before you go|wait|hang on)\b"
    r"|\b(?:et (?:donc|puis|sinon|apres)|ensuite|du coup|and then|so)$"
)
_INTENDED: dict[str, Intent] = {"human": "human", "message": "message"}


def goes_on(text: str) -> bool:
    """The folded sentence says that more is to come: its thanks, or its goodbye, end nothing."""
    return bool(_GOES_ON.search(text))


def controlled(heard: str, text: str, by_rules: Understood, asked: tuple[str, ...], reading: Reading) -> Understood:
    """What the rules took for a person, a message, a goodbye, a word of patience or greeting.

    "unclear" where the sentence means something else; "question" where it asks for one of `asked`.
    """
    if by_rules.told:
        return by_rules
    top, intent, long = reading.whole[0], by_rules.intent, len(heard.split()) > _SHORT
    if top.kind == "intent" and top.name in _INTENDED and top.sure >= PLAIN and intent in _INTENDED:
        return replace(by_rules, intent=_INTENDED[top.name])  # "me passer un coup de fil" passes nobody
    if _misled(heard, intent, asked, reading):
        return Understood("question")
    if intent == "goodbye" and long:
        if goes_on(text):
            return Understood("go_on")
        if reading.sure("intent:goodbye") < _FOREIGN:
            return Understood("unclear", sure=False)  # "quelqu'un m'a dit au revoir sans me répondre"
        if reading.sure("intent:goodbye") < ACTS["human"]:
            return Understood("doubt", doubt=("intent:goodbye",))  # "mon verre a dit au revoir à sa monture"
    contact = reading.sure("intent:human") + reading.sure("intent:message")
    if intent == "human" and long and contact < _FOREIGN:
        return Understood("unclear", sure=False)
    return by_rules


def _misled(heard: str, intent: Intent, asked: tuple[str, ...], reading: Reading) -> bool:
    """The rules saw a phrase of leave-taking, or of waiting, in a sentence that asks for something else."""
    if not asked or len(heard.split()) < _SHORT:
        return False
    sure = max((m.sure for m in reading.whole if m.kind == "fact" and m.name in asked), default=0.0)
    return sure >= PLAIN and reading.sure(f"intent:{intent}") < 0.05


def outweighed(heard: str, waits: Expected, by_rules: Understood, reading: Reading) -> str:
    """The key of an intent that the sentence plainly has, whatever value a word of it may be; "" if none.

    "Je veux la secrétaire, pas un ordinateur" counts nobody; "oui allô, ça a coupé" agrees to nothing.
    """
    top = reading.whole[0]
    if top.kind != "intent" or len(heard.split()) <= _SHORT // 2:
        return ""
    agrees = by_rules.values.get("_confirm") == "yes" and len(by_rules.values) == 1
    if agrees and top.name in ("repeat", "wait", "human", "message") and top.sure >= ACTS["message"]:
        return top.key
    told = set(by_rules.values) & {*waits.slots, "_confirm"}
    if top.name in ("human", "message") and top.sure >= (0.95 if told else ACTS[top.name]):
        return top.key
    return ""
