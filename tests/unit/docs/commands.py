"""Every command of `decroche`, found by walking its groups as click does."""

from __future__ import annotations

from collections.abc import Iterator

import click

from ari_app.cli import decroche


def every_command(
    command: click.Command = decroche, path: tuple[str, ...] = ("decroche",)
) -> Iterator[tuple[str, click.Command]]:
    """(`decroche calls list`, its command) for each command a person types; groups are only passed through."""
    if not isinstance(command, click.Group):
        yield " ".join(path), command
        return
    with click.Context(command) as context:
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            assert found is not None, f"{' '.join(path)} lists {name} and does not have it"
            yield from every_command(found, (*path, name))
