"""A map of a CRM: read with its errors at their lines; requests filled; contacts taken out of answers."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.links.crm import facts, filling
from portal.links.crm.definition import Request
from portal.links.crm.reading import SHIPPED, CrmMapError, loads, shipped, text_of

NUMBER = "+33612345678"
SMALL = """
name: Ours
url: https://crm.example.fr/api
headers: {Authorization: "Bearer {secret}"}
lookup:
  - request: {path: "/people/{number.digits}", query: {q: "{number.national}"}}
    numbers: ["{phone}"]
    id: "{id}"
    name: "{first} {last}"
    also: {company: "{company[0]}"}
    variables: {client: "{first} {last}"}
after:
  call:
    request: {method: POST, path: /notes, json: {w: "{contact.id}", at: "{call.started_unix}", t: "{call.summary}"}}
"""


def wrong(text: str) -> list[tuple[int, str]]:
    with pytest.raises(CrmMapError) as caught:
        loads(text)
    return [(each.line, each.what) for each in caught.value.problems]


@pytest.mark.parametrize("name", shipped())
def test_the_maps_that_come_with_the_house_are_right(name: str) -> None:
    the_map = loads(text_of(SHIPPED / f"{name}.yaml"))
    assert the_map.after.contact
    assert the_map.after.call
    assert the_map.after.booking
    assert the_map.after.booking.cancel
    assert {"client", "societe"} == set(the_map.lookup[0].variables)


def test_every_shipped_map_can_be_chosen() -> None:
    from portal.links.crm.commands import MAPS

    assert list(MAPS) == shipped()


@pytest.mark.parametrize(
    ("old", "new", "line", "what"),
    [
        ("{number.digits}", "{number.digit}", 6, "nothing fills {number.digit}"),
        ("name: Ours", "nom: Ours", 2, "unknown key 'nom'"),
        ("https://crm", "ftp://crm", 3, "ftp://crm.example.fr/api: is not https"),
        ("    id:", "    ids:", 6, "'id' is missing"),
        ("variables: {client:", "variables: {company:", 11, "'company' is a name of the house"),
        ("{call.summary}", "{call.sumary}", 14, "nothing fills {call.sumary}"),
        ("{company[0]}", "{company[x]}", 10, "'company[x]' is no path into an answer"),
        ('q: "{number.national}"', 'q: "{secret}"', 6,
         "the secret stands in an address, which is written down on the way"),
        ("{first} {last}\"\n    also", "{first {last}\"\n    also", 9, "a brace stands alone"),
        ("Authorization:", "Host:", 4, "is no header that may be set"),
        ("{call.started_unix}", "{booking.id}", 14, "nothing fills {booking.id}"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_at_its_line(old: str, new: str, line: int, what: str) -> None:
    assert old in SMALL
    assert (line, what) in wrong(SMALL.replace(old, new, 1))


def test_what_is_no_yaml_or_too_much_of_it_is_told() -> None:
    assert wrong("name: [")[0][0] == 1
    assert "refers to another place" in wrong("name: &a x\nurl: *a\n")[0][1]
    assert "more than" in wrong("name: " + "x" * 70_000)[0][1]


def ready(request: Request, more: dict[str, Any]) -> filling.Ready:
    the_map = loads(SMALL)
    known = {"secret": "k3y", **facts.of_number(NUMBER), **more}
    return filling.filled(the_map, "https://crm.example.fr/api/", request, known)


def test_a_request_is_filled_where_each_fact_stands() -> None:
    found = ready(loads(SMALL).lookup[0].request, {})
    assert found.url == "https://crm.example.fr/api/people/33612345678?q=0612345678"
    assert found.headers["Authorization"] == "Bearer k3y"
    assert found.content is None


def test_in_json_one_fact_alone_keeps_its_kind_and_none_is_left_out() -> None:
    request = Request.model_validate(
        {"method": "POST", "path": "/x", "json": {"id": "{a}", "gone": "{b}", "t": "n {a}", "l": [1, "{c}", True]}}
    )
    content = ready(request, {"a": 7, "c": "{secret}"}).content
    assert content is not None
    assert json.loads(content) == {"id": 7, "t": "n 7", "l": [1, "{secret}", True]}


@given(st.text(max_size=60))
def test_no_fact_leaves_the_place_it_stands_in(words: str) -> None:
    request = Request.model_validate({"path": "/p/{w}/end", "query": {"q": "{w}"}, "json": {"t": "a {w}"}})
    found = ready(request, {"w": words})
    parts = urlsplit(found.url)
    assert parts.netloc == "crm.example.fr"
    assert parts.path.endswith("/end")
    assert parts.path.count("/") == 4
    assert parse_qs(parts.query, keep_blank_values=True) == {"q": [words]}
    assert found.content is not None
    assert json.loads(found.content) == {"t": f"a {words}"}


def test_a_header_holds_one_line() -> None:
    the_map = loads(SMALL)
    found = filling.filled(the_map, "https://x.fr", the_map.lookup[0].request, {"secret": "a\r\nX-Evil: 1"})
    assert found.headers["Authorization"] == "Bearer aX-Evil: 1"


@pytest.mark.parametrize(
    ("number", "shown", "like"),
    [
        (NUMBER, "0612345678", "%6%12%34%56%78"), ("+262692123456", "0692123456", "%6%92%12%34%56"),
        ("+442071234567", "442071234567", "%2%07%12%34%56%7"),
    ],
)  # fmt: skip
def test_a_number_is_told_as_crms_hold_it(number: str, shown: str, like: str) -> None:
    told = filling.number_facts(number)
    assert (told["number.national"], told["number.like"]) == (shown, like)


def test_whom_a_search_finds_has_the_number_itself() -> None:
    lookup = loads(SMALL).lookup[0]
    claire = {"id": "12", "first": "Claire", "last": "Martin", "phone": "06 12.34 56-78", "company": [3, "Molaire"]}
    other = {"id": 11, "first": "Max", "last": "Roux", "phone": "0612345678999"}
    found = filling.contact(lookup, [other, {"id": 9}, "x", claire], NUMBER)
    assert found == filling.Contact("12", "Claire Martin", {"client": "Claire Martin"}, {"company": 3})
    assert filling.contact(lookup, [other], NUMBER) is None
    assert filling.contact(lookup, {"error": "none"}, NUMBER) is None
    assert filling.contact(lookup, None, NUMBER) is None


@pytest.mark.parametrize("made", ["", False, None, [], {}, True])
def test_a_contact_without_an_id_is_none(made: Any) -> None:
    lookup = loads(SMALL).lookup[0]
    assert filling.contact(lookup, {"id": made, "phone": NUMBER}, NUMBER) is None


@given(st.text(max_size=300))
def test_what_a_crm_says_is_one_short_line_that_fills_nothing(words: str) -> None:
    told = filling.said(words)
    assert len(told) <= filling.MOST_VARIABLE
    assert told == " ".join(told.split())
    assert not set("{}<>[]|\\`\n") & set(told)


_PLAIN = st.none() | st.booleans() | st.integers() | st.text(max_size=8)


@settings(max_examples=40)
@given(st.recursive(_PLAIN, lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.text(max_size=6), inside)))
def test_no_answer_is_too_strange_to_be_looked_into(answer: Any) -> None:
    for name in shipped():
        for lookup in loads(text_of(SHIPPED / f"{name}.yaml")).lookup:
            assert filling.contact(lookup, answer, NUMBER) is None
