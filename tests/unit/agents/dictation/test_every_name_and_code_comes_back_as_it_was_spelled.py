"""Names, plates and references, spelled in every way: they come back the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.dictation.alphabet import LETTERS
from agents.dictation.dictation import BETWEEN_MS, SPELLING_MS, Dictation, Kind, hear, patience_ms, result
from agents.dictation.result import Result
from agents.slots.text import Language
from tests.unit.agents.dictation.speaking import FR_WORDS, breaths, group, letters

PLATE = "ABCDEFGHJKLMNPQRSTVWXYZ"


def dictated(kind: Kind, *said: str, language: Language = "fr") -> Result:
    dictation = Dictation("x", kind, language)
    for breath in said:
        dictation = hear(dictation, breath) or dictation
    return result(dictation)


@st.composite
def spelled(draw: st.DrawFn, language: Language = "fr") -> tuple[str, str]:
    """A name of one or two words, and how it was spelled."""
    word = st.from_regex(r"[a-z]{3,9}", fullmatch=True).filter(lambda word: word not in LETTERS[language])
    words = draw(st.lists(word, min_size=1, max_size=2))
    told = [", ".join(draw(letters(word, language))) for word in words]
    sign = draw(st.sampled_from(["trait d'union", "tiret"] if language == "fr" else ["hyphen", "dash"]))
    return "-".join(word.capitalize() for word in words), f", {sign}, ".join(told)


def test_a_name_that_another_word_begins_with_is_spelled_whole() -> None:
    assert dictated("name", "Alors, le nom c'est Alo, a, l, o.").value == "Alo"
    assert dictated("name", "Dupuy, d, u, p").value == ""


@given(spelled())
def test_a_name_spelled(case: tuple[str, str]) -> None:
    name, said = case
    assert dictated("name", said).value == name, said


@given(spelled("en"))
def test_a_name_spelled_in_english(case: tuple[str, str]) -> None:
    name, said = case
    assert dictated("name", said, language="en").value == name, said


@given(spelled(), st.sampled_from(["je m'appelle ", "c'est ", "Alors, le nom c'est "]))
def test_a_name_said_and_spelled_is_the_spelling(case: tuple[str, str], before: str) -> None:
    name, said = case
    assert dictated("name", f"{before}{name}, {said}.").value == name


@st.composite
def plates(draw: st.DrawFn) -> tuple[str, list[str]]:
    """A French plate of today, and how it was said."""
    forms = (f"[{PLATE}]{{2}}", r"[0-9]{3}", f"[{PLATE}]{{2}}")
    first, digits, last = (draw(st.from_regex(form, fullmatch=True)) for form in forms)
    parts = [*pair(draw, first), draw(group(digits)), *pair(draw, last)]
    return f"{first}-{digits}-{last}", draw(breaths(parts, [" ", ", "]))


def pair(draw: st.DrawFn, two: str) -> list[str]:
    """Two letters: as one word, apart, or with words."""
    with_words = [f"{letter} comme {FR_WORDS[letter.lower()]}" for letter in two]
    return draw(st.sampled_from([[two], list(two), with_words]))


@given(plates())
def test_a_plate(case: tuple[str, list[str]]) -> None:
    plate, said = case
    assert dictated("plate", *said).value == plate, said


@pytest.mark.parametrize(
    ("said", "name"),
    [
        (["Dupuy, D, U, P, U, i grec"], "Dupuy"),
        (["Martin trait d'union Bu : M, A, R, T, I, N, trait d'union, B, U."], "Martin-Bu"),
        (["Le nom, c'est Lefèvre, L, E, F, E accent grave, V, R, E."], "Lefèvre"),
        (["Claire Dupond, D comme Denise, U, P, O, N, T comme Thérèse"], "Claire Dupont"),
        (["Claire Dupuis, D, U, P", "U, Y"], "Claire Dupuy"),
        (["Dupuy, ça s'écrit", "D, U, P", "U, i grec"], "Dupuy"),
        (["D, U", "P, U, Y"], "Dupuy"),
        (["Anne O'Brien, O, apostrophe, B, R, I, E, N"], "Anne O'Brien"),
        (["double v, a, g, n, e, r"], "Wagner"),
        (["dé u pé u i grec, c'est Dupuy"], "Dupuy"),
        (["Claire, C, L, A, I, R, E, Martin, M, A, R, T, I, N"], "Claire Martin"),
    ],
)
def test_ways_of_spelling_a_name(said: list[str], name: str) -> None:
    assert dictated("name", *said).value == name


def test_a_name_begun_is_waited_for() -> None:
    begun = hear(Dictation("nom", "name", "fr"), "Dupuy, D, U, P")
    assert begun
    assert not result(begun).value
    assert patience_ms(begun) == BETWEEN_MS
    whole = hear(begun, "U, Y")
    assert whole
    assert patience_ms(whole) == SPELLING_MS


@pytest.mark.parametrize("said", ["Claire Martin.", "Il y a un parking ?", "Je ne sais pas", "A bon"])
def test_a_name_that_is_not_spelled_is_no_dictation(said: str) -> None:
    assert hear(Dictation("nom", "name", "fr"), said) is None


@pytest.mark.parametrize(
    ("said", "plate"),
    [
        (["AB 123 CD"], "AB-123-CD"),
        (["a b cent vingt-trois c d"], "AB-123-CD"),
        (["A comme Anatole, B comme Bernard, un deux trois, C, D"], "AB-123-CD"),
        (["bravo alpha cent, vingt-trois charlie delta"], "BA-123-CD"),
        (["bé dé cent deux vé double v"], "BD-102-VW"),
        (["mille deux cent trente-quatre, a b, soixante-neuf"], "1234 AB 69"),
        (["AB", "cent vingt-trois", "c d"], "AB-123-CD"),
    ],
)
def test_ways_of_saying_a_plate(said: list[str], plate: str) -> None:
    assert dictated("plate", *said).value == plate


def test_a_british_plate() -> None:
    assert dictated("plate", "a b one two c d e", language="en").value == "AB12 CDE"


@pytest.mark.parametrize(
    ("said", "reference"),
    [
        (["la référence c'est CX 2041 B"], "CX2041B"),
        (["CX tiret 2041"], "CX-2041"),
        (["dossier numéro 48 213"], "48213"),
        (["la référence c'est c x", "2041", "b"], "CX2041B"),
    ],
)
def test_ways_of_saying_a_reference(said: list[str], reference: str) -> None:
    assert dictated("reference", *said).value == reference


@pytest.mark.parametrize("kind", ["plate", "reference"])
@pytest.mark.parametrize(
    "said", ["J'ai deux enfants.", "Dans dix minutes", "Je ne sais plus", "Vous faites les pneus ?"]
)
def test_a_sentence_is_no_code(kind: Kind, said: str) -> None:
    assert hear(Dictation("x", kind, "fr"), said) is None
