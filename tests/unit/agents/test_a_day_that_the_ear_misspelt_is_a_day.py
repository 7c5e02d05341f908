"""What sounds like a day of the week is one where a day is awaited, or an hour follows; what people say else is not."""

from __future__ import annotations

import pytest

from agents.slots.misheard import with_weekdays
from agents.slots.text import fold


@pytest.mark.parametrize(
    ("heard", "said"),
    [
        ("merpredi en 8 à 6 heures", "mercredi en 8 a 6 heures"),
        ("ça me dit à 11 heures", "samedi a 11 heures"),
        ("je dis prochain à 16 heures", "jeudi prochain a 16 heures"),
        ("mère credi à 14 heures", "mercredi a 14 heures"),
        ("vendre dit matin", "vendredi matin"),
        ("de main à 10 heures", "demain a 10 heures"),
        ("ce serait 2 mains vers 10 heures", "ce serait demain vers 10 heures"),
        ("de mains matin", "demain matin"),
        ("lundit vers 10 heures", "lundi vers 10 heures"),
    ],
)
def test_before_an_hour_it_is_a_day_wherever_it_is_said(heard: str, said: str) -> None:
    assert with_weekdays(fold(heard), awaited=False) == said


@pytest.mark.parametrize(
    "said",
    [
        "ça me dit rien", "ça me dit bien", "je dis que c'est cher", "je vous dis à 10 heures", "merci",
        "j'ai mal aux 2 mains", "un coup de main", "les 2 mains sont prises",
        "mardi à 10 heures", "partie à 10 heures", "c'est pour maman", "mes cheveux", "un médium",
    ],
)  # fmt: skip
@pytest.mark.parametrize("awaited", [True, False])
def test_what_is_no_day_stays_what_it_is(said: str, *, awaited: bool) -> None:
    assert with_weekdays(fold(said), awaited=awaited) == fold(said)


def test_alone_it_is_a_day_only_where_a_day_is_awaited() -> None:
    assert with_weekdays("samedit", awaited=True) == "samedi"
    assert with_weekdays("samedit", awaited=False) == "samedit"
    assert with_weekdays("de main", awaited=True) == "demain"
    assert with_weekdays("de main", awaited=False) == "de main"
