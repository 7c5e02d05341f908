"""Takes away what is written but never said: markdown, emoji, control characters, odd typography."""

from __future__ import annotations

import re
import unicodedata

_KEPT_SYMBOLS = frozenset("€$£%‰&+=@°<>/|~^`´")
_SAME = str.maketrans(
    {
        "’": "'",
        "‘": "'",
        "ʼ": "'",
        "“": '"',
        "”": '"',
        "„": '"',
        "«": '"',
        "»": '"',
        "−": "-",
        "‐": "-",
        "‑": "-",
        "–": " – ",
        "—": " – ",
        "×": " x ",
        "÷": " / ",
        "…": "... ",
        "⁄": "/",
    }
)
_SQUARED = {"fr": (" au carré", " au cube"), "en": (" squared", " cubed")}
_MARKDOWN = (
    (re.compile(r"!?\[([^\[\]]*)\]\(([^()\s]*)\)"), r"\1"),
    (re.compile(r"^\s{0,3}(?:#{1,6}|>+|[-*+•◦▪])\s+", re.MULTILINE), ""),
    (re.compile(r"^\s*(?:[-*_=]\s?){3,}\s*$", re.MULTILINE), ""),
    (re.compile(r"```\w*"), " "),
    (re.compile(r"</?[a-zA-Z][^<>]{0,80}>"), " "),
)
_QUOTES = re.compile(r"(?<!\w)'|'(?!\w)")
_LINE = re.compile(r"(?<=[^\s.!?,;:])[ \t]*[\r\n\u2028\u2029]+\s*")


def clean(text: str, language: str) -> str:
    """`text` on one line, in plain letters, digits and punctuation (NFC)."""
    for pattern, kept in _MARKDOWN:
        text = pattern.sub(kept, text)
    square, cube = _SQUARED["fr" if language == "fr" else "en"]
    text = re.sub(r"(?<=\bm)²|(?<=[ckdm]m)²", "2", text).replace("²", square)
    text = re.sub(r"(?<=\bm)³|(?<=[ckdm]m)³", "3", text).replace("³", cube)
    text = re.sub(r"n[º°]\s?", "n° ", text, flags=re.IGNORECASE)
    text = text.translate(_SAME).replace("½", " 1/2").replace("¼", " 1/4").replace("¾", " 3/4")
    text = unicodedata.normalize("NFKC", _LINE.sub(". ", text)).translate(_SAME)
    text = "".join(map(_plain, text))
    text = re.sub(r"[*_`~^|#\[\]{}<>\\\"´]", " ", _QUOTES.sub(" ", text))
    return " ".join(text.split())


def _plain(character: str) -> str:
    """The character itself, an ASCII digit for any script's digit, or a space for what has no sound."""
    if character.isascii():
        return character if character.isprintable() else " "
    if character.isdigit():
        return str(unicodedata.digit(character))
    kind = unicodedata.category(character)
    if kind in {"Cf", "Mn"}:
        return ""
    if kind[0] in "CZ" or (kind[0] == "S" and character not in _KEPT_SYMBOLS) or kind in {"Nl", "No"}:
        return " "
    return character
