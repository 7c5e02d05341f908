"""What must be said at the opening of a call, found in its words."""

from __future__ import annotations

import pytest

from compliance.law.disclosure import missing

FR = "Bonjour, ici le cabinet Molaire. Je suis une intelligence artificielle."
COLD = "Bonjour, Solar Plus, pour le compte de Toit Vert. Je suis une IA, l'appel est commercial. Une minute ?"


def lacks(opening: str, language: str = "fr", purpose: str = "service", **names: object) -> list[str]:
    return [each.what for each in missing(opening, language=language, purpose=purpose, **names)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("opening", "language"),
    [(FR, "fr"), ("Bonjour, je suis l'IA du cabinet.", "fr"), ("Hello, I am an AI assistant.", "en")],
)
def test_an_opening_that_says_an_ai_speaks_is_lawful(opening: str, language: str) -> None:
    assert lacks(opening, language) == []


@pytest.mark.parametrize("opening", ["Bonjour, le cabinet Molaire.", "J'ai confiance en la mairie.", ""])
def test_one_that_does_not_is_named_with_its_article(opening: str) -> None:
    [found] = missing(opening, language="fr", purpose="service")
    assert (found.what, found.reference) == ("ai", "AI Act art. 50")


def test_the_ai_is_disclosed_before_anything_is_asked() -> None:
    assert lacks("Bonjour, comment allez-vous ? Je suis une intelligence artificielle.") == ["ai_first"]


def test_a_recorded_call_says_so() -> None:
    assert lacks(FR, recorded=True) == ["recording"]
    assert lacks(FR + " Cet appel est enregistré.", recorded=True) == []


def test_canvassing_says_who_calls_for_whom_and_that_it_is_commercial() -> None:
    names = {"professional": "Solar Plus", "principal": "Toit Vert", "purpose": "canvassing"}
    assert lacks(COLD, **names) == []  # type: ignore[arg-type]
    assert lacks(FR, **names) == ["identity", "principal", "commercial"]  # type: ignore[arg-type]
