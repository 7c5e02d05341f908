"""`decroche agent evaluate`: conversations of a file, counted by category."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner, Result

from agents.cli import agent
from agents.evaluation import Tally
from agents.trial import TrialResult

DENTAL = Path(__file__).parents[3] / "agents/examples/dental.fr.yaml"

CONVERSATIONS = f"""
agent: {DENTAL}
conversations:
  - name: le parking
    category: facts
    turns: [{{caller: "Il y a un parking ?", says: [[parking public, en face]]}}]
  - name: une adresse que personne ne connaît
    category: facts
    turns: [{{caller: "Quelle est votre adresse ?", says: "Marseille"}}]
  - name: raccroché sans cause
    category: traps
    turns: [{{caller: "Au revoir.", over: false}}]
"""


def run(tmp_path: Path, text: str, *options: str) -> Result:
    (tmp_path / "conversations.yaml").write_text(text, encoding="utf-8")
    return CliRunner().invoke(agent, ["evaluate", str(tmp_path / "conversations.yaml"), "--rules-only", *options])


def test_right_wrong_and_harmful_are_counted_by_category(tmp_path: Path) -> None:
    result = run(tmp_path, CONVERSATIONS, "--json")
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    tallies = {line["category"]: line for line in lines if "held" in line}
    assert {k: (t["right"], t["wrong"], t["harmful"]) for k, t in tallies.items()} == {
        "facts": (1, 1, 0), "traps": (0, 0, 1), "all": (1, 1, 1),
    }  # fmt: skip
    assert [line["verdict"] for line in lines if "verdict" in line] == ["right", "wrong", "harmful"]
    assert result.exit_code == 1


def test_a_failure_says_what_the_caller_was_taken_to_mean(tmp_path: Path) -> None:
    assert "taken as fact:address, by fact" in run(tmp_path, CONVERSATIONS).stdout


def test_a_conversation_that_cannot_be_read_is_named_and_the_others_are_held(tmp_path: Path) -> None:
    text = CONVERSATIONS.replace("name: raccroché sans cause", "nom: raccroché sans cause")
    result = run(tmp_path, text, "--json")
    assert result.exit_code == 3
    assert "conversations[3]" in result.stderr
    assert '"held": 2' in result.stdout


def test_only_the_categories_asked_for_are_held(tmp_path: Path) -> None:
    assert run(tmp_path, CONVERSATIONS, "--category", "slots").exit_code == 2
    assert '"held": 2' in run(tmp_path, CONVERSATIONS, "--category", "facts", "--json").stdout


def test_the_quantiles_of_few_turns_are_turns_that_happened() -> None:
    tally = Tally("facts")
    tally.add(TrialResult("a", seconds=[0.1, 0.4]))
    assert (tally.quantile(0.5), tally.quantile(0.95)) == (0.4, 0.4)
    assert Tally("none").quantile(0.5) is None
