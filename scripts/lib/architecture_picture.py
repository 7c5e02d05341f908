"""Draws docs/architecture.svg from the code's own imports: run it after moving a folder (a test compares).

python scripts/lib/architecture_picture.py > docs/architecture.svg
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FLOORS = [
    {"portal": (0, 6)},
    {"ari_app": (0, 6)},
    {"campaigns": (1, 4)},
    {"agents": (1, 4)},
    {"billing": (0, 1), "compliance": (1, 2), "tts": (2, 3), "llm": (3, 4), "asr": (4, 5), "asterisk_conf": (5, 6)},
    {"dialplan": (5, 6)},
    {"store": (0, 6)},
]
"""From the top, each folder with the columns it takes, so that arrows fall straight; a folder that is not there yet is
left out. import-linter holds the order (pyproject.toml)."""

WIDTH, MARGIN, BOX, GAP, LINE, COLUMNS, BETWEEN = 900, 20, 34, 46, 15, 6, 12


def folders() -> list[list[str]]:
    """The floors that are there."""
    floors = [[name for name in floor if (ROOT / name / "__init__.py").exists()] for floor in FLOORS]
    return [floor for floor in floors if floor]


def columns(name: str) -> tuple[int, int]:
    """The first column of a folder, and the one after its last."""
    return next(floor[name] for floor in FLOORS if name in floor)


def districts(folder: str) -> list[str]:
    """The packages inside a folder."""
    return sorted(path.parent.name for path in (ROOT / folder).glob("*/__init__.py"))


def arrows() -> dict[str, set[str]]:
    """Folder → the folders it imports, function-level imports included."""
    names = {name for floor in folders() for name in floor}
    found: dict[str, set[str]] = defaultdict(set)
    for name in names:
        for path in (ROOT / name).rglob("*.py"):
            found[name] |= {top for top in _imported(path) if top in names and top != name}
    return found


def reduced(graph: Mapping[str, set[str]]) -> list[tuple[str, str]]:
    """The arrows that no longer way through other folders already tells."""

    def reaches(start: str, goal: str) -> bool:
        return any(step == goal or reaches(step, goal) for step in graph.get(start, ()))

    return sorted(
        (start, goal)
        for start, goals in graph.items()
        for goal in goals
        if not any(reaches(other, goal) for other in goals - {goal})
    )


def picture() -> str:
    """The whole SVG."""
    boxes: dict[str, tuple[float, float, float, float]] = {}
    drawn: list[str] = []
    top = MARGIN
    column = (WIDTH - 2 * MARGIN + BETWEEN) / COLUMNS
    for floor in folders():
        spans = {name: columns(name) for name in floor}
        wide = {name: (last - first) * column - BETWEEN for name, (first, last) in spans.items()}
        inside = {name: _lines(districts(name), int(wide[name])) for name in floor}
        height = BOX + LINE * max(len(lines) for lines in inside.values())
        for name, (first, _) in spans.items():
            boxes[name] = (MARGIN + first * column, top, wide[name], height)
            drawn += _box(name, inside[name], boxes[name])
        top += height + GAP
    lines = [_arrow(boxes[start], boxes[goal]) for start, goal in reduced(arrows())]
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {top - GAP + MARGIN}" '
        'font-family="sans-serif" font-size="14">\n'
        "<title>The folders of the house: each imports only from those below it</title>\n"
        '<defs><marker id="tip" markerWidth="8" markerHeight="8" refX="7" refY="4" orient="auto">'
        '<path d="M0,0 L8,4 L0,8 z" fill="#667"/></marker></defs>\n'
        '<rect width="100%" height="100%" fill="#fff"/>\n'
    )
    return head + "\n".join([*lines, *drawn]) + "\n</svg>\n"


def _imported(path: Path) -> set[str]:
    tops: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            tops.add(node.module.partition(".")[0])
        elif isinstance(node, ast.Import):
            tops |= {alias.name.partition(".")[0] for alias in node.names}
    return tops


def _lines(names: list[str], width: int) -> list[str]:
    """Names laid in lines that fit `width` pixels, at some 7 a letter."""
    lines: list[str] = []
    for name in names:
        if lines and len(lines[-1]) + len(name) + 3 <= width // 7:
            lines[-1] += f" · {name}"
        else:
            lines.append(name)
    return lines


def _box(name: str, inside: list[str], box: tuple[float, float, float, float]) -> list[str]:
    left, top, wide, height = box
    middle = left + wide / 2
    drawn = [
        f'<rect x="{left:.0f}" y="{top:.0f}" width="{wide:.0f}" height="{height:.0f}" rx="6" fill="#eef3fb" '
        'stroke="#4a6fa5"/>',
        f'<text x="{middle:.0f}" y="{top + 22:.0f}" text-anchor="middle" font-weight="bold">{name}/</text>',
    ]
    drawn += [
        f'<text x="{middle:.0f}" y="{top + 24 + LINE * at:.0f}" text-anchor="middle" font-size="11" '
        f'fill="#445">{line}</text>'
        for at, line in enumerate(inside, 1)
    ]
    return drawn


def _arrow(start: tuple[float, float, float, float], goal: tuple[float, float, float, float]) -> str:
    """Straight down, in the middle of what the two boxes share."""
    across = (max(start[0], goal[0]) + min(start[0] + start[2], goal[0] + goal[2])) / 2
    return (
        f'<line x1="{across:.0f}" y1="{start[1] + start[3]:.0f}" x2="{across:.0f}" y2="{goal[1]:.0f}" '
        'stroke="#667" stroke-width="1.3" marker-end="url(#tip)"/>'
    )


if __name__ == "__main__":
    print(picture(), end="")
