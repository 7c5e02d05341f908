# pyright: basic
"""Numbers in words as digits: the fence around text2num, which has no types."""

from __future__ import annotations

from text_to_num import alpha2digit


def as_digits(text: str, language: str) -> str:
    """Every number of `text` in digits, "un" and "deux" too."""
    return str(alpha2digit(text, language, 0))
