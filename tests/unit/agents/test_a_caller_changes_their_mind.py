"""A caller who is asked for a day wants something else, or nothing: another way is entered, what was begun is left."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from agents import scenario
from agents.definition import Agent
from agents.effects import Act, Facts, Say
from agents.hearing import understand
from agents.loading import load, loads
from agents.meaning.elsewhere import elsewhere, stands
from agents.meaning.sense import Kind, Meaning, Reading
from agents.rethinking import GIVE_UP
from agents.state import State, Understood
from agents.ways import binds_at_once, kept, nearest_act, others
from store.base.parties import Parties

from .conftest import Caller

EXAMPLES = Path(__file__).parents[3] / "agents/examples"
DENTAL, ENGLISH = load(EXAMPLES / "dental.fr.yaml").agent, load(EXAMPLES / "dental.en.yaml").agent
GARAGE, ESTATE = load(EXAMPLES / "garage.fr.yaml").agent, load(EXAMPLES / "estate.fr.yaml").agent
REMINDER = load(EXAMPLES / "reminder.fr.yaml").agent
NOW = datetime(2026, 11, 23, 10, tzinfo=ZoneInfo("Europe/Paris"))
FACTS = Facts("call-1", NOW, Parties.of("inbound", "+33612345678", "+33478000000"))
CANCEL, MOVE = "rendez_vous_deja_pris_a_annuler", "rendez_vous_deja_pris_a_changer"
BOOKING = State(step="quand", values={"besoin": "rendez_vous"})
NAMED = State(step="qui", values={"besoin": "rendez_vous", "jour": "2026-11-26", "heure": "14:00"})
READ_BACK = State(step="relecture", values={**NAMED.values, "nom": "Claire Martin"})
MOVING = State(step="nouveau", values={"besoin": MOVE, "nom": "Claire Martin"})
CANCELLING = State(step="relecture_annulation", values={"besoin": CANCEL, "nom": "Claire Martin"})
ENGLISH_BOOKING = State(step="when", values={"need": "appointment"})


def heard(said: str, state: State = BOOKING, agent: Agent = DENTAL) -> Understood:
    return understand(agent, state, said, FACTS)


def replied(said: str, state: State = BOOKING, agent: Agent = DENTAL) -> tuple[str, list[str], State]:
    turn = scenario.advance(agent, state, heard(said, state, agent), FACTS)
    text = " ".join(move.text for move in turn.moves if isinstance(move, Say))
    return text, [move.name for move in turn.moves if isinstance(move, Act)], turn.state


@pytest.mark.parametrize("said", [
    "en fait c'est pour annuler un rendez-vous",
    "finalement je voudrais annuler mon rendez-vous de mardi",
    "non pardon, j'annule mon rendez-vous",
    "ah non, c'était pour annuler mon rendez-vous",
    "attendez, je me suis trompée, il faut annuler mon rendez-vous",
    "excusez-moi, en fait je dois annuler le rendez-vous de ma fille",
    "est-ce que je peux plutôt annuler mon rendez-vous ?",
    "en fait j'ai un rendez-vous à annuler",
    "je voulais annuler un rendez-vous en fait",
    "annulez mon rendez-vous s'il vous plaît",
])  # fmt: skip
def test_a_caller_who_was_to_book_wants_to_cancel(said: str) -> None:
    understood = heard(said)
    assert (understood.intent, understood.values["besoin"]) == ("way", CANCEL)


@pytest.mark.parametrize("said", [
    "en fait c'est pour déplacer mon rendez-vous",
    "non, je veux décaler mon rendez-vous",
    "finalement il faudrait reporter un rendez-vous",
    "en fait je dois changer mon rendez-vous de jour",
    "plutôt repousser celui que j'ai déjà",
    "oh pardon, c'est pour avancer le rendez-vous que j'ai jeudi",
])  # fmt: skip
def test_a_caller_who_was_to_book_wants_to_move(said: str) -> None:
    understood = heard(said)
    assert (understood.intent, understood.values["besoin"]) == ("way", MOVE)


@pytest.mark.parametrize("said", [
    "finalement je préfère prendre un nouveau rendez-vous",
    "en fait je voudrais un autre rendez-vous",
    "non en fait c'est pour prendre un rendez-vous",
])  # fmt: skip
def test_a_caller_who_was_to_move_wants_to_book(said: str) -> None:
    understood = heard(said, State(step="a_deplacer", values={"besoin": MOVE}))
    assert (understood.intent, understood.values["besoin"]) == ("way", "rendez_vous")


@pytest.mark.parametrize(("said", "need"), [
    ("actually I need to cancel my appointment", "appointment_made_to_cancel"),
    ("sorry, it's to cancel an appointment", "appointment_made_to_cancel"),
    ("oh wait, I wanted to move my appointment", "appointment_made_to_move"),
    ("no, I'd like to reschedule my appointment instead", "appointment_made_to_move"),
])  # fmt: skip
def test_the_same_in_english(said: str, need: str) -> None:
    understood = heard(said, ENGLISH_BOOKING, ENGLISH)
    assert (understood.intent, understood.values["need"]) == ("way", need)


@pytest.mark.parametrize("said", [
    "laissez tomber",
    "non finalement laissez tomber",
    "bon, on laisse tomber, merci",
    "oubliez, je rappellerai",
    "oubliez ça",
    "oubliez ma demande, merci",
    "je rappellerai plus tard",
    "je rappellerai demain",
    "je vous rappelle une autre fois",
    "je ne veux plus de rendez-vous",
    "finalement je n'en veux plus",
    "finalement je n'ai plus besoin de rendez-vous",
    "c'est plus la peine, merci",
    "non, laissez, c'est pas grave",
    "on verra ça plus tard",
    "on arrête tout",
])  # fmt: skip
def test_what_is_given_up_in_so_many_words_is_left(said: str) -> None:
    assert heard(said).intent == "give_up"
    text, acts, state = replied(said)
    assert text == "Très bien, je n'y donne pas suite. Puis-je faire autre chose pour vous ?"
    assert acts == []
    assert not state.closing


@pytest.mark.parametrize("said", [
    "never mind", "oh forget it", "forget about it, thanks", "I'll call back later", "let's leave it then",
    "I don't need an appointment any more", "actually don't bother",
])  # fmt: skip
def test_the_same_words_in_english(said: str) -> None:
    text, acts, state = replied(said, ENGLISH_BOOKING, ENGLISH)
    assert text == "Very well, I will leave it. Is there anything else I can do for you?"
    assert (acts, state.closing) == ([], False)


@pytest.mark.parametrize("said", [
    "finalement j'annule", "j'annule", "non finalement je vais annuler", "annulez tout", "bon bah finalement non",
    "non en fait non", "tant pis", "j'ai changé d'avis", "je vais encore réfléchir",
])  # fmt: skip
def test_what_may_be_given_up_is_asked_once(said: str) -> None:
    text, acts, state = replied(said)
    assert (text, acts) == ("Je laisse votre demande, c'est bien cela ?", [])
    assert state.doubt == (GIVE_UP,)
    assert state.values == BOOKING.values
    left, _, after = replied("oui", state)
    assert "Puis-je faire autre chose" in left
    assert after.values == {}


@pytest.mark.parametrize("said", ["oui, je n'en veux plus", "non, je ne veux plus de rendez-vous", "oui c'est ça"])
def test_given_up_after_the_question(said: str) -> None:
    assert heard(said, State(step="quand", values={"besoin": "rendez_vous"}, doubt=(GIVE_UP,))).intent == "give_up"


@pytest.mark.parametrize("said", ["non", "non non, je veux bien venir"])
def test_a_no_to_that_question_goes_on_with_what_was_asked(said: str) -> None:
    text, acts, state = replied(said, State(step="quand", values={"besoin": "rendez_vous"}, doubt=(GIVE_UP,)))
    assert text == "Quel jour et à quelle heure souhaitez-vous venir ?"
    assert (acts, state.retries) == ([], 0)


def test_another_way_said_instead_of_that_yes_is_entered() -> None:
    state = State(step="quand", values={"besoin": "rendez_vous"}, doubt=(GIVE_UP,))
    assert heard("non, annuler mon rendez-vous de mardi", state).values["besoin"] == CANCEL


@pytest.mark.parametrize("said", [
    "mardi, enfin non, mercredi",
    "j'annule ma réunion pour venir",
    "je vais annuler mon cours de gym pour pouvoir venir mardi",
    "je dois déplacer un rendez-vous chez le kiné, donc plutôt jeudi",
    "je voulais annuler mais finalement non",
    "j'ai failli laisser tomber mais finalement je viens mardi",
    "ah non plutôt jeudi",
    "finalement mercredi à dix heures",
    "oubliez mardi, plutôt mercredi",
    "laissez tomber mardi, mettez jeudi",
    "n'oubliez pas de noter que je suis allergique",
    "j'ai oublié mon agenda",
    "j'ai laissé tomber ma couronne dans le lavabo",
    "mon train est annulé mardi, plutôt jeudi",
    "on m'a annulé mon rendez-vous mardi dernier",
    "la dernière fois vous avez annulé mon rendez-vous",
    "j'ai dû annuler mon rendez-vous la dernière fois",
    "si j'annule mon rendez-vous, ça coûte quelque chose ?",
    "jusqu'à quand on peut annuler un rendez-vous ?",
    "je ne veux pas annuler mon rendez-vous",
    "tant pis pour mardi, mercredi alors",
    "je vais réfléchir deux secondes",
    "laissez-moi regarder mon agenda",
    "je rappelle que j'ai peur des piqûres",
    "je rappellerai ma fille pour savoir, mettez mardi",
    "c'est pas la peine de me rappeler la veille",
    "ma fille annule toujours ses rendez-vous",
    "en fait je voulais savoir si je peux annuler mon rendez-vous gratuitement",
    "c'est pour un détartrage, j'ai laissé tomber depuis deux ans",
    "arrêtez-moi si je me trompe, mardi vous êtes ouverts",
    "non, je n'ai pas de préférence",
    "en fait je ne sais pas trop",
    "plutôt en fin de journée",
    "attendez je regarde",
    "j'ai déjà un rendez-vous chez l'orthodontiste mardi",
])  # fmt: skip
def test_what_only_sounds_like_a_change_of_mind_is_none(said: str) -> None:
    understood = heard(said)
    assert understood.intent not in ("way", "give_up")
    assert understood.doubt == ()


@pytest.mark.parametrize(
    "said", ["non, mon rendez-vous est mardi", "en fait j'ai un rendez-vous mardi", "non le rendez-vous de jeudi"]
)
def test_an_appointment_that_is_there_is_none_to_be_made(said: str) -> None:
    assert heard(said, MOVING).intent != "way"


@pytest.mark.parametrize("said", [
    "I'll cancel my meeting to come", "I was going to cancel but actually no", "don't forget it's my first visit",
    "never mind the price, Tuesday", "my husband cancelled my appointment last time", "if I cancel, do I pay?",
    "no, actually Thursday", "I don't want to cancel my appointment",
])  # fmt: skip
def test_nor_in_english(said: str) -> None:
    understood = heard(said, ENGLISH_BOOKING, ENGLISH)
    assert understood.intent not in ("way", "give_up")
    assert understood.doubt == ()


def test_the_name_is_kept_and_the_appointment_to_cancel_is_read_back() -> None:
    state = State(step="quand", values={"besoin": "rendez_vous", "nom": "Claire Martin"})
    text, acts, after = replied("en fait c'est pour annuler un rendez-vous", state)
    assert text == "D'accord. J'annule le rendez-vous de Claire Martin. C'est bien cela ?"
    assert acts == []
    assert after.values["nom"] == "Claire Martin"


def test_a_name_that_is_none_is_not_taken_from_the_sentence() -> None:
    text, _, after = replied("non c'est pour annuler mon rendez-vous", NAMED)
    assert text == "D'accord. À quel nom est le rendez-vous à annuler ?"
    assert "nom" not in after.values


def test_the_day_of_another_appointment_is_not_this_ones() -> None:
    agent = loads((EXAMPLES / "dental.fr.yaml").read_text(encoding="utf-8").replace(
        'args: {name: "{nom}"}', 'args: {name: "{nom}", day: "{jour}"}')).agent  # fmt: skip
    values = kept(agent, READ_BACK, "besoin", CANCEL)
    assert values == {"nom": "Claire Martin"}, "the day to come is not the day of the appointment to cancel"
    assert kept(agent, READ_BACK, "besoin", MOVE).get("jour") == "2026-11-26", "the new day is"


def test_after_it_was_booked_only_who_calls_is_kept() -> None:
    booked = State(step="suite", values=READ_BACK.values)
    assert kept(DENTAL, booked, "besoin", MOVE) == {"nom": "Claire Martin"}
    text, acts, _ = replied("finalement j'annule", booked)
    assert text == "D'accord. J'annule le rendez-vous de Claire Martin. C'est bien cela ?"
    assert acts == []


def test_at_the_read_back_nothing_is_booked() -> None:
    text, acts, state = replied("non, laissez tomber", READ_BACK)
    assert acts == []
    assert "autre chose" in text
    assert state.values == {"nom": "Claire Martin"}


def test_a_no_to_a_read_back_is_a_correction() -> None:
    text, acts, _ = replied("non", READ_BACK)
    assert (text, acts) == ("Que dois-je corriger ?", [])


@pytest.mark.parametrize("said", ["oui annulez", "oui j'annule", "oui, annulez mon rendez-vous"])
def test_who_confirms_that_it_is_cancelled_gives_nothing_up(said: str) -> None:
    assert replied(said, CANCELLING)[1] == ["cancel"]


@pytest.mark.parametrize("said", ["non finalement je le garde", "non, je garde mon rendez-vous", "n'annulez pas"])
def test_who_keeps_the_appointment_cancels_nothing(said: str) -> None:
    text, acts, _ = replied(said, CANCELLING)
    assert acts == []
    assert "autre chose" in text


def test_cancelling_while_moving_is_asked_first() -> None:
    text, acts, state = replied("finalement j'annule", MOVING)
    assert (text, acts) == ("Pardon, c'est bien pour annuler mon rendez-vous ?", [])
    told, _, _ = replied("oui", state)
    assert "J'annule le rendez-vous de Claire Martin" in told


def test_where_something_would_be_done_at_once_it_is_asked() -> None:
    state = State(step="nouveau", values={"est_la": "yes", "presence": "move"})
    said = heard("finalement annulez mon rendez-vous", state, REMINDER)
    assert (said.intent, said.doubt) == ("doubt", ("choice:presence=cancel",))
    assert binds_at_once(REMINDER, {"presence": "cancel"}, "annulation")
    assert not binds_at_once(DENTAL, {"besoin": CANCEL}, "a_annuler")


def test_what_is_left_is_done_by_nobody_and_what_follows_is_heard() -> None:
    _, _, state = replied("laissez tomber", NAMED)
    text, acts, after = replied("oui, je voudrais annuler mon rendez-vous", state)
    assert (text, acts) == ("D'accord. À quel nom est le rendez-vous à annuler ?", [])
    assert after.values["besoin"] == CANCEL
    again, _, _ = replied("oui", state)
    assert again == "Que puis-je faire pour vous ?"
    bye, acts, _ = replied("non merci", state)
    assert "au revoir" in bye
    assert acts == ["hangup"]


def test_a_message_that_is_given_up_leads_back_to_what_was_asked() -> None:
    _, _, state = replied("je voudrais laisser un message", NAMED)
    assert state.resume == "qui"
    text, acts, state = replied("laissez tomber", state)
    assert (text, acts) == ("Je laisse votre demande, c'est bien cela ?", [])
    text, acts, state = replied("oui", state)
    assert text == "Très bien, je n'y donne pas suite. À quel nom, s'il vous plaît ?"
    assert state.values["jour"] == "2026-11-26"


def test_a_message_may_tell_of_a_cancelling() -> None:
    state = State(step="_message", values=NAMED.values, resume="qui")
    said = "dites au docteur que j'annule mon rendez-vous de mardi, qu'il laisse tomber"
    assert heard(said, state).intent in ("answer", "message")


def test_where_nothing_was_begun_a_goodbye_is_asked() -> None:
    understood = heard("laissez tomber", State(step="accueil"))
    assert (understood.intent, understood.doubt) == ("doubt", ("intent:goodbye",))


def test_a_choice_that_leads_no_other_way_is_put_in_its_place() -> None:
    state = State(step="vehicule", values={"demande": "revision"})
    text, _, after = replied("non en fait c'est pour des pneus", state, GARAGE)
    assert after.values["demande"] == "pneus"
    assert "plaque" in text


def test_another_project_is_entered_where_a_place_is_asked_for() -> None:
    state = State(step="secteur", values={"projet": "achat"})
    text, _, after = replied("en fait non, c'est pour vendre", state, ESTATE)
    assert (after.values, "Où se trouve votre bien" in text) == ({"projet": "vente"}, True)
    stays = replied("une maison à vendre près de la gare", state, ESTATE)[2]
    assert stays.values["projet"] == "achat"


def test_changing_the_hour_of_what_is_being_arranged_moves_no_other_appointment() -> None:
    assert heard("en fait je voudrais changer l'heure", NAMED).intent != "way"


def test_ways_and_what_they_are_there_to_do() -> None:
    assert nearest_act(DENTAL, "quand") == "book"
    assert nearest_act(DENTAL, "suite") == ""
    assert others(DENTAL, BOOKING) == {"besoin": {MOVE: "reschedule", CANCEL: "cancel"}}


def test_a_person_asked_for_in_mid_talk_is_called() -> None:
    assert replied("non en fait je veux plutôt parler à quelqu'un")[1] == ["transfer"]


async def test_no_booking_is_made_after_it() -> None:
    caller = Caller("dental.fr.yaml")
    await caller.says("Je voudrais un rendez-vous jeudi à quatorze heures.")
    await caller.says("Claire Martin")
    assert "donne pas suite" in await caller.says("Non, laissez tomber.")
    assert caller.talk.values == {"nom": "Claire Martin"}
    assert "[hangup]" in await caller.says("Non merci.")


# -- by meaning -------------------------------------------------------------------------------------------------


def meant(*likely: tuple[str, float]) -> tuple[Meaning, ...]:
    kinds: dict[str, Kind] = {"fact": "fact", "choice": "choice", "intent": "intent", "none": "none"}
    told = (key.partition(":") for key, _ in likely)
    return tuple(Meaning(kinds[kind], name, sure) for (kind, _, name), (_, sure) in zip(told, likely, strict=True))


def by_meaning(said: str, *wide: tuple[str, float], state: State = BOOKING) -> Understood | None:
    reading = Reading(meant(("none:", 0.5), ("fact:hours", 0.1)), wide=meant(*wide))
    return elsewhere(DENTAL, state, scenario.expected(DENTAL, state, FACTS), said, heard(said, state), reading)


BOOKS = ("choice:besoin=rendez_vous", 0.95), ("none:", 0.02)
CANCELS = (f"choice:besoin={CANCEL}", 0.95), ("none:", 0.02)


def test_a_way_that_is_surely_meant_is_entered_in_other_words() -> None:
    understood = by_meaning("en fait je voudrais passer voir le docteur", *BOOKS, state=State(
        step="a_annuler", values={"besoin": CANCEL}))  # fmt: skip
    assert understood is not None
    assert (understood.intent, understood.values) == ("way", {"besoin": "rendez_vous"})


def test_to_cancel_or_to_move_is_asked_where_no_word_tells() -> None:
    said = "en fait je pourrai pas être là à celui que j'avais pris"
    understood = by_meaning(said, *CANCELS)
    assert understood is not None
    assert understood.doubt == (f"choice:besoin={MOVE}", f"choice:besoin={CANCEL}")
    asked = scenario.advance(DENTAL, BOOKING, understood, FACTS)
    assert [move.text for move in asked.moves if isinstance(move, Say)] == [
        "Pardon, c'est pour déplacer mon rendez-vous, ou pour annuler mon rendez-vous ?"
    ]
    entered = scenario.advance(DENTAL, asked.state, Understood("answer", {"besoin": CANCEL}), FACTS)
    assert "rendez-vous à annuler" in " ".join(move.text for move in entered.moves if isinstance(move, Say))
    assert heard("l'annuler", asked.state).values == {"besoin": CANCEL}
    assert heard("plutôt le déplacer", asked.state).values == {"besoin": MOVE}
    assert by_meaning(said, *CANCELS, state=State(step="a_deplacer", values={"besoin": MOVE})) is None


@pytest.mark.parametrize(("said", "sure"), [
    ("en fait je pourrai pas être là à celui que j'avais pris", 0.8),
    ("ce sera compliqué pour moi de venir un matin", 0.95),
    ("finalement jeudi plutôt", 0.95),
    ("du coup j'annule ma réunion pour venir", 0.95),
])  # fmt: skip
def test_likely_is_not_enough_nor_is_meaning_against_the_words(said: str, sure: float) -> None:
    assert by_meaning(said, (f"choice:besoin={CANCEL}", sure), ("none:", 0.02)) is None


def test_a_question_about_cancelling_is_answered() -> None:
    asked = Reading(meant(("fact:prices", 0.85), ("none:", 0.05)))
    by_words = Understood("way", {"besoin": CANCEL})
    assert not stands(DENTAL, "et si je veux annuler mon rendez-vous c'est payant", by_words, asked)
    said = Reading(meant(("fact:prices", 0.5), ("none:", 0.05)))
    assert stands(DENTAL, "en fait je veux annuler mon rendez-vous", by_words, said)
