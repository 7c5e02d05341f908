"""A picture of one call (SVG): who spoke when, how long was thought, what was interrupted, what was done."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

from ari_app.desk.calls_view import clock

WIDTH, LEFT, RIGHT = 1200, 90, 20
LANES = {"caller": 70, "agent": 130}
BAR = 34
COLOURS = {"caller": "#2f6f9f", "agent": "#2e7d4f", "cut": "#b3412e", "think": "#d9a521", "flag": "#6a4c93"}
LINE = 19
_STYLE = (
    "text{font:13px system-ui,sans-serif;fill:#1d2733}.small{font-size:11px}.in{fill:#fff;font-size:11px}"
    ".grid{stroke:#dde3ea}.title{font-size:17px;font-weight:600}"
)


def draw(facts: Mapping[str, Any]) -> str:
    """The SVG of `calls show --json`'s object."""
    turns = facts["turns"]
    last = max([facts["duration_ms"], 1000, *(t["to_ms"] for t in turns)])
    scale = (WIDTH - LEFT - RIGHT) / last

    def x(ms: float) -> float:
        return round(LEFT + ms * scale, 1)

    body = [*_grid(last, x), *_lanes()]
    body += [mark for turn in turns for mark in _bar(turn, x)]
    body += [mark for turn in turns for mark in _thinking(turn, x)]
    body += _flags(facts, x)
    texts, height = _texts(facts)
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        f'role="img" aria-label="call timeline"><style>{_STYLE}</style>'
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>'
        f'<text x="20" y="30" class="title">{escape(_title(facts))}</text>'
    )
    return "\n".join([head, *body, *texts, "</svg>", ""])


def _title(facts: Mapping[str, Any]) -> str:
    charge: Mapping[str, Any] = facts["charge"] or {}
    price = f", {charge['amount']} {charge['currency']}" if charge.get("amount") is not None else ""
    return (
        f"{facts['direction']} · {facts['caller'] or 'hidden'} → {facts['callee']} · {facts['agent']} · "
        f"{facts['duration_ms'] / 1000:.1f} s{price}"
    )


def _grid(last: int, x: Any) -> list[str]:
    step = next(s for s in (1000, 2000, 5000, 10_000, 30_000, 60_000, 300_000) if last / s <= 16 or s == 300_000)
    return [
        f'<line x1="{x(ms)}" x2="{x(ms)}" y1="52" y2="184" class="grid"/>'
        f'<text x="{x(ms)}" y="198" text-anchor="middle" class="small">{ms // 1000} s</text>'
        for ms in range(0, last + 1, step)
    ]


def _lanes() -> list[str]:
    return [f'<text x="20" y="{y + 22}">{who}</text>' for who, y in LANES.items()]


def _bar(turn: Mapping[str, Any], x: Any) -> list[str]:
    y, width = LANES[turn["who"]], max(2.0, x(turn["to_ms"]) - x(turn["from_ms"]))
    cut = bool(turn["stages"].get("interrupted"))
    fits = int(width / 6.2)
    label = turn["text"] if len(turn["text"]) <= fits else turn["text"][: max(0, fits - 1)] + "…"
    marks = [
        f'<rect x="{x(turn["from_ms"])}" y="{y}" width="{width:.1f}" height="{BAR}" rx="4" '
        f'fill="{COLOURS[turn["who"]]}"><title>{escape(turn["text"])}</title></rect>'
    ]
    if fits > 4:
        marks.append(f'<text x="{x(turn["from_ms"]) + 5}" y="{y + 21}" class="in">{escape(label)}</text>')
    if cut:
        marks.append(
            f'<line x1="{x(turn["to_ms"])}" x2="{x(turn["to_ms"])}" y1="{y - 6}" y2="{y + BAR + 6}" '
            f'stroke="{COLOURS["cut"]}" stroke-width="3"><title>interrupted</title></line>'
        )
    return marks


def _thinking(turn: Mapping[str, Any], x: Any) -> list[str]:
    total = turn["stages"].get("total")
    if total is None:
        return []
    start, y = turn["from_ms"] - total, LANES["agent"]
    return [
        f'<rect x="{x(start)}" y="{y + 12}" width="{max(1.0, x(turn["from_ms"]) - x(start)):.1f}" height="10" '
        f'fill="{COLOURS["think"]}"><title>{escape(_stages(turn))}</title></rect>'
        f'<text x="{x(start)}" y="{y + BAR + 13}" class="small">{total} ms</text>'
    ]


def _stages(turn: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in turn["stages"].items())


def _flags(facts: Mapping[str, Any], x: Any) -> list[str]:
    flags: list[tuple[int, str]] = [
        (a["at_ms"], f"{a['name']}: {a['result'].get('outcome', '')}") for a in facts["actions"]
    ]
    disclosure: Mapping[str, Any] = facts["disclosure"] or {}
    heard: int | None = disclosure.get("heard_at_ms")
    if heard is not None:
        flags.append((heard, "AI disclosure heard"))
    return [
        f'<line x1="{x(ms)}" x2="{x(ms)}" y1="52" y2="184" stroke="{COLOURS["flag"]}" stroke-dasharray="3 3"/>'
        f'<text x="{min(x(ms) + 3, WIDTH - 130)}" y="{50 + 11 * (n % 2)}" class="small" fill="{COLOURS["flag"]}">'
        f"{escape(text)}</text>"
        for n, (ms, text) in enumerate(sorted(flags))
    ]


def _texts(facts: Mapping[str, Any]) -> tuple[list[str], int]:
    """The words under the picture, and the picture's height."""
    y, marks = 228, list[str]()
    for turn in facts["turns"]:
        cut = " — interrupted" if turn["stages"].get("interrupted") else ""
        for n, part in enumerate(_wrapped(turn["text"] + cut, 150)):
            if n == 0:
                marks.append(f'<text x="20" y="{y}" class="small">{clock(turn["from_ms"])}</text>')
                marks.append(f'<rect x="72" y="{y - 10}" width="10" height="10" fill="{COLOURS[turn["who"]]}"/>')
            marks.append(f'<text x="{LEFT}" y="{y}">{escape(part)}</text>')
            y += LINE
    return marks, y + 12


def _wrapped(text: str, width: int) -> list[str]:
    import textwrap

    return textwrap.wrap(text, width) or [""]
