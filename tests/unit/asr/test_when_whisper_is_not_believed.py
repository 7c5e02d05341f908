"""The signs by which a hearing is doubted, on their own."""

from __future__ import annotations

import pytest

from asr import doubt


@pytest.mark.parametrize(
    "text",
    [
        "",
        "...",
        " … ",
        "Sous-titres réalisés par la communauté d'Amara.org",
        "Sous-titrage ST' 501",
        "Sous-titrage Société Radio-Canada",
        "❤️ par SousTitreur.com",
        "Merci d'avoir regardé cette vidéo !",
        "Abonnez-vous à la chaîne.",
        "Thanks for watching!",
        "Subtitles by the Amara.org community",
    ],
)
def test_what_subtitles_say_over_silence_is_not_an_answer(text):
    assert doubt.phantom(text)


@pytest.mark.parametrize(
    "text",
    [
        "Merci.",
        "Merci d'avoir rappelé.",
        "Au revoir.",
        "Oui",
        "Je voudrais m'abonner au journal.",
        "C'est pour le titre de transport.",
        "Thank you for calling.",
    ],
)
def test_what_callers_do_say_is_kept(text):
    assert not doubt.phantom(text)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Oui, pour demain. Sous-titres réalisés par la communauté d'Amara.org", "Oui, pour demain."),
        ("Oui, pour demain. Merci d'avoir regardé cette vidéo !", "Oui, pour demain."),
        ("Merci d'avoir suivi mon dossier, au revoir.", "Merci d'avoir suivi mon dossier, au revoir."),
        ("Merci d'avoir regardé, c'est gentil.", "Merci d'avoir regardé, c'est gentil."),
        ("(Sonnerie)", ""),
        ("[Musique] Oui, jeudi.", "Oui, jeudi."),
        ("♪ ♪", ""),
    ],
)
def test_the_tail_of_a_subtitle_is_cut_and_what_was_said_is_kept(text: str, kept: str):
    assert doubt.believed(text) == kept


@pytest.mark.parametrize("text", ["Merci.", "Au revoir.", "Musique", "Merci à tous et à bientôt !"])
def test_thanks_over_noise_are_none_and_real_thanks_count(text: str):
    assert doubt.phantom(text, no_speech=0.8)
    assert not doubt.phantom(text, no_speech=0.05)


def test_a_phrase_said_three_times_is_a_repetition_and_said_once_after():
    text = "Je suis désolé. Je suis désolé. Je suis désolé. Je suis"
    assert doubt.repeats(text)
    assert doubt.once(text) == "Je suis désolé."


def test_a_long_loop_inside_a_sentence_is_a_repetition():
    assert doubt.repeats("Bonjour, je voudrais " + "un rendez-vous " * 20)


def test_telephone_numbers_and_insistence_are_not_repetitions():
    assert not doubt.repeats("06 12 12 34 34")
    assert not doubt.repeats("Non non.")
    assert not doubt.repeats("Oui, mardi, mardi matin.")


def test_a_sentence_said_twice_is_worth_a_second_hearing_but_a_word_is_not():
    assert doubt.twice("Je suis désolé Je suis désolé")
    assert not doubt.twice("Oui oui")


def test_a_poor_score_alone_is_not_silence():
    assert not doubt.silence(logprob=-1.4, no_speech=0.1)
    assert not doubt.silence(logprob=-0.3, no_speech=0.9)
    assert doubt.silence(logprob=-1.4, no_speech=0.9)


def test_names_it_was_told_to_expect_are_not_believed_where_no_speech_is():
    names = ["Docteur Le Guellec", "Quimperlé"]
    assert doubt.echo("Le Guellec, Quimperlé.", names, no_speech=0.8)
    assert not doubt.echo("Le Guellec, Quimperlé.", names, no_speech=0.01)
    assert not doubt.echo("Je voudrais le docteur Le Guellec.", names, no_speech=0.8)


def test_thirty_words_in_a_second_were_not_said():
    assert doubt.too_fast("mot " * 30, 1.0)
    assert not doubt.too_fast("Bonjour, c'est pour un rendez-vous.", 1.5)
