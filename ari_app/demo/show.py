"""What the demonstration prints: the calls as they go, then one table."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table

from ari_app.desk.calls_view import clock

WHO = {"caller": "caller", "agent": "agent "}
STAGES = ("endpoint", "asr", "think", "voice", "total")


class Live:
    """Prints each turn and action of one call once it is complete, in order."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._told: set[tuple[str, int, str]] = set()

    def update(self, call: Mapping[str, Any], *, final: bool = False) -> None:
        """Show what is new. The last turn may still grow: it waits for the next one, or for the end.

        What was done since that turn began waits with it: nobody reads "booked" before the yes that led to it.
        """
        lines = [(t["from_ms"], t["who"], t["text"] + (" —" if _cut(t) else "")) for t in call["turns"]]
        lines += [(a["at_ms"], "action", f"{a['name']}: {_outcome(a)}") for a in call["actions"]]
        until: float = math.inf if final or not call["turns"] else call["turns"][-1]["from_ms"]
        for at, who, text in sorted(line for line in lines if line[0] < until):
            key = (who, at, "")
            if key not in self._told:
                self._told.add(key)
                style = {"caller": "cyan", "agent": "green"}.get(who, "magenta")
                self._console.print(f"  {clock(at)}  {who:6}  ", end="", style="dim")
                self._console.print(text, style=style, markup=False, soft_wrap=True)


def _cut(turn: Mapping[str, Any]) -> bool:
    return bool(turn.get("interrupted") or turn.get("stages", {}).get("interrupted"))


def _outcome(action: Mapping[str, Any]) -> str:
    return str(action.get("outcome") or action.get("result", {}).get("outcome", ""))


def stages(call: Mapping[str, Any]) -> dict[str, dict[str, int]]:
    """For each stage of a turn's latency: median and worst, in milliseconds."""
    found: dict[str, dict[str, int]] = {}
    for name in STAGES:
        values = [t["stages"][name] for t in call["turns"] if name in t["stages"]]
        if values:
            found[name] = {"p50": round(median(values)), "max": max(values), "turns": len(values)}
    return found


def table(console: Console, facts: Mapping[str, Any]) -> None:
    """Both calls side by side, and the one that was refused."""
    view = Table(box=None, header_style="bold", pad_edge=False, title_justify="left")
    view.add_column("")
    for name in ("inbound", "outbound"):
        view.add_column(name)
    for label, row in _rows(facts):
        view.add_row(label, *row)
    console.print()
    console.print(view)
    refused = facts["refused"]
    console.print("\nrefused: " + refused["explanation"], style="red", markup=False, soft_wrap=True)


def _rows(facts: Mapping[str, Any]) -> Sequence[tuple[str, list[str]]]:
    calls = [facts["inbound"], facts["outbound"]]
    spread = [stages(call) for call in calls]
    rows: list[tuple[str, list[str]]] = [
        ("duration", [f"{c['duration_ms'] / 1000:.1f} s" for c in calls]),
        ("turns", [str(len(c["turns"])) for c in calls]),
        ("AI disclosure heard at", [_seconds(c["disclosure"] and c["disclosure"]["heard_at_ms"]) for c in calls]),
        ("answer to first voice", [_ms(c["phone"]["first_voice_ms"]) for c in calls]),
        ("voice to voice at the ear", [_ear(c["phone"]) for c in calls]),
        ("agent stopped when cut in", [_cut_in(c["phone"]) for c in calls]),
    ]
    rows += [(f"  {name}, p50 / max", [_spread(s.get(name)) for s in spread]) for name in STAGES]
    rows += [
        ("price", [f"{c['charge']['amount']} {c['charge']['currency']}" for c in calls]),
        ("decision", ["none needed", _decision(calls[1])]),
        ("hung up by", [c["hangup_side"] for c in calls]),
    ]
    return rows


def _seconds(ms: int | None) -> str:
    return "not heard" if ms is None else f"{ms / 1000:.1f} s"


def _ms(value: float | None) -> str:
    return "–" if value is None else f"{value:.0f} ms"


def _ear(phone: Mapping[str, Any]) -> str:
    waits = [u["reply_ms"] for u in phone["utterances"] if u["reply_ms"] is not None and u["when"] != "barge_in"]
    return f"p50 {median(waits):.0f} ms, max {max(waits):.0f} ms" if waits else "–"


def _cut_in(phone: Mapping[str, Any]) -> str:
    went_on = [u["went_on_ms"] for u in phone["utterances"] if u["when"] == "barge_in" and u["went_on_ms"] is not None]
    return f"in {went_on[0]:.0f} ms" if went_on else "–"


def _spread(stage: Mapping[str, int] | None) -> str:
    return "–" if stage is None else f"{stage['p50']} / {stage['max']} ms"


def _decision(call: Mapping[str, Any]) -> str:
    decision = call["decision"]
    return "none" if decision is None else ("allowed" if decision["allowed"] else ", ".join(decision["reasons"]))
