"""The commands' own help: what each does, an example that is a real command, options that exist, JSON."""

from __future__ import annotations

import re

import click
import pytest

from tests.unit.docs.commands import every_command

COMMANDS = dict(every_command())

WITHOUT_JSON = {
    "decroche up": "says what it starts",
    "decroche down": "says what it stops",
    "decroche serve": "runs until it is interrupted; its logs are JSON",
    "decroche portal": "runs until it is interrupted; its logs are JSON",
    "decroche api openapi": "prints the contract, which is JSON",
    "decroche calls timeline": "draws a picture into a file",
    "decroche asterisk up": "says what it starts",
    "decroche asterisk down": "says what it stops",
    "decroche asterisk install": "says what it fetches",
    "decroche asterisk upgrade": "says what it fetches",
    "decroche compliance audit": "writes the proof as JSON and PDF files",
    "decroche compliance caller-id revoke": "changes one row and says so",
    "decroche compliance consent export": "writes the person's copy, which is JSON",
    "decroche privacy keep": "changes one policy and says so",
    "decroche privacy breach told": "notes who was told, and says so",
    "decroche privacy request close": "closes one request and says so",
}
"""Every other command prints data and must be able to print it as JSON."""


@pytest.mark.parametrize("name", COMMANDS)
def test_help_says_what_the_command_does_and_shows_it_used(name: str) -> None:
    text = COMMANDS[name].help or ""
    assert text.strip(), f"{name} has no help"
    assert re.search(rf"Examples?:\s.*{name}\b", text, re.DOTALL), f"{name} --help shows no example of {name}"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_says_what_it_is_for(name: str) -> None:
    options = [parameter for parameter in COMMANDS[name].params if isinstance(parameter, click.Option)]
    silent = {option.opts[-1] for option in options if not option.help}
    assert not silent, f"{name}: no help for {silent}"


@pytest.mark.parametrize("name", COMMANDS)
def test_examples_use_only_options_the_command_has(name: str) -> None:
    known = {option for parameter in COMMANDS[name].params for option in (*parameter.opts, *parameter.secondary_opts)}
    for used in _options_in_examples(COMMANDS[name].help or "", name):
        assert used in known | {"--help"}, f"the example of {name} uses {used}"


def _options_in_examples(text: str, name: str) -> list[str]:
    """The long options on the lines that begin with this very command."""
    lines = [line.split("Example:")[-1].split("&&")[0].split("|")[0].strip() for line in text.splitlines()]
    unquoted = [re.sub(r"(['\"]).*?(\1|$)", "", line) for line in lines if line.startswith(f"{name} ")]
    return [option for line in unquoted for option in re.findall(r"(?<=\s)--[a-z][a-z-]*", line)]


@pytest.mark.parametrize("name", [name for name in COMMANDS if name not in WITHOUT_JSON])
def test_a_command_that_prints_data_prints_json_when_asked(name: str) -> None:
    assert any("--json" in parameter.opts for parameter in COMMANDS[name].params), f"{name} has no --json"


def test_the_exceptions_to_json_are_commands_without_it() -> None:
    for name in WITHOUT_JSON:
        assert name in COMMANDS
        assert not any("--json" in parameter.opts for parameter in COMMANDS[name].params)


@pytest.mark.parametrize("name", COMMANDS)
def test_help_fits_a_hundred_columns_and_examples_run_over_by_ten_at_most(name: str) -> None:
    with click.Context(
        COMMANDS[name], info_name=name, max_content_width=100, help_option_names=["-h", "--help"]
    ) as context:
        lines = COMMANDS[name].get_help(context).splitlines()
    for line in lines:
        assert len(line) <= (110 if "decroche " in line else 100), line
