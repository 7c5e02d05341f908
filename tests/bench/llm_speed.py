"""How fast the local mind is, as one JSON object: `python tests/bench/llm_speed.py [MODEL]`.

Tokens a second for 1 to 8 calls at once (in all), the first token with the prefix cached and cold, and the
time of an extraction under a schema. `load` is the machine's load average: compare only like with like.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from contextlib import aclosing
from statistics import median
from typing import Any

from llm.base import Message
from llm.llama import LlamaMind
from store.weights import file

SYSTEM = Message(
    "system",
    "Tu es l'assistante téléphonique du cabinet dentaire du docteur Martin, 12 rue de la République à Lyon. "
    "Le cabinet est ouvert du lundi au vendredi de 9 h à 18 h. Une consultation coûte 30 euros. "
    "Le cabinet accepte les nouveaux patients et la carte Vitale. Réponds en une phrase courte.",
)
EXTRACT = Message(
    "system",
    "Extrais ce que dit l'appelant d'un cabinet dentaire, en JSON. intent : book, question, cancel ou other.",
)
SAID = "Bonjour, Madame Durand à l'appareil, je voudrais prendre rendez-vous jeudi matin."
DAYS = ["lundi", "mardi", "mercredi", "jeudi", "vendredi", None]
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "intent": {"enum": ["book", "question", "cancel", "other"]},
        "name": {"type": "string", "maxLength": 30},
        "day": {"enum": DAYS},
    },
    "required": ["intent", "name", "day"],
    "additionalProperties": False,
}


async def first_token(mind: LlamaMind, text: str, slot: str) -> float:
    start = time.perf_counter()
    async with aclosing(mind.stream([SYSTEM, Message("user", text)], slot=slot, max_tokens=8)) as pieces:
        await anext(pieces)
    return time.perf_counter() - start


async def together(mind: LlamaMind, calls: int) -> float:
    """Tokens a second in all, reading the (short, prefix cached) prompts counted in."""
    made, start = mind.counts.made, time.perf_counter()
    chats = [[SYSTEM, Message("user", f"Patient {i} : racontez en détail vos services.")] for i in range(calls)]
    await asyncio.gather(*(mind.complete(c, slot=f"t{i}", max_tokens=24) for i, c in enumerate(chats)))
    return (mind.counts.made - made) / (time.perf_counter() - start)


async def extraction(mind: LlamaMind, slot: str, said: str) -> dict[str, Any]:
    made, forced, start = mind.counts.made, mind.counts.forced, time.perf_counter()
    text = await mind.complete([EXTRACT, Message("user", said)], slot=slot, schema=SCHEMA, max_tokens=60)
    return {
        "seconds": round(time.perf_counter() - start, 3),
        "tokens": mind.counts.made - made,
        "forced": mind.counts.forced - forced,
        "answer": text,
    }


async def bench(model: str) -> dict[str, Any]:
    mind = LlamaMind(file(model, ".gguf"), context=4096)
    try:
        cold = await first_token(mind, "Vous prenez la carte Vitale ?", "cold")
        cached = [
            await first_token(mind, f"Bonjour, question {i} : quels sont vos horaires ?", f"c{i}") for i in range(5)
        ]
        await mind.prime([EXTRACT], slot="x")
        extractions = [await extraction(mind, f"x{i}", SAID.replace("Durand", name)) for i, name in
                       enumerate(("Durand", "Lefèvre", "Nguyen"))]  # fmt: skip
        speeds = {str(n): round(await together(mind, n), 1) for n in (1, 2, 4, 8)}
        return {
            "model": model,
            "load": os.getloadavg()[0],
            "first_token_cold_seconds": round(cold, 3),
            "first_token_cached_seconds": round(median(cached), 3),
            "tokens_per_second_by_calls": speeds,
            "extractions": extractions,
        }
    finally:
        await mind.close()


if __name__ == "__main__":
    name = sys.argv[1] if len(sys.argv) > 1 else "qwen2.5-coder-1.5b"
    print(json.dumps(asyncio.run(bench(name)), ensure_ascii=False, indent=1))
