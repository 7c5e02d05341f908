"""The maps that come with the house, against what Dolibarr and Odoo answer: who calls, and what is left there."""

from __future__ import annotations

from collections.abc import Generator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from portal.links.crm import facts, writing
from portal.links.crm.asking import Crm as Ours
from portal.links.crm.asking import CrmFailed
from portal.links.crm.reading import SHIPPED, loads, shipped, text_of
from portal.links.crm.writing import Left, Outcome
from store.analyses import Kept
from store.base.outward import OutwardRefused
from store.bookings import Booking
from store.calls import Cdr
from tests.integration.links.crm import Crm, recorded, serving

NUMBER = "+33612345678"
CALL, BOOKING = UUID("11111111-1111-7111-8111-111111111111"), UUID("22222222-2222-7222-8222-222222222222")
AT = datetime(2026, 11, 27, 9, 40, tzinfo=UTC)
PATHS = {"dolibarr": "/api/index.php"}
SETTINGS = {
    "dolibarr": {"user": "3"},
    "odoo": {"database": "cabinet"},
    "odoo-jsonrpc": {"database": "cabinet", "user": "3"},
}
SAID = Kept(CALL, "made", summary="Mme Martin veut un détartrage.", tags=["rdv"])


@pytest.fixture
def there() -> Generator[Crm]:
    with serving() as crm:
        yield crm


def ours(there: Crm, name: str, *, allowed: tuple[str, ...] = ("127.0.0.1:*",)) -> Ours:
    the_map = loads(text_of(SHIPPED / f"{name}.yaml"))
    return Ours(the_map, there.url + PATHS.get(name, ""), "k3y", SETTINGS[name], allowed)


def a_call() -> Left:
    end = AT + timedelta(minutes=2)
    cdr = Cdr(
        CALL, UUID(int=1), "inbound", NUMBER, "+33162001234", AT, end, 16, "caller", "answered", answered_at=AT,
        agent="accueil",
    )  # fmt: skip
    told = facts.of_call(cdr, SAID, "Europe/Paris", "https://portail.example.fr/")
    return Left("call", CALL, NUMBER, "Claire Martin", told)


def an_appointment(*, cancelled: bool = False) -> Left:
    starts = datetime(2026, 12, 1, 9, tzinfo=UTC)
    booking = Booking(
        BOOKING, UUID(int=1), CALL, "accueil", "Claire Martin", NUMBER, starts, starts + timedelta(minutes=30),
        "détartrage", "cancelled" if cancelled else "booked", AT,
    )  # fmt: skip
    return Left("booking", BOOKING, NUMBER, booking.name, facts.of_booking(booking, "Europe/Paris"), cancelled)


def play(there: Crm, name: str, what: str) -> list[dict[str, Any]]:
    steps = recorded(name)[what]
    there.answers = [(step["status"], step["answer"]) for step in steps]
    return steps


def check(there: Crm, name: str, steps: list[dict[str, Any]]) -> None:
    """It was asked this and nothing else, with its key."""
    assert [(asked.what, asked.query, asked.json) for asked in there.asked] == [
        (step["asked"], step.get("query", {}), step.get("json")) for step in steps
    ]
    for header in recorded(name)["secret"]:
        assert {asked.headers[header["header"]] for asked in there.asked} == {header["value"]}


@pytest.mark.parametrize("name", shipped())
def test_who_calls_is_known_by_the_number(there: Crm, name: str) -> None:
    steps = play(there, name, "look_up")
    found = ours(there, name).look_up(NUMBER)
    check(there, name, steps)
    assert found
    assert found.name == "Claire Martin"
    assert dict(found.variables) == {"client": "Claire Martin", "societe": "Cabinet Martin"}


@pytest.mark.parametrize("name", shipped())
def test_whom_nobody_has_is_nobody(there: Crm, name: str) -> None:
    steps = play(there, name, "nobody")
    assert ours(there, name).look_up(NUMBER) is None
    check(there, name, steps)


def test_dolibarr_knows_a_company_too(there: Crm) -> None:
    steps = play(there, "dolibarr", "look_up_company")
    found = ours(there, "dolibarr").look_up(NUMBER)
    check(there, "dolibarr", steps)
    assert found
    assert (found.name, dict(found.also)) == ("Cabinet Martin", {"company": "7"})


@pytest.mark.parametrize("name", shipped())
@pytest.mark.parametrize(
    ("what", "state"),
    [("call", "written"), ("call_again", "written"), ("call_of_somebody_new", "written"), ("booking", "written"),
     ("booking_cancelled", "cancelled")],
)  # fmt: skip
def test_what_is_left_is_written_once(there: Crm, name: str, what: str, state: str) -> None:
    steps = play(there, name, what)
    left = a_call() if what.startswith("call") else an_appointment(cancelled=what.endswith("cancelled"))
    done = writing.write(ours(there, name), left)
    check(there, name, steps)
    assert done.state == state
    keys = {asked.headers.get("idempotency-key") for asked in there.asked if asked.what.startswith("POST")}
    assert keys <= {None, f"decroche-{left.what}-{left.about}"}


def test_who_withholds_their_number_is_not_looked_up(there: Crm) -> None:
    there.answers = [(500, None)]
    left = Left("call", CALL, "", "Claire Martin", a_call().facts)
    assert writing.write(ours(there, "odoo"), left) == Outcome("skipped", "the number was withheld")
    assert there.asked == []


@pytest.mark.parametrize(
    ("status", "answer", "name"),
    [(401, {}, "dolibarr"), (500, {}, "odoo"), (200, {"error": {"code": 200}}, "odoo-jsonrpc"), (302, {}, "odoo")],
)
def test_what_a_crm_refuses_is_an_error_that_says_what_to_do(there: Crm, status: int, answer: Any, name: str) -> None:
    there.answers = [(status, answer)]
    with pytest.raises(CrmFailed) as caught:
        ours(there, name).look_up(NUMBER)
    assert caught.value.hint
    assert "k3y" not in str(caught.value)


def test_a_crm_in_a_private_network_is_not_asked(there: Crm) -> None:
    with pytest.raises(OutwardRefused):
        ours(there, "dolibarr", allowed=()).look_up(NUMBER)
    assert there.asked == []
