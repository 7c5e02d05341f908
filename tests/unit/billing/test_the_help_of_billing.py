"""`decroche billing --help` is read without loading what the commands need, and names every command."""

from __future__ import annotations

import subprocess
import sys

import click

from billing.cli import COMMANDS, billing

_HEAVY = ("numpy", "psycopg", "pydantic", "phonenumbers", "stripe", "holidays", "store.db", "store.base.settings")
_HELP = f"""
import sys
from billing.cli import billing
billing(["--help"], standalone_mode=False)
print("loaded:", *(name for name in {_HEAVY!r} if name in sys.modules))
"""


def test_the_help_loads_no_library_that_only_a_command_needs() -> None:
    done = subprocess.run([sys.executable, "-c", _HELP], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "loaded:"
    assert all(
        f"\n  {name} " in done.stdout and text in " ".join(done.stdout.split()) for name, (_, text) in COMMANDS.items()
    )


def test_every_command_of_the_help_is_there_under_its_name() -> None:
    context = click.Context(billing)
    for name in COMMANDS:
        found = billing.get_command(context, name)
        assert found is not None
        assert found.name == name


def _commands(group: click.Group, words: tuple[str, ...] = ()) -> list[tuple[str, click.Command]]:
    """Every command that does something, by what is typed."""
    context, found = click.Context(group), list[tuple[str, click.Command]]()
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        here = (*words, name)
        found += _commands(command, here) if isinstance(command, click.Group) else [(" ".join(here), command)]
    return found


def test_every_command_answers_in_json_too() -> None:
    without = [name for name, each in _commands(billing) if not any("--json" in option.opts for option in each.params)]
    assert without == []
