"""Attended transfers on a real Asterisk: what the person hears and does, what the caller hears, what is left."""

from __future__ import annotations

import time
from collections.abc import Generator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from ari_app.softphone.phone import SoftPhone
from ari_app.softphone.report import CallReport
from ari_app.softphone.script import Utterance
from tests.acceptance.calls.house import Signal, eventually, now, talk, together
from tests.acceptance.faults.conftest import Caller, ScriptedHouse
from tests.acceptance.transfers.conftest import NUMBER

pytestmark = pytest.mark.timeout(200)

SILENCE_MS = 1_500
"""A caller never hears nothing for longer."""

NOISE = (np.random.default_rng(7).uniform(-0.4, 0.4, 8000) * 32767).astype(np.int16)
ONE, TWO, WORDS = Utterance(digits="1"), Utterance(digits="2"), Utterance(NOISE)
"""The ear hears in the noise what the house's script says."""


@dataclass
class Two:
    """A caller who asked for a person, and the secretary."""

    house: ScriptedHouse
    since: datetime
    number: str
    caller: SoftPhone
    secretary: SoftPhone
    words: Caller
    phone: Signal
    calling: Future[CallReport]
    answering: Future[CallReport]

    def joined(self) -> None:
        """Until the two have talked for a while."""
        channels = "core show channels concise"
        eventually("a person who took the call", lambda: self.house.asterisk.command(channels).count("decroche-consult")
                   and "!Stasis!" not in self.house.asterisk.command(channels))  # fmt: skip
        time.sleep(2.0)  # they talk

    def facts(self) -> dict[str, Any]:
        """The call as it was stored."""
        return self.house.cdr(self.number, self.since)


@contextmanager
def two(house: ScriptedHouse, name: str, *does: Utterance, decline: str = "", picks_up: bool = True) -> Generator[Two]:
    """The secretary `does` these in turn, each once what they hear has paused."""
    since, number, first, second, rang = now(), house.number(name), Caller(), Caller(list(does)), Signal()

    def answer(phone: SoftPhone) -> CallReport:
        return phone.wait_for_call(second, timeout=90, max_seconds=80, decline=decline) if picks_up else CallReport("")

    with (
        house.phone("secretary", on_event=rang) as secretary, house.phone(name) as caller, together() as start,
    ):  # fmt: skip
        answering, calling = start(answer, secretary), start(caller.call, NUMBER, first, max_seconds=90)
        try:
            house.await_turn(number, "Que puis-je")
            first.say()
            house.await_turn(number, "peut vous répondre, ne quittez pas")
            yield Two(house, since, number, caller, secretary, second, rang, calling, answering)
        finally:
            caller.leave()
            secretary.leave()
            first.hang_up()
            second.hang_up()


def transfer(facts: dict[str, Any]) -> dict[str, Any]:
    """The transfer among what was done."""
    (done,) = [action for action in facts["actions"] if action["name"] == "transfer"]
    return done


def never_silent(report: CallReport, facts: dict[str, Any]) -> None:
    """From the agent's "please hold" to the end of the last thing that is heard, the caller always hears something."""
    began = transfer(facts)["at_ms"] - 2_000
    heard = [span for span in report.agent_voice if span.to_ms >= began]
    gaps = [(round(one.to_ms), round(two.from_ms - one.to_ms)) for one, two in pairwise(heard)]
    assert heard, "something is heard"
    assert all(gap <= SILENCE_MS for _, gap in gaps), f"{gaps}\n{talk(facts)}"


def test_a_call_is_taken_by_key_and_the_two_are_joined(house: ScriptedHouse) -> None:
    with two(house, "caller1", ONE, WORDS) as call:
        call.phone.wait("speaking")
        call.joined()
        call.secretary.leave()
        told, report = call.answering.result(), call.calling.result()
    facts = call.facts()
    assert transfer(facts)["result"]["outcome"] == "answered"
    assert facts["legs"][1]["outcome"] == "answered"
    assert facts["legs"][1]["charge"]["status"] in ("rated", "unrated")
    assert told.agent_voice, "the person was told who calls"
    never_silent(report, facts)


def test_a_call_is_taken_by_saying_yes(house: ScriptedHouse) -> None:
    with two(house, "caller2", WORDS) as call:
        call.phone.wait("answered")
        house.engines(text="Oui.")
        call.phone.wait("spoke")
        call.joined()
        call.secretary.leave()
        call.answering.result()
        call.calling.result()
    result = transfer(call.facts())["result"]
    assert (result["outcome"], result["why"]) == ("answered", "by word")


def test_who_is_refused_is_told_so_and_offered_a_message(house: ScriptedHouse) -> None:
    with two(house, "caller3", TWO) as call:
        house.await_turn(call.number, "ne peut pas être pris")
        told = call.answering.result()
        house.await_turn(call.number, "message")
        call.caller.leave()
        report = call.calling.result()
    facts = call.facts()
    assert transfer(facts)["result"]["outcome"] == "refused"
    leg = facts["legs"][1]
    assert leg["outcome"] == "refused"
    assert leg["answered_at"] is not None, "they picked up, and that is paid for"
    assert told.ended_by == "them"
    never_silent(report, facts)


def test_nobody_who_answers_leaves_the_caller_with_the_agent(house: ScriptedHouse) -> None:
    with two(house, "caller4", picks_up=False) as call:
        house.await_turn(call.number, "joindre")
        house.await_turn(call.number, "message")
        call.caller.leave()
        report = call.calling.result()
    facts = call.facts()
    assert transfer(facts)["result"]["outcome"] == "no_answer"
    assert (facts["legs"][1]["outcome"], facts["legs"][1]["answered_at"]) == ("no_answer", None)
    never_silent(report, facts)


def test_a_busy_person_leaves_the_caller_with_the_agent(house: ScriptedHouse) -> None:
    with two(house, "caller5", decline="486 Busy Here") as call:
        house.await_turn(call.number, "joindre")
        call.caller.leave()
        call.calling.result()
    assert transfer(call.facts())["result"]["outcome"] == "busy"


def test_a_caller_who_hangs_up_meanwhile_is_told_of_and_the_person_released(house: ScriptedHouse) -> None:
    with two(house, "caller6") as call:
        call.phone.wait("voice_began")
        call.caller.leave()
        report, told = call.calling.result(), call.answering.result()
    facts = call.facts()
    assert transfer(facts)["result"]["outcome"] == "abandoned"
    assert told.ended_by == "them"
    answered, ended = (datetime.fromisoformat(facts[name]) for name in ("answered_at", "ended_at"))
    assert (ended - answered).total_seconds() == pytest.approx(report.duration_ms / 1000, abs=1.5)
    leg = facts["legs"][1]
    assert leg["outcome"] == "abandoned"
    assert datetime.fromisoformat(leg["ended_at"]) > ended, "the person was spoken to after it"


def test_both_are_looked_after_when_the_service_dies_in_the_briefing(house: ScriptedHouse) -> None:
    with two(house, "caller7") as call:
        call.phone.wait("voice_began")
        house.kill_service()
        house.start()
        house.await_turn(call.number, "coupés un instant")
        told = call.answering.result()
        call.caller.leave()
        call.calling.result()
    assert told.ended_by == "them"
    facts = call.facts()
    assert len(house.cdrs(call.number, call.since)) == 1
    assert facts["outcome"] == "answered"
