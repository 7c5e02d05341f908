"""A wording or a fact is added to an agent's file as its author would: comments, order and style are kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from agents.learning import with_fact, with_wording
from agents.loading import loads
from store.base.errors import BadInput

ROOT = Path(__file__).parents[3]
FILES = (ROOT / "agents/examples/dental.fr.yaml", ROOT / "tests/data/understanding/salon/agent.yaml")


@pytest.fixture(params=FILES, ids=lambda path: path.name + " of " + path.parent.name)
def text(request: pytest.FixtureRequest) -> str:
    """One file in block style, one in flow style."""
    return request.param.read_text(encoding="utf-8")


def test_a_wording_is_added_with_its_test_and_nothing_else_changes(text: str) -> None:
    learnt = with_wording(text, "parking", "je laisse ma « bagnole » où ?")
    before, after = loads(text, "x").agent, loads(learnt, "x").agent
    assert after.fact("parking").asked == ["je laisse ma « bagnole » où ?"]
    assert after.tests[-1].turns[0].fact == "parking"
    assert [f for f in after.facts if f.id != "parking"] == [f for f in before.facts if f.id != "parking"]
    assert after.tests[:-1] == before.tests
    gone = set(text.splitlines()) - set(learnt.splitlines())
    assert len(gone) <= 1, "only the fact's own line may change, and only in flow style"


def test_a_second_wording_joins_the_first(text: str) -> None:
    learnt = with_wording(with_wording(text, "parking", "je me gare où"), "parking", "y a de la place pour ma voiture")
    agent = loads(learnt, "x").agent
    assert agent.fact("parking").asked == ["je me gare où", "y a de la place pour ma voiture"]
    assert len(agent.tests) == len(loads(text, "x").agent.tests) + 2


def test_a_new_fact_is_told_word_for_word(text: str) -> None:
    agent = loads(with_fact(text, "wifi", "vous avez internet: c'est gratuit ?", "Le wifi est gratuit."), "x").agent
    assert agent.fact("wifi").say == "Le wifi est gratuit."
    assert agent.tests[-1].turns[0].says == [["Le wifi est gratuit."]]


def test_a_fact_that_is_not_there_is_named_with_those_that_are(text: str) -> None:
    with pytest.raises(BadInput, match="no fact is called 'parkng'") as caught:
        with_wording(text, "parkng", "je me gare où")
    assert "parking" in caught.value.hint


def test_the_same_sentence_is_not_learnt_twice(text: str) -> None:
    with pytest.raises(BadInput, match="already"):
        with_wording(with_wording(text, "parking", "je me gare où"), "parking", "je me gare où")
    with pytest.raises(BadInput, match="already"):
        with_fact(text, "parking", "je me gare où", "Ici.")


def test_a_file_without_facts_or_tests_gets_them() -> None:
    bare = (
        'id: a\nname: A\nlanguage: fr\ncompany: {name: A}\ngreeting: "A, bonjour."\n'
        "scenario: {start: fin, steps: [{id: fin, say: Au revoir., end: true}]}"
    )
    agent = loads(with_fact(bare, "wifi", "vous avez internet", "Oui."), "x").agent
    assert (agent.facts[0].id, len(agent.tests)) == ("wifi", 1)
