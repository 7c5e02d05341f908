"""What a person hears before they take a call: who calls, what about, how to take it; and what is told to nobody."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from agents.briefing import brief
from agents.conversation import AgentConversation
from agents.definition import Agent
from agents.effects import Act, Facts, Say
from agents.loading import EXAMPLES, AgentFileError, loads
from store.base.parties import Parties

FILE = (EXAMPLES / "dental.fr.yaml").read_text(encoding="utf-8")
PLAIN = '{name: "le secrétariat", number: "+33199000001"}'
ATTENDED = FILE.replace(PLAIN, PLAIN[:-1] + ", transfer: attended}")
NOW = datetime(2026, 11, 23, 10, tzinfo=ZoneInfo("Europe/Paris"))
SHOWN = "+33639980100"


@pytest.fixture
def agent() -> Agent:
    return loads(ATTENDED).agent


def facts(caller: str = SHOWN) -> Facts:
    return Facts("c1", NOW, Parties.of("inbound", caller, "+33162001234"))


def test_name_and_matter_come_from_what_the_caller_told(agent: Agent) -> None:
    values = {
        "besoin": "rendez_vous",
        "jour": "2026-11-24",
        "heure": "14:30",
        "nom": "Claire Martin",
        "_consent": "yes",
    }
    told = brief(agent, facts(), values, ["Bonjour.", "Je voudrais parler à quelqu'un."])
    assert "Appel de Claire Martin, au sujet de : rendez-vous, mardi 24 novembre à 14 heures 30." in told.summary
    assert told.take == "Tapez 1 ou dites oui pour prendre l'appel."
    assert told.refuse == "Tapez 2 ou dites non pour refuser."


def test_a_caller_without_a_name_is_told_by_the_number_that_they_show(agent: Agent) -> None:
    assert "Appel du 06 39 98 01 00." in brief(agent, facts(), {}, ["Passez-moi quelqu'un."]).summary


def test_a_withheld_number_is_told_to_nobody_even_from_the_callers_words(agent: Agent) -> None:
    said = ["C'est pour une facture, rappelez-moi au 06 39 98 01 00.", "Je veux parler à quelqu'un."]
    told = brief(agent, facts(""), {}, said).summary
    assert "Appel d'un numéro masqué, " in told
    assert "facture" in told
    assert "39" not in told


def test_without_slots_the_callers_own_words_say_it(agent: Agent) -> None:
    said = ["Allô ?", "J'ai une question sur ma facture de septembre.", "Je voudrais parler à quelqu'un."]
    assert brief(agent, facts(), {}, said).summary.endswith(
        "au sujet de : J'ai une question sur ma facture de septembre."
    )


@pytest.mark.parametrize(
    ("name", "told"), [("Anne Leroy", "d'Anne Leroy"), ("Élodie", "d'Élodie"), ("Paul", "de Paul")]
)
def test_a_name_is_put_as_people_say_it(agent: Agent, name: str, told: str) -> None:
    assert f"Appel {told}." in brief(agent, facts(), {"nom": name}, []).summary


def test_a_long_story_is_cut(agent: Agent) -> None:
    said = ["alors voilà " + " ".join(f"mot{i}" for i in range(60))]
    assert len(brief(agent, facts(), {}, said).summary.split()) < 45


def test_a_call_out_is_told_by_whom_we_called(agent: Agent) -> None:
    out = Facts("c1", NOW, Parties.of("outbound", "+33162001234", SHOWN))
    assert "06 39 98 01 00" in brief(agent, out, {}, []).summary


def test_the_key_is_one_of_two_words_and_old_files_are_blind() -> None:
    assert loads(FILE).agent.human.transfer == "blind"  # pyright: ignore[reportOptionalMemberAccess]
    assert not loads(FILE).agent.attends
    assert loads(ATTENDED).agent.attends
    with pytest.raises(AgentFileError) as refused:
        loads(FILE.replace(PLAIN, PLAIN[:-1] + ", transfer: warm}"))
    assert [problem.where for problem in refused.value.problems] == ["human.transfer"]


async def reply(talk: AgentConversation, outcome: str) -> str:
    plan = talk.plan_acted("transfer", {"outcome": outcome})
    said = [effect.text async for effect in plan.effects() if isinstance(effect, Say)]
    talk.commit(plan)
    return " ".join(said)


async def asking(agent: Agent) -> AgentConversation:
    """A caller who has told a day, and wants a person."""
    talk = AgentConversation(agent, None, facts())
    talk.opening()
    for text in ("Je voudrais un rendez-vous mardi à 9 heures.", "Passez-moi quelqu'un, s'il vous plaît."):
        plan = talk.plan(text)
        effects = [effect async for effect in plan.effects()]
        talk.commit(plan)
    assert any(isinstance(effect, Act) and effect.name == "transfer" for effect in effects)
    assert any(isinstance(effect, Say) and "peut vous répondre, ne quittez pas" in effect.text for effect in effects)
    return talk


@pytest.mark.parametrize(
    ("outcome", "words"),
    [("refused", "ne peut pas être pris par le secrétariat"), ("busy", "n'arrive pas à joindre le secrétariat"),
     ("not_taken", "n'arrive pas à joindre"), ("machine", "n'arrive pas à joindre")],
)  # fmt: skip
async def test_the_caller_is_told_so_offered_a_message_and_keeps_their_thread(
    agent: Agent, outcome: str, words: str
) -> None:
    talk = await asking(agent)
    before = dict(talk.values)
    said = await reply(talk, outcome)
    assert words in said
    assert "message" in said
    assert before.items() <= talk.values.items()
    assert talk.values["jour"] == "2026-11-24"


STEP = """
id: garage
name: Garage
language: fr
company: {name: Garage Morel}
greeting: "Garage Morel, bonjour."
disclosure: "Je suis une intelligence artificielle."
tools: [transfer, message]
human: {name: "l'atelier", number: "+33199000001", transfer: attended}
scenario:
  start: accueil
  slots: {demande: {type: text}}
  steps:
    - {id: accueil, ask: "Que puis-je faire pour vous ?", fill: demande, next: passer}
    - {id: passer, do: transfer, next: fin}
    - {id: fin, say: "Au revoir.", end: true}
"""


async def test_a_step_that_does_not_say_where_a_refusal_leads_rings_nobody_again() -> None:
    talk = AgentConversation(loads(STEP).agent, None, facts())
    talk.opening()
    plan = talk.plan("Ma voiture ne démarre plus.")
    assert any([isinstance(effect, Act) async for effect in plan.effects()])
    talk.commit(plan)
    plan = talk.plan_acted("transfer", {"outcome": "refused"})
    effects = [effect async for effect in plan.effects()]
    assert not any(isinstance(effect, Act) for effect in effects)
    assert "message" in " ".join(effect.text for effect in effects if isinstance(effect, Say))
