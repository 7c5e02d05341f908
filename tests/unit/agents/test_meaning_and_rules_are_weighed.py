"""What the rules read and what a sentence means, weighed: nothing binding on a guess, doubt is asked about."""

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
from agents.meaning.sense import Kind, Meaning, Reading
from agents.meaning.weighing import settled, weigh
from agents.state import State, Understood
from store.base.parties import Parties

DENTAL = load(Path(__file__).parents[3] / "agents/examples/dental.fr.yaml").agent
_TEXT = (Path(__file__).parents[3] / "agents/examples/dental.fr.yaml").read_text(encoding="utf-8")
ALONE = loads(
    _TEXT.replace(
        "tools: [book, reschedule, cancel, message, transfer, opt_out, hangup]",
        "tools: [book, reschedule, cancel, hangup]",
    ).replace("human:", "#")
).agent
"""The same practice with nobody to put through to and no messages taken."""
NOW = datetime(2026, 11, 23, 10, tzinfo=ZoneInfo("Europe/Paris"))
UNCLEAR = Understood("unclear")
FACTS = Facts("call-1", NOW, Parties.of("inbound", "+33612345678", "+33478000000"))


def meant(*likely: tuple[str, float]) -> tuple[Meaning, ...]:
    kinds: dict[str, Kind] = {"fact": "fact", "choice": "choice", "intent": "intent", "none": "none"}
    told = (key.partition(":") for key, _ in likely)
    return tuple(Meaning(kinds[kind], name, sure) for (kind, _, name), (_, sure) in zip(told, likely, strict=True))


def weighed(heard: str, reading: Reading, state: State | None = None, agent: Agent = DENTAL) -> Understood:
    state = state or State(step=agent.scenario.start)
    waits = scenario.expected(agent, state, FACTS)
    by_rules = understand(agent, state, heard, FACTS)
    return weigh(agent, state, waits, heard, by_rules, reading, lambda part: understand(agent, state, part, FACTS))


def test_a_fact_that_stands_out_is_told() -> None:
    heard = weighed("je laisse ma bagnole où", Reading(meant(("fact:parking", 0.6), ("fact:address", 0.2))))
    assert (heard.intent, heard.facts) == ("question", ("parking",))


def test_two_facts_of_which_one_is_surely_meant_are_both_told() -> None:
    heard = weighed("et pour arriver jusqu'à vous", Reading(meant(("fact:parking", 0.4), ("fact:address", 0.35))))
    assert (heard.intent, heard.facts) == ("question", ("parking", "address"))


def test_two_facts_as_likely_are_asked_about() -> None:
    heard = weighed("et pour arriver jusqu'à vous", Reading(meant(("fact:parking", 0.3), ("fact:address", 0.25))))
    assert (heard.intent, heard.doubt) == ("doubt", ("fact:parking", "fact:address"))


def test_a_long_sentence_with_a_goodbye_in_it_is_asked_about() -> None:
    reading = Reading(meant(("intent:goodbye", 0.5), ("fact:emergency", 0.1)))
    heard = weighed("ma couronne a dit au revoir à ma dent", reading)
    assert (heard.intent, heard.doubt) == ("doubt", ("intent:goodbye",))


def test_a_name_the_rules_cannot_read_is_left_to_the_mind() -> None:
    state = State(step="qui", values={"jour": "2026-11-26", "heure": "14:00"})
    heard = weighed("alors ça s'écrit avec deux l et un t", Reading(meant(("none:", 0.5), ("fact:hours", 0.2))), state)
    assert (heard.intent, heard.sure) == ("unclear", False)


def test_two_questions_in_one_breath_are_both_answered() -> None:
    parts = (
        ("c'est combien", meant(("fact:prices", 0.9), ("fact:payment", 0.05))),
        ("je me gare où", meant(("fact:parking", 0.9), ("fact:address", 0.05))),
    )
    whole = meant(("fact:prices", 0.5), ("fact:parking", 0.3))
    heard = weighed("c'est combien et je me gare où", Reading(whole, parts))
    assert heard.facts == ("prices", "parking")


@pytest.mark.parametrize("intent", ["goodbye", "human", "opt_out"])
def test_nothing_binding_is_done_on_a_likelihood(intent: str) -> None:
    heard = weighed("hum hum", Reading(meant((f"intent:{intent}", 0.55), ("none:", 0.3))))
    assert heard.intent == "doubt"
    assert heard.doubt == (f"intent:{intent}",)


def test_opting_out_by_meaning_alone_is_always_asked_first() -> None:
    heard = weighed("la paix à la fin", Reading(meant(("intent:opt_out", 0.97), ("none:", 0.01))))
    assert heard.intent == "doubt"


def test_the_laws_opt_out_is_not_weighed() -> None:
    heard = weighed("ne m'appelez plus jamais", Reading(meant(("fact:hours", 0.99), ("none:", 0.01))))
    assert heard.intent == "opt_out"


def test_a_goodbye_inside_a_question_ends_nothing() -> None:
    heard = weighed(
        "je voulais vous dire bonne journée mais pour se garer au fait",
        Reading(meant(("fact:parking", 0.9), ("fact:address", 0.05), ("intent:goodbye", 0.01))),
    )
    assert (heard.intent, heard.facts) == ("question", ("parking",))


def test_a_coup_de_fil_passes_nobody() -> None:
    heard = weighed(
        "elle pourrait me passer un coup de fil", Reading(meant(("intent:message", 0.95), ("intent:human", 0.01)))
    )
    assert heard.intent == "message"


def test_a_yes_with_a_question_in_the_same_breath_books_nothing() -> None:
    state = State(step="relecture", values={"nom": "Claire Martin", "jour": "2026-11-26", "heure": "14:00"})
    whole = meant(("fact:payment", 0.8), ("fact:prices", 0.1))
    heard = weighed("oui mais on peut payer par carte", Reading(whole), state)
    assert heard.intent == "question"
    assert "_confirm" not in heard.values


def test_what_a_question_mentions_fills_no_slot() -> None:
    state = State(step="quand")
    heard = weighed(
        "vous prenez les enfants de quatre ans", Reading(meant(("fact:children", 0.9), ("none:", 0.05))), state
    )
    assert heard.intent == "question"
    assert not heard.values


def test_what_is_neither_known_nor_likely_is_said_to_be_unknown() -> None:
    heard = weighed("vous vendez des pneus ?", Reading(meant(("none:", 0.9), ("fact:payment", 0.05))))
    assert (heard.intent, heard.facts) == ("question", ())
    turn = scenario.advance(DENTAL, State(step="accueil"), heard, FACTS)
    said = " ".join(move.text for move in turn.moves if isinstance(move, Say))
    assert "pas cette information" in said
    assert "secrétariat" in said, "what can be done instead is offered"
    assert not any(isinstance(move, Act) for move in turn.moves)


def test_a_doubt_is_asked_by_name_and_costs_no_attempt() -> None:
    doubt = Understood("doubt", doubt=("fact:parking", "intent:human"))
    turn = scenario.advance(DENTAL, State(step="accueil"), doubt, FACTS)
    said = " ".join(move.text for move in turn.moves if isinstance(move, Say))
    assert said == "Pardon, c'est pour le parking, ou pour parler au secrétariat ?"
    assert turn.state.retries == 0
    assert turn.state.doubt == ("fact:parking", "intent:human")


@pytest.mark.parametrize(
    ("said", "intent", "facts"),
    [
        ("le deuxième", "human", ()),
        ("la première", "question", ("parking",)),
        ("le parking", "question", ("parking",)),
        ("non ni l'un ni l'autre", "refused", ()),
    ],
)
def test_the_answer_to_a_doubt_is_understood(said: str, intent: str, facts: tuple[str, ...]) -> None:
    state = State(step="accueil", doubt=("fact:parking", "intent:human"))
    answer = settled(DENTAL, state, said, UNCLEAR, Reading(meant(("none:", 0.9), ("fact:hours", 0.05))))
    assert answer is not None
    assert (answer.intent, answer.facts) == (intent, facts)


def test_a_yes_to_a_single_doubt_is_that() -> None:
    state = State(step="accueil", doubt=("intent:opt_out",))
    answer = settled(DENTAL, state, "oui tout à fait", UNCLEAR, Reading(meant(("none:", 0.9), ("fact:hours", 0.05))))
    assert answer is not None
    assert answer.intent == "opt_out"


def test_another_question_instead_of_an_answer_is_heard() -> None:
    state = State(step="accueil", doubt=("fact:parking", "intent:human"))
    reading = Reading(meant(("fact:prices", 0.9), ("fact:parking", 0.02)))
    assert settled(DENTAL, state, "combien coûte un détartrage chez vous", UNCLEAR, reading) is None


@pytest.mark.parametrize(
    "said", ["plutôt jeudi, en fin d'après-midi si vous avez", "plutôt je dis, enfin d'après-midi", "jeudi ça me va"]
)
def test_a_day_said_instead_of_a_yes_settles_no_doubt(said: str) -> None:
    state = State(step="accueil", doubt=("fact:emergency",))
    reading = Reading(meant(("fact:emergency", 0.3), ("none:", 0.25), ("fact:hours", 0.2)))
    assert settled(DENTAL, state, said, understand(DENTAL, state, said, FACTS), reading) is None


def test_a_caller_who_is_not_understood_is_not_hung_up_on() -> None:
    state, heard = State(step="accueil"), Understood("unclear")
    for _ in range(6):
        turn = scenario.advance(ALONE, state, heard, FACTS)
        assert not any(isinstance(move, Act) for move in turn.moves)
        assert not turn.state.closing
        state = turn.state


def test_a_machine_that_talks_on_is_left_in_the_end() -> None:
    state = State(step="accueil")
    for _ in range(12):
        state = scenario.advance(ALONE, state, Understood("unclear"), FACTS).state
    assert state.closing


def test_after_the_attempts_a_person_is_offered_by_being_put_through() -> None:
    state = State(step="accueil", retries=2)
    turn = scenario.advance(DENTAL, state, Understood("unclear"), FACTS)
    assert [move.name for move in turn.moves if isinstance(move, Act)] == ["transfer"]


def test_what_is_misheard_while_a_day_is_awaited_is_no_message() -> None:
    state = State(step="quand", values={"heure": "10:00"})
    heard = weighed(
        "ce serait possible je dis à biseur", Reading(meant(("intent:message", 0.8), ("none:", 0.1))), state
    )
    assert heard.intent != "message"


def test_a_thursday_that_the_ear_spelt_otherwise_is_one_where_a_day_is_awaited() -> None:
    assert understand(DENTAL, State(step="quand"), "ce serait possible je dis à dix heures", FACTS).values == {
        "jour": "2026-11-26", "heure": "10:00",
    }  # fmt: skip
    assert "jour" not in understand(DENTAL, State(step="qui"), "je dis à dix heures", FACTS).values


AGREED = State(step="relecture", values={"jour": "2026-11-26", "heure": "14:00", "nom": "Claire Martin"})


def test_an_allo_at_a_read_back_agrees_to_nothing() -> None:
    reading = Reading(meant(("intent:repeat", 0.85), ("none:", 0.1)))
    heard = weighed("oui allô, ça a coupé, j'ai rien entendu", reading, AGREED)
    assert heard.intent == "repeat"


def test_a_person_asked_for_outweighs_a_number_in_the_sentence() -> None:
    state = State(step="quand")
    reading = Reading(meant(("intent:human", 0.97), ("none:", 0.01)))
    heard = weighed("à dix heures ou pas, je veux parler à la secrétaire et pas à un robot", reading, state)
    assert heard.intent == "human"


def test_thanks_with_more_to_come_end_nothing() -> None:
    reading = Reading(meant(("intent:goodbye", 0.6), ("intent:thanks", 0.36)))
    assert weighed("super merci, c'est noté, et donc ensuite", reading).intent == "go_on"


def test_a_phrase_puts_nobody_through_in_a_long_sentence_about_something_else() -> None:
    reading = Reading(meant(("fact:prices", 0.4), ("fact:hours", 0.1)))
    heard = weighed("on aimerait bien se mettre un bout de quelque chose sous la dent avant", reading)
    assert heard.intent != "human"


def test_what_is_wished_for_is_booked_and_not_answered_about() -> None:
    reading = Reading(meant(("fact:prices", 0.6), ("choice:besoin=rendez_vous", 0.2)))
    heard = weighed("je voudrais un rendez-vous jeudi à quatorze heures", reading)
    assert heard.intent == "answer"
    assert {"2026-11-26", "14:00"} <= set(heard.values.values())


@pytest.mark.parametrize(
    "said",
    [
        "vous direz à Claire que je serai en retard ce soir",
        "prévenez le docteur que mon train est bloqué à Lyon",
        "dites bien à la secrétaire que le code de la porte a changé",
    ],
)
def test_a_message_given_at_once_is_taken_and_not_asked_for(said: str) -> None:
    heard = weighed(said, Reading(meant(("fact:hours", 0.5), ("intent:message", 0.3))))
    assert (heard.intent, heard.told) == ("message", said)
    turn = scenario.advance(DENTAL, State(step="accueil"), heard, FACTS)
    assert said in turn.state.values.values()
    assert "part de qui" in " ".join(move.text for move in turn.moves if isinstance(move, Say))


def test_what_is_said_to_the_agent_is_no_message() -> None:
    assert understand(DENTAL, State(step="accueil"), "dites-moi que ça ne fait pas mal", FACTS).intent != "message"


@pytest.mark.parametrize(
    "said",
    [
        "vos coups de fil pour me vendre un truc, vous m'enlevez de la liste une bonne fois pour toutes",
        "stop vos appels",
        "arrêtez avec ces coups de téléphone",
    ],
)
def test_an_opt_out_in_plain_words_needs_no_model(said: str) -> None:
    assert understand(DENTAL, State(step="accueil"), said, FACTS).intent == "opt_out"


def test_another_day_at_a_read_back_replaces_the_one_that_was_refused() -> None:
    heard = understand(DENTAL, AGREED, "oups non, jeudi y a les enfants, vendredi plutôt, même heure", FACTS)
    assert heard.values["jour"] == "2026-11-27"


def test_a_bare_day_and_hour_ask_for_no_opening_hours() -> None:
    reading = Reading(meant(("fact:hours", 0.78), ("none:", 0.1)))
    heard = weighed("mardi à onze heures et demie", reading)
    assert (heard.intent, heard.values["heure"]) == ("answer", "11:30")


def test_a_goodbye_that_somebody_else_said_is_none() -> None:
    reading = Reading(meant(("fact:prices", 0.3), ("none:", 0.2), ("intent:goodbye", 0.02)))
    heard = weighed("quelqu'un hier m'a dit au revoir sans me répondre sur le prix", reading)
    assert heard.intent != "goodbye"
    assert "intent:goodbye" not in heard.doubt


@pytest.mark.parametrize("said", ["j'habite place du 8 mai", "attendez, j'ai une demi-heure de route"])
def test_streets_and_journeys_are_no_day_and_no_hour(said: str) -> None:
    assert not {"jour", "heure"} & set(understand(DENTAL, State(step="quand"), said, FACTS).values)


MOVED = "choice:besoin=rendez_vous_deja_pris_a_changer"


def test_a_choice_that_the_sentence_surely_means_outweighs_the_word_of_another() -> None:
    said = "il faudrait que je renvoie mon rendez-vous à plus tard"
    heard = weighed(said, Reading(meant((MOVED, 0.95), ("choice:besoin=rendez_vous", 0.02))))
    assert heard.values["besoin"] == "rendez_vous_deja_pris_a_changer"


@pytest.mark.parametrize(("sure", "other"), [(0.8, 0.02), (0.92, 0.06)])
def test_a_choice_that_is_merely_likelier_outweighs_no_word(sure: float, other: float) -> None:
    said = "il faudrait que je renvoie mon rendez-vous à plus tard"
    heard = weighed(said, Reading(meant((MOVED, sure), ("choice:besoin=rendez_vous", other))))
    assert heard.values["besoin"] == "rendez_vous"


def test_a_choice_named_in_a_few_words_is_that() -> None:
    heard = weighed("un rendez-vous", Reading(meant((MOVED, 0.95), ("choice:besoin=rendez_vous", 0.02))))
    assert heard.values["besoin"] == "rendez_vous"


def test_a_day_in_a_complaint_is_no_day_for_an_appointment() -> None:
    said = "ma couronne est tombée ce matin, je voudrais un rendez-vous"
    heard = weighed(said, Reading(meant(("choice:besoin=rendez_vous", 0.6), ("fact:emergency", 0.3))))
    assert (heard.values.get("besoin"), heard.values.get("jour")) == ("rendez_vous", None)


def test_a_question_with_a_wish_beside_it_is_answered_and_the_wish_is_kept() -> None:
    parts = (
        ("ma couronne est tombée ce matin", meant(("fact:emergency", 0.7), ("none:", 0.2))),
        ("vous pourriez me prendre quand", meant(("choice:besoin=rendez_vous", 0.98), ("fact:hours", 0.01))),
    )
    reading = Reading(meant(("fact:emergency", 0.54), ("choice:besoin=rendez_vous", 0.1)), parts)
    heard = weighed("ma couronne est tombée ce matin, vous pourriez me prendre quand", reading)
    assert (heard.intent, heard.facts, heard.values) == ("question", ("emergency",), {"besoin": "rendez_vous"})
