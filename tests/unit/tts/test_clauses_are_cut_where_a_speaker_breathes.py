"""A text being written is cut in clauses; nothing is lost; numbers and addresses stay whole."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tts.clauses import LONGEST, ClauseSplitter, split


@pytest.mark.parametrize(
    ("text", "clauses"),
    [
        ("Bonjour. Que puis-je faire ?", ["Bonjour. ", "Que puis-je faire ?"]),
        ("Très bien monsieur, je regarde.", ["Très bien monsieur, ", "je regarde."]),
        ("Oui, bien sûr.", ["Oui, bien sûr."]),
        ("Le docteur Roy est là et vous attend.", ["Le docteur Roy est là ", "et vous attend."]),
        ("Bonjour M. Dupont.", ["Bonjour M. Dupont."]),
        ("Hello Dr. Smith, how are you?", ["Hello Dr. Smith, ", "how are you?"]),
    ],
)
def test_clauses_end_at_sentences_commas_and_conjunctions(text: str, clauses: list[str]) -> None:
    assert split(text) == clauses


@pytest.mark.parametrize(
    "whole",
    [
        "14 h 30",
        "12,50 €",
        "1 234,50 €",
        "a.b@exemple.fr",
        "www.exemple.fr",
        "01 62 00 12 34",
        "3.14",
        "n° 12",
        "M. Roy",
    ],
)
def test_what_belongs_together_is_never_cut(whole: str) -> None:
    text = f"Je vous confirme donc bien cela, {whole} pour vous, et voilà."
    assert any(whole in clause for clause in split(text))


@given(st.lists(st.text("ab ,.!?é1\n€", max_size=12), max_size=30))
def test_the_clauses_joined_are_the_text(pieces: list[str]) -> None:
    splitter = ClauseSplitter()
    got = [clause for piece in pieces for clause in splitter.push(piece)] + splitter.flush()
    assert "".join(got) == "".join(pieces)


@given(st.text("abc ,.!?", max_size=120))
def test_the_cuts_do_not_depend_on_how_the_text_arrives(text: str) -> None:
    splitter = ClauseSplitter()
    one_by_one = [clause for character in text for clause in splitter.push(character)] + splitter.flush()
    assert one_by_one == split(text)


def test_a_breathless_text_is_cut_all_the_same() -> None:
    assert max(map(len, split("mot " * 300))) <= LONGEST


def test_a_clause_is_given_as_soon_as_the_next_word_begins() -> None:
    splitter = ClauseSplitter()
    assert splitter.push("Très bien monsieur,") == []
    assert splitter.push(" j") == ["Très bien monsieur, "]
