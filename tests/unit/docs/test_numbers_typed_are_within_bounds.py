"""A duration or a count that cannot be is a usage error, whichever command it is typed for."""

from __future__ import annotations

from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from ari_app.cli import decroche
from tests.unit.docs.commands import every_command

NAMES = {"--line", "--version"}
"""Numbers that name something: one that does not exist is not found."""

NUMBERS = [
    pytest.param(name, option, id=f"{name} {option.opts[0]}")
    for name, command in every_command()
    for option in command.params
    if isinstance(option, click.Option)
    and option.type.name in {"integer", "float", "integer range", "number"}
    and option.opts[0] not in NAMES
]


@pytest.mark.parametrize(("command", "option"), NUMBERS)
def test_a_number_has_a_least_value(command: str, option: click.Option) -> None:
    least = getattr(option.type, "min", None)
    assert least is not None, f"{command} {option.opts[0]} takes -1: give it click.IntRange or console.Amount"


@pytest.mark.parametrize("value", ["-1", "0", "nan", "inf"])
@pytest.mark.parametrize("option", ["--timeout", "--max-seconds", "--patience"])
def test_a_duration_that_is_none_is_told_before_anything_is_waited_for(tmp_path: Path, option: str, value: str) -> None:
    line = ["softphone", "answer", option, value]
    result = CliRunner().invoke(decroche, line, env={"DECROCHE_HOME": str(tmp_path / "home")})
    assert result.exit_code == 2
    assert f"Invalid value for '{option}'" in result.output


@pytest.mark.parametrize("option", ["--quiet", "--farewell", "--barge-in-after"])
def test_a_pause_may_be_nothing_but_not_less(tmp_path: Path, option: str) -> None:
    line = ["softphone", "call", "112", option, "-1"]
    result = CliRunner().invoke(decroche, line, env={"DECROCHE_HOME": str(tmp_path / "home")})
    assert result.exit_code == 2
    assert "not in the range x>=0" in result.output
