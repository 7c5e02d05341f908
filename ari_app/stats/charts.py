"""Pictures of figures, as SVG: bars lying (one a name) and bars standing (one an hour). Pure."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

WIDTH = 700
INK, FIRST, SECOND, GRID = "#1d2733", "#2e7d4f", "#b3412e", "#dde3ea"
_ROW, _LEFT, _TALL, _FOOT = 24, 200, 150, 22
_LONGEST = 30


def lying(values: Mapping[str, int], *, title: str, colour: str = FIRST) -> str:
    """One bar a name, longest value to full width, with its number at the end."""
    most, height = max([1, *values.values()]), _ROW * max(1, len(values)) + 4
    marks: list[str] = []
    for n, (name, value) in enumerate(values.items()):
        y, width = n * _ROW + 4, round((WIDTH - _LEFT - 60) * value / most, 1)
        shown = name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…"
        marks.append(
            f'<text x="{_LEFT - 8}" y="{y + 13}" text-anchor="end">{escape(shown)}</text>'
            f'<rect x="{_LEFT}" y="{y}" width="{width}" height="{_ROW - 8}" fill="{colour}"/>'
            f'<text x="{_LEFT + width + 6}" y="{y + 13}">{value}</text>'
        )
    return _svg(height, title, marks)


def standing(values: Mapping[int, tuple[int, int]], *, title: str) -> str:
    """One bar an hour: the lower part (first number) in one colour, the upper (second) in another."""
    most = max([1, *(sum(pair) for pair in values.values())])
    step = WIDTH / max(1, len(values))
    marks = [f'<line x1="0" x2="{WIDTH}" y1="{_TALL}" y2="{_TALL}" stroke="{GRID}"/>']
    for n, (hour, (low, high)) in enumerate(values.items()):
        x, below, above = round(n * step + 3, 1), _scaled(low, most), _scaled(high, most)
        wide = round(step - 6, 1)
        marks.append(
            f'<rect x="{x}" y="{_TALL - below}" width="{wide}" height="{below}" fill="{FIRST}"/>'
            f'<rect x="{x}" y="{_TALL - below - above}" width="{wide}" height="{above}" fill="{SECOND}"/>'
            f'<text x="{x + wide / 2:.1f}" y="{_TALL + 15}" text-anchor="middle">{hour}</text>'
        )
        if low + high:
            marks.append(
                f'<text x="{x + wide / 2:.1f}" y="{_TALL - below - above - 4}" text-anchor="middle">{low + high}</text>'
            )
    return _svg(_TALL + _FOOT, title, marks)


def _scaled(value: int, most: int) -> float:
    return round((_TALL - 16) * value / most, 1)


def _svg(height: int, title: str, marks: list[str]) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        f'role="img" aria-label="{escape(title, quote=True)}" font-size="12" font-family="sans-serif" fill="{INK}">'
        f"{''.join(marks)}</svg>"
    )
