"""The picture of a call on its page: two lanes, who spoke when, cuts, what was done. Each bar leads to its turn. Pure.

Without a style of its own, which the page's policy would refuse: classes only. Made by hand, escaped here.
"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

from portal.words import action, minute

WIDTH, LEFT, RIGHT, HEIGHT = 1000, 84, 12, 138
LANES = {"caller": 22, "agent": 66}
BAR = 32


def draw(facts: Mapping[str, Any]) -> str:
    """The SVG of a call's facts (`one_call.facts_of`); milliseconds lie between LEFT and WIDTH - RIGHT."""
    last = max([int(facts["duration_ms"]), 1000, *(int(turn["to_ms"]) for turn in facts["turns"])])
    scale = (WIDTH - LEFT - RIGHT) / last

    def x(ms: float) -> float:
        return round(LEFT + min(max(ms, 0), last) * scale, 1)

    names = {"caller": "Appelant" if facts.get("direction") != "outbound" else "Personne", "agent": "Agent"}
    parts = [
        f'<svg class="lanes" viewBox="0 0 {WIDTH} {HEIGHT}" role="group" aria-label="Qui a parlé quand" '
        f'data-left="{LEFT}" data-scale="{scale:.6f}">'
    ]
    parts += [
        f'<rect class="lane" x="{LEFT}" y="{y}" width="{WIDTH - LEFT - RIGHT}" height="{BAR}" rx="6"/>'
        f'<text class="who" x="0" y="{y + 21}">{names[who]}</text>'
        for who, y in LANES.items()
    ]
    parts += _ticks(last, x)
    for place, turn in enumerate(facts["turns"]):
        parts.append(_bar(place, turn, x, names))
    for done in facts["actions"]:
        at = x(done["at_ms"])
        parts.append(
            f'<g class="act"><line x1="{at}" x2="{at}" y1="12" y2="104"/><circle cx="{at}" cy="9" r="5"/>'
            f"<title>{escape(action(str(done['name'])))}, {minute(done['at_ms'])}</title></g>"
        )
    disclosure: Mapping[str, Any] = facts["disclosure"] or {}
    heard: int | None = disclosure.get("heard_at_ms")
    if heard is not None:
        at = x(heard)
        parts.append(
            f'<g class="told"><line x1="{at}" x2="{at}" y1="12" y2="104"/><circle cx="{at}" cy="9" r="5"/>'
            f"<title>Mention de l'IA entendue, {minute(heard)}</title></g>"
        )
    parts.append(f'<line class="now" x1="{LEFT}" x2="{LEFT}" y1="14" y2="106"/></svg>')
    return "".join(parts)


def _ticks(last: int, x: Any) -> list[str]:
    step = next(s for s in (1000, 2000, 5000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 900_000)
                if last / s <= 12 or s == 900_000)  # fmt: skip
    return [
        f'<line class="tick" x1="{x(ms)}" x2="{x(ms)}" y1="104" y2="110"/>'
        f'<text class="time" x="{x(ms)}" y="126" text-anchor="middle">{minute(ms)}</text>'
        for ms in range(0, last + 1, step)
    ]


def _bar(place: int, turn: Mapping[str, Any], x: Any, names: Mapping[str, str]) -> str:
    y, name = LANES[turn["who"]], names[turn["who"]]
    start, width = x(turn["from_ms"]), max(3.0, x(turn["to_ms"]) - x(turn["from_ms"]))
    cut = bool(turn["stages"].get("interrupted"))
    mark = f'<rect class="cut" x="{start + width - 4:.1f}" y="{y}" width="4" height="{BAR}"/>' if cut else ""
    return (
        f'<a href="#t{place}" tabindex="-1" class="bar {turn["who"]}" data-from="{turn["from_ms"]}">'
        f"<title>{name}, {minute(turn['from_ms'])} : {escape(str(turn['text']))}</title>"
        f'<rect x="{start}" y="{y}" width="{width:.1f}" height="{BAR}" rx="4"/>{mark}</a>'
    )
