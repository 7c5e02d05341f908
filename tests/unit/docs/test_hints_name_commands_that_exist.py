"""What an error tells a person to type can be typed: each `decroche …` in a hint, in a README, in the documents."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TypeGuard

import click

from ari_app.cli import decroche
from tests.unit.docs.commands import every_command

ROOT = Path(__file__).parents[3]
CODE_FOLDERS = (
    "agents",
    "ari_app",
    "asr",
    "asterisk_conf",
    "billing",
    "campaigns",
    "compliance",
    "dialplan",
    "llm",
    "portal",
    "store",
    "tts",
)
LEAVES = {name for name, _ in every_command()}
GROUPS = {name.rsplit(" ", depth)[0] for name in LEAVES for depth in range(1, name.count(" "))}


def _hints(tree: ast.AST) -> Iterator[str]:
    """The text of every `hint=` and each `hint = …`; what an f-string fills in is an X."""
    for node in ast.walk(tree):
        if (isinstance(node, ast.keyword) and node.arg == "hint") or _assigns_hint(node):
            yield from _texts(node.value)


def _assigns_hint(node: ast.AST) -> TypeGuard[ast.Assign]:
    return isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == "hint" for t in node.targets)


def _texts(node: ast.AST) -> Iterator[str]:
    for found in ast.walk(node):
        if isinstance(found, ast.JoinedStr):
            yield "".join(str(v.value) if isinstance(v, ast.Constant) else "X" for v in found.values)
        elif isinstance(found, ast.Constant) and isinstance(found.value, str):
            yield found.value


def _unknown(text: str) -> list[str]:
    """`decroche …` commands of a text that do not exist: the words are followed as far as groups go."""
    unknown: list[str] = []
    for match in re.finditer(
        r"\bdecroche((?: [a-z][a-z-]*)+)", text.replace("decroche as ", "")
    ):  # "run decroche as …"
        name = "decroche"
        for word in match[1].split():
            if name in LEAVES:
                break
            name = f"{name} {word}"
            if name not in LEAVES | GROUPS:
                unknown.append(name)
                break
    return unknown


def test_every_command_in_a_hint_exists() -> None:
    seen = 0
    for path in sorted(path for folder in CODE_FOLDERS for path in (ROOT / folder).rglob("*.py")):
        for hint in _hints(ast.parse(path.read_text(encoding="utf-8"))):
            seen += "decroche " in hint
            assert _unknown(hint) == [], f"{path.relative_to(ROOT)}: {hint}"
    assert seen > 20


def test_every_command_in_the_documents_exists() -> None:
    for page in [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("*/README.md")]:
        for code in re.findall(r"`(decroche [^`]+)`", page.read_text(encoding="utf-8")):
            assert _unknown(code) == [], f"{page.relative_to(ROOT)}: {code}"


def test_the_groups_are_commands_too() -> None:
    assert isinstance(decroche, click.Group)
    assert "decroche calls" in GROUPS
