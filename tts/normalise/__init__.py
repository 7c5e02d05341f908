"""Written text to words as French and English people say them."""

from __future__ import annotations


def normalise(text: str, language: str) -> str:
    """The words of `text`."""
    return " ".join(text.split())
