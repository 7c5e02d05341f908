"""An order and its agent's file become one question for compliance; what the file does not allow is not asked."""

from __future__ import annotations

import pytest

from agents.loading import loads
from ari_app.desk.lawful import WrongPurpose, asked
from ari_app.desk.office_types import Answerable, CallOrder
from compliance.ledgers.ledger import Request
from store.base.ids import new_id

SECRETARY = """id: test
name: Test
language: fr
direction: outbound
company: {name: Toit Vert}
greeting: Bonjour, {company}.
disclosure: Je suis une intelligence artificielle.
scenario:
  start: z
  steps:
    - id: z
      end: true
"""
CANVASSER = (
    SECRETARY + "purpose: canvassing\ngoods: assurance auto\n"
    "commercial_notice: C'est un appel commercial. Pour ne plus être appelé, rappelez ce numéro.\n"
)
FOR_ANOTHER = CANVASSER.replace("{name: Toit Vert}", "{name: Solar Plus, on_behalf_of: Toit Vert}").replace(
    "Bonjour, {company}.", "Bonjour, {company} pour {on_behalf_of}."
)


def question(text: str, **order: object) -> Request:
    who = Answerable(new_id(), "toit", "+33162001234", loads(text).agent, "test", 1, "Europe/Paris")
    return asked(who, new_id(), "+33612345678", CallOrder("toit", "test", "+33612345678", **order))  # type: ignore[arg-type]


def test_the_consent_must_be_to_what_the_agent_calls_about() -> None:
    assert question(CANVASSER).goods == "assurance auto"


def test_the_consent_must_be_to_who_calls_and_on_whose_behalf() -> None:
    asked_about = question(FOR_ANOTHER)
    assert (asked_about.professional, asked_about.principal) == ("Solar Plus", "Toit Vert")


def test_an_agent_in_a_forbidden_sector_says_so() -> None:
    assert question(CANVASSER + "sector: energy_renovation\n").sector == "energy_renovation"


def test_an_agent_is_an_automated_caller() -> None:
    assert question(SECRETARY).automated


def test_a_survey_is_asked_about_as_canvassing() -> None:
    assert question(SECRETARY + "purpose: survey\n").purpose == "canvassing"


@pytest.mark.parametrize("purpose", ["service", "contract", "press"])
def test_a_canvassers_call_cannot_be_named_otherwise(purpose: str) -> None:
    with pytest.raises(WrongPurpose, match=purpose):
        question(CANVASSER, purpose=purpose)


def test_a_canvasser_may_call_back_who_asked_it_to() -> None:
    assert question(CANVASSER, purpose="callback").purpose == "callback"


def test_an_agent_that_does_not_say_that_it_sells_cannot_be_ordered_to() -> None:
    with pytest.raises(WrongPurpose, match="commercial"):
        question(SECRETARY, purpose="canvassing")


def test_it_may_be_asked_whether_it_could() -> None:
    assert not question(SECRETARY, purpose="canvassing", check_only=True).place
