"""The meter's orders, with clocks that have run out already: nothing is waited for."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from time import monotonic

from ari_app.desk.meter import MeterHooks, keep_within
from billing.charges.prepaid import Extension
from store.base.errors import DecrocheError

LONG_AGO = monotonic() - 100_000


class _Call:
    """What a call was told, in order; `till` is what billing answers, one after another."""

    def __init__(self, *till: Extension | DecrocheError) -> None:
        self.told: list[str] = []
        self._till: Iterator[Extension | DecrocheError] = iter(till)

    @property
    def hooks(self) -> MeterHooks:
        return MeterHooks(self._more, self._note("cut"), self._note("warn"), self._note("leave"))

    async def _more(self) -> Extension:
        self.told.append("more")
        answer = next(self._till)
        if isinstance(answer, DecrocheError):
            raise answer
        return answer

    def _note(self, word: str):
        async def told() -> None:
            self.told.append(word)

        return told


async def test_it_is_extended_until_the_last_extension_then_ended() -> None:
    call = _Call(Extension(120), Extension(180), Extension(200, warn=True, last=True))
    await keep_within(60, LONG_AGO, call.hooks)
    assert call.told == ["more", "more", "more", "warn", "leave", "cut"]


async def test_who_was_warned_before_is_not_warned_again() -> None:
    call = _Call(Extension(60, warn=False, last=True))
    await keep_within(60, LONG_AGO, call.hooks)
    assert call.told == ["more", "leave", "cut"]


async def test_an_account_that_became_postpaid_has_no_end() -> None:
    call = _Call(Extension(None))
    await keep_within(60, LONG_AGO, call.hooks)
    assert call.told == ["more"]


async def test_when_billing_cannot_be_asked_what_is_held_is_all_there_is() -> None:
    call = _Call(DecrocheError("the database is away"))
    await keep_within(60, LONG_AGO, call.hooks)
    assert call.told == ["more", "leave", "cut"]


async def test_the_call_is_not_ended_before_its_time() -> None:
    call = _Call(Extension(3600, warn=True, last=True))
    answered = monotonic()
    meter = asyncio.create_task(keep_within(0, answered, call.hooks))
    while "warn" not in call.told:
        await asyncio.sleep(0)
    for _ in range(10):
        await asyncio.sleep(0)
    assert call.told == ["more", "warn"]
    meter.cancel()
