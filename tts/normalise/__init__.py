"""Written text to words as French and English people say them. Pure: no model, no clock, no files."""

from __future__ import annotations

from functools import lru_cache

from tts.normalise.clean import clean
from tts.normalise.english import english
from tts.normalise.french import french


@lru_cache(maxsize=4096)
def normalise(text: str, language: str) -> str:
    """`text` in words: no digit, emoji or markdown is left. Any language but `fr` is read as English.

    Never raises, whatever the text.
    """
    tongue = language[:2].lower()
    words = clean(text, tongue)
    return _tidy(french(words) if tongue == "fr" else english(words))


def _tidy(text: str) -> str:
    """Spaces as a voice needs them: single, and none before a comma or a full stop."""
    joined = " ".join(text.split())
    for mark in ",.;:!?":
        joined = joined.replace(f" {mark}", mark)
    while ",," in joined:
        joined = joined.replace(",,", ",")
    return joined.strip(" ,;:")


__all__ = ["normalise"]
