# ruff: noqa: E501
"""What the agent says and does, turn by turn, by rules alone."""

from __future__ import annotations

from typing import Any

import pytest

from agents.loading import EXAMPLES, AgentFileError, loads
from agents.slots.text import Language
from agents.wording import Wording, wording
from compliance.law.disclosure import ai, records

Caller = Any


async def booked(dentist: Caller, name: str = "Claire Martin") -> str:
    await dentist.says("Je voudrais un rendez-vous jeudi à quatorze heures.")
    return await dentist.says(name)


async def test_a_closed_day_is_refused_and_another_asked(dentist: Caller) -> None:
    said = await dentist.says("Un rendez-vous dimanche à 10 heures")
    assert "fermés dimanche 29 novembre" in said
    assert said.endswith("Quel jour vous conviendrait ?")


async def test_a_closed_hour_is_refused_with_the_hours_of_that_day(dentist: Caller) -> None:
    said = await dentist.says("Un rendez-vous mercredi à 16 heures")
    assert "mercredi 25 novembre, nous recevons de 9 heures à 12 heures 30" in said
    assert said.endswith("À quelle heure ?")


async def test_an_exceptional_closure_is_refused_with_its_reason(dentist: Caller) -> None:
    assert "ferme pour les fêtes" in await dentist.says("Un rendez-vous le 28 décembre à 10 heures")


async def test_a_question_is_answered_word_for_word_then_the_pending_question_comes_back(dentist: Caller) -> None:
    await dentist.says("Un rendez-vous jeudi à 14 heures")
    said = await dentist.says("Est-ce qu'il y a un parking ?")
    assert (
        said
        == "Le parking public du Parc est juste en face, la première demi-heure est gratuite. À quel nom, s'il vous plaît ?"
    )
    assert dentist.source == "fact"


async def test_asking_about_a_day_is_answered_for_that_day(dentist: Caller) -> None:
    assert "Samedi 28 novembre, nous sommes fermés." in await dentist.says("Vous êtes ouverts samedi ?")


async def test_a_correction_at_the_read_back_is_read_back_again(dentist: Caller) -> None:
    await booked(dentist)
    assert "vendredi 27 novembre à 14 heures" in await dentist.says("Non, plutôt vendredi.")


async def test_not_thursday_but_friday(dentist: Caller) -> None:
    await booked(dentist)
    assert "vendredi 27 novembre" in await dentist.says("Pas jeudi, vendredi.")


async def test_naming_what_is_wrong_asks_for_it_alone(dentist: Caller) -> None:
    await booked(dentist)
    assert await dentist.says("Non, l'heure n'est pas bonne.") == "À quelle heure ?"
    assert "jeudi 26 novembre à 15 heures" in await dentist.says("Quinze heures.")


async def test_a_plain_no_asks_what_to_correct(dentist: Caller) -> None:
    await booked(dentist)
    assert await dentist.says("Non.") == "Que dois-je corriger ?"


async def test_a_taken_slot_leads_to_the_alternative_and_a_yes_books_it(dentist: Caller) -> None:
    await booked(dentist)
    await dentist.says("Oui c'est ça.")
    said = await dentist.result("book", outcome="taken", alternatives=[{"day": "2026-11-26", "time": "15:30"}])
    assert "jeudi 26 novembre à 15 heures 30" in said
    assert await dentist.says("D'accord.") == "[book]"
    assert dentist.acts[0].args["time"] == "15:30"


async def test_a_booking_that_fails_leads_to_a_person(dentist: Caller) -> None:
    await booked(dentist)
    await dentist.says("Oui.")
    assert "[transfer]" in await dentist.result("book", outcome="failed")


async def test_the_same_booking_is_never_done_twice(dentist: Caller) -> None:
    await booked(dentist)
    await dentist.says("Oui.")
    late = dentist.talk.plan("Oui oui.")
    await dentist.result("book", outcome="done")
    assert "[book]" not in await dentist.hears(late)


@pytest.mark.parametrize("said", ["Ne m'appelez plus", "Arrêtez de m'appeler", "Retirez-moi de votre liste"])
async def test_an_opt_out_merely_said_is_recorded_before_the_goodbye(reminder: Caller, said: str) -> None:
    reply = await reminder.says(said)
    assert reply.startswith("[opt_out]")
    assert reply.endswith("[hangup]")
    assert reminder.talk.over


async def test_call_me_back_later_is_no_opt_out(reminder: Caller) -> None:
    assert "[opt_out]" not in await reminder.says("Ne m'appelez pas avant midi")


async def test_asking_for_a_person_transfers_and_a_failed_transfer_takes_a_message(dentist: Caller) -> None:
    assert (await dentist.says("Je veux parler à quelqu'un")).endswith("[transfer]")
    assert "Quel message" in await dentist.result("transfer", outcome="no_answer")
    await dentist.says("Dites-leur que je passerai demain vers neuf heures")
    assert "[message]" in await dentist.says("Claire Martin")


async def test_refusing_the_recording_stops_it(dentist: Caller) -> None:
    said = await dentist.says("Je ne veux pas être enregistré")
    assert said.startswith("[record]")
    assert dentist.acts[0].args == {"allowed": False}


async def test_goodbye_is_said_before_the_hangup(dentist: Caller) -> None:
    assert (await dentist.says("Non merci, au revoir")).endswith("au revoir et à bientôt. [hangup]")


async def test_yes_thanks_goodbye_at_the_read_back_books_first(dentist: Caller) -> None:
    await booked(dentist)
    assert await dentist.says("Oui merci, au revoir") == "[book]"


async def test_repeat_says_the_last_turn_again(dentist: Caller) -> None:
    read_back = await booked(dentist)
    assert await dentist.says("Pardon ?") == read_back


async def test_garbage_is_asked_again_then_given_to_a_person(dentist: Caller) -> None:
    await dentist.says("Un rendez-vous jeudi à 14 heures")
    assert "À quel nom" in await dentist.says("le chat a mangé la souris verte")
    await dentist.says("tralala la la lère et puis quoi encore donc")
    assert "[transfer]" in await dentist.says("abracadabra et patati et patata donc voilà")


async def test_silence_is_asked_about_then_ends_the_call(dentist: Caller) -> None:
    assert await dentist.hears(dentist.talk.plan_silence(8)) == "Vous êtes toujours là ?"
    await dentist.hears(dentist.talk.plan_silence(16))
    assert await dentist.hears(dentist.talk.plan_silence(24)) == ""  # said once, then borne
    assert (await dentist.hears(dentist.talk.plan_silence(60))).endswith("[hangup]")


async def test_a_caller_who_speaks_up_at_the_goodbye_is_listened_to(dentist: Caller) -> None:
    for seconds in (8, 16, 60):
        await dentist.hears(dentist.talk.plan_silence(seconds))
    assert "[hangup]" not in await dentist.says("Oui oui, je suis toujours là !")
    assert not dentist.talk.over


async def test_a_caller_who_only_says_goodbye_back_is_hung_up_on(dentist: Caller) -> None:
    for seconds in (8, 16, 60):
        await dentist.hears(dentist.talk.plan_silence(seconds))
    assert await dentist.says("Au revoir.") == "Au revoir. [hangup]"


async def test_keys_answer_yes_and_no(reminder: Caller) -> None:
    assert "jeudi 26 novembre à 14 heures 30" in await reminder.hears(reminder.talk.plan_digits("1"))


async def test_a_failed_mind_apologises_and_transfers(broken: Caller) -> None:
    said = await broken.says("Vous vendez des vélos ?")
    assert said.startswith("Excusez-moi, j'ai un souci technique.")
    assert said.endswith("[transfer]")
    assert broken.source == "apology"


async def test_a_failed_mind_does_not_stop_what_rules_understand(broken: Caller) -> None:
    await broken.talk.prime()
    assert await broken.says("Un rendez-vous jeudi à 14 heures") == "À quel nom, s'il vous plaît ?"


async def test_history_is_cut_to_what_was_heard(dentist: Caller) -> None:
    said = await dentist.says("Un rendez-vous jeudi à 14 heures")
    dentist.talk.spoken(said, "À quel")
    assert dentist.talk.history[-1].text == "À quel"


async def test_a_plan_from_before_is_not_current(dentist: Caller) -> None:
    plan = dentist.talk.plan("Oui")
    await dentist.says("Un rendez-vous jeudi à 14 heures")
    assert not dentist.talk.current(plan)


async def test_a_campaigns_date_is_said_as_speech(reminder: Caller) -> None:
    assert "jeudi 26 novembre à 14 heures 30" in await reminder.says("Oui, c'est moi.")


async def test_a_mere_hello_is_answered_with_the_question(reminder: Caller) -> None:
    assert await reminder.says("Allô ?") == "Suis-je bien en ligne avec Claire Martin ?"


async def test_yes_hello_is_a_yes(reminder: Caller) -> None:
    assert "rendez-vous" in await reminder.says("Oui bonjour.")


async def test_who_asked_to_be_waited_for_is_not_asked_whether_they_are_there(dentist: Caller) -> None:
    await dentist.says("Attendez, je prends mon agenda.")
    for seconds in (8, 16, 48):
        assert await dentist.hears(dentist.talk.plan_silence(seconds)) == ""
    assert await dentist.hears(dentist.talk.plan_silence(64)) == "Vous êtes toujours là ?"
    assert "quel nom" in await dentist.says("Voilà, un rendez-vous jeudi à quatorze heures.")


async def test_an_opening_that_was_talked_over_is_said_again_shorter_in_the_first_reply(dentist: Caller) -> None:
    whole = " ".join(dentist.talk.history[0].parts)
    dentist.talk.spoken(whole, dentist.talk.agent.greeting)
    said = await dentist.says("Bonjour, je voudrais un rendez-vous jeudi à quatorze heures.")
    assert said.startswith("Je suis une intelligence artificielle.")
    assert "quel nom" in said
    assert "intelligence" not in await dentist.says("Claire Martin")


async def test_an_opening_that_was_heard_is_not_said_again(dentist: Caller) -> None:
    whole = " ".join(dentist.talk.history[0].parts)
    dentist.talk.spoken(whole, whole[:-4])
    assert "intelligence" not in await dentist.says("Un rendez-vous jeudi à quatorze heures.")


@pytest.mark.parametrize("language", ["fr", "en"])
def test_what_is_said_again_says_what_the_law_wants(language: Language) -> None:
    lines = wording(language, Wording())
    assert ai(lines.disclosed, language) is not None
    assert records(lines.recorded, language)


async def test_another_language_is_answered_by_the_version_in_it(dentist: Caller) -> None:
    assert await dentist.hears(dentist.talk.plan_foreign("Do you speak English?", "en")) == "[language]"
    assert dentist.acts[0].args == {"language": "en", "agent": "park-dental"}


async def test_without_that_version_it_is_a_sentence_in_it_and_a_person(dentist: Caller) -> None:
    await dentist.hears(dentist.talk.plan_foreign("Do you speak English?", "en"))
    said = await dentist.result("language", outcome="failed", language="en")
    assert said.startswith("I am sorry, I do not speak English here.")
    assert said.endswith("[transfer]")


def test_a_file_names_other_languages_than_its_own() -> None:
    text = (EXAMPLES / "dental.fr.yaml").read_text(encoding="utf-8").replace("{en: park-dental}", "{fr: park-dental}")
    with pytest.raises(AgentFileError, match="own language"):
        loads(text)
