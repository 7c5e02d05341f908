"""`decroche compliance explain` and the lawful hours drawn by `calendar`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from compliance.cli import compliance
from compliance.law.cases import from_json
from compliance.law.engine import Decision
from compliance.law.explain import explain, explain_case
from compliance.law.rulebook import rulebook
from tests.unit.compliance.cases_of_tests import LAWFUL

SUNDAY = LAWFUL | {"at": "2026-11-22T10:30:00+01:00"}


def run(*args: str) -> tuple[int, str]:
    result = CliRunner().invoke(compliance, list(args))
    return result.exit_code, result.output


def test_a_refusal_says_why_by_which_article_since_when_and_until_when() -> None:
    text = explain_case(from_json(SUNDAY | {"consent": None, "at": "2026-11-22T10:30:00+01:00"}), "fr")
    assert "dimanche 22 novembre 2026 à 10 h 30 (Europe/Paris)" in text
    assert "cette personne n'a pas donné son consentement ; c'est le week-end" in text
    assert "[C. conso L223-1 al. 1, depuis le 11 août 2026]" in text
    assert "[C. conso D223-9, depuis le 1er mars 2023, réécrit le 11 août 2026]" in text
    assert "Attendre n'y changera rien" in text


def test_in_english_it_says_when_the_call_becomes_possible() -> None:
    text = explain_case(from_json(SUNDAY), "en")
    assert "it is the weekend" in text
    assert "Possible from Monday 23 November 2026 at 10:00" in text


def test_an_allowed_call_names_the_rules_it_keeps_and_not_those_of_other_sectors() -> None:
    text = explain_case(from_json(LAWFUL), "en")
    assert "The call is allowed." in text
    assert "C. conso D223-9" in text
    assert "training" not in text


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_every_reason_a_rule_can_give_has_its_words(lang: str) -> None:
    for rule in rulebook().rules:
        for reason in rule.reasons:
            decision = Decision(None, False, (reason,), (rule.reference,), None, (rule,))
            assert rule.reference in explain(decision, lang)  # type: ignore[arg-type]


def test_explain_takes_a_case_or_the_file_that_holds_it(tmp_path: Path) -> None:
    path = tmp_path / "case.json"
    path.write_text(json.dumps(SUNDAY), encoding="utf-8")
    assert run("explain", str(path)) == run("explain", json.dumps(SUNDAY))
    assert run("explain", str(path))[0] == 0


@pytest.mark.parametrize("case", ["{", '{"to":"15"}', "nowhere.json"])
def test_explain_refuses_what_is_no_case(case: str) -> None:
    assert run("explain", case)[0] == 2


def test_the_calendar_draws_reunion_with_its_holiday_in_its_own_time() -> None:
    status, text = run("calendar", "--postcode", "97400", "--month", "2027-12")
    lines = text.splitlines()
    assert status == 0
    assert "Indian/Reunion" in lines[0]
    assert lines[2].startswith("mer 01  ·· ·· ·· ██ ██ ██ ·· ██ ██ ██ ██ ██ ██ ·· ··")
    assert lines[21].startswith("lun 20")
    assert lines[21].endswith("jour férié")
    assert max(len(line) for line in lines) <= 100


def test_the_calendar_gives_the_windows_as_data() -> None:
    _, text = run("calendar", "--postcode", "75001", "--month", "2026-12", "--json")
    days = [json.loads(line) for line in text.splitlines()]
    assert len(days) == 31
    assert days[0]["windows"] == [
        {"from": "2026-12-01T10:00:00+01:00", "to": "2026-12-01T13:00:00+01:00"},
        {"from": "2026-12-01T14:00:00+01:00", "to": "2026-12-01T20:00:00+01:00"},
    ]
    assert (days[24]["windows"], days[24]["closed"]) == ([], ["public_holiday"])


def test_the_calendar_of_a_number_is_what_its_places_have_in_common() -> None:
    _, text = run("calendar", "--to", "+262692123456", "--month", "2026-12", "--json")
    assert json.loads(text.splitlines()[0])["windows"] == [
        {"from": "2026-12-01T11:00:00+04:00", "to": "2026-12-01T13:00:00+04:00"},
        {"from": "2026-12-01T15:00:00+04:00", "to": "2026-12-01T20:00:00+04:00"},
    ]


def test_before_march_2023_every_hour_was_open() -> None:
    _, text = run("calendar", "--postcode", "75001", "--month", "2023-02", "--json")
    assert json.loads(text.splitlines()[0])["windows"] == [
        {"from": "2023-02-01T00:00:00+01:00", "to": "2023-02-02T00:00:00+01:00"}
    ]


@pytest.mark.parametrize(
    "args",
    [
        ("--postcode", "9740", "--month", "2026-12"),
        ("--postcode", "97400", "--month", "2026-13"),
        ("--month", "2026-12"),
    ],
)
def test_the_calendar_says_what_is_wrong_with_its_arguments(args: tuple[str, ...]) -> None:
    assert run("calendar", *args)[0] == 2
