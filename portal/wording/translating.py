"""French into English by a list of phrases: templates once, when they are read; messages when they are shown. Pure.

The French is written where it is shown, and is the key. What it lacks stays French; a test holds both together.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal

from jinja2 import BaseLoader, Environment, FileSystemLoader

Language = Literal["fr", "en"]
LIST = Path(__file__).parent / "en.toml"

_PIECES = re.compile(r"(\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\}|<[^<>{}]*(?:\{[{%].*?[}%]\}[^<>{}]*)*>)", re.DOTALL)
"""What a template is made of: code, comments and tags; between them stands text."""
_LITERAL = re.compile(r'"((?:[^"\\{}<>]|\\.)*)"')
_ATTRIBUTE = re.compile(r'((?:placeholder|aria-label|title|data-name)=")([^"{}]+)(")')


@cache
def phrases() -> Mapping[str, str]:
    """French → English."""
    return tomllib.loads(LIST.read_text(encoding="utf-8"))["phrases"]


@cache
def _patterns() -> list[tuple[re.Pattern[str], str]]:
    """Phrases with a gap, {} in both languages."""
    return [
        (re.compile("(.*)".join(map(re.escape, french.split("{}"))), re.DOTALL), english)
        for french, english in phrases().items()
        if "{}" in french
    ]


def english(text: str) -> str:
    """A message in English; as it is where the list does not have it."""
    found = phrases().get(text.strip())
    if found is not None:
        return text.replace(text.strip(), found)
    for pattern, to in _patterns():
        if match := pattern.fullmatch(text):
            return to.format(*(english(part) for part in match.groups()))
    return text


def translated(source: str) -> str:
    """A template in English."""
    return "".join(_piece(piece) for piece in _PIECES.split(source))


def _piece(piece: str) -> str:
    if piece.startswith("{#"):
        return piece
    if piece.startswith(("{%", "{{")):
        return _LITERAL.sub(lambda found: f'"{phrases().get(found[1], found[1])}"', piece)
    if piece.startswith("<"):
        whole = _ATTRIBUTE.sub(lambda found: found[1] + phrases().get(found[2], found[2]) + found[3], piece)
        return re.sub(r"\{\{.*?\}\}", lambda code: _piece(code[0]), whole)
    return english(piece) if piece.strip() else piece


def said_in(source: str) -> Iterator[str]:
    """The phrases of a template that a reader sees, as the list must have them."""
    for piece in _PIECES.split(source):
        if piece.startswith(("{%", "{{", "{#")):
            continue
        found = [match[2] for match in _ATTRIBUTE.finditer(piece)] if piece.startswith("<") else [piece]
        yield from (text.strip() for text in found if re.search(r"[^\W\d_]{2}", text) and not piece.startswith("<!"))


class EnglishLoader(BaseLoader):
    """The templates of a folder, in English."""

    def __init__(self, folder: Path) -> None:
        """`folder`: of the French ones."""
        self._french = FileSystemLoader(folder)

    def get_source(self, environment: Environment, template: str) -> tuple[str, str | None, Callable[[], bool] | None]:
        """One of them."""
        source, name, fresh = self._french.get_source(environment, template)
        return translated(source).replace('<html lang="fr">', '<html lang="en">'), name, fresh


def shown(facts: Any, language: Language) -> Any:
    """A message as the reader reads it."""
    return english(facts) if language == "en" and isinstance(facts, str) else facts
