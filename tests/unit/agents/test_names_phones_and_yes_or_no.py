"""Names, telephone numbers, e-mail addresses, and the many forms of yes and no."""

from __future__ import annotations

import pytest

from agents.slots.names import find_name
from agents.slots.others import find_email
from agents.slots.phones import find_phone, says_same_number
from agents.slots.text import digits, fold
from agents.slots.yesno import find_yes_no


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("Je m'appelle Claire Martin, M-A-R-T-I-N.", "Claire Martin"),
        ("Je m'appelle Claire Marten, M-A-R-T-I-N.", "Claire Martin"),
        ("Au nom de monsieur Paul Durand.", "Paul Durand"),
        ("C'est madame Lefèvre.", "Lefèvre"),
        ("Claire Martin.", "Claire Martin"),
        ("Euh, Claire Martin s'il vous plaît", "Claire Martin"),
        ("c'est jean-pierre dupont", "Jean-Pierre Dupont"),
        ("Mon nom est Anne de La Tour", "Anne de la Tour"),
        ("Le Goff", "Le Goff"),
        ("D U P O N D", "Dupond"),
        ("Moreau, M O R E A U", "Moreau"),
    ],
)
def test_a_french_name(said: str, name: str) -> None:
    assert find_name(said, "fr", asked=True) == name


@pytest.mark.parametrize("said", ["Je ne sais pas", "Il y a un parking ?", "Comment ça marche", "14 heures"])
def test_a_sentence_is_not_a_name(said: str) -> None:
    assert find_name(said, "fr", asked=True) is None


def test_a_bare_name_counts_only_when_the_name_was_asked() -> None:
    assert find_name("Claire Martin", "fr") is None
    assert find_name("C'est au nom de Claire Martin", "fr") == "Claire Martin"


@pytest.mark.parametrize(
    ("said", "name"),
    [("My name is John Smith.", "John Smith"), ("John Smith", "John Smith"), ("It's Mrs. Taylor", "Taylor")],
)
def test_an_english_name(said: str, name: str) -> None:
    assert find_name(said, "en", asked=True) == name


@pytest.mark.parametrize(
    "said",
    [
        "zéro six douze trente-quatre cinquante-six soixante-dix-huit",
        "06 12 34 56 78",
        "C'est le 06.12.34.56.78",
        "0612345678",
    ],
)
def test_a_telephone_number_in_pairs(said: str) -> None:
    found = find_phone(digits(said, "fr"), "fr")
    assert found is not None
    assert found.value == "+33612345678"


def test_a_number_too_short_is_no_telephone_number() -> None:
    assert find_phone(digits("06 12 34", "fr"), "fr") is None


def test_the_number_they_call_from_may_be_meant() -> None:
    assert says_same_number(fold("Au même numéro, celui d'où j'appelle"), "fr")


def test_an_address_said_aloud() -> None:
    assert find_email("claire point martin arobase exemple point fr", "fr") == "claire.martin@exemple.fr"


@pytest.mark.parametrize(
    "said",
    ["Oui c'est ça", "Tout à fait.", "Ouais", "D'accord", "Pas de problème", "Ça me va", "C'est bon", "Exactement",
     "Oui oui", "Volontiers", "Absolument", "Non non c'est bon", "Pourquoi pas"],
)  # fmt: skip
def test_yes_in_french(said: str) -> None:
    assert find_yes_no(fold(said), "fr") == "yes"


@pytest.mark.parametrize(
    "said",
    ["Non", "Non pas du tout", "Bien sûr que non", "Pas vraiment", "Ce n'est pas ça", "Je ne peux pas", "Non merci",
     "C'est tout", "Je ne confirme pas", "Ça ne me va pas"],
)  # fmt: skip
def test_no_in_french(said: str) -> None:
    assert find_yes_no(fold(said), "fr") == "no"


def test_neither_yes_nor_no() -> None:
    assert find_yes_no(fold("Jeudi à quatorze heures"), "fr") is None


@pytest.mark.parametrize(("said", "meant"), [("That's right", "yes"), ("Yeah sure", "yes"), ("Not really", "no")])
def test_yes_and_no_in_english(said: str, meant: str) -> None:
    assert find_yes_no(fold(said), "en") == meant
