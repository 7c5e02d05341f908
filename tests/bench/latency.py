"""Voice to voice at the caller's ear, answer to first voice, interruption to silence: whole calls, real models.

    scripts/bench latency [--calls 5] [--json]

Everything is measured from RTP at the caller's phone. Voice to voice counts every turn the caller ends and the
agent answers, from the caller's last voiced sample to the agent's first. Nothing else should run on the machine.
Every interruption is accounted for: it has a figure, or a reason why it has none (`why_no_figure`).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import os
import shutil
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import numpy as np

from ari_app.demo.cli import private_home

if TYPE_CHECKING:
    from ari_app.softphone.report import CallReport

QUESTIONS = (
    "Bonjour, quels sont vos horaires le mercredi ?",
    "Est-ce que vous faites le blanchiment des dents ?",
    "Est-ce que vous avez un parking ?",
    "Je voudrais prendre un rendez-vous, s'il vous plaît.",
    "Ce serait possible mardi à quatorze heures trente ?",
    "Je m'appelle Claire Martin.",
    "Oui, c'est bien ça.",
    "Non, c'est tout, merci, au revoir.",
)
NEVER_STOPPED_MS = 1_500.0
"""An agent that speaks on for longer was not interrupted: it said what it had to say."""
PAUSE_MS = 600.0
"""Pauses between the agent's sentences are shorter."""
INTERRUPTION = "Excusez-moi, je voudrais plutôt prendre un rendez-vous."


def spread(values: Sequence[float]) -> dict[str, Any]:
    """Median, 95th percentile (nearest rank) and worst, in milliseconds."""
    if not values:
        return {"n": 0}
    ordered = sorted(values)
    p95 = ordered[math.ceil(0.95 * len(ordered)) - 1]
    return {"n": len(ordered), "p50": round(median(ordered)), "p95": round(p95), "max": round(ordered[-1])}


async def _phrases() -> dict[str, Any]:
    from ari_app.softphone.report import to_phone_rate
    from tts.base import SAMPLE_RATE
    from tts.voices import voice

    speech = voice("fr")
    made: dict[str, Any] = {}
    for text in (*QUESTIONS, INTERRUPTION):
        slin = np.frombuffer(await speech.say(text), "<i2").astype(np.float64)
        made[text] = to_phone_rate(slin, SAMPLE_RATE).clip(-32768, 32767).astype(np.int16)
    return made


def measure(calls: int, cuts: int) -> dict[str, Any]:
    """Start a private service, call it, and gather what the phone saw."""
    from ari_app.demo import seed
    from ari_app.desk.calls_view import whole
    from ari_app.service import background
    from ari_app.softphone.phone import SoftPhone
    from ari_app.softphone.script import Utterance
    from store import calls as kept
    from store.base.settings import settings
    from store.setup import open_database

    pcm = asyncio.run(_phrases())
    with open_database() as db:
        seed.seed(db)
        background.start(settings(), demo=True, say=lambda what: print(what, file=sys.stderr))
        time.sleep(20)  # agents' instructions are read ahead, as on a service that has been up for a minute
        talks: list[CallReport] = []
        short: list[CallReport] = []
        with SoftPhone.of(settings(), "caller1") as phone:
            for number in range(calls):
                print(f"call {number + 1} of {calls}", file=sys.stderr)
                script = [Utterance(pcm[text], note=text) for text in QUESTIONS]
                talks.append(phone.call(seed.DENTAL_FR, script, max_seconds=180))
            for number in range(cuts):
                print(f"interruption {number + 1} of {cuts}", file=sys.stderr)
                cut = Utterance(pcm[INTERRUPTION], "barge_in", 1200 + 150 * number, note=INTERRUPTION)
                short.append(phone.call(seed.DENTAL_FR, [cut], max_seconds=30))
        time.sleep(2)
        with db.operator() as conn:
            stored = [whole(conn, kept.get(conn, cdr.id)) for cdr in kept.find(conn, limit=calls + cuts)]
    return _facts(talks, short, stored)


def why_no_figure(report: CallReport) -> str | None:
    """Why an interruption does not tell how soon the agent stops; None: it does.

    `in_a_pause`: the agent was between two words when the caller began, and did not say the next one.
    `already_silent`: it had nothing more to say by then. `not_stopped`: it spoke on. `never_said`: the caller did not.
    """
    if not report.answered:
        return "not_answered"
    cut = report.utterances[0] if report.utterances else None
    if cut is None or cut.from_ms is None:
        return "never_said"
    if cut.went_on_ms is not None:
        return "not_stopped" if cut.went_on_ms >= NEVER_STOPPED_MS else None
    before = [span.to_ms for span in report.agent_voice if span.to_ms <= cut.from_ms]
    return "in_a_pause" if before and cut.from_ms - before[-1] < PAUSE_MS else "already_silent"


def _facts(
    talks: Sequence[CallReport], short: Sequence[CallReport], stored: Sequence[dict[str, Any]]
) -> dict[str, Any]:
    replies = [(u.note, u.reply_ms) for r in talks for u in r.utterances if u.reply_ms is not None]
    turns = [t for call in stored for t in call["turns"] if "total" in t["stages"]]
    sources = sorted({t["stages"]["source"] for t in turns})
    return {
        "voice_to_voice_ms": spread([ms for _, ms in replies]),
        "by_question_ms": {q: spread([ms for note, ms in replies if note == q]) for q in QUESTIONS},
        "answer_to_first_voice_ms": spread(
            [r.first_voice_ms for r in (*talks, *short) if r.first_voice_ms is not None]
        ),
        "barge_in_stop_ms": spread([r.utterances[0].went_on_ms or 0 for r in short if why_no_figure(r) is None]),
        "barge_in_missed": dict(Counter(why for r in short if (why := why_no_figure(r)))),
        "stages_ms": {
            name: spread([t["stages"][name] for t in turns if name in t["stages"]])
            for name in ("endpoint", "asr", "think", "voice", "total", "answer")
        },
        "total_by_source_ms": {
            s: spread([t["stages"]["total"] for t in turns if t["stages"]["source"] == s]) for s in sources
        },
        "load": [round(x, 2) for x in os.getloadavg()],
        "cores": os.cpu_count(),
    }


def main() -> None:
    """Measure in a private home, print JSON, leave nothing behind."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--calls", type=int, default=3, help="whole calls of 8 turns")
    parser.add_argument("--cuts", type=int, default=10, help="calls that interrupt the greeting")
    parser.add_argument("--json", action="store_true", help="accepted for likeness; JSON is all there is")
    options = parser.parse_args()
    home: Path = private_home()
    try:
        facts = measure(options.calls, options.cuts)
    finally:
        from ari_app.service import background
        from store.base.settings import settings

        background.stop(settings(), now=True, say=lambda _: None)
        shutil.rmtree(home, ignore_errors=True)
    print(json.dumps(facts, ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()
