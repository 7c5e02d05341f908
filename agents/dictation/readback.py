"""What was dictated, said so that a mistake is heard: digits in pairs, letters one by one, alike ones with a word."""

from __future__ import annotations

import re

from agents.dictation.alphabet import CONFUSED, SPELLING
from agents.dictation.mail import KNOWN, TLDS
from agents.slots.text import Language, unaccent

_SIGNS: dict[Language, dict[str, str]] = {
    "fr": {"-": "tiret", "_": "tiret bas", ".": "point", "@": "arobase", "'": "apostrophe", "/": "barre oblique",
           "+": "plus", " ": "espace"},
    "en": {"-": "hyphen", "_": "underscore", ".": "dot", "@": "at", "'": "apostrophe", "/": "slash", "+": "plus",
           " ": "space"},
}  # fmt: skip
_ACCENTS = {"́": "accent aigu", "̀": "accent grave", "̂": "accent circonflexe", "̈": "tréma", "̧": "cédille", "̃": "tilde"}
_AS = {"fr": "comme", "en": "as in"}


def spelled(text: str, language: Language, *, words_for: str = "") -> str:
    """Letter by letter: "D, U, P, U, Y". `words_for`: the letters that are said with a word ("D comme Denise")."""
    return ", ".join(_said(char, language, words_for) for char in text)


def say_code(value: str, language: Language) -> str:
    """A plate or a reference: letters apart, alike ones with a word, digits in groups as they stand."""
    said: list[str] = []
    for run in re.findall(r"\d+|\D", value):
        if run.isdigit():
            said += _digits(run)
        elif run.isalpha():
            said.append(_said(run, language, "".join(CONFUSED[language])))
        elif run in "/_." or (run == "-" and not re.fullmatch(r"[A-Z]{2}-\d{3}-[A-Z]{2}", value)):
            said.append(_SIGNS[language][run])
    return ", ".join(said)


def say_address(address: str, language: Language, *, words_for: str = "") -> str:
    """An e-mail address: in words, then letter by letter, but for the domains and endings that everybody knows."""
    local, _, domain = address.partition("@")
    whole = "".join(f" {_SIGNS[language][char]} " if char in _SIGNS[language] else char for char in address)
    parts = [_part(part, language, words_for) for part in re.findall(r"[a-z0-9]+|.", local)]
    name = domain.rpartition(".")[0]
    if not set(re.findall(r"[a-z0-9]+", name)) <= {*KNOWN, *TLDS, "gouv", "asso"}:
        parts += [
            _SIGNS[language]["@"],
            *(_part(part, language, words_for) for part in re.findall(r"[a-z0-9]+|.", name)),
        ]
    return f"{whole}, {', '.join(parts)}"


def _part(part: str, language: Language, words_for: str) -> str:
    if part in _SIGNS[language]:
        return _SIGNS[language][part]
    runs = re.findall(r"\d+|[a-z]", part)
    return ", ".join(", ".join(_digits(run)) if run.isdigit() else _said(run, language, words_for) for run in runs)


def _digits(run: str) -> list[str]:
    """In twos, a first one or three by itself; zeros are kept."""
    if len(run) <= 3:
        return [run] if run[0] != "0" else list(run)
    start = len(run) % 2
    return [*([run[0]] if start else []), *(run[i : i + 2] for i in range(start, len(run), 2))]


def _said(char: str, language: Language, words_for: str) -> str:
    if char in _SIGNS[language]:
        return _SIGNS[language][char]
    plain = unaccent(char).lower()
    said = plain.upper()
    if plain != char.lower():
        said += f" {_accent(char)}"
    return (
        f"{said} {_AS[language]} {SPELLING[language][plain]}"
        if plain in words_for and plain in SPELLING[language]
        else said
    )


def _accent(char: str) -> str:
    import unicodedata

    marks = [mark for mark in unicodedata.normalize("NFD", char) if unicodedata.combining(mark)]
    return _ACCENTS.get(marks[0], "") if marks else ""
