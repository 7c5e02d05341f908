"""The sentence encoder on companies it never learnt from: shares over sets, because processors differ."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from agents.definition import Agent
from agents.evaluation import read_suite, tallied
from agents.loading import EXAMPLES, load, loads
from agents.meaning.encoder import Encoder, EncoderDamaged, open_encoder
from agents.meaning.reach import reach_problems
from agents.meaning.sense import Sense, open_sense
from agents.trial import run_trial

HELD_OUT = Path(__file__).parents[3] / "agents/meaning/corpus/held_out"
SETS = Path(__file__).parents[2] / "data/understanding"


@pytest.fixture(scope="module")
def sense() -> Sense:
    return open_sense()


def company(path: Path) -> tuple[Agent, list[tuple[str, str]]]:
    """An agent that knows the company's facts, and (sentence, fact) pairs; the fact "": none answers."""
    told: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    facts = [{"id": f["id"], "about": f["about"].split(", "), "say": f["say"]} for f in told["facts"]]
    agent = Agent.model_validate({
        "id": "held-out", "name": told["company"], "language": told["language"], "company": {"name": told["company"]},
        "greeting": "Bonjour.", "facts": facts, "scenario": {"start": "end", "steps": [{"id": "end", "end": True}]},
    })  # fmt: skip
    asks = [(ask, f["id"]) for f in told["facts"] for ask in f["asks"].splitlines()]
    return agent, [*asks, *((ask, "") for ask in told["unknown"].splitlines())]


def test_the_fact_asked_for_comes_first_in_companies_never_seen(sense: Sense) -> None:
    right = first_four = count = 0
    for path in sorted(HELD_OUT.glob("*.yaml")):
        agent, asked = company(path)
        for sentence, wanted in asked:
            if not wanted:
                continue
            facts = [m.name for m in sense.reading(agent, sentence).whole if m.kind == "fact"]
            right, first_four, count = right + (facts[0] == wanted), first_four + (wanted in facts[:4]), count + 1
    assert count > 400
    assert right / count >= 0.70, "0.75 where it was measured; 0.58 before it learnt"
    assert first_four / count >= 0.90


def test_how_sure_it_is_says_how_often_it_is_right(sense: Sense) -> None:
    sure: list[bool] = []
    for path in sorted(HELD_OUT.glob("*.yaml")):
        agent, asked = company(path)
        for sentence, wanted in asked:
            top = sense.reading(agent, sentence).whole[0]
            if top.kind == "fact" and top.sure >= 0.8:
                sure.append(top.name == wanted)
    assert len(sure) > 80
    assert sum(sure) / len(sure) >= 0.85


@pytest.mark.timeout(900)  # some hundred sentences are encoded: half a minute of a core, shared with who knows what
async def test_conversations_worded_unlike_the_file_go_right_and_harm_nobody(sense: Sense) -> None:
    results = []
    for path in sorted(
        path
        for path in SETS.glob("*/*.yaml")
        if path.name != "agent.yaml" and not path.parent.name.startswith("other_")
    ):
        suite = read_suite(path)
        assert not suite.problems
        results += [await run_trial(suite.agent, trial, None, sense) for trial in suite.trials]
    total = tallied(results)[-1]
    assert total.held > 80
    assert total.right / total.held >= 0.65, "0.80 where it was measured; by rules alone 0.47"
    assert total.harmful / total.held <= 0.05


def test_a_sentence_has_one_vector_alone_or_among_others() -> None:
    here = open_encoder()
    told = [
        "query: vous fermez à quelle heure",
        "query: et",
        "query: " + "je voudrais savoir si vous êtes ouverts " * 4,
    ]
    together = here.encode(told)
    assert together.shape == (3, here.size)
    assert np.allclose(np.linalg.norm(together, axis=1), 1, atol=1e-4)
    other = open_encoder()
    alone = np.concatenate([other.encode([sentence]) for sentence in told])
    assert np.allclose(together, alone, atol=1e-3)


def test_a_damaged_file_is_named_with_what_to_do(tmp_path: Path) -> None:
    broken = tmp_path / "e5-small-q4.bin"
    broken.write_bytes(b"not a model, nor anything like one" * 10)
    with pytest.raises(EncoderDamaged, match=r"e5-small-q4\.bin") as caught:
        Encoder(broken)
    assert caught.value.hint == "decroche models pull e5-small"


def test_the_examples_can_be_told_apart_and_are_tried_whole(sense: Sense) -> None:
    assert {path.name: reach_problems(load(path), sense) for path in sorted(EXAMPLES.glob("*.yaml"))} == {
        path.name: [] for path in EXAMPLES.glob("*.yaml")
    }


def test_two_facts_that_sound_the_same_are_warned_of(sense: Sense) -> None:
    text = (EXAMPLES / "dental.fr.yaml").read_text(encoding="utf-8")
    twice = text.replace(
        "  - id: children", "  - id: second_parking\n    about: [parking]\n    say: Là.\n  - id: children"
    )
    found = reach_problems(loads(twice), sense)
    assert [(problem.where, problem.line) for problem in found if "tell it from" in problem.what] == [
        ("facts.second_parking", text[: text.index("  - id: children")].count("\n") + 1)
    ]


def test_a_fact_that_no_test_asks_for_is_named(sense: Sense) -> None:
    text = (EXAMPLES / "dental.fr.yaml").read_text(encoding="utf-8")
    added = text.replace(
        "  - id: children", "  - id: fish\n    about: [aquarium, poissons]\n    say: Il y en a un.\n  - id: children"
    )
    assert [p.what for p in reach_problems(loads(added), sense)] == ["no test of this file asks for fish"]
