"""The rule files: what they must say, and what is refused with the line and the field."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path

import holidays as library
import pytest
from click.testing import CliRunner, Result

from compliance.cli import compliance
from compliance.law.days import holidays, last_working_day
from compliance.law.rulebook import BadRule, load, rulebook

RULE = """
[[rule]]
id = "X1"
reasons = ["weekend"]
from = 2023-03-01
until = 2026-08-10
reference = "C. conso D223-9"
grade = "B"
party = ["consumer"]
purposes = ["canvassing"]
fr = "Règle."
en = "Rule."
"""


def reading(tmp_path: Path, text: str) -> str:
    path = tmp_path / "some.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadRule) as caught:
        load([path])
    return str(caught.value)


def test_every_rule_shipped_has_a_reference_a_grade_and_both_languages() -> None:
    for rule in rulebook().rules:
        assert all((rule.reference, rule.grade, rule.fr, rule.en)), rule.version


def test_a_missing_reference_is_named_with_its_line(tmp_path: Path) -> None:
    message = reading(tmp_path, RULE.replace('reference = "C. conso D223-9"\n', ""))
    assert "some.toml, line 2, rule X1: field reference" in message


def test_overlapping_dates_are_refused_with_both_places(tmp_path: Path) -> None:
    message = reading(tmp_path, RULE + RULE.replace("2023-03-01", "2026-08-10").replace("until = 2026-08-10\n", ""))
    assert "line 14" in message
    assert "overlaps the version at some.toml, line 2" in message


def test_a_rule_that_ends_before_it_begins_is_refused(tmp_path: Path) -> None:
    assert "until" in reading(tmp_path, RULE.replace("2026-08-10", "2022-08-10"))


def test_a_purpose_no_case_can_have_is_refused(tmp_path: Path) -> None:
    assert "purposes" in reading(tmp_path, RULE.replace("canvassing", "canvasing"))


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (RULE.replace('["weekend"]', '"weekend"'), "line 2, rule X1: field reasons must be a list"),
        (RULE.replace('"C. conso D223-9"', "9"), "field reference must be text"),
        (RULE.replace("until = 2026-08-10", 'until = "2026-08-10"'), "field until must be a date"),
        (RULE.replace("grade", "grad"), "field grade is missing"),
        (RULE + "speed = 3\n", "unknown field speed"),
        ("", "no [[rule]]"),
        ("[[rule]]\nid = ?\n", "line 2"),
    ],
)
def test_what_is_wrong_with_a_rule_file_is_named(tmp_path: Path, wrong: str, told: str) -> None:
    assert told in reading(tmp_path, wrong)


def rules(*args: object) -> Result:
    return CliRunner().invoke(compliance, ["rules", *map(str, args)])


def test_the_command_names_the_file_and_the_line_of_a_bad_rule(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(RULE + RULE, encoding="utf-8")
    found = rules(path)
    assert found.exit_code == 2
    assert "mine.toml, line 14: rule X1 overlaps the version at mine.toml, line 2" in found.output


def test_the_rules_in_force_on_a_day_are_shown_with_their_articles() -> None:
    before, after = (
        {row["rule"]: row["reference"] for row in map(json.loads, rules("--on", day, "--json").stdout.splitlines())}
        for day in ("2026-08-10", "2026-08-11")
    )
    assert "B1" in before
    assert "B1" not in after
    assert "C1" not in before
    assert after["C1"] == "C. conso L223-1 al. 1"


def test_what_is_still_to_be_verified_is_listed() -> None:
    listed = [json.loads(line) for line in rules("--grade", "C", "--json").stdout.splitlines()]
    unread = {rule.id for rule in rulebook().rules if "C" in rule.grade}
    assert {row["rule"] for row in listed} == unread != set()
    assert {row["grade"] for row in listed} == {"C", "A/C"}
    assert {"C17", "I1", "N12"} <= {row["rule"] for row in listed}


def test_a_rule_begins_and_ends_at_midnight_in_paris() -> None:
    book = rulebook()
    assert "C1" not in book.at(datetime(2026, 8, 10, 21, 59, 59, tzinfo=UTC))
    assert "C1" in book.at(datetime(2026, 8, 10, 22, tzinfo=UTC))
    assert "B1" not in book.at(datetime(2026, 8, 10, 22, tzinfo=UTC))


@pytest.mark.parametrize("year", range(2023, 2100))
def test_the_eleven_holidays_are_those_of_the_holidays_library(year: int) -> None:
    assert holidays(rulebook().latest("W2"), None, "", year) == frozenset(library.country_holidays("FR", years=year))


@pytest.mark.parametrize("year", range(2023, 2060))
def test_alsace_moselle_has_the_two_more_of_the_holidays_library(year: int) -> None:
    found = holidays(rulebook().latest("W2"), rulebook().latest("W2b"), "alsace_moselle", year)
    assert found == frozenset(library.country_holidays("FR", subdiv="57", years=year))


def test_working_days_are_monday_to_saturday_less_holidays() -> None:
    assert last_working_day(date(2026, 12, 24), 5, rulebook().latest("W2")) == date(2026, 12, 31)
    assert last_working_day(date(2026, 11, 20), 5, rulebook().latest("W2")) == date(2026, 11, 26)
