"""docs/agents.md against what the code reads: every key has its row, and no row names a key that is not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from agents import definition
from agents.hours import Hours
from agents.loading import loads
from agents.wording import Wording

PAGE = (Path(__file__).parents[3] / "docs/agents.md").read_text(encoding="utf-8")
PARTS: dict[str, type[BaseModel]] = {
    "The agent": definition.Agent,
    "company": definition.Company,
    "recording": definition.Recording,
    "facts": definition.Fact,
    "hours": Hours,
    "human": definition.Human,
    "scenario": definition.Scenario,
    "slots": definition.Slot,
    "steps": definition.Step,
    "wording": Wording,
    "after": definition.After,
    "questions": definition.Question,
}


def section(title: str) -> str:
    """The section of that title, without those below it."""
    found = re.search(rf"^##+ {re.escape(title)}\n(.*?)(?=^##|\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert found, f"docs/agents.md has no section '{title}'"
    return found[1]


def keys(table: str, head: str = "key") -> set[str]:
    """The keys of the first column of the tables whose heading begins with `head`."""
    found: set[str] = set()
    inside = False
    for line in table.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if not line.startswith("|"):
            inside = False
        elif cells[0] == head:
            inside = True
        elif inside:
            found |= set(re.findall(r"`(\w+)`", cells[0]))
    return found


@pytest.mark.parametrize("title", PARTS)
def test_the_keys_documented_are_those_read(title: str) -> None:
    assert keys(section(title)) == set(PARTS[title].model_fields)


def test_the_keys_of_scripted_conversations_are_those_read() -> None:
    read = set(definition.Trial.model_fields) | set(definition.Exchange.model_fields)
    assert keys(section("tests")) == read


def test_every_tool_has_its_row() -> None:
    assert keys(section("steps"), "action") == set(definition.Tool.__args__)


def test_the_example_at_the_top_is_an_agent() -> None:
    example = re.search(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    assert example
    assert loads(example[1]).agent.id == "cabinet-du-parc"
