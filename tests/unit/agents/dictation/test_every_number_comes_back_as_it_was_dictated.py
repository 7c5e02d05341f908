"""Telephone numbers: said in every way, over any number of breaths, they come back the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.dictation.dictation import BETWEEN_MS, Dictation, hear, missing, patience_ms, result
from agents.dictation.result import Result
from agents.slots.text import Language
from store.base.numbering import e164
from tests.unit.agents.dictation.speaking import breaths, group

JOINTS = [", ", "… ", ". ", ", et ensuite "]


def dictated(*said: str, language: Language = "fr") -> Result:
    dictation = Dictation("telephone", "phone", language)
    for breath in said:
        dictation = hear(dictation, breath) or dictation
    return result(dictation)


@st.composite
def spoken(draw: st.DrawFn, language: str) -> tuple[str, list[str]]:
    """A French number, and how it was said."""
    number = "0" + draw(st.from_regex(r"[1-7][0-9]{8}", fullmatch=True))
    cuts = draw(st.sampled_from([(2, 2, 2, 2, 2), (2, 2, 3, 3), (2, 3, 2, 3), (1, 1, 2, 2, 2, 2)]))
    parts, at = list[str](), 0
    for size in cuts:
        part = number[at : at + size]
        parts.append(draw(group(part, language)) if size > 1 else part)
        at += size
    said = draw(breaths(parts, JOINTS if language == "fr" else [", ", ". "]))
    before = (
        ["", "C'est le ", "Alors euh, mon numéro c'est le "] if language == "fr" else ["", "It's ", "My number is "]
    )
    said[0] = draw(st.sampled_from(before)) + said[0]
    return number, said


def begins_anew(number: str) -> bool:
    """A breath repeats the digits before it: people do that to begin anew, and so it is taken."""
    return number[2:4] == number[:2] or number[1:3] == number[:2] or number[:4] in number[1:]


@given(spoken("fr"))
def test_a_french_number_said_in_french(case: tuple[str, list[str]]) -> None:
    number, said = case
    if not begins_anew(number):
        assert dictated(*said).value == e164(number), said


@given(spoken("en"))
def test_a_french_number_said_in_english(case: tuple[str, list[str]]) -> None:
    number, said = case
    if not begins_anew(number):
        assert dictated(*said, language="en").value == e164(number), said


@given(spoken("fr"), st.data())
def test_a_part_of_a_number_is_never_a_number(case: tuple[str, list[str]], data: st.DataObject) -> None:
    number, said = case
    part = said[: data.draw(st.integers(0, len(said) - 1))]
    if not begins_anew(number):
        assert not dictated(*part).value


@pytest.mark.parametrize(
    ("said", "value"),
    [
        (["zéro six… douze… trente-quatre, cinquante-six, soixante-dix-huit"], "+33612345678"),
        (["C'est le zéro six, trente-neuf", "quatre-vingt-dix-huit, zéro un, vingt-trois."], "+33639980123"),
        (["plus trente-trois six douze", "34 56 78"], "+33612345678"),
        (["+33 (0)6 12 34 56 78"], "+33612345678"),
        (["double zéro trente-trois, six, 12 34 56 78"], "+33612345678"),
        (["zéro six", "soixante, dix-huit, onze, quatre-vingt, dix, douze"], "+33678119012"),
        (["plus quarante-neuf trente", "deux cent trente et un, vingt-cinq zéro zéro"], "+49302312500"),
    ],
)
def test_ways_of_saying_it(said: list[str], value: str) -> None:
    assert dictated(*said).value == value


def test_a_group_is_taken_back_within_the_breath() -> None:
    assert dictated("zéro six, douze, non, treize, 34 56 78").value == "+33613345678"


def test_who_begins_anew_is_heard_from_there() -> None:
    assert dictated("zéro six, douze, trente", "non, zéro six, douze, quarante", "56 78").so_far == "0612405678"
    assert dictated("06 12", "06 12 34", "56 78").value == "+33612345678"


def test_words_between_the_groups_change_nothing() -> None:
    assert dictated("zéro six douze", "euh, attendez", "34 56 78").value == "+33612345678"


def test_a_digit_too_many_is_no_number_and_can_never_be_one() -> None:
    assert dictated("06 12 34 56 78 90").wrong


@pytest.mark.parametrize("said", ["dans dix minutes", "j'ai deux enfants", "à 14 heures 30", "Je ne sais pas."])
def test_numbers_that_count_something_are_not_dictated(said: str) -> None:
    assert hear(Dictation("telephone", "phone", "fr"), said) is None


def test_patience_is_longer_while_digits_are_missing() -> None:
    begun = hear(Dictation("telephone", "phone", "fr"), "zéro six, douze")
    assert begun
    assert (missing(begun), patience_ms(begun)) == (6, BETWEEN_MS)
    whole = hear(begun, "34 56 78")
    assert whole
    assert patience_ms(whole) == 0


def test_two_pairs_taken_for_one_come_apart_when_nothing_more_comes() -> None:
    begun = hear(Dictation("telephone", "phone", "fr"), "zéro six, soixante douze, trente, quarante")
    assert begun
    assert not result(begun).value
    done = hear(begun, "voilà, c'est tout")
    assert done
    assert result(done).value == "+33660123040"
