"""Asterisk stands behind the port: no word of ARI, of its dialplan or of AMI is written elsewhere in `ari_app/`."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

APP = Path(__file__).parents[3] / "ari_app"
ASTERISK = APP / "switch/asterisk"
WORDS = re.compile(
    r"\bStasis|\bChannel(?:Dtmf|Hangup|Destroyed|State|Hold|Unhold|Gone|Event)|Local/|CDR\(|__DECROCHE_C|DECROCHE_RING|DECROCHE_CALLEE"
    r"|decroche-(?:away|sorry|blocked|unassigned|transfer|outbound|phone-out)|\bAMI\b|\bAMI_|\bARI\b|\bARI_|externalMedia"
    r"|\bari_(?:user|password)|aioari|panoramisk"
)
ELSEWHERE = [path for path in sorted(APP.rglob("*.py")) if not path.is_relative_to(ASTERISK)]


@pytest.mark.parametrize("path", ELSEWHERE, ids=[str(path.relative_to(APP)) for path in ELSEWHERE])
def test_a_file_outside_says_nothing_in_asterisks_words(path: Path) -> None:
    lines = enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
    assert [f"{number}: {line.strip()}" for number, line in lines if WORDS.search(line)] == []


def test_the_words_looked_for_are_those_that_asterisk_is_spoken_to_with() -> None:
    spoken = "".join(path.read_text(encoding="utf-8") for path in ASTERISK.glob("*.py"))
    assert len(set(WORDS.findall(spoken))) > 15


@pytest.mark.parametrize("path", [path for path in ELSEWHERE if path.parent != APP / "switch"], ids=str)
def test_only_the_service_chooses_the_switch(path: Path) -> None:
    chosen = "ari_app.switch.asterisk" in path.read_text(encoding="utf-8")
    assert chosen == (path == APP / "service/service.py")
