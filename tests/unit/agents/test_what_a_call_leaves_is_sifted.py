"""An analysis: of any answer of any mind, only what stands in the transcript is kept."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.after.asking import NEXT, longest, messages, schema
from agents.after.claims import said_in, unsaid
from agents.after.making import analyse
from agents.after.sifting import Analysis, sift
from agents.after.transcript import Deed, Line, Transcript, of_call
from agents.definition import After, Agent, Question
from agents.loading import EXAMPLES, load
from llm.base import JsonSchema, LlmError, Message
from tests.scripted_engines import NoMind

AFTER = After(
    tags={"rendez-vous": "veut un rendez-vous", "prix": "demande un prix"},
    questions=[
        Question(id="booked", ask="A-t-il obtenu un rendez-vous ?", points=3),
        Question(id="polite", ask="L'agent est-il poli ?"),
    ],
)
AGENT = load(EXAMPLES / "dental.fr.yaml").agent.model_copy(update={"after": AFTER})
HEARD = of_call(
    AGENT,
    [
        ("agent", "Cabinet du Parc, bonjour."),
        ("caller", "Je voudrais un rendez-vous jeudi, je suis allergique à la pénicilline."),
        ("agent", "Jeudi 26 novembre à 14 heures 30, c'est noté."),
        ("caller", "Merci, et envoyez-moi le devis."),
    ],
    [("book", {"name": "Claire Martin"}, {"outcome": "done", "starts_at": "2026-11-26T13:30:00+00:00"})],
    slots={"jour": "2026-11-26"}, started_at=datetime(2026, 11, 20, 9, tzinfo=UTC), inbound=True, seconds=75,
)  # fmt: skip
GOOD = {
    "summary": ["L'appelant veut un rendez-vous.", "Il est pris jeudi 26 novembre à 14 h 30 pour Claire Martin."],
    "learnt": [{"what": "allergique à la pénicilline", "line": 2}],
    "next": {"do": "send", "line": 4},
    "tags": ["rendez-vous"],
    "answers": {"booked": {"answer": "yes", "line": 3}, "polite": {"answer": "no", "line": 0}},
}


def test_what_stands_is_kept_with_the_lines_that_show_it() -> None:
    found = sift(AGENT, HEARD, GOOD)
    assert found.summary == " ".join(GOOD["summary"])
    assert (found.by, found.left_out) == ("mind", 0)
    assert found.sheet == {
        "slots": {"jour": "2026-11-26"},
        "learnt": [{"what": "allergique à la pénicilline", "sentence": HEARD.lines[1].text}],
        "next_step": {"do": "send", "sentence": HEARD.lines[3].text},
    }
    assert found.tags == ["rendez-vous"]
    assert found.score is not None
    assert (found.score["points"], found.score["of"]) == (3, 3)  # what has no line that shows it is unknown
    assert [(a["answer"], a["sentence"]) for a in found.score["answers"]] == [
        ("yes", HEARD.lines[2].text), ("unknown", "")
    ]  # fmt: skip


def test_a_sentence_that_was_not_said_is_left_out_and_counted() -> None:
    found = sift(AGENT, HEARD, GOOD | {"summary": ["L'appelant veut un rendez-vous.", "Cela coûtera 90 euros."]})
    assert (found.summary, found.left_out, found.by) == ("L'appelant veut un rendez-vous.", 1, "mind")


def test_two_sentences_in_one_are_judged_as_two() -> None:
    found = sift(AGENT, HEARD, {"summary": ["L'appelant veut un rendez-vous. Il vient de Lyon."]})
    assert found.summary == "L'appelant veut un rendez-vous."


def test_what_was_learnt_is_held_against_its_own_line() -> None:
    found = sift(AGENT, HEARD, GOOD | {"learnt": [{"what": "rendez-vous le 26", "line": 2}]})
    assert found.sheet["learnt"] == []  # the 26th was said, but not there, nor by the caller


@pytest.mark.parametrize("answer", [{}, {"summary": ["Il paiera 90 euros."]}, {"summary": "text"}, {"answers": 3}])
def test_without_a_sentence_that_stands_the_house_says_what_was_done(answer: dict[str, Any]) -> None:
    found = sift(AGENT, HEARD, answer)
    assert found.by == "house"
    assert found.summary == "Appel entrant, 1 min 15 s. Rendez-vous pris: jeudi 26 novembre à 14 heures 30."


def test_tone_is_noted_only_where_the_file_asks() -> None:
    assert "mood" not in sift(AGENT, HEARD, GOOD | {"mood": "annoyed"}).sheet
    asks = AGENT.model_copy(update={"after": After(sentiment=True)})
    assert sift(asks, HEARD, GOOD | {"mood": "annoyed"}).sheet["mood"] == "annoyed"
    assert "mood" not in sift(asks, HEARD, GOOD | {"mood": "murderous"}).sheet


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 99) | st.text(max_size=40) | st.sampled_from([*NEXT, "yes", "prix"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*GOOD, "what", "line", "do", "booked",
                                                                                 "answer"]), inner, max_size=5),
    max_leaves=12,
)  # fmt: skip


@given(st.dictionaries(st.sampled_from([*GOOD, "mood"]), JSON, max_size=6))
def test_no_answer_whatever_gets_past_the_transcript(answer: dict[str, Any]) -> None:
    held_to_its_word(sift(AGENT, HEARD, answer), AGENT, HEARD)


def held_to_its_word(found: Analysis, agent: Agent, heard: Transcript) -> None:
    """What is promised of every analysis."""
    said = said_in(heard.held, heard.agents_words, heard.language)
    lines = {line.text for line in heard.lines}
    assert found.summary
    if found.by == "mind":
        assert unsaid(found.summary, said) == [] or len(found.summary.split(". ")) > 1
    assert all(each["sentence"] in lines for each in found.sheet["learnt"])
    assert set(found.tags) <= set(agent.after.tags)
    if "next_step" in found.sheet:
        assert found.sheet["next_step"]["sentence"] in lines
    assert (found.score is None) == (not agent.after.questions)
    if found.score is not None:
        for each in found.score["answers"]:
            assert each["sentence"] in lines if each["answer"] in ("yes", "no") else each["points"] == 0
        assert 0 <= found.score["points"] <= found.score["of"]


def test_a_long_calls_beginning_and_end_are_read_under_their_own_numbers() -> None:
    long = Transcript("fr", "Parc", [Line("caller", f"ligne {n}") for n in range(1, 201)])
    asked = messages(AGENT, long)[1].text.splitlines()
    assert (asked[0], asked[-1], len(asked)) == ("1. Appelant : ligne 1", "200. Appelant : ligne 200", 60)
    assert 0 in schema(AGENT, long)["properties"]["next"]["properties"]["line"]["enum"]


def test_what_was_done_is_told_to_the_mind_in_words() -> None:
    assert messages(AGENT, HEARD)[1].text.splitlines()[-1] == (
        "Fait : book Claire Martin jeudi 26 novembre à 14 heures 30"
    )
    undone = Transcript("fr", "Parc", [], [Deed("book", {}, {"outcome": "taken", "starts_at": "2026-11-26T13:30Z"})])
    assert undone.done_in_words == []


class Scripted(NoMind):
    """It answers one text, and remembers what it was asked."""

    def __init__(self, answer: str | LlmError) -> None:
        self.answer, self.asked, self.released = answer, list[JsonSchema](), 0

    async def stream(
        self, messages: Sequence[Message], *, slot: str, schema: JsonSchema | None = None, prefill: str = "",
        max_tokens: int = 160, temperature: float = 0.0,
    ) -> AsyncIterator[str]:  # fmt: skip
        assert schema is not None
        assert max_tokens == longest(AGENT)
        self.asked.append(schema)
        if isinstance(self.answer, LlmError):
            raise self.answer
        yield self.answer

    async def release(self, slot: str) -> None:
        self.released += 1


async def test_the_mind_is_asked_under_a_schema_and_forgets_the_call() -> None:
    mind = Scripted(json.dumps(GOOD))
    assert (await analyse(AGENT, HEARD, mind)).by == "mind"
    assert set(mind.asked[0]["properties"]) == {"summary", "learnt", "next", "tags", "answers"}
    assert mind.released == 1


@pytest.mark.parametrize("answer", ["", "[]", "no json", LlmError("cut", code="llm_cut")])
async def test_an_answer_that_does_not_fit_is_none(answer: str | LlmError) -> None:
    assert (await analyse(AGENT, HEARD, Scripted(answer))).by == "house"


async def test_a_mind_that_is_away_is_told_so_that_the_job_is_tried_again() -> None:
    with pytest.raises(LlmError, match="refused"):
        await analyse(AGENT, HEARD, Scripted(LlmError("connection refused")))
