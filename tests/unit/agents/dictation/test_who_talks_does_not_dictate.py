"""What people say instead of a number, an address or a plate: nothing of it is taken for one."""

from __future__ import annotations

import pytest

from agents.dictation.dictation import KINDS, Dictation, Kind, hear

TALK = [
    "Je ne l'ai pas sous la main.", "Attendez deux secondes, je cherche.", "Je n'en ai pas.", "Le même numéro.",
    "C'est le même que celui d'où j'appelle.", "Oui.", "Non merci.", "D'accord.", "Je vous le donne plus tard.",
    "Je l'ai achetée il y a trois ans.", "J'ai deux voitures en fait.", "Plutôt lundi à quatorze heures trente.",
    "Je voudrais parler à quelqu'un.", "Au revoir.", "Bonjour.", "Mon mari s'en occupe.", "Hmm.", "Trois personnes.",
    "Non, mardi à neuf heures.", "Il y a un parking ?", "Je vous ai déjà donné mon numéro.", "Laissez tomber.",
    "On s'est trompés, c'est pas la bonne agence.", "Je n'ai pas compris la question.", "À l'hôpital Édouard Herriot.",
    "Merci beaucoup.", "Samedi matin.", "Rien.", "C'est au 12 rue des Lilas à Lyon.", "Est-ce que vous êtes ouverts ?",
]  # fmt: skip
BEGUN = {
    "phone": ("zéro six douze",),
    "email": ("claire point",),
    "plate": ("AB",),
    "reference": ("C X",),
    "name": ("D, U, P",),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("said", TALK)
def test_talk_is_no_dictation(kind: Kind, said: str) -> None:
    assert hear(Dictation("x", kind, "fr"), said) is None


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("said", TALK)
def test_talk_in_the_middle_of_a_dictation_is_none_of_it(kind: Kind, said: str) -> None:
    assert hear(Dictation("x", kind, "fr", BEGUN[kind]), said) is None


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("phone", "je vous le donne, zéro six, douze, trente-quatre"),
        ("email", "je vous l'épelle, c, l, a, i, r, e"),
        ("email", "vous notez, claire arobase gmail point com"),
        ("name", "je vous l'épelle, D, U, P, U, Y"),
        ("plate", "j'ai la AB 123 CD"),
        ("reference", "vous m'avez donné CX 2041"),
    ],
)
def test_who_talks_and_dictates_is_heard(kind: Kind, said: str) -> None:
    assert hear(Dictation("x", kind, "fr"), said) is not None
