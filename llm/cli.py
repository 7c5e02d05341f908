"""`decroche llm …`: talk to the mind from the terminal."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path
from typing import Any

import click

from llm.base import Message, Mind
from store.base.console import NOT_NEGATIVE, HouseGroup, emit, json_option
from store.base.errors import BadInput, reason

COLUMNS = ("model", "tokens", "first_token_seconds", "tokens_per_second", "answer")


@click.group(cls=HouseGroup)
def llm() -> None:
    """The language model.

    \b
    Example: decroche llm ask --text "Bonjour, qui êtes-vous ?"
    """


@llm.command()
@click.option("--text", required=True, help="What is said to the model.")
@click.option("--system", default="", help="Its instructions.")
@click.option("--schema", "schema_file", type=click.Path(path_type=Path), help="JSON schema the answer must fit.")
@click.option(
    "--max-tokens", type=click.IntRange(min=1), default=160, show_default=True, help="Longest answer, in tokens."
)
@click.option("--temperature", type=NOT_NEGATIVE, default=0.0, show_default=True, help="0: always the same answer.")
@json_option
def ask(text: str, system: str, schema_file: Path | None, max_tokens: int, temperature: float, as_json: bool) -> None:
    """Ask one question; print the answer and how long it took (loading the model not counted).

    \b
    Example: decroche llm ask --system "Réponds en une phrase." --text "Quelle heure est-il ?"
    """
    messages = [Message("system", system)] if system else []
    messages.append(Message("user", text))
    options: dict[str, Any] = {
        "schema": _schema(schema_file) if schema_file else None,
        "max_tokens": max_tokens,
        "temperature": temperature,
    }
    emit([asyncio.run(_ask(messages, options))], COLUMNS, as_json=as_json)


def _schema(path: Path) -> dict[str, Any]:
    try:
        schema = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadInput(f"{path}: {reason(error)}", hint="give a file holding a JSON schema") from error
    if not isinstance(schema, dict):
        raise BadInput(f"{path} holds no JSON object", hint="give a file holding a JSON schema")
    return schema  # pyright: ignore[reportUnknownVariableType]


async def _ask(messages: list[Message], options: dict[str, Any]) -> dict[str, Any]:
    from llm.minds import mind

    chosen = mind()
    try:
        return await _timed(chosen, messages, options)
    finally:
        await chosen.close()


async def _timed(chosen: Mind, messages: list[Message], options: dict[str, Any]) -> dict[str, Any]:
    from llm.llama import LlamaMind

    start = time.perf_counter()
    first = None
    pieces: list[str] = []
    async for piece in chosen.stream(messages, slot="cli", **options):
        first = first or time.perf_counter()
        pieces.append(piece)
    end = time.perf_counter()
    tokens = chosen.counts.made if isinstance(chosen, LlamaMind) else len(pieces)
    making = end - (first or end)
    return {
        "engine": chosen.engine,
        "model": chosen.model,
        "answer": "".join(pieces),
        "tokens": tokens,
        "first_token_seconds": round((first or end) - start, 3),
        "took_seconds": round(end - start, 3),
        "tokens_per_second": round((tokens - 1) / making, 1) if tokens > 1 and making > 0 else None,
    }


if __name__ == "__main__":
    llm()
