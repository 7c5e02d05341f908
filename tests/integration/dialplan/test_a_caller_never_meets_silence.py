"""Calls by a softphone to a real Asterisk whose application is away: who hears what."""

from __future__ import annotations

from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor

import pytest

from ari_app.softphone.phone import SoftPhone
from ari_app.softphone.script import Manners
from ari_app.softphone.signalling import SipRefused
from asterisk_conf.server import Asterisk

AGENT, WITH_FALLBACK, UNKNOWN = "+33162009901", "+33162009902", "+33162009999"


@pytest.fixture
def caller(asterisk: Asterisk) -> Generator[SoftPhone]:
    """A registered phone of the demonstration."""
    with SoftPhone.of(asterisk.config, "caller1", manners=Manners(farewell=60_000, patience=60_000)) as phone:
        yield phone


def test_with_the_application_away_a_message_is_heard(asterisk: Asterisk, caller: SoftPhone) -> None:
    asterisk.publish_number(AGENT)
    report = caller.call(AGENT, max_seconds=30)
    assert (report.answered, report.announced) == (False, True), "heard, and free"
    assert report.agent_voice[0].from_ms < 2000
    assert sum(span.to_ms - span.from_ms for span in report.agent_voice) > 5000
    assert report.ended_by == "them"


def test_with_the_application_away_the_fallback_is_rung(asterisk: Asterisk, caller: SoftPhone) -> None:
    asterisk.publish_number(WITH_FALLBACK, "+33199000001")
    with SoftPhone.of(asterisk.config, "secretary") as secretary, ThreadPoolExecutor(1) as pool:
        answered = pool.submit(secretary.wait_for_call, timeout=20, max_seconds=1)
        report = caller.call("0162009902", max_seconds=10)
        assert answered.result(20).answered
    assert report.answered


def test_a_fallback_that_is_busy_gives_way_to_the_message(asterisk: Asterisk, caller: SoftPhone) -> None:
    asterisk.publish_number(WITH_FALLBACK, "+33199000001")
    with SoftPhone.of(asterisk.config, "secretary") as secretary, ThreadPoolExecutor(1) as pool:
        pool.submit(secretary.wait_for_call, timeout=20, decline="486 Busy Here")
        report = caller.call(WITH_FALLBACK, max_seconds=5)
    assert report.announced
    assert report.agent_voice


def test_a_number_nobody_has_is_announced_free_of_charge_and_refused_as_not_found(caller: SoftPhone) -> None:
    report = caller.call(UNKNOWN, max_seconds=20)
    assert not report.answered
    assert report.announced
    assert report.status == 404


def test_a_premium_number_is_refused_as_forbidden(caller: SoftPhone) -> None:
    report = caller.call("0899123456", max_seconds=20)
    assert not report.answered
    assert report.announced
    assert report.status == 403


@pytest.mark.parametrize("number", ["112", "3114", "+33115", "003315"])
def test_an_emergency_call_hears_what_to_do_and_never_enters_the_application(
    asterisk: Asterisk, caller: SoftPhone, number: str
) -> None:
    before = asterisk.log.read_text().count("Stasis app")  # what Asterisk logs when one enters an absent application
    report = caller.call(number, max_seconds=2)
    assert report.answered
    assert report.first_voice_ms is not None
    assert asterisk.log.read_text().count("Stasis app") == before


def test_a_phone_that_knows_its_password_is_registered(asterisk: Asterisk, caller: SoftPhone) -> None:
    assert "caller1" in asterisk.command("pjsip show contacts")


def test_a_wrong_password_is_refused(asterisk: Asterisk) -> None:
    phone = SoftPhone("127.0.0.1", "caller2", "wrong", port=asterisk.config.asterisk.sip_port)
    with pytest.raises(SipRefused, match="401"), phone:
        pass
