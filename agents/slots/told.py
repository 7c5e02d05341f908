"""What a caller says when asked for something in their own words: "euh, c'est pour une fuite, voilà" is "une fuite"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher

from agents.slots.text import Language, fold, listed

_BEFORE: dict[Language, re.Pattern[str]] = {
    "fr": re.compile(
        r"(?:(?:euh+|heu+|hum|ah|oh|ben|bah|beh|eh bien|bon|bien|alors|oui|ouais|voilà|donc|en fait|enfin|écoutez|"
        r"attendez|d['’]accord|ok|bonjour|madame|monsieur|s['’]il (?:vous|te) pla[iî]t|"
        r"(?:vous pouvez |tu peux )?(?:notez?|noter|mettez|mettre|écrire|écrivez)(?: que)?(?! d[aeu])|"
        r"(?:moi )?c['’](?:est|était)(?: (?:pour|parce qu(?:e\s|['’])|au sujet d(?:e\s|['’]|u\s|es\s)|"
        r"à propos d(?:e\s|['’]|u\s|es\s)|que\b))?|"
        r"(?:ce|ça) (?:serait|sera)(?: pour)?|il s['’]agi(?:t|rait) d(?:e\s|['’]|u\s|es\s)|"
        r"(?:je vous |j['’])appelle (?:pour|parce qu(?:e\s|['’])|car|au sujet d(?:e\s|['’]|u\s|es\s))|"
        r"(?:j['’]|on |nous )habit(?:e|ons)(?: (?:au|à)\b)?|"
        r"(?:mon|notre|l['’]|son)\s?adresse,?(?: (?:c['’])?est\b)?(?: (?:au|à)\b)?)"
        r"(?:[\s,.:;…!-]+|(?<=[\s'’])|$))+",
        re.IGNORECASE,
    ),
    "en": re.compile(
        r"(?:(?:u[hm]+|er+m?|oh|ah|well|so|right|yes|yeah|yep|ok(?:ay)?|hello|hi|please|actually|"
        r"(?:you can )?(?:just )?(?:note|put|write)(?: down)?(?: that)?|"
        r"it(?:['’]s| is| would be)(?: (?:for|about|because))?|"
        r"i(?:['’]m| am) calling (?:about|because|for)|i(?:['’]m| am) ringing (?:about|because|for)|"
        r"(?:i|we) live (?:at|in)|(?:my|our|the) address is)"
        r"(?:[\s,.:;…!-]+|$))+",
        re.IGNORECASE,
    ),
}
_AFTER: dict[Language, re.Pattern[str]] = {
    "fr": re.compile(
        r"(?:[\s,.;:…!-]+(?:voilà|merci(?: (?:bien|beaucoup))?|s['’]il (?:vous|te) pla[iî]t|c['’]est tout|hein|quoi|"
        r"c['’]est (?:bon|ça)|euh+|tout simplement))+[\s.,;:…!?]*$",
        re.IGNORECASE,
    ),
    "en": re.compile(
        r"(?:[\s,.;:…!-]+(?:please|thanks|thank you|that['’]s (?:it|all)|really|u[hm]+))+[\s.,;:…!?]*$", re.IGNORECASE
    ),
}
_INSTEAD: dict[Language, re.Pattern[str]] = {
    "fr": re.compile(
        r"^\s*(?:(?:ah|euh|oh|mais)[\s,]+)*(?:non|pardon|attendez|plutôt|je voulais dire)[\s,.:;!…]+"
        r"(?:(?:non|pardon|plutôt|attendez|c['’]est pas (?:ça|exactement ça))[\s,.:;!…]+)*",
        re.IGNORECASE,
    ),
    "en": re.compile(
        r"^\s*(?:(?:oh|er+|um+)[\s,]+)*(?:no|sorry|wait|i meant?)[\s,.:;!…]+(?:(?:no|sorry|rather)[\s,.:;!…]+)*",
        re.IGNORECASE,
    ),
}
_NUMBERS = re.compile(r"\d+")
_NOT: dict[Language, re.Pattern[str]] = {
    "fr": re.compile(r"\b(?:pas|au lieu d[eu]) (?:le |au )?(\d+)"),
    "en": re.compile(r"\b(?:not|instead of) (?:number )?(\d+)"),
}
_LITTLE = frozenset(
    listed("le la les un une des du de d l au aux a et ou en pour que qui dans sur the an of or and to in on at for")
)
_ALIKE = 0.6
"""From here on what is said at a read-back is what was noted, said otherwise."""
_LEAST = 3
"""Letters of a value; less is left as it was said."""


def plainly(heard: str, language: Language) -> str:
    """The value in a sentence that gives one: what is said around it left out; the sentence where nothing is left."""
    whole = heard.strip()
    begun = _BEFORE[language].match(whole)
    kept = _AFTER[language].sub("", whole[begun.end() :] if begun else whole).strip(" ,;:…-")
    kept = kept.rstrip(".") if kept.count(".") == 1 else kept
    return kept if len(fold(kept)) >= _LEAST else whole


def retold(known: str, heard: str, folded: str, naming: Sequence[str], language: Language) -> str | None:
    """What a text noted as `known` becomes at its read-back; None where `heard` does not speak of it.

    `folded`: the sentence with its numbers as digits; `naming`: words that name it ("l'adresse"). A number said
    against another is put in its place; else the text is said again, after its name or after a "no".
    """
    wrong = _NOT[language].search(folded)
    if wrong and _NUMBERS.findall(known).count(wrong[1]) == 1:
        rest = folded[: wrong.start()] + folded[wrong.end() :]
        right = [number for number in _NUMBERS.findall(rest) if number != wrong[1]]
        if len(right) == 1:
            return re.sub(rf"(?<!\d){wrong[1]}(?!\d)", right[0], known)
    named = next((found for word in naming if (found := _after(heard, word, language))), "")
    if named:
        return named
    begun = _INSTEAD[language].match(heard)
    said = plainly(heard[begun.end() :], language) if begun else ""
    return said if said and _speaks_of(known, said) else None


def named_words(about: str) -> list[str]:
    """The words by which a caller may name what a slot is "about": without the little ones."""
    return [word for word in fold(about).split() if len(word) > 3 and word not in _LITTLE]


def _after(heard: str, word: str, language: Language) -> str:
    """What follows "l'adresse, c'est"."""
    says = r"c['’]est|est|serait|sera" if language == "fr" else "is|should be|would be"
    found = re.search(
        rf"(?<!\w)(\w+)\s*,?\s+(?:plutôt\s+)?(?:{says})\s+(?!pas\b|not\b|fau|wrong)(.+)$", heard, re.IGNORECASE
    )
    return plainly(found[2], language) if found and fold(found[1]) == word else ""


def _speaks_of(known: str, said: str) -> bool:
    mine, other = set(fold(known).split()) - _LITTLE, set(fold(said).split()) - _LITTLE
    shared = len(mine & other) / max(1, min(len(mine), len(other)))
    return shared >= 0.5 or SequenceMatcher(None, fold(known), fold(said)).ratio() >= _ALIKE
