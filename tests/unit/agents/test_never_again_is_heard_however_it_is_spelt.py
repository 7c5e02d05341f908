"""The law's opt-out is exact, and the ear spells what sounds alike in several ways (CPCE L34-5; RGPD art. 21)."""

from __future__ import annotations

import pytest

from agents.phrases import control_intent
from agents.slots.text import fold


@pytest.mark.parametrize(
    "heard",
    [
        "Ne m'appelez plus jamais.",
        "Ne m'appeler plus, jamais.",
        "Ne m'appelé plus jamais",
        "Ne m'appelle plus jamais.",
        "ne m'appelait plus jamais.",
        "Non, ne me rappelais plus.",
        "Non, ne m'appelles plus",
        "Écoutez, ne me rappeler plus",
        "S'il vous plaît ne nous contacter plus",
    ],
)
def test_who_asks_never_to_be_called_again_is_heard(heard: str) -> None:
    assert control_intent(fold(heard), "fr") == "opt_out"


@pytest.mark.parametrize(
    "heard",
    [
        "Mon fils ne m'appelle plus.",
        "Elle ne m'appelait plus jamais.",
        "Je ne m'appelle plus Dupont, c'est Martin.",
        "Ça ne me rappelle rien.",
        "Ne m'appelle plus avant midi",
        "Vous pouvez me rappeler plus tard ?",
    ],
)
def test_what_is_said_of_others_is_none(heard: str) -> None:
    assert control_intent(fold(heard), "fr") != "opt_out"
