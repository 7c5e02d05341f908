"""Outbound: compliance first, then a conversation, or an outcome with its name."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from ari_app.softphone.phone import NoCall
from compliance.ledgers.ledger import oppose
from store.base.errors import DecrocheError
from tests.acceptance.calls.house import Answer, House, now, together
from tests.actors import OPERATOR

pytestmark = pytest.mark.timeout(240)

OPT_OUT = "Retirez mon numéro de votre liste."
COMING = (
    Answer(r"en ligne avec", "Oui, c'est bien ça."),
    Answer(r"serez-vous", "Oui, bien sûr, je serai présente."),
)


def visit() -> dict[str, str]:
    return {"patient": "Claire Martin", "date": f"{now() + timedelta(days=2):%Y-%m-%d}", "heure": "14:30"}


def ordered(house: House, name: str, **pick_up: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """The order's answer and the stored call, of somebody who picks up (or not) so."""
    since, number = now(), house.number(name)
    with house.phone(name) as phone, together() as start:
        called = start(phone.wait_for_call, **pick_up)
        answer = house.place(number, variables=visit())
        called.result()
    return answer, house.cdr(number, since)


@pytest.fixture(scope="module")
def confirmed(house: House) -> tuple[dict[str, Any], dict[str, Any]]:
    return ordered(house, "caller7", script=house.talk("caller7", COMING), ring_ms=600)


def test_a_reminder_is_confirmed_by_who_picks_up(confirmed: tuple[dict[str, Any], dict[str, Any]]) -> None:
    _, facts = confirmed
    assert (facts["direction"], facts["outcome"], facts["hangup_side"]) == ("outbound", "answered", "agent")
    assert "confirmé" in facts["turns"][-1]["text"]


def test_the_decision_that_allowed_it_is_kept_with_the_call(confirmed: tuple[dict[str, Any], dict[str, Any]]) -> None:
    answer, facts = confirmed
    assert facts["decision"]["allowed"]
    assert facts["decision"]["id"] == answer["decision"]["id"]


def test_an_outbound_call_costs_its_connection_and_its_seconds(
    confirmed: tuple[dict[str, Any], dict[str, Any]],
) -> None:
    charge = confirmed[1]["charge"]
    price = Decimal("0.02") + Decimal(charge["billed_seconds"]) * Decimal("0.12") / 60
    assert abs(Decimal(str(charge["amount"])) - price) <= Decimal("0.0001")


@pytest.mark.parametrize(
    ("pick_up", "outcome"),
    [
        ({"decline": "486 Busy Here"}, "busy"),
        ({"decline": "603 Decline"}, "refused"),
        ({"ring_ms": 60_000}, "no_answer"),
    ],
    ids=["busy", "declined", "unanswered"],
)
def test_a_call_nobody_takes_has_a_named_outcome_and_costs_nothing(
    house: House, pick_up: dict[str, Any], outcome: str
) -> None:
    _, facts = ordered(house, "caller8", **pick_up)
    assert (facts["outcome"], facts["answered_at"]) == (outcome, None)
    assert facts["charge"] is None or Decimal(str(facts["charge"]["amount"])) == 0


def test_a_call_the_law_forbids_rings_nobody_and_its_decision_is_kept(house: House) -> None:
    number = house.number("caller9")
    with house.database() as db:
        oppose(db, house.tenant, number, "import", None, now(), by=OPERATOR)
    with house.phone("caller9") as phone:
        answer = house.place(number, variables=visit(), purpose="contract")
        with pytest.raises(NoCall):
            phone.wait_for_call(timeout=2)
    with house.database() as db, db.operator() as conn:
        row = conn.execute(
            "SELECT allowed FROM compliance.decisions WHERE id = %s", (answer["decision"]["id"],)
        ).fetchone()
    assert not answer["placed"]
    assert "opposed" in answer["decision"]["reasons"]
    assert row == {"allowed": False}


def test_an_agent_not_made_to_canvass_cannot_be_ordered_to(house: House) -> None:
    with pytest.raises(DecrocheError, match="cannot canvass"):
        house.place(house.number("caller9"), variables=visit(), purpose="canvassing")


def test_who_asks_not_to_be_called_again_is_not(house: House) -> None:
    asking = house.talk("caller10", (Answer(r"en ligne avec", OPT_OUT),))
    _, facts = ordered(house, "caller10", script=asking, ring_ms=600)
    assert "opt_out" in [action["name"] for action in facts["actions"]]
    again = house.place(house.number("caller10"), variables=visit(), purpose="contract")
    assert not again["placed"]
    assert any("oppos" in reason for reason in again["decision"]["reasons"])
