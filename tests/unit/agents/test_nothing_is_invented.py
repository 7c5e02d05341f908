"""What the model phrases is spoken only if the facts it was given hold it; else the fact is said as written."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest

from agents.grounding import echoed, ungrounded, without_answer
from agents.pace import SPARED, Pace
from llm.base import Message, Mind
from tests.unit.agents.conftest import Caller

INFO = (
    "Blanchiment au cabinet : deux séances d'une heure, 390 euros en tout, non remboursé. "
    "Un examen est nécessaire avant."
)


class Speaks(Mind):
    """A mind that says this: the device's edge, scripted."""

    engine, model = "script", "script"

    def __init__(self, *pieces: str) -> None:
        self.pieces = pieces

    async def stream(self, messages: Sequence[Message], *, slot: str, **_: Any) -> AsyncIterator[str]:  # type: ignore[override]
        for piece in self.pieces if slot.endswith("/answer") else ('ask_whitening"}',):
            yield piece

    async def prime(self, messages: Sequence[Message], *, slot: str) -> None:
        return

    async def release(self, slot: str) -> None:
        return


@pytest.mark.parametrize(
    "clause",
    ["Cela prend deux séances d'une heure.", "Le blanchiment coûte 390 euros en tout.",
     "C'est trois cent quatre-vingt-dix euros.", "Il faut d'abord un examen."],
)  # fmt: skip
def test_what_the_facts_hold_may_be_said(clause: str) -> None:
    assert ungrounded(clause, [INFO], "fr") == []


@pytest.mark.parametrize(
    ("clause", "made_up"),
    [("Cela coûte 290 euros.", "290"), ("Nous le faisons le jeudi.", "jeudi"),
     ("C'est possible en mars, 390 euros.", "mars"),
     ("Le blanchiment est fait par le docteur Morel.", "Morel"), ("Il faut 3 séances.", "3")],
)  # fmt: skip
def test_what_they_do_not_hold_is_found(clause: str, made_up: str) -> None:
    assert made_up in ungrounded(clause, [INFO], "fr")


def test_a_yes_or_no_that_no_fact_gives_is_left_out() -> None:
    assert without_answer("Oui, le blanchiment coûte 390 euros.", [INFO], "fr") == "Le blanchiment coûte 390 euros."
    assert without_answer("Oui, c'est remboursé.", ["Oui, tout est remboursé."], "fr") == "Oui, c'est remboursé."


def test_the_callers_own_words_are_no_answer() -> None:
    assert echoed(
        "Le barquage est fait ici.", "le barquage contre les voleurs vous le faites", ["Marquage : 10 euros."]
    )
    assert not echoed("Le marquage coûte 10 euros.", "le marquage vous le faites", ["Marquage : 10 euros."])


class Late(Speaks):
    """A mind whose answers never come, and which counts how often one was asked for."""

    asked = 0

    async def stream(self, messages: Sequence[Message], *, slot: str, **_: Any) -> AsyncIterator[str]:  # type: ignore[override]
        if not slot.endswith("/answer"):
            yield 'ask_whitening"}'
            return
        self.asked += 1
        await asyncio.Event().wait()
        yield "Jamais."


async def test_an_answer_that_is_late_is_said_as_written_and_the_model_not_asked_again_in_this_call() -> None:
    late = Late()
    caller = Caller("dental.fr.yaml", late, phrase_seconds=0.01)
    for _ in range(2):
        assert INFO in await caller.says("Combien coûte le blanchiment ?")
        assert caller.source == "fact"
    assert late.asked == 1


def test_a_model_found_too_slow_is_tried_again_after_fifty_answers() -> None:
    pace = Pace()
    assert pace.asked()
    pace.late()
    assert [pace.asked() for _ in range(SPARED + 1)] == [False] * SPARED + [True]
    assert pace.asked()


async def test_what_one_call_learnt_of_the_models_pace_the_next_one_knows() -> None:
    late, pace = Late(), Pace()
    for _ in range(2):
        caller = Caller("dental.fr.yaml", late, phrase_seconds=0.01, pace=pace)
        assert INFO in await caller.says("Combien coûte le blanchiment ?")
    assert late.asked == 1


async def test_a_made_up_price_is_never_heard_and_the_fact_is_said_as_written() -> None:
    caller = Caller("dental.fr.yaml", Speaks("Le blanchiment coûte ", "290 euros.", " Venez le jeudi."))
    said = await caller.says("Combien coûte le blanchiment ?")
    assert "290" not in said
    assert "jeudi" not in said
    assert INFO in said


async def test_a_clause_that_stands_is_said_as_it_is_made() -> None:
    caller = Caller("dental.fr.yaml", Speaks("Le blanchiment coûte ", "390 euros en tout."))
    said = await caller.says("Combien coûte le blanchiment ?")
    assert "Le blanchiment coûte 390 euros en tout." in said
    assert INFO not in said
