"""`decroche models` on a terminal and for programs."""

from __future__ import annotations

import json

from click.testing import CliRunner

from store import weights as models
from store.weights.cli import models as group
from tests.unit.models.conftest import BODY


def run(*args: str):
    return CliRunner().invoke(group, args)


def test_list_tells_programs_what_is_here(configure):
    rows = [json.loads(line) for line in run("list", "--json").stdout.splitlines()]
    assert {row["state"] for row in rows} == {"not here"}
    assert "whisper-base" in {row["name"] for row in rows}


def test_the_table_fits_100_columns(configure):
    assert max(map(len, run("list").stdout.splitlines())) <= 100


def test_verify_fails_on_a_damaged_model_and_says_what_to_type(small):
    folder = models.folder("small")
    folder.mkdir(parents=True)
    (folder / "weights.bin").write_bytes(BODY[::-1])
    done = run("verify", "small", "--json")
    assert done.exit_code == 5
    assert json.loads(done.stdout)["state"] == "damaged"
    assert json.loads(done.stdout)["hint"] == "decroche models pull small"


def test_a_named_model_that_no_source_gives_exits_with_5_and_says_why(configure):
    configure(models__offline="true")
    done = run("pull", "piper-fr-siwis")
    assert done.exit_code == 5
    assert "models.offline" in done.stderr


def test_an_unknown_model_exits_with_4(configure):
    done = run("path", "nothing-of-the-kind")
    assert done.exit_code == 4
    assert "Traceback" not in done.output


def test_every_command_ends_its_help_with_an_example(configure):
    for name in group.commands:
        assert "Example: decroche models" in run(name, "--help").output
