"""Who picked up, from written greetings, the length of what is said, and a beep. In doubt it is a person."""

from __future__ import annotations

import pytest

from ari_app.call.answering import GIVEN_UP_MS, LONG_MS, Beep, Quiet, Speech, Watcher, Who, Words, said

PEOPLE = (
    "Allô ?",
    "Oui allô ?",
    "Allô, bonjour.",
    "Oui ?",
    "Oui, bonjour.",
    "Bonjour !",
    "Ouais, allô ?",
    "Allô, qui est à l'appareil ?",
    "C'est de la part de qui ?",
    "Allô oui, je vous entends très mal.",
    "Oui, Martin.",
    "Pardon ?",
    "Bonsoir, oui.",
    "Plomberie Martin, bonjour.",
    "Cabinet Roux, j'écoute.",
    "Garage Morel bonjour, que puis-je pour vous ?",
    "Vous êtes bien chez Martin, bonjour.",
    "Claire Roux à l'appareil.",
    "Oui, je vous écoute.",
    "Allô, je suis pas disponible là, rappelez plus tard.",
    "Allô ? Je ne peux pas vous répondre, je conduis.",
    "Oui bonjour, attendez je vous passe mon mari.",
    "Qui est-ce ?",
    "Mairie de Saint-Paul, bonjour.",
    "Hello?",
    "Non mais c'est pas vrai, encore !",
    "Je suis au volant, c'est pour quoi ?",
    "Il n'est pas là, il est absent.",
    "Je suis l'assistante de Monsieur Durand, c'est à quel sujet ?",
    "Secrétariat du docteur Roux, c'est de la part de qui ?",
    "Je vais voir s'il est là, ne quittez pas, c'est de la part de qui ?",
    "Allô, présentez-vous, je ne vous connais pas.",
    "Vous êtes un robot, ou quoi ?",
    "Qui est à l'appareil ? C'est à quel sujet ?",
)
MACHINES = (
    "Bonjour, vous êtes bien sur la messagerie de Claire Roux.",
    "Vous êtes bien sur le répondeur de la famille Petit, laissez-nous un message après le bip.",
    "Bonjour, je ne suis pas disponible pour l'instant, je vous rappelle dès que possible.",
    "Votre correspondant n'est pas disponible. Veuillez laisser un message après le signal sonore.",
    "Bienvenue sur la messagerie vocale SFR du 06 12 34 56 78.",
    "La personne demandée n'est pas joignable actuellement. Merci de rappeler ultérieurement.",
    "Salut c'est Karim, laisse-moi un petit message et je te rappelle.",
    "Vous êtes bien au cabinet Molaire, nous sommes fermés. Nos horaires sont de neuf heures à dix-huit heures.",
    "Le numéro que vous avez composé n'est pas attribué.",
    "Nous ne pouvons pas répondre à votre appel, merci de nous recontacter demain.",
    "Bonjour, je suis absent, vous pouvez me joindre par mail.",
    "Parlez après le bip.",
    "You've reached the voicemail of John, leave a message after the beep.",
    "Hi, I can't take your call right now, I'll call you back.",
    "Répondeur de Sophie, à vous.",
    "Merci d'attendre le bip et d'enregistrer votre message.",
    "Laissez votre nom, votre numéro et le motif de votre appel après le bip, je vous rappelle.",
    "Bonjour, je suis l'assistant vocal de Paul. Il n'est pas disponible, laissez un message après le signal sonore.",
    "Please leave your name and number after the tone and I'll call you back.",
)
SCREENING = (
    "Bonjour, la personne que vous appelez utilise un service de filtrage d'appel de Google.",
    "Merci d'indiquer votre nom et la raison de votre appel.",
    "Veuillez préciser le motif de votre appel, je vais voir si Claire est disponible.",
    "Hi, the person you're calling is using a screening service. Please say your name and why you're calling.",
    "Bonjour, cet appel est filtré. Merci d'indiquer votre nom et la raison de votre appel.",
    "Bonjour, si vous enregistrez votre nom et le motif de l'appel, je vais vérifier si cette personne est disponible.",
    "L'abonné que vous appelez filtre ses appels. Dites votre nom après le bip, nous allons le lui annoncer.",
    "Bonjour, je suis l'assistant virtuel de Madame Leroy. C'est à quel sujet ?",
    "Cet appel est pris par un assistant automatique. Qui est à l'appareil, et pourquoi appelez-vous ?",
    "Votre correspondant souhaite savoir qui l'appelle. Présentez-vous s'il vous plaît, puis patientez.",
    "Merci de vous identifier : dites votre prénom, votre nom et l'objet de l'appel.",
    "Pour que votre appel soit transmis, annoncez-vous après le signal sonore.",
    "Je suis un robot qui répond à la place de Karim. Dites-moi qui vous êtes et ce que vous voulez.",
    "Ce téléphone n'accepte que les appels annoncés. Quel est votre nom ?",
    "La personne que vous appelez utilise un service de Google et recevra une transcription de cette conversation.",
    "Bonjour, prononcez votre nom après le bip et je demande si on prend l'appel.",
    "Hi, if you record your name and reason for calling, I'll see if this person is available.",
    "This call is being screened. Please state your name after the tone and hold.",
    "Please announce yourself, your call will be connected if it is accepted.",
    "Hello, I'm the virtual assistant of Mr Durand. Who is calling, and what is it about?",
    "Before I try to connect you, can I ask who's calling?",
    "This line has a call filter. State your name and the reason for your call.",
)
MENUS = (
    "Bienvenue chez Durand Assurances. Pour un sinistre, tapez 1.",
    "Si vous êtes client, appuyez sur la touche étoile.",
    "Pour joindre le service commercial, dites commercial.",
    "Votre appel est important pour nous, veuillez patienter.",
    "Press one for sales.",
)


@pytest.mark.parametrize("text", PEOPLE)
def test_what_people_say_is_never_taken_for_something_else(text: str) -> None:
    assert said(text) in ("human", "unknown")


@pytest.mark.parametrize(
    ("text", "who"),
    [
        *((text, "machine") for text in MACHINES),
        *((text, "screening") for text in SCREENING),
        *((text, "menu") for text in MENUS),
    ],
)
def test_what_machines_say_is_known(text: str, who: Who) -> None:
    assert said(text) == who


def test_most_people_are_known_by_their_first_words() -> None:
    assert sum(said(text) == "human" for text in PEOPLE) >= len(PEOPLE) * 0.8


def test_who_says_a_word_and_waits_is_a_person() -> None:
    watcher = Watcher()
    assert watcher.hear(Speech(300, 900)) == "unknown"
    assert watcher.hear(Quiet(2_000)) == "unknown"
    assert watcher.hear(Quiet(2_100)) == "human"


def test_a_long_text_in_one_breath_is_a_machine() -> None:
    watcher = Watcher()
    for end in range(500, 600 + LONG_MS, 100):
        watcher.hear(Speech(400, end))
    assert watcher.who == "machine"


def test_a_person_who_talks_with_pauses_is_none() -> None:
    watcher = Watcher()
    for begun in range(0, 8_000, 2_000):
        watcher.hear(Speech(begun, begun + 1_200))
    assert watcher.who != "machine"


def test_a_machine_that_begins_as_a_person_is_known_when_it_goes_on() -> None:
    watcher = Watcher()
    assert watcher.hear(Words(900, "Bonjour")) == "human"
    assert watcher.hear(Words(2_500, "Bonjour, vous êtes bien sur la messagerie de Claire")) == "machine"
    assert watcher.hear(Words(3_000, "Allô ?")) == "machine"


def test_a_beep_is_a_machine_that_records_now() -> None:
    watcher = Watcher()
    assert watcher.hear(Beep(3_000)) == "machine"
    assert watcher.beeped


def test_without_a_sign_it_is_a_person_and_says_why() -> None:
    watcher = Watcher()
    assert watcher.hear(Quiet(GIVEN_UP_MS - 1)) == "unknown"
    assert watcher.hear(Quiet(GIVEN_UP_MS)) == "human"
    assert watcher.why


def test_who_comes_after_a_screening_assistant_is_watched_anew() -> None:
    watcher = Watcher()
    assert watcher.hear(Words(2_000, "Merci d'indiquer votre nom et la raison de votre appel")) == "screening"
    watcher.handed_over()
    assert watcher.hear(Words(9_000, "Allô ?")) == "human"
