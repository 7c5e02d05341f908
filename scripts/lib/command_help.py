"""Every command's `--help`, one after the other: written anew with

    .venv/bin/python scripts/lib/command_help.py > tests/data/commands.txt

so that a change of what people type is seen, and meant (tests/unit/docs/test_the_commands_are_those_recorded.py).
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

import click

WIDTH = 100
HEAD = "$ "
"""What each command's part begins with."""


def pages() -> Iterator[tuple[str, str]]:
    """(`decroche billing rate --help`, what it prints) of each group and command, in alphabetical order."""
    from ari_app.cli import decroche

    yield from sorted(_walk(decroche, "decroche", None))


def _walk(command: click.Command, name: str, above: click.Context | None) -> Iterator[tuple[str, str]]:
    made = command.make_context(name, [], parent=above, resilient_parsing=True, terminal_width=WIDTH,
                                max_content_width=WIDTH)  # fmt: skip
    with made as context:
        yield f"{context.command_path} --help", command.get_help(context).rstrip() + "\n"
        if isinstance(command, click.Group):
            for below in command.list_commands(context):
                found = command.get_command(context, below)
                assert found is not None, f"{context.command_path} lists {below} and does not have it"
                yield from _walk(found, below, context)


def recorded(text: str) -> dict[str, str]:
    """What `written` wrote, command by command."""
    parts = [part.partition("\n") for part in f"\n{text}".split(f"\n{HEAD}")[1:]]
    return {name: help_.strip() for name, _, help_ in parts}


def written() -> str:
    """The whole file."""
    return "\n".join(f"{HEAD}{name}\n{help_}" for name, help_ in pages())


if __name__ == "__main__":
    sys.path.insert(0, ".")
    sys.stdout.write(written())
