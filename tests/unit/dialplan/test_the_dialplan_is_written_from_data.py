"""extensions.conf: who is reached, who is not, and what nobody may slip into it."""

import re
import wave

import pytest

from dialplan.contexts import SOUNDS, Extension, extensions
from dialplan.numbers import SPECIAL
from dialplan.ways import Way
from store.base.errors import BadInput


def context(name: str, text: str) -> str:
    """The lines of one context."""
    return re.split(r"^\[", text.partition(f"\n[{name}]\n")[2], maxsplit=1, flags=re.MULTILINE)[0]


@pytest.mark.parametrize("number", SPECIAL)
def test_a_phones_emergency_call_leaves_for_its_own_context(number: str) -> None:
    assert f"exten => {number},1,Goto(decroche-special,{number},1)" in context("decroche-route", extensions(app="x"))


@pytest.mark.parametrize("number", SPECIAL)
def test_a_trunks_emergency_call_is_nobodys(number: str) -> None:
    assert f"exten => {number},1,Goto(decroche-unassigned,s,1)" in context("decroche-inbound", extensions(app="x"))


def test_the_emergency_context_never_enters_stasis() -> None:
    assert "Stasis" not in context("decroche-special", extensions(app="x"))


def test_calls_enter_the_application_the_settings_name() -> None:
    text = extensions(app="house2")
    assert "DECROCHE_APP=house2" in text
    assert "Stasis(${DECROCHE_APP},inbound,${EXTEN})" in text


def test_a_phone_is_reached_at_its_number() -> None:
    text = extensions(app="x", phones=[Extension("desk", "+33199001234")])
    assert "exten => +33199001234,1,Return(desk)" in context("decroche-phones", text)


def test_a_prefix_let_out_becomes_an_allowed_pattern() -> None:
    assert "exten => _+44X.,1" in context("decroche-allowed", extensions(app="x", allow=["+44"]))


@pytest.mark.parametrize("prefix", ["44", "+", "+44&PJSIP/x", "+4X", ""])
def test_a_prefix_that_is_no_prefix_is_refused(prefix: str) -> None:
    with pytest.raises(BadInput, match="prefix"):
        extensions(app="x", allow=[prefix])


def test_the_echo_extension_exists_only_in_a_demonstration() -> None:
    assert "Echo()" in extensions(app="x", demo=True)
    assert "Echo()" not in extensions(app="x")


def test_every_message_played_is_recorded_in_both_languages() -> None:
    played = set(re.findall(r"\$\{DECROCHE_SOUNDS\}/(\w+/\w+)", extensions(app="x")))
    assert {name.split("/")[0] for name in played} == {"fr", "en"}
    for name in played:
        with wave.open(str(SOUNDS / f"{name}.wav")) as file:
            assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (8000, 1, 2)
            assert file.getnframes() > 8000


def test_a_call_that_came_by_a_trunk_is_told_from_ours_wherever_it_goes() -> None:
    """H4: it leaves by the endpoint that signs nothing, also from the leg that rings a person beforehand."""
    assert "Set(__DECROCHE_FROM=trunk)" in context("from-trunk", extensions(app="x"))
    way = Way("trunk", "trunk")
    dial = 'ExecIf($["${DECROCHE_FROM}" = "trunk"]?Set(endpoint=passed.${endpoint}))'
    assert dial in context("decroche-trunks", extensions(app="x", ways=[way], signing=True))
    assert "passed." not in extensions(app="x", ways=[way])


def test_a_number_longer_than_any_is_none() -> None:
    """E.164 has 15 digits: what is longer, or has a plus within, is dropped before it is looked at."""
    text = context("decroche-number", extensions(app="x"))
    assert '"${raw}" = "" | ${LEN(${raw})} > 17]?none' in text
    assert '"${raw:1}" =~ "[+]"]?none' in text
