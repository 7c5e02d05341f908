"""Help that fits a terminal of 100 columns and ends with an example."""

from __future__ import annotations

from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner

from compliance.cli import compliance
from compliance.commands.privacy import privacy


def every(command: click.Command, *path: str) -> Iterator[tuple[str, click.Command]]:
    yield " ".join(path), command
    if isinstance(command, click.Group):
        for name, inner in command.commands.items():
            yield from every(inner, *path, name)


COMMANDS = dict([*every(compliance, "compliance"), *every(privacy, "privacy")])


@pytest.mark.parametrize("name", COMMANDS)
def test_help_has_an_example_of_this_command_and_fits(name: str) -> None:
    text = CliRunner().invoke(COMMANDS[name], ["--help"]).output
    assert f"decroche {name}" in text.split("Example", 1)[1]
    assert max(map(len, text.splitlines())) <= 100


SAYS_NOTHING = {"compliance caller-id revoke", "privacy keep", "privacy request close", "privacy breach told"}
"""They change one thing, and print nothing."""
SPEAKS_JSON = {"compliance audit", "compliance consent export"}
"""They print JSON, or write files."""
LEAVES = {name for name, command in COMMANDS.items() if not isinstance(command, click.Group)}


@pytest.mark.parametrize("name", sorted(LEAVES - SAYS_NOTHING - SPEAKS_JSON))
def test_what_prints_data_prints_json_too(name: str) -> None:
    assert "--json" in CliRunner().invoke(COMMANDS[name], ["--help"]).output


@pytest.mark.parametrize("name", ["compliance", "privacy"])
def test_exit_statuses_are_told(name: str) -> None:
    text = CliRunner().invoke(COMMANDS[name], ["--help"]).output
    assert all(f"{status} " in text.split("Exit statuses:", 1)[1] for status in (0, 1, 2, 4, 5))
