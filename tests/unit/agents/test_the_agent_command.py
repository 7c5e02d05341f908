"""`decroche agent check|test|chat` on files."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner

from agents.cli import agent

EXAMPLES = Path(__file__).parents[3] / "agents/examples"
DENTAL = str(EXAMPLES / "dental.fr.yaml")


def test_every_shipped_example_is_good() -> None:
    done = CliRunner().invoke(agent, ["check", *(str(p) for p in sorted(EXAMPLES.glob("*.yaml")))])
    assert done.exit_code == 0


def test_a_bad_file_exits_2_and_names_its_line(tmp_path: Path) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text(Path(DENTAL).read_text(encoding="utf-8").replace("next: qui", "next: quoi"), encoding="utf-8")
    done = CliRunner().invoke(agent, ["check", str(bad), "--json"])
    assert done.exit_code == 2
    first = json.loads(done.stdout.splitlines()[0])
    assert "leads to 'quoi'" in first["what"]
    assert bad.read_text(encoding="utf-8").splitlines()[first["line"] - 1].strip() == "next: quoi"


def test_the_scripted_conversations_of_every_example_go_as_written() -> None:
    for path in sorted(EXAMPLES.glob("*.yaml")):
        done = CliRunner().invoke(agent, ["test", str(path), "--rules-only"])
        assert done.exit_code == 0, done.output


def test_a_chat_in_json_shows_what_is_said_and_done() -> None:
    lines = "Un rendez-vous vendredi à 11h\nPaul Durand\noui\nnon merci\n"
    done = CliRunner().invoke(
        agent, ["chat", DENTAL, "--rules-only", "--json", "--now", "2026-11-23T10:00"], input=lines
    )
    turns = [json.loads(line) for line in done.stdout.splitlines()]
    assert any(effect.get("act") == "book" for turn in turns for effect in turn["effects"])
    assert turns[-1]["over"] is True
    assert turns[-1]["slots"]["jour"] == "2026-11-27"
