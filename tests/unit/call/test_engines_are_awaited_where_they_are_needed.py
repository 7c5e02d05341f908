"""Engines that are being loaded: nothing waits for one that it does not need; who does is told where it never comes."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import replace

import numpy as np
import pytest

from ari_app.desk.coming import LOADING, Coming
from asr.base import AsrError, Ear
from llm.base import Capabilities, Mind
from store.base.settings import Settings, settings
from tests.scripted_engines import NoMind, ScriptedEar, openers_of, scripted_parts

NOTHING = np.zeros(1600, np.float32)


class Large(NoMind):
    """It leads, and reads ahead."""

    engine, model, leads, capabilities = "large", "m", True, Capabilities(prefix_reuse=True)


class Slow:
    """Opens engines when the test lets it."""

    def __init__(self) -> None:
        self.ear, self.mind = threading.Event(), threading.Event()

    def open_ear(self, of: Settings) -> Ear:
        assert self.ear.wait(30)
        heard = ScriptedEar()
        heard.text = "Bonjour."
        return heard

    def open_mind(self, of: Settings) -> Mind:
        assert self.mind.wait(30)
        return Large()

    def coming(self) -> Coming:
        known = openers_of(scripted_parts(ScriptedEar()))
        return Coming(settings(), replace(known, ear=self.open_ear, mind=self.open_mind))


async def test_what_is_said_before_the_ear_is_there_is_heard_then() -> None:
    slow = Slow()
    coming = slow.coming()
    loading = asyncio.create_task(coming.load())
    hearing = asyncio.create_task(coming.parts.ear.transcribe(NOTHING, language="fr"))
    assert await coming.parts.voice("fr", "").say("Oui."), "the voice waits for nobody"
    assert not coming.parts.hearing.is_set()
    assert coming.parts.ear.engine == LOADING
    slow.ear.set()
    assert (await hearing).text == "Bonjour."
    await coming.parts.hearing.wait()
    assert coming.parts.ear.engine == "scripted"
    assert not coming.there, "the mind is not"
    slow.mind.set()
    await loading
    assert coming.there
    mind = coming.parts.mind
    assert (mind.engine, mind.leads, mind.capabilities) == ("large", True, Large.capabilities)
    assert await mind.complete([], slot="a") == ""


async def test_a_call_that_is_over_waits_for_no_mind() -> None:
    coming = Slow().coming()
    await coming.parts.mind.release("a")
    await coming.close()


async def test_an_engine_that_never_comes_says_why_to_whoever_waits() -> None:
    def missing(of: Settings) -> Ear:
        raise AsrError("no such model", hint="decroche models pull")

    coming = Coming(settings(), replace(openers_of(scripted_parts(ScriptedEar())), ear=missing))
    hearing = asyncio.create_task(coming.parts.ear.transcribe(NOTHING, language="fr"))
    with pytest.raises(AsrError, match="no such model"):
        await coming.load()
    with pytest.raises(AsrError, match="no such model"):
        await hearing
    await coming.parts.hearing.wait()
    assert not coming.there
