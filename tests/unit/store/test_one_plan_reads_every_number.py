"""One numbering plan: however a number is written, every reader of the house makes the same of it."""

from __future__ import annotations

import re
from functools import cache

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.slots.phones import find_phone
from billing.charges.controls import country_of
from compliance.law import numbers
from dialplan.contexts import extensions
from store.base import numbering
from store.base.errors import BadInput

CODE_OF = {prefix: int(code) for code, prefixes in numbering.OVERSEAS.items() for prefix in prefixes}


def territory(national: str) -> int:
    """The code of a national number of nine digits, told in other words than the plan's."""
    return 33 if national[:5] == "63998" else CODE_OF.get(national[:3], 33)


NATIONAL = st.one_of(
    st.from_regex(r"[1-79][0-9]{8}", fullmatch=True),
    st.sampled_from(sorted(CODE_OF)).flatmap(lambda p: st.from_regex(rf"{p}[0-9]{{6}}", fullmatch=True)),
)
GAP = st.sampled_from(["", " ", ".", "-", "\u00a0", "\u202f"])


@st.composite
def written(draw: st.DrawFn) -> tuple[str, str]:
    """(a way of writing, the E.164 it means)."""
    national, gap = draw(NATIONAL), draw(GAP)
    code = territory(national)
    ways = [f"{before}{national}" for before in ("0", "+33", "0033", "+33 (0)", "33", "+330")]
    if code != 33:
        ways += [f"+{code}{national}", f"00{code}{national}", f"{code}{national}"]
    way = draw(st.sampled_from(ways))
    spaced = re.sub(r"(?<=\d)(?=(?:\d\d){1,4}$)", gap, way)
    return spaced, f"+{code}{national}"


@given(written())
def test_every_reader_makes_the_same_of_every_way_of_writing(case: tuple[str, str]) -> None:
    text, meant = case
    assert numbering.e164(text) == meant  # call place, number add, transfers
    read = numbers.read(text)  # compliance
    assert read is not None
    assert read.e164 == meant
    assert in_the_dialplan(text) == meant  # what Asterisk makes of it
    assert numbering.rewrite(text) == meant


@given(NATIONAL)
def test_a_caller_who_dictates_it_is_read_alike(national: str) -> None:
    meant = f"+{territory(national)}{national}"
    found = find_phone(" ".join(f"0{national}"[i : i + 2] for i in range(0, 10, 2)), "fr")
    if phonenumbers.is_valid_number(phonenumbers.parse(meant)):
        assert found is not None
        assert found.value == meant


@given(NATIONAL)
def test_its_country_is_the_territorys(national: str) -> None:
    code = territory(national)
    assert country_of(f"+33{national}") == country_of(f"+{code}{national}")
    if code in (590, 594, 596):
        found = country_of(f"+{code}{national}")
        assert found in {590: ("GP", "BL", "MF", ""), 594: ("GF", ""), 596: ("MQ", "")}[code]


@given(written())
def test_reading_again_changes_nothing(case: tuple[str, str]) -> None:
    once = numbering.e164(case[0])
    assert numbering.e164(once) == once == numbering.rewrite(once)


@pytest.mark.parametrize("short", [*numbering.SPECIAL, "3010", "3639", "1023", "118218"])
def test_a_short_code_is_a_number_of_no_country_and_nobody_is_given_it(short: str) -> None:
    number = numbering.read(short)
    assert number is not None
    assert (number.short, number.e164) == (True, short)
    assert in_the_dialplan(short) == short
    with pytest.raises(BadInput, match="to"):
        numbering.e164(short, field="to")


@pytest.mark.parametrize("short", numbering.SPECIAL)
def test_an_emergency_number_written_with_the_countrys_code_is_still_one(short: str) -> None:
    for text in (f"+33{short}", f"0033{short}"):
        read = numbers.read(text)
        assert read is not None
        assert numbers.emergency(read)
        assert in_the_dialplan(text) == short


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("0692 12 34 56", "+262692123456"),
        ("+33 692 12 34 56", "+262692123456"),
        ("0269 61 23 45", "+262269612345"),
        ("0690123456", "+590690123456"),
        ("06 39 98 01 23", "+33639980123"),
        ("0508 41 12 34", "+508411234"),
        ("+44 (0)20 7946 0958", "+442079460958"),
        ("tel:+33-6-12-34-56-78", "+33612345678"),
    ],
)
def test_the_numbers_that_were_read_in_two_ways_are_read_in_one(text: str, meant: str) -> None:
    read = numbers.read(text)
    assert read is not None
    assert read.e164 == numbering.e164(text) == meant


@pytest.mark.parametrize(
    "text", ["", "2", "allo", "0800 ALLO", "+33 6 12 34 56 78 ext 5", "+" + "0" * 77, "+3+3", "٠٦١٢٣٤٥٦٧٨"]
)
def test_what_is_no_number_is_none_to_all(text: str) -> None:
    assert numbering.read(text) is None
    with pytest.raises(BadInput):
        numbering.e164(text)


# -- the dialplan as it is rendered, matched as Asterisk does: the most specific pattern wins


@cache
def rendered() -> list[tuple[str, str]]:
    """(pattern, application) of the context that normalises numbers."""
    context = extensions(app="decroche").split("[decroche-number]")[1].split("\n[")[0]
    rows = re.findall(r"^exten => (_?[+0-9X\[\].!-]+),1,(\w+\(.*\))$", context, re.MULTILINE)
    return [(pattern, application) for pattern, application in rows if pattern not in ("start", "i")]


def specific(pattern: str) -> list[tuple[int, str]]:
    """A sort key: an exact digit before a set, a set before X, X before the rest of a number."""
    if not pattern.startswith("_"):
        return [(-1, pattern)]
    rank = {"X": 10, ".": 20, "!": 21}
    parts = re.findall(r"\[[^\]]+\]|.", pattern[1:])
    return [(rank.get(part, 5 if part.startswith("[") else 0), "") for part in parts]


def fits(pattern: str, number: str) -> bool:
    if not pattern.startswith("_"):
        return pattern == number
    regex = pattern[1:].replace("+", r"\+").replace("X", "[0-9]").replace(".", ".+").replace("!", ".*")
    return re.fullmatch(regex, number) is not None


def in_the_dialplan(text: str) -> str:
    """What decroche-number returns for a number that was dialled so."""
    number = "".join(c for c in text if c in "0123456789+")
    while True:
        found = sorted((specific(pattern), application) for pattern, application in rendered() if fits(pattern, number))
        name, argument = re.fullmatch(r"(\w+)\((.*)\)", found[0][1]).groups()  # type: ignore[union-attr]
        argument = argument.removesuffix(",1")
        number = re.sub(r"\$\{EXTEN(?::(\d+))?\}", lambda m, of=number: of[int(m[1] or 0) :], argument)
        if name == "Return":
            return number
