"""E-mail addresses: said in words or spelled, over any number of breaths, they come back the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.dictation.dictation import Dictation, hear, result
from agents.dictation.result import Result
from agents.slots.text import Language
from tests.unit.agents.dictation.speaking import SIGNS, breaths, group, letters

WORDS = {"claire": "Claire", "helene": "Hélène", "dupuy": "Dupuy", "garage": "garage", "martin": "Martin"}
DOMAINS = {
    "gmail.com": "gmail point com", "orange.fr": "orange point fr", "laposte.net": "la poste point net",
    "sfr.fr": "s f r point f r", "hotmail.fr": "hotmail.fr", "exemple.fr": "exemple point fr",
    "mairie-lyon.gouv.fr": "mairie tiret lyon point gouv point fr", "free.fr": "free point effe erre",
}  # fmt: skip


def dictated(*said: str, language: Language = "fr") -> Result:
    dictation = Dictation("courriel", "email", language)
    for breath in said:
        dictation = hear(dictation, breath) or dictation
    return result(dictation)


@st.composite
def piece(draw: st.DrawFn) -> tuple[str, str]:
    """A run of letters and digits of an address, and how it was said."""
    kind = draw(st.sampled_from(["word", "spelled", "digits"]))
    if kind == "word":
        plain = draw(st.sampled_from(sorted(WORDS)))
        return plain, WORDS[plain]
    if kind == "digits":
        plain = draw(st.from_regex(r"[0-9]{2}", fullmatch=True))
        return plain, draw(group(plain))
    plain = draw(st.from_regex(r"[a-z]{3,7}", fullmatch=True))
    return plain, ", ".join(draw(letters(plain)))


@st.composite
def spoken(draw: st.DrawFn) -> tuple[str, list[str]]:
    """An address that begins with letters, and how it was said."""
    pieces = draw(st.lists(piece(), min_size=1, max_size=3).filter(lambda many: many[0][0].isalpha()))
    local, parts = pieces[0][0], [pieces[0][1]]
    for plain, told in pieces[1:]:
        sign = draw(st.sampled_from(sorted(SIGNS)))
        local += sign + plain
        parts += [draw(st.sampled_from(SIGNS[sign])), told]
    domain = draw(st.sampled_from(sorted(DOMAINS)))
    said = draw(breaths([*parts, "arobase", DOMAINS[domain]], [" ", ", "]))
    said[0] = draw(st.sampled_from(["", "Alors c'est ", "Mon adresse mail, c'est "])) + said[0]
    return f"{local}@{domain}", said


@st.composite
def spoken_in_english(draw: st.DrawFn) -> tuple[str, list[str]]:
    """An address spelled in English, with one sign, and how it was said."""
    first, last = (draw(st.from_regex(r"[a-z]{3,7}", fullmatch=True)) for _ in range(2))
    sign, told = draw(st.sampled_from([(".", "dot"), ("-", "hyphen"), ("-", "dash"), ("_", "underscore")]))
    parts = [*draw(letters(first, "en")), told, *draw(letters(last, "en")), "at", "example dot co dot uk"]
    return f"{first}{sign}{last}@example.co.uk", draw(breaths(parts, [", "]))


@given(spoken_in_english())
def test_an_address_spelled_in_english(case: tuple[str, list[str]]) -> None:
    address, said = case
    if not begins_anew(address):
        assert dictated(*said, language="en").value == address, said


def begins_anew(address: str) -> bool:
    """It repeats how it began, as people do who begin anew."""
    return address[:3] in address[3:]


@given(spoken())
def test_a_french_address(case: tuple[str, list[str]]) -> None:
    address, said = case
    if not begins_anew(address):
        assert dictated(*said).value == address, said


@pytest.mark.parametrize(
    ("said", "address"),
    [
        (["c, l, a, i, r, e, arobase exemple point fr"], "claire@exemple.fr"),
        (["claire martin tout attaché arobase exemple point fr"], "clairemartin@exemple.fr"),
        (["claire tiret du 6 martin arobase exemple point fr"], "claire-martin@exemple.fr"),
        (["claire tiret du 8 martin arobase exemple point fr"], "claire_martin@exemple.fr"),
        (["hélène point dupré arobase exemple point fr"], "helene.dupre@exemple.fr"),
        (["l'adresse c'est bien exemple point truc arobase exemple point com"], "exemple.truc@exemple.com"),
        (["C.L.A.I.R.E. arobase gmail point com"], "claire@gmail.com"),
        (["C'est claire.martin@gmail.com, merci."], "claire.martin@gmail.com"),
        (["dupuy, d, u, p, u, i grec, soixante-neuf arobase la poste point net"], "dupuy69@laposte.net"),
        (["c comme Célestin, l, deux m, arobase g mail point comme"], "clmm@gmail.com"),
        (["jean deux mille douze arobase wanadoo point fr s'il vous plaît"], "jean2012@wanadoo.fr"),
        (["claire point martin", "claire point martin arobase free point fr"], "claire.martin@free.fr"),
        (["c, l, a, i, r, e", "point martin", "arobase", "gmail point com"], "claire.martin@gmail.com"),
    ],
)
def test_ways_of_saying_it(said: list[str], address: str) -> None:
    assert dictated(*said).value == address


def test_an_english_address() -> None:
    said = "my email is john dot smith underscore double t at example dot co dot uk please"
    assert dictated(said, language="en").value == "john.smith_tt@example.co.uk"


def test_an_address_without_its_end_is_not_whole_and_a_known_one_is_when_nothing_more_comes() -> None:
    assert dictated("claire arobase gmail") == Result(so_far="claire@gmail", settled="claire@gmail.com")
    assert dictated("claire arobase gmail", "c'est tout").value == "claire@gmail.com"


@pytest.mark.parametrize("said", ["Je ne sais pas, pourquoi ?", "Vous êtes ouverts samedi ?", "Bonjour."])
def test_a_sentence_is_no_address(said: str) -> None:
    assert hear(Dictation("courriel", "email", "fr"), said) is None
