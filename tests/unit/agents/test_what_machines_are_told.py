"""What an agent says to machines: the whole of a message, and to an assistant no more than who calls and why."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from agents.effects import Facts
from agents.loading import EXAMPLES, loads
from agents.machines import introduction, message
from store.base.errors import DecrocheError
from store.base.parties import Parties

TEXT = (EXAMPLES / "reminder.fr.yaml").read_text(encoding="utf-8")
NOW = datetime(2026, 11, 23, 10, tzinfo=ZoneInfo("Europe/Paris"))
FACTS = Facts(
    "c", NOW, Parties.of("outbound", "", ""), {"patient": "Claire Martin", "date": "2026-11-26", "heure": "14:30"}
)


def written(**keys: str) -> str:
    """The reminder's file with these keys."""
    lines = [line for line in TEXT.splitlines() if line.split(":")[0] not in keys]
    return "\n".join([*(f'{key}: "{value}"' for key, value in keys.items()), *lines])


def test_a_file_without_the_keys_is_valid_and_hangs_up() -> None:
    lines = [line for line in TEXT.splitlines() if not line.startswith(("on_machine:", "reason:"))]
    assert loads("\n".join(lines), "old.yaml").agent.on_machine == "hangup"


def test_a_message_stands_by_itself() -> None:
    agent = loads(written(on_machine="Rappelez-nous avant le {date}."), "x.yaml").agent
    said = message(agent, FACTS)
    assert [each.kind for each in said] == ["greeting", "disclosure", "other"]
    assert said[-1].text == "Rappelez-nous avant le jeudi 26 novembre."


def test_an_assistant_is_told_the_company_the_disclosure_and_a_reason_and_no_name() -> None:
    agent = loads(written(reason="C'est au sujet d'un rendez-vous."), "x.yaml").agent
    told = " ".join(each.text for each in introduction(agent))
    assert told.startswith("Ici Cabinet dentaire du Parc.")
    assert "intelligence artificielle" in told
    assert told.endswith("C'est au sujet d'un rendez-vous.")
    assert "Claire" not in told


@pytest.mark.parametrize("purpose", ["service", "contract", "survey", "canvassing"])
@pytest.mark.parametrize("file", ["reminder.fr.yaml", "reminder.en.yaml"])
def test_every_purpose_has_its_reason(purpose: str, file: str) -> None:
    agent = loads((EXAMPLES / file).read_text(encoding="utf-8"), file).agent
    told = introduction(agent.model_copy(update={"purpose": purpose, "reason": ""}))
    assert len({each.text for each in told}) == 3


def test_a_reason_that_would_tell_of_the_person_is_refused() -> None:
    with pytest.raises(DecrocheError, match="reason"):
        loads(written(reason="C'est pour le rendez-vous de {patient}."), "x.yaml")


def test_a_message_that_tells_a_machine_of_the_person_is_warned_of() -> None:
    found = loads(written(on_machine="Rendez-vous le {date}."), "x.yaml")
    assert any("others may hear it" in problem.what for problem in found.warnings)
