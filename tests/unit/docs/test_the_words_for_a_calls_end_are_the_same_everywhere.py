"""One vocabulary for what a call came to: the type, the database's constraint, the handbook, the API, the pages."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, get_args

import pytest

from portal import words
from portal.api.app import contract
from store.base.endings import OUTCOMES, Ending, outcome_of, refused_by

ROOT = Path(__file__).parents[3]


def written_in(path: str, begins: str, ends: str, word: str) -> list[str]:
    text = (ROOT / path).read_text(encoding="utf-8")
    start = text.index(begins) + len(begins)
    return re.findall(word, text[start : text.index(ends, start)], re.MULTILINE)


def test_the_database_takes_these_outcomes_and_no_other() -> None:
    path = max((ROOT / "store/migrations").glob("*outcomes_of_calls*.sql"))
    taken = written_in(str(path.relative_to(ROOT)), "CHECK (outcome IN (", ")) NOT VALID", r"'([a-z_]+)'")
    assert sorted(taken) == sorted(OUTCOMES)


def test_the_handbook_explains_each_once() -> None:
    assert sorted(written_in("docs/operating.md", "## How a call ended", "\n## ", r"^\| `([a-z_]+)`")) == sorted(
        OUTCOMES
    )


@pytest.mark.parametrize("shape", ["Call", "Whole"])
def test_the_api_names_them(shape: str) -> None:
    schemas: dict[str, Any] = contract()["components"]["schemas"]
    (found,) = (schema for name, schema in schemas.items() if name in (shape, f"portal__api__calls__{shape}"))
    assert found["properties"]["outcome"]["enum"] == list(OUTCOMES)


def test_the_pages_have_a_word_for_each() -> None:
    assert [outcome for outcome in OUTCOMES if outcome not in words.OUTCOMES] == []


def test_every_way_a_talk_ends_is_an_outcome_or_says_nothing_of_it() -> None:
    come = {ending: outcome_of(ending, gone=False) for ending in (*get_args(Ending),)}
    assert {word for word in come.values() if word} <= set(OUTCOMES)
    assert [ending for ending, word in come.items() if not word] == ["hangup", "transfer", "language", "hung_up"]


def test_sound_that_goes_with_its_caller_is_not_lost() -> None:
    assert (outcome_of("closed", gone=True), outcome_of("closed", gone=False)) == ("", "media_lost")


def test_a_refusal_is_named_by_its_code_where_calls_know_it() -> None:
    assert (refused_by("balance_too_low"), refused_by("wrong_purpose")) == ("balance_too_low", "failed")
