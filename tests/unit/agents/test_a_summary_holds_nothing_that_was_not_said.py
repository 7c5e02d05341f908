"""The checker: a sentence made of a call is kept only if what it claims was said or done."""

from __future__ import annotations

import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from agents.after.claims import Said, claims, said_in, unsaid
from agents.slots.dates import MONTHS, WEEKDAYS

CALLER = (
    "Bonjour, c'est Claire Martin, je voudrais un rendez-vous jeudi vers quatorze heures trente.",
    "Mon numéro est le zéro six, douze, trente-quatre, cinquante-six, soixante-dix-huit.",
    "J'ai deux enfants, et j'ai payé soixante euros la dernière fois. Je rappellerai pour ma fille.",
)
AGENT = (
    "Cabinet du Parc, bonjour.",
    "Une consultation est à 23 euros et un détartrage à 43 euros 38, remboursé à 70 %.",
    "Le docteur vous rappelle demain matin. Nous n'envoyons pas de devis par courrier.",
    "C'est noté pour le jeudi 26 novembre à 14 heures 30.",
)
FRENCH = said_in([*CALLER, *AGENT], AGENT, "fr")
ENGLISH = said_in(
    ["This is John Smith, I need a cleaning on Thursday at 2:30 PM.",
     "It is 43 euros. The dentist will call you back."],
    ["It is 43 euros. The dentist will call you back."], "en",
)  # fmt: skip


def kinds(sentence: str, said: Said = FRENCH) -> list[str]:
    return [claim.kind for claim in unsaid(sentence, said)]


@pytest.mark.parametrize(
    "sentence",
    [
        "L'appelante, Claire Martin, souhaite un rendez-vous jeudi à 14h30.",
        "Un rendez-vous est pris le 26 novembre à 14 h 30.",
        "Elle a payé 60 € la dernière fois.",
        "Le détartrage coûte 43,38 € et il est remboursé à 70 %.",
        "Son numéro est le 06 12 34 56 78.",
        "Elle a 2 enfants.",
        "Le docteur rappellera demain.",
        "L'appelante rappellera pour sa fille.",
        "Elle voulait un rendez-vous.",
    ],
)
def test_what_was_said_is_kept_in_other_words(sentence: str) -> None:
    assert unsaid(sentence, FRENCH) == []


@pytest.mark.parametrize(
    ("sentence", "kind"),
    [
        ("Elle a 3 enfants.", "number"),
        ("Elle a trois enfants.", "number"),
        ("Le détartrage coûte 60 euros et 14 centimes.", ""),  # 60 euros and 14 were said, apart
        ("Le détartrage coûte 30 euros.", "price"),  # 30 was said, as minutes
        ("Le détartrage coûte 43 dollars.", "price"),
        ("Il est remboursé à 26 %.", "rate"),
        ("Le rendez-vous est à 16 heures.", "time"),
        ("Le rendez-vous est à 23 heures.", "time"),  # 23 was said, as euros
        ("Le rendez-vous est vendredi.", "day"),
        ("Le rendez-vous est le 26 décembre.", "date"),
        ("Le rendez-vous est le 14 novembre.", "date"),  # both were said, apart
        ("Elle rappelle après-demain.", "day"),
        ("L'appelante est Claire Durand.", "name"),
        ("Durand a appelé.", "name"),
        ("Elle habite à Lyon.", "name"),
        ("Son numéro est le 06 78 56 34 12.", "digits"),  # every pair was said, in another order
        ("Son adresse est claire.martin@gmail.com.", "address"),
        ("Voir cabinet-parc.fr pour la suite.", "address"),
        ("Le cabinet enverra un devis.", "promise"),  # it was denied
        ("Le cabinet va rembourser la consultation.", "promise"),
        ("Le docteur garantit le résultat.", "promise"),
        ("Le secrétariat sera prévenu.", "promise"),
        ("L'agent donne un devis.", "promise"),
        ("L'appelante demande que le cabinet la rembourse.", "promise"),
    ],
)
def test_what_was_not_said_is_named(sentence: str, kind: str) -> None:
    assert (kind in kinds(sentence)) == bool(kind)


def test_a_promise_of_the_callers_is_no_promise_of_the_houses() -> None:
    said = said_in(["Je vous enverrai les papiers.", "D'accord."], ["D'accord."], "fr")
    assert unsaid("L'appelant enverra les papiers.", said) == []
    assert [claim.kind for claim in unsaid("Le cabinet enverra les papiers.", said)] == ["promise"]


@pytest.mark.parametrize(
    ("sentence", "kind"),
    [
        ("The caller, John Smith, wants a cleaning on Thursday at 2:30 PM.", ""),
        ("The dentist will call back.", ""),
        ("The dentist will send a quote.", "promise"),
        ("The practice offers a refund.", "promise"),
        ("The practice is going to refund the visit.", "promise"),
        ("It costs 44 euros.", "price"),
        ("The caller is Mary Smith.", "name"),
        ("The appointment is on Friday.", "day"),
        ("The appointment is at 3 PM.", "time"),
    ],
)
def test_english_is_held_to_the_same(sentence: str, kind: str) -> None:
    found = kinds(sentence, ENGLISH)
    assert found == [] if not kind else kind in found


# -- properties

SENTENCES = st.sampled_from([s for text in (*CALLER, *AGENT) for s in re.split(r"(?<=[.?]) ", text)])
WORDS = st.lists(st.text("abcdefghijklmnopqrstuvwxyz", min_size=2, max_size=8), max_size=6).map(" ".join)


@given(SENTENCES)
def test_whatever_was_said_may_be_said_again(sentence: str) -> None:
    assert unsaid(sentence, FRENCH) == []


@given(WORDS, WORDS, st.integers(2, 10**9))
def test_a_number_nobody_said_never_passes(before: str, after: str, number: int) -> None:
    assume(str(number) not in {"2", "6", "12", "34", "56", "78", "14", "30", "60", "23", "43", "38", "70", "26"})
    assert unsaid(f"{before} {number} {after}", FRENCH)


@given(WORDS, st.integers(0, 10**6), st.sampled_from(["€", "euros", " €", " EUR"]))
def test_a_price_nobody_said_never_passes(before: str, amount: int, sign: str) -> None:
    assume(amount not in (23, 43, 60, 1))
    assert unsaid(f"{before} {amount}{sign}", FRENCH)


@given(WORDS, st.sampled_from([*WEEKDAYS["fr"], *MONTHS["fr"]]))
def test_a_day_or_a_month_nobody_said_never_passes(before: str, word: str) -> None:
    assume(word not in ("jeudi", "novembre"))
    assert unsaid(f"{before} {word}", FRENCH)


@given(WORDS, st.from_regex(r"[A-Z][a-z]{2,9}", fullmatch=True), WORDS)
def test_a_name_nobody_said_never_passes(before: str, name: str, after: str) -> None:
    assume(name.lower() not in FRENCH.words)
    assume(before)
    assume(name not in ("Monsieur", "Madame", "Mademoiselle", "Mme", "Mlle", "Mrs", "Docteur", "Doctor", "Rdv"))
    assert unsaid(f"{before} {name} {after}", FRENCH)


@given(st.text(max_size=80), st.lists(st.text(max_size=60), max_size=4), st.text(max_size=60))
def test_more_that_was_said_never_makes_a_sentence_worse(sentence: str, texts: list[str], more: str) -> None:
    few = set(unsaid(sentence, said_in(texts, texts, "fr")))
    assert set(unsaid(sentence, said_in([*texts, more], [*texts, more], "fr"))) <= few


@given(st.text(max_size=80), st.sampled_from(["fr", "en"]))
def test_of_nothing_said_every_claim_is_unsaid_and_nothing_else(sentence: str, language: str) -> None:
    nothing = said_in([], [], language)  # type: ignore[arg-type]
    assert set(unsaid(sentence, nothing)) == set(claims(sentence, language))  # type: ignore[arg-type]
