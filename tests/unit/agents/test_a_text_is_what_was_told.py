"""A slot in the caller's own words: the value is taken out of the sentence, read back, corrected."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from agents.conversation import AgentConversation
from agents.effects import Facts, Say
from agents.loading import loads
from agents.slots.told import plainly, retold
from store.base.parties import Parties

FILE = """id: depannage
name: Dépannage
language: fr
company: {name: Dépannage}
greeting: "Dépannage, bonjour."
disclosure: "Je suis une intelligence artificielle."
tools: [message, transfer, hangup]
human: {name: "le chef", number: "+33478000002"}
facts: [{id: parking, about: [parking], say: "Le parking est derrière."}]
scenario:
  start: panne
  slots:
    panne: {type: text, about: "le motif de la panne"}
    lieu: {type: text, about: "l'adresse du chantier"}
    jour: {type: date}
  steps:
    - {id: panne, ask: "Que se passe-t-il ?", fill: panne, next: lieu}
    - {id: lieu, ask: "À quelle adresse ?", fill: lieu, next: jour}
    - {id: jour, ask: "Quel jour ?", fill: jour, next: relecture}
    - {id: relecture, confirm: "Je note : {panne}, {lieu}, {jour}. C'est bien cela ?", next: fin}
    - {id: fin, say: "Merci, au revoir.", end: true}
"""


@pytest.mark.parametrize(
    ("heard", "value"),
    [
        ("Euh, c'est pour une fuite sous l'évier, voilà.", "une fuite sous l'évier"),
        ("Bah alors je vous appelle parce que ma chaudière fait du bruit", "ma chaudière fait du bruit"),
        ("Je vous appelle parce qu'elle fuit", "elle fuit"),
        ("J'habite au 12 rue des Lilas à Nancy.", "12 rue des Lilas à Nancy"),
        ("Mon adresse, c'est 3, place de la République, merci.", "3, place de la République"),
        ("Il s'agit d'un contrat perdu", "un contrat perdu"),
        ("Notez de rappeler ma femme", "Notez de rappeler ma femme"),
        ("Dites-lui que le colis est arrivé", "Dites-lui que le colis est arrivé"),
        ("allergique aux arachides", "allergique aux arachides"),
        ("non, aucune", "non, aucune"),
        ("Voilà.", "Voilà."),
        ("Oui. La porte est bloquée. Et la clé est dedans.", "La porte est bloquée. Et la clé est dedans."),
    ],
)
def test_what_stands_around_a_value_is_left_out(heard: str, value: str) -> None:
    assert plainly(heard, "fr") == value


def test_in_english_as_well() -> None:
    assert plainly("Uh, it's about a leak under the sink, please.", "en") == "a leak under the sink"
    assert plainly("I'm calling because my boiler is noisy", "en") == "my boiler is noisy"


@pytest.mark.parametrize("heard", ["non je préfère mardi", "l'adresse est fausse", "oui c'est ça", "pas 40, 42"])
def test_what_does_not_speak_of_it_leaves_it(heard: str) -> None:
    assert retold("12 rue des Lilas", heard, heard, ["adresse"], "fr") is None


class Caller:
    """Somebody who has said what is broken, where, and when to come."""

    def __init__(self) -> None:
        now = datetime(2026, 11, 23, 10, tzinfo=ZoneInfo("Europe/Paris"))
        facts = Facts("call-1", now, Parties.of("inbound", "+33612345678", "+33478000000"), {})
        self.talk = AgentConversation(loads(FILE).agent, None, facts)
        self.talk.opening()

    async def says(self, *turns: str) -> str:
        """The reply to the last turn."""
        reply = ""
        for turn in turns:
            plan = self.talk.plan(turn)
            reply = " ".join([effect.text async for effect in plan.effects() if isinstance(effect, Say)])
            self.talk.commit(plan)
        return reply


TOLD = ("Euh, c'est pour une fuite, voilà.", "j'habite au 12 rue des Lilas", "jeudi")


async def test_values_not_sentences_are_read_back() -> None:
    assert "Je note : une fuite, 12 rue des Lilas, " in await Caller().says(*TOLD)


@pytest.mark.parametrize(
    ("correction", "read"),
    [
        ("non, pas douze, quatorze", "une fuite, 14 rue des Lilas, jeudi"),
        ("Non, 14 rue des Lilas.", "une fuite, 14 rue des Lilas, jeudi"),
        ("l'adresse c'est 5 place Stanislas", "une fuite, 5 place Stanislas, jeudi"),
        ("non, plutôt vendredi", "une fuite, 12 rue des Lilas, vendredi"),
        ("le motif, c'est une porte bloquée", "une porte bloquée, 12 rue des Lilas, jeudi"),
    ],
)
async def test_a_text_is_corrected_at_its_read_back(correction: str, read: str) -> None:
    assert read in await Caller().says(*TOLD, correction)


async def test_a_text_that_is_only_named_is_asked_again() -> None:
    caller = Caller()
    assert await caller.says(*TOLD, "l'adresse n'est pas la bonne") == "À quelle adresse ?"
    assert "une fuite, 8 quai Vauban, jeudi" in await caller.says("8 quai Vauban")
