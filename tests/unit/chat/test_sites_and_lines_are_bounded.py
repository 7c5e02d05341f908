"""Which sites may show an agent, what a visitor may send, and how often."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.chat.bounds import LONGEST_LINE, PACES, BadLine, Throttle, is_key, line, neighbourhood, note, token_of
from portal.chat.origins import MOST, lets, origin, origins
from store.base.errors import BadInput


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("https://www.cabinet.fr", "https://www.cabinet.fr"),
        (" https://WWW.Cabinet.FR:443/ ", "https://www.cabinet.fr"),
        ("https://cabinet.fr:8443", "https://cabinet.fr:8443"),
        ("https://bücher.example", "https://xn--bcher-kva.example"),
        ("http://localhost:8000", "http://localhost:8000"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
    ],
)
def test_an_origin_is_kept_as_browsers_write_it(typed: str, kept: str) -> None:
    assert origin(typed) == kept


@pytest.mark.parametrize(
    "typed",
    [
        "http://www.cabinet.fr", "https://*.cabinet.fr", "https://cabinet.fr/contact", "https://a@cabinet.fr", "null",
        "https://cabinet.fr?x", "cabinet.fr", "", "https://", "https://cabinet.fr:99999", "javascript:alert(1)",
        "https://cabinet..fr", "http://localhost.evil.fr", "https://" + "a" * 300 + ".fr", "https://[::1",
    ],
)  # fmt: skip
def test_what_is_no_site_is_refused(typed: str) -> None:
    with pytest.raises(BadInput) as told:
        origin(typed)
    assert told.value.code == "origin_wrong"


def test_each_site_is_kept_once_and_there_are_not_too_many() -> None:
    assert origins(["https://a.fr", "https://A.fr/", "https://b.fr"]) == ["https://a.fr", "https://b.fr"]
    for wrong in ([], [" "], [f"https://a{n}.fr" for n in range(MOST + 1)]):
        with pytest.raises(BadInput):
            origins(wrong)


@pytest.mark.parametrize(
    "shown", ["", "null", "https://a.fr.evil.fr", "https://evila.fr", "http://a.fr", "https://a.fr:444", "https://A.fr"]
)
def test_a_site_that_is_not_written_is_not_let_in(shown: str) -> None:
    assert lets(["https://a.fr"], "https://a.fr")
    assert not lets(["https://a.fr"], shown)


def test_a_line_is_text_on_one_line() -> None:
    assert line({"text": "  Bonjour\n\x00 <b>vous</b>\ud800 ", "turn": 3}) == ("Bonjour <b>vous</b>", 3)
    assert note({"text": "a", "contact": "06"}) == ("a", "", "06")


@pytest.mark.parametrize(
    "sent",
    [
        {}, {"text": "a"}, {"text": "", "turn": 0}, {"text": "\x00 ", "turn": 0}, {"text": ["a"], "turn": 0},
        {"text": "a", "turn": -1}, {"text": "a", "turn": True}, {"text": "a", "turn": "1"},
        {"text": "a", "turn": 10**9}, {"text": "a" * (LONGEST_LINE + 1), "turn": 0},
    ],
)  # fmt: skip
def test_what_is_no_line_is_refused(sent: dict[str, object]) -> None:
    with pytest.raises(BadLine):
        line(sent)


@given(st.dictionaries(st.sampled_from(["text", "turn", "name", "contact"]), st.none() | st.text() | st.integers()))
def test_nothing_that_is_sent_is_a_fault_of_ours(sent: dict[str, object]) -> None:
    for read in (line, note):
        try:
            read(sent)
        except BadLine:
            continue


def test_who_asks_too_often_waits_and_others_do_not() -> None:
    throttle, of = Throttle(), PACES["line"]
    assert all(throttle.lets("line", "192.0.2.1", 0.0) for _ in range(int(of.size)))
    assert not throttle.lets("line", "192.0.2.1", 0.0)
    assert throttle.lets("line", "192.0.2.2", 0.0)
    assert throttle.lets("line", "192.0.2.1", 1 / of.rate)


def test_a_crowd_of_addresses_pushes_nobody_out_and_gets_in_no_faster() -> None:
    throttle = Throttle(most=2)
    for _ in range(int(PACES["note"].size)):
        assert throttle.lets("note", "192.0.2.1", 0.0)
    assert throttle.lets("note", "192.0.2.2", 0.0)
    assert not throttle.lets("note", "192.0.2.3", 1.0), "there is no room"
    assert not throttle.lets("note", "192.0.2.1", 1.0), "who waited waits still"
    assert throttle.lets("note", "192.0.2.3", 3600.0), "those that are full again made room"


def test_a_network_of_ipv6_counts_as_one() -> None:
    assert neighbourhood("2001:db8:1:2:3::4") == neighbourhood("2001:db8:1:2:ffff::") != neighbourhood("2001:db8:1:3::")
    assert neighbourhood("::ffff:192.0.2.1") == neighbourhood("192.0.2.1") == "192.0.2.1"
    assert len(neighbourhood("x" * 1000)) == 64


def test_keys_and_tokens_have_a_form() -> None:
    assert is_key("cw_" + "a" * 22)
    assert not any(map(is_key, ["", "cw_", "cw_" + "a" * 23, "cw_" + "é" * 22, "cw_../" + "a" * 19]))
    assert token_of("Bearer " + "a" * 43) == "a" * 43
    assert token_of("Basic " + "a" * 43) == token_of("Bearer a") == token_of("") == ""
