"""What was read is not read again."""

from __future__ import annotations

from llm.base import Message
from llm.llama import LlamaMind
from tests.integration.llm.test_calls_together import alike

SYSTEM = Message("system", "You answer the phone of a dental practice, open from nine to six. " * 8)
FIRST = [SYSTEM, Message("user", "Hello, when are you open?")]


async def test_the_next_turn_reads_only_what_is_new(small: LlamaMind) -> None:
    answer = await small.complete(FIRST, slot="a", max_tokens=12)
    before = small.counts.read
    turn = [*FIRST, Message("assistant", answer), Message("user", "And on Monday?")]
    await small.complete(turn, slot="a", max_tokens=1)
    assert small.counts.read - before < 30


async def test_calls_of_the_same_agent_share_its_system_prompt(small: LlamaMind) -> None:
    await small.complete(FIRST, slot="a", max_tokens=1)
    before = small.counts.read
    await small.complete([SYSTEM, Message("user", "Do you take children?")], slot="b", max_tokens=1)
    assert small.counts.read - before < 20


async def test_the_system_prompt_outlives_the_call_that_read_it(small: LlamaMind) -> None:
    await small.complete(FIRST, slot="a", max_tokens=1)
    await small.release("a")
    before = small.counts.read
    await small.complete([SYSTEM, Message("user", "Do you take children?")], slot="b", max_tokens=1)
    assert small.counts.read - before < 20


async def test_reading_ahead_leaves_the_answer_little_to_read(small: LlamaMind) -> None:
    await small.prime(FIRST, slot="a")
    before = small.counts.read
    await small.complete(FIRST, slot="a", max_tokens=1)
    assert small.counts.read - before < 8


async def test_an_answer_takes_over_what_was_being_read_ahead_for_it(small: LlamaMind) -> None:
    alone = await small.complete(FIRST, slot="alone", max_tokens=12)
    import asyncio

    ahead = asyncio.create_task(small.prime(FIRST, slot="a"))
    assert alike(await small.complete(FIRST, slot="a", max_tokens=12), alone) >= 0.5
    await ahead


async def test_what_was_cut_out_of_a_chat_does_not_linger(small: LlamaMind) -> None:
    turn = [*FIRST, Message("assistant", "We are open"), Message("user", "Pardon?")]
    fresh = await small.complete(turn, slot="fresh", max_tokens=12)
    heard_less = [*FIRST, Message("assistant", "We are open from nine to six, every day."), Message("user", "Pardon?")]
    await small.complete(heard_less, slot="a", max_tokens=12)
    assert alike(await small.complete(turn, slot="a", max_tokens=12), fresh) >= 0.5
