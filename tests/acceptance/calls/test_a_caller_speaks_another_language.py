"""A caller who speaks English to the French agent is answered in English, by its English version."""

from __future__ import annotations

import pytest

from tests.acceptance.calls.house import House, now, talk

pytestmark = pytest.mark.timeout(240)


def test_english_to_the_french_agent_is_answered_by_its_english_version(house: House) -> None:
    since = now()
    script = [
        house.say("Hello, do you speak English? I would like to see the dentist.", "en"),
        house.say("I would like an appointment on Thursday at half past two.", "en"),
    ]
    house.call("caller4", script, max_seconds=120)
    facts = house.cdr(house.number("caller4"), since)
    assert [action["name"] for action in facts["actions"]] == ["language"], talk(facts)
    assert facts["agent"] == "park-dental"
    assert "Park Dental" in talk(facts)
    assert "artificial intelligence" in talk(facts)
    assert "name" in facts["turns"][-1]["text"], talk(facts)


def test_a_french_caller_is_never_taken_for_another(house: House) -> None:
    since = now()
    script = [house.say("Allô, bonjour, ok super."), house.say("Est-ce que vous avez un parking, please ?")]
    house.call("caller4", script, max_seconds=90)
    facts = house.cdr(house.number("caller4"), since)
    assert "language" not in [action["name"] for action in facts["actions"]], talk(facts)
