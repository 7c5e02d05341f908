"""`decroche compliance check`: one case a line in, one answer a line out, errors with their field."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from compliance.cli import compliance
from tests.terminal import on_a_terminal
from tests.unit.compliance.cases_of_tests import LAWFUL


def check(tmp_path: Path, *lines: object, args: tuple[str, ...] = ("--json",)) -> tuple[int, list[dict[str, Any]]]:
    path = tmp_path / "cases.jsonl"
    text = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
    path.write_text(text, encoding="utf-8")
    result = CliRunner().invoke(compliance, ["check", str(path), *args])
    return result.exit_code, [json.loads(line) for line in result.stdout.splitlines()]


def test_all_allowed_is_status_0(tmp_path: Path) -> None:
    status, found = check(tmp_path, LAWFUL)
    assert status == 0
    assert found == [{"id": "1", "allowed": True, "reasons": [], "law": [], "next_allowed_at": None}]


def test_answers_come_in_order_and_a_refusal_is_status_1(tmp_path: Path) -> None:
    status, found = check(tmp_path, LAWFUL, LAWFUL | {"id": "2", "at": "2026-11-22T10:30:00+01:00"})
    assert status == 1
    assert [answer["id"] for answer in found] == ["1", "2"]
    assert found[1] == {
        "id": "2",
        "allowed": False,
        "reasons": ["weekend"],
        "law": ["C. conso D223-9"],
        "next_allowed_at": "2026-11-23T10:00:00+01:00",
    }


def test_a_bad_case_is_status_3_and_the_others_go_on(tmp_path: Path) -> None:
    status, found = check(tmp_path, {"id": "b", "to": "+33612345678"}, "{not json", LAWFUL)
    assert status == 3
    assert found[0]["id"] == "b"
    assert found[0]["error"]["field"] == "at"
    assert found[1]["id"] is None
    assert "line 2" in found[1]["error"]["message"]
    assert found[2]["allowed"] is True


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"at": "2026-11-23T10:30:00"}, "at"),
        ({"at": "2026-02-30T10:30:00+01:00"}, "at"),
        ({"at": "2026-11-23T10:30:00+25:00"}, "at"),
        ({"at": "2026-11-23T10:30:00+15:00"}, "at"),
        ({"at": "0001-01-01T00:00:00+01:00"}, "at"),
        ({"at": 1}, "at"),
        ({"to": None}, "to"),
        ({"to": 33612345678}, "to"),
        ({"caller_id": "hello"}, "caller_id"),
        ({"party": "person"}, "party"),
        ({"purpose": "marketing"}, "purpose"),
        ({"automated": "yes"}, "automated"),
        ({"postcode": "1300"}, "postcode"),
        ({"postcode": 13006}, "postcode"),
        ({"sector": "gas"}, "sector"),
        ({"history": {}}, "history"),
        ({"history": [{"at": "2026-11-20T11:00:00+01:00"}]}, "history[0].result"),
        ({"history": [{"at": "x", "result": "answered"}]}, "history[0].at"),
        ({"consent": "yes"}, "consent"),
        ({"consent": {"expires_at": "2026-11-20T11:00:00+01:00"}}, "consent.given_at"),
        ({"consent": {"given_at": "2026-11-20"}}, "consent.given_at"),
        (
            {"consent": {"given_at": "2026-11-20T11:00:00Z", "agreed_slot": {"from": "2026-11-21T11:00:00Z"}}},
            "consent.agreed_slot.to",
        ),
        ({"opposed_at": "yesterday"}, "opposed_at"),
        ({"bloctel": {"listed": "no"}}, "bloctel.listed"),
        ({"request": True}, "request"),
        ({"opposedat": "2026-11-20T11:00:00+01:00"}, "opposedat"),
    ],
)
def test_what_is_wrong_with_a_case_is_named_by_its_field(tmp_path: Path, change: dict[str, Any], field: str) -> None:
    status, [found] = check(tmp_path, LAWFUL | change)
    assert status == 3
    assert found["error"]["field"] == field


@pytest.mark.parametrize(
    "line",
    ["[]", "1", '"text"', "[" * 100_000, '{"id":"\\ud800","at":1}', '{"\\ud800":1}', '{"at":' + "9" * 5000 + "}", "{}"],
)  # fmt: skip
def test_hostile_lines_are_bad_cases_and_no_crash(tmp_path: Path, line: str) -> None:
    status, found = check(tmp_path, line, LAWFUL)
    assert status == 3
    assert "error" in found[0]
    assert found[1]["allowed"] is True


def test_what_is_absent_has_its_default(tmp_path: Path) -> None:
    _, [found] = check(tmp_path, {"at": "2026-11-23T10:30:00+01:00", "to": "+33612345678"})
    assert found["id"] is None
    assert found["reasons"] == ["caller_id_masked", "no_consent"]


def test_an_empty_file_is_an_error(tmp_path: Path) -> None:
    assert check(tmp_path, "") == (2, [])


def test_a_switch_changes_the_answer(tmp_path: Path) -> None:
    business = LAWFUL | {"party": "business", "consent": None}
    assert check(tmp_path, business)[0] == 0
    status, [found] = check(tmp_path, business, args=("--json", "--switch", "ai_is_automate=on"))
    assert status == 1
    assert found["reasons"] == ["no_consent"]


def test_to_a_pipe_it_is_json_without_being_told(tmp_path: Path) -> None:
    assert check(tmp_path, LAWFUL, args=()) == check(tmp_path, LAWFUL)


def test_the_table_for_people_gives_one_row_a_case(tmp_path: Path) -> None:
    path = tmp_path / "cases.jsonl"
    path.write_text(json.dumps(LAWFUL | {"at": "2026-11-22T10:30:00+01:00"}), encoding="utf-8-sig")
    shown = on_a_terminal("compliance", "check", str(path))
    assert shown.status == 1
    assert "weekend" in shown.text
    assert "{" not in shown.text
