"""Dictations through the conversation: half a number is kept, the agent listens on, a read-back is mended."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from agents.conversation import AgentConversation
from agents.dictation.dictation import BETWEEN_MS
from agents.effects import Facts, Say
from agents.loading import EXAMPLES, load, loads
from store.base.parties import Parties

FILE = """id: atelier
name: Atelier
language: fr
company: {name: Atelier}
greeting: "Atelier, bonjour."
disclosure: "Je suis une intelligence artificielle."
tools: [message, transfer, hangup]
human: {name: "le chef d'atelier", number: "+33478000002"}
facts: [{id: parking, about: [parking], say: "Le parking est derrière."}]
scenario:
  start: SLOT
  slots:
    nom: {type: name}
    telephone: {type: phone}
    courriel: {type: email, ask: "Quel courriel ?"}
    plaque: {type: plate, ask: "Quelle plaque ?"}
    devis: {type: reference, ask: "Quel devis ?", pattern: '[A-Z]{2}-?\\d{4}'}
    ville: {type: text, ask: "Quelle ville ?", list: [Lyon, Bron, Vénissieux]}
  steps:
    - {id: nom, ask: "Quel nom ?", fill: nom, next: relecture}
    - {id: telephone, ask: "Quel numéro ?", fill: telephone, next: relecture}
    - {id: courriel, ask: "Quel courriel ?", fill: courriel, next: relecture}
    - {id: plaque, ask: "Quelle plaque ?", fill: plaque, next: relecture}
    - {id: devis, ask: "Quel devis ?", fill: devis, next: relecture}
    - {id: ville, ask: "Quelle ville ?", fill: ville, next: relecture}
    - {id: relecture, confirm: "Je note {nom} {telephone} {courriel} {plaque} {devis} {ville}, c'est cela ?", next: fin}
    - {id: fin, say: "Merci, au revoir.", end: true}
"""


class Caller:
    """Somebody who is asked for one thing."""

    def __init__(self, slot: str) -> None:
        now = datetime(2026, 11, 23, 10, tzinfo=ZoneInfo("Europe/Paris"))
        facts = Facts("call-1", now, Parties.of("inbound", "+33612345678", "+33478000000"), {})
        steps = FILE.replace("start: SLOT", f"start: {slot}")
        kept = [line for line in steps.splitlines() if not _other(line, slot)]
        self.talk = AgentConversation(loads("\n".join(kept)).agent, None, facts)
        self.talk.opening()

    async def says(self, *breaths: str) -> str:
        """The reply to the last of the breaths."""
        reply = ""
        for breath in breaths:
            plan = self.talk.plan(breath)
            reply = " ".join([effect.text async for effect in plan.effects() if isinstance(effect, Say)])
            self.talk.commit(plan)
        return reply

    async def is_silent(self) -> str:
        plan = self.talk.plan_silence(8)
        reply = " ".join([effect.text async for effect in plan.effects() if isinstance(effect, Say)])
        self.talk.commit(plan)
        return reply

    async def presses(self, keys: str) -> str:
        plan = self.talk.plan_digits(keys)
        reply = " ".join([effect.text async for effect in plan.effects() if isinstance(effect, Say)])
        self.talk.commit(plan)
        return reply


def _other(line: str, slot: str) -> bool:
    """A step that asks for something else, which nothing would lead to."""
    return "- {id:" in line and "ask:" in line and f"id: {slot}," not in line


@pytest.fixture
def asked() -> Callable[[str], Caller]:
    return Caller


async def test_half_a_number_is_kept_and_the_agent_listens_on(asked: Callable[[str], Caller]) -> None:
    caller = asked("telephone")
    assert await caller.says("C'est le zéro six, trente-neuf") == "Je vous écoute."
    assert await caller.says("quatre-vingt-dix-huit") == "Oui."
    assert "06 39 98 01 23" in await caller.says("zéro un, vingt-trois")


async def test_a_question_and_a_silence_do_not_lose_it(asked: Callable[[str], Caller]) -> None:
    caller = asked("telephone")
    await caller.says("zéro six douze")
    assert await caller.says("Il y a un parking ?") == "Le parking est derrière. J'ai noté 06 12. Je vous écoute."
    assert await caller.is_silent() == "J'ai noté 06 12. Je vous écoute."
    assert "06 12 34 56 78" in await caller.says("34 56 78")


async def test_breaths_are_no_attempts(asked: Callable[[str], Caller]) -> None:
    caller = asked("telephone")
    await caller.says("zéro", "six", "douze", "trente-quatre", "cinquante-six")
    assert "06 12 34 56 78" in await caller.says("soixante-dix-huit")


async def test_a_digit_too_many_is_dictated_again(asked: Callable[[str], Caller]) -> None:
    caller = asked("telephone")
    assert "depuis le début" in await caller.says("06 12 34 56 78 90")
    assert "06 12 34 56 78" in await caller.says("06 12 34 56 78")


async def test_one_who_never_gets_it_right_is_put_through(asked: Callable[[str], Caller]) -> None:
    caller = asked("telephone")
    assert "Je vous passe le chef d'atelier" in await caller.says(*["06 12 34 56 78 90"] * 3)


async def test_keys_in_two_goes_with_words_between_are_one_number(asked: Callable[[str], Caller]) -> None:
    caller = asked("telephone")
    assert await caller.presses("0639") == "Je vous écoute."
    await caller.says("attendez")
    assert "06 39 98 01 23" in await caller.presses("980123")


async def test_the_same_number_may_still_be_meant_and_a_person_asked_for(asked: Callable[[str], Caller]) -> None:
    caller = asked("telephone")
    await caller.says("zéro six")
    assert "06 12 34 56 78" in await caller.says("non, celui d'où j'appelle")
    caller = asked("telephone")
    assert "Je vous passe" in await caller.says("zéro six", "je veux parler à quelqu'un")


@pytest.mark.parametrize(
    ("slot", "said", "value"),
    [
        ("telephone", ["06 12 52 34 56", "non, quarante-deux, pas cinquante-deux"], "+33612423456"),
        ("telephone", ["06 18 52 34 77", "non, quarante-deux"], "+33618423477"),
        ("telephone", ["06 12 52 34 56", "non, à la fin c'est 57"], "+33612523457"),
        ("telephone", ["06 12 52 34 56", "Non, zéro six, douze, 42", "34 56"], "+33612423456"),
        ("nom", ["Claire Dupuis", "Non, c'est Dupuy, D, U, P, U, i grec."], "Claire Dupuy"),
        ("nom", ["Claire Dupuis", "Non", "D, U, P, U, Y"], "Claire Dupuy"),
        ("nom", ["Martin", "Non, Martin trait d'union Bu : M, A, R, T, I, N, trait d'union, B, U."], "Martin-Bu"),
        ("nom", ["Lefebvre", "Non, le nom, c'est Lefèvre, L, E, F, E accent grave, V, R, E."], "Lefèvre"),
        ("nom", ["Paul Ludoi", "non c'est un b comme Bernard"], "Paul Luboi"),
        ("nom", ["Paul Hanie", "non, avec deux n"], "Paul Hannie"),
        ("nom", ["Paul Dupon", "non, avec un t à la fin"], "Paul Dupont"),
        ("courriel", ["claire tiret du 6 martin arobase gmail point com", "tiret du 8, pas tiret du 6"],
         "claire_martin@gmail.com"),
        ("courriel", ["claire arobase gmail point com", "non, c'est orange point fr, pas gmail point com"],
         "claire@orange.fr"),
        ("plaque", ["AB", "cent vingt-trois", "C D", "non, 124, pas 123"], "AB-124-CD"),
        ("devis", ["D V", "2041", "non, deux mille quarante-deux, pas deux mille quarante et un"], "DV2042"),
        ("nom", ["Dupuy, ça s'écrit", "D, U, P", "U, Y"], "Dupuy"),
        ("courriel", ["claire arobase gmail", "c'est tout"], "claire@gmail.com"),
        ("ville", ["à Venissieux, s'il vous plaît"], "Vénissieux"),
    ],
)  # fmt: skip
async def test_what_the_slot_holds_in_the_end(
    asked: Callable[[str], Caller], slot: str, said: list[str], value: str
) -> None:
    caller = asked(slot)
    await caller.says(*said)
    assert caller.talk.values.get(slot) == value


async def test_a_spelled_name_is_read_back_spelled_and_a_told_letter_with_its_word(
    asked: Callable[[str], Caller],
) -> None:
    caller = asked("nom")
    assert "Claire Dupuis, c'est" in await caller.says("Claire Dupuis")
    assert "Claire Dupuy, D, U, P, U, Y, c'est" in await caller.says("Non, c'est Dupuy, D, U, P, U, i grec.")
    caller = asked("nom")
    assert "L, U, B comme Bernard, O, I" in await caller.says("Paul Ludoi", "non c'est un b comme Bernard")


async def test_what_may_be_two_letters_is_asked(asked: Callable[[str], Caller]) -> None:
    caller = asked("nom")
    await caller.says("Dudoi", "non, un b comme Bernard")
    assert caller.talk.values["nom"] == "Dudoi"


async def test_a_plate_is_taken_before_it_is_asked() -> None:
    now = datetime(2026, 11, 23, 10, tzinfo=ZoneInfo("Europe/Paris"))
    facts = Facts("call-1", now, Parties.of("inbound", "+33612345678", "+33478000000"), {})
    talk = AgentConversation(load(EXAMPLES / "garage.fr.yaml").agent, None, facts)
    talk.opening()
    said = "Ma voiture est immatriculée F, G, deux cent quatre, Z, K, c'est pour une vidange, je suis madame Morin."
    talk.commit(talk.plan(said))
    assert talk.values == {"plaque": "FG-204-ZK", "demande": "revision", "nom": "Morin"}


async def test_a_value_that_is_not_listed_is_not_kept(asked: Callable[[str], Caller]) -> None:
    caller = asked("ville")
    assert await caller.says("À Marseille") == "Je ne trouve pas cela dans ma liste. Quelle ville ?"
    assert "ville" not in caller.talk.values


async def test_nothing_more_comes_and_what_was_heard_is_enough(asked: Callable[[str], Caller]) -> None:
    caller = asked("courriel")
    await caller.says("claire arobase gmail")
    assert "gmail point com" in await caller.is_silent()


async def test_patience_depends_on_what_is_awaited(asked: Callable[[str], Caller]) -> None:
    talk = asked("telephone").talk
    assert talk.patience("zéro six, douze") == BETWEEN_MS
    assert talk.patience("06 12 34 56 78") == 0
    assert talk.patience("Vous êtes ouverts samedi ?") == 0
