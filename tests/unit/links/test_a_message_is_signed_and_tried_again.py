"""Web hooks: signatures that receivers' own library believes, what a message says, when it is tried again. Pure."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from portal.links.hooks import retrying, signing
from portal.links.hooks.kinds import KINDS, TEST, body, message_id, wanted
from portal.links.hooks.retrying import LONGEST, PAUSES, TRIES, Verdict, after, before
from store.base.errors import BadInput

NOW = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
SITE = "https://espace.example.fr/"
CALL = UUID("01a21ef0-c53c-73c6-b7e4-9b8f414a3a9d")


def test_the_specifications_own_example_is_signed_alike() -> None:
    """standard-webhooks.md, its example of a symmetric signature."""
    key = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    at = datetime.fromtimestamp(1614265330, UTC)
    signed = signing.signature(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", at, b'{"test": 2432232314}')
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@given(st.binary(max_size=200), st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=2, unique=True))
def test_the_receivers_library_believes_each_key_that_signs_and_no_other(content: bytes, keys: list[bytes]) -> None:
    now = datetime.now(UTC)
    told = json.dumps({"data": content.hex()}).encode()
    headers = signing.headers(message_id(CALL), now, told, keys)
    for key in keys:
        assert Webhook(signing.spoken(key)).verify(told, headers) == json.loads(told)
    other = bytes(byte ^ 1 for byte in keys[-1])
    for key, said, shown in (
        (other, told, headers),
        (keys[0], told + b" ", headers),
        (keys[0], told, headers | {"webhook-id": "msg_other"}),
        (keys[0], told, headers | {"webhook-timestamp": str(int(now.timestamp()) - 1)}),
    ):
        if other in keys and key == other:
            continue
        with pytest.raises(WebhookVerificationError):
            Webhook(signing.spoken(key)).verify(said, shown)


def test_an_old_message_is_not_believed() -> None:
    key, then = bytes(32), datetime.now(UTC) - timedelta(minutes=6)
    with pytest.raises(WebhookVerificationError):
        Webhook(signing.spoken(key)).verify(b"{}", signing.headers("msg_1", then, b"{}", [key]))


@pytest.mark.parametrize("kind", [*KINDS, TEST])
def test_a_message_holds_ids_instants_and_addresses_and_nothing_else(kind: str) -> None:
    told = json.loads(body(kind, "cabinet@3" if kind.startswith("agent") else str(CALL), NOW, SITE))
    assert set(told) == {"type", "timestamp", "data"}
    assert (told["type"], told["timestamp"]) == (kind, "2026-11-27T09:00:00.000Z")
    assert set(told["data"]) <= {"id", "page", "api"}
    for where in ("page", "api"):
        assert told["data"].get(where, SITE).startswith("https://espace.example.fr/")


def test_a_message_leads_to_the_page_and_the_resource() -> None:
    assert json.loads(body("call.ended", str(CALL), NOW, SITE))["data"] == {
        "id": str(CALL),
        "page": f"https://espace.example.fr/appels/{CALL}",
        "api": f"https://espace.example.fr/api/v1/calls/{CALL}",
    }
    agent = json.loads(body("agent.published", "cabinet-du-parc@3", NOW, SITE))["data"]
    assert agent["page"] == "https://espace.example.fr/agents/cabinet-du-parc/versions/3"


def test_a_subject_is_no_path() -> None:
    told = json.loads(body("invoice.issued", "../../x?y#z", NOW, SITE))["data"]
    assert told["api"] == "https://espace.example.fr/api/v1/invoices/..%2F..%2Fx%3Fy%23z"


def test_a_message_id_has_no_full_stop() -> None:
    assert message_id(CALL) == "msg_01a21ef0c53c73c6b7e49b8f414a3a9d"


def test_events_are_named_and_no_name_is_all() -> None:
    assert wanted([]) == list(KINDS)
    assert wanted(["message.left", "call.ended", "call.ended"]) == ["call.ended", "message.left"]
    with pytest.raises(BadInput, match=r"event call\.eaten is none|event 'call.eaten' is none"):
        wanted(["call.eaten"])


# -- trying again


def test_ten_tries_take_nearly_three_days_and_pauses_grow() -> None:
    assert TRIES == 10
    assert list(PAUSES) == sorted(PAUSES)
    assert timedelta(days=2, hours=20) < sum(PAUSES, timedelta()) <= LONGEST


def failed(tries: int, now: datetime = NOW, status: int | None = 500, took_at: datetime | None = None) -> Verdict:
    return after(status, tries, NOW, now, faults=1, took_at=took_at)


@pytest.mark.parametrize("status", [None, 100, 301, 302, 304, 400, 404, 429, 500, 503])
def test_whatever_is_not_2xx_is_tried_again_a_redirect_too(status: int | None) -> None:
    assert failed(1, status=status) == Verdict("waiting", NOW + PAUSES[0])


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_2xx_is_taken(status: int) -> None:
    assert failed(1, status=status) == Verdict("delivered")


def test_the_last_try_disables_an_endpoint_that_took_nothing_since() -> None:
    assert failed(9).state == "waiting"
    assert failed(10) == Verdict("failed", disable="away")
    assert failed(1, NOW + LONGEST) == Verdict("failed", disable="away")
    assert failed(10, took_at=NOW - timedelta(seconds=1)).disable == "away"
    assert failed(10, took_at=NOW + timedelta(hours=1)) == Verdict("failed")


def test_who_is_gone_is_asked_no_more() -> None:
    assert failed(1, status=410) == Verdict("failed", disable="gone")


def test_a_test_has_one_try_and_disables_nobody() -> None:
    for status in (None, 410, 500):
        assert after(status, 1, NOW, NOW + LONGEST, faults=9, took_at=None, test=True) == Verdict("failed")


@given(st.integers(1, 10_000))
def test_a_rest_grows_and_is_never_longer_than_an_hour(faults: int) -> None:
    assert timedelta(seconds=5) <= retrying.rest(faults) <= retrying.rest(faults + 1) <= timedelta(hours=1)


def test_a_message_for_one_that_rests_waits_without_a_try() -> None:
    rests = NOW + timedelta(minutes=3)
    assert before(NOW, NOW, disabled=False, rests_until=None, took_at=None) is None
    assert before(NOW, rests, disabled=False, rests_until=rests, took_at=None) is None
    assert before(NOW, NOW, disabled=False, rests_until=rests, took_at=None) == Verdict("waiting", rests)
    assert before(NOW, NOW, disabled=True, rests_until=None, took_at=NOW) == Verdict("failed")
    old = NOW - LONGEST
    assert before(old, NOW, disabled=False, rests_until=rests, took_at=None) == Verdict("failed", disable="away")
    assert before(old, NOW, disabled=False, rests_until=rests, took_at=NOW) == Verdict("failed")
