"""Several calls share one model: none hears another, none waits for another's whole answer."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from difflib import SequenceMatcher

import pytest

from llm.base import LlmError, Message
from llm.batch import BESIDE
from llm.llama import LlamaMind
from store.weights import file

PRACTICE = Message("system", "You answer the phone of a dental practice. Be brief.")


def chat(text: str) -> list[Message]:
    return [PRACTICE, Message("user", text)]


def alike(one: str, other: str) -> float:
    """How alike two answers are, 0 to 1."""
    return SequenceMatcher(None, one, other).ratio()


LONG = chat("This is a long story about teeth. " * 60)


async def test_calls_at_once_get_what_each_gets_alone(small: LlamaMind) -> None:
    """A batch may round otherwise than one alone, so a later word may differ; whose answer it is may not."""
    questions = ["My name is Alice. What is my name?", "I am Bob, from Lyon. Where am I from?", "Count to five."]
    alone = [await small.complete(chat(q), slot=f"alone{i}", max_tokens=24) for i, q in enumerate(questions)]
    together = await asyncio.gather(
        *(small.complete(chat(q), slot=f"call{i}", max_tokens=24) for i, q in enumerate(questions))
    )
    for i, answer in enumerate(together):
        assert max(range(3), key=lambda other: alike(answer, alone[other])) == i
        assert alike(answer, alone[i]) >= 0.5


async def test_a_call_after_another_knows_nothing_of_it(small: LlamaMind) -> None:
    question = chat("What is my name?")
    before = await small.complete(question, slot="first", max_tokens=16)
    assert "Zebulon" not in before
    await small.complete(chat("My name is Zebulon. Remember it."), slot="second", max_tokens=16)
    await small.release("second")
    assert "Zebulon" not in await small.complete(question, slot="third", max_tokens=16)


async def test_a_long_prompt_lets_another_answer_go_on_at_every_step(small: LlamaMind) -> None:
    async with aclosing(small.stream(chat("Tell me a story."), slot="talks", max_tokens=60)) as talk:
        await anext(talk)
        await small.complete(LONG, slot="reads", max_tokens=2)
    reading = [step for step in small.steps if step.get("reads", 0) > 1]
    beside = [step for step in reading if "talks" in step]
    assert len(beside) > 3
    assert all(step["reads"] <= BESIDE for step in beside)


async def test_answers_are_made_in_the_same_steps(small: LlamaMind) -> None:
    await asyncio.gather(*(small.complete(chat("Tell me a story."), slot=f"c{i}", max_tokens=20) for i in range(4)))
    assert sum(len(step) == 4 for step in small.steps) >= 15


async def test_more_calls_than_may_think_at_once_all_get_their_answer(small: LlamaMind) -> None:
    answers = await asyncio.gather(*(small.complete(chat(f"Say {i}."), slot=f"c{i}", max_tokens=4) for i in range(14)))
    assert all(answers)
    assert max(len(step) for step in small.steps) == 4


async def test_two_answers_of_one_call_do_not_disturb_each_other(small: LlamaMind) -> None:
    one, two = chat("Count to five."), chat("Name a colour.")
    alone = [await small.complete(c, slot=f"alone{i}", max_tokens=12) for i, c in enumerate((one, two))]
    both = await asyncio.gather(*(small.complete(c, slot="same", max_tokens=12) for c in (one, two)))
    assert alike(both[0], alone[0]) > alike(both[0], alone[1])
    assert alike(both[1], alone[1]) > alike(both[1], alone[0])


async def test_a_full_context_gives_up_what_is_idle() -> None:
    mind = LlamaMind(file("smollm2-135m", ".gguf"), context=512, calls=4, threads=1)
    try:
        for i in range(6):
            text = f"Call {i}: " + "we talk of teeth and of more teeth. " * 25
            assert await mind.complete(chat(text), slot=f"c{i}", max_tokens=4)
    finally:
        await mind.close()


async def test_a_context_full_of_live_calls_fails_the_newest_and_spares_the_others() -> None:
    mind = LlamaMind(file("smollm2-135m", ".gguf"), context=512, calls=4, threads=1)
    texts = ["we talk of teeth and of more teeth. " * 32 + f"Call {i}." for i in range(2)]
    chats = [[Message("user", f"{i} {text}")] for i, text in enumerate(texts)]
    try:
        answers = await asyncio.gather(
            *(mind.complete(c, slot=f"c{i}", max_tokens=4) for i, c in enumerate(chats)), return_exceptions=True
        )
        assert answers[0]
        assert isinstance(answers[0], str)
        assert isinstance(answers[1], LlmError)
        assert answers[1].code == "llm_full"
        assert isinstance(await mind.complete(chats[1], slot="c1", max_tokens=4), str)
    finally:
        await mind.close()


async def test_a_prompt_that_can_never_fit_is_refused_by_name(small: LlamaMind) -> None:
    with pytest.raises(LlmError) as refused:
        await small.complete(chat("tooth " * 3000), slot="a")
    assert refused.value.code == "llm_too_long"
    assert not refused.value.retryable
