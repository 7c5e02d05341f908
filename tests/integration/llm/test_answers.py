"""An answer: streamed, bounded, cancelled, begun for the model, closed."""

from __future__ import annotations

import subprocess
import sys
from contextlib import aclosing
from pathlib import Path

import pytest

from llm.base import LlmError, Message
from llm.llama import LlamaMind
from store.base.errors import DecrocheError
from store.weights import file

STORY = [Message("user", "Tell me a long story about a fox.")]


async def test_an_answer_is_no_longer_than_asked(small: LlamaMind) -> None:
    assert await small.complete(STORY, slot="a", max_tokens=5)
    assert small.counts.made == 5


async def test_closing_the_iterator_stops_the_work(small: LlamaMind) -> None:
    async with aclosing(small.stream(STORY, slot="a", max_tokens=500)) as pieces:
        await anext(pieces)
    await small.release("a")  # orders are served in turn: once this is done, so is the cancelling
    assert small.counts.made < 250


async def test_releasing_a_call_ends_its_answer(small: LlamaMind) -> None:
    async with aclosing(small.stream(STORY, slot="a", max_tokens=500)) as pieces:
        await anext(pieces)
        await small.release("a")
        with pytest.raises(LlmError) as ended:
            async for _ in pieces:
                pass
    assert ended.value.code == "llm_released"


async def test_pieces_never_split_a_character(small: LlamaMind) -> None:
    said = [Message("user", "Repeat exactly: 🦊 été 日本 🦊 été 日本")]
    pieces = [piece async for piece in small.stream(said, slot="a", prefill="🦊 ét", max_tokens=30)]
    assert "\ufffd" not in "".join(pieces)


async def test_an_answer_goes_on_from_its_prefill(small: LlamaMind) -> None:
    answer = await small.complete(
        [Message("user", "Count from one to five.")], slot="a", prefill="One, two,", max_tokens=4
    )
    assert answer.strip().lower().startswith("three")


async def test_with_temperature_answers_differ(small: LlamaMind) -> None:
    answers = {await small.complete(STORY, slot="a", temperature=1.0, max_tokens=12) for _ in range(4)}
    assert len(answers) > 1


async def test_the_default_model_answers_in_french(good: LlamaMind) -> None:
    answer = await good.complete(
        [
            Message("system", "Tu réponds au téléphone d'un cabinet dentaire, en une phrase. Le cabinet ouvre à 9 h."),
            Message("user", "Bonjour, à quelle heure ouvrez-vous ?"),
        ],
        slot="a",
        max_tokens=40,
    )
    assert "9" in answer or "neuf" in answer


async def test_a_closed_mind_says_so(small: LlamaMind) -> None:
    await small.close()
    with pytest.raises(LlmError) as closed:
        await small.complete(STORY, slot="a")
    assert closed.value.code == "llm_closed"


async def test_closing_ends_the_answers_being_made(small: LlamaMind) -> None:
    async with aclosing(small.stream(STORY, slot="a", max_tokens=500)) as pieces:
        await anext(pieces)
        await small.close()
        with pytest.raises(LlmError, match="closed"):
            async for _ in pieces:
                pass


def test_a_file_that_is_no_model_is_refused_by_name(tmp_path: Path) -> None:
    bad = tmp_path / "bad" / "bad.gguf"
    bad.parent.mkdir()
    bad.write_bytes(b"GGUF" + bytes(200))
    with pytest.raises(DecrocheError) as refused:
        LlamaMind(bad)
    assert refused.value.code == "model_damaged"


def test_a_missing_model_is_refused_with_what_to_type(tmp_path: Path) -> None:
    with pytest.raises(DecrocheError) as refused:
        LlamaMind(tmp_path / "none.gguf")
    assert refused.value.code == "model_missing"
    assert "pull" in refused.value.hint


def test_a_program_that_forgets_to_close_ends_quietly_even_amid_an_answer() -> None:
    program = """
import asyncio, sys
from pathlib import Path
from llm.base import Message
from llm.llama import LlamaMind
mind = LlamaMind(Path(sys.argv[1]), context=512)
async def main():
    pieces = mind.stream([Message("user", "Tell me a story.")], slot="a", max_tokens=400)
    print(await anext(pieces))
asyncio.run(main())
"""
    ran = subprocess.run(
        [sys.executable, "-c", program, str(file("smollm2-135m", ".gguf"))],
        capture_output=True, text=True, timeout=120, cwd=Path(__file__).parents[3],
    )  # fmt: skip
    assert (ran.returncode, ran.stderr) == (0, "")
