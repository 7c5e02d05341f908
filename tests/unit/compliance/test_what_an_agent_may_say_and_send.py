"""Conduct in a call and after it: how to have calls stop, nothing concluded, no messages, insurance; first days."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from compliance.law.conduct import concluded, message_forbidden, untold
from compliance.law.rulebook import rulebook
from tests.unit.compliance.cases_of_tests import answer, reasons

OPENING = "Bonjour, Solar Plus. C'est un appel commercial."


def lacks(said: str, *, language: str = "fr", purpose: str = "canvassing", sector: str | None = None) -> list[str]:
    found = untold(f"{OPENING} {said}", language=language, purpose=purpose, sector=sector)
    return [each.what for each in found]


@pytest.mark.parametrize(
    ("said", "language"),
    [
        ("Pour ne plus être appelé, rappelez ce numéro.", "fr"),
        ("Pour ne plus recevoir d'appels : 01 62 00 12 34.", "fr"),
        ("Pour vous y opposer, écrivez à stop@solar.example.", "fr"),
        ("To stop these calls, call this number.", "en"),
    ],
)
def test_an_opening_that_says_whom_to_ask_to_stop_is_lawful(said: str, language: str) -> None:
    assert lacks(said, language=language) == []


@pytest.mark.parametrize("said", ["", "Rappelez ce numéro.", "Pour ne plus être appelé, dites stop.", "0162001234."])
def test_one_that_gives_no_way_or_no_contact_is_not(said: str) -> None:
    assert lacks(said) == ["opt_out"]
    assert lacks(said, purpose="service") == []


@pytest.mark.parametrize(
    ("said", "language"),
    [
        ("Très bien, votre commande est confirmée.", "fr"),
        ("Je valide donc votre abonnement.", "fr"),
        ("Vous êtes désormais assuré.", "fr"),
        ("Acceptez-vous cette offre ?", "fr"),
        ("Quel est le numéro de votre carte bancaire ?", "fr"),
        ("Your order has been placed.", "en"),
        ("Do you accept this offer?", "en"),
    ],
)
def test_words_that_conclude_are_found_in_canvassing_alone(said: str, language: str) -> None:
    assert concluded(said, language, "canvassing")
    assert not concluded(said, language, "contract")


@pytest.mark.parametrize(
    "said",
    [
        "Nous vous enverrons l'offre par écrit.",
        "Le contrat vous engage une fois signé.",
        "Votre rendez-vous est confirmé.",
    ],
)
def test_an_offer_to_be_read_concludes_nothing(said: str) -> None:
    assert concluded(said, "fr", "canvassing") == ""


def test_an_agent_cannot_canvass_for_insurance() -> None:
    said = "Pour ne plus être appelé, rappelez ce numéro."
    assert lacks(said, sector="insurance") == ["insurance"]
    assert lacks(said, sector="insurance", purpose="contract") == []


@pytest.mark.parametrize("sector", ["energy_renovation", "renewable_energy", "housing_adaptation"])
def test_since_july_2025_no_message_follows_a_call_in_sectors_that_may_not_canvass(sector: str) -> None:
    first = datetime(2025, 7, 1, 22, tzinfo=UTC)  # midnight in Paris
    asked = {"party": "consumer", "purpose": "canvassing", "sector": sector}
    rule = message_forbidden(first, **asked)  # type: ignore[arg-type]
    assert rule is not None
    assert rule.reference == "C. conso L223-8, L242-16-1"
    assert message_forbidden(first - timedelta(seconds=1), **asked) is None  # type: ignore[arg-type]
    for lawful in ({"purpose": "contract"}, {"party": "business"}, {"sector": "training_account"}):
        assert message_forbidden(first, **asked | lawful) is None  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("rule", "first"), [("C17", (2016, 7, 1)), ("C19", (2025, 7, 2)), ("I1", (2022, 4, 1)), ("N12", (2016, 7, 1))]
)
def test_each_began_at_midnight_in_paris(rule: str, first: tuple[int, int, int]) -> None:
    began = datetime(*first, tzinfo=UTC) - timedelta(hours=2)  # all in summer time
    assert rule in rulebook().at(began)
    assert rule not in rulebook().at(began - timedelta(seconds=1))


def test_how_to_have_the_calls_stop_was_always_to_be_said() -> None:
    assert "C18" in rulebook().at(datetime(2000, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize("shown", ["+33810123456", "+33820123456", "+33899123456", "3949"])
def test_a_premium_number_is_not_shown_to_a_consumer_about_a_contract(shown: str) -> None:
    person = {"automated": False, "caller_id": shown}
    for purpose in ("contract", "service"):
        assert "caller_id_premium" in reasons(purpose=purpose, **person)
        assert "caller_id_premium" not in reasons(purpose=purpose, party="business", **person)
    assert "C. conso L121-16" in answer(purpose="service", **person).law
    assert "caller_id_premium" not in reasons(purpose="service", at="2016-06-30T23:59:59+02:00", **person)
    assert "caller_id_premium" in reasons(purpose="service", at="2016-07-01T00:00:00+02:00", **person)


@pytest.mark.parametrize("shown", ["+33162001234", "+33801123456", "+33809123456"])
def test_an_ordinary_or_free_number_may_be_shown_about_a_contract(shown: str) -> None:
    assert reasons(purpose="service", automated=False, caller_id=shown) == []
