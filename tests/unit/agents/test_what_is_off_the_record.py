"""A caller wants something off the record, and on it again: heard at every step, and never taken for a refusal."""

from __future__ import annotations

import pytest

from tests.unit.agents.conftest import Caller


@pytest.mark.parametrize(
    "said",
    [
        "N'enregistrez pas ce que je vais vous dire.",
        "S'il vous plaît, n'enregistrez pas ça.",
        "Coupez l'enregistrement un instant.",
        "Mettez en pause l'enregistrement.",
    ],
)
async def test_it_is_paused_and_the_caller_waited_for(dentist: Caller, said: str) -> None:
    await dentist.says("Je voudrais un rendez-vous.")
    reply = await dentist.says(said)
    assert "n'est pas conservé" in reply
    assert dentist.acts[0].args == {"paused": True}
    assert dentist.talk.state.patient
    reply = await dentist.says("C'est bon, vous pouvez reprendre.")
    assert dentist.acts[0].args == {"paused": False}
    assert "jour" in reply or "quand" in reply.lower(), "what was pending is asked again"


@pytest.mark.parametrize("said", ["Je ne veux pas être enregistré.", "Arrêtez l'enregistrement."])
async def test_a_refusal_stays_one(dentist: Caller, said: str) -> None:
    await dentist.says(said)
    assert dentist.acts[0].args == {"allowed": False}


async def test_in_english_too() -> None:
    caller = Caller("dental.en.yaml")
    assert "not kept" in await caller.says("Please don't record what I am going to say.")
    await caller.says("OK, you can record again.")
    assert caller.acts[0].args == {"paused": False}
    await caller.says("I do not want to be recorded.")
    assert caller.acts[0].args == {"allowed": False}
