"""Days and hours as the ear misspells them: "ça me dit à onze heures" is Saturday, "enzeur" eleven o'clock.

Words are compared by what they sound like (a key in the manner of Philippe Laroche's Phonex), never by one misheard
phrase: what the ear writes is another word, or none, that sounds the same.
"""

from __future__ import annotations

import re
from functools import cache

from agents.slots.dates import WEEKDAYS

_SOUNDS = (
    (r"ph", "f"), (r"eau|au", "o"), (r"oeu|eu|oe", "e"), (r"ou", "u"), (r"oi", "wa"),
    (r"(?:ai|ei|u|i|y)[nm](?![aeiouynm])", "1"), (r"[ae][nm](?![aeiouynm])", "2"), (r"o[nm](?![aeiouynm])", "3"),
    (r"ai|ei|ez\b|er\b|et\b", "e"), (r"qu|q|c(?![eiyh])", "k"), (r"c(?=[eiy])|ss", "s"), (r"g(?=[eiy])", "j"),
    (r"gu(?=[eiy])", "g"), (r"h", ""), (r"y", "i"), (r"[tdsxpz]+\b", ""), (r"(?<=\w\w)e\b", ""), (r"(.)\1", r"\1"),
)  # fmt: skip
"""Spelling → sound, in this order; 1, 2 and 3 stand for the nasal vowels."""
_DAY_FOLLOWS = re.compile(
    r"(?: (?:prochain|qui vient|matin|apres midi|aprem|soir|midi|en (?:8|15)|le \d|a \d|vers \d|\d{1,2}\b))"
)
_SAID_OTHERWISE = re.compile(r" (?:rien|bien|que|qu|quelque|tout|pas)\b")
""" "Ça me dit rien" is no Saturday."""
_TOMORROW = re.compile(r"\b(?:(?:de|deux|2|des|du) mains?|demin|deman|de ?mins?|deumain)\b")
""" "Demain" in two words."""
_HOURS = {
    2: "deuzeure", 3: "troizeure", 4: "quatreure", 5: "cinqueure", 6: "sizeure", 7: "seteure", 8: "uiteure",
    9: "neuveure", 10: "dizeure", 11: "onzeure", 12: "douzeure", 13: "treizeure", 14: "quatorzeure", 15: "quinzeure",
    16: "seizeure", 17: "disseteure", 18: "dizuiteure", 19: "dizneuveure", 20: "vinteure",
}  # fmt: skip
"""Hours written as they are said, with the consonant that runs on into "heures"."""
_NASALS = str.maketrans("123", "111")
"""A telephone line blurs which nasal vowel it was: "en", "on", "un"."""
_NEAR = 5
"""Sounds from which a key may differ in one."""


@cache
def key(text: str) -> str:
    """What folded `text` sounds like, its words run together."""
    words = list[str]()
    for word in text.split():
        for spelt, sound in _SOUNDS:
            word = re.sub(spelt, sound, word)
        words.append(word)
    return re.sub(r"(.)\1", r"\1", "".join(words))


def with_weekdays(text: str, *, awaited: bool) -> str:
    """Folded French `text` with the days it sounds like. `awaited`: a day was asked for; else only before an hour."""
    if any(re.search(rf"\b{day}\b", text) for day in WEEKDAYS["fr"]):
        return text
    tomorrow = _TOMORROW.search(text)
    if tomorrow and (_DAY_FOLLOWS.match(text[tomorrow.end() :]) or (awaited and tomorrow[0] == text)):
        return f"{text[: tomorrow.start()]}demain{text[tomorrow.end() :]}"
    words = text.split()
    for size in (3, 2, 1):
        for at in range(len(words) - size + 1):
            rest = "".join(f" {word}" for word in words[at + size :])
            day = _day(" ".join(words[at : at + size]), most=size)
            if day and not _SAID_OTHERWISE.match(rest) and (awaited or _DAY_FOLLOWS.match(rest)):
                return " ".join([*words[:at], day, *words[at + size :]])
    return text


@cache
def _hours_by_sound() -> dict[str, int]:
    return {key(said).translate(_NASALS): hour for hour, said in _HOURS.items()}


def with_hours(text: str) -> str:
    """Folded French `text`, its numbers as digits, with the hours it sounds like: "mardi et enzeur". Where an hour is
    awaited."""
    if re.search(r"\d ?h", text):
        return text
    words = text.split()
    for size in (3, 2, 1):
        for at in range(len(words) - size + 1):
            said = " ".join(words[at : at + size])
            sound = key(re.sub(r"eurs?\b", "eure", said)).translate(_NASALS)
            hour = None if re.search(r"\d", said) else _hours_by_sound().get(sound)
            if hour is not None:
                return " ".join([*words[:at], f"{hour} heures", *words[at + size :]])
    run = next((at for at, word in enumerate(words) if word[:1] == "a" and with_hours(word[1:]) != word[1:]), None)
    return text if run is None else " ".join([*words[:run], "a", with_hours(words[run][1:]), *words[run + 1 :]])


def _day(said: str, *, most: int) -> str:
    """The day of the week that `said` sounds like. A single word may differ in a sound, several must sound alike."""
    if re.search(r"\d", said):
        return ""
    sound = key(said.replace("ca ", "sa "))
    return next((day for day in WEEKDAYS["fr"] if _alike(sound, key(day), alone=most == 1 and len(said) >= _NEAR)), "")


def _alike(sound: str, wanted: str, *, alone: bool) -> bool:
    """The same sounds, but for mute vowels in a long word; `alone`, or for one sound."""
    if sound == wanted:
        return True
    if len(wanted) > _NEAR and sound.replace("e", "") == wanted.replace("e", ""):
        return True
    return alone and len(wanted) >= _NEAR and _one_apart(sound, wanted)


def _one_apart(one: str, other: str) -> bool:
    """They differ in one sound: another, one more or one less."""
    if abs(len(one) - len(other)) > 1 or one[:1] != other[:1]:
        return False
    short, long = sorted((one, other), key=len)
    at = next((i for i in range(len(short)) if short[i] != long[i]), len(short))
    return short[at + (len(short) == len(long)) :] == long[at + 1 :]
