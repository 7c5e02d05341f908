"""What a call asks of an ear, asked of every ear of the registry."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import numpy as np
import pytest
import pytest_asyncio

from asr.base import SAMPLE_RATE, AsrError, Ear
from asr.ears import ENGINES, open_ear
from store.base.errors import BadInput, DecrocheError
from store.base.settings import Settings, settings
from tests.wyoming_server import running

pytestmark = pytest.mark.asyncio(loop_scope="module")


def chosen(engine: str, **more: Any) -> Settings:
    found = settings()
    return found.model_copy(update={"asr": found.asr.model_copy(update={"engine": engine, **more})})


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=sorted(ENGINES))
async def ear(request: pytest.FixtureRequest) -> AsyncIterator[Ear]:
    async with AsyncExitStack() as others:
        of = chosen(request.param)
        if request.param == "wyoming":
            server = await others.enter_async_context(running())
            of = chosen(request.param, servers=[server.address], server_seconds=20.0, local=False)
        try:
            opened = open_ear(of)
        except DecrocheError as error:
            pytest.skip(f"{request.param} is not on this machine: {error}")
        yield opened
        await opened.close()


async def test_the_engine_is_the_one_the_registry_names_and_hears_the_languages_of_agents(ear: Ear) -> None:
    assert ear.engine in ENGINES
    assert {"fr", "en"} <= set(ear.capabilities.languages)


async def test_nothing_said_is_nothing_heard(ear: Ear) -> None:
    for pcm in (np.zeros(0, np.float32), np.zeros(2 * SAMPLE_RATE, np.float32)):
        assert (await ear.transcribe(pcm, language="fr")).text == ""


async def test_names_to_expect_are_never_an_error(ear: Ear) -> None:
    """Who cannot use them passes them over."""
    pcm = np.random.default_rng(1).normal(0, 0.01, SAMPLE_RATE).astype(np.float32)
    heard = await ear.transcribe(pcm, language="fr", hotwords=["Docteur Le Guellec"])
    assert heard.language == "fr"


async def test_a_transcript_says_how_long_and_how_sure(ear: Ear) -> None:
    heard = await ear.transcribe(np.zeros(SAMPLE_RATE, np.float32), language="en")
    assert heard.audio_seconds == 1.0
    assert heard.took_seconds >= 0
    assert heard.confidence <= 0


async def test_a_language_that_is_not_heard_is_an_error_of_the_house(ear: Ear) -> None:
    loud = np.random.default_rng(2).normal(0, 0.2, SAMPLE_RATE).astype(np.float32)
    with pytest.raises(AsrError):
        await ear.transcribe(loud, language="tlh")


async def test_it_serves_many_tasks_at_once_and_warms(ear: Ear) -> None:
    await ear.warm()
    pcm = np.zeros(SAMPLE_RATE // 2, np.float32)
    heard = await asyncio.gather(*(ear.transcribe(pcm, language="fr") for _ in range(4)))
    assert len(heard) == 4


async def test_an_ear_that_is_not_in_the_registry_is_named_with_those_that_are() -> None:
    with pytest.raises(BadInput, match="whispering") as refused:
        open_ear(chosen("whispering"))
    assert all(engine in refused.value.hint for engine in ENGINES)
