"""`emit`, through which every table is printed: a hundred columns whatever is in it, and nothing is lost."""

from __future__ import annotations

import json

import pytest

from store.base.console import emit

WIDE = [{"name": "n" * 80, "detail": "mot " * 60, "hint": "decroche models pull " + "x" * 90}]


def test_a_table_of_long_values_is_folded_at_a_hundred_columns(capsys: pytest.CaptureFixture[str]) -> None:
    emit(WIDE, ["name", "detail", "hint"], as_json=False)
    lines = capsys.readouterr().out.splitlines()
    assert max(len(line) for line in lines) <= 100
    assert sum(line.count("n" * 10) for line in lines[1:]) >= 1


def test_folding_loses_no_letter(capsys: pytest.CaptureFixture[str]) -> None:
    emit([{"id": "abc" * 60}], ["id"], as_json=False)
    assert "".join(capsys.readouterr().out.split()).removeprefix("id") == "abc" * 60


def test_json_has_one_object_a_line_however_long(capsys: pytest.CaptureFixture[str]) -> None:
    emit(WIDE * 2, ["name"], as_json=True)
    assert [json.loads(line) for line in capsys.readouterr().out.splitlines()] == WIDE * 2
